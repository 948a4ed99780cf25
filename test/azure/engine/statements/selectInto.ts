// SELECT … INTO: makes the table from the query's columns, then fills it.
import type { ColumnDefinition, Name } from '../../tsql/ast.ts';
import type { BoundQuery } from '../bind/boundQuery.ts';
import { raise } from '../bind/raise.ts';
import { storage } from '../catalog/storage.ts';
import { executeDefinition } from '../ddl/execute.ts';
import type { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { columnNode } from './columnNode.ts';
import { ddlContext, rememberTemporary } from './definition.ts';

/** @throws SqlError 1038 (a column without name), 2705, 2714. Returns how many rows went in. */
export async function createTableFor(
  interpreter: Interpreter,
  into: Name,
  query: BoundQuery,
  sql: string,
  parameters: readonly (string | null)[],
  frame: Frame,
): Promise<number> {
  const at = { line: into.line, start: into.start, end: into.end };
  const elements = query.columns.map((column): ColumnDefinition => {
    if (column.name === '') {
      raise(
        1038,
        'An object or column name is missing or empty. For SELECT INTO statements, verify each column has a name. For other statements, look for empty alias names. Aliases defined as "" or [] are not allowed. Change the alias to a valid name.',
        into.line,
        15,
        5,
      );
    }
    const type = column.untypedNull === true ? { name: 'int' as const } : column.type;
    return {
      ...columnNode(column.name, type, column.nullable, at),
      ...(column.identity === true ? { identity: { seed: '1', increment: '1' } } : {}),
    };
  });
  let count = 0;
  await interpreter.connection.atomic(async () => {
    await executeDefinition(
      { kind: 'createTable', name: into, elements, options: [], ...at },
      ddlContext(interpreter, frame),
    );
    const binder = await interpreter.binder(frame);
    const table = binder.table(into);
    const values = query.columns.map((column, i) =>
      column.untypedNull === true ? `NULL::${storage.pgType({ name: 'int' })}` : `q.c${String(i + 1)}`,
    );
    const names = query.columns.map((_, i) => `c${String(i + 1)}`);
    const ended = await interpreter.connection.stream(
      `INSERT INTO ${table.pgName} (${table.columns.map((column) => column.pgName).join(', ')}) SELECT ${values.join(', ')} FROM (${sql}) AS q(${names.join(', ')})`,
      parameters,
      { onRow: () => undefined },
    );
    count = ended.rowCount;
  });
  rememberTemporary(into, frame);
  interpreter.snapshot = undefined;
  return count;
}
