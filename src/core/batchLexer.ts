// Lexer of T-SQL as far as a client needs it: where strings, quoted names and comments begin and end, and the words between them.

/** 'name' is a bracketed or double-quoted name; 'newline' is one line break outside strings, quoted names and comments. */
export interface Token {
  kind: 'word' | 'variable' | 'string' | 'name' | 'number' | 'comment' | 'newline' | 'symbol';
  start: number;
  /** Exclusive. */
  end: number;
}

const wordStart = /[\p{L}_#]/u;
const wordPart = /[\p{L}\p{Nd}_@$#]/u;

/**
 * Tokens of `text` in order; blanks between them are left out. Never fails: an unterminated string, name or comment reaches
 * to the end of the text. Block comments nest (Learn: "Slash Star (Block Comment)").
 */
export function* lex(text: string): Generator<Token> {
  let at = 0;
  while (at < text.length) {
    const start = at;
    const char = text.charAt(at);
    if (char === '\n' || char === '\r') {
      at += char === '\r' && text.charAt(at + 1) === '\n' ? 2 : 1;
      yield { kind: 'newline', start, end: at };
    } else if (/\s/.test(char)) {
      at++;
    } else if (char === "'" || char === '"') {
      at = endOfQuoted(text, at, char);
      yield { kind: char === "'" ? 'string' : 'name', start, end: at };
    } else if (char === '[') {
      at = endOfQuoted(text, at, ']');
      yield { kind: 'name', start, end: at };
    } else if (text.startsWith('--', at)) {
      while (at < text.length && text.charAt(at) !== '\n' && text.charAt(at) !== '\r') at++;
      yield { kind: 'comment', start, end: at };
    } else if (text.startsWith('/*', at)) {
      at = endOfComment(text, at);
      yield { kind: 'comment', start, end: at };
    } else if (char === '@') {
      at = endOfWord(text, at + 1);
      yield { kind: at === start + 1 ? 'symbol' : 'variable', start, end: at };
    } else if (wordStart.test(characterAt(text, at))) {
      at = endOfWord(text, at);
      yield { kind: 'word', start, end: at };
    } else if (char >= '0' && char <= '9') {
      at = endOfWord(text, at);
      yield { kind: 'number', start, end: at };
    } else {
      at += characterAt(text, at).length;
      yield { kind: 'symbol', start, end: at };
    }
  }
}

/** A token with what it says: words in capitals, everything else as written. */
export interface Part {
  kind: Token['kind'];
  text: string;
}

/** What a server reads of a text: without comments and line breaks. `most`: only so many parts of it. */
export function significant(text: string, most = Infinity): Part[] {
  const parts: Part[] = [];
  for (const { kind, start, end } of lex(text)) {
    if (parts.length >= most) break;
    if (kind === 'newline' || kind === 'comment') continue;
    const said = text.slice(start, end);
    parts.push({ kind, text: kind === 'word' ? said.toUpperCase() : said });
  }
  return parts;
}

const moduleKinds = new Set(['PROC', 'PROCEDURE', 'FUNCTION', 'TRIGGER']);

/** Whether a batch makes a module: what is in it happens when that is run. */
export function definesModule(batch: readonly Part[]): boolean {
  const words = batch.slice(0, 4).map(({ text }) => text);
  if (words[0] !== 'CREATE' && words[0] !== 'ALTER') return false;
  const kind = words[1] === 'OR' ? words[3] : words[1];
  return kind !== undefined && moduleKinds.has(kind);
}

/** The whole character at an index, surrogate pairs together. */
function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at) ?? 0);
}

function endOfWord(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const char = characterAt(text, at);
    if (!wordPart.test(char)) break;
    at += char.length;
  }
  return at;
}

/** The closing character doubled stands for itself. */
function endOfQuoted(text: string, from: number, close: string): number {
  let at = from + 1;
  while (at < text.length) {
    if (text.charAt(at) !== close) at++;
    else if (text.charAt(at + 1) === close) at += 2;
    else return at + 1;
  }
  return text.length;
}

function endOfComment(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    if (text.startsWith('/*', at)) {
      depth++;
      at += 2;
    } else if (text.startsWith('*/', at)) {
      depth--;
      at += 2;
      if (depth === 0) return at;
    } else {
      at++;
    }
  }
  return text.length;
}
