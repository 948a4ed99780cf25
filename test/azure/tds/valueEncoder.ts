// Values on their way to a client: one small function per column, chosen once, called for every row (MS-TDS 2.2.5.5).
import type { SqlType, SqlValue } from '../contract.ts';
import type { ByteWriter } from './byteWriter.ts';
import { encode1252 } from './codePage1252.ts';
import {
  DAYS_TO_1900,
  daysFromText,
  LAST_DAY,
  offsetFromText,
  ticksFromText,
  TICKS_PER_DAY,
  TICKS_PER_SECOND,
} from './dateTime.ts';
import { decimalSize, isPlp, Wire } from './typeInfo.ts';

/** A backend gave a value that its announced type cannot hold. */
export class EncodingError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EncodingError';
  }
}

/** Writes one non-NULL value with its length. @throws EncodingError, with part of the value possibly written. */
export type ValueEncoder = (out: ByteWriter, value: Exclude<SqlValue, null>) => void;

type Present = Exclude<SqlValue, null>;

/** `legacy`: the date types of 2008 go out as nvarchar, for clients below TDS 7.3. */
export function valueEncoder(type: SqlType, legacy = false): ValueEncoder {
  if (isPlp(type)) return plpEncoder(type);
  if (legacy && ['date', 'time', 'datetime2', 'datetimeoffset'].includes(type.name)) return encodeNVarChar;
  switch (type.name) {
    case 'bit':
      return encodeBit;
    case 'tinyint':
      return (out, value) => encodeSmall(out, value, 1);
    case 'smallint':
      return (out, value) => encodeSmall(out, value, 2);
    case 'int':
      return encodeInt;
    case 'bigint':
      return encodeBigInt;
    case 'decimal':
    case 'numeric':
      return decimalEncoder(type.precision ?? 18, type.scale ?? 0);
    case 'money':
      return (out, value) => encodeMoney(out, value, 8);
    case 'smallmoney':
      return (out, value) => encodeMoney(out, value, 4);
    case 'real':
      return encodeReal;
    case 'float':
      return encodeFloat;
    case 'date':
      return encodeDate;
    case 'time':
      return timeEncoder(type.scale ?? 7);
    case 'datetime2':
      return dateTime2Encoder(type.scale ?? 7);
    case 'datetimeoffset':
      return dateTimeOffsetEncoder(type.scale ?? 7);
    case 'datetime':
      return encodeDateTime;
    case 'smalldatetime':
      return encodeSmallDateTime;
    case 'varchar':
      return encodeVarChar;
    case 'char':
      return (out, value) => encodeVarChar(out, asText(value).padEnd(type.length ?? 1));
    case 'nvarchar':
    case 'sysname':
      return encodeNVarChar;
    case 'nchar':
      return (out, value) => encodeNVarChar(out, asText(value).padEnd(type.length ?? 1));
    case 'varbinary':
    case 'timestamp':
      return encodeVarBinary;
    case 'binary':
      return (out, value) => encodeVarBinary(out, padded(asBytes(value), type.length ?? 1));
    case 'uniqueidentifier':
      return encodeGuid;
    case 'sql_variant':
      return encodeVariant;
    case 'text':
    case 'ntext':
    case 'image':
      return (out, value) => encodeTextPointer(out, value, type.name);
    default: // xml
      return plpEncoder(type);
  }
}

/** The bytes that stand for NULL of this type in ROW and RETURNVALUE. */
export function nullEncoding(type: SqlType, legacy = false): Uint8Array {
  if (isPlp(type)) return new Uint8Array(8).fill(0xff);
  if (legacy && ['date', 'time', 'datetime2', 'datetimeoffset'].includes(type.name))
    return Uint8Array.of(0xff, 0xff);
  switch (type.name) {
    case 'char':
    case 'varchar':
    case 'nchar':
    case 'nvarchar':
    case 'sysname':
    case 'binary':
    case 'varbinary':
    case 'timestamp':
      return Uint8Array.of(0xff, 0xff);
    case 'sql_variant':
      return new Uint8Array(4);
    default:
      return new Uint8Array(1);
  }
}

function asText(value: Present): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) throw new EncodingError('binary given for a character type');
  return String(value);
}

function asBytes(value: Present): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new EncodingError(`${typeof value} given for a binary type`);
}

function asNumber(value: Present): number {
  if (typeof value === 'number') return value;
  if (value instanceof Uint8Array || value === '') throw new EncodingError('not a number');
  const number = Number(value);
  if (Number.isNaN(number)) throw new EncodingError('not a number');
  return number;
}

