// GROUP BY: expressions, ROLLUP, CUBE, GROUPING SETS and the older WITH ROLLUP.
import type { Cube, Expression, GroupItem, Rollup } from './ast.ts';
import { parseExpression } from './parseExpression.ts';
import type { TokenStream } from './tokenStream.ts';

/** GROUP is taken. */
export function parseGroupBy(p: TokenStream): GroupItem[] {
  const first = p.current;
  p.expectWord('BY');
  if (p.isWord('ALL')) p.unsupported('GROUP BY ALL');
  const items = p.list(() => parseGroupItem(p));
  const older = p.isWord('WITH', 'ROLLUP') ? 'rollup' : p.isWord('WITH', 'CUBE') ? 'cube' : undefined;
  if (!older) return items;
  p.next();
  p.next();
  const elements = items.map((item) => (item.kind === 'groupExpression' ? [item.expression] : p.fail()));
  return [{ kind: older, elements, ...p.span(first) }];
}

function parseGroupItem(p: TokenStream): GroupItem {
  const first = p.current;
  const rollup = parseRollup(p);
  if (rollup) return rollup;
  if (p.isWord('GROUPING', 'SETS')) {
    p.next();
    p.next();
    const sets = p.parenthesized(() => p.list(() => parseRollup(p) ?? parseGroupElement(p)));
    return { kind: 'groupingSets', sets, ...p.span(first) };
  }
  if (p.isOperator('(') && p.isOperator(')', 1)) {
    p.next();
    p.next();
    return { kind: 'groupingSets', sets: [[]], ...p.span(first) };
  }
  const expression = parseExpression(p);
  return { kind: 'groupExpression', expression, ...p.span(first) };
}

function parseRollup(p: TokenStream): Rollup | Cube | undefined {
  const first = p.current;
  if (!p.isOperator('(', 1)) return undefined;
  const word = p.takeOneOf('ROLLUP', 'CUBE');
  if (!word) return undefined;
  const elements = p.parenthesized(() => p.list(() => parseGroupElement(p)));
  return { kind: word === 'ROLLUP' ? 'rollup' : 'cube', elements, ...p.span(first) };
}

/** One expression, or a list of them in parentheses; () is the grand total. */
function parseGroupElement(p: TokenStream): Expression[] {
  if (!p.isOperator('(')) return [parseExpression(p)];
  return p.parenthesized(() => (p.isOperator(')') ? [] : p.list(() => parseExpression(p))));
}
