// Compound operators: @v += x assigns @v + x.
import type { AssignmentItem, Expression, SetVariable } from '../../tsql/ast.ts';

export function arithmeticOf(operator: string): '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' {
  return operator.slice(0, 1) as '+';
}

/** What SET or SELECT assigns to a variable: `value`, or the variable and `value` under the operator. */
export function assignedExpression(node: AssignmentItem | SetVariable, value: Expression): Expression {
  if (node.operator === '=') return value;
  const { variable, line, start, end } = node;
  return {
    kind: 'arithmetic',
    operator: arithmeticOf(node.operator),
    left: { kind: 'variable', name: variable, line, start, end },
    right: value,
    line,
    start,
    end,
  };
}
