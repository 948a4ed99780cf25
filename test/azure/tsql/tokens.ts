// The lexer: T-SQL text to tokens. It never throws; what is wrong with a token travels on it until the parser gets there.
import type { SqlError } from '../contract.ts';
import { reservedWords } from './reservedWords.ts';
import { syntaxError } from './syntaxError.ts';

export type TokenType =
  | 'word'
  | 'quoted'
  | 'string'
  | 'number'
  | 'money'
  | 'binary'
  | 'variable'
  | 'global'
  | 'dollar'
  | 'operator'
  | 'end';

export interface Token {
  type: TokenType;
  /** The content: unescaped for quoted names and strings, the digits of numbers, as written for the rest. */
  value: string;
  /** `value` in upper case for words and $words, the operator for operators, '' for the rest: what the grammar compares with. */
  upper: string;
  reserved: boolean;
  national: boolean;
  line: number;
  start: number;
  end: number;
  /** Thrown when the parser reaches this token. */
  error?: SqlError;
  /** Error 105: reported when nothing worse comes first. */
  unclosed?: SqlError;
}

const wordPattern = /[\p{L}_#][\p{L}\p{N}\p{Mn}\p{Mc}\p{Pc}@$#]*/uy;
const variablePattern = /@@?[\p{L}\p{N}\p{Mn}\p{Mc}\p{Pc}@$#]*/uy;
const numberPattern = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d*)?/y;
const binaryPattern = /0[xX](?:[0-9a-fA-F]|\\\r?\n)*/y;
const moneyPattern = /\p{Sc}[ \t]*(?:\d+\.?\d*|\.\d+)?/uy;
const dollarPattern = /\$[\p{L}_][\p{L}\p{N}_]*/uy;
const blankPattern = /[\s\p{Cc}]+/uy;
const operators = [
  '<=',
  '>=',
  '<>',
  '!=',
  '!<',
  '!>',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '&=',
  '|=',
  '^=',
  '||',
  '::',
];

/** Offset and error of an ended comment; nested comments count. */
function endOfComment(text: string, from: number): number | undefined {
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
  return undefined;
}

/** The text up to the closing mark, doubled marks made single. */
function quotedText(
  text: string,
  from: number,
  close: string,
): { value: string; end: number; closed: boolean } {
  let value = '';
  let at = from;
  for (;;) {
    const mark = text.indexOf(close, at);
    if (mark < 0) return { value: value + text.slice(at), end: text.length, closed: false };
    value += text.slice(at, mark);
    at = mark + 1;
    if (text[at] !== close) return { value, end: at, closed: true };
    value += close;
    at++;
  }
}

/**
 * All tokens of `text`, the last one of type 'end'. With `quotedIdentifier` (the default of every modern client) "x" is a name,
 * without it a string.
 */
export function tokenize(text: string, quotedIdentifier: boolean): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  /** The newline that ends `line`; remembered, or a long text of one line would be searched again for every token. */
  let newline = text.indexOf('\n');
  const lineAt = (offset: number): number => {
    while (newline >= 0 && newline < offset) {
      line++;
      newline = text.indexOf('\n', newline + 1);
    }
    return line;
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const push = (type: TokenType, end: number, value: string, upper = ''): Token => {
    const token: Token = {
      type,
      value,
      upper,
      reserved: type === 'word' && reservedWords.has(upper),
      national: false,
      line: lineAt(at),
      start: at,
      end,
    };
    tokens.push(token);
    at = end;
    return token;
  };
  const pushQuoted = (type: 'quoted' | 'string', open: number, close: string): Token => {
    const { value, end, closed } = quotedText(text, at + open, close);
    const token = push(type, end, value);
    if (!closed) token.unclosed = syntaxError(105, token.line, value);
    return token;
  };
  const checkName = (token: Token): void => {
    if (token.value.length > 128) token.error = syntaxError(103, token.line, token.value.slice(0, 128));
    else if (token.type === 'quoted' && token.value === '' && !token.unclosed)
      token.error = syntaxError(1038, token.line);
  };

  while (at < text.length) {
    const character = text[at] as string;
    const blank = match(blankPattern);
    if (blank !== undefined) {
      at += blank.length;
      continue;
    }
    if (text.startsWith('--', at)) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end + 1;
      continue;
    }
    if (text.startsWith('/*', at)) {
      const end = endOfComment(text, at);
      if (end === undefined) {
        // Unlike other errors it is found wherever the parser stands, since everything behind is gone.
        const token = push('end', text.length, '');
        token.error = syntaxError(113, token.line);
        return tokens;
      }
      at = end;
      continue;
    }
    if (character === "'") {
      pushQuoted('string', 1, "'");
      continue;
    }
    if ((character === 'N' || character === 'n') && text[at + 1] === "'") {
      pushQuoted('string', 2, "'").national = true;
      continue;
    }
    if (character === '[') {
      checkName(pushQuoted('quoted', 1, ']'));
      continue;
    }
    if (character === '"') {
      if (quotedIdentifier) checkName(pushQuoted('quoted', 1, '"'));
      else pushQuoted('string', 1, '"');
      continue;
    }
    const word = match(wordPattern);
    if (word !== undefined) {
      checkName(push('word', at + word.length, word, word.toUpperCase()));
      continue;
    }
    if (character === '@') {
      const variable = match(variablePattern) ?? '@';
      checkName(push(variable.startsWith('@@') ? 'global' : 'variable', at + variable.length, variable));
      continue;
    }
    const binary = match(binaryPattern);
    if (binary !== undefined) {
      const digits = binary
        .slice(2)
        .replaceAll(/\\\r?\n/g, '')
        .toUpperCase();
      push('binary', at + binary.length, digits.length % 2 ? `0${digits}` : digits);
      continue;
    }
    const number = match(numberPattern);
    if (number !== undefined) {
      const token = push('number', at + number.length, /[eE][+-]?$/.test(number) ? `${number}0` : number);
      const digits = number.replace(/^0+/, '').replace('.', '');
      if (!/[eE]/.test(number) && digits.length > 38) token.error = syntaxError(1007, token.line, number);
      continue;
    }
    const dollar = match(dollarPattern);
    if (dollar !== undefined) {
      push('dollar', at + dollar.length, dollar, dollar.toUpperCase());
      continue;
    }
    const money = match(moneyPattern);
    if (money !== undefined) {
      push('money', at + money.length, money.replace(/^\p{Sc}[ \t]*/u, ''));
      continue;
    }
    const operator =
      operators.find((candidate) => text.startsWith(candidate, at)) ??
      String.fromCodePoint(text.codePointAt(at) as number);
    push('operator', at + operator.length, operator, operator);
  }
  push('end', text.length, '');
  return tokens;
}
