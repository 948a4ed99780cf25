// TYPE_INFO: how a type is announced on the wire, in both directions (MS-TDS 2.2.5.4-2.2.5.6).
import type { SqlType } from '../contract.ts';
import { SqlError } from '../contract.ts';
import type { ByteReader } from './byteReader.ts';
import { ProtocolError } from './byteReader.ts';
import type { ByteWriter } from './byteWriter.ts';
import { COLLATION } from './tokens.ts';

export const Wire = {
  null: 0x1f,
  image: 0x22,
  text: 0x23,
  guid: 0x24,
  intN: 0x26,
  date: 0x28,
  time: 0x29,
  dateTime2: 0x2a,
  dateTimeOffset: 0x2b,
  int1: 0x30,
  bit: 0x32,
  int2: 0x34,
  int4: 0x38,
  smallDateTime: 0x3a,
  real: 0x3b,
  money: 0x3c,
  dateTime: 0x3d,
  float: 0x3e,
  variant: 0x62,
  ntext: 0x63,
  bitN: 0x68,
  decimalN: 0x6a,
  numericN: 0x6c,
  floatN: 0x6d,
  moneyN: 0x6e,
  dateTimeN: 0x6f,
  smallMoney: 0x7a,
  int8: 0x7f,
  varBinary: 0xa5,
  varChar: 0xa7,
  binary: 0xad,
  char: 0xaf,
  nVarChar: 0xe7,
  nChar: 0xef,
  udt: 0xf0,
  xml: 0xf1,
  table: 0xf3,
} as const;

const MAX = 0xff_ff;

/** Bytes of the magnitude and the sign of a decimal of that precision. */
export function decimalSize(precision: number): number {
  if (precision <= 9) return 5;
  if (precision <= 19) return 9;
  if (precision <= 28) return 13;
  return 17;
}

/** True for the types that travel in chunks (PLP): the (max) ones and xml. */
export function isPlp(type: SqlType): boolean {
  return type.name === 'xml' || isMax(type);
}

function isMax(type: SqlType): boolean {
  if (type.name === 'nvarchar') return type.length === undefined || type.length === -1 || type.length > 4000;
  if (type.name === 'varchar' || type.name === 'varbinary') {
    return type.length === undefined || type.length === -1 || type.length > 8000;
  }
  return false;
}

/**
 * Writes TYPE_INFO, always in its nullable form. `legacy` (TDS below 7.3) sends the date types of 2008 as nvarchar, as the server does
 * for such clients.
 */
export function writeTypeInfo(out: ByteWriter, type: SqlType, legacy = false): void {
  if (
    legacy &&
    (type.name === 'date' ||
      type.name === 'time' ||
      type.name.startsWith('datetime2') ||
      type.name === 'datetimeoffset')
  ) {
    writeSized(out, Wire.nVarChar, 68, true);
    return;
  }
  switch (type.name) {
    case 'bit':
      return writePair(out, Wire.bitN, 1);
    case 'tinyint':
      return writePair(out, Wire.intN, 1);
    case 'smallint':
      return writePair(out, Wire.intN, 2);
    case 'int':
      return writePair(out, Wire.intN, 4);
    case 'bigint':
      return writePair(out, Wire.intN, 8);
    case 'decimal':
    case 'numeric': {
      const precision = type.precision ?? 18;
      out.uint8(type.name === 'decimal' ? Wire.decimalN : Wire.numericN);
      out.uint8(decimalSize(precision));
      out.uint8(precision);
      out.uint8(type.scale ?? 0);
      return;
    }
    case 'money':
      return writePair(out, Wire.moneyN, 8);
    case 'smallmoney':
      return writePair(out, Wire.moneyN, 4);
    case 'real':
      return writePair(out, Wire.floatN, 4);
    case 'float':
      return writePair(out, Wire.floatN, 8);
    case 'date':
      return out.uint8(Wire.date);
    case 'time':
      return writePair(out, Wire.time, type.scale ?? 7);
    case 'datetime2':
      return writePair(out, Wire.dateTime2, type.scale ?? 7);
    case 'datetimeoffset':
      return writePair(out, Wire.dateTimeOffset, type.scale ?? 7);
    case 'datetime':
      return writePair(out, Wire.dateTimeN, 8);
    case 'smalldatetime':
      return writePair(out, Wire.dateTimeN, 4);
    case 'char':
      return writeSized(out, Wire.char, type.length ?? 1, true);
    case 'nchar':
      return writeSized(out, Wire.nChar, (type.length ?? 1) * 2, true);
    case 'varchar':
      return writeSized(out, Wire.varChar, isMax(type) ? MAX : (type.length ?? 1), true);
    case 'nvarchar':
      return writeSized(out, Wire.nVarChar, isMax(type) ? MAX : (type.length ?? 1) * 2, true);
    case 'sysname':
      return writeSized(out, Wire.nVarChar, 256, true);
    case 'binary':
      return writeSized(out, Wire.binary, type.length ?? 1, false);
    case 'varbinary':
      return writeSized(out, Wire.varBinary, isMax(type) ? MAX : (type.length ?? 1), false);
    case 'timestamp':
      return writeSized(out, Wire.binary, 8, false);
    case 'uniqueidentifier':
      return writePair(out, Wire.guid, 16);
    case 'xml':
      return writePair(out, Wire.xml, 0);
    case 'sql_variant':
      out.uint8(Wire.variant);
      return out.uint32(8009);
    case 'text':
      return writeLong(out, Wire.text, 0x7f_ff_ff_ff, true);
    case 'ntext':
      return writeLong(out, Wire.ntext, 0x7f_ff_ff_fe, true);
    case 'image':
      return writeLong(out, Wire.image, 0x7f_ff_ff_ff, false);
  }
}

