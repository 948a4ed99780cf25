// The few DER elements an X.509 certificate is made of (X.690). Enough to write one, nothing to read one.

/** One element: tag, length in its shortest form, content. */
export function element(tag: number, ...content: Uint8Array[]): Uint8Array {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Uint8Array.of(tag, body.length), body]);
  const length: number[] = [];
  for (let rest = body.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  return Buffer.concat([Uint8Array.of(tag, 0x80 | length.length, ...length), body]);
}

export const sequence = (...content: Uint8Array[]): Uint8Array => element(0x30, ...content);
export const set = (...content: Uint8Array[]): Uint8Array => element(0x31, ...content);
export const octets = (...content: Uint8Array[]): Uint8Array => element(0x04, ...content);
export const utf8 = (text: string): Uint8Array => element(0x0c, Buffer.from(text));
export const yes: Uint8Array = element(0x01, Uint8Array.of(0xff));

/** `unused`: bits of the last byte that do not count. */
export function bits(content: Uint8Array, unused = 0): Uint8Array {
  return element(0x03, Uint8Array.of(unused), content);
}

/** A positive integer from its big-endian bytes. */
export function integer(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  const significant = start === -1 ? Uint8Array.of(0) : bytes.subarray(start);
  // A leading 1 bit would read as a sign.
  return element(0x02, ...((significant[0] ?? 0) >= 0x80 ? [Uint8Array.of(0), significant] : [significant]));
}

/** Object identifier from its dotted form. */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes: number[] = [];
  for (const part of [first * 40 + second, ...rest]) {
    const groups = [part % 128];
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift(0x80 | (left % 128));
    bytes.push(...groups);
  }
  return element(0x06, Uint8Array.from(bytes));
}

/** UTCTime, which RFC 5280 asks for until 2049. */
export function utcTime(time: Date): Uint8Array {
  const digits = time.toISOString().replaceAll(/[-:T]/g, '').slice(2, 14);
  return element(0x17, Buffer.from(`${digits}Z`, 'latin1'));
}
