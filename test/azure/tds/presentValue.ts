// What the encoders share: their shape, their error, and values that are not NULL taken for what they should be.
import type { SqlValue } from '../contract.ts';
import type { ByteWriter } from './byteWriter.ts';

/** A backend gave a value that its announced type cannot hold. */
export class EncodingError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EncodingError';
  }
}

/** Writes one non-NULL value with its length. @throws EncodingError, with part of the value possibly written. */
export type ValueEncoder = (out: ByteWriter, value: Present) => void;

export type Present = Exclude<SqlValue, null>;
export function asText(value: Present): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) throw new EncodingError('binary given for a character type');
  return String(value);
}

export function asBytes(value: Present): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new EncodingError(`${typeof value} given for a binary type`);
}

export function asNumber(value: Present): number {
  if (typeof value === 'number') return value;
  if (value instanceof Uint8Array || value === '') throw new EncodingError('not a number');
  const number = Number(value);
  if (Number.isNaN(number)) throw new EncodingError('not a number');
  return number;
}
