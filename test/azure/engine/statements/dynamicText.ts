// Text that runs as a batch of its own: EXEC ('…'), and what sp_executesql and sp_execute were given.
import type { ExecuteText } from '../../tsql/ast.ts';
import { unsupported } from '../bind/raise.ts';
import { ScopeEnded } from '../interpreter/flow.ts';
import { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { dropTemporary } from './dropTemporary.ts';

export async function executeDynamic(
  interpreter: Interpreter,
  statement: ExecuteText,
  frame: Frame,
): Promise<void> {
  if (statement.asUser !== undefined) unsupported('EXECUTE (…) AS USER', statement.line);
  let text = '';
  for (const part of statement.parts) {
    text += String((await interpreter.evaluateValue(part, frame, { name: 'nvarchar', length: -1 })) ?? '');
  }
  const inner = new Frame('dynamic', frame);
  await runText(interpreter, text, inner);
}

/** Runs text as a batch of its own. */
export async function runText(interpreter: Interpreter, text: string, frame: Frame): Promise<void> {
  const batch = interpreter.parse(text, frame);
  interpreter.state.nesting += 1;
  try {
    await interpreter.runBatch(batch, frame);
  } catch (error) {
    if (!(error instanceof ScopeEnded)) throw error;
    if (error.error !== undefined) throw error.error;
  } finally {
    interpreter.state.nesting -= 1;
    await dropTemporary(interpreter, frame);
  }
}
