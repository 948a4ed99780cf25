// TLS inside PRELOGIN packets: the stream under the TLS socket while TDS 7.x shakes hands, and the plain socket afterwards (MS-TDS 3.2.5.1).
import { Duplex } from 'node:stream';
import { ProtocolError } from './byteReader.ts';
import { PacketReader, PacketType } from './packetReader.ts';
import { packetize } from './packets.ts';

const TLS_CONTENT_FIRST = 0x14;
const TLS_CONTENT_LAST = 0x17;
const HANDSHAKE_LIMIT = 64 * 1024;

/**
 * A duplex for tls.TLSSocket. The peer's first raw TLS record (instead of a PRELOGIN packet) ends the wrapping in both directions: only
 * a client that has seen our last handshake message sends one, so nothing of ours can still have to be wrapped.
 */
export class PreloginTransport extends Duplex {
  private readonly socket: Duplex;
  private readonly packets: PacketReader;
  private wrapping = true;
  private flight: Buffer[] = [];
  private flushing = false;

  /** `socket` must have no other reader. */
  constructor(socket: Duplex) {
    super();
    this.socket = socket;
    this.packets = new PacketReader(HANDSHAKE_LIMIT, (message) => {
      if (message.type !== PacketType.prelogin) throw new ProtocolError('not a TLS handshake message');
      this.forward(message.body);
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        this.receive(chunk);
      } catch (error) {
        this.destroy(error instanceof Error ? error : new ProtocolError(String(error)));
      }
    });
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  /** Client side only: our handshake is complete, what we write from now on is raw. */
  endWrapping(): void {
    this.wrapping = false;
  }

  private receive(chunk: Buffer): void {
    let rest = chunk;
    while (this.wrapping && rest.length > 0) {
      const first = rest.readUInt8(0);
      if (this.packets.atPacketBoundary && first >= TLS_CONTENT_FIRST && first <= TLS_CONTENT_LAST) {
        this.wrapping = false;
        break;
      }
      rest = rest.subarray(this.packets.push(rest, true));
    }
    if (rest.length > 0) this.forward(rest);
  }

  private forward(bytes: Buffer): void {
    if (bytes.length > 0 && !this.push(bytes)) this.socket.pause();
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    if (!this.wrapping) {
      if (this.socket.write(chunk)) callback();
      else this.afterDrain(callback);
      return;
    }
    // A flight of the handshake must reach the client as one message, however TLS cuts its writes.
    this.flight.push(chunk);
    if (!this.flushing) {
      this.flushing = true;
      setImmediate(() => this.flushFlight());
    }
    callback();
  }

  private afterDrain(callback: (error?: Error | null) => void): void {
    const settle = (): void => {
      this.socket.off('drain', settle);
      this.socket.off('close', settle);
      callback();
    };
    this.socket.on('drain', settle);
    this.socket.on('close', settle);
  }

  private flushFlight(): void {
    this.flushing = false;
    const body = Buffer.concat(this.flight);
    this.flight = [];
    if (this.socket.destroyed || !this.socket.writable) return;
    const cursor = { packetSize: 4096, packetId: 1, spid: 0 };
    this.socket.write(packetize(PacketType.prelogin, body, 'end', cursor).bytes);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.socket.end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.socket.destroy();
    callback(error);
  }
}
