// The list of a SELECT block: expressions, stars, and assignments to variables.
import type { Expression, SelectBlock, StarItem } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import type { Bound } from './bound.ts';
import type { BoundQuery, QueryOptions } from './boundQuery.ts';
import { assignedExpression } from './compoundOperator.ts';
import { bindExpression } from './expressions.ts';
import { raise } from './raise.ts';
import type { Scope } from './scope.ts';

export interface SelectedItem {
  bound: Bound;
  /** '' when it has none. */
  name: string;
  line: number;
}

/** @throws SqlError 137, 141. */
export function bindItems(
  binder: Binder,
  scope: Scope,
  block: SelectBlock,
  role: NonNullable<QueryOptions['role']>,
): { items: SelectedItem[]; assignments: NonNullable<BoundQuery['assignments']> } {
  const items: SelectedItem[] = [];
  const assignments: NonNullable<BoundQuery['assignments']> = [];
  for (const item of block.items) {
    if (item.kind === 'star') {
      if (role === 'exists' && item.qualifier === undefined) {
        items.push({
          bound: { sql: '1', type: { name: 'int' }, nullable: false, loose: [] },
          name: '',
          line: item.line,
        });
        continue;
      }
      items.push(...starItems(binder, scope, item));
      continue;
    }
    if (item.kind === 'assignment') {
      const type = binder.input.variables.get(item.variable.toLowerCase());
      if (type === undefined)
        raise(137, `Must declare the scalar variable "${item.variable}".`, item.line, 15);
      const expression = assignedExpression(item, item.expression);
      const bound = binder.convert(bindExpression(binder, scope, expression), type, item.line);
      items.push({ bound, name: '', line: item.line });
      assignments.push({ variable: item.variable.toLowerCase(), line: item.line });
      continue;
    }
    const bound = bindExpression(binder, scope, item.expression);
    items.push({ bound, name: item.alias?.name ?? impliedName(item.expression), line: item.line });
  }
  if (assignments.length > 0 && assignments.length !== items.length) {
    raise(
      141,
      'A SELECT statement that assigns a value to a variable must not be combined with data-retrieval operations.',
      block.line,
      15,
    );
  }
  return { items, assignments };
}

/** The columns that `*` or `t.*` stands for. */
function starItems(binder: Binder, scope: Scope, item: StarItem): SelectedItem[] {
  return scope.star(item.qualifier, item.line).flatMap((source) =>
    source.columns.flatMap((column) => {
      if (column.hidden === true) return [];
      if (source.table !== undefined) binder.markColumn(source.table.key, column.name);
      const grouped = scope.grouping?.expressions.has(column.sql) === true;
      const bound: Bound = {
        sql: column.sql,
        type: column.type,
        nullable: column.nullable,
        column,
        loose: grouped ? [] : [`${source.name}.${column.name}`],
      };
      return [{ bound, name: column.name, line: item.line }];
    }),
  );
}

function impliedName(expression: Expression): string {
  if (expression.kind === 'column') return expression.name.parts.at(-1)?.name ?? '';
  if (expression.kind === 'mergeAction') return '$action';
  return '';
}
