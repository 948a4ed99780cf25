// The parser's reading head: tokens with lookahead, spans, names, nesting depth and the errors that name the token they stop at.
import type { SqlError } from '../contract.ts';
import type { Identifier, Name, Span } from './ast.ts';
import { type SyntaxErrorNumber, syntaxError } from './syntaxError.ts';
import { type Token, tokenize } from './tokens.ts';

/** Levels of nesting before error 191. Far above what people write, far below what overflows the stack of a consumer. */
const maximumDepth = 200;
/** Operands in one chain of left-associative operators; consumers recurse down the left side. */
export const maximumChain = 1000;

export class TokenStream {
  readonly text: string;
  /** WHILE loops around the current statement. */
  loops = 0;
  /** CATCH blocks around it. */
  handlers = 0;
  /** IF, WHILE and BEGIN around it. */
  blocks = 0;
  /** RETURN with a value is an error outside procedures and functions. */
  returnsValue = false;
  /** No statement of the batch has begun. */
  isFirst = true;
  /** Lower case. */
  labels = new Set<string>();
  gotos: { label: string; line: number }[] = [];
  /** The statement before the current one ended with ';' or there is none. */
  terminated = true;
  #index = 0;
  #depth = 0;
  #unclosed: SqlError | undefined;
  readonly #tokens: Token[];

  constructor(text: string, quotedIdentifier: boolean) {
    this.text = text;
    this.#tokens = tokenize(text, quotedIdentifier);
    this.#arrive();
  }

  get current(): Token {
    return this.#tokens[this.#index] as Token;
  }

  get index(): number {
    return this.#index;
  }

  /** The token `ahead` places on; the last one repeats. */
  peek(ahead = 1): Token {
    return this.#tokens[Math.min(this.#index + ahead, this.#tokens.length - 1)] as Token;
  }

  next(): Token {
    const token = this.current;
    if (token.type !== 'end') this.#index++;
    this.#arrive();
    return token;
  }

  /** The content of a module: labels of its own, RETURN with a value where it has one. */
  module<T>(kind: 'procedure' | 'function' | 'trigger', content: () => T): T {
    this.returnsValue = kind !== 'trigger';
    return content();
  }

  /** @throws SqlError 133 */
  checkLabels(): void {
    for (const { label, line } of this.gotos) {
      if (!this.labels.has(label.toLowerCase())) throw syntaxError(133, line, label);
    }
  }

