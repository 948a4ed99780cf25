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
 * Layout per column: a tag per row; count and float64s of its numbers and dates; count, lengths and characters of its texts and bigints;
 * count, lengths and bytes of its binary values. Multi-byte numbers are little-endian.
 */
export function encodeRows(rows: readonly Row[], columnCount: number): Buffer {
  const parts: Buffer[] = [];
  let size = 0;
  const push = (part: Buffer): void => {
    parts.push(part);
    size += part.length;
  };
  for (let column = 0; column < columnCount; column++) {
    const tags = Buffer.allocUnsafe(rows.length);
    const numbers: number[] = [];
    const texts: string[] = [];
    const binaries: Uint8Array[] = [];
    for (let index = 0; index < rows.length; index++) {
      tags[index] = sort(rows[index]?.[column] ?? null, numbers, texts, binaries);
    }
    push(tags);
    push(encodeNumbers(numbers));
    push(encodeTexts(texts));
    push(encodeLengths(binaries.map((bytes) => bytes.length)));
    for (const bytes of binaries) push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
  return Buffer.concat(parts, size);
}

/** The rows as they were given to {@link encodeRows}. */
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

function sort(cell: Cell, numbers: number[], texts: string[], binaries: Uint8Array[]): number {
  switch (typeof cell) {
    case 'string':
      texts.push(cell);
      return tag.text;
    case 'number':
      numbers.push(cell);
      return tag.number;
    case 'boolean':
      return cell ? tag.true : tag.false;
    case 'bigint':
      texts.push(cell.toString());
      return tag.bigint;
    default:
  }
  if (cell === null) return tag.null;
  if (cell instanceof Date) {
    const delta = (cell as DriverDate).nanosecondsDelta;
    numbers.push(cell.getTime());
    if (delta === undefined) return tag.date;
    numbers.push(delta);
    return tag.fineDate;
  }
  binaries.push(cell);
  return tag.bytes;
}

function encodeNumbers(numbers: readonly number[]): Buffer {
  const part = Buffer.allocUnsafe(4 + numbers.length * 8);
  part.writeUInt32LE(numbers.length, 0);
  let at = 4;
  for (const number of numbers) at = part.writeDoubleLE(number, at);
  return part;
}

function encodeLengths(lengths: readonly number[]): Buffer {
  const part = Buffer.allocUnsafe(4 + lengths.length * 4);
  part.writeUInt32LE(lengths.length, 0);
  let at = 4;
  for (const length of lengths) at = part.writeUInt32LE(length, at);
  return part;
}

function encodeTexts(texts: readonly string[]): Buffer {
  const all = texts.join('');
  // As many UTF-8 bytes as characters means ASCII throughout; counted natively, without a copy.
  const form = Buffer.byteLength(all, 'utf8') === all.length ? narrow : wide;
  const part = Buffer.allocUnsafe(4 + texts.length * 4 + 5 + all.length * (form === wide ? 2 : 1));
  part.writeUInt32LE(texts.length, 0);
  let at = 4;
  for (const text of texts) at = part.writeUInt32LE(text.length, at);
  part[at] = form;
  part.writeUInt32LE(all.length, at + 1);
  part.write(all, at + 5, form === wide ? 'utf16le' : 'latin1');
  return part;
}
