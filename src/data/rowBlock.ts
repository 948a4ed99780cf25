// A block of rows as compact bytes and back: column by column, so that texts and numbers are written in one go each.
import type { Cell } from '../core/ports.ts';
import type { DriverDate, Row } from '../core/resultSet.ts';

const tag = {
  null: 0,
  false: 1,
  true: 2,
  number: 3,
  text: 4,
  bigint: 5,
  date: 6,
  fineDate: 7,
  bytes: 8,
} as const;
/** How a column's texts are kept: plain ASCII takes a byte a character, anything else two, so that every string survives. */
const narrow = 0;
const wide = 1;

/**
 * Encodes blocks, one after the other, into a buffer of its own that it keeps: a long result makes no garbage per block.
 *
 * Layout per column: a tag per row; count and float64s of its numbers and dates; count, lengths and characters of its texts and bigints;
 * count, lengths and bytes of its binary values. Multi-byte numbers are little-endian, as on every platform VS Code runs on.
 */
export class RowEncoder {
  #buffer = Buffer.allocUnsafe(64 * 1024);
  #at = 0;
  /** Per column and block; kept between blocks. */
  #numbers = new Float64Array(512);
  #lengths = new Uint32Array(512);

  /** Valid until the next call. */
  encode(rows: readonly Row[], columnCount: number): Buffer {
    this.#at = 0;
    // A fine date takes two numbers.
    if (this.#numbers.length < rows.length * 2) this.#numbers = new Float64Array(rows.length * 2);
    if (this.#lengths.length < rows.length) this.#lengths = new Uint32Array(rows.length);
    for (let column = 0; column < columnCount; column++) this.#column(rows, column);
    return this.#buffer.subarray(0, this.#at);
  }

  #column(rows: readonly Row[], column: number): void {
    const numbers = this.#numbers;
    const lengths = this.#lengths;
    let numberCount = 0;
    let textCount = 0;
    let text = '';
    let binaries: Uint8Array[] | undefined;
    this.#reserve(rows.length);
    const tags = this.#buffer;
    const tagAt = this.#at;
    for (let index = 0; index < rows.length; index++) {
      const cell = rows[index]?.[column] ?? null;
      let kind: number;
      if (typeof cell === 'string') {
        lengths[textCount++] = cell.length;
        text += cell;
        kind = tag.text;
      } else if (typeof cell === 'number') {
        numbers[numberCount++] = cell;
        kind = tag.number;
      } else if (cell === null) kind = tag.null;
      else if (typeof cell === 'boolean') kind = cell ? tag.true : tag.false;
      else if (typeof cell === 'bigint') {
        const digits = cell.toString();
        lengths[textCount++] = digits.length;
        text += digits;
        kind = tag.bigint;
      } else if (cell instanceof Date) {
        const delta = (cell as DriverDate).nanosecondsDelta;
        numbers[numberCount++] = cell.getTime();
        if (delta !== undefined) numbers[numberCount++] = delta;
        kind = delta === undefined ? tag.date : tag.fineDate;
      } else {
        (binaries ??= []).push(cell);
        kind = tag.bytes;
      }
      tags[tagAt + index] = kind;
    }
    this.#at += rows.length;
    this.#writeCounted(numbers, numberCount, 8);
    this.#writeCounted(lengths, textCount, 4);
    this.#writeText(text);
    const sizes = Uint32Array.from(binaries ?? [], ({ length }) => length);
    this.#writeCounted(sizes, sizes.length, 4);
    for (const bytes of binaries ?? []) {
      this.#reserve(bytes.length);
      this.#buffer.set(bytes, this.#at);
      this.#at += bytes.length;
    }
  }

  #writeCounted(values: Float64Array | Uint32Array, count: number, size: number): void {
    this.#reserve(4 + count * size);
    this.#buffer.writeUInt32LE(count, this.#at);
    this.#buffer.set(new Uint8Array(values.buffer, values.byteOffset, count * size), this.#at + 4);
    this.#at += 4 + count * size;
  }

  #writeText(text: string): void {
    // As many UTF-8 bytes as characters means ASCII throughout; counted natively, without a copy.
    const form = Buffer.byteLength(text, 'utf8') === text.length ? narrow : wide;
    this.#reserve(5 + text.length * 2);
    this.#buffer[this.#at] = form;
    this.#buffer.writeUInt32LE(text.length, this.#at + 1);
    this.#at += 5 + this.#buffer.write(text, this.#at + 5, form === wide ? 'utf16le' : 'latin1');
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

/** The rows as they were given to {@link RowEncoder}. */
export function decodeRows(block: Buffer, rowCount: number, columnCount: number): Cell[][] {
  const rows = Array.from({ length: rowCount }, () => Array.from({ length: columnCount }, (): Cell => null));
  let at = 0;
  for (let column = 0; column < columnCount; column++) {
    const tags = block.subarray(at, at + rowCount);
    at += rowCount;
    const numberCount = block.readUInt32LE(at);
    let numberAt = at + 4;
    at = numberAt + numberCount * 8;
    const textCount = block.readUInt32LE(at);
    let textLengthAt = at + 4;
    const form = block[textLengthAt + textCount * 4];
    const characters = block.readUInt32LE(textLengthAt + textCount * 4 + 1);
    const textStart = textLengthAt + textCount * 4 + 5;
    at = textStart + characters * (form === wide ? 2 : 1);
    const text = block.toString(form === wide ? 'utf16le' : 'latin1', textStart, at);
    let textAt = 0;
    const binaryCount = block.readUInt32LE(at);
    let binaryLengthAt = at + 4;
    let binaryAt = binaryLengthAt + binaryCount * 4;
    const nextNumber = (): number => {
      numberAt += 8;
      return block.readDoubleLE(numberAt - 8);
    };
    const nextText = (): string => {
      const from = textAt;
      textAt += block.readUInt32LE(textLengthAt);
      textLengthAt += 4;
      return text.slice(from, textAt);
    };
    for (let index = 0; index < rowCount; index++) {
      const row = rows[index];
      if (row === undefined) continue;
      switch (tags[index]) {
        case tag.false:
        case tag.true:
          row[column] = tags[index] === tag.true;
          break;
        case tag.number:
          row[column] = nextNumber();
          break;
        case tag.text:
          row[column] = nextText();
          break;
        case tag.bigint:
          row[column] = BigInt(nextText());
          break;
        case tag.date:
          row[column] = new Date(nextNumber());
          break;
        case tag.fineDate: {
          const date: DriverDate = new Date(nextNumber());
          Object.defineProperty(date, 'nanosecondsDelta', { value: nextNumber(), enumerable: false });
          row[column] = date;
          break;
        }
        case tag.bytes: {
          const length = block.readUInt32LE(binaryLengthAt);
          binaryLengthAt += 4;
          row[column] = new Uint8Array(block.subarray(binaryAt, binaryAt + length));
          binaryAt += length;
          break;
        }
        default:
      }
    }
    at = binaryAt;
  }
  return rows;
}
