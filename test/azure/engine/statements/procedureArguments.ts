// What a system procedure is, and how it reads its arguments.
import { nvarchar } from '../bind/literals.ts';
import { raise } from '../bind/raise.ts';
import type { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import type { Argument } from './execute.ts';

/** Answers the return status. */
export type SystemProcedure = (
  interpreter: Interpreter,
  args: readonly Argument[],
  frame: Frame,
  line: number,
) => Promise<number>;

/** An argument by its name or position. */
export function argument(args: readonly Argument[], name: string, position: number): Argument | undefined {
  return (
    args.find((candidate) => candidate.name?.toLowerCase() === name) ??
    (args[position]?.name === undefined || args[position].name === '' ? args[position] : undefined)
  );
}

/** The value of an argument that must be Unicode text. @throws SqlError 201, 214. */
export async function unicodeText(
  interpreter: Interpreter,
  found: Argument | undefined,
  procedure: string,
  name: string,
  line: number,
): Promise<string> {
  if (found === undefined) return notSupplied(procedure, name, line);
  if (!['nvarchar', 'ntext', 'nchar', 'sysname'].includes(found.type.name)) {
    raise(214, `Procedure expects parameter '${name}' of type 'ntext/nchar/nvarchar'.`, line, 16, 2);
  }
  return (await interpreter.convertValue(found.value, found.type, nvarchar(-1))) ?? '';
}

export function notSupplied(procedure: string, name: string, line: number): never {
  raise(
    201,
    `Procedure or function '${procedure}' expects parameter '${name}', which was not supplied.`,
    line,
    16,
    4,
  );
}
