// The catalog procedures (sp_tables, sp_columns, sp_helptext …): queries of the lower half, sent as a result.
import { raise } from '../bind/raise.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { catalogProcedures } from '../system/procedures.ts';
import type { Argument } from './execute.ts';
import { streamRows } from './select.ts';

/** @throws SqlError 8144, 8145 */
export async function runCatalogProcedure(
  interpreter: Interpreter,
  name: string,
  args: readonly Argument[],
  line: number,
): Promise<number> {
  const procedure = catalogProcedures[name];
  if (procedure === undefined) return raise(2812, `Could not find stored procedure '${name}'.`, line, 16, 62);
  const values: (string | null)[] = procedure.parameters.map(() => null);
  for (const [i, argument] of args.entries()) {
    const named = argument.name !== undefined && argument.name !== '';
    const position = named
      ? procedure.parameters.findIndex(
          (parameter) => parameter.name.toLowerCase() === argument.name?.toLowerCase(),
        )
      : i;
    const parameter = procedure.parameters[position];
    if (parameter === undefined) {
      if (named) raise(8145, `${argument.name ?? ''} is not a parameter for procedure ${name}.`, line, 16, 1);
      raise(8144, `Procedure or function ${name} has too many arguments specified.`, line, 16, 2);
    }
    values[position] = await interpreter.convertValue(argument.value, argument.type, parameter.type);
  }
  await interpreter.authorization.readsCatalog?.(
    interpreter.state.context,
    interpreter.connection,
    'objects',
  );
  const refused =
    procedure.refused === undefined ? null : await interpreter.scalar(procedure.refused, values);
  if (refused !== null) refuse(Number(refused), values[0] ?? '', interpreter.database, line);
  const count = await streamRows(interpreter, procedure.sql, values, [...procedure.columns]);
  interpreter.state.rowCount = BigInt(count);
  interpreter.done({ rowCount: count, command: 0xc1 });
  return 0;
}

function refuse(number: number, object: string, database: string, line: number): never {
  const texts: Record<number, string> = {
    15009: `The object '${object}' does not exist in database '${database}' or is invalid for this operation.`,
    15197: `There is no text for object '${object}'.`,
  };
  return raise(number, texts[number] ?? '', line);
}
