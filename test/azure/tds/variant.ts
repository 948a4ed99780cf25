// sql_variant between the parts of the local Azure: text that says its base type, "<mark>decimal(5,2)<mark>1.50".
import type { SqlType, SqlTypeName, SqlValue } from '../contract.ts';

/** A noncharacter of Unicode, which no text that is meant to be read begins with. Text without it is nvarchar. */
export const variantMark = '\uFDEE';

const pattern = new RegExp(
  `^${variantMark}(\\w+)(?:\\((\\d+)(?:,(\\d+))?\\))?${variantMark}([\\s\\S]*)$`,
  'u',
);
const scaled = new Set<SqlTypeName>(['time', 'datetime2', 'datetimeoffset']);

/** The base type as it is written into the text. sql_variant holds no (max). */
export function variantType(type: SqlType): string {
  const { name, length, precision, scale } = type;
  if (name === 'sysname') return 'nvarchar(128)';
  if (name === 'timestamp') return 'binary(8)';
  if (name === 'decimal' || name === 'numeric') return `${name}(${precision ?? 18},${scale ?? 0})`;
  if (scaled.has(name)) return `${name}(${scale ?? 7})`;
  if (!/char|binary/u.test(name)) return name === 'float' && (precision ?? 53) <= 24 ? 'real' : name;
  return `${name}(${length === -1 ? (name === 'nvarchar' ? 4000 : 8000) : (length ?? 1)})`;
}

/** A value of that base type; its text is the contract's, bytes in hexadecimal digits. */
export function joinVariant(type: SqlType, value: Exclude<SqlValue, null>): string {
  const text =
    typeof value === 'string'
      ? value
      : typeof value === 'boolean'
        ? String(Number(value))
        : value instanceof Uint8Array
          ? Buffer.from(value).toString('hex').toUpperCase()
          : String(value);
  return `${variantMark}${variantType(type)}${variantMark}${text}`;
}

/** undefined: the text says no type. */
export function splitVariant(value: string): { type: SqlType; text: string } | undefined {
  if (!value.startsWith(variantMark)) return undefined;
  const [, word, first, second, text = ''] = pattern.exec(value) ?? [];
  if (word === undefined) return undefined;
  const name = word as SqlTypeName;
  const size = Number(first);
  if (first === undefined) return { type: { name }, text };
  if (second !== undefined) return { type: { name, precision: size, scale: Number(second) }, text };
  return { type: scaled.has(name) ? { name, scale: size } : { name, length: size }, text };
}
