// PRELOGIN: what both sides can do, before TLS (MS-TDS 2.2.6.5).
import { randomBytes } from 'node:crypto';
import { ByteReader, ProtocolError } from './byteReader.ts';
import { ByteWriter } from './byteWriter.ts';

const Option = {
  version: 0,
  encryption: 1,
  instance: 2,
  threadId: 3,
  mars: 4,
  traceId: 5,
  fedAuthRequired: 6,
  nonce: 7,
  terminator: 0xff,
} as const;

export const Encryption = { off: 0, on: 1, notSupported: 2, required: 3 } as const;

export interface Prelogin {
  encryption: number | undefined;
  /** Undefined when the client did not send the option; then the answer must not have it either. */
  fedAuthRequired: boolean | undefined;
  /** The sender's. */
  nonce: Buffer | undefined;
  /** Ours, made only when the client sent one: its FEDAUTH data must repeat it. */
  serverNonce: Buffer | undefined;
}

/** @throws ProtocolError */
export function parsePrelogin(body: Buffer): Prelogin {
  const reader = new ByteReader(body);
  const found: Prelogin = {
    encryption: undefined,
    fedAuthRequired: undefined,
    nonce: undefined,
    serverNonce: undefined,
  };
  for (;;) {
    const option = reader.uint8();
    if (option === Option.terminator) break;
    const at = reader.bytes.readUInt16BE(reader.take(2));
    const length = reader.bytes.readUInt16BE(reader.take(2));
    if (at + length > body.length) throw new ProtocolError('PRELOGIN option outside of the message');
    const data = body.subarray(at, at + length);
    if (option === Option.encryption) found.encryption = data[0];
    if (option === Option.fedAuthRequired) found.fedAuthRequired = data[0] === 1;
    if (option === Option.nonce) {
      if (length !== 32) throw new ProtocolError('PRELOGIN nonce is not 32 bytes');
      found.nonce = Buffer.from(data);
      found.serverNonce = randomBytes(32);
    }
  }
  return found;
}

/** PRELOGIN as a server answers it, or as a client asks: `serverNonce` is the nonce of who sends. Version 12.0.2000 is what Azure SQL Database reports. */
export function encodePrelogin(encryption: number, asked: Prelogin): Buffer {
  const options: [number, number[] | Buffer][] = [
    [Option.version, [12, 0, 0x07, 0xd0, 0, 0]],
    [Option.encryption, [encryption]],
    [Option.instance, [0]],
    [Option.threadId, []],
    [Option.mars, [0]],
  ];
  if (asked.fedAuthRequired !== undefined) {
    options.push([Option.fedAuthRequired, [asked.fedAuthRequired ? 1 : 0]]);
  }
  if (asked.serverNonce) options.push([Option.nonce, asked.serverNonce]);
  const head = new ByteWriter();
  const data = new ByteWriter();
  const headSize = options.length * 5 + 1;
  for (const [option, value] of options) {
    head.uint8(option);
    head.uint16BigEndian(headSize + data.length);
    head.uint16BigEndian(value.length);
    data.raw(Uint8Array.from(value));
  }
  head.uint8(Option.terminator);
  head.raw(data.copy());
  return head.copy();
}
