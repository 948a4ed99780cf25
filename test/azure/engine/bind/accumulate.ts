// SELECT @v = @v + column FROM …: the variable grows row by row, which in PostgreSQL is an aggregate over the rows in their order.
import type { AssignmentItem, Expression, Query, SelectBlock } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import type { Bound } from './bound.ts';
import { arithmetic } from './arithmetic.ts';
import { bindExpression } from './expressions.ts';
import { bindFrom } from './from.ts';
import { bindPredicate } from './predicates.ts';
import { orderSql } from './orderBy.ts';
import type { BoundQuery } from './boundQuery.ts';
import { raise, unsupported } from './raise.ts';
import { Scope, sameName } from './scope.ts';
import { isCharacter, isNumeric } from './sqlTypes.ts';

/** Whether an expression mentions a variable. */
export function mentionsVariable(node: unknown, name: string): boolean {
  if (Array.isArray(node)) return node.some((child) => mentionsVariable(child, name));
  if (typeof node !== 'object' || node === null) return false;
  if ('kind' in node && node.kind === 'variable' && 'name' in node && typeof node.name === 'string') {
    return sameName(node.name, name);
  }
  return Object.values(node).some((child) => mentionsVariable(child, name));
}

/** Whether the block's assignments build on what the row before left. */
export function accumulates(block: SelectBlock): boolean {
  return (
    block.from.length > 0 &&
    block.items.some(
      (item) =>
        item.kind === 'assignment' &&
        (item.operator !== '=' || mentionsVariable(item.expression, item.variable)),
    )
  );
}

interface Growth {
  /** The value before the first row is added. */
  start: Expression;
  separator: Expression | undefined;
  added: Expression[];
}

function leaves(expression: Expression): Expression[] {
  return expression.kind === 'arithmetic' && expression.operator === '+'
    ? [...leaves(expression.left), ...leaves(expression.right)]
    : [expression];
}

function growthOf(item: AssignmentItem): Growth {
  const at = { line: item.line, start: item.start, end: item.end };
  const variable: Expression = { kind: 'variable', name: item.variable, ...at };
  if (item.operator !== '=') {
    if (item.operator !== '+=' || mentionsVariable(item.expression, item.variable)) {
      return unsupported(`SELECT ${item.variable} ${item.operator} … over rows`, item.line);
    }
    return { start: variable, separator: undefined, added: [item.expression] };
  }
  const [first, ...added] = leaves(item.expression);
  if (
    first === undefined ||
    added.some((leaf) => mentionsVariable(leaf, item.variable)) ||
    !mentionsVariable(first, item.variable) ||
    added.length === 0
  ) {
    return unsupported(`SELECT ${item.variable} = an expression of itself over rows`, item.line);
  }
  if (first.kind === 'variable') return { start: first, separator: undefined, added };
  if (
    first.kind === 'call' &&
    ['ISNULL', 'COALESCE'].includes(first.name.parts.at(-1)?.name.toUpperCase() ?? '')
  ) {
    const [inner] = first.arguments;
    if (inner?.kind === 'variable') return { start: first, separator: undefined, added };
    if (inner?.kind === 'arithmetic' && inner.operator === '+' && inner.left.kind === 'variable') {
      return { start: first, separator: inner.right, added };
    }
  }
  return unsupported(`SELECT ${item.variable} = an expression of itself over rows`, item.line);
}

export function bindAccumulation(
  binder: Binder,
  block: SelectBlock,
  parent: Scope | undefined,
  query: Query | undefined,
): BoundQuery {
  if (
    block.distinct ||
    block.top !== undefined ||
    block.groupBy.length > 0 ||
    block.having !== undefined ||
    query?.offset !== undefined
  ) {
    unsupported('a variable that grows over DISTINCT, TOP or grouped rows', block.line);
  }
  const scope = new Scope(parent);
  const from = bindFrom(binder, scope, block.from, []);
  const where = block.where === undefined ? '' : ` WHERE ${bindPredicate(binder, scope, block.where).sql}`;
  const order = (query?.orderBy ?? [])
    .map((item) => orderSql(binder, bindExpression(binder, scope, item.expression), item.descending))
    .join(', ');
  const assignments: { variable: string; line: number }[] = [];
  const columns: BoundQuery['columns'] = [];
  const texts = block.items.map((item, i) => {
    if (item.kind !== 'assignment') {
      return raise(
        141,
        'A SELECT statement that assigns a value to a variable must not be combined with data-retrieval operations.',
        block.line,
        15,
      );
    }
    const type = binder.input.variables.get(item.variable.toLowerCase());
    if (type === undefined)
      return raise(137, `Must declare the scalar variable "${item.variable}".`, item.line, 15);
    const growth = growthOf(item);
    const bind = (expression: Expression): Bound => bindExpression(binder, scope, expression);
    const added = growth.added
      .map(bind)
      .reduce((left, right) => arithmetic(binder, '+', left, right, item.line));
    const start = bind(growth.start);
    assignments.push({ variable: item.variable.toLowerCase(), line: item.line });
    columns.push({ name: '', type, nullable: true });
    const orderBy = order === '' ? '' : ` ORDER BY ${order}`;
    if (isNumeric(type) && isNumeric(added.type)) {
      const total: Bound = { ...added, sql: `coalesce(sum(${added.sql}), 0)`, type: added.type, loose: [] };
      return `${binder.convert(arithmetic(binder, '+', start, total, item.line), type, item.line).sql} AS c${String(i + 1)}`;
    }
    if (!isCharacter(type)) return unsupported(`a ${type.name} variable that grows over rows`, item.line);
    const piece = binder.convert(added, type, item.line).sql;
    const separator = growth.separator === undefined ? "''" : bind(growth.separator).sql;
    const joined = `(CASE WHEN bool_or(${piece} IS NULL) THEN NULL WHEN count(*) = 0 THEN ${binder.parameter({ kind: 'variable', name: item.variable.toLowerCase(), type })} ELSE ${start.sql} || string_agg(${piece}, ${separator}${orderBy}) END)`;
    return `${binder.cast({ sql: joined, type: { name: type.name, length: -1 }, nullable: true, loose: [] }, type).sql} AS c${String(i + 1)}`;
  });
  return {
    sql: `SELECT ${texts.join(', ')}, count(*) AS rows${from}${where}`,
    columns,
    loose: [],
    assignments,
    accumulated: true,
  };
}