/** Whether the metadata of a column of this type carries a table name (the types with text pointers). */
export function hasTextPointer(type: SqlType): boolean {
  return type.name === 'text' || type.name === 'ntext' || type.name === 'image';
}

function writePair(out: ByteWriter, wire: number, second: number): void {
  out.uint8(wire);
  out.uint8(second);
}

function writeSized(out: ByteWriter, wire: number, bytes: number, collated: boolean): void {
  out.uint8(wire);
  out.uint16(bytes);
  if (collated) out.raw(COLLATION);
}

function writeLong(out: ByteWriter, wire: number, bytes: number, collated: boolean): void {
  out.uint8(wire);
  out.uint32(bytes);
  if (collated) out.raw(COLLATION);
}

/** A type as a client announced it: what it is in T-SQL, and how its value follows. */
export interface WireType {
  wire: number;
  type: SqlType;
  /** Declared size in bytes where the type has one; 0xffff means PLP. */
  size: number;
  /** A fixed-length type, whose value has no length before it. */
  fixed: boolean;
}

const INTEGER = { 1: 'tinyint', 2: 'smallint', 4: 'int', 8: 'bigint' } as const;

/** @throws ProtocolError for bytes that are no type. @throws SqlError for types that this server does not have (TVP, CLR types). */
export function readTypeInfo(reader: ByteReader): WireType {
  const wire = reader.uint8();
  const simple = (type: SqlType, size: number, fixed: boolean): WireType => ({ wire, type, size, fixed });
  switch (wire) {
    case Wire.null:
      return simple({ name: 'nvarchar', length: 1 }, 0, true);
    case Wire.int1:
      return simple({ name: 'tinyint' }, 1, true);
    case Wire.bit:
      return simple({ name: 'bit' }, 1, true);
    case Wire.int2:
      return simple({ name: 'smallint' }, 2, true);
    case Wire.int4:
      return simple({ name: 'int' }, 4, true);
    case Wire.int8:
      return simple({ name: 'bigint' }, 8, true);
    case Wire.smallDateTime:
      return simple({ name: 'smalldatetime' }, 4, true);
    case Wire.dateTime:
      return simple({ name: 'datetime' }, 8, true);
    case Wire.real:
      return simple({ name: 'real' }, 4, true);
    case Wire.float:
      return simple({ name: 'float' }, 8, true);
    case Wire.money:
      return simple({ name: 'money' }, 8, true);
    case Wire.smallMoney:
      return simple({ name: 'smallmoney' }, 4, true);
    case Wire.bitN:
      return simple({ name: 'bit' }, oneOf(reader.uint8(), [1]), false);
    case Wire.intN: {
      const size = oneOf(reader.uint8(), [1, 2, 4, 8]);
      return simple({ name: INTEGER[size] }, size, false);
    }
    case Wire.floatN: {
      const size = oneOf(reader.uint8(), [4, 8]);
      return simple({ name: size === 4 ? 'real' : 'float' }, size, false);
    }
    case Wire.moneyN: {
      const size = oneOf(reader.uint8(), [4, 8]);
      return simple({ name: size === 4 ? 'smallmoney' : 'money' }, size, false);
    }
    case Wire.dateTimeN: {
      const size = oneOf(reader.uint8(), [4, 8]);
      return simple({ name: size === 4 ? 'smalldatetime' : 'datetime' }, size, false);
    }
    case Wire.guid:
      return simple({ name: 'uniqueidentifier' }, oneOf(reader.uint8(), [16, 0]), false);
    case Wire.decimalN:
    case Wire.numericN:
    case 0x37: // DECIMALTYPE and NUMERICTYPE, of old clients
    case 0x3f: {
      const size = reader.uint8();
      const precision = reader.uint8();
      const scale = reader.uint8();
      if (precision < 1 || precision > 38 || scale > precision) {
        throw new ProtocolError(`decimal(${precision}, ${scale})`);
      }
      const name = wire === Wire.decimalN || wire === 0x37 ? 'decimal' : 'numeric';
      return simple({ name, precision, scale }, size, false);
    }
    case Wire.date:
      return simple({ name: 'date' }, 3, false);
    case Wire.time:
    case Wire.dateTime2:
    case Wire.dateTimeOffset: {
      const scale = oneOf(reader.uint8(), [0, 1, 2, 3, 4, 5, 6, 7]);
      const name = wire === Wire.time ? 'time' : wire === Wire.dateTime2 ? 'datetime2' : 'datetimeoffset';
      return simple({ name, scale }, 0, false);
    }
    case Wire.char:
    case Wire.varChar:
    case Wire.nChar:
    case Wire.nVarChar: {
      const size = reader.uint16();
      reader.take(5);
      return simple(characterType(wire, size), size, false);
    }
    case 0x2f: // CHARTYPE and VARCHARTYPE, with one-byte lengths
    case 0x27: {
      const size = reader.uint8();
      reader.take(5);
      return simple({ name: wire === 0x2f ? 'char' : 'varchar', length: Math.max(size, 1) }, size, false);
    }
    case Wire.binary:
    case Wire.varBinary: {
      const size = reader.uint16();
      const length = size === MAX ? -1 : Math.max(size, 1);
      return simple(
        { name: wire === Wire.binary && length !== -1 ? 'binary' : 'varbinary', length },
        size,
        false,
      );
    }
    case 0x2d: // BINARYTYPE and VARBINARYTYPE, with one-byte lengths
    case 0x25: {
      const size = reader.uint8();
      return simple({ name: wire === 0x2d ? 'binary' : 'varbinary', length: Math.max(size, 1) }, size, false);
    }
    case Wire.text:
    case Wire.ntext: {
      reader.uint32();
      reader.take(5);
      return simple({ name: wire === Wire.text ? 'text' : 'ntext' }, 0, false);
    }
    case Wire.image:
      reader.uint32();
      return simple({ name: 'image' }, 0, false);
    case Wire.variant:
      reader.uint32();
      return simple({ name: 'sql_variant' }, 0, false);
    case Wire.xml:
      if (reader.uint8() === 1) {
        reader.shortText();
        reader.shortText();
        reader.longText();
      }
      return simple({ name: 'xml' }, MAX, false);
    case Wire.table:
      throw notSupported('Table-valued parameters');
    case Wire.udt:
      throw notSupported('CLR user-defined types as parameters');
    default:
      throw new ProtocolError(`unknown type 0x${wire.toString(16)}`);
  }
}

function characterType(wire: number, size: number): SqlType {
  const wide = wire === Wire.nChar || wire === Wire.nVarChar;
  if (size === MAX) return { name: wide ? 'nvarchar' : 'varchar', length: -1 };
  const length = Math.max(wide ? size >> 1 : size, 1);
  if (wire === Wire.char) return { name: 'char', length };
  if (wire === Wire.varChar) return { name: 'varchar', length };
  return { name: wire === Wire.nChar ? 'nchar' : 'nvarchar', length };
}

function oneOf<const T extends number>(value: number, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new ProtocolError(`type size ${value}`);
  return found;
}

/** 40514, in the words Azure SQL Database uses for what it does not have. */
function notSupported(what: string): SqlError {
  return new SqlError({
    number: 40_514,
    state: 1,
    class: 16,
    message: `'${what}' is not supported in this version of SQL Server.`,
    line: 1,
  });
}
