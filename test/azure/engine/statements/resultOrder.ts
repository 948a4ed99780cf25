// Which columns of a result ORDER BY sorts by, as the ORDER token tells them (MS-TDS 2.2.7.17).
import type { ResultColumn } from '../../contract.ts';
import { foldName } from '../catalog/foldName.ts';
import type { Query } from '../../tsql/ast.ts';

/** Positions from 1; none when anything but a column of the result is sorted by. */
export function orderOf(query: Query, columns: readonly ResultColumn[]): number[] {
  if (query.forClause !== undefined) return [];
  const order = query.orderBy.map(({ expression }) => {
    if (expression.kind === 'number' && expression.form === 'integer') return Number(expression.text);
    if (expression.kind !== 'column') return 0;
    const name = foldName(expression.name.parts.at(-1)?.name ?? '');
    return columns.findIndex((column) => foldName(column.name) === name) + 1;
  });
  return order.includes(0) ? [] : order;
}
