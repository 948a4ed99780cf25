// A bounds-checked cursor over one received message: whatever a client sends, reading past the end is a ProtocolError, never a crash.

/** The client broke the protocol; the connection is closed without an answer, as the server does. */
export class ProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtocolError';
  }
}

/** Reads little-endian integers and strings. @throws ProtocolError when fewer bytes are left than asked for. */
export class ByteReader {
  readonly bytes: Buffer;
  position: number;
  readonly end: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get left(): number {
    return this.end - this.position;
  }

  /** Moves the cursor over `count` bytes and returns where they start. */
  take(count: number): number {
    const start = this.position;
    if (count < 0 || count > this.end - start) {
      throw new ProtocolError(
        `message ends early: ${count} bytes wanted at ${start}, ${this.end - start} left`,
      );
    }
    this.position = start + count;
    return start;
  }

  uint8(): number {
    return this.bytes.readUInt8(this.take(1));
  }

  uint16(): number {
    return this.bytes.readUInt16LE(this.take(2));
  }

  uint32(): number {
    return this.bytes.readUInt32LE(this.take(4));
  }

  int32(): number {
    return this.bytes.readInt32LE(this.take(4));
  }

  uint64(): bigint {
    return this.bytes.readBigUInt64LE(this.take(8));
  }

  /** A view, not a copy. */
  slice(count: number): Buffer {
    const start = this.take(count);
    return this.bytes.subarray(start, start + count);
  }

  /** `characters` UTF-16 code units. */
  utf16(characters: number): string {
    const start = this.take(characters * 2);
    return this.bytes.toString('utf16le', start, start + characters * 2);
  }

  /** B_VARCHAR: a byte that counts characters, then UTF-16. */
  shortText(): string {
    return this.utf16(this.uint8());
  }

  /** US_VARCHAR: two bytes that count characters, then UTF-16. */
  longText(): string {
    return this.utf16(this.uint16());
  }
}
