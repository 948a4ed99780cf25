// WHILE, TRY/CATCH, THROW, RAISERROR, PRINT, WAITFOR.
import { SqlError } from '../../contract.ts';
import type { SqlValue } from '../../contract.ts';
import type { Print, Raiserror, Throw, TryCatch, WaitFor, While } from '../../tsql/ast.ts';
import { raise, unsupported } from '../bind/raise.ts';
import { Attention, BatchAborted, TriggerRollback } from '../interpreter/flow.ts';
import type { Control, Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { messages } from '../messages.ts';
import { formatMessage } from '../interpreter/messageFormat.ts';

export async function executeWhile(
  interpreter: Interpreter,
  statement: While,
  frame: Frame,
): Promise<Control> {
  let rounds = 0;
  while (await interpreter.condition(statement.condition, frame)) {
    interpreter.checkAttention();
    const control = await interpreter.runStatement(statement.body, frame);
    if (control?.kind === 'break') break;
    if (control !== undefined && control.kind !== 'continue') return control;
    // A loop that asks PostgreSQL nothing must still let the socket deliver the attention.
    if (++rounds % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return undefined;
}

export async function executeTryCatch(
  interpreter: Interpreter,
  statement: TryCatch,
  frame: Frame,
): Promise<Control> {
  const { state } = interpreter;
  const nesting = state.nesting;
  state.tries += 1;
  frame.tries += 1;
  let error: SqlError;
  try {
    return await interpreter.runList(statement.attempt, frame);
  } catch (thrown) {
    if (thrown instanceof BatchAborted || thrown instanceof Attention || thrown instanceof TriggerRollback)
      throw thrown;
    if (!(thrown instanceof SqlError) || thrown.detail.class >= 20) throw thrown;
    error = thrown;
  } finally {
    state.tries -= 1;
    frame.tries -= 1;
  }
  state.nesting = nesting;
  state.caught.push(error.detail);
  try {
    return await interpreter.runList(statement.handler, frame);
  } finally {
    state.caught.pop();
  }
}

export async function executeThrow(
  interpreter: Interpreter,
  statement: Throw,
  frame: Frame,
): Promise<Control> {
  if (statement.arguments === undefined) {
    const caught = interpreter.state.caught.at(-1);
    if (caught === undefined) {
      return raise(
        10704,
        'To rethrow an error, a THROW statement must be used inside a CATCH block. Insert the THROW statement inside a CATCH block, or add error parameters to the THROW statement.',
        statement.line,
        15,
      );
    }
    throw interpreter.rethrown(caught);
  }
  const number = Number(await interpreter.evaluateValue(statement.arguments.number, frame, { name: 'int' }));
  const message = String(
    (await interpreter.evaluateValue(statement.arguments.message, frame, {
      name: 'nvarchar',
      length: 2048,
    })) ?? '',
  );
  const state = Number(
    await interpreter.evaluateValue(statement.arguments.state, frame, { name: 'tinyint' }),
  );
  if (number < 50000) {
    raise(
      35100,
      `Error number ${String(number)} in the THROW statement is outside the valid range. Specify an error number in the valid range of 50000 to 2147483647.`,
      statement.line,
      16,
      10,
    );
  }
  throw new SqlError({ number, state, class: 16, message, line: statement.line });
}

export async function executeRaiserror(
  interpreter: Interpreter,
  statement: Raiserror,
  frame: Frame,
): Promise<void> {
  const text = await interpreter.evaluateValue(statement.message, frame);
  const severity = Number(await interpreter.evaluateValue(statement.severity, frame, { name: 'int' }));
  const given = Number(await interpreter.evaluateValue(statement.state, frame, { name: 'int' }));
  const state = given < 0 ? 1 : given > 255 ? 255 : given;
  const args: SqlValue[] = [];
  for (const argument of statement.arguments) args.push(await interpreter.evaluateValue(argument, frame));
  if (severity > 18 && !statement.options.includes('LOG')) {
    raise(
      2754,
      'Error severity levels greater than 18 can only be specified by members of the sysadmin role, using the WITH LOG option.',
      statement.line,
    );
  }
  if (severity >= 20 || statement.options.includes('LOG'))
    unsupported('RAISERROR … WITH LOG', statement.line);
  const known = typeof text === 'number' && text >= 13000 ? messages[text] : undefined;
  if (typeof text === 'number' && known === undefined) {
    raise(
      18054,
      `Error ${String(text)}, severity ${String(severity)}, state ${String(state)} was raised, but no message with that error number was found in sys.messages. If error is larger than 50000, make sure the user-defined message is added using sp_addmessage.`,
      statement.line,
    );
  }
  const number = known === undefined ? 50000 : Number(text);
  const message = formatMessage(known?.text ?? String(text ?? ''), args);
  // A system message has a severity of its own, which a negative one asks for.
  const level = severity < 0 && known !== undefined ? known.class : Math.max(0, severity);
  if (level <= 10) {
    interpreter.message(
      {
        number,
        state,
        class: level === 10 ? 0 : level,
        message,
        line: statement.line,
      },
      frame,
    );
    if (statement.options.includes('NOWAIT')) interpreter.out.flush?.();
    if (statement.options.includes('SETERROR')) interpreter.state.error = number;
    return;
  }
  throw new SqlError({ number, state, class: level, message, line: statement.line });
}

export async function executePrint(interpreter: Interpreter, statement: Print, frame: Frame): Promise<void> {
  const { value, type } = await interpreter.evaluate(statement.value, frame);
  const text =
    value === null
      ? ''
      : ((await interpreter.convertValue(
          value,
          type,
          /char|text|sysname/u.test(type.name) ? type : { name: 'nvarchar', length: 4000 },
        )) ?? '');
  interpreter.message(
    { number: 0, state: 1, class: 0, message: text.slice(0, 8000), line: statement.line },
    frame,
  );
}

export async function executeWaitFor(
  interpreter: Interpreter,
  statement: WaitFor,
  frame: Frame,
): Promise<void> {
  if (statement.mode === 'time') return unsupported('WAITFOR TIME', statement.line);
  const text = String(await interpreter.evaluateValue(statement.value, frame));
  const found = /(?:^|\s)(\d{1,3}):(\d{1,2})(?::(\d{1,2})(?:[.:](\d{1,3}))?)?/u.exec(text);
  if (found === null) {
    return raise(
      148,
      `Incorrect time syntax in time string '${text}' used with WAITFOR.`,
      statement.line,
      15,
    );
  }
  const [, hours = '0', minutes = '0', seconds = '0', fraction = ''] = found;
  const total =
    ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 +
    Number(fraction.padEnd(3, '0') || '0');
  await new Promise<void>((resolve) => {
    const stop = (): void => {
      clearTimeout(timer);
      interpreter.signal.removeEventListener('abort', stop);
      resolve();
    };
    const timer = setTimeout(stop, total);
    interpreter.signal.addEventListener('abort', stop);
    if (interpreter.signal.aborted) stop();
  });
  interpreter.checkAttention();
  interpreter.done({});
}
