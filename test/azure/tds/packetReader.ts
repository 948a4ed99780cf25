// Puts packets and messages together from whatever chunks the network delivers (MS-TDS 2.2.3.1).
import { ProtocolError } from './byteReader.ts';

export const PacketType = {
  batch: 0x01,
  rpc: 0x03,
  response: 0x04,
  attention: 0x06,
  bulkLoad: 0x07,
  fedAuthToken: 0x08,
  transaction: 0x0e,
  login7: 0x10,
  prelogin: 0x12,
} as const;

export const PacketStatus = {
  endOfMessage: 0x01,
  ignore: 0x02,
  resetConnection: 0x08,
  resetConnectionSkipTran: 0x10,
} as const;

export const PACKET_HEADER = 8;

export interface TdsMessage {
  type: number;
  body: Buffer;
  /** The sender gave the message up half way (MS-TDS 2.2.3.1.2, status 0x02): it must not be executed. */
  ignore: boolean;
  reset: 'no' | 'reset' | 'keepTransaction';
}

const KNOWN = new Set<number>([0x01, 0x03, 0x04, 0x06, 0x07, 0x08, 0x0e, 0x10, 0x11, 0x12]);

/** @throws ProtocolError from push() for a header that no client can mean, or a message beyond `limit` bytes. */
export class PacketReader {
  /** Largest message accepted, bytes; small until someone has logged in. */
  limit: number;
  private readonly deliver: (message: TdsMessage) => void;
  private readonly stream: ((body: Buffer) => void) | undefined;
  private header = Buffer.alloc(PACKET_HEADER);
  private headerFilled = 0;
  private bodyLeft = 0;
  private parts: Buffer[] = [];
  private size = 0;
  private type = -1;
  private reset: TdsMessage['reset'] = 'no';

  /** With `stream`, the bodies of packets go there as they come, and the message that is delivered at the end is empty. */
  constructor(limit: number, deliver: (message: TdsMessage) => void, stream?: (body: Buffer) => void) {
    this.limit = limit;
    this.deliver = deliver;
    this.stream = stream;
  }

  /** True between packets: the next byte is a header's first, or (during the TLS handshake) a raw TLS record. */
  get atPacketBoundary(): boolean {
    return this.headerFilled === 0;
  }

  /** Consumes from `chunk` and returns how many bytes; stops early when `onePacket` and a packet is complete. */
  push(chunk: Buffer, onePacket = false): number {
    let at = 0;
    while (at < chunk.length) {
      if (this.headerFilled < PACKET_HEADER) {
        const count = Math.min(PACKET_HEADER - this.headerFilled, chunk.length - at);
        chunk.copy(this.header, this.headerFilled, at, at + count);
        this.headerFilled += count;
        at += count;
        if (this.headerFilled < PACKET_HEADER) break;
        this.startPacket();
      }
      const count = Math.min(this.bodyLeft, chunk.length - at);
      if (count > 0) {
        if (this.stream) this.stream(chunk.subarray(at, at + count));
        else this.parts.push(chunk.subarray(at, at + count));
        this.bodyLeft -= count;
        at += count;
      }
      if (this.bodyLeft === 0) {
        this.endPacket();
        if (onePacket) break;
      }
    }
    return at;
  }

  private startPacket(): void {
    const type = this.header.readUInt8(0);
    const length = this.header.readUInt16BE(2);
    if (!KNOWN.has(type)) throw new ProtocolError(`unknown packet type 0x${type.toString(16)}`);
    if (length < PACKET_HEADER) throw new ProtocolError(`packet length ${length}`);
    if (this.type === -1) {
      const status = this.header.readUInt8(1);
      this.type = type;
      this.reset = 'no';
      if (status & PacketStatus.resetConnection) this.reset = 'reset';
      if (status & PacketStatus.resetConnectionSkipTran) this.reset = 'keepTransaction';
    } else if (type !== this.type) {
      throw new ProtocolError(`packet type changed from ${this.type} to ${type} inside a message`);
    }
    this.bodyLeft = length - PACKET_HEADER;
    if (!this.stream) this.size += this.bodyLeft;
    if (this.size > this.limit) throw new ProtocolError(`message exceeds ${this.limit} bytes`);
  }

  private endPacket(): void {
    const status = this.header.readUInt8(1);
    this.headerFilled = 0;
    if (!(status & PacketStatus.endOfMessage)) return;
    const message: TdsMessage = {
      type: this.type,
      body: this.parts.length === 1 && this.parts[0] ? this.parts[0] : Buffer.concat(this.parts),
      ignore: (status & PacketStatus.ignore) !== 0,
      reset: this.reset,
    };
    this.parts = [];
    this.size = 0;
    this.type = -1;
    this.deliver(message);
  }
}
