// uniqueidentifier: text and the 16 bytes of SQL Server, whose first three fields are little-endian.
import { EncodingError } from './presentValue.ts';

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
