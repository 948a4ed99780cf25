// KILL: ends another session, which loses its connection.
import type { Kill } from '../../tsql/ast.ts';
import { raise } from '../bind/raise.ts';
import type { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';

/** @throws SqlError 6115 (in a transaction), 6101, 6104 (itself), 6106 (no such session), 6107 (the server's own), and what `check` finds */
export async function executeKill(interpreter: Interpreter, statement: Kill, frame: Frame): Promise<void> {
  const { line } = statement;
  if (interpreter.state.transactions > 0)
    raise(6115, 'KILL command cannot be used inside user transactions.', line);
  const spid = Number(await interpreter.evaluateValue(statement.session, frame));
  if (!Number.isInteger(spid) || spid < 1 || spid > 32_767)
    raise(6101, `Session ID ${String(spid)} is not valid.`, line);
  if (spid === interpreter.spid) raise(6104, 'Cannot use KILL to kill your own process.', line);
  if (spid < 51) raise(6107, 'Only user processes can be killed.', line, 14);
  await interpreter.check('KILL DATABASE CONNECTION', { class: 'database' });
  if (!interpreter.services.sessions.end(spid))
    raise(6106, `Process ID ${String(spid)} is not an active process ID.`, line);
  interpreter.done({});
}
