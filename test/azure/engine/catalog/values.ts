// Values on their way between the contract's convention (SqlValue) and PostgreSQL's text format.
import type { SqlType, SqlValue } from '../../contract.ts';
import { nulStandIn } from './codePage.ts';

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
    case 'datetimeoffset':
      return readOffset;
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
    case 'datetime':
      // PostgreSQL would round the seventh digit up.
      return value.replace(/(\.\d{6})\d+/u, '$1');
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

/** `("2024-01-01 09:00:00.5",60)` to `2024-01-01 10:00:00.5 +01:00`. */
function readOffset(text: string): string {
  const found = /^\("?([^".]*)(\.\d+)?"?,(-?\d+)\)$/u.exec(text);
  const [, seconds = '', fraction = '', offset = '0'] = found ?? [];
  const minutes = Number(offset);
  return `${moved(seconds, minutes)}${fraction} ${zone(minutes)}`;
}

function writeOffset(value: string): string {
  const found = /^(\S+ [\d:]+)(\.\d+)?\s*([+-])(\d\d):(\d\d)$/u.exec(value);
  if (found === null) return value;
  const [, local = '', fraction = '', sign = '+', hours = '0', rest = '0'] = found;
  const minutes = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(rest));
  return `("${moved(local, -minutes)}${fraction.slice(0, 7)}",${String(minutes)})`;
}

function moved(local: string, minutes: number): string {
  const date = new Date(`${local.replace(' ', 'T')}Z`);
  return new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, 19).replace('T', ' ');
}

function zone(minutes: number): string {
  const size = Math.abs(minutes);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.trunc(size / 60))}:${two(size % 60)}`;
}
