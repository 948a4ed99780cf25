// TYPE_INFO as a client (or an upstream server) announces it (MS-TDS 2.2.5.4-2.2.5.6).
import type { SqlType } from '../contract.ts';
import { SqlError } from '../contract.ts';
import type { ByteReader } from './byteReader.ts';
import { ProtocolError } from './byteReader.ts';
import { saysUtf8, utf8Collation } from './collation.ts';
import { Wire } from './typeInfo.ts';

const MAX = 0xff_ff;

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
      const collation = readCollation(reader);
      return simple({ ...characterType(wire, size), ...collation }, size, false);
    }
    case 0x2f: // CHARTYPE and VARCHARTYPE, with one-byte lengths
    case 0x27: {
      const size = reader.uint8();
      const name = wire === 0x2f ? 'char' : 'varchar';
      return simple({ name, length: Math.max(size, 1), ...readCollation(reader) }, size, false);
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
      return simple({ name: wire === Wire.text ? 'text' : 'ntext', ...readCollation(reader) }, 0, false);
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

/** A client's collation matters for one thing: which bytes its text is. */
function readCollation(reader: ByteReader): { collation?: string } {
  return saysUtf8(reader.slice(5)) ? { collation: utf8Collation } : {};
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
