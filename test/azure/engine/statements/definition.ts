// DDL: the lower half executes it; this side binds the expressions inside (CHECK, computed columns, views).
import { SqlError } from '../../contract.ts';
import type { Name, Statement } from '../../tsql/ast.ts';
import { parseBatch } from '../../tsql/parser.ts';
import type { Binder } from '../bind/binder.ts';
import { bindExpression } from '../bind/expressions.ts';
import type { ObjectColumn } from '../bind/ports.ts';
import { bindPredicate } from '../bind/predicates.ts';
import { bindCommonTables } from '../bind/commonTables.ts';
import { bindQuery } from '../bind/query.ts';
import { raise, unsupported } from '../bind/raise.ts';
import { Scope } from '../bind/scope.ts';
import type { DdlContext, DefinitionBinder } from '../ddl/context.ts';
import { executeDefinition } from '../ddl/execute.ts';
import type { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { beginTransaction } from './transaction.ts';

type Definition = Parameters<typeof executeDefinition>[0];

export function ddlContext(interpreter: Interpreter, frame: Frame): DdlContext {
  const { state, services, connection, database } = interpreter;
  return {
    connection,
    catalog: services.catalog(database),
    cluster: services.cluster,
    database,
    defaultSchema: frame.defaultSchema ?? state.context.defaultSchema,
    nullByDefault: state.options.ansiNullDefaultOn,
    principalId: state.context.userId,
    binder: definitionBinder(interpreter, frame),
    check: (permission, securable) => interpreter.check(permission, securable),
  };
}

/** Statements that PostgreSQL does not run in a transaction either. */
const outside = new Set(['createDatabase', 'alterDatabase']);

export async function executeDdl(
  interpreter: Interpreter,
  statement: Statement,
  frame: Frame,
): Promise<void> {
  interpreter.refuseWriteWhenDoomed();
  const { state } = interpreter;
  const definition = statement as Definition;
  interpreter.verb = verbOf(statement.kind);
  if (modules.has(statement.kind)) refuseUnusualModule(interpreter, statement.line);
  const context = { ...ddlContext(interpreter, frame), check: checkFor(interpreter, definition) };
  const alone =
    outside.has(statement.kind) || (definition.kind === 'drop' && definition.object === 'database');
  if (alone) {
    if (state.transactions > 0) {
      raise(
        226,
        `${interpreter.verb} statement not allowed within multi-statement transaction.`,
        statement.line,
      );
    }
    await executeDefinition(definition, context);
  } else {
    if (state.options.implicitTransactions && state.transactions === 0) await beginTransaction(interpreter);
    await executeDefinition(definition, context);
    if (definition.kind === 'createTable' && frame.kind !== 'batch')
      rememberTemporary(definition.name, frame);
  }
  interpreter.snapshot = undefined;
  interpreter.done({});
}

const modules = new Set(['createView', 'createProcedure', 'createFunction', 'createTrigger']);

/** A module keeps the two settings that it was made under; here all of them run with both on. */
function refuseUnusualModule(interpreter: Interpreter, line: number): void {
  const { ansiNulls, quotedIdentifier } = interpreter.state.options;
  if (!ansiNulls) unsupported(`${interpreter.verb} with ANSI_NULLS OFF`, line);
  if (!quotedIdentifier) unsupported(`${interpreter.verb} with QUOTED_IDENTIFIER OFF`, line);
}

/** A table that one may not alter is told as one that is missing. @throws SqlError 1088, and what `check` finds */
function checkFor(interpreter: Interpreter, definition: Definition): DdlContext['check'] {
  const table =
    definition.kind === 'alterTable' || definition.kind === 'createIndex' || definition.kind === 'alterIndex'
      ? definition.table
      : definition.kind === 'switchTrigger' && definition.target !== 'database'
        ? definition.target
        : undefined;
  return async (permission, securable) => {
    try {
      await interpreter.check(permission, securable);
    } catch (error) {
      if (!(error instanceof SqlError) || error.detail.number !== 229) throw error;
      if (definition.kind === 'createTrigger' && definition.target !== 'database') {
        const name = definition.target.parts.map((part) => part.name).join('.');
        raise(
          8197,
          `The object '${name}' does not exist or is invalid for this operation.`,
          definition.line,
          16,
          4,
        );
      }
      if (table === undefined) throw error;
      const name = table.parts.map((part) => part.name).join('.');
      const state = { alterTable: 13, alterIndex: 9 }[definition.kind as 'alterTable'] ?? 12;
      raise(
        1088,
        `Cannot find the object "${name}" because it does not exist or you do not have permissions.`,
        definition.line,
        16,
        state,
      );
    }
  };
}

/** A #temp table lives as long as the module that made it. */
export function rememberTemporary(name: Name, frame: Frame): void {
  if (name.parts.at(-1)?.name.startsWith('#') === true && frame.kind !== 'batch')
    frame.temporaryNames.push(name);
}

const verbOf = (kind: string): string => kind.replaceAll(/([A-Z])/gu, ' $1').toUpperCase();

function definitionBinder(interpreter: Interpreter, frame: Frame): DefinitionBinder {
  const scopeOf = (columns: readonly ObjectColumn[]): Scope => {
    const scope = new Scope();
    scope.sources.push({
      name: '',
      pgAlias: '',
      columns: columns.map((column) => ({
        name: column.name,
        sql: column.pgName,
        type: column.type,
        nullable: column.nullable,
      })),
    });
    return scope;
  };
  const settled = (binder: Binder, what: string, line: number): void => {
    if (binder.parameters.length > 0) unsupported(`a session value in ${what}`, line);
  };
  return {
    async predicate(node, columns) {
      const binder = await interpreter.binder(frame);
      const { sql } = bindPredicate(binder, scopeOf(columns), node);
      settled(binder, 'a constraint', node.line);
      return sql;
    },
    async expression(node, columns) {
      const binder = await interpreter.binder(frame);
      const bound = bindExpression(binder, scopeOf(columns), node);
      settled(binder, 'a computed column', node.line);
      return { sql: bound.sql, type: bound.type, nullable: bound.nullable };
    },
    async constant(node, type) {
      // Its value now, once: what ADD … DEFAULT … WITH VALUES writes into the rows that are there.
      const { value } = await interpreter.evaluate(node, frame, type);
      const binder = await interpreter.binder(frame, false);
      return value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'::${binder.storage.pgType(type)}`;
    },
    async moduleColumns(text) {
      const statement = parseBatch(text).statements[0];
      const binder = await interpreter.binder(frame);
      if (statement?.kind === 'createView') {
        const common = bindCommonTables(binder, statement.with);
        const query = bindQuery(binder, statement.query, undefined, { role: 'view' });
        common.end();
        await interpreter.authorize(binder.requirements, frame);
        return query.columns.map((column, i) => {
          const name = statement.columns[i]?.name ?? column.name;
          if (name === '') {
            raise(
              4511,
              `Create View or Function failed because no column name was specified for column ${String(i + 1)}.`,
              statement.line,
            );
          }
          return { name, type: column.type, nullable: column.nullable };
        });
      }
      if (statement?.kind === 'createFunction' && statement.returns.kind === 'inline') {
        const inner = new Map(frame.types);
        for (const parameter of statement.parameters) {
          if (parameter.type.system !== undefined)
            inner.set(parameter.name.toLowerCase(), parameter.type.system);
        }
        binder.input.variables = inner;
        const common = bindCommonTables(binder, statement.returns.with);
        const query = bindQuery(binder, statement.returns.query, undefined, { role: 'view' });
        common.end();
        return query.columns.map(({ name, type, nullable }) => ({ name, type, nullable }));
      }
      return [];
    },
  };
}
