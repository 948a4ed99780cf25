// SET options. What the engine cannot honour is refused, not ignored.
import type { SetOption, SetValue } from '../../tsql/ast.ts';
import { raise, unsupported } from '../bind/raise.ts';
import type { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { fixedOptions, flagOptions } from '../interpreter/sessionOptions.ts';
import type { SessionOptions } from '../interpreter/sessionOptions.ts';

/** What SET ANSI_DEFAULTS ON switches on (Learn: "SET ANSI_DEFAULTS"). */
const ansiDefaults = [
  'ansiNulls',
  'ansiNullDefaultOn',
  'ansiPadding',
  'ansiWarnings',
  'cursorCloseOnCommit',
  'implicitTransactions',
  'quotedIdentifier',
] as const;

export async function executeSetOption(
  interpreter: Interpreter,
  statement: SetOption,
  _frame: Frame,
): Promise<void> {
  const { options } = interpreter.state;
  for (const name of statement.options) {
    if (name === 'ANSI_DEFAULTS') {
      // OFF would take ANSI_PADDING along.
      if (!statement.on) unsupported('SET ANSI_DEFAULTS OFF', statement.line);
      for (const field of ansiDefaults) options[field] = true;
      options.ansiNullDefaultOff = false;
      continue;
    }
    if (name.startsWith('STATISTICS')) {
      if (statement.on) unsupported(`SET ${name} ON`, statement.line);
      continue;
    }
    if (name === 'NO_BROWSETABLE' || name === 'REMOTE_PROC_TRANSACTIONS' || name === 'FORCEPLAN') {
      if (statement.on) unsupported(`SET ${name} ON`, statement.line);
      continue;
    }
    const field = flagOptions[name];
    if (field === undefined) {
      unsupported(`SET ${name}`, statement.line);
    }
    const fixed = fixedOptions[field];
    if (fixed !== undefined && fixed !== statement.on)
      unsupported(`SET ${name} ${statement.on ? 'ON' : 'OFF'}`, statement.line);
    options[field] = statement.on;
    // Each of the two switches the other off.
    if (field === 'ansiNullDefaultOn' && statement.on) options.ansiNullDefaultOff = false;
    if (field === 'ansiNullDefaultOff' && statement.on) options.ansiNullDefaultOn = false;
  }
  await Promise.resolve();
}

/** By name and alias. Its first day and date order are the session's at login; SET DATEFIRST stands whichever of the two came first. */
const languages: Record<string, string> = { us_english: 'us_english', english: 'us_english' };

export async function executeSetValue(
  interpreter: Interpreter,
  statement: SetValue,
  frame: Frame,
): Promise<void> {
  const { options } = interpreter.state;
  const word = async (): Promise<string> =>
    String((await interpreter.evaluateValue(statement.value, frame)) ?? '').toLowerCase();
  const number = async (): Promise<number> =>
    Number((await interpreter.evaluateValue(statement.value, frame, { name: 'int' })) ?? 0);
  switch (statement.option) {
    case 'ROWCOUNT':
      options.rowCount = await number();
      return;
    case 'TEXTSIZE': {
      const size = await number();
      options.textSize = size === 0 ? 4096 : size;
      return;
    }
    case 'LOCK_TIMEOUT': {
      options.lockTimeout = await number();
      const text = options.lockTimeout < 0 ? '0' : `${String(Math.max(1, options.lockTimeout))}ms`;
      await interpreter.connection.query(`SET lock_timeout = '${text}'`);
      return;
    }
    case 'DATEFIRST': {
      const first = await number();
      if (first < 1 || first > 7)
        raise(2744, `Invalid value for the SET DATEFIRST: ${String(first)}.`, statement.line);
      options.dateFirst = first;
      return;
    }
    case 'DATEFORMAT': {
      const format = await word();
      if (!['mdy', 'dmy', 'ymd', 'ydm', 'myd', 'dym'].includes(format)) {
        raise(2741, `SET DATEFORMAT date order '${format}' is invalid.`, statement.line);
      }
      options.dateFormat = format as SessionOptions['dateFormat'];
      return;
    }
    case 'LANGUAGE': {
      const name = await word();
      const language = languages[name];
      if (language === undefined) {
        if (/^[a-z ]+$/u.test(name) && name.length > 3) unsupported(`SET LANGUAGE ${name}`, statement.line);
        return raise(
          2740,
          `SET LANGUAGE failed because '${name}' is not an official language name or a language alias on this SQL Server.`,
          statement.line,
        );
      }
      const from = options.language;
      options.language = language;
      interpreter.out.environment({ type: 'language', from, to: language });
      interpreter.message(
        {
          number: 5703,
          state: 1,
          class: 0,
          message: `Changed language setting to ${language}.`,
          line: statement.line,
        },
        frame,
      );
      return;
    }
    case 'DEADLOCK_PRIORITY': {
      const value = await word();
      // PostgreSQL alone chooses the victim.
      if (value !== 'normal' && value !== '0') unsupported(`SET DEADLOCK_PRIORITY ${value}`, statement.line);
      return;
    }
    case 'CONTEXT_INFO': {
      const value = await interpreter.evaluateValue(statement.value, frame, {
        name: 'varbinary',
        length: 128,
      });
      options.contextInfo = value instanceof Uint8Array ? value : null;
      return;
    }
    default:
      unsupported(`SET ${statement.option}`, statement.line);
  }
}
