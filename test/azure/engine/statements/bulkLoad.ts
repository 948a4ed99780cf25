// Bulk load: INSERT BULK says where the rows go that the client sends next; they are gathered in a temp table and inserted from there.
import type { BulkLoad } from '../../contract.ts';
import { SqlError } from '../../contract.ts';
import type { Expression, Insert, InsertBulk, Name, SelectItem } from '../../tsql/ast.ts';
import type { ResolvedObject } from '../bind/ports.ts';
import { raise } from '../bind/raise.ts';
import { sameName } from '../bind/scope.ts';
import { alterTable } from '../ddl/alterTable.ts';
import { createRowset } from '../ddl/rowset.ts';
import { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { checkOrder } from './bulkOrder.ts';
import { checkTypes, gather } from './bulkRows.ts';
import { columnNode } from './columnNode.ts';
import { ddlContext } from './definition.ts';
import { dropTemporary } from './dropTemporary.ts';

const GATHERED = '@bulk';

/** @throws SqlError 208, 229, 5304. Columns that the table does not have are refused with a DONE alone, as the server does. */
export async function expectBulkLoad(
  interpreter: Interpreter,
  statement: InsertBulk,
  frame: Frame,
): Promise<void> {
  interpreter.refuseWriteWhenDoomed();
  interpreter.state.bulk = undefined;
  const binder = await interpreter.binder(frame);
  const table = binder.table(statement.table);
  binder.require('INSERT', table);
  await interpreter.authorize(binder.requirements, frame);
  const known = statement.columns.every(({ name }) =>
    table.columns.some((column) => sameName(column.name, name.name) && !column.computed),
  );
  if (!known) {
    interpreter.done({ error: true });
    return;
  }
  await mayLeaveOut(interpreter, statement, table.objectId);
  interpreter.state.bulk = statement;
  interpreter.done({});
}

/** Passing over triggers and constraints takes ALTER on the table. @throws SqlError 5304 */
async function mayLeaveOut(interpreter: Interpreter, node: InsertBulk, objectId: number): Promise<void> {
  const table = interpreter.snapshot?.object(objectId);
  if (table === undefined || table.schema === '') return;
  const triggers = table.triggers.length > 0 && !node.options.fireTriggers;
  const constraints = enabledConstraints(interpreter, objectId).length > 0 && !node.options.checkConstraints;
  if (!triggers && !constraints && !keepsIdentity(node, table)) return;
  try {
    const { schema, name, type } = table;
    await interpreter.check('ALTER', { class: 'object', schema, name, type, objectId });
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    raise(
      5304,
      `Bulk copy failed. User does not have ALTER TABLE permission on table '${table.name}'. ALTER TABLE permission is required on the target table of a bulk copy operation if the table has triggers or check constraints, but 'FIRE_TRIGGERS' or 'CHECK_CONSTRAINTS' bulk hints are not specified as options to the bulk copy command.`,
      node.line,
    );
  }
}

/** A list with the identity column gives its values by hand. */
const keepsIdentity = (node: InsertBulk, table: ResolvedObject): boolean =>
  table.columns.some(
    (column) => column.identity && node.columns.some(({ name }) => sameName(name.name, column.name)),
  );

/** The rows of a bulk load. @throws SqlError 4002 without INSERT BULK; 4804, 4815, 4816 when they are not what it announced; 4819 */
export async function loadRows(interpreter: Interpreter, load: BulkLoad): Promise<void> {
  const { state } = interpreter;
  const node = state.bulk;
  state.bulk = undefined;
  if (node === undefined)
    return raise(
      4002,
      'The incoming tabular data stream (TDS) protocol stream is incorrect. The stream ended unexpectedly.',
    );
  if (load.columns.length !== node.columns.length) {
    return raise(
      4804,
      'While reading current row from host, a premature end-of-message was encountered--an incoming data stream was interrupted when the server expected to see more data. The host program may have terminated. Ensure that you are using a supported client application programming interface (API).',
    );
  }
  checkTypes(node, load);
  const frame = new Frame('batch');
  const at = { line: node.line, start: node.start, end: node.end };
  const gathered = await createRowset(
    ddlContext(interpreter, frame),
    GATHERED,
    load.columns.map((column, i) => columnNode(`b${String(i)}`, column.type, true, at)),
  );
  frame.tableVariables.set(GATHERED, gathered);
  frame.temporary.push(gathered.pgName);
  const { identityInsert } = state;
  try {
    await gather(interpreter, node, load, gathered);
    const table = (await interpreter.binder(frame)).table(node.table);
    await checkOrder(interpreter, node, table, gathered);
    if (keepsIdentity(node, table)) state.identityInsert = { objectId: table.objectId, name: table.name };
    await interpreter.runStatement(insertOf(node), frame);
  } finally {
    state.identityInsert = identityInsert;
    await dropTemporary(interpreter, frame);
  }
}

/** INSERT INTO table (columns) SELECT … FROM the gathered rows. */
function insertOf(node: InsertBulk): Insert {
  const at = { line: node.line, start: node.start, end: node.end };
  const part = (name: string): Name => ({
    kind: 'name',
    parts: [{ kind: 'identifier', name, quoted: true, ...at }],
    ...at,
  });
  const items = node.columns.map((_, i): SelectItem => {
    const expression: Expression = { kind: 'column', name: part(`b${String(i)}`), ...at };
    return { kind: 'expressionItem', expression, ...at };
  });
  return {
    kind: 'insert',
    with: [],
    target: {
      kind: 'table',
      name: node.table,
      hints: node.options.tabLock ? [{ kind: 'tableHint', name: 'TABLOCK', arguments: [], ...at }] : [],
      ...at,
    },
    columns: node.columns.map(({ name }) => name),
    output: [],
    source: {
      kind: 'query',
      query: {
        kind: 'query',
        body: {
          kind: 'selectBlock',
          distinct: false,
          items,
          from: [{ kind: 'tableVariable', variable: GATHERED, ...at }],
          groupBy: [],
          ...at,
        },
        orderBy: [],
        ...at,
      },
    },
    options: [],
    bulk: node.options,
    ...at,
  };
}

function enabledConstraints(interpreter: Interpreter, objectId: number): string[] {
  const { snapshot } = interpreter;
  if (snapshot === undefined) return [];
  return [...snapshot.raw.foreignKeys, ...snapshot.raw.checks]
    .filter((entry) => entry.parent_id === objectId && !entry.disabled)
    .flatMap(
      (entry) => snapshot.raw.objects.find((object) => object.object_id === entry.object_id)?.name ?? [],
    );
}

/** Runs `work` with the table's constraints off; on again they are not trusted, since nobody looked at the rows. */
export async function unchecked<T>(
  interpreter: Interpreter,
  insert: Insert,
  objectId: number,
  frame: Frame,
  work: () => Promise<T>,
): Promise<T> {
  const names = insert.bulk?.checkConstraints === false ? enabledConstraints(interpreter, objectId) : [];
  if (names.length === 0 || insert.target.kind !== 'table') return await work();
  const { target, line } = insert;
  const at = { line, start: insert.start, end: insert.end };
  const turn = async (enable: boolean): Promise<void> => {
    await alterTable(
      {
        kind: 'alterTable',
        table: target.name,
        action: {
          kind: 'checkConstraint',
          enable,
          withCheck: false,
          names: names.map((name) => ({ kind: 'identifier', name, quoted: true, ...at })),
        },
        ...at,
      },
      ddlContext(interpreter, frame),
    );
  };
  return await interpreter.connection.atomic(async () => {
    await turn(false);
    const result = await work();
    await turn(true);
    return result;
  });
}
