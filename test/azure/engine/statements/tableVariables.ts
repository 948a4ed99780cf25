// DECLARE @t TABLE (…): a PostgreSQL temp table that only this batch or module sees.
import type { TableDeclaration } from '../../tsql/ast.ts';
import { raise } from '../bind/raise.ts';
import { createRowset } from '../ddl/rowset.ts';
import type { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { ddlContext } from './definition.ts';

/** @throws SqlError 134, and what CREATE TABLE finds */
export async function declareTableVariable(
  interpreter: Interpreter,
  declaration: TableDeclaration,
  frame: Frame,
): Promise<void> {
  const key = declaration.name.toLowerCase();
  if (frame.declared.get(key) === declaration && frame.tableVariables.has(key)) return;
  if (frame.declared.has(key)) {
    raise(
      134,
      `The variable name '${declaration.name}' has already been declared. Variable names must be unique within a query batch or stored procedure.`,
      declaration.line,
      15,
      2,
    );
  }
  for (const element of declaration.elements) {
    if (element.kind === 'keyConstraint' && element.name !== undefined) {
      raise(156, "Incorrect syntax near the keyword 'CONSTRAINT'.", element.line, 15);
    }
  }
  const object = await createRowset(ddlContext(interpreter, frame), declaration.name, declaration.elements);
  frame.declared.set(key, declaration);
  frame.tableVariables.set(key, object);
  frame.temporary.push(object.pgName);
}
