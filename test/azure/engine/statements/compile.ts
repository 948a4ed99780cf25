// What the server finds when it compiles a batch, before anything of it runs: variables, and names in tables that exist already.
import { SqlError } from '../../contract.ts';
import type { SqlMessage, SqlType } from '../../contract.ts';
import type { Statement } from '../../tsql/ast.ts';
import { Binder } from '../bind/binder.ts';
import { bindDelete } from '../bind/bindDelete.ts';
import { bindInsert } from '../bind/bindInsert.ts';
import { bindMerge } from '../bind/bindMerge.ts';
import { bindUpdate } from '../bind/bindUpdate.ts';
import { bindCommonTables } from '../bind/commonTables.ts';
import { bindQuery } from '../bind/query.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { raise } from '../bind/raise.ts';
import type { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { variableType } from './variables.ts';

/** Modules have variables of their own. */
const modules = new Set(['createProcedure', 'createFunction', 'createTrigger', 'createView']);

interface Names {
  declared: Map<string, SqlType | undefined>;
  tables: Set<string>;
  /** For alias types. */
  snapshot: Snapshot | undefined;
}

/** @throws SqlError 134, 137, 1087 with the line where it stands */
export function checkVariables(
  statements: readonly Statement[],
  frame: Frame,
  snapshot: Snapshot | undefined,
): Names {
  const names: Names = {
    declared: new Map(frame.types),
    tables: new Set(frame.tableVariables.keys()),
    snapshot,
  };
  walk(statements, names);
  return names;
}

function walk(node: unknown, names: Names): void {
  if (Array.isArray(node)) {
    for (const child of node) walk(child, names);
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  if (!('kind' in node)) {
    for (const child of Object.values(node)) walk(child, names);
    return;
  }
  if (modules.has(String(node.kind))) return;
  const line = 'line' in node && typeof node.line === 'number' ? node.line : 0;
  const used = (name: unknown, state: number): void => {
    if (typeof name !== 'string' || names.declared.has(name.toLowerCase())) return;
    raise(137, `Must declare the scalar variable "${name}".`, line, 15, state);
  };
  switch (node.kind) {
    case 'scalarVariable':
    case 'cursorVariable':
    case 'tableVariableDeclaration': {
      const declaration = node as Extract<Statement, { kind: 'declare' }>['variables'][number];
      const key = declaration.name.toLowerCase();
      if (names.declared.has(key) || names.tables.has(key)) {
        raise(
          134,
          `The variable name '${declaration.name}' has already been declared. Variable names must be unique within a query batch or stored procedure.`,
          line,
          15,
        );
      }
      if (declaration.kind === 'scalarVariable') {
        walk(declaration.initial, names);
        names.declared.set(key, variableType(declaration.type, declaration.name, names.snapshot));
      } else if (declaration.kind === 'cursorVariable') names.declared.set(key, undefined);
      else names.tables.add(key);
      return;
    }
    case 'variable':
      if ('name' in node) used(node.name, 2);
      return;
    case 'assignment':
    case 'setVariable':
    case 'setClause':
      if ('variable' in node && node.variable !== undefined) used(node.variable, 1);
      break;
    case 'fetchCursor':
      if ('into' in node && Array.isArray(node.into)) for (const name of node.into) used(name, 2);
      return;
    case 'execute':
      if ('status' in node && node.status !== undefined) used(node.status, 1);
      break;
    case 'tableVariable':
      if (
        'variable' in node &&
        typeof node.variable === 'string' &&
        !names.tables.has(node.variable.toLowerCase())
      ) {
        raise(1087, `Must declare the table variable "${node.variable}".`, line, 15, 2);
      }
      return;
    default:
  }
  for (const child of Object.values(node)) walk(child, names);
}

/** Whether a variable is declared with a type that only the catalog knows. */
function namesAlias(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(namesAlias);
  if (typeof node !== 'object' || node === null) return false;
  if ('kind' in node && node.kind === 'scalarVariable' && 'type' in node) {
    const type = node.type as { system?: unknown };
    return type.system === undefined;
  }
  return Object.values(node).some(namesAlias);
}

/** Statements after which names may mean something else than when the batch was compiled. */
const changesNames = /^(?:create|alter|drop|execute|switchTrigger|declareCursor)/u;

/** Errors of binding that a batch is refused for as a whole; a missing table (208) waits for its statement. */
const compileErrors = new Set([
  104, 107, 109, 110, 116, 120, 121, 130, 145, 147, 205, 206, 207, 209, 213, 257, 264, 271, 402, 1011, 1013,
  4104, 8117, 8120, 8121, 8127,
]);

/** @throws SqlError what compiling the batch finds. A batch of one statement finds it when that is bound anyway. */
export async function compileBatch(
  interpreter: Interpreter,
  statements: readonly Statement[],
  frame: Frame,
): Promise<void> {
  const { declared } = checkVariables(
    statements,
    frame,
    namesAlias(statements) ? await interpreter.known() : undefined,
  );
  if (statements.length < 2 || statements.some(changes)) return;
  const queries: Statement[] = [];
  for (const statement of statements) collect(statement, queries);
  if (queries.length < 2) return;
  const template = await interpreter.binder(frame);
  const types = new Map<string, SqlType>();
  for (const [name, type] of declared) if (type !== undefined) types.set(name, type);
  const refused: SqlMessage[] = [];
  for (const statement of queries) {
    interpreter.line = statement.line;
    try {
      bindOnly(new Binder({ ...template.input, variables: types }), statement, interpreter);
    } catch (error) {
      if (error instanceof SqlError && compileErrors.has(error.detail.number)) {
        const { detail, others } = error;
        refused.push(...others, { ...detail, line: detail.line > 0 ? detail.line : statement.line });
      }
      // Anything else is found again when the statement runs.
      if (!(error instanceof SqlError)) throw error;
    }
  }
  // Every statement is compiled, so each one's error is told; the last counts as the batch's.
  const last = refused.pop();
  if (last !== undefined) throw interpreter.located(new SqlError(last, refused), last.line, frame);
}

function changes(statement: Statement): boolean {
  if (changesNames.test(statement.kind)) return true;
  if (
    statement.kind === 'select' &&
    statement.query.body.kind === 'selectBlock' &&
    statement.query.body.into !== undefined
  )
    return true;
  if (statement.kind === 'declare')
    return statement.variables.some((variable) => variable.kind === 'tableVariableDeclaration');
  return children(statement).some(changes);
}

function children(statement: Statement): readonly Statement[] {
  switch (statement.kind) {
    case 'if':
      return statement.otherwise === undefined ? [statement.then] : [statement.then, statement.otherwise];
    case 'while':
      return [statement.body];
    case 'block':
      return statement.statements;
    case 'tryCatch':
      return [...statement.attempt, ...statement.handler];
    default:
      return [];
  }
}

function collect(statement: Statement, found: Statement[]): void {
  if (['select', 'insert', 'update', 'delete', 'merge'].includes(statement.kind)) found.push(statement);
  for (const child of children(statement)) collect(child, found);
}

function bindOnly(binder: Binder, statement: Statement, interpreter: Interpreter): void {
  const context = { identityInsert: interpreter.state.identityInsert?.objectId, capture: undefined };
  switch (statement.kind) {
    case 'select': {
      const common = bindCommonTables(binder, statement.with);
      bindQuery(binder, statement.query, undefined);
      common.end();
      break;
    }
    case 'insert':
      if (statement.source.kind !== 'execute') bindInsert(binder, statement, context);
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
    default:
  }
}
