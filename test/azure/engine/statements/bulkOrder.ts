// ORDER (…) of a bulk load: rows that the client says are sorted as the table's clustered index is.
import type { InsertBulk } from '../../tsql/ast.ts';
import type { ResolvedObject } from '../bind/ports.ts';
import { raise } from '../bind/raise.ts';
import { sameName } from '../bind/scope.ts';
import { columnPgType } from '../catalog/pgTypes.ts';
import type { CatalogObject } from '../catalog/snapshot.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';

/** Counts when it is the order of the clustered index and the keys come in the columns' own types. @throws SqlError 4819 */
export async function checkOrder(
  interpreter: Interpreter,
  node: InsertBulk,
  table: ResolvedObject,
  gathered: CatalogObject,
): Promise<void> {
  const { order } = node.options;
  const [first] = order;
  if (first === undefined) return;
  const keys = interpreter.snapshot
    ?.indexes(table.objectId)
    .find((index) => index.clustered)
    ?.columns.filter((column) => !column.included);
  const columns = interpreter.snapshot?.object(table.objectId)?.columns ?? [];
  const names: string[] = [];
  for (const [i, { name, descending }] of order.entries()) {
    const key = keys?.[i];
    const column = columns.find(({ columnId }) => columnId === key?.columnId);
    const place = node.columns.findIndex((announced) => sameName(announced.name.name, name.name));
    const type = node.columns[place]?.type.system;
    if (key === undefined || column === undefined || type === undefined) return;
    if (!sameName(column.name, name.name) || key.descending !== descending) return;
    // A key that is converted has to be sorted again: what the client said is then not looked at.
    const { collation: _, ...own } = column.type;
    if (columnPgType(own) !== columnPgType(type) || own.length !== type.length) return;
    names.push(gathered.columns[place]?.pgName ?? '');
  }
  // Keys that go both ways have no comparison of their own in PostgreSQL: those rows are sorted anyway.
  if (keys?.length !== order.length || order.some(({ descending }) => descending !== first.descending))
    return;
  const list = names.join(', ');
  const before = names.map((name) => `lag(${name}) OVER (ORDER BY ctid) AS ${name}_before`).join(', ');
  const left = names.map((name) => `${name}_before`).join(', ');
  const { rows } = await interpreter.connection.query(
    `SELECT concat_ws(', ', ${left}) AS first, concat_ws(', ', ${list}) AS second FROM (SELECT ctid AS place, ${list}, ${before} FROM ${gathered.pgName}) AS x WHERE (${left}) ${first.descending ? '<=' : '>='} (${list}) ORDER BY place LIMIT 1`,
  );
  if (rows[0] === undefined) return;
  raise(
    4819,
    `Cannot bulk load. The bulk data stream was incorrectly specified as sorted or the data violates a uniqueness constraint imposed by the target table. Sort order incorrect for the following two rows: primary key of first row: (${String(rows[0]['first'])}), primary key of second row: (${String(rows[0]['second'])}).`,
  );
}