function encodeBit(out: ByteWriter, value: Present): void {
  const on =
    typeof value === 'string'
      ? value === '1' || value.startsWith('t') || value.startsWith('T')
      : Boolean(value);
  out.reserve(2);
  out.bytes[out.length++] = 1;
  out.bytes[out.length++] = on ? 1 : 0;
}

function encodeSmall(out: ByteWriter, value: Present, size: 1 | 2): void {
  const number = asNumber(value);
  const fits = size === 1 ? number >= 0 && number <= 255 : number >= -32_768 && number <= 32_767;
  if (!fits) throw new EncodingError(`integer out of range for ${size} bytes`);
  out.uint8(size);
  if (size === 1) out.uint8(number);
  else out.uint16(number);
}

function encodeInt(out: ByteWriter, value: Present): void {
  const number = asNumber(value);
  if (number !== (number | 0)) throw new EncodingError('integer out of range for int');
  out.reserve(5);
  const bytes = out.bytes;
  let at = out.length;
  bytes[at++] = 4;
  bytes[at++] = number;
  bytes[at++] = number >>> 8;
  bytes[at++] = number >>> 16;
  bytes[at++] = number >>> 24;
  out.length = at;
}

function encodeBigInt(out: ByteWriter, value: Present): void {
  if (value instanceof Uint8Array) throw new EncodingError('binary given for bigint');
  const number = BigInt(value);
  if (number !== BigInt.asIntN(64, number)) throw new EncodingError('integer out of range for bigint');
  out.uint8(8);
  out.uint64(number);
}

function encodeReal(out: ByteWriter, value: Present): void {
  out.reserve(5);
  out.bytes[out.length] = 4;
  out.bytes.writeFloatLE(asNumber(value), out.length + 1);
  out.length += 5;
}

function encodeFloat(out: ByteWriter, value: Present): void {
  out.reserve(9);
  out.bytes[out.length] = 8;
  out.bytes.writeDoubleLE(asNumber(value), out.length + 1);
  out.length += 9;
}

/** Plain or exponent notation → the integer value × 10^scale, rounded half away from zero. @throws EncodingError */
export function scaledInteger(value: Present, scale: number): bigint {
  if (typeof value === 'bigint') return value * 10n ** BigInt(scale);
  const match = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*$/.exec(asText(value));
  if (!match || !(match[2] || match[3])) throw new EncodingError('not a decimal number');
  const exponent = Number(match[4] ?? 0);
  if (Math.abs(exponent) > 400) throw new EncodingError('decimal exponent out of range');
  const fraction = match[3] ?? '';
  const shift = scale + exponent - fraction.length;
  let magnitude = BigInt((match[2] ?? '') + fraction);
  if (shift >= 0) {
    magnitude *= 10n ** BigInt(shift);
  } else {
    const divisor = 10n ** BigInt(-shift);
    magnitude = (magnitude + divisor / 2n) / divisor;
  }
  return match[1] === '-' ? -magnitude : magnitude;
}

function decimalEncoder(precision: number, scale: number): ValueEncoder {
  const size = decimalSize(precision);
  const limit = 10n ** BigInt(precision);
  const factor = 10 ** scale;
  return (out, value) => {
    out.reserve(size + 1);
    const bytes = out.bytes;
    let at = out.length;
    bytes[at++] = size;
    if (
      typeof value === 'number' &&
      Number.isSafeInteger(value) &&
      Math.abs(value * factor) <= 0xff_ff_ff_ff
    ) {
      // The common small case, without big integers.
      let magnitude = Math.abs(value * factor);
      if (magnitude >= Number(limit)) throw new EncodingError('decimal out of range');
      bytes[at++] = value < 0 ? 0 : 1;
      for (let i = 1; i < size; i++) {
        bytes[at++] = magnitude;
        magnitude = Math.floor(magnitude / 256);
      }
      out.length = at;
      return;
    }
    const scaled = scaledInteger(value, scale);
    let magnitude = scaled < 0n ? -scaled : scaled;
    if (magnitude >= limit) throw new EncodingError(`value out of range for decimal(${precision}, ${scale})`);
    bytes[at++] = scaled < 0n ? 0 : 1;
    for (let i = 1; i < size; i += 4) {
      const part = Number(magnitude & 0xff_ff_ff_ffn);
      bytes[at++] = part;
      bytes[at++] = part >>> 8;
      bytes[at++] = part >>> 16;
      bytes[at++] = part >>> 24;
      magnitude >>= 32n;
    }
    out.length = at;
  };
}

