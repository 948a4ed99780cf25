// What a person types for a column, checked and turned into a value before the server sees it.
import { lostCharacters } from './codePage.ts';
import type { Cell } from './ports.ts';
import type { TableColumn } from './tableShape.ts';

export type ReadValue = { value: Cell } | { problem: string };

const integers: Readonly<Record<string, readonly [bigint, bigint]>> = {
  tinyint: [0n, 255n],
  smallint: [-32_768n, 32_767n],
  int: [-2_147_483_648n, 2_147_483_647n],
  bigint: [-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n],
};

/**
 * The value that `text` means for a column, or what is wrong with it in a sentence. Character columns take the text as it is, blanks
 * included, and refuse what their code page would silently turn into something else.
 */
export function readValue(column: TableColumn, text: string): ReadValue {
  const trimmed = text.trim();
  switch (column.baseType) {
    case 'bit':
      return readBit(trimmed);
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      return readInteger(column.baseType, trimmed);
    case 'decimal':
    case 'numeric':
      return readDecimal(trimmed, column.precision, column.scale);
    case 'money':
      return readMoney(trimmed, 9_223_372_036_854_775_807n, 'money');
    case 'smallmoney':
      return readMoney(trimmed, 2_147_483_647n, 'smallmoney');
    case 'float':
    case 'real':
      return readFloat(column.baseType, trimmed);
    case 'uniqueidentifier':
      return /^\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/i.test(trimmed)
        ? { value: trimmed.replaceAll(/[{}]/g, '').toUpperCase() }
        : { problem: 'A GUID looks like 2ff8edf0-dccb-4148-a649-2c1154e1e129.' };
    case 'date':
    case 'time':
    case 'datetime':
    case 'smalldatetime':
    case 'datetime2':
    case 'datetimeoffset':
      return readMoment(column, trimmed);
    case 'binary':
    case 'varbinary':
    case 'image':
      return readBinary(column, trimmed);
    default:
      return readText(column, text);
  }
}

function readText(column: TableColumn, text: string): ReadValue {
  // Many programs end a text there, this server's own functions among them: whoever reads it back may get half of it.
  if (text.includes('\u0000'))
    return {
      problem:
        'The text has a NUL character (U+0000) in it, at which many programs would cut it off. Take it out.',
    };
  if (!text.isWellFormed()) return { problem: 'The text ends inside a character (a lone surrogate).' };
  const unicode = column.baseType.startsWith('n') || column.baseType === 'xml';
  const limited = column.maxLength !== -1 && /^n?(var)?char$/.test(column.baseType);
  if (unicode) {
    const limit = column.maxLength / 2;
    return limited && text.length > limit
      ? { problem: `At most ${limit} characters (UTF-16 units); these are ${text.length}.` }
      : { value: text };
  }
  const lost = lostCharacters(text, column.codePage);
  if (lost.length > 0) return { problem: lossText(column, lost) };
  const bytes = column.codePage === 65_001 ? new TextEncoder().encode(text).length : text.length;
  return limited && bytes > column.maxLength
    ? { problem: `At most ${column.maxLength} bytes; these are ${bytes}.` }
    : { value: text };
}

/** Names each character by itself and by number, because the ones that get lost are often invisible or look alike. */
function lossText(column: TableColumn, lost: readonly string[]): string {
  const shown = lost
    .slice(0, 5)
    .map(
      (character) =>
        `"${character}" (U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')})`,
    )
    .join(', ');
  const page = column.codePage === undefined || column.codePage === 0 ? '' : ` ${column.codePage}`;
  return `${column.sqlType} cannot hold ${shown}${lost.length > 5 ? ' …' : ''}: the server would write "?" or a look-alike (code page${page}). Only nvarchar holds every character.`;
}

function readBit(text: string): ReadValue {
  if (/^(1|true|yes)$/i.test(text)) return { value: true };
  if (/^(0|false|no)$/i.test(text)) return { value: false };
  return { problem: '1 or 0, true or false.' };
}

function readInteger(type: string, text: string): ReadValue {
  const [least, most] = integers[type] ?? [0n, 0n];
  if (!/^[+-]?\d{1,40}$/.test(text)) return { problem: `A whole number from ${least} to ${most}.` };
  const value = BigInt(text.replace('+', ''));
  if (value < least || value > most) return { problem: `${type} goes from ${least} to ${most}.` };
  // A bigint travels as text (rowText).
  return { value: type === 'bigint' ? String(value) : Number(value) };
}

