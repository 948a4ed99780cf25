// The way in: T-SQL texts to syntax trees.
import type { Batch, DataType, Expression, ParameterDefinitions, Predicate } from './ast.ts';
import { parseDataType } from './parseDataType.ts';
import { parseExpression } from './parseExpression.ts';
import { parseParameter } from './parseParameter.ts';
import { parsePredicate } from './parsePredicate.ts';
import { parseStatements } from './parseStatement.ts';
import { TokenStream } from './tokenStream.ts';

export interface ParserOptions {
  /** SET QUOTED_IDENTIFIER of the session: "x" is a name; true unless told. */
  quotedIdentifier?: boolean;
}

function read<T>(text: string, options: ParserOptions, parse: (p: TokenStream) => T): T {
  const p = new TokenStream(text, options.quotedIdentifier ?? true);
  const result = parse(p);
  if (p.current.type !== 'end') p.fail();
  p.checkLabels();
  p.checkClosed();
  return result;
}

/** A batch as the client sent it: no GO, which is the client's own. @throws SqlError of class 15 (16 for what is not offered) */
export function parseBatch(text: string, options: ParserOptions = {}): Batch {
  const statements = read(text, options, parseStatements);
  return { kind: 'batch', text, statements, line: 1, start: 0, end: text.length };
}

/** One scalar expression (a stored default, a computed column). */
export function parseExpressionText(text: string, options: ParserOptions = {}): Expression {
  return read(text, options, parseExpression);
}

/** Expressions separated by commas. */
export function parseExpressionList(text: string, options: ParserOptions = {}): Expression[] {
  return read(text, options, (p) => p.list(() => parseExpression(p)));
}

/** One condition (a stored CHECK constraint, an index filter). */
export function parsePredicateText(text: string, options: ParserOptions = {}): Predicate {
  return read(text, options, parsePredicate);
}

/** One type, as in `nvarchar(10)`. */
export function parseDataTypeText(text: string): DataType {
  return read(text, {}, parseDataType);
}

/** sp_executesql's second argument; '' and blanks are no parameters. */
export function parseParameterDefinitions(text: string): ParameterDefinitions {
  return read(text, {}, (p) => (p.current.type === 'end' ? [] : p.list(() => parseParameter(p))));
}