function encodeMoney(out: ByteWriter, value: Present, size: 4 | 8): void {
  const scaled = scaledInteger(value, 4);
  if (scaled !== BigInt.asIntN(size * 8, scaled)) throw new EncodingError('value out of range for money');
  out.uint8(size);
  // money is sent as two 32-bit halves, the high one first.
  if (size === 8) out.uint32(Number((scaled >> 32n) & 0xff_ff_ff_ffn));
  out.uint32(Number(scaled & 0xff_ff_ff_ffn));
}

function writeDays(out: ByteWriter, days: number): void {
  if (!(days >= 0 && days <= LAST_DAY)) throw new EncodingError('date out of range');
  out.uint16(days);
  out.uint8(days >>> 16);
}

function encodeDate(out: ByteWriter, value: Present): void {
  out.uint8(3);
  writeDays(out, daysFromText(asText(value)));
}

/** Bytes of a time of that scale. */
export function timeSize(scale: number): number {
  return scale <= 2 ? 3 : scale <= 4 ? 4 : 5;
}

function writeTime(out: ByteWriter, units: number, size: number): void {
  let left = units;
  for (let i = 0; i < size; i++) {
    out.uint8(left % 256);
    left = Math.floor(left / 256);
  }
}

/** 100 ns ticks in units of the scale, rounded. */
function unitsOfScale(ticks: number, scale: number): number {
  return Math.round(ticks / 10 ** (7 - scale));
}

function timeEncoder(scale: number): ValueEncoder {
  const size = timeSize(scale);
  const day = 86_400 * 10 ** scale;
  return (out, value) => {
    const text = asText(value);
    out.uint8(size);
    writeTime(out, unitsOfScale(ticksFromText(text, 0), scale) % day, size);
  };
}

function dateTime2Encoder(scale: number): ValueEncoder {
  const size = timeSize(scale);
  const day = 86_400 * 10 ** scale;
  return (out, value) => {
    const text = asText(value);
    let days = daysFromText(text);
    let units = text.length > 10 ? unitsOfScale(ticksFromText(text, 11), scale) : 0;
    if (units >= day) {
      units -= day;
      days += 1;
    }
    out.uint8(size + 3);
    writeTime(out, units, size);
    writeDays(out, days);
  };
}

function dateTimeOffsetEncoder(scale: number): ValueEncoder {
  const size = timeSize(scale);
  const day = 86_400 * 10 ** scale;
  return (out, value) => {
    const text = asText(value);
    const offset = offsetFromText(text);
    // On the wire date and time are UTC; the text is local time.
    const minute = TICKS_PER_SECOND * 60;
    const local = daysFromText(text) * TICKS_PER_DAY;
    let days = Math.floor(local / TICKS_PER_DAY);
    let ticks = (text.length > 16 ? ticksFromText(text, 11) : 0) - offset * minute;
    days += Math.floor(ticks / TICKS_PER_DAY);
    ticks -= Math.floor(ticks / TICKS_PER_DAY) * TICKS_PER_DAY;
    let units = unitsOfScale(ticks, scale);
    if (units >= day) {
      units -= day;
      days += 1;
    }
    out.uint8(size + 5);
    writeTime(out, units, size);
    writeDays(out, days);
    out.uint16(offset);
  };
}

function encodeDateTime(out: ByteWriter, value: Present): void {
  const text = asText(value);
  let days = daysFromText(text) - DAYS_TO_1900;
  // 1/300 s.
  let units = text.length > 10 ? Math.round((ticksFromText(text, 11) * 300) / TICKS_PER_SECOND) : 0;
  if (units >= 86_400 * 300) {
    units = 0;
    days += 1;
  }
  out.uint8(8);
  out.uint32(days);
  out.uint32(units);
}

function encodeSmallDateTime(out: ByteWriter, value: Present): void {
  const text = asText(value);
  let days = daysFromText(text) - DAYS_TO_1900;
  let minutes = text.length > 10 ? Math.round(ticksFromText(text, 11) / (TICKS_PER_SECOND * 60)) : 0;
  if (minutes >= 1440) {
    minutes = 0;
    days += 1;
  }
  if (!(days >= 0 && days <= 0xff_ff)) throw new EncodingError('date out of range for smalldatetime');
  out.uint8(4);
  out.uint16(days);
  out.uint16(minutes);
}

const SHORT = 0xff_fe;

