// How T-SQL's types are held in PostgreSQL, compared, and read (the table in engine/README.md); conversions are in convert.ts.
import { sqlError } from '../errors.ts';
import type { BindStorage } from '../bind/ports.ts';
import { assignSql, castSql } from './convert.ts';
import { toCodePage } from './codePage.ts';
import { pgCollation } from './collations.ts';
import { pgType } from './pgTypes.ts';
import { fromTicks, ticksOf, timestampOf } from './momentSql.ts';
import { inTicks } from './ticks.ts';

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
  variantKey: (sql) => `tsql.variant_key((${sql})::text)`,
  like(operand, pattern, escape, known, collation) {
    // PostgreSQL's LIKE under such a collation does not find an escaped backslash: patterns with one take the other way.
    const caseless = (pgCollation(collation) ?? 'tsql.ci').startsWith('tsql.ci');
    if (caseless && known !== undefined && known.escape === undefined && !/[[\\]/u.test(known.pattern)) {
      return `((${operand})::text COLLATE tsql.ci LIKE (${pattern})::text COLLATE tsql.ci ESCAPE '')`;
    }
    return `tsql.like_${caseless ? 'ci' : 'cs'}((${operand})::text, (${pattern})::text, ${escape})`;
  },
  patindex: (pattern, sql) => `tsql.patindex((${pattern})::text, (${sql})::text)`,
  timestamp: timestampOf,
  ticks: ticksOf,
  fromTimestamp(sql, type, original) {
    if (inTicks(type)) return fromTicks(`tsql.to_ticks(${sql})`, type, original);
    switch (type.name) {
      case 'date':
        return `(${sql})::date`;
      case 'datetime':
        return `tsql.to_datetime(${sql}, 'datetime', 'datetime', false)`;
      default:
        return `tsql.to_datetime(${sql}, 'smalldatetime', 'smalldatetime', false)`;
    }
  },
  fromTicks,
  offsetMinutes: (sql) => `((${sql}).minutes)::int`,
  switchOffset: (sql, minutes) => `ROW((${sql}).utc, (${minutes})::int2)::tsql.datetimeoffset`,
  withOffset: (ticks, minutes, type) =>
    `tsql.dto(tsql.round_ticks(${ticks}, ${String(type.scale ?? 7)}), (${minutes})::int)`,
  atZone(sql, from, zone) {
    if (from.name === 'datetimeoffset') return `tsql.at_zone((${sql}).utc, ${zone})`;
    // The seventh digit apart: a zone's rules are asked of a timestamp.
    const utc = `(${timestampOf(sql, from)} AT TIME ZONE ${zone} AT TIME ZONE 'UTC')`;
    return `tsql.at_zone(tsql.to_ticks(${utc}) + ${ticksOf(sql, from)} % 10, ${zone})`;
  },
  collate(sql, collation, line) {
    const found = pgCollation(collation);
    if (found === undefined) throw sqlError(448, [collation], { line });
    return `((${sql})::bpchar COLLATE ${found})`;
  },
  codePage: toCodePage,
};
