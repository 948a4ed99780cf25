// EXECUTE AS and REVERT: the session's stack of security contexts, and who may take one off again.
import { randomBytes } from 'node:crypto';
import type { ExecuteAs, Revert } from '../../tsql/ast.ts';
import { raise, unsupported } from '../bind/raise.ts';
import type { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import type { SecurityContext } from '../session.ts';

/** How a context was entered; one entered without a condition has no entry. */
const locks = new WeakMap<SecurityContext, { cookie: string } | 'never'>();

/** @throws SqlError 15517, 15406, 137. */
export async function executeAs(interpreter: Interpreter, statement: ExecuteAs, frame: Frame): Promise<void> {
  const { context } = statement;
  if (context.kind !== 'user' && context.kind !== 'login')
    unsupported(`EXECUTE AS ${context.kind.toUpperCase()}`, statement.line);
  const { state, authorization, connection } = interpreter;
  const cookieVariable = statement.cookie === undefined ? undefined : frame.get(statement.cookie);
  if (statement.cookie !== undefined && cookieVariable === undefined) {
    raise(137, `Must declare the scalar variable "${statement.cookie}".`, statement.line, 15, 2);
  }
  const named = context.kind === 'user' ? context.user : context.login;
  const name = await interpreter.evaluateValue(named, frame, { name: 'nvarchar', length: 128 });
  // A copy: each EXECUTE AS has its own lock.
  const entered = {
    ...(await authorization.executeAs(state.context, connection, context.kind, String(name))),
  };
  if (cookieVariable !== undefined) {
    const cookie = randomBytes(100).toString('hex');
    cookieVariable.value = `\\x${cookie}`;
    locks.set(entered, { cookie });
  } else if (statement.noRevert) {
    locks.set(entered, 'never');
  }
  state.contexts.push(entered);
}

/** Without anything to revert it does nothing, as the server. @throws SqlError 15196, 15591. */
export function revert(interpreter: Interpreter, statement: Revert, frame: Frame): void {
  const { contexts } = interpreter.state;
  const current = contexts.at(-1);
  if (current === undefined || contexts.length === 1) return;
  const lock = locks.get(current);
  if (lock === 'never')
    raise(
      15196,
      'The current security context is non-revertible. The "Revert" statement failed.',
      statement.line,
    );
  const given =
    statement.cookie === undefined
      ? undefined
      : (frame.get(statement.cookie)?.value ?? '').replace(/^\\x/, '');
  if (lock?.cookie !== given) {
    raise(
      15591,
      "The current security context cannot be reverted using this statement. A cookie may or may not be needed with 'Revert' statement depending on how the context was set with 'Execute As' statement.",
      statement.line,
    );
  }
  contexts.pop();
}