function readDecimal(text: string, precision: number, scale: number): ReadValue {
  const found = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text);
  const whole = found?.[2]?.replace(/^0+/, '') ?? '';
  const fraction = found?.[3] ?? '';
  if (!found || (found[2] === '' && fraction === ''))
    return { problem: 'A number like 12.34, with a point and without thousands separators.' };
  if (whole.length > precision - scale)
    return { problem: `At most ${precision - scale} digits before the point.` };
  if (fraction.replace(/0+$/, '').length > scale)
    return {
      problem: scale === 0 ? 'No digits after the point.' : `At most ${scale} digits after the point.`,
    };
  const digits = fraction.slice(0, scale);
  return { value: `${found[1] === '-' ? '-' : ''}${whole || '0'}${digits ? `.${digits}` : ''}` };
}

/** Money is a whole number of ten-thousandths: `most` of them at most, and one more below zero. */
function readMoney(text: string, most: bigint, type: string): ReadValue {
  const read = readDecimal(text, 40, 4);
  if ('problem' in read) return read;
  const [whole = '0', fraction = ''] = String(read.value).replace('-', '').split('.');
  const units = BigInt(whole) * 10_000n + BigInt(fraction.padEnd(4, '0'));
  const limit = String(read.value).startsWith('-') ? most + 1n : most;
  return units > limit ? { problem: `Too large for ${type}.` } : read;
}

function readFloat(type: string, text: string): ReadValue {
  const value = Number(text);
  if (text === '' || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || !Number.isFinite(value))
    return { problem: 'A number like 12.34 or 1.2e-3.' };
  if (type === 'real' && !Number.isFinite(Math.fround(value))) return { problem: 'Too large for real.' };
  return { value: type === 'real' ? Math.fround(value) : value };
}

const datePart = String.raw`(\d{4})-(\d\d)-(\d\d)`;
const timePart = String.raw`(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,7}))?)?`;
const zonePart = String.raw`\s*(Z|[+-]\d\d:\d\d)`;
const examples: Readonly<Record<string, string>> = {
  date: '2026-03-31',
  time: '14:05 or 14:05:09.123',
  datetime: '2026-03-31 14:05',
  smalldatetime: '2026-03-31 14:05',
  datetime2: '2026-03-31 14:05:09.1234567',
  datetimeoffset: '2026-03-31 14:05:09 +02:00',
};
/** First and last year of the types that do not go from 1 to 9999 (Learn, date and time types). */
const years: Readonly<Record<string, readonly [number, number]>> = {
  datetime: [1753, 9999],
  smalldatetime: [1900, 2079],
};

/** Accepts ISO 8601 with a blank or a T, and returns it as CONVERT style 121 has it. */
function readMoment(column: TableColumn, text: string): ReadValue {
  const type = column.baseType;
  const problem = { problem: `Like ${examples[type] ?? ''}.` };
  const shape =
    type === 'date'
      ? datePart
      : type === 'time'
        ? timePart
        : `${datePart}(?:[T ]${timePart})?${type === 'datetimeoffset' ? zonePart : ''}`;
  const found = new RegExp(`^${shape}$`, 'i').exec(text);
  if (!found) return problem;
  const parts = type === 'time' ? [undefined, undefined, undefined, ...found.slice(1)] : found.slice(1);
  const [year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone] = parts;
  if (year !== undefined) {
    const [first, last] = years[type] ?? [1, 9999];
    const date = new Date(0);
    date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
    if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day))
      return { problem: `There is no ${year}-${month}-${day}.` };
    if (Number(year) < first || Number(year) > last)
      return { problem: `${type} goes from ${first} to ${last}.` };
  }
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59)
    return { problem: `There is no ${hour}:${minute}:${second}.` };
  const digits = type === 'datetime' ? 3 : type === 'smalldatetime' ? 0 : column.scale;
  if (fraction.replace(/0+$/, '').length > digits)
    return { problem: digits === 0 ? 'No fractions of a second.' : `At most ${digits} digits of a second.` };
  const date = `${year}-${month}-${day}`;
  const time = `${hour}:${minute}:${second}${fraction.slice(0, digits) ? `.${fraction.slice(0, digits)}` : ''}`;
  if (type === 'date') return { value: date };
  if (type === 'time') return { value: time };
  if (type !== 'datetimeoffset') return { value: `${date} ${time}` };
  const offset = !zone || /z/i.test(zone) ? '+00:00' : zone;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4));
  return minutes > 840 || Number(offset.slice(4)) > 59
    ? { problem: 'An offset from -14:00 to +14:00.' }
    : { value: `${date} ${time} ${offset}` };
}

function readBinary(column: TableColumn, text: string): ReadValue {
  const found = /^0x((?:[0-9a-f]{2})*)$/i.exec(text);
  if (!found) return { problem: 'Bytes as 0x01AB, two digits each.' };
  const bytes = Uint8Array.from((found[1] ?? '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  if (column.maxLength !== -1 && column.baseType !== 'image' && bytes.length > column.maxLength)
    return { problem: `At most ${column.maxLength} bytes; these are ${bytes.length}.` };
  return { value: bytes };
}
