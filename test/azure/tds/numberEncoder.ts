// Numbers on their way to a client (MS-TDS 2.2.5.5.1).
import type { ByteWriter } from './byteWriter.ts';
import { EncodingError, asText, asNumber } from './presentValue.ts';
import type { Present, ValueEncoder } from './presentValue.ts';
import { decimalSize } from './typeInfo.ts';

export function encodeBit(out: ByteWriter, value: Present): void {
  const on =
    typeof value === 'string'
      ? value === '1' || value.startsWith('t') || value.startsWith('T')
      : Boolean(value);
  out.reserve(2);
  out.bytes[out.length++] = 1;
  out.bytes[out.length++] = on ? 1 : 0;
}

export function encodeSmall(out: ByteWriter, value: Present, size: 1 | 2): void {
  const number = asNumber(value);
  const fits = size === 1 ? number >= 0 && number <= 255 : number >= -32_768 && number <= 32_767;
  if (!fits) throw new EncodingError(`integer out of range for ${size} bytes`);
  out.uint8(size);
  if (size === 1) out.uint8(number);
  else out.uint16(number);
}

export function encodeInt(out: ByteWriter, value: Present): void {
  const number = asNumber(value);
  if (number !== (number | 0)) throw new EncodingError('integer out of range for int');
  out.reserve(5);
  const bytes = out.bytes;
  let at = out.length;
  bytes[at++] = 4;
  bytes[at++] = number;
  bytes[at++] = number >>> 8;
  bytes[at++] = number >>> 16;
  bytes[at++] = number >>> 24;
  out.length = at;
}

export function encodeBigInt(out: ByteWriter, value: Present): void {
  if (value instanceof Uint8Array) throw new EncodingError('binary given for bigint');
  const number = BigInt(value);
  if (number !== BigInt.asIntN(64, number)) throw new EncodingError('integer out of range for bigint');
  out.uint8(8);
  out.uint64(number);
}

export function encodeReal(out: ByteWriter, value: Present): void {
  out.reserve(5);
  out.bytes[out.length] = 4;
  out.bytes.writeFloatLE(asNumber(value), out.length + 1);
  out.length += 5;
}

export function encodeFloat(out: ByteWriter, value: Present): void {
  out.reserve(9);
  out.bytes[out.length] = 8;
  out.bytes.writeDoubleLE(asNumber(value), out.length + 1);
  out.length += 9;
}

/** Plain or exponent notation → the integer value × 10^scale, rounded half away from zero. @throws EncodingError */
export function scaledInteger(value: Present, scale: number): bigint {
  if (typeof value === 'bigint') return value * 10n ** BigInt(scale);
  const match = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*$/.exec(asText(value));
  if (!match || !(match[2] || match[3])) throw new EncodingError('not a decimal number');
  const exponent = Number(match[4] ?? 0);
  if (Math.abs(exponent) > 400) throw new EncodingError('decimal exponent out of range');
  const fraction = match[3] ?? '';
  const shift = scale + exponent - fraction.length;
  let magnitude = BigInt((match[2] ?? '') + fraction);
  if (shift >= 0) {
    magnitude *= 10n ** BigInt(shift);
  } else {
    const divisor = 10n ** BigInt(-shift);
    magnitude = (magnitude + divisor / 2n) / divisor;
  }
  return match[1] === '-' ? -magnitude : magnitude;
}

export function decimalEncoder(precision: number, scale: number): ValueEncoder {
  const size = decimalSize(precision);
  const limit = 10n ** BigInt(precision);
  const factor = 10 ** scale;
  return (out, value) => {
    out.reserve(size + 1);
    const bytes = out.bytes;
    let at = out.length;
    bytes[at++] = size;
    if (
      typeof value === 'number' &&
      Number.isSafeInteger(value) &&
      Math.abs(value * factor) <= 0xff_ff_ff_ff
    ) {
      // The common small case, without big integers.
      let magnitude = Math.abs(value * factor);
      if (magnitude >= Number(limit)) throw new EncodingError('decimal out of range');
      bytes[at++] = value < 0 ? 0 : 1;
      for (let i = 1; i < size; i++) {
        bytes[at++] = magnitude;
        magnitude = Math.floor(magnitude / 256);
      }
      out.length = at;
      return;
    }
    const scaled = scaledInteger(value, scale);
    let magnitude = scaled < 0n ? -scaled : scaled;
    if (magnitude >= limit) throw new EncodingError(`value out of range for decimal(${precision}, ${scale})`);
    bytes[at++] = scaled < 0n ? 0 : 1;
    for (let i = 1; i < size; i += 4) {
      const part = Number(magnitude & 0xff_ff_ff_ffn);
      bytes[at++] = part;
      bytes[at++] = part >>> 8;
      bytes[at++] = part >>> 16;
      bytes[at++] = part >>> 24;
      magnitude >>= 32n;
    }
    out.length = at;
  };
}

export function encodeMoney(out: ByteWriter, value: Present, size: 4 | 8): void {
  const scaled = scaledInteger(value, 4);
  if (scaled !== BigInt.asIntN(size * 8, scaled)) throw new EncodingError('value out of range for money');
  out.uint8(size);
  // money is sent as two 32-bit halves, the high one first.
  if (size === 8) out.uint32(Number((scaled >> 32n) & 0xff_ff_ff_ffn));
  out.uint32(Number(scaled & 0xff_ff_ff_ffn));
}
