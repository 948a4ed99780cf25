// ORDER BY: of a SELECT block, of a set operation, and inside aggregates and windows.
import type { Expression, OrderItem, SelectBlock } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import type { Bound } from './bound.ts';
import type { OutputColumn } from './boundQuery.ts';
import { bindExpression } from './expressions.ts';
import { raise } from './raise.ts';
import { sameName } from './scope.ts';
import type { Scope } from './scope.ts';
import type { SelectedItem } from './selectItems.ts';
import { isCharacter, isLegacyLob } from './sqlTypes.ts';

/** `expression ASC|DESC` with NULLs lowest, as T-SQL has them. */
export function orderSql(binder: Binder, bound: Bound, descending: boolean): string {
  if (isLegacyLob(bound.type) || bound.type.name === 'xml') {
    raise(
      306,
      'The text, ntext, and image data types cannot be compared or sorted, except when using IS NULL or LIKE operator.',
    );
  }
  const key = isCharacter(bound.type)
    ? binder.storage.comparable(bound.sql, bound.type, bound.column !== undefined)
    : bound.type.name === 'uniqueidentifier'
      ? binder.storage.guidOrder(bound.sql)
      : bound.type.name === 'sql_variant'
        ? binder.storage.variantKey(bound.sql)
        : bound.sql;
  // A bare number would be an ordinal.
  const safe = /^\d+$/u.test(key) ? `(${key} + 0)` : key;
  return `${safe} ${direction(descending)}`;
}

/** NULLs are lowest. */
const direction = (descending: boolean): string => (descending ? 'DESC NULLS LAST' : 'ASC NULLS FIRST');

/** An item of a block's ORDER BY: a column of the list by position or name, or an expression of its own. @throws SqlError 108, 145, 209, 408. */
export function bindOrder(
  binder: Binder,
  scope: Scope,
  item: OrderItem,
  items: readonly SelectedItem[],
  block: SelectBlock,
  index: number,
): { sql: string; bound: Bound } {
  const expression = item.expression;
  let found: SelectedItem | undefined;
  if (expression.kind === 'number' && expression.form === 'integer') {
    const position = Number(expression.text);
    if (position < 1 || position > items.length) orderOutOfRange(position, item.line);
    found = items[position - 1];
  } else if (expression.kind === 'column' && expression.name.parts.length === 1) {
    const name = expression.name.parts[0]?.name ?? '';
    const named = items.filter((candidate) => candidate.name !== '' && sameName(candidate.name, name));
    if (named.length > 1 && new Set(named.map((candidate) => candidate.bound.sql)).size > 1) {
      raise(209, `Ambiguous column name '${name}'.`, item.line);
    }
    found = named[0];
  } else if (isConstant(expression)) {
    raise(
      408,
      `A constant expression was encountered in the ORDER BY list, position ${String(index + 1)}.`,
      item.line,
    );
  }
  const bound = found?.bound ?? bindExpression(binder, scope, expression);
  if (block.distinct) {
    const position = items.findIndex((candidate) => candidate.bound.sql === bound.sql);
    if (position < 0) {
      raise(
        145,
        'ORDER BY items must appear in the select list if SELECT DISTINCT is specified.',
        item.line,
        15,
      );
    }
    // PostgreSQL compares texts of the list: the position says the same and cannot differ.
    return {
      sql: `${String(position + 1)} ${direction(item.descending)}`,
      bound,
    };
  }
  return { sql: orderSql(binder, bound, item.descending), bound };
}

const isConstant = (expression: Expression): boolean =>
  expression.kind === 'string' || (expression.kind === 'number' && expression.form !== 'integer');

/** Which column of a set operation an item of its ORDER BY means, from 0. @throws SqlError 104, 108, 207. */
export function setOrderPosition(columns: readonly OutputColumn[], item: OrderItem): number {
  const expression = item.expression;
  if (expression.kind === 'number' && expression.form === 'integer') {
    const position = Number(expression.text);
    if (position < 1 || position > columns.length) orderOutOfRange(position, item.line);
    return position - 1;
  }
  if (expression.kind === 'column') {
    const last = expression.name.parts.at(-1)?.name ?? '';
    const position = columns.findIndex((column) => sameName(column.name, last));
    if (position >= 0) return position;
    if (expression.name.parts.length === 1) raise(207, `Invalid column name '${last}'.`, item.line);
  }
  return raise(
    104,
    'ORDER BY items must appear in the select list if the statement contains a UNION, INTERSECT or EXCEPT operator.',
    item.line,
  );
}

function orderOutOfRange(position: number, line: number): never {
  raise(
    108,
    `The ORDER BY position number ${String(position)} is out of range of the number of items in the select list.`,
    line,
  );
}
