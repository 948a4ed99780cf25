// A server (TDS 8: TLS first) that answers a login with the bytes a test gives it, and tells whether anybody sent it a token.
import { createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { certificate } from '../../azure/tds/testServer.ts';

const prelogin = 0x12;
const login7 = 0x10;
const fedAuthToken = 0x08;
/** VERSION, ENCRYPTION = 2 (the stream is encrypted already), FEDAUTHREQUIRED = 1. */
const preloginReply = Buffer.from([
  0x00, 0, 16, 0, 6, 0x01, 0, 22, 0, 1, 0x06, 0, 23, 0, 1, 0xff, 0x10, 0, 0, 0, 0, 0, 0x02, 0x01,
]);

export interface ScriptedLogin {
  port: number;
  /** Logins, and tokens that were sent after them. */
  seen: { logins: number; tokens: number };
  close(): Promise<void>;
}

/** `reply`: tokens in answer to LOGIN7. `more`: what follows without end, until the client hangs up. */
export async function scriptedLogin(reply: Buffer, more?: Buffer): Promise<ScriptedLogin> {
  const seen = { logins: 0, tokens: 0 };
  const server = createServer({ ...certificate, ALPNProtocols: ['tds/8.0'] }, (socket) => {
    socket.on('error', () => undefined);
    let buffered = Buffer.alloc(0);
    socket.on('data', (data: Buffer) => {
      buffered = Buffer.concat([buffered, data]);
      while (buffered.length >= 8 && buffered.length >= buffered.readUInt16BE(2)) {
        const [type = 0, status = 0] = buffered;
        buffered = buffered.subarray(buffered.readUInt16BE(2));
        if ((status & 1) === 0) continue;
        if (type === prelogin) socket.write(message(preloginReply));
        if (type === fedAuthToken) seen.tokens++;
        if (type !== login7) continue;
        seen.logins++;
        socket.write(message(reply, more === undefined));
        if (more === undefined) continue;
        const flood = message(more, false);
        const pour = (): void => {
          for (let room = true; room && !socket.destroyed;) room = socket.write(flood);
        };
        socket.on('drain', pour);
        pour();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** In packets of the usual size; MS-TDS 2.2.3.1. */
function message(body: Buffer, isWhole = true): Buffer {
  const packets: Buffer[] = [];
  for (let at = 0; at < body.length; at += 4088) {
    const part = body.subarray(at, at + 4088);
    const isLast = isWhole && at + 4088 >= body.length;
    const header = Buffer.from([0x04, isLast ? 1 : 0, 0, 0, 0, 0, 1, 0]);
    header.writeUInt16BE(part.length + 8, 2);
    packets.push(header, part);
  }
  return Buffer.concat(packets);
}

/** FEDAUTHINFO, MS-TDS 2.2.7.12. `length`: what it says of itself, when that is not the truth. */
export function fedAuthInfo(stsUrl: string, spn: string, length?: number): Buffer {
  const texts = [stsUrl, spn].map((text) => Buffer.from(text, 'utf16le'));
  const head = Buffer.alloc(4 + texts.length * 9);
  head.writeUInt32LE(texts.length, 0);
  let at = head.length;
  for (const [index, text] of texts.entries()) {
    head.writeUInt8(index + 1, 4 + index * 9);
    head.writeUInt32LE(text.length, 5 + index * 9);
    head.writeUInt32LE(at, 9 + index * 9);
    at += text.length;
  }
  const body = Buffer.concat([head, ...texts]);
  const frame = Buffer.alloc(5);
  frame.writeUInt8(0xee, 0);
  frame.writeUInt32LE(length ?? body.length, 1);
  return Buffer.concat([frame, body]);
}

/** DONE with an error, as after a login that failed without a word. */
export const failed = Buffer.from([0xfd, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/** ENVCHANGE routing, MS-TDS 2.2.7.9. */
export function routing(host: string, port: number): Buffer {
  const name = Buffer.from(host, 'utf16le');
  const value = Buffer.alloc(5 + name.length);
  value.writeUInt16LE(port, 1);
  value.writeUInt16LE(host.length, 3);
  name.copy(value, 5);
  const body = Buffer.alloc(3 + value.length + 2);
  body.writeUInt8(20, 0);
  body.writeUInt16LE(value.length, 1);
  value.copy(body, 3);
  const frame = Buffer.alloc(3);
  frame.writeUInt8(0xe3, 0);
  frame.writeUInt16LE(body.length, 1);
  return Buffer.concat([frame, body]);
}

/** LOGINACK of TDS 7.4, MS-TDS 2.2.7.14, and DONE. */
export function loginAck(): Buffer {
  const name = Buffer.from('Microsoft SQL Server', 'utf16le');
  const body = Buffer.concat([
    Buffer.from([1, 0x74, 0, 0, 4, name.length / 2]),
    name,
    Buffer.from([16, 0, 0, 0]),
  ]);
  const frame = Buffer.alloc(3);
  frame.writeUInt8(0xad, 0);
  frame.writeUInt16LE(body.length, 1);
  return Buffer.concat([frame, body, Buffer.from([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])]);
}
