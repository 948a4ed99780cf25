// SET TEXTSIZE: how much of a text, ntext, image or (max) value a SELECT sends (Learn: "SET TEXTSIZE").
import type { SqlType, SqlValue } from '../../contract.ts';

/** From PostgreSQL's text; undefined where that is the value. */
type Decoder = ((text: string) => SqlValue) | undefined;

/** @param size bytes; -1 and 2147483647 are no limit */
export function withinTextSize(type: SqlType, decode: Decoder, size: number): Decoder {
  const large = type.length === -1 || ['text', 'ntext', 'image'].includes(type.name);
  if (!large || size < 0 || size === 0x7fffffff) return decode;
  const characters = type.name.startsWith('n') ? Math.floor(size / 2) : size;
  return (text) => {
    const value = decode === undefined ? text : decode(text);
    if (typeof value === 'string') return value.slice(0, characters);
    return value instanceof Uint8Array ? value.subarray(0, size) : value;
  };
}
