// sql_variant on the wire: base type, its properties, and the value without a length of its own (MS-TDS 2.2.5.5.4).
import type { SqlType } from '../contract.ts';
import type { ByteWriter } from './byteWriter.ts';
import { collationBytes } from './collation.ts';
import { EncodingError } from './presentValue.ts';
import type { Present, ValueEncoder } from './presentValue.ts';
import { Wire } from './typeInfo.ts';
import { splitVariant } from './variant.ts';

const fixed: Partial<Record<SqlType['name'], number>> = {
  bit: Wire.bit,
  tinyint: Wire.int1,
  smallint: Wire.int2,
  int: Wire.int4,
  bigint: Wire.int8,
  real: Wire.real,
  float: Wire.float,
  money: Wire.money,
  smallmoney: Wire.smallMoney,
  datetime: Wire.dateTime,
  smalldatetime: Wire.smallDateTime,
  uniqueidentifier: Wire.guid,
  date: Wire.date,
};
const scaled: Partial<Record<SqlType['name'], number>> = {
  time: Wire.time,
  datetime2: Wire.dateTime2,
  datetimeoffset: Wire.dateTimeOffset,
};
const sized: Partial<Record<SqlType['name'], number>> = {
  char: Wire.char,
  varchar: Wire.varChar,
  nchar: Wire.nChar,
  nvarchar: Wire.nVarChar,
  binary: Wire.binary,
  varbinary: Wire.varBinary,
};

/** `encoderOf` writes values of the base types, with their lengths. Text that names no type goes as nvarchar, other values as they are. */
export function variantEncoder(encoderOf: (type: SqlType) => ValueEncoder): ValueEncoder {
  return (out, value) => {
    const { type, base } = typed(value);
    const at = out.length;
    out.uint32(0);
    const prefix = writeBaseType(out, type);
    const start = out.length;
    encoderOf(type)(out, base);
    // A variant's length says how long the value is.
    out.bytes.copyWithin(start, start + prefix, out.length);
    out.length -= prefix;
    if (out.length - start > 8000) throw new EncodingError('value too long for sql_variant');
    out.bytes.writeUInt32LE(out.length - at - 4, at);
  };
}

function typed(value: Present): { type: SqlType; base: Present } {
  if (typeof value === 'boolean') return { type: { name: 'bit' }, base: value };
  if (typeof value === 'bigint') return { type: { name: 'bigint' }, base: value };
  if (typeof value === 'number')
    return { type: { name: value === (value | 0) ? 'int' : 'float' }, base: value };
  if (typeof value !== 'string') return { type: { name: 'varbinary', length: 8000 }, base: value };
  const found = splitVariant(value);
  if (found === undefined) return { type: { name: 'nvarchar', length: 4000 }, base: value };
  const bytes = found.type.name === 'binary' || found.type.name === 'varbinary';
  return { type: found.type, base: bytes ? new Uint8Array(Buffer.from(found.text, 'hex')) : found.text };
}

/** @returns how many bytes of length the type's own encoder puts before a value. */
function writeBaseType(out: ByteWriter, type: SqlType): 1 | 2 {
  const { name } = type;
  if (name === 'decimal' || name === 'numeric') {
    out.raw(
      Uint8Array.of(
        name === 'decimal' ? Wire.decimalN : Wire.numericN,
        2,
        type.precision ?? 18,
        type.scale ?? 0,
      ),
    );
    return 1;
  }
  const simple = fixed[name];
  if (simple !== undefined) {
    out.raw(Uint8Array.of(simple, 0));
    return 1;
  }
  const fraction = scaled[name];
  if (fraction !== undefined) {
    out.raw(Uint8Array.of(fraction, 1, type.scale ?? 7));
    return 1;
  }
  const wire = sized[name];
  if (wire === undefined) throw new EncodingError(`${name} in sql_variant`);
  const collated = name.endsWith('char');
  out.raw(Uint8Array.of(wire, collated ? 7 : 2));
  if (collated) out.raw(collationBytes(type.collation));
  out.uint16((type.length ?? 1) * (name.startsWith('n') ? 2 : 1));
  return 2;
}
