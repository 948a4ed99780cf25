// GROUP BY, and what a grouped block may not mention outside aggregates.
import type { Expression, GroupItem } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import { bindExpression } from './expressions.ts';
import { raise } from './raise.ts';
import type { Scope } from './scope.ts';
import { isLegacyLob } from './sqlTypes.ts';

/** One item; what it groups by is added to `keys`. @throws SqlError 144, 164, 306. */
export function groupSql(binder: Binder, scope: Scope, item: GroupItem, keys: Set<string>): string {
  const key = (expression: Expression): string => {
    if (expression.kind === 'number' || expression.kind === 'string') {
      raise(
        164,
        'Each GROUP BY expression must contain at least one column that is not an outer reference.',
        expression.line,
        15,
      );
    }
    scope.aggregates = 'where';
    const bound = bindExpression(binder, scope, expression);
    scope.aggregates = 'allowed';
    if (bound.aggregate === true) {
      raise(
        144,
        'Cannot use an aggregate or a subquery in an expression used for the group by list of a GROUP BY clause.',
        expression.line,
        15,
      );
    }
    if (isLegacyLob(bound.type) || bound.type.name === 'xml') {
      raise(
        306,
        'The text, ntext, and image data types cannot be compared or sorted, except when using IS NULL or LIKE operator.',
        expression.line,
      );
    }
    keys.add(bound.sql);
    return bound.sql;
  };
  const elements = (lists: Expression[][]): string =>
    lists.map((list) => `(${list.map(key).join(', ')})`).join(', ');
  switch (item.kind) {
    case 'groupExpression':
      return key(item.expression);
    case 'rollup':
      return `ROLLUP (${elements(item.elements)})`;
    case 'cube':
      return `CUBE (${elements(item.elements)})`;
    case 'groupingSets':
      return `GROUPING SETS (${item.sets
        .map((set) =>
          Array.isArray(set)
            ? `(${set.map(key).join(', ')})`
            : `${set.kind === 'rollup' ? 'ROLLUP' : 'CUBE'} (${elements(set.elements)})`,
        )
        .join(', ')})`;
  }
}

/** @throws SqlError 8120, 8121, 8127 for a column that is neither grouped nor aggregated. */
export function refuseUngrouped(number: number, where: string, loose: readonly string[], line: number): void {
  const first = loose[0];
  if (first === undefined) return;
  raise(
    number,
    `Column '${first}' is invalid in ${where} because it is not contained in either an aggregate function or the GROUP BY clause.`,
    line,
  );
}
