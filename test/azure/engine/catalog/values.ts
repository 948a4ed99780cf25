// Values on their way between the contract's convention (SqlValue) and PostgreSQL's text format.
import type { SqlType, SqlValue } from '../../contract.ts';
import { offsetFromText, offsetToText } from '../../tds/dateTime.ts';
import { joinVariant } from '../../tds/variant.ts';
import { nulStandIn } from './codePage.ts';
import { textFromTicks, ticksFromDateText } from './ticks.ts';

/** What turns PostgreSQL's text of this type into a SqlValue; undefined: the text is one already (digits, dates, strings). */
export function decoder(type: SqlType): ((text: string) => SqlValue) | undefined {
  switch (type.name) {
    case 'bit':
      return (text) => text === 't';
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'real':
    case 'float':
      return Number;
    case 'bigint':
      return BigInt;
    case 'uniqueidentifier':
      return (text) => text.toUpperCase();
    case 'binary':
    case 'varbinary':
    case 'image':
    case 'timestamp':
      return (text) => Buffer.from(text.slice(2), 'hex');
    case 'time':
      return (text) => textFromTicks(text, type.scale ?? 7, false);
    case 'datetime2':
      return (text) => textFromTicks(text, type.scale ?? 7, true);
    case 'datetimeoffset':
      return (text) => readOffset(text, type.scale ?? 7);
    case 'char':
    case 'varchar':
    case 'text':
    case 'nchar':
    case 'nvarchar':
    case 'ntext':
    case 'sysname':
    case 'xml':
    case 'sql_variant':
      return (text) => (text.includes(nulStandIn) ? text.replaceAll(nulStandIn, '\u0000') : text);
    default:
      return undefined;
  }
}

/** A SqlValue as the text of a parameter `$n::pgType(type)`. */
export function encodeParameter(type: SqlType, value: SqlValue): string | null {
  if (value === null) return null;
  if (type.name === 'sql_variant' && typeof value !== 'string') return variantOf(value);
  if (typeof value === 'boolean') return type.name === 'bit' ? (value ? 't' : 'f') : value ? '1' : '0';
  if (typeof value === 'number' || typeof value === 'bigint') {
    if (type.name === 'bit') return Number(value) === 0 ? 'f' : 't';
    return String(value);
  }
  if (typeof value !== 'string') {
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`;
  }
  switch (type.name) {
    case 'datetimeoffset':
      return writeOffset(value);
    case 'time':
    case 'datetime2':
      return ticksFromDateText(value);
    case 'char':
    case 'varchar':
    case 'text':
    case 'nchar':
    case 'nvarchar':
    case 'ntext':
    case 'sysname':
    case 'xml':
    case 'sql_variant':
      // PostgreSQL's text cannot hold NUL.
      return value.includes('\u0000') ? value.replaceAll('\u0000', nulStandIn) : value;
    default:
      return value;
  }
}

/** A session's value as a sql_variant: the type is the one that JavaScript's suggests. */
function variantOf(value: Exclude<SqlValue, null | string>): string {
  if (typeof value === 'boolean') return joinVariant({ name: 'bit' }, value);
  if (typeof value === 'bigint') return joinVariant({ name: 'bigint' }, value);
  if (typeof value === 'number') return joinVariant({ name: value === (value | 0) ? 'int' : 'float' }, value);
  return joinVariant({ name: 'varbinary', length: Math.max(1, value.length) }, value);
}

/** `(638396964005000000,60)`, whose instant is UTC, to `2024-01-01 10:00:00.5000000 +01:00`. */
function readOffset(text: string, scale: number): string {
  const comma = text.indexOf(',');
  const minutes = Number(text.slice(comma + 1, -1));
  // A minute is 600 000 000 ticks; BigInt because the sum is more than a double holds.
  const local = BigInt(text.slice(1, comma)) + BigInt(minutes) * 600_000_000n;
  return `${textFromTicks(String(local), scale, true)} ${offsetToText(minutes)}`;
}

function writeOffset(value: string): string {
  const minutes = offsetFromText(value);
  const local = value.replace(/\s*[+-]\d\d:\d\d$/u, '');
  return `(${ticksFromDateText(local, -minutes)},${String(minutes)})`;
}
