// Scalar expressions and conditions. T-SQL keeps the two apart; inside parentheses only the content tells which one it is.
import type { Arithmetic, ArithmeticOperator, Expression, NumberLiteral, Predicate, Unary } from './ast.ts';
import { parseCase, parseFunction, parseNiladic } from './parseFunction.ts';
import { isPredicate, parsePredicateTail } from './parsePredicate.ts';
import { parseSubqueryBody } from './parseQuery.ts';
import type { Token } from './tokens.ts';
import type { TokenStream } from './tokenStream.ts';

/** What stands in a place whose kind is not known yet. */
export type Operand = Expression | Predicate;

const additive: ReadonlySet<string> = new Set(['+', '-', '&', '|', '^', '||']);
const multiplicative: ReadonlySet<string> = new Set(['*', '/', '%']);
/** Reserved words that are also functions. */
const reservedFunctions: ReadonlySet<string> = new Set([
  'COALESCE',
  'CONVERT',
  'TRY_CONVERT',
  'NULLIF',
  'LEFT',
  'RIGHT',
]);

/** @throws SqlError 102, 156 … */
export function parseExpression(p: TokenStream): Expression {
  return requireExpression(
    p,
    p.nest(() => parseArithmetic(p, false)),
  );
}

/** An expression, or the word DEFAULT. */
export function parseExpressionOrDefault(p: TokenStream): Expression {
  const token = p.current;
  if (p.takeWord('DEFAULT')) return { kind: 'default', ...p.span(token) };
  return parseExpression(p);
}

function requireExpression(p: TokenStream, operand: Operand): Expression {
  if (isPredicate(operand)) p.fail();
  return operand;
}

/** + - & | ^ and below them * / %; all left-associative. `either` lets a parenthesised condition through. */
export function parseArithmetic(p: TokenStream, either: boolean): Operand {
  return parseChain(p, additive, either, () =>
    parseChain(p, multiplicative, either, () => parseUnary(p, either)),
  );
}

function parseChain(
  p: TokenStream,
  operators: ReadonlySet<string>,
  either: boolean,
  parseOperand: () => Operand,
): Operand {
  const first = p.current;
  let left = parseOperand();
  for (let operands = 1; p.current.type === 'operator' && operators.has(p.current.upper); operands++) {
    if (isPredicate(left)) p.fail();
    p.chain(operands);
    const operator = p.next().upper as ArithmeticOperator;
    const right = requireExpression(p, parseOperand());
    const node: Arithmetic = { kind: 'arithmetic', operator, left, right, ...p.span(first) };
    left = node;
  }
  if (isPredicate(left) && !either) p.fail();
  return left;
}

function parseUnary(p: TokenStream, either: boolean): Operand {
  const token = p.current;
  if (token.type === 'operator' && (token.upper === '-' || token.upper === '+' || token.upper === '~')) {
    const operator = token.upper;
    p.next();
    const operand = requireExpression(
      p,
      p.nest(() => parseUnary(p, false)),
    );
    const node: Unary = { kind: 'unary', operator, operand, ...p.span(token) };
    return node;
  }
  return parsePostfix(p, either);
}

/** COLLATE and AT TIME ZONE after a primary expression. */
function parsePostfix(p: TokenStream, either: boolean): Operand {
  const first = p.current;
  let operand = parsePrimary(p, either);
  if (isPredicate(operand)) return operand;
  for (let operands = 1; ; operands++) {
    p.chain(operands);
    if (p.takeWord('COLLATE')) {
      const collation = p.identifier().name;
      operand = { kind: 'collate', operand, collation, ...p.span(first) };
    } else if (p.takeWord('AT', 'TIME', 'ZONE')) {
      const zone = requireExpression(p, parsePrimary(p, false));
      operand = { kind: 'atTimeZone', operand, zone, ...p.span(first) };
    } else {
      return operand;
    }
  }
}

function numberLiteral(p: TokenStream): NumberLiteral {
  const token = p.next();
  let form: NumberLiteral['form'] = 'integer';
  if (token.type === 'money') form = 'money';
  else if (/e/i.test(token.value)) form = 'float';
  else if (token.value.includes('.')) form = 'decimal';
  return { kind: 'number', form, text: token.value, ...p.span(token) };
}

function parsePrimary(p: TokenStream, either: boolean): Operand {
  const token = p.current;
  switch (token.type) {
    case 'number':
    case 'money':
      return numberLiteral(p);
    case 'string':
      p.next();
      return { kind: 'string', value: token.value, national: token.national, ...p.span(token) };
    case 'binary':
      p.next();
      return { kind: 'binary', hex: token.value, ...p.span(token) };
    case 'variable':
      p.next();
      if (p.isOperator('.')) p.unsupported(`${token.value}.${p.peek().value}`);
      return { kind: 'variable', name: token.value, ...p.span(token) };
    case 'global':
      p.next();
      return { kind: 'global', name: token.value.toUpperCase(), ...p.span(token) };
    case 'dollar':
      if (token.upper !== '$ACTION') p.unsupported();
      p.next();
      return { kind: 'mergeAction', ...p.span(token) };
    case 'operator':
      if (token.upper === '(') return p.nest(() => parseParentheses(p, either));
      return p.fail();
    case 'word':
    case 'quoted':
      return parseWord(p, token);
    default:
      return p.fail();
  }
}

/** `(` has come: a subquery, an expression, or (where `either`) a condition. */
function parseParentheses(p: TokenStream, either: boolean): Operand {
  const open = p.next();
  if (p.isWord('SELECT')) {
    const query = parseSubqueryBody(p);
    p.expectOperator(')');
    return { kind: 'subquery', query, ...p.span(open) };
  }
  const inner = either ? parseCondition(p) : parseArithmetic(p, false);
  // ((SELECT 1) UNION SELECT 2): what looked like an operand was the left side of a set operation.
  if (inner.kind === 'subquery' && p.isOneOf('UNION', 'EXCEPT', 'INTERSECT')) {
    const query = parseSubqueryBody(p, inner.query.body);
    p.expectOperator(')');
    return { kind: 'subquery', query, ...p.span(open) };
  }
  p.expectOperator(')');
  return { ...inner, ...p.span(open) };
}

function parseWord(p: TokenStream, token: Token): Operand {
  if (token.reserved) {
    if (p.takeWord('NULL')) return { kind: 'null', ...p.span(token) };
    if (token.upper === 'CASE') return p.nest(() => parseCase(p));
    const niladic = parseNiladic(p);
    if (niladic) return niladic;
    if (!reservedFunctions.has(token.upper) || !p.isOperator('(', 1)) p.fail();
    const name = p.identifierOr(token.upper);
    return p.nest(() => parseFunction(p, { kind: 'name', parts: [name], ...p.span(token) }));
  }
  if (p.isWord('NEXT', 'VALUE', 'FOR')) {
    p.expectWord('NEXT', 'VALUE', 'FOR');
    const sequence = p.name(3);
    if (p.isWord('OVER')) p.unsupported();
    return { kind: 'nextValue', sequence, ...p.span(token) };
  }
  const name = p.name(5, 'number');
  if (p.isOperator('(')) return p.nest(() => parseFunction(p, name));
  if (p.isOperator('::')) p.unsupported('::');
  if (name.parts.length > 4) p.error(117, token, p.textOf(name), 'number', 3);
  return { kind: 'column', name, ...p.span(token) };
}

/** Where a condition may stand: OR, AND, NOT and what they join. Returns an expression if there is nothing but one. */
export function parseCondition(p: TokenStream): Operand {
  return p.nest(() => parsePredicateTail(p));
}
