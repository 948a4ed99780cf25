// How T-SQL's types are held in PostgreSQL, compared, and read (the table in engine/README.md); conversions are in convert.ts.
import type { SqlType } from '../../contract.ts';
import { sqlError } from '../errors.ts';
import type { BindStorage } from '../bind/ports.ts';
import { assignSql, castSql } from './convert.ts';
import { toCodePage } from './codePage.ts';
import { pgCollation } from './collations.ts';
import { isDate, isTextType, pgType } from './pgTypes.ts';
import { fromTicks, ticksOf, timestampOf } from './momentSql.ts';
import { inTicks } from './ticks.ts';

const text = (sql: string, collation: string | undefined): string =>
  `((${sql})::bpchar COLLATE ${pgCollation(collation) ?? 'tsql.ci'})`;

/** SET DATEFORMAT, as tsql.read_moment knows its orders beside CONVERT's styles. */
const dateOrders = { mdy: undefined, dmy: '-1', ymd: '-2', ydm: '-3', myd: '-4', dym: '-5' } as const;

export type DateFormat = keyof typeof dateOrders;

const storages = new Map<DateFormat, BindStorage>();

/** The same, for a session that reads dates in this order where nothing else says how. */
export function storageFor(format: DateFormat): BindStorage {
  const style = dateOrders[format];
  if (style === undefined) return storage;
  let own = storages.get(format);
  if (own === undefined) {
    const dated = (from: SqlType, to: SqlType): boolean => isTextType(from) && isDate(to);
    own = {
      ...storage,
      cast: (sql, from, to, options = {}) =>
        castSql(sql, from, to, dated(from, to) ? { ...options, style: options.style ?? style } : options),
      assign: (sql, from, to, column) =>
        dated(from, to) ? castSql(sql, from, to, { style }) : assignSql(sql, from, to, column),
    };
    storages.set(format, own);
  }
  return own;
}

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
