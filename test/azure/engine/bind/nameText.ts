// A name of several parts in one text, as RPC requests, synonyms and EXEC @name hold it.

/** One to four parts, quoted or not: `[a]]b].c`, `dbo."x y"`. A text that is no name is one part. */
export function splitName(text: string): string[] {
  const parts: string[] = [];
  const part = /\s*(?:\[((?:[^\]]|\]\])*)\]|"((?:[^"]|"")*)"|([^."[\]]*))\s*(\.|$)/uy;
  for (;;) {
    const found = part.exec(text);
    if (found === null) return [text];
    parts.push(found[1]?.replaceAll(']]', ']') ?? found[2]?.replaceAll('""', '"') ?? found[3]?.trim() ?? '');
    if (found[4] === '') return parts;
  }
}
