// TYPE_INFO: how a type is announced on the wire (MS-TDS 2.2.5.4-2.2.5.6).
import type { SqlType } from '../contract.ts';
import type { ByteWriter } from './byteWriter.ts';
import { collationBytes } from './collation.ts';

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
    writeSized(out, Wire.nVarChar, 68, collationBytes(undefined));
    return;
  }
  const collation = collationBytes(type.collation);
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
      return writeSized(out, Wire.char, type.length ?? 1, collation);
    case 'nchar':
      return writeSized(out, Wire.nChar, (type.length ?? 1) * 2, collation);
    case 'varchar':
      return writeSized(out, Wire.varChar, isMax(type) ? MAX : (type.length ?? 1), collation);
    case 'nvarchar':
      return writeSized(out, Wire.nVarChar, isMax(type) ? MAX : (type.length ?? 1) * 2, collation);
    case 'sysname':
      return writeSized(out, Wire.nVarChar, 256, collation);
    case 'binary':
      return writeSized(out, Wire.binary, type.length ?? 1);
    case 'varbinary':
      return writeSized(out, Wire.varBinary, isMax(type) ? MAX : (type.length ?? 1));
    case 'timestamp':
      return writeSized(out, Wire.binary, 8);
    case 'uniqueidentifier':
      return writePair(out, Wire.guid, 16);
    case 'xml':
      return writePair(out, Wire.xml, 0);
    case 'sql_variant':
      out.uint8(Wire.variant);
      return out.uint32(8009);
    case 'text':
      return writeLong(out, Wire.text, 0x7f_ff_ff_ff, collation);
    case 'ntext':
      return writeLong(out, Wire.ntext, 0x7f_ff_ff_fe, collation);
    case 'image':
      return writeLong(out, Wire.image, 0x7f_ff_ff_ff);
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

function writeSized(out: ByteWriter, wire: number, bytes: number, collation?: Uint8Array): void {
  out.uint8(wire);
  out.uint16(bytes);
  if (collation !== undefined) out.raw(collation);
}

function writeLong(out: ByteWriter, wire: number, bytes: number, collation?: Uint8Array): void {
  out.uint8(wire);
  out.uint32(bytes);
  if (collation !== undefined) out.raw(collation);
}
