// Values on their way in: parameters and bulk rows, into the contract's convention (MS-TDS 2.2.5.5).
import type { SqlValue } from '../contract.ts';
import { ByteReader, ProtocolError } from './byteReader.ts';
import { decode1252 } from './codePage1252.ts';
import { isUtf8 } from './collation.ts';
import {
  dateFromDays,
  DAYS_TO_1900,
  LAST_DAY,
  offsetToText,
  TICKS_PER_DAY,
  TICKS_PER_SECOND,
  timeFromTicks,
} from './dateTime.ts';
import { timeSize } from './dateTimeEncoder.ts';
import { guidText } from './guid.ts';
import { readTypeInfo } from './readTypeInfo.ts';
import type { WireType } from './readTypeInfo.ts';
import { Wire } from './typeInfo.ts';
import { joinVariant } from './variant.ts';

const PLP = 0xff_ff;
const PLP_NULL = 0xff_ff_ff_ff_ff_ff_ff_ffn;
const PLP_UNKNOWN = 0xff_ff_ff_ff_ff_ff_ff_fen;

/** Reads one value of that type. `inRow`: text, ntext and image come with a text pointer, as in bulk rows. @throws ProtocolError */
export function readValue(reader: ByteReader, type: WireType, inRow = false): SqlValue {
  const bytes = valueBytes(reader, type, inRow);
  return bytes === null ? null : decode(bytes, type);
}

function valueBytes(reader: ByteReader, type: WireType, inRow: boolean): Buffer | null {
  if (type.wire === Wire.null) return null;
  if (type.fixed) return reader.slice(type.size);
  if (type.size === PLP) return readPlp(reader);
  switch (type.wire) {
    case Wire.char:
    case Wire.varChar:
    case Wire.nChar:
    case Wire.nVarChar:
    case Wire.binary:
    case Wire.varBinary: {
      const length = reader.uint16();
      return length === 0xff_ff ? null : reader.slice(length);
    }
    case Wire.text:
    case Wire.ntext:
    case Wire.image: {
      if (inRow) {
        const pointer = reader.uint8();
        if (pointer === 0) return null;
        reader.take(pointer + 8);
      }
      const length = reader.uint32();
      return length === 0xff_ff_ff_ff ? null : reader.slice(length);
    }
    case Wire.variant: {
      const length = reader.uint32();
      return length === 0 ? null : reader.slice(length);
    }
    case 0x27:
    case 0x2f:
    case 0x25:
    case 0x2d: {
      const length = reader.uint8();
      return length === 0xff ? null : reader.slice(length);
    }
    default: {
      const length = reader.uint8();
      return length === 0 ? null : reader.slice(length);
    }
  }
}

function readPlp(reader: ByteReader): Buffer | null {
  const total = reader.uint64();
  if (total === PLP_NULL) return null;
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const length = reader.uint32();
    if (length === 0) break;
    chunks.push(reader.slice(length));
    size += length;
  }
  if (total !== PLP_UNKNOWN && total !== BigInt(size))
    throw new ProtocolError('PLP length does not match its chunks');
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

