// The T-SQL text inside a request message, and the message with another text in its place.
import type { RelayedRequest } from '../contract.ts';
import { ByteReader } from '../tds/byteReader.ts';
import { ByteWriter } from '../tds/byteWriter.ts';
import { readTypeInfo } from '../tds/readTypeInfo.ts';
import { writeTypeInfo } from '../tds/typeInfo.ts';
import { readValue } from '../tds/valueDecoder.ts';
import { valueEncoder } from '../tds/valueEncoder.ts';

const SP_EXECUTESQL = 10;

/**
 * Applies `change` to the text of a batch or of the first parameter of sp_executesql. Other requests, and texts that stay the same, give
 * the body as it came.
 */
export function mapRequestText(request: RelayedRequest, change: (text: string) => string): Uint8Array {
  if (request.kind === 'batch') return mapBatch(Buffer.from(request.body), change);
  if (request.kind === 'rpc') return mapExecuteSql(Buffer.from(request.body), change);
  return request.body;
}

function mapBatch(body: Buffer, change: (text: string) => string): Buffer {
  const at = body.readUInt32LE(0);
  const text = body.toString('utf16le', at);
  const changed = change(text);
  return changed === text ? body : Buffer.concat([body.subarray(0, at), Buffer.from(changed, 'utf16le')]);
}

function mapExecuteSql(body: Buffer, change: (text: string) => string): Buffer {
  const reader = new ByteReader(body);
  reader.take(body.readUInt32LE(0));
  const length = reader.uint16();
  const isExecuteSql =
    length === 0xff_ff
      ? reader.uint16() === SP_EXECUTESQL
      : /^(sys\.)?sp_executesql$/i.test(reader.utf16(length));
  if (!isExecuteSql || reader.left <= 2) return body;
  reader.uint16(); // option flags
  reader.shortText();
  reader.uint8();
  const start = reader.position;
  const type = readTypeInfo(reader);
  const text = readValue(reader, type);
  if (typeof text !== 'string') return body;
  const changed = change(text);
  if (changed === text) return body;
  const value = new ByteWriter();
  const wide = { name: 'nvarchar', length: -1 } as const;
  writeTypeInfo(value, wide);
  valueEncoder(wide)(value, changed);
  return Buffer.concat([body.subarray(0, start), value.copy(), body.subarray(reader.position)]);
}
