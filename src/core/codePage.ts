// Whether text survives a varchar column: what its code page cannot hold, the server silently turns into '?' or a look-alike.

/**
 * The characters that Windows-1252 holds in 0x80-0x9F; below and above it equals Latin-1 (unicode.org, bestfit1252.txt). The five
 * places that it leaves open are kept by the server but come back from the driver as U+FFFD (iconv-lite), so they count as lost.
 */
const inC1Range = new Set([
  0x20ac, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x17d, 0x2018,
  0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x17e, 0x178,
]);

const survives1252 = (code: number): boolean =>
  code < 0x80 || (code >= 0xa0 && code <= 0xff) || inC1Range.has(code);

/** Code page of a collation as `COLLATIONPROPERTY(name, 'CodePage')` gives it; 65001 = UTF-8, 0 = Unicode only. */
export type CodePage = number;

/**
 * The characters of `text` that would not come back from a char/varchar column, each once, in order of appearance.
 * Windows-1252 (SQL_Latin1_General_CP1_CI_AS, the default of Azure SQL) is known exactly, UTF-8 holds everything, and of any
 * other page only ASCII is promised: better warned of once too often than lost. Look-alikes count as lost (`Ł` → `L`).
 */
export function lostCharacters(text: string, codePage: CodePage = 1252): string[] {
  if (codePage === 65001) return [];
  const lost = new Set<string>();
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const kept = codePage === 1252 ? survives1252(code) : code < 0x80;
    if (!kept) lost.add(character);
  }
  return [...lost];
}

/** Whether `text` comes back unchanged from a char/varchar column of this code page. */
export function survivesCodePage(text: string, codePage: CodePage = 1252): boolean {
  return lostCharacters(text, codePage).length === 0;
}
