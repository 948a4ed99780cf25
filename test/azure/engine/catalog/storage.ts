// How T-SQL's types are held in PostgreSQL, compared, and read (the table in engine/README.md); conversions are in convert.ts.
import type { SqlType } from '../../contract.ts';
import { sqlError } from '../errors.ts';
import type { BindStorage } from '../bind/ports.ts';
import { assignSql, castSql } from './convert.ts';
import { toCodePage } from './codePage.ts';
import { pgCollation } from './collations.ts';
import { pgType } from './pgTypes.ts';

const text = (sql: string, collation: string | undefined): string =>
  `((${sql})::bpchar COLLATE ${pgCollation(collation) ?? 'tsql.ci'})`;

export const storage: BindStorage = {
  pgType,
  cast: castSql,
  assign: assignSql,
  // Also for columns: the relabelling costs nothing and an index is still found.
  comparable: (sql, type) => text(sql, type.collation),
  sortable: (sql, type) => text(sql, type.collation),
  guidOrder: (sql) => `tsql.guid_order(${sql})`,
  like(operand, pattern, escape, known, collation) {
    // PostgreSQL's LIKE under such a collation does not find an escaped backslash: patterns with one take the other way.
    const caseless = (pgCollation(collation) ?? 'tsql.ci').startsWith('tsql.ci');
    if (caseless && known !== undefined && known.escape === undefined && !/[[\\]/u.test(known.pattern)) {
      return `((${operand})::text COLLATE tsql.ci LIKE (${pattern})::text COLLATE tsql.ci ESCAPE '')`;
    }
    return `tsql.like_${caseless ? 'ci' : 'cs'}((${operand})::text, (${pattern})::text, ${escape})`;
  },
  patindex: (pattern, sql) => `tsql.patindex((${pattern})::text, (${sql})::text)`,
  timestamp(sql, type) {
    switch (type.name) {
      case 'date':
        return `(${sql})::timestamp`;
      case 'time':
        return `('1900-01-01'::date + (${sql}))`;
      case 'datetimeoffset':
        return `tsql.dto_local(${sql})`;
      default:
        return sql;
    }
  },
  fromTimestamp(sql, type, original) {
    switch (type.name) {
      case 'date':
        return `(${sql})::date`;
      case 'time':
        return `(${sql})::time${digits(type)}`;
      case 'datetime':
        return `tsql.to_datetime(${sql}, 'datetime', 'datetime', false)`;
      case 'smalldatetime':
        return `tsql.to_datetime(${sql}, 'smalldatetime', 'smalldatetime', false)`;
      case 'datetimeoffset':
        return original === undefined
          ? `tsql.dto((${sql})::timestamp${digits(type)}, 0)`
          : `tsql.dto((${sql})::timestamp${digits(type)}, ((${original}).minutes)::int)`;
      default:
        return `(${sql})::timestamp${digits(type)}`;
    }
  },
  offsetMinutes: (sql) => `((${sql}).minutes)::int`,
  switchOffset: (sql, minutes) => `ROW((${sql}).utc, (${minutes})::int2)::tsql.datetimeoffset`,
  withOffset: (timestamp, minutes, type) =>
    `tsql.dto((${timestamp})::timestamp${digits(type)}, (${minutes})::int)`,
  atZone(sql, from, zone) {
    const utc =
      from.name === 'datetimeoffset'
        ? `(${sql}).utc`
        : `((${sql})::timestamp AT TIME ZONE ${zone} AT TIME ZONE 'UTC')`;
    return `tsql.at_zone(${utc}, ${zone})`;
  },
  collate(sql, collation, line) {
    const found = pgCollation(collation);
    if (found === undefined) throw sqlError(448, [collation], { line });
    return `((${sql})::bpchar COLLATE ${found})`;
  },
  codePage: toCodePage,
};

/** PostgreSQL's precision of a fraction: six digits at most. */
function digits(type: SqlType): string {
  const scale = type.scale ?? 7;
  return scale >= 6 ? '' : `(${String(scale)})`;
}
