// A collation as five bytes of TYPE_INFO: LCID, comparison flags, version and sort order (MS-TDS 2.2.5.1.2).

/** SQL_Latin1_General_CP1_CI_AS: LCID 0x0409 with flags 0xd0, sort order 52. */
export const COLLATION: Uint8Array = Uint8Array.of(0x09, 0x04, 0xd0, 0x00, 0x34);

/** What a client's UTF-8 text is taken for: its bytes do not name the collation. */
export const utf8Collation = 'Latin1_General_100_CI_AS_SC_UTF8';

const Flag = {
  ignoreCase: 1 << 20,
  ignoreAccent: 1 << 21,
  ignoreKana: 1 << 22,
  ignoreWidth: 1 << 23,
  binary: 1 << 24,
  binary2: 1 << 25,
  utf8: 1 << 26,
} as const;

/** Sort orders of the SQL_Latin1_General_CP1 collations; those of Windows have none. */
const sortOrders: Readonly<Record<string, number>> = { CS_AS: 51, CI_AS: 52, CI_AI: 54 };

/** LCIDs that have UTF-8 collations and are met in practice; others go as Latin1_General, which sorts alike here. */
const locales: Readonly<Record<string, number>> = {
  arabic: 0x0401,
  chinese_prc: 0x0804,
  cyrillic_general: 0x0419,
  czech: 0x0405,
  danish_norwegian: 0x0406,
  finnish_swedish: 0x040b,
  french: 0x040c,
  german_phonebook: 0x1_04_07,
  greek: 0x0408,
  hebrew: 0x040d,
  hungarian: 0x040e,
  japanese: 0x0411,
  japanese_xjis: 0x0411,
  latin1_general: 0x0409,
  modern_spanish: 0x0c0a,
  polish: 0x0415,
  turkish: 0x041f,
};

/** The version of a Windows collation by the number in its name. */
const versions: Readonly<Record<string, number>> = { 90: 1, 100: 2, 140: 3 };

/** Whether varchar under this collation is UTF-8 instead of code page 1252. */
export const isUtf8 = (collation: string | undefined): boolean => /_UTF8$/iu.test(collation ?? '');

const known = new Map<string, Uint8Array>();

/** undefined: the database's. Whatever is not UTF-8 is announced with the locale of code page 1252, which its bytes are in. */
export function collationBytes(name: string | undefined): Uint8Array {
  if (name === undefined) return COLLATION;
  const found = known.get(name) ?? describe(name.toUpperCase());
  known.set(name, found);
  return found;
}

function describe(name: string): Uint8Array {
  const has = (word: string): boolean => name.includes(`_${word}_`) || name.endsWith(`_${word}`);
  if (!/_(?:C[IS]_A[IS]|BIN2?)(?:_|$)/u.test(name)) return COLLATION;
  const utf8 = isUtf8(name);
  const [, locale = '', number = ''] = /^(.*?)(?:_(90|100|140))?_(?:CI|CS|BIN2?)(?:_|$)/u.exec(name) ?? [];
  let flags = utf8 ? Flag.utf8 : 0;
  if (has('BIN2')) flags |= Flag.binary2;
  else if (has('BIN')) flags |= Flag.binary;
  else {
    if (has('CI')) flags |= Flag.ignoreCase;
    if (has('AI')) flags |= Flag.ignoreAccent;
    if (!has('KS')) flags |= Flag.ignoreKana;
    if (!has('WS')) flags |= Flag.ignoreWidth;
  }
  const lcid = (utf8 ? locales[locale.toLowerCase()] : undefined) ?? 0x0409;
  const bytes = new DataView(new ArrayBuffer(5));
  bytes.setUint32(0, (lcid | flags | ((versions[number] ?? 0) << 28)) >>> 0, true);
  const sort = name.startsWith('SQL_LATIN1_GENERAL_CP1_') ? sortOrders[name.slice(23)] : undefined;
  bytes.setUint8(4, sort ?? 0);
  return new Uint8Array(bytes.buffer);
}

/** Whether five bytes of a client's TYPE_INFO say UTF-8. */
export const saysUtf8 = (bytes: Uint8Array): boolean => ((bytes[3] ?? 0) & 0x04) !== 0;
