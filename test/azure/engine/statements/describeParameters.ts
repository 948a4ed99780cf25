// sp_describe_undeclared_parameters: binds a batch whose parameters have no type yet, and takes the type of the place each stands in.
import type { SqlType } from '../../contract.ts';
import type { Statement } from '../../tsql/ast.ts';
import { parseBatch } from '../../tsql/parser.ts';
import { Binder } from '../bind/binder.ts';
import { bindDelete } from '../bind/bindDelete.ts';
import { bindInsert } from '../bind/bindInsert.ts';
import { bindMerge } from '../bind/bindMerge.ts';
import { bindUpdate } from '../bind/bindUpdate.ts';
import { bindExpression } from '../bind/expressions.ts';
import { bindPredicate } from '../bind/predicates.ts';
import { bindCommonTables } from '../bind/commonTables.ts';
import { bindQuery } from '../bind/query.ts';
import { raise } from '../bind/raise.ts';
import { Scope } from '../bind/scope.ts';
import { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import type { PreparedStatement } from '../interpreter/sessionState.ts';
import { variableType } from './variables.ts';

/** @throws SqlError 11508, 11503 … when a parameter's type cannot be deduced */
export async function describeUndeclared(
  interpreter: Interpreter,
  text: string,
  declared: PreparedStatement['parameters'],
): Promise<{ name: string; type: SqlType }[]> {
  const batch = parseBatch(text);
  const frame = new Frame('dynamic');
  for (const parameter of declared) frame.declare(parameter.name, parameter.type);
  const undeclared = new Map<string, SqlType | undefined>();
  const names = new Map<string, string>();
  collectNames(batch.statements, names);
  const template = await interpreter.binder(frame);
  for (const statement of batch.statements) bindForTypes(template.input, undeclared, statement, frame);
  return [...undeclared].map(([key, type]) => {
    if (type === undefined) {
      raise(11502, `The type for parameter '${names.get(key) ?? key}' cannot be deduced in this context.`, 1);
    }
    return { name: names.get(key) ?? key, type };
  });
}

/** How each variable was written first. */
function collectNames(node: unknown, names: Map<string, string>): void {
  if (Array.isArray(node)) {
    for (const child of node) collectNames(child, names);
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  if ('kind' in node && node.kind === 'variable' && 'name' in node && typeof node.name === 'string') {
    if (!names.has(node.name.toLowerCase())) names.set(node.name.toLowerCase(), node.name);
  }
  for (const child of Object.values(node)) collectNames(child, names);
}

function bindForTypes(
  input: Binder['input'],
  undeclared: Map<string, SqlType | undefined>,
  statement: Statement,
  frame: Frame,
): void {
  const binder = new Binder({ ...input, variables: frame.types, undeclared });
  const context = { identityInsert: undefined, capture: undefined };
  switch (statement.kind) {
    case 'select': {
      const common = bindCommonTables(binder, statement.with);
      bindQuery(binder, statement.query, undefined);
      common.end();
      break;
    }
    case 'insert':
      bindInsert(binder, statement, context);
      break;
    case 'update':
      bindUpdate(binder, statement, context);
      break;
    case 'delete':
      bindDelete(binder, statement, context);
      break;
    case 'merge':
      bindMerge(binder, statement, context);
      break;
    case 'declare':
      for (const variable of statement.variables) {
        if (variable.kind !== 'scalarVariable') continue;
        const type = variableType(variable.type, variable.name);
        frame.declare(variable.name, type);
        if (variable.initial !== undefined)
          binder.convert(bindExpression(binder, new Scope(), variable.initial), type, variable.line);
      }
      break;
    case 'setVariable': {
      const type = frame.types.get(statement.variable.toLowerCase());
      if (statement.value.kind === 'cursorDefinition') break;
      const bound = bindExpression(binder, new Scope(), statement.value);
      if (type !== undefined) binder.convert(bound, type, statement.line);
      break;
    }
    case 'if':
      bindPredicate(binder, new Scope(), statement.condition);
      bindForTypes(input, undeclared, statement.then, frame);
      if (statement.otherwise !== undefined) bindForTypes(input, undeclared, statement.otherwise, frame);
      break;
    case 'block':
      for (const inner of statement.statements) bindForTypes(input, undeclared, inner, frame);
      break;
    case 'while':
      bindPredicate(binder, new Scope(), statement.condition);
      bindForTypes(input, undeclared, statement.body, frame);
      break;
    default:
  }
}