function encodeVarChar(out: ByteWriter, value: Present): void {
  const text = asText(value);
  if (text.length > SHORT) throw new EncodingError('text too long for a type that is not (max)');
  out.uint16(text.length);
  out.reserve(text.length);
  out.length = encode1252(text, out.bytes, out.length);
}

function encodeNVarChar(out: ByteWriter, value: Present): void {
  const text = asText(value);
  if (text.length * 2 > SHORT) throw new EncodingError('text too long for a type that is not (max)');
  out.uint16(text.length * 2);
  out.utf16(text);
}

function encodeVarBinary(out: ByteWriter, value: Present): void {
  const bytes = asBytes(value);
  if (bytes.length > SHORT) throw new EncodingError('binary too long for a type that is not (max)');
  out.uint16(bytes.length);
  out.raw(bytes);
}

function padded(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length >= length) return bytes;
  const full = new Uint8Array(length);
  full.set(bytes);
  return full;
}

const GUID_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/** The 16 bytes as SQL Server stores them: the first three fields little-endian. @throws EncodingError */
export function guidBytes(text: string): Buffer {
  const plain = Buffer.from(text.replaceAll('-', '').replace(/^\{|\}$/g, ''), 'hex');
  if (plain.length !== 16) throw new EncodingError('not a uniqueidentifier');
  return Buffer.from(GUID_ORDER.map((from) => plain.readUInt8(from)));
}

export function guidText(bytes: Uint8Array): string {
  const hex = Buffer.from(GUID_ORDER.map((from) => bytes[from] ?? 0))
    .toString('hex')
    .toUpperCase();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function encodeGuid(out: ByteWriter, value: Present): void {
  out.uint8(16);
  out.raw(guidBytes(asText(value)));
}

function plpEncoder(type: SqlType): ValueEncoder {
  if (type.name === 'varbinary') return (out, value) => writePlp(out, asBytes(value));
  if (type.name === 'varchar') {
    return (out, value) => {
      const text = asText(value);
      const bytes = Buffer.allocUnsafe(text.length);
      encode1252(text, bytes, 0);
      writePlp(out, bytes);
    };
  }
  return (out, value) => writePlp(out, Buffer.from(asText(value), 'utf16le'));
}

/** One chunk of the known total length, then the terminator. */
function writePlp(out: ByteWriter, bytes: Uint8Array): void {
  out.uint64(BigInt(bytes.length));
  if (bytes.length > 0) {
    out.uint32(bytes.length);
    out.raw(bytes);
  }
  out.uint32(0);
}

function encodeTextPointer(out: ByteWriter, value: Present, name: SqlType['name']): void {
  let bytes: Uint8Array;
  if (name === 'image') {
    bytes = asBytes(value);
  } else if (name === 'ntext') {
    bytes = Buffer.from(asText(value), 'utf16le');
  } else {
    const text = asText(value);
    const coded = Buffer.allocUnsafe(text.length);
    encode1252(text, coded, 0);
    bytes = coded;
  }
  out.uint8(16);
  out.raw(new Uint8Array(24)); // text pointer and timestamp: nobody may use them, READTEXT is not supported
  out.uint32(bytes.length);
  out.raw(bytes);
}

/** sql_variant: the base type is the one that the JavaScript value suggests. */
function encodeVariant(out: ByteWriter, value: Present): void {
  const at = out.length;
  out.uint32(0);
  if (typeof value === 'boolean') {
    out.uint8(Wire.bit);
    out.uint8(0);
    out.uint8(value ? 1 : 0);
  } else if (typeof value === 'number' && value === (value | 0)) {
    out.uint8(Wire.int4);
    out.uint8(0);
    out.uint32(value);
  } else if (typeof value === 'number') {
    out.uint8(Wire.float);
    out.uint8(0);
    out.reserve(8);
    out.bytes.writeDoubleLE(value, out.length);
    out.length += 8;
  } else if (typeof value === 'bigint') {
    out.uint8(Wire.int8);
    out.uint8(0);
    out.uint64(value);
  } else if (typeof value === 'string') {
    if (value.length > 4000) throw new EncodingError('text too long for sql_variant');
    out.uint8(Wire.nVarChar);
    out.uint8(7);
    out.raw(Uint8Array.of(0x09, 0x04, 0xd0, 0x00, 0x34));
    out.uint16(8000);
    out.utf16(value);
  } else {
    if (value.length > 8000) throw new EncodingError('binary too long for sql_variant');
    out.uint8(Wire.varBinary);
    out.uint8(2);
    out.uint16(8000);
    out.raw(value);
  }
  out.bytes.writeUInt32LE(out.length - at - 4, at);
}
