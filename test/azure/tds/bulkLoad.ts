// Bulk load data: COLMETADATA and rows sent by a client after INSERT BULK (MS-TDS 2.2.6.1).
import type { BulkLoad, ResultColumn, SqlValue } from '../contract.ts';
import { ByteReader, ProtocolError } from './byteReader.ts';
import { Token } from './tokens.ts';
import { readTypeInfo } from './readTypeInfo.ts';
import type { WireType } from './readTypeInfo.ts';
import { hasTextPointer } from './typeInfo.ts';
import { readValue } from './valueDecoder.ts';

const NULLABLE = 0x01;
const IDENTITY = 0x10;

/** The rows are decoded while they are walked, which is where a ProtocolError in them surfaces. @throws ProtocolError */
export function parseBulkLoad(body: Buffer): BulkLoad {
  const reader = new ByteReader(body);
  if (reader.uint8() !== Token.columnMetadata) throw new ProtocolError('bulk load without COLMETADATA');
  const count = reader.uint16();
  const columns: ResultColumn[] = [];
  const types: WireType[] = [];
  for (let i = 0; i < count; i++) {
    reader.take(4); // user type
    const flags = reader.uint16();
    const type = readTypeInfo(reader);
    if (hasTextPointer(type.type)) reader.longText();
    types.push(type);
    columns.push({
      name: reader.shortText(),
      type: type.type,
      nullable: (flags & NULLABLE) !== 0,
      identity: (flags & IDENTITY) !== 0,
    });
  }
  return { columns, rows: readRows(reader, types) };
}

function* readRows(reader: ByteReader, types: WireType[]): Generator<SqlValue[]> {
  while (reader.left > 0) {
    const token = reader.uint8();
    if (token === Token.done) return;
    if (token === Token.row) {
      yield types.map((type) => readValue(reader, type, true));
    } else if (token === Token.nbcRow) {
      const bitmap = reader.slice(Math.ceil(types.length / 8));
      yield types.map((type, i) =>
        (bitmap.readUInt8(i >> 3) >> (i & 7)) & 1 ? null : readValue(reader, type, true),
      );
    } else {
      throw new ProtocolError(`token 0x${token.toString(16)} in bulk load data`);
    }
  }
}
