// Decodes the values that tedious would round or cut: decimal and money as text, datetimeoffset with its offset; the most common others faster.
import valueParser from 'tedious/lib/value-parser.js';

// tedious 20.3.9 divides decimals and money in floating point (value-parser.js, readNumeric) and leaves an offset out
// (readDateTimeOffset). Its row reader looks `readValue` up on the module for every value, so replacing it there is enough; the test
// "exact values" fails when a newer tedious no longer does. The product's bundle has a tedious of its own: nobody else is affected.
type ReadValue = typeof valueParser.readValue;
type Result = ReturnType<ReadValue>;
const original: ReadValue = valueParser.readValue;

const pad = (value: number, width: number): string => String(value).padStart(width, '0');
/** From 0001-01-01, the day 0 of date types. */
const daysTo1970 = 719_162;

/**
 * Layouts: MS-TDS 2.2.5.5.1 (fixed and variable length types), 2.2.5.5.4 (sql_variant). A value that is not wholly there is left to
 * the original, which asks for more bytes.
 */
const readExactly: ReadValue = (buffer, offset, metadata, options) => {
  switch (metadata.type.name) {
    // The four most common types, without the intermediate objects of the original: a fifth of a long result's time.
    case 'IntN': {
      if (buffer[offset] !== 4 || buffer.length < offset + 5) break;
      return result(buffer.readInt32LE(offset + 1), offset + 5);
    }
    case 'NVarChar': {
      if (buffer.length < offset + 2) break;
      const length = buffer.readUInt16LE(offset);
      const end = offset + 2 + length;
      if (length === 0xffff || buffer.length < end) break;
      return result(buffer.toString('utf16le', offset + 2, end), end);
    }
    case 'DateTime2': {
      const length = buffer[offset];
      if (length === undefined || length === 0 || buffer.length < offset + 1 + length) break;
      return result(dateOf(buffer, offset + 1, length - 3, metadata.scale ?? 7), offset + 1 + length);
    }
    case 'NumericN':
    case 'DecimalN': {
      const length = buffer[offset];
      if (length === undefined || length === 0 || buffer.length < offset + 1 + length) break;
      return result(decimalText(buffer, offset + 1, length, metadata.scale ?? 0), offset + 1 + length);
    }
    case 'MoneyN': {
      const length = buffer[offset];
      if (length === undefined || length === 0 || buffer.length < offset + 1 + length) break;
      return result(moneyText(buffer, offset + 1, length), offset + 1 + length);
    }
    case 'Money':
    case 'SmallMoney': {
      const length = metadata.type.name === 'Money' ? 8 : 4;
      if (buffer.length < offset + length) break;
      return result(moneyText(buffer, offset, length), offset + length);
    }
    case 'DateTimeOffset': {
      const length = buffer[offset];
      if (length === undefined || length === 0 || buffer.length < offset + 1 + length) break;
      return result(offsetText(buffer, offset + 1, length, metadata.scale ?? 7), offset + 1 + length);
    }
    case 'Variant': {
      const value = readVariant(buffer, offset);
      if (value !== undefined) return value;
      break;
    }
    default:
  }
  return original(buffer, offset, metadata, options);
};

/** Installs the exact decoding; calling it again changes nothing. */
export function decodeExactly(): void {
  Object.assign(valueParser, { readValue: readExactly });
}

function result(value: unknown, offset: number): Result {
  return { value, offset };
}

/** A Date in UTC fields; what is below a millisecond as `nanosecondsDelta` in seconds, as tedious does, but only when there is some. */
function dateOf(buffer: Buffer, offset: number, timeLength: number, scale: number): Date {
  const ticks = buffer.readUIntLE(offset, timeLength) * 10 ** (7 - scale);
  const days = buffer.readUIntLE(offset + timeLength, 3);
  const below = ticks % 10_000;
  const date = new Date((days - daysTo1970) * 86_400_000 + (ticks - below) / 10_000);
  if (below > 0) Object.defineProperty(date, 'nanosecondsDelta', { value: below / 1e7, enumerable: false });
  return date;
}

