// The system procedures that drivers and this product call, by name.
import { nvarchar } from '../bind/literals.ts';
import { unsupported } from '../bind/raise.ts';
import { rename } from '../ddl/rename.ts';
import { lockProcedures } from './applicationLocks.ts';
import { ddlContext } from './definition.ts';
import { describingProcedures } from './describingProcedures.ts';
import { preparedProcedures } from './preparedProcedures.ts';
import { argument, notSupplied } from './procedureArguments.ts';
import type { SystemProcedure } from './procedureArguments.ts';
import { roleProcedures } from './roleProcedures.ts';

const refused =
  (name: string): SystemProcedure =>
  (_interpreter, _args, _frame, line) =>
    Promise.resolve(unsupported(name, line));

export const systemProcedures: Readonly<Record<string, SystemProcedure>> = {
  ...preparedProcedures,
  ...describingProcedures,
  ...lockProcedures,
  ...roleProcedures,
  sp_reset_connection: async (interpreter) => {
    await interpreter.services.resetSession?.(interpreter);
    return 0;
  },
  sp_set_session_context: async (interpreter, args) => {
    const key = argument(args, '@key', 0);
    const value = argument(args, '@value', 1);
    const kept =
      value === undefined
        ? null
        : await interpreter.convertValue(value.value, value.type, { name: 'sql_variant' });
    interpreter.state.sessionContext.set((key?.value ?? '').toLowerCase(), kept);
    return 0;
  },
  sp_rename: async (interpreter, args, frame, line) => {
    const values: (string | null)[] = [];
    for (const [i, name] of ['@objname', '@newname', '@objtype'].entries()) {
      const found = argument(args, name, i);
      values.push(
        found === undefined ? null : await interpreter.convertValue(found.value, found.type, nvarchar(-1)),
      );
    }
    const [object, fresh, kind] = values;
    if (typeof object !== 'string' || typeof fresh !== 'string') {
      return notSupplied('sp_rename', '@objname', line);
    }
    interpreter.refuseWriteWhenDoomed();
    await rename(ddlContext(interpreter, frame), object, fresh, kind ?? null);
    interpreter.snapshot = undefined;
    interpreter.message(
      {
        number: 15477,
        state: 1,
        class: 0,
        message: 'Caution: Changing any part of an object name could break scripts and stored procedures.',
      },
      frame,
    );
    return 0;
  },
  sp_cursoropen: refused('sp_cursoropen'),
  sp_cursorprepexec: refused('sp_cursorprepexec'),
  sp_cursorexecute: refused('sp_cursorexecute'),
  sp_cursorprepare: refused('sp_cursorprepare'),
  sp_cursorfetch: refused('sp_cursorfetch'),
  sp_cursorclose: refused('sp_cursorclose'),
  sp_cursor: refused('sp_cursor'),
};