  /** Error 105 if a string was never closed; called when all else was right. */
  checkClosed(): void {
    if (this.#unclosed) throw this.#unclosed;
  }

  /** Is the current token this unquoted word (and are the next ones these)? */
  isWord(...words: string[]): boolean {
    return words.every((word, ahead) => {
      const token = this.peek(ahead);
      return token.type === 'word' && token.upper === word;
    });
  }

  isOneOf(...words: string[]): boolean {
    return this.current.type === 'word' && words.includes(this.current.upper);
  }

  /** Takes the words if all of them come next. */
  takeWord(...words: string[]): boolean {
    if (!this.isWord(...words)) return false;
    for (const _ of words) this.next();
    return true;
  }

  /** Takes one of these words, if it comes, and returns it. */
  takeOneOf<T extends string>(...words: T[]): T | undefined {
    const found = words.find((word) => this.isWord(word));
    if (found !== undefined) this.next();
    return found;
  }

  expectWord(...words: string[]): void {
    for (const word of words) if (!this.takeWord(word)) this.fail();
  }

  expectOneOf<T extends string>(...words: T[]): T {
    return this.takeOneOf(...words) ?? this.fail();
  }

  isOperator(operator: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.type === 'operator' && token.upper === operator;
  }

  takeOperator(operator: string): boolean {
    if (!this.isOperator(operator)) return false;
    this.next();
    return true;
  }

  expectOperator(operator: string): void {
    if (!this.takeOperator(operator)) this.fail();
  }

  /** `first`, then more of them as long as commas follow. */
  list<T>(element: () => T): T[] {
    const elements = [element()];
    while (this.takeOperator(',')) elements.push(element());
    return elements;
  }

  parenthesized<T>(content: () => T): T {
    this.expectOperator('(');
    const result = content();
    this.expectOperator(')');
    return result;
  }

  /** From the start of `first` to the end of what was taken last. */
  span(first: Token | Span): Span {
    const last = this.#tokens[this.#index - 1];
    return { line: first.line, start: first.start, end: Math.max(last?.end ?? 0, first.start) };
  }

  textOf(span: { start: number; end: number }): string {
    return this.text.slice(span.start, span.end);
  }

  /** @throws SqlError 191 when `content` is nested too deeply. */
  nest<T>(content: () => T): T {
    if (this.#depth >= maximumDepth) throw this.#withUnclosed(syntaxError(191, this.current.line));
    this.#depth++;
    try {
      return content();
    } finally {
      this.#depth--;
    }
  }

  /** Counts one operand of a chain. @throws SqlError 191 */
  chain(operands: number): void {
    if (operands >= maximumChain) throw this.#withUnclosed(syntaxError(191, this.current.line));
  }

  isIdentifier(ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.type === 'quoted' || (token.type === 'word' && !token.reserved);
  }

  identifier(): Identifier {
    if (!this.isIdentifier()) this.fail();
    return this.#takeIdentifier();
  }

  /** An identifier, or one of these reserved words in the same place (public, and the like). */
  identifierOr(...words: string[]): Identifier {
    if (!this.isIdentifier() && !this.isOneOf(...words)) this.fail();
    return this.#takeIdentifier();
  }

  /** For aliases and principals: also 'text'. */
  identifierOrString(): Identifier {
    if (this.current.type !== 'string') return this.identifier();
    const token = this.current;
    if (token.value === '') this.error(1038, token);
    this.next();
    return { kind: 'identifier', name: token.value, quoted: true, ...this.span(token) };
  }

  /** @throws SqlError 117 beyond `maximum` parts. */
  name(maximum = 4, what = 'object'): Name {
    const first = this.current;
    const parts = [this.identifier()];
    while (this.isOperator('.')) {
      this.next();
      if (this.isOperator('.')) {
        const here = this.current;
        parts.push({
          kind: 'identifier',
          name: '',
          quoted: false,
          line: here.line,
          start: here.start,
          end: here.start,
        });
      } else {
        parts.push(this.identifier());
      }
    }
    const span = this.span(first);
    if (parts.length > maximum) this.error(117, first, this.textOf(span), what, maximum - 1);
    return { kind: 'name', parts, ...span };
  }

  /** Throws the error of that number at the token's line. */
  error(number: SyntaxErrorNumber, token: Token | Span, ...inserts: (string | number)[]): never {
    throw this.#withUnclosed(syntaxError(number, token.line, ...inserts));
  }

  /** 40517: this server knows the word and does not offer it. */
  unsupported(what: string = this.current.value, token: Token | Span = this.current): never {
    this.error(40517, token, what);
  }

  /** What an error message names: the current token, or the last one when the text is at its end. */
  get nearest(): Token {
    const last = this.#tokens.at(-2);
    return this.current.type === 'end' && last ? last : this.current;
  }

  /** 102, 156 or 319: the token does not belong here. At the end of the text the server names the last token. */
  fail(token: Token = this.current): never {
    if (token.error) throw this.#withUnclosed(token.error);
    if (token.type === 'end') {
      this.error(102, this.nearest, nearText(this.nearest));
    }
    if (token.upper === 'WITH' && token.reserved) this.error(319, token);
    this.error(token.reserved ? 156 : 102, token, nearText(token));
  }

  #takeIdentifier(): Identifier {
    const token = this.next();
    return {
      kind: 'identifier',
      name: token.value,
      quoted: token.type === 'quoted',
      line: token.line,
      start: token.start,
      end: token.end,
    };
  }

  #arrive(): void {
    const token = this.current;
    if (token.error) throw this.#withUnclosed(token.error);
    if (token.unclosed) this.#unclosed = token.unclosed;
  }

  /** The server sends the unclosed quotation mark first and what it led to second. */
  #withUnclosed(error: SqlError): SqlError {
    if (this.#unclosed && error.detail.number !== 105) error.others.push(this.#unclosed.detail);
    return error;
  }
}

/** How a message names a token. */
export function nearText(token: Token): string {
  if (token.type === 'binary') return `0x${token.value}`;
  return token.value;
}
