// A growing buffer that tokens are written into; kept flat and monomorphic because rows pass through it by the hundred thousand.

const MINIMUM = 4096;

/** Little-endian writer. `bytes` is replaced when it grows: read it only through the property. */
export class ByteWriter {
  bytes: Buffer;
  length = 0;

  constructor(capacity = MINIMUM) {
    this.bytes = Buffer.allocUnsafeSlow(Math.max(capacity, 64));
  }

  /** Makes room for `count` more bytes; every method below calls it, callers that write into `bytes` themselves must. */
  reserve(count: number): void {
    const wanted = this.length + count;
    if (wanted > this.bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(wanted, this.bytes.length * 2));
      this.bytes.copy(grown, 0, 0, this.length);
      this.bytes = grown;
    }
  }

  uint8(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  uint16(value: number): void {
    this.reserve(2);
    const at = this.length;
    this.bytes[at] = value;
    this.bytes[at + 1] = value >>> 8;
    this.length = at + 2;
  }

  uint16BigEndian(value: number): void {
    this.uint8(value >>> 8);
    this.uint8(value);
  }

  /** Signed or unsigned: the low 32 bits. */
  uint32(value: number): void {
    this.reserve(4);
    const at = this.length;
    const bytes = this.bytes;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
    this.length = at + 4;
  }

  uint32BigEndian(value: number): void {
    this.uint16BigEndian(value >>> 16);
    this.uint16BigEndian(value);
  }

  uint64(value: bigint): void {
    this.reserve(8);
    this.bytes.writeBigUInt64LE(BigInt.asUintN(64, value), this.length);
    this.length += 8;
  }

  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }

  utf16(value: string): void {
    const count = value.length;
    this.reserve(count * 2);
    const bytes = this.bytes;
    let at = this.length;
    if (count > 40) {
      // Above this the native call costs less than the loop.
      bytes.write(value, at, 'utf16le');
      at += count * 2;
    } else {
      for (let i = 0; i < count; i++) {
        const unit = value.charCodeAt(i);
        bytes[at++] = unit;
        bytes[at++] = unit >>> 8;
      }
    }
    this.length = at;
  }

  /** B_VARCHAR: at most 255 characters, the rest is cut. */
  shortText(value: string): void {
    const text = value.length > 255 ? value.slice(0, 255) : value;
    this.uint8(text.length);
    this.utf16(text);
  }

  /** US_VARCHAR: at most 65535 characters, the rest is cut. */
  longText(value: string): void {
    const text = value.length > 65_535 ? value.slice(0, 65_535) : value;
    this.uint16(text.length);
    this.utf16(text);
  }

  /** What was written so far, as a copy. */
  copy(): Buffer {
    return Buffer.from(this.bytes.subarray(0, this.length));
  }
}
