// The parameters that sp_executesql, sp_prepare and the describing procedures are given as text: '@id int, @name nvarchar(50) = NULL'.
import { parseParameterDefinitions } from '../../tsql/parser.ts';
import { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import type { PreparedStatement } from '../interpreter/sessionState.ts';
import { parameterType } from './variables.ts';

export async function parametersOf(
  interpreter: Interpreter,
  definition: string,
): Promise<PreparedStatement['parameters']> {
  const result: PreparedStatement['parameters'] = [];
  for (const parameter of parseParameterDefinitions(definition)) {
    const type = parameterType(
      parameter.type,
      parameter.name,
      parameter.type.system === undefined ? await interpreter.known() : undefined,
    );
    let fallback: string | null = null;
    if (parameter.default !== undefined) {
      fallback = (await interpreter.evaluate(parameter.default, new Frame('dynamic'), type)).value;
    }
    result.push({ name: parameter.name, type, output: parameter.output, default: fallback });
  }
  return result;
}
