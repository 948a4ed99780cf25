// The client side of TDS, message by message: for the relay to an upstream server, and for tests that need what no driver sends.
import { connect as connectTcp, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { ByteWriter } from './byteWriter.ts';
import { PacketReader, PacketStatus, PacketType } from './packetReader.ts';
import { packetize } from './packets.ts';
import { encodePrelogin, Encryption, parsePrelogin } from './prelogin.ts';
import type { Prelogin } from './prelogin.ts';
import { PreloginTransport } from './preloginTransport.ts';
import { TdsVersion } from './tokens.ts';

export interface TdsClientOptions {
  host: string;
  port: number;
  /** Name the certificate must carry; the host by default. */
  serverName?: string;
  /** PEM of the CAs to trust; the system's by default. */
  ca?: string;
  connectTimeoutMs?: number;
  /** PRELOGIN's NONCEOPT: 32 bytes that the server must return with FEDAUTH's acknowledgement. */
  nonce?: Buffer;
  /** PRELOGIN's FEDAUTHREQUIRED. */
  fedAuthRequired?: boolean;
}

export interface TdsLogin {
  user?: string;
  password?: string;
  database?: string;
  applicationName?: string;
  hostName?: string;
  serverName?: string;
  packetSize?: number;
  tdsVersion?: number;
  /** Feature extensions, in order. */
  features?: [id: number, data: Uint8Array][];
}

const LOGIN_FIXED = 94;

/** A connection with TLS up, before or after its login. TLS is verified, always. */
export class TdsClient {
  packetSize = 4096;
  /** The server's nonce, when we sent ours: FEDAUTH data must end with it. */
  readonly serverNonce: Buffer | undefined;
  private readonly socket: Socket;
  private readonly stream: TLSSocket;
  private readonly packets: PacketReader;
  private readonly arrived: { body: Buffer; last: boolean }[] = [];
  private waiting:
    | { resolve: (part: { body: Buffer; last: boolean }) => void; reject: (error: Error) => void }
    | undefined;
  private failure: Error | undefined;

  private constructor(socket: Socket, stream: TLSSocket, serverNonce: Buffer | undefined) {
    this.serverNonce = serverNonce;
    this.socket = socket;
    this.stream = stream;
    this.packets = new PacketReader(
      Number.MAX_SAFE_INTEGER,
      () => this.part(Buffer.alloc(0), true),
      (body) => this.part(body, false),
    );
    stream.on('data', (chunk: Buffer) => {
      try {
        this.packets.push(chunk);
      } catch (error) {
        this.fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
    stream.on('error', (error) => this.fail(error));
    stream.on('close', () => this.fail(new Error('the upstream server closed the connection')));
  }

  /** PRELOGIN, then TLS inside it. @throws Error when the server cannot be reached, does not encrypt, or is not who it should be. */
  static async open(options: TdsClientOptions): Promise<TdsClient> {
    const socket = connectTcp(options.port, options.host);
    socket.setNoDelay(true);
    const timer = setTimeout(
      () => socket.destroy(new Error(`no connection to ${options.host}:${options.port} in time`)),
      options.connectTimeoutMs ?? 15_000,
    );
    try {
      await onceOrError(socket, 'connect');
      const { nonce } = await exchangePrelogin(socket, options);
      const transport = new PreloginTransport(socket);
      const name = options.serverName ?? options.host;
      const stream = connectTls({
        socket: transport,
        host: name,
        servername: isIP(name) ? '' : name,
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.2',
        ...(options.ca === undefined ? {} : { ca: options.ca }),
      });
      transport.on('error', (error) => stream.destroy(error));
      await onceOrError(stream, 'secureConnect');
      transport.endWrapping();
      return new TdsClient(socket, stream, nonce);
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends LOGIN7. Read the answer with message(). */
  login(login: TdsLogin): void {
    this.send(PacketType.login7, encodeLogin7(login));
  }

  /** Sends one message. @returns whether the socket takes more at once. */
  send(type: number, body: Uint8Array, status = 0): boolean {
    const cursor = { packetSize: this.packetSize, packetId: 1, spid: 0 };
    return this.stream.write(packetize(type, body, 'end', cursor, status).bytes);
  }

  attention(): void {
    this.send(PacketType.attention, new Uint8Array());
  }

  /** Writes bytes as they are, above TLS. */
  raw(bytes: Uint8Array): void {
    this.stream.write(bytes);
  }

  /** The next piece of a message, as it comes; `last` ends the message (with an empty body). @throws Error when the connection is gone. */
  async next(): Promise<{ body: Buffer; last: boolean }> {
    const part = this.arrived.shift();
    if (part) {
      if (this.arrived.length < 8) this.stream.resume();
      return part;
    }
    if (this.failure) throw this.failure;
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
  }

  /** One whole message. */
  async message(): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (;;) {
      const { body, last } = await this.next();
      if (last) return Buffer.concat(parts);
      parts.push(body);
    }
  }

  close(): void {
    this.stream.destroy();
    this.socket.destroy();
  }

  private part(body: Buffer, last: boolean): void {
    if (this.waiting) {
      const { resolve } = this.waiting;
      this.waiting = undefined;
      resolve({ body, last });
      return;
    }
    this.arrived.push({ body, last });
    if (this.arrived.length > 64) this.stream.pause();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.waiting?.reject(this.failure);
    this.waiting = undefined;
  }
}

/** Status bits of a request that resets the session first. */
export const ResetStatus = {
  reset: PacketStatus.resetConnection,
  keepTransaction: PacketStatus.resetConnectionSkipTran,
} as const;

function onceOrError(emitter: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      emitter.off('error', settle);
      emitter.off('close', onClose);
      if (error) reject(error);
      else resolve();
    };
    const onClose = (): void => settle(new Error('the server closed the connection'));
    emitter.once('error', settle);
    emitter.once('close', onClose);
    emitter.once(event, () => settle());
  });
}

async function exchangePrelogin(socket: Socket, options: TdsClientOptions): Promise<Prelogin> {
  const request = encodePrelogin(Encryption.on, {
    encryption: Encryption.on,
    fedAuthRequired: options.fedAuthRequired,
    nonce: undefined,
    serverNonce: options.nonce,
  });
  const cursor = { packetSize: 4096, packetId: 1, spid: 0 };
  socket.write(packetize(PacketType.prelogin, request, 'end', cursor).bytes);
  const body = await new Promise<Buffer>((resolve, reject) => {
    const packets = new PacketReader(4096, (message) => {
      cleanUp();
      resolve(message.body);
    });
    const onData = (chunk: Buffer): void => {
      try {
        packets.push(chunk);
      } catch (error) {
        cleanUp();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const onEnd = (): void => {
      cleanUp();
      reject(new Error('the server closed the connection during PRELOGIN'));
    };
    const cleanUp = (): void => {
      socket.off('data', onData);
      socket.off('close', onEnd);
      socket.off('error', onEnd);
      socket.pause();
    };
    socket.on('data', onData);
    socket.on('close', onEnd);
    socket.on('error', onEnd);
  });
  const answer = parsePrelogin(body);
  const { encryption } = answer;
  if (encryption !== Encryption.on && encryption !== Encryption.required) {
    throw new Error('the server does not encrypt');
  }
  return answer;
}

/** LOGIN7 (MS-TDS 2.2.6.4). */
export function encodeLogin7(login: TdsLogin): Buffer {
  const password = Buffer.from(login.password ?? '', 'utf16le');
  for (let i = 0; i < password.length; i++) {
    const byte = password.readUInt8(i);
    password[i] = (((byte << 4) | (byte >> 4)) & 0xff) ^ 0xa5;
  }
  const wide = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'utf16le');
  const features = new ByteWriter();
  for (const [id, data] of login.features ?? []) {
    features.uint8(id);
    features.uint32(data.length);
    features.raw(data);
  }
  features.uint8(0xff);

  const fixed = new ByteWriter();
  const data = new ByteWriter();
  const field = (value: Buffer, unit: 1 | 2 = 2): void => {
    fixed.uint16(LOGIN_FIXED + data.length);
    fixed.uint16(value.length / unit);
    data.raw(value);
  };
  fixed.uint32(0); // length, below
  fixed.uint32(login.tdsVersion ?? TdsVersion.v74);
  fixed.uint32(login.packetSize ?? 4096);
  fixed.raw(new Uint8Array(12));
  fixed.raw(Uint8Array.of(0xe0, 0x03, 0x00, login.features ? 0x18 : 0x08));
  fixed.uint32(0);
  fixed.uint32(0x0409);
  field(wide(login.hostName));
  field(wide(login.user));
  field(password);
  field(wide(login.applicationName));
  field(wide(login.serverName));
  const offsetSlot = data.length;
  field(login.features ? Buffer.alloc(4) : Buffer.alloc(0), 1);
  field(wide('tds-client'));
  field(Buffer.alloc(0));
  field(wide(login.database));
  fixed.raw(new Uint8Array(6)); // client id
  field(Buffer.alloc(0));
  field(Buffer.alloc(0));
  field(Buffer.alloc(0));
  fixed.uint32(0);
  if (login.features) {
    data.bytes.writeUInt32LE(LOGIN_FIXED + data.length, offsetSlot);
    data.raw(features.copy());
  }
  const whole = Buffer.concat([fixed.copy(), data.copy()]);
  whole.writeUInt32LE(whole.length, 0);
  return whole;
}