/** Digits with the point put in: (12345, 2) → "123.45", (5, 2) → "0.05". */
function withPoint(digits: string, scale: number): string {
  if (scale === 0) return digits;
  const padded = digits.padStart(scale + 1, '0');
  return `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/** Sign byte (1 = positive), then an unsigned little-endian integer of 4, 8, 12 or 16 bytes. */
function decimalText(buffer: Buffer, offset: number, length: number, scale: number): string {
  const positive = buffer[offset] === 1;
  // Up to 2^53 plain numbers do, and are several times as fast as BigInt.
  const low = buffer.readUInt32LE(offset + 1);
  const second = length > 5 ? buffer.readUInt32LE(offset + 5) : 0;
  let digits: string;
  if (length <= 9 && second < 0x20_0000) {
    digits = String(second * 0x1_0000_0000 + low);
  } else {
    let value = 0n;
    for (let at = offset + length - 4; at > offset; at -= 4) {
      value = (value << 32n) | BigInt(buffer.readUInt32LE(at));
    }
    digits = value.toString();
  }
  const text = withPoint(digits, scale);
  return positive ? text : `-${text}`;
}

/** money: the high half first, then the low one (MS-TDS 2.2.5.5.1.2); ten-thousandths. */
function moneyText(buffer: Buffer, offset: number, length: number): string {
  const value =
    length === 4
      ? BigInt(buffer.readInt32LE(offset))
      : (BigInt(buffer.readInt32LE(offset)) << 32n) | BigInt(buffer.readUInt32LE(offset + 4));
  return value < 0n ? `-${withPoint((-value).toString(), 4)}` : withPoint(value.toString(), 4);
}

/** Time, days and offset in minutes; time and days are UTC (MS-TDS 2.2.5.5.1.9). Gives the local time, as the server writes it. */
function offsetText(buffer: Buffer, offset: number, length: number, scale: number): string {
  const timeLength = length - 5;
  let time = buffer.readUIntLE(offset, timeLength);
  const minutes = buffer.readInt16LE(offset + timeLength + 3);
  const perSecond = 10 ** scale;
  const fraction = time % perSecond;
  time = (time - fraction) / perSecond;
  const days = buffer.readUIntLE(offset + timeLength, 3);
  const local = new Date(((days - daysTo1970) * 86_400 + time + minutes * 60) * 1000);
  const day = `${pad(local.getUTCFullYear(), 4)}-${pad(local.getUTCMonth() + 1, 2)}-${pad(local.getUTCDate(), 2)}`;
  const clock = `${pad(local.getUTCHours(), 2)}:${pad(local.getUTCMinutes(), 2)}:${pad(local.getUTCSeconds(), 2)}`;
  const away = Math.abs(minutes);
  const zone = `${minutes < 0 ? '-' : '+'}${pad(Math.floor(away / 60), 2)}:${pad(away % 60, 2)}`;
  return `${day} ${clock}${scale === 0 ? '' : `.${pad(fraction, scale)}`} ${zone}`;
}

/** Only the base types that lose something; undefined leaves the value to the original. */
function readVariant(buffer: Buffer, offset: number): Result | undefined {
  if (buffer.length < offset + 4) return undefined;
  const total = buffer.readUInt32LE(offset);
  const end = offset + 4 + total;
  if (total < 2 || buffer.length < end) return undefined;
  const base = buffer[offset + 4];
  const properties = buffer[offset + 5] ?? 0;
  const start = offset + 6 + properties;
  switch (base) {
    case 0x6a: // DECIMALN
    case 0x6c: // NUMERICN: precision, scale
      return result(decimalText(buffer, start, end - start, buffer[offset + 7] ?? 0), end);
    case 0x3c: // MONEY
    case 0x7a: // SMALLMONEY
      return result(moneyText(buffer, start, end - start), end);
    case 0x2b: // DATETIMEOFFSETN: scale
      return result(offsetText(buffer, start, end - start, buffer[offset + 6] ?? 7), end);
    // The grid knows how to write a Date only from the column's type, which is sql_variant here.
    case 0x28: // DATEN
    case 0x29: // TIMEN
    case 0x2a: // DATETIME2N
    case 0x3a: // SMALLDATETIME
    case 0x3d: // DATETIME
      return result(variantDate(buffer, base, start, end, buffer[offset + 6] ?? 7), end);
    default:
      return undefined;
  }
}

function variantDate(buffer: Buffer, base: number, start: number, end: number, scale: number): string {
  const day = (days: number): string => new Date((days - daysTo1970) * 86_400_000).toISOString().slice(0, 10);
  const time = (units: number, perSecond: number, digits: number): string => {
    const seconds = Math.floor(units / perSecond);
    const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const fraction = digits === 0 ? '' : `.${pad(units % perSecond, digits)}`;
    return clock.map((part) => pad(part, 2)).join(':') + fraction;
  };
  const daysFrom1900 = 693_595;
  switch (base) {
    case 0x28:
      return day(buffer.readUIntLE(start, 3));
    case 0x29:
      return time(buffer.readUIntLE(start, end - start), 10 ** scale, scale);
    case 0x2a:
      return `${day(buffer.readUIntLE(end - 3, 3))} ${time(buffer.readUIntLE(start, end - 3 - start), 10 ** scale, scale)}`;
    case 0x3a:
      return `${day(buffer.readUInt16LE(start) + daysFrom1900)} ${time(buffer.readUInt16LE(start + 2) * 60, 1, 0)}`;
    default: {
      const milliseconds = Math.round((buffer.readInt32LE(start + 4) * 10) / 3);
      return `${day(buffer.readInt32LE(start) + daysFrom1900)} ${time(milliseconds, 1000, 3)}`;
    }
  }
}
