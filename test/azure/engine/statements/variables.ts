// DECLARE and SET @v.
import type { SqlType } from '../../contract.ts';
import type { DataType, Declare, SetVariable } from '../../tsql/ast.ts';
import { resolveType } from '../bind/resolveType.ts';
import { assignedExpression } from '../bind/compoundOperator.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { raise } from '../bind/raise.ts';
import type { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { declareCursorVariable, setCursorVariable } from './cursors.ts';
import { declareTableVariable } from './tableVariables.ts';

/** @throws SqlError 2715 for a type that does not exist, 2739 for text, ntext and image, which only a parameter may have. */
export function variableType(node: DataType, name: string, snapshot?: Snapshot): SqlType {
  const type = parameterType(node, name, snapshot);
  if (['text', 'ntext', 'image'].includes(type.name)) {
    raise(2739, 'The text, ntext, and image data types are invalid for local variables.', node.line);
  }
  return type;
}

/** @throws SqlError 2715 for a type that does not exist. */
export function parameterType(node: DataType, name: string, snapshot?: Snapshot): SqlType {
  if (node.system === undefined) {
    const [last = '', schema] = node.name.parts.map((part) => part.name).toReversed();
    const alias = snapshot?.userType(schema, last);
    if (alias !== undefined && alias.tableId === null) return alias.base;
    const typeName = node.name.parts.map((part) => part.name).join('.');
    raise(2715, `Column, parameter, or variable #1: Cannot find data type ${typeName}.`, node.line, 16, 3);
  }
  const type = resolveType(node, 1);
  if (type.name === 'timestamp') return { name: 'binary', length: 8 };
  void name;
  return type.name === 'sysname' ? { name: 'nvarchar', length: 128 } : type;
}

export async function executeDeclare(
  interpreter: Interpreter,
  statement: Declare,
  frame: Frame,
): Promise<void> {
  for (const variable of statement.variables) {
    if (variable.kind === 'tableVariableDeclaration') {
      await declareTableVariable(interpreter, variable, frame);
      continue;
    }
    if (variable.kind === 'cursorVariable') {
      declareCursorVariable(interpreter, variable.name, frame);
      continue;
    }
    const key = variable.name.toLowerCase();
    const existing = frame.declared.get(key);
    if (existing !== undefined && existing !== variable) {
      raise(
        134,
        `The variable name '${variable.name}' has already been declared. Variable names must be unique within a query batch or stored procedure.`,
        variable.line,
        15,
        2,
      );
    }
    frame.declared.set(key, variable);
    const type = variableType(
      variable.type,
      variable.name,
      variable.type.system === undefined ? await interpreter.known() : undefined,
    );
    // DECLARE in a loop does not reset the value unless it has an initial one.
    if (frame.get(key) === undefined) frame.declare(variable.name, type);
    if (variable.initial !== undefined) {
      const { value } = await interpreter.evaluate(variable.initial, frame, type);
      frame.declare(variable.name, type, value);
    }
  }
}

export async function executeSetVariable(
  interpreter: Interpreter,
  statement: SetVariable,
  frame: Frame,
): Promise<void> {
  if (statement.value.kind === 'cursorDefinition') {
    setCursorVariable(interpreter, statement.variable, statement.value, frame);
    return;
  }
  const variable = frame.get(statement.variable);
  if (variable === undefined) {
    raise(137, `Must declare the scalar variable "${statement.variable}".`, statement.line, 15, 1);
  }
  const expression = assignedExpression(statement, statement.value);
  const { value } = await interpreter.evaluate(expression, frame, variable.type);
  variable.value = value;
  interpreter.state.rowCount = 1n;
}
