// One statement by its kind.
import { foldName } from '../catalog/foldName.ts';
import type { Statement } from '../../tsql/ast.ts';
import { raise, unsupported } from '../bind/raise.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import type { Control, Frame } from '../interpreter/frame.ts';
import { expectBulkLoad } from './bulkLoad.ts';
import { authorizeAlter, executeChange, executeTruncate } from './change.ts';
import {
  executePrint,
  executeRaiserror,
  executeThrow,
  executeTryCatch,
  executeWaitFor,
  executeWhile,
} from './control.ts';
import { executeCursorStatement } from './cursors.ts';
import { executeDdl } from './definition.ts';
import { executeDynamic } from './dynamicText.ts';
import { executeProcedureStatement } from './execute.ts';
import { executeAs, revert } from './impersonation.ts';
import { executeSelect } from './select.ts';
import { executeSetOption, executeSetValue } from './setOptions.ts';
import { executeKill } from './kill.ts';
import { executeTransaction, setIsolationLevel } from './transaction.ts';
import { executeDeclare, executeSetVariable } from './variables.ts';

export async function executeStatement(
  interpreter: Interpreter,
  statement: Statement,
  frame: Frame,
): Promise<Control> {
  const { state } = interpreter;
  switch (statement.kind) {
    case 'select':
      await executeSelect(interpreter, statement, frame);
      return undefined;
    case 'insert':
    case 'update':
    case 'delete':
    case 'merge':
      await executeChange(interpreter, statement, frame);
      return undefined;
    case 'insertBulk':
      await expectBulkLoad(interpreter, statement, frame);
      return undefined;
    case 'truncate':
      await executeTruncate(interpreter, statement, frame);
      return undefined;
    case 'declare':
      await executeDeclare(interpreter, statement, frame);
      return undefined;
    case 'setVariable':
      await executeSetVariable(interpreter, statement, frame);
      return undefined;
    case 'setOption':
      await executeSetOption(interpreter, statement, frame);
      return undefined;
    case 'setValue':
      await executeSetValue(interpreter, statement, frame);
      return undefined;
    case 'setIsolationLevel':
      setIsolationLevel(interpreter, statement);
      return undefined;
    case 'setIdentityInsert': {
      const binder = await interpreter.binder(frame);
      const table = binder.table(statement.table);
      const name = table.schema === '' ? table.name : `${interpreter.database}.${table.schema}.${table.name}`;
      if (statement.on) {
        if (!table.columns.some((column) => column.identity)) {
          raise(
            8106,
            `Table '${table.name}' does not have the identity property. Cannot perform SET operation.`,
            statement.line,
          );
        }
        const other = state.identityInsert;
        if (other !== undefined && other.objectId !== table.objectId) {
          raise(
            8107,
            `IDENTITY_INSERT is already ON for table '${other.name}'. Cannot perform SET operation for table '${table.name}'.`,
            statement.line,
          );
        }
        binder.require('ALTER', table);
        await authorizeAlter(
          interpreter,
          binder,
          frame,
          statement.table.parts.map((part) => part.name).join('.'),
          statement.line,
          11,
        );
        state.identityInsert = { objectId: table.objectId, name };
      } else if (state.identityInsert?.objectId === table.objectId) {
        state.identityInsert = undefined;
      }
      return undefined;
    }
    case 'if':
      if (await interpreter.condition(statement.condition, frame)) {
        return await interpreter.runStatement(statement.then, frame);
      }
      return statement.otherwise === undefined
        ? undefined
        : await interpreter.runStatement(statement.otherwise, frame);
    case 'block':
      return await interpreter.runList(statement.statements, frame);
    case 'while':
      return await executeWhile(interpreter, statement, frame);
    case 'break':
      return { kind: 'break' };
    case 'continue':
      return { kind: 'continue' };
    case 'goto':
      return { kind: 'goto', label: statement.label };
    case 'label':
      return undefined;
    case 'return': {
      if (statement.value !== undefined && frame.kind !== 'procedure') {
        raise(
          178,
          'A RETURN statement with a return value cannot be used in this context.',
          statement.line,
          15,
        );
      }
      const value =
        statement.value === undefined
          ? null
          : await interpreter.evaluateValue(statement.value, frame, { name: 'int' });
      return { kind: 'return', value: Number(value ?? 0) };
    }
    case 'tryCatch':
      return await executeTryCatch(interpreter, statement, frame);
    case 'throw':
      return await executeThrow(interpreter, statement, frame);
    case 'raiserror':
      await executeRaiserror(interpreter, statement, frame);
      return undefined;
    case 'print':
      await executePrint(interpreter, statement, frame);
      return undefined;
    case 'waitFor':
      await executeWaitFor(interpreter, statement, frame);
      return undefined;
    case 'beginTransaction':
    case 'commitTransaction':
    case 'rollbackTransaction':
    case 'saveTransaction':
      await executeTransaction(interpreter, statement, frame);
      return undefined;
    case 'execute':
      return await executeProcedureStatement(interpreter, statement, frame);
    case 'executeText':
      await executeDynamic(interpreter, statement, frame);
      return undefined;
    case 'use':
      if (foldName(statement.database.name) !== foldName(interpreter.database)) {
        raise(
          40508,
          'USE statement is not supported to switch between databases. Use a new connection to connect to a different database.',
          statement.line,
        );
      }
      interpreter.message(
        {
          number: 5701,
          state: 2,
          class: 0,
          message: `Changed database context to '${interpreter.database}'.`,
          line: statement.line,
        },
        frame,
      );
      return undefined;
    case 'declareCursor':
    case 'openCursor':
    case 'fetchCursor':
    case 'closeCursor':
    case 'deallocateCursor':
      await executeCursorStatement(interpreter, statement, frame);
      return undefined;
    case 'dbcc':
      return unsupported(`DBCC ${statement.command}`, statement.line);
    case 'kill':
      await executeKill(interpreter, statement, frame);
      return undefined;
    case 'checkpoint':
      return unsupported('CHECKPOINT', statement.line);
    case 'createUser':
    case 'alterUser':
    case 'createLogin':
    case 'alterLogin':
    case 'createRole':
    case 'alterRole':
    case 'dropPrincipal':
    case 'grant':
    case 'deny':
    case 'revoke':
    case 'alterAuthorization':
      interpreter.refuseWriteWhenDoomed();
      await interpreter.connection.atomic(() =>
        interpreter.authorization.executeDcl(
          statement,
          state.context,
          interpreter.connection,
          interpreter.out,
        ),
      );
      interpreter.done({});
      return undefined;
    case 'executeAs':
      await executeAs(interpreter, statement, frame);
      interpreter.done({});
      return undefined;
    case 'revert':
      revert(interpreter, statement, frame);
      interpreter.done({});
      return undefined;
    default:
      await executeDdl(interpreter, statement, frame);
      return undefined;
  }
}
