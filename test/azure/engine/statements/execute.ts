// EXEC of procedures, shared with RPC requests: parameters by position or name, OUTPUT, return status.
import { SqlError } from '../../contract.ts';
import type { SqlType, SqlValue } from '../../contract.ts';
import type { Execute, Expression } from '../../tsql/ast.ts';
import { parseBatch } from '../../tsql/parser.ts';
import { splitName } from '../bind/nameText.ts';
import { raise, unsupported } from '../bind/raise.ts';
import { encodeParameter } from '../catalog/values.ts';
import { ScopeEnded } from '../interpreter/flow.ts';
import { Frame } from '../interpreter/frame.ts';
import type { Control, Variable } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { catalogProcedures } from '../system/procedures.ts';
import { runCatalogProcedure } from './catalogProcedures.ts';
import { dropTemporary } from './dropTemporary.ts';
import { notSupplied } from './procedureArguments.ts';
import { systemProcedures } from './systemProcedures.ts';
import { parameterType } from './variables.ts';

/** One argument of a call, from EXEC or from an RPC request. */
export interface Argument {
  name: string | undefined;
  type: SqlType;
  /** PostgreSQL text. */
  value: string | null;
  useDefault: boolean;
  output: boolean;
  /** Takes an OUTPUT value back. */
  assign?: (value: string | null, type: SqlType) => Promise<void>;
}

export async function executeProcedureStatement(
  interpreter: Interpreter,
  statement: Execute,
  frame: Frame,
): Promise<Control> {
  for (const option of statement.options) {
    if (option !== 'RECOMPILE') unsupported(`EXECUTE … WITH ${option}`, statement.line);
  }
  const args: Argument[] = [];
  for (const argument of statement.arguments) {
    const useDefault = argument.value.kind === 'default';
    const target = argument.output ? variableOf(argument.value, frame, interpreter) : undefined;
    const { value, type } = useDefault
      ? { value: null, type: { name: 'int' } as SqlType }
      : await interpreter.evaluate(argument.value, frame);
    args.push({
      name: argument.name,
      type,
      value,
      useDefault,
      output: argument.output,
      ...(target === undefined
        ? {}
        : {
            assign: async (result: string | null, from: SqlType) => {
              target.value = await interpreter.convertValue(result, from, target.type);
            },
          }),
    });
  }
  let parts: string[];
  if (statement.procedure.kind === 'variable') {
    const name = await interpreter.evaluateValue(statement.procedure, frame);
    parts = splitName(String(name ?? ''));
  } else {
    parts = statement.procedure.parts.map((part) => part.name);
  }
  const status = await callProcedure(interpreter, parts, args, frame, statement.line);
  if (statement.status !== undefined) {
    const variable = frame.get(statement.status);
    if (variable === undefined)
      raise(137, `Must declare the scalar variable "${statement.status}".`, statement.line, 15);
    variable.value = await interpreter.convertValue(String(status), { name: 'int' }, variable.type);
  }
  return undefined;
}

function variableOf(expression: Expression, frame: Frame, _interpreter: Interpreter): Variable {
  if (expression.kind !== 'variable') {
    return raise(
      179,
      'Cannot use the OUTPUT option when passing a constant to a stored procedure.',
      expression.line,
      15,
    );
  }
  const variable = frame.get(expression.name);
  if (variable === undefined)
    return raise(137, `Must declare the scalar variable "${expression.name}".`, expression.line, 15);
  return variable;
}

/** Runs a system or user procedure; sends RETURNSTATUS and the DONEPROC. @throws SqlError 2812 */
export async function callProcedure(
  interpreter: Interpreter,
  parts: readonly string[],
  args: readonly Argument[],
  frame: Frame,
  line: number,
): Promise<number> {
  const name = parts.at(-1) ?? '';
  const lower = name.toLowerCase();
  if (interpreter.state.nesting >= 32) {
    raise(
      217,
      'Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).',
      line,
    );
  }
  const system = Object.hasOwn(systemProcedures, lower) ? systemProcedures[lower] : undefined;
  const kind = interpreter.doneKind;
  interpreter.doneKind = 'inProcedure';
  interpreter.state.nesting += 1;
  let status = 0;
  try {
    if (system !== undefined && ownSchema(parts)) {
      status = await system(interpreter, args, frame, line);
    } else if (Object.hasOwn(catalogProcedures, lower) && ownSchema(parts)) {
      status = await runCatalogProcedure(interpreter, lower, args, line);
    } else {
      status = await runUserProcedure(interpreter, parts, args, frame, line);
    }
  } catch (error) {
    if (!(error instanceof ScopeEnded)) throw error;
    if (error.error !== undefined) throw error.error;
    status = -6;
  } finally {
    interpreter.state.nesting -= 1;
    interpreter.doneKind = kind;
  }
  if (kind === 'statement') {
    interpreter.out.returnStatus(status);
    interpreter.doneSent = true;
    interpreter.out.done({ kind: 'procedure' });
  }
  return status;
}

