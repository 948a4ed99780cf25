// The names that a piece of T-SQL mentions, for finding what depends on a column without binding it again.

const name = /\[((?:[^\]]|\]\])+)\]|"((?:[^"]|"")+)"|'(?:[^']|'')*'|([\p{L}_#@][\p{L}\p{N}_#@$]*)/gu;

export function parseColumnNames(text: string): string[] {
  const found: string[] = [];
  for (const [, bracketed, quoted, plain] of text.matchAll(name)) {
    if (bracketed !== undefined) found.push(bracketed.replaceAll(']]', ']'));
    else if (quoted !== undefined) found.push(quoted.replaceAll('""', '"'));
    else if (plain !== undefined) found.push(plain);
  }
  return found;
}