function decode(bytes: Buffer, type: WireType): SqlValue {
  const need = (...sizes: number[]): number => {
    if (!sizes.includes(bytes.length)) throw new ProtocolError(`${type.type.name} of ${bytes.length} bytes`);
    return bytes.length;
  };
  switch (type.type.name) {
    case 'bit':
      need(1);
      return bytes[0] !== 0;
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      return decodeInteger(bytes, need(1, 2, 4, 8));
    case 'real':
    case 'float':
      return need(4, 8) === 4 ? shortestReal(bytes.readFloatLE(0)) : bytes.readDoubleLE(0);
    case 'money':
    case 'smallmoney': {
      const scaled =
        need(4, 8) === 4
          ? BigInt(bytes.readInt32LE(0))
          : (BigInt(bytes.readInt32LE(0)) << 32n) | BigInt(bytes.readUInt32LE(4));
      return decimalText(scaled, 4);
    }
    case 'decimal':
    case 'numeric': {
      need(5, 9, 13, 17);
      let magnitude = 0n;
      for (let at = bytes.length - 4; at >= 1; at -= 4)
        magnitude = (magnitude << 32n) | BigInt(bytes.readUInt32LE(at));
      return decimalText(bytes[0] === 0 ? -magnitude : magnitude, type.type.scale ?? 0);
    }
    case 'date':
      need(3);
      return dateFromDays(day(bytes.readUIntLE(0, 3)));
    case 'time':
      return timeFromTicks(readTicks(bytes, type, need(timeSize(scaleOf(type)))), scaleOf(type));
    case 'datetime2': {
      const size = need(timeSize(scaleOf(type)) + 3) - 3;
      const ticks = readTicks(bytes, type, size);
      return `${dateFromDays(day(bytes.readUIntLE(size, 3)))} ${timeFromTicks(ticks, scaleOf(type))}`;
    }
    case 'datetimeoffset': {
      const size = need(timeSize(scaleOf(type)) + 5) - 5;
      const offset = bytes.readInt16LE(size + 3);
      if (Math.abs(offset) > 840) throw new ProtocolError(`time zone offset ${offset}`);
      let ticks = readTicks(bytes, type, size) + offset * 60 * TICKS_PER_SECOND;
      let days = day(bytes.readUIntLE(size, 3));
      const shift = Math.floor(ticks / TICKS_PER_DAY);
      days += shift;
      ticks -= shift * TICKS_PER_DAY;
      return `${dateFromDays(day(days))} ${timeFromTicks(ticks, scaleOf(type))} ${offsetToText(offset)}`;
    }
    case 'datetime': {
      need(8);
      const days = day(bytes.readInt32LE(0) + DAYS_TO_1900);
      const units = bytes.readUInt32LE(4);
      if (units >= 86_400 * 300) throw new ProtocolError('time of day out of range');
      // Shown with three digits, as the server rounds 1/300 s: .000, .003, .007.
      const ticks = Math.round((units * 1000) / 300) * 10_000;
      return `${dateFromDays(days)} ${timeFromTicks(ticks, 3)}`;
    }
    case 'smalldatetime': {
      need(4);
      const minutes = bytes.readUInt16LE(2);
      if (minutes >= 1440) throw new ProtocolError('time of day out of range');
      return `${dateFromDays(bytes.readUInt16LE(0) + DAYS_TO_1900)} ${timeFromTicks(minutes * 60 * TICKS_PER_SECOND, 0)}`;
    }
    case 'char':
    case 'varchar':
    case 'text':
      return isUtf8(type.type.collation) ? bytes.toString('utf8') : decode1252(bytes);
    case 'nchar':
    case 'nvarchar':
    case 'ntext':
    case 'xml':
    case 'sysname':
      if (bytes.length % 2 !== 0) throw new ProtocolError('UTF-16 with an odd number of bytes');
      return bytes.toString('utf16le');
    case 'binary':
    case 'varbinary':
    case 'image':
    case 'timestamp':
      return new Uint8Array(bytes);
    case 'uniqueidentifier':
      need(16);
      return guidText(bytes);
    default: // sql_variant
      return decodeVariant(bytes);
  }
}

function decodeInteger(bytes: Buffer, size: number): number | bigint {
  if (size === 1) return bytes.readUInt8(0);
  if (size === 2) return bytes.readInt16LE(0);
  return size === 4 ? bytes.readInt32LE(0) : bytes.readBigInt64LE(0);
}

/** The shortest decimal that means the same 32-bit float: 0.1 and not 0.10000000149011612. */
function shortestReal(value: number): number {
  for (let digits = 6; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

/** "-12.3400" of -123400 and scale 4. */
export function decimalText(scaled: bigint, scale: number): string {
  const negative = scaled < 0n;
  const digits = (negative ? -scaled : scaled).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return `${negative ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(digits.length - scale)}`}`;
}

function day(days: number): number {
  if (!(days >= 0 && days <= LAST_DAY)) throw new ProtocolError('date out of range');
  return days;
}

function scaleOf(type: WireType): number {
  return type.type.scale ?? 7;
}

function readTicks(bytes: Buffer, type: WireType, size: number): number {
  const ticks = bytes.readUIntLE(0, size) * 10 ** (7 - scaleOf(type));
  if (ticks >= TICKS_PER_DAY) throw new ProtocolError('time of day out of range');
  return ticks;
}

/** Base type, its properties, then the value without a length; the result says the type (variant.ts). */
function decodeVariant(bytes: Buffer): SqlValue {
  const reader = new ByteReader(bytes);
  const wire = reader.uint8();
  const properties = reader.slice(reader.uint8());
  const rest = reader.slice(reader.left);
  const collated = [Wire.char, Wire.varChar, Wire.nChar, Wire.nVarChar].some((one) => one === wire);
  // TYPE_INFO has the same parts in another order; put them into it so that one decoder serves.
  const info = collated
    ? Buffer.concat([Buffer.of(wire), properties.subarray(5, 7), properties.subarray(0, 5)])
    : wire === Wire.decimalN || wire === Wire.numericN
      ? Buffer.concat([Buffer.of(wire, rest.length), properties])
      : wire === Wire.guid
        ? Buffer.of(wire, 16)
        : Buffer.concat([Buffer.of(wire), properties]);
  const type = readTypeInfo(new ByteReader(info));
  const value = decode(rest, type);
  return value === null ? null : joinVariant(type.type, value);
}
