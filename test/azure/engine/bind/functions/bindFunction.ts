// Finds a built-in function by name, checks how many arguments it got, and binds the call.
import type { Binder } from '../binder.ts';
import type { Bound } from '../bound.ts';
import { raise } from '../raise.ts';
import { Call } from './call.ts';
import type { FunctionTable } from './call.ts';
import { dateFunctions } from './date.ts';
import { jsonFunctions } from './json.ts';
import { mathFunctions } from './math.ts';
import { stringFunctions } from './string.ts';
import { systemFunctions } from './system.ts';

const functions: FunctionTable = {
  ...stringFunctions,
  ...dateFunctions,
  ...mathFunctions,
  ...systemFunctions,
  ...jsonFunctions,
};

/** @throws SqlError 195 (no such function), 174, 189 (number of arguments). */
export function bindFunction(
  binder: Binder,
  name: string,
  args: readonly Bound[],
  line: number,
  datePart?: string,
): Bound {
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (found === undefined) {
    console.error(`local Azure: not supported: function ${name}`);
    return raise(195, `'${name.toLowerCase()}' is not a recognized built-in function name.`, line, 15, 10);
  }
  const count = args.length + (datePart === undefined ? 0 : 1);
  if (count < found.min || count > found.max) {
    if (found.min === found.max) {
      raise(174, `The ${name.toLowerCase()} function requires ${String(found.min)} argument(s).`, line, 15);
    }
    raise(
      189,
      `The ${name.toLowerCase()} function requires ${String(found.min)} to ${String(found.max)} arguments.`,
      line,
      15,
    );
  }
  return found.bind(new Call(binder, name, args, line, datePart));
}
