// Parameterised text: sp_executesql, and the handles of sp_prepare, sp_prepexec, sp_execute and sp_unprepare.
import { parseBatch } from '../../tsql/parser.ts';
import { int } from '../bind/literals.ts';
import { raise } from '../bind/raise.ts';
import { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import type { PreparedStatement } from '../interpreter/sessionState.ts';
import { runText } from './dynamicText.ts';
import type { Argument } from './execute.ts';
import { parametersOf } from './parameterDefinitions.ts';
import { argument, unicodeText } from './procedureArguments.ts';
import type { SystemProcedure } from './procedureArguments.ts';
import { describeType } from './typeDescription.ts';

export const preparedProcedures: Readonly<Record<string, SystemProcedure>> = {
  sp_executesql: async (interpreter, args, frame, line) => {
    const [statement, definition, ...rest] = args;
    const text = await unicodeText(interpreter, statement, 'sp_executesql', '@statement', line);
    const parameters = await parametersOf(
      interpreter,
      await definitionText(interpreter, definition, 'sp_executesql', line),
    );
    return await runParameterised(interpreter, { text, parameters }, rest, frame, line);
  },
  sp_prepare: async (interpreter, args, _frame, line) => {
    await prepare(interpreter, args, 'sp_prepare', line);
    return 0;
  },
  sp_prepexec: async (interpreter, args, frame, line) => {
    const prepared = await prepare(interpreter, args, 'sp_prepexec', line);
    return await runParameterised(interpreter, prepared, args.slice(3), frame, line);
  },
  sp_execute: async (interpreter, args, frame, line) => {
    const handle = handleOf(args, line);
    const prepared = interpreter.state.prepared.get(handle);
    if (prepared === undefined) return unknownHandle(handle, line);
    return await runParameterised(interpreter, prepared, args.slice(1), frame, line);
  },
  sp_unprepare: (interpreter, args, _frame, line) => {
    const handle = handleOf(args, line);
    if (!interpreter.state.prepared.delete(handle)) unknownHandle(handle, line);
    return Promise.resolve(0);
  },
};

/** The text of @params; NULL and left out are no parameters. */
async function definitionText(
  interpreter: Interpreter,
  definition: Argument | undefined,
  procedure: string,
  line: number,
): Promise<string> {
  if (definition === undefined || definition.value === null) return '';
  return await unicodeText(interpreter, definition, procedure, '@params', line);
}

/** Keeps the text under a new handle, which the first argument takes back. */
async function prepare(
  interpreter: Interpreter,
  args: readonly Argument[],
  procedure: string,
  line: number,
): Promise<PreparedStatement> {
  const [handleArgument, definition, statement] = args;
  const declared = await definitionText(interpreter, definition, procedure, line);
  const text = await unicodeText(interpreter, statement, procedure, '@stmt', line);
  // Syntax is checked when it is prepared, as the server does.
  parseBatch(text, { quotedIdentifier: interpreter.state.options.quotedIdentifier });
  const prepared = { text, parameters: await parametersOf(interpreter, declared) };
  const handle = interpreter.state.nextHandle++;
  interpreter.state.prepared.set(handle, prepared);
  await handleArgument?.assign?.(String(handle), int);
  return prepared;
}

function handleOf(args: readonly Argument[], line: number): number {
  const found = argument(args, '@handle', 0);
  if (found === undefined) {
    return raise(
      201,
      "Procedure or function expects parameter '@handle', which was not supplied.",
      line,
      16,
      4,
    );
  }
  return Number(found.value);
}

function unknownHandle(handle: number, line: number): never {
  raise(8179, `Could not find prepared statement with handle ${String(handle)}.`, line, 16, 2);
}

async function runParameterised(
  interpreter: Interpreter,
  prepared: PreparedStatement,
  args: readonly Argument[],
  parent: Frame,
  line: number,
): Promise<number> {
  const frame = new Frame('dynamic', parent);
  const bound = new Map<string, Argument>();
  for (const [i, given] of args.entries()) {
    const name = given.name === undefined || given.name === '' ? prepared.parameters[i]?.name : given.name;
    if (name === undefined)
      raise(8144, 'Procedure or function  has too many arguments specified.', line, 16, 2);
    if (!prepared.parameters.some((parameter) => parameter.name.toLowerCase() === name.toLowerCase())) {
      raise(8145, `${name} is not a parameter for procedure sp_executesql.`, line, 16, 1);
    }
    bound.set(name.toLowerCase(), given);
  }
  for (const parameter of prepared.parameters) {
    const given = bound.get(parameter.name.toLowerCase());
    if (given === undefined || given.useDefault) {
      if (given === undefined && parameter.default === null) {
        raise(
          8178,
          `The parameterized query '(${prepared.parameters.map((one) => `${one.name} ${describeType(one.type).name}`).join(',')})${prepared.text}' expects the parameter '${parameter.name}', which was not supplied.`,
          line,
          16,
          1,
        );
      }
      frame.declare(parameter.name, parameter.type, parameter.default);
      continue;
    }
    frame.declare(
      parameter.name,
      parameter.type,
      await interpreter.convertValue(given.value, given.type, parameter.type),
    );
  }
  frame.defaultSchema = parent.defaultSchema;
  await runText(interpreter, prepared.text, frame);
  for (const [name, given] of bound) {
    const variable = frame.get(name);
    if (given.output && variable !== undefined) await given.assign?.(variable.value, variable.type);
  }
  return interpreter.state.error;
}
