// The #temp tables that a procedure or a text made: they go when it ends.
import { executeDefinition } from '../ddl/execute.ts';
import type { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { ddlContext } from './definition.ts';

export async function dropTemporary(interpreter: Interpreter, frame: Frame): Promise<void> {
  if (interpreter.signal.aborted) return;
  for (const table of frame.temporary.splice(0))
    await interpreter.connection.query(`DROP TABLE IF EXISTS ${table}`);
  for (const name of frame.temporaryNames.splice(0)) {
    await executeDefinition(
      {
        kind: 'drop',
        object: 'table',
        ifExists: true,
        names: [name],
        line: name.line,
        start: name.start,
        end: name.end,
      },
      ddlContext(interpreter, frame),
    );
  }
}
