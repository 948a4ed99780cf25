// Conditions: OR, AND, NOT, comparisons, BETWEEN, IN, LIKE, IS and EXISTS.
import type { ComparisonOperator, Expression, Predicate } from './ast.ts';
import { type Operand, parseArithmetic, parseCondition, parseExpression } from './parseExpression.ts';
import { parseSubquery } from './parseQuery.ts';
import { type TokenStream, nearText } from './tokenStream.ts';
import type { Token } from './tokens.ts';

const predicateKinds: ReadonlySet<string> = new Set<Predicate['kind']>([
  'comparison',
  'quantified',
  'logical',
  'not',
  'between',
  'inList',
  'inQuery',
  'like',
  'isNull',
  'isDistinctFrom',
  'exists',
  'columnUpdated',
]);

export function isPredicate(operand: Operand): operand is Predicate {
  return predicateKinds.has(operand.kind);
}

/** @throws SqlError 4145 when there is only a value, 102 or 156 when there is less. */
export function parsePredicate(p: TokenStream): Predicate {
  return requirePredicate(p, parseCondition(p));
}

function requirePredicate(p: TokenStream, operand: Operand): Predicate {
  if (isPredicate(operand)) return operand;
  const token = p.nearest;
  return p.error(4145, token, nearText(token));
}

/** OR: lowest. The tree is balanced, which AND and OR allow, so that a generated chain of thousands stays shallow. */
export function parsePredicateTail(p: TokenStream): Operand {
  return parseJunction(p, 'OR', () => parseJunction(p, 'AND', () => parseNot(p)));
}

function parseJunction(p: TokenStream, word: 'AND' | 'OR', parseOperand: () => Operand): Operand {
  const left = parseOperand();
  if (!p.isWord(word)) return left;
  const operands = [requirePredicate(p, left)];
  while (p.takeWord(word)) operands.push(requirePredicate(p, parseOperand()));
  const operator = word === 'AND' ? 'and' : 'or';
  const join = (from: number, to: number): Predicate => {
    const start = operands[from] as Predicate;
    if (to - from === 1) return start;
    const middle = Math.ceil((from + to) / 2);
    const end = operands[to - 1] as Predicate;
    return {
      kind: 'logical',
      operator,
      left: join(from, middle),
      right: join(middle, to),
      line: start.line,
      start: start.start,
      end: end.end,
    };
  };
  return join(0, operands.length);
}

function parseNot(p: TokenStream): Operand {
  const token = p.current;
  if (!p.takeWord('NOT')) return parseSimple(p);
  const operand = requirePredicate(
    p,
    p.nest(() => parseNot(p)),
  );
  return { kind: 'not', operand, ...p.span(token) };
}

/** < > = and their kin; the server also takes a blank between the two characters. */
function takeComparison(p: TokenStream): ComparisonOperator | undefined {
  const token = p.current;
  if (token.type !== 'operator') return undefined;
  switch (token.upper) {
    case '=':
    case '<>':
    case '<=':
    case '>=':
      p.next();
      return token.upper;
    case '!=':
      p.next();
      return '<>';
    case '!<':
      p.next();
      return '>=';
    case '!>':
      p.next();
      return '<=';
    case '<':
      p.next();
      if (p.takeOperator('=')) return '<=';
      return p.takeOperator('>') ? '<>' : '<';
    case '>':
      p.next();
      return p.takeOperator('=') ? '>=' : '>';
    case '!':
      p.next();
      if (p.takeOperator('=')) return '<>';
      if (p.takeOperator('<')) return '>=';
      p.expectOperator('>');
      return '<=';
    default:
      return undefined;
  }
}

function parseSimple(p: TokenStream): Operand {
  const first = p.current;
  if (p.takeWord('EXISTS')) return { kind: 'exists', query: parseSubquery(p), ...p.span(first) };
  if (p.isOneOf('CONTAINS', 'FREETEXT')) p.unsupported();
  if (p.isWord('UPDATE') && p.isOperator('(', 1)) {
    p.next();
    const column = p.parenthesized(() => p.identifier());
    return { kind: 'columnUpdated', column, ...p.span(first) };
  }
  const left = parseArithmetic(p, true);
  if (isPredicate(left)) return left;
  const operator = takeComparison(p);
  if (operator) return parseComparison(p, first, left, operator);
  return parseKeywordPredicate(p, first, left);
}

function parseComparison(
  p: TokenStream,
  first: Token,
  left: Expression,
  operator: ComparisonOperator,
): Predicate {
  const word = p.takeOneOf('ALL', 'ANY', 'SOME');
  if (word) {
    const query = parseSubquery(p);
    return {
      kind: 'quantified',
      operator,
      quantifier: word === 'ALL' ? 'all' : 'any',
      left,
      query,
      ...p.span(first),
    };
  }
  const right = parseExpression(p);
  return { kind: 'comparison', operator, left, right, ...p.span(first) };
}

/** What follows `operand` as words: IS, [NOT] BETWEEN, IN, LIKE. Without any of them `operand` itself. */
function parseKeywordPredicate(p: TokenStream, first: Token, operand: Expression): Operand {
  if (p.takeWord('IS')) {
    const negated = p.takeWord('NOT');
    if (p.takeWord('DISTINCT', 'FROM')) {
      const right = parseExpression(p);
      return { kind: 'isDistinctFrom', negated, left: operand, right, ...p.span(first) };
    }
    p.expectWord('NULL');
    return { kind: 'isNull', negated, operand, ...p.span(first) };
  }
  const negated = p.isWord('NOT') && ['BETWEEN', 'IN', 'LIKE'].includes(p.peek().upper) && p.takeWord('NOT');
  if (p.takeWord('BETWEEN')) {
    const low = parseExpression(p);
    p.expectWord('AND');
    const high = parseExpression(p);
    return { kind: 'between', negated, operand, low, high, ...p.span(first) };
  }
  if (p.takeWord('IN')) {
    if (p.isOperator('(') && p.peek().upper === 'SELECT' && p.peek().reserved) {
      const query = parseSubquery(p);
      return { kind: 'inQuery', negated, operand, query, ...p.span(first) };
    }
    const values = p.parenthesized(() => p.list(() => parseExpression(p)));
    return { kind: 'inList', negated, operand, values, ...p.span(first) };
  }
  if (p.takeWord('LIKE')) {
    const pattern = parseExpression(p);
    const escape = p.takeWord('ESCAPE') ? parseExpression(p) : undefined;
    return { kind: 'like', negated, operand, pattern, ...(escape && { escape }), ...p.span(first) };
  }
  return operand;
}
