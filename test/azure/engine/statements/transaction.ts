// BEGIN, COMMIT, ROLLBACK and SAVE TRANSACTION with T-SQL's counting, over PostgreSQL's one level.
import type {
  BeginTransaction,
  CommitTransaction,
  RollbackTransaction,
  SaveTransaction,
  SetIsolationLevel,
  VariableReference,
} from '../../tsql/ast.ts';
import { raise } from '../bind/raise.ts';
import { TriggerRollback } from '../interpreter/flow.ts';
import type { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { closeCursorsAtEnd } from './cursors.ts';

const isolationLevels: Record<SetIsolationLevel['level'], 1 | 2 | 3 | 4 | 5> = {
  'read uncommitted': 1,
  'read committed': 2,
  'repeatable read': 3,
  serializable: 4,
  snapshot: 5,
};

/** In an open transaction a higher level is kept by locks (`Interpreter.locked`), a lower one changes nothing: it keeps its snapshot. */
export function setIsolationLevel(interpreter: Interpreter, { level, line }: SetIsolationLevel): void {
  const { state, database } = interpreter;
  if (level === 'snapshot' && state.transactions > 0 && state.begunAt !== 5) {
    raise(
      3951,
      `Transaction failed in database '${database}' because the statement was run under snapshot isolation but the transaction did not start in snapshot isolation. You cannot change the isolation level of the transaction to snapshot after the transaction has started unless the transaction was originally started under snapshot isolation level.`,
      line,
    );
  }
  state.options.isolation = isolationLevels[level];
}

/** Azure SQL has READ_COMMITTED_SNAPSHOT on: readers see versions, as PostgreSQL's read committed does. */
const pgIsolation = {
  1: 'read committed',
  2: 'read committed',
  3: 'repeatable read',
  4: 'serializable',
  5: 'repeatable read',
} as const;

export async function beginTransaction(interpreter: Interpreter, name?: string): Promise<void> {
  const { state } = interpreter;
  if (state.transactions === 0) {
    await interpreter.connection.begin(pgIsolation[state.options.isolation]);
    state.transactionName = name;
    state.begunAt = state.options.isolation;
    interpreter.out.environment({ type: 'beginTransaction' });
  }
  state.transactions += 1;
}

/** @throws SqlError 3902, 3930 */
export async function commitTransaction(interpreter: Interpreter): Promise<void> {
  const { state } = interpreter;
  if (state.transactions === 0) {
    raise(3902, 'The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.');
  }
  interpreter.refuseWriteWhenDoomed();
  if (state.transactions === 1) {
    state.transactions = 0;
    state.savepoints.length = 0;
    await interpreter.connection.commit();
    closeCursorsAtEnd(interpreter, 'commit');
    interpreter.out.environment({ type: 'commitTransaction' });
    return;
  }
  state.transactions -= 1;
}

/** @throws SqlError 3903, 6401, TriggerRollback */
export async function rollbackTransaction(interpreter: Interpreter, name?: string): Promise<void> {
  const { state } = interpreter;
  if (state.triggerDepth > 0 && name === undefined) throw new TriggerRollback();
  if (state.transactions === 0) {
    raise(3903, 'The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.');
  }
  const savepoint = name === undefined ? -1 : state.savepoints.lastIndexOf(name.toLowerCase());
  if (name !== undefined && savepoint >= 0) {
    if (state.doomed) {
      raise(
        3931,
        'The current transaction cannot be committed and cannot be rolled back to a savepoint. Roll back the entire transaction.',
      );
    }
    await interpreter.connection.rollbackTo(name);
    state.savepoints.length = savepoint + 1;
    return;
  }
  if (name !== undefined && state.transactionName?.toLowerCase() !== name.toLowerCase()) {
    raise(6401, `Cannot roll back ${name}. No transaction or savepoint of that name was found.`);
  }
  await interpreter.rollbackAll();
}

export async function saveTransaction(interpreter: Interpreter, name: string): Promise<void> {
  const { state } = interpreter;
  if (state.transactions === 0)
    raise(628, 'Cannot issue SAVE TRANSACTION when there is no active transaction.');
  interpreter.refuseWriteWhenDoomed();
  await interpreter.connection.savepoint(name);
  state.savepoints.push(name.toLowerCase());
}

export async function executeTransaction(
  interpreter: Interpreter,
  statement: BeginTransaction | CommitTransaction | RollbackTransaction | SaveTransaction,
  frame: Frame,
): Promise<void> {
  const name = await nameOf(interpreter, statement.name, frame);
  switch (statement.kind) {
    case 'beginTransaction':
      await beginTransaction(interpreter, name);
      break;
    case 'commitTransaction':
      await commitTransaction(interpreter);
      break;
    case 'rollbackTransaction':
      await rollbackTransaction(interpreter, name);
      break;
    case 'saveTransaction':
      await saveTransaction(interpreter, name ?? '');
      break;
  }
  interpreter.state.rowCount = 0n;
  interpreter.done({});
}

async function nameOf(
  interpreter: Interpreter,
  name: string | VariableReference | undefined,
  frame: Frame,
): Promise<string | undefined> {
  if (name === undefined || typeof name === 'string') return name;
  return String((await interpreter.evaluateValue(name, frame)) ?? '');
}
