// INSERT, UPDATE, DELETE, MERGE and TRUNCATE: runs the bound statement, keeps identities, and fires triggers.
import { SqlError } from '../../contract.ts';
import type { ResultColumn } from '../../contract.ts';
import type { Delete, Insert, Merge, Truncate, Update } from '../../tsql/ast.ts';
import { parseBatch } from '../../tsql/parser.ts';
import type { Binder } from '../bind/binder.ts';
import { bindDelete } from '../bind/bindDelete.ts';
import { bindInsert } from '../bind/bindInsert.ts';
import { bindMerge } from '../bind/bindMerge.ts';
import { bindUpdate } from '../bind/bindUpdate.ts';
import { findTarget } from '../bind/changeTarget.ts';
import type { BoundChange, Capture } from '../bind/changeResult.ts';
import type { ResolvedObject } from '../bind/ports.ts';
import type { CatalogObject } from '../catalog/snapshot.ts';
import { raise, unsupported } from '../bind/raise.ts';
import { baseOf } from '../bind/updatable.ts';
import { TriggerRollback, BatchAborted } from '../interpreter/flow.ts';
import { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { advanceIdentity, reseedIdentity } from '../ddl/identity.ts';
import { decoder } from '../catalog/values.ts';
import { unchecked } from './bulkLoad.ts';
import { insertFromExecute } from './insertExecute.ts';
import { commands, setMaxRecursion } from './select.ts';
import { beginTransaction } from './transaction.ts';

type Change = Insert | Update | Delete | Merge;
type Trigger = ResolvedObject['triggers'][number];

export async function executeChange(
  interpreter: Interpreter,
  statement: Change,
  frame: Frame,
): Promise<void> {
  const { state } = interpreter;
  interpreter.refuseWriteWhenDoomed();
  interpreter.verb = statement.kind.toUpperCase();
  if (state.options.rowCount > 0) unsupported('SET ROWCOUNT with a data modification', statement.line);
  if (statement.kind === 'insert' && statement.source.kind === 'execute') {
    await insertFromExecute(interpreter, statement, statement.source.execute, frame);
    return;
  }
  if (state.options.implicitTransactions && state.transactions === 0) await beginTransaction(interpreter);
  const binder = await interpreter.binder(frame);
  setMaxRecursion(binder, statement.options, statement.line);
  const target =
    (statement.kind === 'merge' ? undefined : baseOf(binder, statement.with, statement.target)) ??
    findTarget(
      binder,
      statement.target,
      statement.kind === 'merge' || statement.kind === 'insert' ? [] : statement.from,
    );
  const triggers = firing(target, statement, frame);
  if (triggers.length > 0 && statement.output.some((output) => output.into === undefined)) {
    raise(
      334,
      `The target table '${statement.target.kind === 'table' ? statement.target.name.parts.map((part) => part.name).join('.') : target.name}' of the DML statement cannot have any enabled triggers if the statement contains an OUTPUT clause without INTO clause.`,
      statement.line,
    );
  }
  if (triggers.some((trigger) => trigger.timing === 'insteadOf'))
    unsupported('INSTEAD OF triggers', statement.line);
  if (triggers.length === 0) {
    const bound = bindChange(binder, statement, interpreter, undefined);
    await interpreter.authorize(binder.requirements, frame);
    const count = await change(interpreter, binder, statement, bound, frame);
    state.rowCount = BigInt(count);
    interpreter.done({ rowCount: count, command: commands[bound.kind] });
    return;
  }
  await withTriggers(interpreter, statement, target, triggers, frame);
}

function bindChange(
  binder: Binder,
  statement: Change,
  interpreter: Interpreter,
  capture: Capture | undefined,
): BoundChange {
  const context = { identityInsert: interpreter.state.identityInsert?.objectId, capture };
  switch (statement.kind) {
    case 'insert':
      return bindInsert(binder, statement, context);
    case 'update':
      return bindUpdate(binder, statement, context);
    case 'delete':
      return bindDelete(binder, statement, context);
    case 'merge':
      return bindMerge(binder, statement, context);
  }
}

function change(
  interpreter: Interpreter,
  binder: Binder,
  statement: Change,
  bound: BoundChange,
  frame: Frame,
): Promise<number> {
  const work = (): Promise<number> =>
    interpreter.locked(binder, () => run(interpreter, binder, bound, frame));
  if (statement.kind !== 'insert') return work();
  return unchecked(interpreter, statement, bound.target.objectId, frame, work);
}

/** Runs it; OUTPUT rows go to the client, the identity and the variables are kept. Returns the number of rows changed. */
async function run(
  interpreter: Interpreter,
  binder: Binder,
  bound: BoundChange,
  frame: Frame,
): Promise<number> {
  const parameters = await interpreter.parameters(binder.parameters, frame);
  const { connection, out, state } = interpreter;
  const output = bound.output;
  const columns: ResultColumn[] = (output ?? []).map((column) => ({
    name: column.name,
    type: column.type,
    nullable: column.nullable,
  }));
  const decoders = columns.map((column) => decoder(column.type));
  const width = columns.length;
  let last: (string | null)[] | undefined;
  let count = 0;
  let farthest: bigint | undefined;
  const explicit = explicitIdentity(interpreter, bound);
  let announced = false;
  const announce = (): void => {
    if (output === undefined || announced) return;
    announced = true;
    out.columns(columns);
  };
  const ended = await connection.stream(bound.sql, parameters, {
    onColumns: announce,
    onRow: (values) => {
      count += 1;
      last = values;
      if (explicit !== undefined) {
        const value = values[width + bound.assignments.length];
        if (value !== null && value !== undefined)
          farthest =
            farthest === undefined ? BigInt(value) : farther(farthest, BigInt(value), explicit.descending);
      }
      if (output === undefined) return undefined;
      announce();
      return out.row(
        values.slice(0, width).map((value, i) => {
          if (value === null) return null;
          const decode = decoders[i];
          return decode === undefined ? value : decode(value);
        }),
      );
    },
  });
  announce();
  if (farthest !== undefined && explicit !== undefined) {
    await advanceIdentity(connection, explicit.table, String(farthest));
  }
  if (last !== undefined) {
    for (const [i, { variable }] of bound.assignments.entries()) {
      const own = frame.get(variable);
      if (own !== undefined) own.value = last[width + i] ?? null;
    }
    if (bound.identity && bound.kind !== 'update') {
      const identity = last[width + bound.assignments.length] ?? null;
      if (identity !== null) {
        frame.scopeIdentity = identity;
        state.identity = identity;
      }
    }
  }
  return bound.returns ? count : ended.rowCount;
}

const farther = (a: bigint, b: bigint, descending: boolean): bigint => (a > b === descending ? b : a);

/** The table whose identity is being given by hand, to move its sequence past the values. */
function explicitIdentity(
  interpreter: Interpreter,
  bound: BoundChange,
): { table: CatalogObject; descending: boolean } | undefined {
  if (!bound.identity || interpreter.state.identityInsert?.objectId !== bound.target.objectId)
    return undefined;
  const table = interpreter.snapshot?.object(bound.target.objectId);
  if (table === undefined) return undefined;
  const increment = table.columns.find((column) => column.identity)?.identityIncrement ?? '1';
  return { table, descending: increment.startsWith('-') };
}

function firing(target: ResolvedObject, statement: Change, frame: Frame): Trigger[] {
  if (statement.kind === 'insert' && statement.bulk?.fireTriggers === false) return [];
  const events =
    statement.kind === 'merge'
      ? statement.clauses.map((clause) => clause.action.kind.toUpperCase())
      : [statement.kind.toUpperCase()];
  return target.triggers.filter(
    (trigger) =>
      trigger.events.some((event) => events.includes(event)) &&
      // A trigger does not fire itself (RECURSIVE_TRIGGERS is off).
      !(frame.kind === 'trigger' && frame.procedureId === trigger.objectId),
  );
}

let transitions = 0;

async function withTriggers(
  interpreter: Interpreter,
  statement: Change,
  target: ResolvedObject,
  triggers: readonly Trigger[],
  frame: Frame,
): Promise<void> {
  const { state, connection } = interpreter;
  if (state.triggerDepth >= 32) {
    raise(
      217,
      'Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).',
      statement.line,
    );
  }
  let count = 0;
  let kind: BoundChange['kind'] = 'insert';
  try {
    await connection.atomic(async () => {
      transitions += 1;
      const names = target.columns.map((column) => column.pgName).join(', ');
      const capture: Capture = {
        inserted: `pg_temp.inserted_${String(transitions)}`,
        deleted: `pg_temp.deleted_${String(transitions)}`,
      };
      for (const table of [capture.inserted, capture.deleted]) {
        await connection.query(
          `CREATE TEMP TABLE ${table.slice('pg_temp.'.length)} AS SELECT ${names} FROM ${target.pgName} WITH NO DATA`,
        );
      }
      const binder = await interpreter.binder(frame);
      const bound = bindChange(binder, statement, interpreter, capture);
      kind = bound.kind;
      await interpreter.authorize(binder.requirements, frame);
      count = await change(interpreter, binder, statement, bound, frame);
      const identity = state.identity;
      for (const trigger of triggers) {
        await fire(interpreter, trigger, target, capture, bound, frame, count);
      }
      // @@IDENTITY keeps what a trigger inserted; SCOPE_IDENTITY() does not see it.
      void identity;
      for (const table of [capture.inserted, capture.deleted]) await connection.query(`DROP TABLE ${table}`);
    });
  } catch (error) {
    if (!(error instanceof TriggerRollback) || state.triggerDepth > 0) throw error;
    if (state.transactions > 0) await interpreter.rollbackAll();
    if (!interpreter.triggerReported) {
      const detail = interpreter.located(
        interpreter.rethrownNew(3609, 'The transaction ended in the trigger. The batch has been aborted.'),
        statement.line,
        frame,
      );
      await interpreter.report(detail);
    }
    interpreter.triggerReported = false;
    throw new BatchAborted();
  }
  state.rowCount = BigInt(count);
  interpreter.done({ rowCount: count, command: commands[kind] });
}

async function fire(
  interpreter: Interpreter,
  trigger: Trigger,
  target: ResolvedObject,
  capture: Capture,
  bound: BoundChange,
  frame: Frame,
  count: number,
): Promise<void> {
  const { state } = interpreter;
  const definition = parseBatch(trigger.definition).statements[0];
  if (definition?.kind !== 'createTrigger') return;
  const inner = new Frame('trigger', frame);
  inner.procedure = trigger.name;
  inner.procedureId = trigger.objectId;
  inner.lineOffset = definition.line - 1;
  inner.defaultSchema = trigger.schema;
  inner.module = target;
  inner.transition = {
    inserted: { pgName: capture.inserted },
    deleted: { pgName: capture.deleted },
    columns: target.columns,
    updated: bound.updated,
  };
  const kind = interpreter.doneKind;
  interpreter.doneKind = 'inProcedure';
  state.triggerDepth += 1;
  state.nesting += 1;
  state.rowCount = BigInt(count);
  try {
    await interpreter.runList(definition.body, inner);
  } finally {
    state.triggerDepth -= 1;
    state.nesting -= 1;
    interpreter.doneKind = kind;
  }
}

/** ALTER that is missing is told as an object that is missing. @throws SqlError 1088 */
export async function authorizeAlter(
  interpreter: Interpreter,
  binder: Binder,
  frame: Frame,
  name: string,
  line: number,
  state: number,
): Promise<void> {
  try {
    await interpreter.authorize(binder.requirements, frame);
  } catch (error) {
    if (!(error instanceof SqlError) || error.detail.number !== 229) throw error;
    raise(
      1088,
      `Cannot find the object "${name}" because it does not exist or you do not have permissions.`,
      line,
      16,
      state,
    );
  }
}

export async function executeTruncate(
  interpreter: Interpreter,
  statement: Truncate,
  frame: Frame,
): Promise<void> {
  interpreter.refuseWriteWhenDoomed();
  interpreter.verb = 'TRUNCATE TABLE';
  const binder = await interpreter.binder(frame);
  const name = statement.table.parts.map((part) => part.name).join('.');
  const object = binder.object(
    statement.table.parts.map((part) => part.name),
    statement.line,
  );
  if (object === undefined || (object.type !== 'U' && object.type !== 'TT' && object.schema !== '')) {
    raise(
      4701,
      `Cannot find the object "${name}" because it does not exist or you do not have permissions.`,
      statement.line,
    );
  }
  binder.require('ALTER', object);
  await authorizeAlter(interpreter, binder, frame, name, statement.line, 7);
  const references = await interpreter.connection.query(
    "SELECT 1 AS one FROM pg_constraint WHERE contype = 'f' AND confrelid = $1::regclass AND conrelid <> confrelid LIMIT 1",
    [object.pgName],
  );
  if (references.rows.length > 0) {
    raise(
      4712,
      `Cannot truncate table '${name}' because it is being referenced by a FOREIGN KEY constraint.`,
      statement.line,
    );
  }
  await interpreter.connection.query(`TRUNCATE TABLE ${object.pgName}`);
  const table = interpreter.snapshot?.object(object.objectId);
  if (table !== undefined) await reseedIdentity(interpreter.connection, table);
  interpreter.done({});
}