/** System procedures are found without a schema, or in sys. */
const ownSchema = (parts: readonly string[]): boolean =>
  parts.length === 1 || ['sys', 'dbo', ''].includes(parts.at(-2)?.toLowerCase() ?? '');

async function runUserProcedure(
  interpreter: Interpreter,
  parts: readonly string[],
  args: readonly Argument[],
  frame: Frame,
  line: number,
): Promise<number> {
  const binder = await interpreter.binder(frame);
  const object = binder.object(parts, line);
  if (object === undefined || object.type !== 'P' || object.definition === undefined) {
    return raise(2812, `Could not find stored procedure '${parts.join('.')}'.`, line, 16, 62);
  }
  // A #procedure belongs to the session that made it.
  if (object.schema !== '') binder.require('EXECUTE', object);
  await interpreter.authorize(binder.requirements, frame);
  const definition = parseBatch(object.definition).statements[0];
  if (definition?.kind !== 'createProcedure') throw new Error(`The text of ${object.name} is no procedure`);
  const inner = new Frame('procedure', frame);
  inner.procedure = object.name;
  inner.procedureId = object.objectId;
  inner.lineOffset = definition.line - 1;
  if (object.schema !== '') inner.defaultSchema = object.schema;
  inner.module = object;
  const given = new Map<string, Argument>();
  let named = false;
  for (const [i, argument] of args.entries()) {
    if (argument.name !== undefined && argument.name !== '') {
      named = true;
      const known = definition.parameters.some(
        (parameter) => parameter.name.toLowerCase() === argument.name?.toLowerCase(),
      );
      if (!known)
        raise(8145, `${argument.name} is not a parameter for procedure ${object.name}.`, line, 16, 1);
      given.set(argument.name.toLowerCase(), argument);
      continue;
    }
    if (named)
      raise(
        119,
        `Must pass parameter number ${String(i + 1)} and subsequent parameters as '@name = value'. After the form '@name = value' has been used, all subsequent parameters must be passed in the form '@name = value'.`,
        line,
        15,
      );
    const parameter = definition.parameters[i];
    if (parameter === undefined)
      raise(8144, `Procedure or function ${object.name} has too many arguments specified.`, line, 16, 2);
    given.set(parameter.name.toLowerCase(), argument);
  }
  for (const parameter of definition.parameters) {
    const type = parameterType(parameter.type, parameter.name, interpreter.snapshot);
    const argument = given.get(parameter.name.toLowerCase());
    if (argument === undefined || argument.useDefault) {
      if (parameter.default === undefined) {
        notSupplied(object.name, parameter.name, line);
      }
      inner.declare(parameter.name, type);
      const { value } = await interpreter.evaluate(parameter.default, inner, type);
      inner.declare(parameter.name, type, value);
      continue;
    }
    if (argument.output && !parameter.output) {
      raise(
        8162,
        `The formal parameter "${parameter.name}" was not declared as an OUTPUT parameter, but the actual parameter passed in requested output.`,
        line,
        16,
        2,
      );
    }
    inner.declare(parameter.name, type, await interpreter.convertValue(argument.value, argument.type, type));
  }
  const noCount = interpreter.state.options.noCount;
  const before = interpreter.state.transactions;
  let status = 0;
  try {
    const control = await interpreter.runList(definition.body, inner);
    if (control?.kind === 'return') status = control.value;
  } finally {
    interpreter.state.options.noCount = noCount;
    await dropTemporary(interpreter, inner);
  }
  const after = interpreter.state.transactions;
  if (after !== before) {
    const error = new SqlError({
      number: 266,
      state: 2,
      class: 16,
      message: `Transaction count after EXECUTE indicates a mismatching number of BEGIN and COMMIT statements. Previous count = ${String(before)}, current count = ${String(after)}.`,
      line: 0,
      procedure: object.name,
    });
    interpreter.out.message({ ...error.detail, line: 0 });
  }
  for (const parameter of definition.parameters) {
    const argument = given.get(parameter.name.toLowerCase());
    const variable = inner.get(parameter.name);
    if (argument?.output !== true || variable === undefined) continue;
    await argument.assign?.(variable.value, variable.type);
  }
  return status;
}

export function argumentFromValue(name: string, type: SqlType, value: SqlValue): Argument {
  return {
    name: name === '' ? undefined : name,
    type,
    value: encodeParameter(type, value),
    useDefault: false,
    output: false,
  };
}
