// The rows of a bulk load as they come: held against what INSERT BULK announced, and put into the temp table they are inserted from.
import type { BulkLoad, SqlType, SqlValue } from '../../contract.ts';
import type { InsertBulk } from '../../tsql/ast.ts';
import { raise } from '../bind/raise.ts';
import { isBytes, isDate, isTextType, lengthOf, pgType } from '../catalog/pgTypes.ts';
import type { CatalogObject } from '../catalog/snapshot.ts';
import { encodeParameter } from '../catalog/values.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';

const ROWS_AT_ONCE = 1000;

/** Types between which a bulk load does not convert. */
function family(type: SqlType): string {
  if (isBytes(type)) return 'bytes';
  if (isDate(type)) return 'date';
  if (isTextType(type)) return 'text';
  return type.name === 'uniqueidentifier' ? type.name : 'number';
}

/** @throws SqlError 4816 when the columns' types are others than those of INSERT BULK */
export function checkTypes(node: InsertBulk, load: BulkLoad): void {
  for (const [i, { type }] of node.columns.entries()) {
    const sent = load.columns[i]?.type;
    const announced = type.system;
    if (sent === undefined || announced === undefined) continue;
    if ([sent.name, announced.name].includes('sql_variant') || family(sent) === family(announced)) continue;
    raise(4816, `Invalid column type from bcp client for colid ${String(i + 1)}.`, node.line);
  }
}

const sizeOf = (value: SqlValue): number =>
  typeof value === 'string' || value instanceof Uint8Array ? value.length : 0;

/** @throws SqlError 4815 when a value is longer than INSERT BULK announced */
export async function gather(
  interpreter: Interpreter,
  node: InsertBulk,
  load: BulkLoad,
  into: CatalogObject,
): Promise<void> {
  // In the select list, side by side: in FROM the values of a composite type (datetimeoffset) would fall apart into columns.
  const sources = into.columns.map(({ type }, i) => `unnest($${String(i + 1)}::${pgType(type)}[])`);
  const sql = `INSERT INTO ${into.pgName} SELECT ${sources.join(', ')}`;
  const limits = node.columns.map(({ type: { system } }) => {
    const sized =
      system !== undefined && system.length !== undefined && (isTextType(system) || isBytes(system));
    const limit = sized ? lengthOf(system) : -1;
    return limit < 0 ? Number.POSITIVE_INFINITY : limit;
  });
  let columns: (string | null)[][] = load.columns.map(() => []);
  const write = async (): Promise<void> => {
    interpreter.checkAttention();
    await interpreter.connection.query(sql, columns);
    columns = load.columns.map(() => []);
  };
  for (const row of load.rows) {
    for (const [i, { type }] of load.columns.entries()) {
      const value = row[i] ?? null;
      if (sizeOf(value) > (limits[i] ?? 0))
        raise(
          4815,
          `Received an invalid column length from the bcp client for colid ${String(i + 1)}.`,
          node.line,
        );
      columns[i]?.push(encodeParameter(type, value));
    }
    if (columns[0]?.length === ROWS_AT_ONCE) await write();
  }
  if (columns[0]?.length !== 0) await write();
}
