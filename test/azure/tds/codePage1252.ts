// Windows-1252, the code page of the default collation; characters outside of it become '?', as the server does.
import iconv from 'iconv-lite';

/** Unicode code point of each byte. The five bytes Windows-1252 leaves open stand for the C1 control of the same number, as in Windows. */
const toUnicode = new Uint16Array(256);
const fromUnicode = new Map<number, number>();
for (let byte = 0; byte < 256; byte++) {
  const decoded = iconv.decode(Buffer.of(byte), 'win1252').charCodeAt(0);
  const unit = decoded === 0xfffd ? byte : decoded;
  toUnicode[byte] = unit;
  fromUnicode.set(unit, byte);
}

const QUESTION = 0x3f;

/** Writes `text` at `at` and returns the position after it. The caller has made room for `text.length` bytes. */
export function encode1252(text: string, bytes: Buffer, at: number): number {
  const count = text.length;
  let to = at;
  for (let i = 0; i < count; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      bytes[to++] = unit;
    } else {
      bytes[to++] = fromUnicode.get(unit) ?? QUESTION;
      // A surrogate pair is one character and so becomes two '?', one for each half: that is what the server stores.
    }
  }
  return to;
}

export function decode1252(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(toUnicode[byte] ?? byte);
  return text;
}
