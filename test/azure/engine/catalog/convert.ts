// Conversions between T-SQL types as PostgreSQL text: CAST, CONVERT with a style, their TRY_ forms, and assignment to a column.
import type { SqlType } from '../../contract.ts';
import { isUtf8 } from '../../tds/collation.ts';
import {
  isBytes,
  isDate,
  isExact,
  isFloat,
  isInteger,
  isMoney,
  isTextType,
  isWide,
  lengthOf,
  pgType,
  typeWord,
} from './pgTypes.ts';
import { inTicks } from './ticks.ts';
import { fromVariant, toVariant } from './variantSql.ts';
import { fromTicks, ticksOf, timestampOf } from './momentSql.ts';

export interface CastOptions {
  /** PostgreSQL text of CONVERT's style, an int. */
  style?: string | undefined;
  /** TRY_: NULL instead of an error. */
  attempt?: boolean;
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Which rule of width a text type has: see tsql.cut_text. */
function textKind(type: SqlType): string {
  switch (type.name) {
    case 'char':
      return isUtf8(type.collation) ? 'p' : 'c';
    case 'nchar':
      return 'w';
    case 'varchar':
    case 'text':
      return isUtf8(type.collation) ? 'u' : 'v';
    default:
      return 'n';
  }
}

const coding = (type: SqlType): string =>
  isWide(type) ? 'utf-16' : isUtf8(type.collation) ? 'utf-8' : 'page';

/** Whether every value of `from` is a value of `to` as it is. */
function fitsText(from: SqlType, to: SqlType): boolean {
  if (to.name === 'char' || to.name === 'nchar')
    return from.name === to.name && lengthOf(from) === lengthOf(to) && coding(from) === coding(to);
  const want = lengthOf(to);
  // UTF-16 holds everything in as many units or fewer; UTF-8 holds everything but needs more bytes.
  if (coding(from) !== coding(to) && coding(to) !== 'utf-16') return coding(to) === 'utf-8' && want === -1;
  const have = lengthOf(from);
  return want === -1 || (have !== -1 && have <= want);
}

/** `sql` of type `from` as a value of `to`. Never called for pairs that T-SQL refuses (206, 257, 529). */
export function castSql(sql: string, from: SqlType, to: SqlType, options: CastOptions = {}): string {
  const attempt = String(options.attempt === true);
  const style = options.style === undefined ? undefined : `(${options.style})::int`;
  const source = quote(typeWord(from));
  const target = quote(typeWord(to));
  const value = `(${sql})`;
  if (from.name === 'sql_variant') {
    return to.name === 'sql_variant' ? sql : fromVariant(sql, to, options, castSql);
  }
  if (to.name === 'sql_variant') return toVariant(sql, from, castSql);
  if (isTextType(to)) return toText(value, from, to, style, attempt);
  if (isInteger(to)) return `${integer(value, from, to, source, target, attempt)}::${pgType(to)}`;
  if (to.name === 'bit') return bit(value, from, source, attempt);
  if (isExact(to)) return decimal(value, from, to, source, attempt);
  if (isMoney(to)) {
    if (isTextType(from)) return `tsql.text_to_money(${value}::text, ${target}, ${attempt})`;
    return `tsql.to_money(${number(value, from)}, ${target}, ${attempt})`;
  }
  if (isFloat(to)) {
    if (isTextType(from))
      return `tsql.text_to_float(${value}::text, ${source}, ${target}, ${attempt})::${pgType(to)}`;
    return `${from.name === 'bit' ? `${value}::int` : from.name === 'datetime' || from.name === 'smalldatetime' ? `tsql.datetime_to_days(${value})` : value}::${pgType(to)}`;
  }
  if (to.name === 'uniqueidentifier') {
    if (isTextType(from)) return `tsql.text_to_guid(${value}::text, ${attempt})`;
    if (isBytes(from)) return `tsql.bytes_to_guid(${value})`;
    return `${value}::uuid`;
  }
  if (isBytes(to)) return toBytes(value, from, to, style, source, attempt);
  if (isDate(to)) return toDate(value, from, to, style ?? '0', source, target, attempt);
  return `${value}::${pgType(to)}`;
}

/** As `castSql`, for a value that goes into a column: too long is 2628 (8152 without a table), not cut off. */
export function assignSql(
  sql: string,
  from: SqlType,
  to: SqlType,
  column: { table: string; column: string },
): string {
  if (from.name === 'sql_variant' || to.name === 'sql_variant') return castSql(sql, from, to);
  const place = `${quote(column.table)}, ${quote(column.column)}`;
  if (isTextType(to)) {
    if (isTextType(from) && fitsText(from, to)) return `(${sql})::bpchar`;
    const wide = isTextType(from)
      ? sql
      : castSql(sql, from, { ...to, name: isWide(to) ? 'nvarchar' : 'varchar', length: -1 });
    return `tsql.fit_text((${wide})::text, '${textKind(to)}', ${String(lengthOf(to))}, ${place})`;
  }
  if (isBytes(to) && isBytes(from)) {
    return `tsql.fit_bytes(${sql}, ${String(to.name === 'binary')}, ${String(lengthOf(to))}, ${place})`;
  }
  return castSql(sql, from, to);
}

/** A non-text value as PostgreSQL numeric. */
function number(value: string, from: SqlType): string {
  if (from.name === 'bit') return `${value}::int::numeric`;
  if (isBytes(from)) return `tsql.bytes_to_integer(${value}, 8)::numeric`;
  if (from.name === 'datetime' || from.name === 'smalldatetime')
    return `tsql.datetime_to_days(${value})::numeric`;
  return `${value}::numeric`;
}

function integer(
  value: string,
  from: SqlType,
  to: SqlType,
  source: string,
  target: string,
  attempt: string,
): string {
  if (isTextType(from)) return `tsql.text_to_integer(${value}::text, ${source}, ${target}, ${attempt})`;
  if (from.name === 'bit') return `${value}::int`;
  if (isBytes(from)) {
    const width = { tinyint: 1, smallint: 2, int: 4, bigint: 8 }[to.name as 'int'];
    return `tsql.bytes_to_integer(${value}, ${String(width)})`;
  }
  const order = ['tinyint', 'smallint', 'int', 'bigint'];
  if (isInteger(from) && order.indexOf(from.name) <= order.indexOf(to.name)) return value;
  // Money and dates round, everything else is cut off.
  const exact = isMoney(from) || isDate(from) ? `round(${number(value, from)})` : number(value, from);
  return `tsql.to_integer(${exact}, ${source}, ${target}, ${attempt})`;
}

function bit(value: string, from: SqlType, source: string, attempt: string): string {
  if (from.name === 'bit') return value;
  if (isTextType(from)) return `tsql.text_to_bit(${value}::text, ${source}, ${attempt})`;
  return `(${number(value, from)} <> 0)`;
}

function decimal(value: string, from: SqlType, to: SqlType, source: string, attempt: string): string {
  const size = `${String(to.precision ?? 18)}, ${String(to.scale ?? 0)}`;
  if (isTextType(from)) return `tsql.text_to_decimal(${value}::text, ${size}, ${source}, ${attempt})`;
  return `tsql.to_decimal(${number(value, from)}, ${size}, ${source}, ${attempt})`;
}

function toText(
  value: string,
  from: SqlType,
  to: SqlType,
  style: string | undefined,
  attempt: string,
): string {
  const n = String(lengthOf(to));
  const kind = textKind(to);
  const source = quote(typeWord(from));
  const target = quote(to.name);
  if (isTextType(from)) {
    if (fitsText(from, to)) return `${value}::bpchar`;
    return `tsql.cut_text(${value}::text, '${kind}', ${n})`;
  }
  if (isBytes(from)) {
    const shown =
      style === undefined || style === '(0)::int'
        ? `tsql.bytes_to_text(${value}, '${coding(to)}')`
        : `(CASE ${style} WHEN 1 THEN '0x' || upper(encode(${value}, 'hex')) WHEN 2 THEN upper(encode(${value}, 'hex')) ELSE tsql.bytes_to_text(${value}, '${coding(to)}') END)`;
    return `tsql.cut_text(${shown}, '${kind}', ${n})`;
  }
  if (from.name === 'uniqueidentifier')
    return `tsql.shown(tsql.guid_text(${value}), '${kind}', ${n}, ${source}, ${target}, ${attempt})`;
  if (isDate(from)) {
    // A date that does not fit is cut off, unlike a number.
    return `tsql.cut_text(${dateText(value, from, style ?? '-1', attempt)}, '${kind}', ${n})`;
  }
  let shown: string;
  if (from.name === 'bit') shown = `(${value}::int)::text`;
  else if (isMoney(from)) shown = `tsql.money_text(${value}, ${style ?? '0'})`;
  else if (isFloat(from)) {
    const digits =
      style === undefined ? '6' : `(CASE ${style} WHEN 1 THEN 8 WHEN 2 THEN 16 WHEN 3 THEN 17 ELSE 6 END)`;
    shown = `tsql.float_text(${value}::float8, ${style ?? '0'}, ${digits})`;
  } else if (isExact(from)) shown = `round(${value}::numeric, ${String(from.scale ?? 0)})::text`;
  else shown = `${value}::text`;
  return `tsql.shown(${shown}, '${kind}', ${n}, ${source}, ${target}, ${attempt})`;
}

function dateText(value: string, from: SqlType, style: string, attempt: string): string {
  const fraction =
    from.name === 'datetime'
      ? 3
      : from.name === 'smalldatetime' || from.name === 'date'
        ? 0
        : (from.scale ?? 7);
  const ticks =
    from.name === 'datetimeoffset'
      ? `(CASE WHEN ${style} = 127 THEN (${value}).utc ELSE tsql.dto_local(${value}) END)`
      : value;
  const moment = inTicks(from) ? `tsql.from_ticks(${ticks})` : `${value}::timestamp`;
  const tick = inTicks(from) ? `(${ticks} % 10)::int` : '0';
  const minutes = from.name === 'datetimeoffset' ? `((${value}).minutes)::int` : '0';
  return `tsql.date_text(${moment}, ${tick}, ${style}, '${from.name}', ${String(fraction)}, ${minutes}, '${typeWord(from)}', ${attempt})`;
}

function toBytes(
  value: string,
  from: SqlType,
  to: SqlType,
  style: string | undefined,
  source: string,
  attempt: string,
): string {
  const n = String(lengthOf(to));
  const fixed = String(to.name === 'binary' || to.name === 'timestamp');
  if (isBytes(from)) return `tsql.cut_bytes(${value}, ${fixed}, ${n})`;
  if (isTextType(from)) {
    const plain = `tsql.text_to_bytes(${value}::text, '${coding(from)}')`;
    const bytes =
      style === undefined
        ? plain
        : `(CASE WHEN ${style} IN (1, 2) THEN tsql.hex_to_bytes(${value}::text, ${style}, ${source}, ${attempt}) ELSE ${plain} END)`;
    return `tsql.cut_bytes(${bytes}, ${fixed}, ${n})`;
  }
  if (from.name === 'uniqueidentifier') return `tsql.cut_bytes(tsql.guid_to_bytes(${value}), ${fixed}, ${n})`;
  let bytes: string;
  switch (from.name) {
    case 'bit':
      bytes = `substr(int2send((${value}::int)::int2), 2)`;
      break;
    case 'tinyint':
      bytes = `substr(int2send(${value}), 2)`;
      break;
    case 'smallint':
      bytes = `int2send(${value})`;
      break;
    case 'int':
      bytes = `int4send(${value})`;
      break;
    case 'bigint':
      bytes = `int8send(${value})`;
      break;
    case 'real':
      bytes = `float4send(${value})`;
      break;
    case 'float':
      bytes = `float8send(${value})`;
      break;
    case 'money':
      bytes = `int8send((${value} * 10000)::int8)`;
      break;
    case 'smallmoney':
      bytes = `int4send((${value} * 10000)::int4)`;
      break;
    case 'datetime':
    case 'smalldatetime':
      bytes = `tsql.datetime_to_bytes(${value})`;
      break;
    default:
      bytes = `tsql.no_bytes(${value}::text, ${source})`;
  }
  return `tsql.right_bytes(${bytes}, ${fixed}, ${n})`;
}

function toDate(
  value: string,
  from: SqlType,
  to: SqlType,
  style: string,
  source: string,
  target: string,
  attempt: string,
): string {
  const scale = String(to.scale ?? 7);
  if (isTextType(from)) {
    if (to.name === 'datetimeoffset')
      return `tsql.text_to_dto(${value}::text, ${style}, ${scale}, ${attempt})`;
    if (inTicks(to)) return fromTicks(`tsql.text_to_ticks(${value}::text, ${style}, ${attempt})`, to);
    const moment = `tsql.text_to_timestamp(${value}::text, ${style}, ${source}, ${target}, ${attempt})`;
    return to.name === 'date' ? `${moment}::date` : moment;
  }
  if (!isDate(from)) {
    if (isBytes(from)) return `tsql.bytes_to_datetime(${value})`;
    return `tsql.days_to_datetime(${from.name === 'bit' ? `${value}::int` : value}::float8, ${target}, ${attempt})`;
  }
  if (inTicks(to)) {
    if (from.name === to.name && (from.scale ?? 7) <= (to.scale ?? 7)) return value;
    return fromTicks(ticksOf(value, from), to, from.name === 'datetimeoffset' ? value : undefined);
  }
  if (from.name === to.name) return value;
  const local = timestampOf(value, from);
  if (to.name === 'date') return `(${local})::date`;
  return `tsql.to_datetime(${local}, ${source}, ${target}, ${attempt})`;
}
