// Cuts the bytes of a message into packets.
import { PACKET_HEADER, PacketStatus } from './packetReader.ts';

/** Where in a message and a session the next packet stands. */
export interface PacketCursor {
  packetSize: number;
  /** 1, 2, … 255, 0, 1 …: counts within the message. */
  packetId: number;
  spid: number;
}

/**
 * The packets for `body` as one buffer, ready to be written. Until 'end': the last one carries end-of-message (an empty body gives one
 * empty packet). 'part': all of the body, and more packets follow. 'full': full packets only, and `used` tells how much of the body went
 * into them. `status` is set on every packet (reset flags).
 */
export function packetize(
  type: number,
  body: Uint8Array,
  until: 'end' | 'part' | 'full',
  cursor: PacketCursor,
  status = 0,
): { bytes: Buffer; used: number } {
  const room = cursor.packetSize - PACKET_HEADER;
  const last = until === 'end';
  const count =
    until === 'full' ? Math.floor(body.length / room) : Math.max(last ? 1 : 0, Math.ceil(body.length / room));
  const used = until === 'full' ? count * room : body.length;
  const bytes = Buffer.allocUnsafeSlow(count * PACKET_HEADER + used);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const start = i * room;
    const size = Math.min(room, used - start);
    bytes[at] = type;
    bytes[at + 1] = status | (last && i === count - 1 ? PacketStatus.endOfMessage : 0);
    bytes.writeUInt16BE(size + PACKET_HEADER, at + 2);
    bytes.writeUInt16BE(cursor.spid & 0xff_ff, at + 4);
    bytes[at + 6] = cursor.packetId & 0xff;
    bytes[at + 7] = 0;
    cursor.packetId = (cursor.packetId + 1) & 0xff;
    bytes.set(body.subarray(start, start + size), at + PACKET_HEADER);
    at += size + PACKET_HEADER;
  }
  return { bytes, used };
}
