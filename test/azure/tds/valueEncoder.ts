// Values on their way to a client: one small function per column, chosen once, called for every row (MS-TDS 2.2.5.5).
import type { SqlType } from '../contract.ts';
import type { ByteWriter } from './byteWriter.ts';
import { encode1252 } from './codePage1252.ts';
import { isUtf8 } from './collation.ts';
import {
  encodeDate,
  encodeDateTime,
  encodeSmallDateTime,
  timeEncoder,
  dateTime2Encoder,
  dateTimeOffsetEncoder,
} from './dateTimeEncoder.ts';
import { guidBytes } from './guid.ts';
import {
  encodeBit,
  encodeSmall,
  encodeInt,
  encodeBigInt,
  encodeReal,
  encodeFloat,
  decimalEncoder,
  encodeMoney,
} from './numberEncoder.ts';
import { EncodingError, asText, asBytes } from './presentValue.ts';
import type { Present, ValueEncoder } from './presentValue.ts';
import { isPlp } from './typeInfo.ts';
import { variantEncoder } from './variantEncoder.ts';

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
      return isUtf8(type.collation) ? encodeUtf8 : encodeVarChar;
    case 'char':
      if (isUtf8(type.collation)) return encodeUtf8; // padded by whoever knows its bytes
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
      return variantEncoder(valueEncoder);
    case 'text':
    case 'ntext':
    case 'image':
      return (out, value) => encodeTextPointer(out, value, type);
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
const SHORT = 0xff_fe;

function encodeVarChar(out: ByteWriter, value: Present): void {
  const text = asText(value);
  if (text.length > SHORT) throw new EncodingError('text too long for a type that is not (max)');
  out.uint16(text.length);
  out.reserve(text.length);
  out.length = encode1252(text, out.bytes, out.length);
}

function encodeUtf8(out: ByteWriter, value: Present): void {
  encodeVarBinary(out, Buffer.from(asText(value), 'utf8'));
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

function encodeGuid(out: ByteWriter, value: Present): void {
  out.uint8(16);
  out.raw(guidBytes(asText(value)));
}

function plpEncoder(type: SqlType): ValueEncoder {
  if (type.name === 'varbinary') return (out, value) => writePlp(out, asBytes(value));
  if (type.name === 'varchar') {
    if (isUtf8(type.collation)) return (out, value) => writePlp(out, Buffer.from(asText(value), 'utf8'));
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

function encodeTextPointer(out: ByteWriter, value: Present, { name, collation }: SqlType): void {
  let bytes: Uint8Array;
  if (name === 'image') {
    bytes = asBytes(value);
  } else if (name === 'ntext') {
    bytes = Buffer.from(asText(value), 'utf16le');
  } else if (isUtf8(collation)) {
    bytes = Buffer.from(asText(value), 'utf8');
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
