// The table that a statement changes: found by name or alias, its columns, defaults and conversions, and the rows it means.
import type { DmlTarget, Expression, Identifier, Predicate, TableSource, Top } from '../../tsql/ast.ts';
import { parseExpressionText } from '../../tsql/parser.ts';
import type { Binder } from './binder.ts';
import type { Bound } from './bound.ts';
import { bindExpression } from './expressions.ts';
import { lockTarget, lockWhole } from './hints.ts';
import type { RowLock } from './hints.ts';
import { bigint } from './literals.ts';
import type { ObjectColumn, ResolvedObject } from './ports.ts';
import { bindPredicate } from './predicates.ts';
import { raise, unsupported } from './raise.ts';
import { Scope, fullName, sameName } from './scope.ts';
import type { Source } from './scope.ts';

/** The table a statement changes. @throws SqlError 208, 1087. */
export function findTarget(
  binder: Binder,
  target: DmlTarget,
  from: readonly TableSource[] = [],
): ResolvedObject {
  if (target.kind === 'tableVariable') {
    const found = binder.input.tableVariables.get(target.variable.toLowerCase());
    if (found === undefined)
      raise(1087, `Must declare the table variable "${target.variable}".`, target.line, 15, 2);
    return found;
  }
  const found = namedTarget(binder, target, from);
  lockTarget(binder, found, target.hints);
  return found;
}

function namedTarget(
  binder: Binder,
  target: DmlTarget & { kind: 'table' },
  from: readonly TableSource[],
): ResolvedObject {
  if (target.name.parts.length === 1) {
    const aliased = findAlias(from, target.name.parts[0]?.name ?? '');
    if (aliased?.kind === 'table') return binder.table(aliased.name);
    if (aliased?.kind === 'tableVariable') return findTarget(binder, aliased);
  }
  return binder.table(target.name);
}

function findAlias(from: readonly TableSource[], name: string): TableSource | undefined {
  for (const source of from) {
    if (source.kind === 'join' || source.kind === 'apply') {
      const inner = findAlias([source.left, source.right], name);
      if (inner !== undefined) return inner;
    } else if (
      (source.kind === 'table' || source.kind === 'tableVariable') &&
      source.alias !== undefined &&
      sameName(source.alias.name, name)
    ) {
      return source;
    }
  }
  return undefined;
}

export const targetText = (target: DmlTarget): string =>
  target.kind === 'table' ? fullName(target.name) : target.variable;

export function columnOf(object: ResolvedObject, name: Identifier): ObjectColumn {
  const found = object.columns.find((column) => sameName(column.name, name.name));
  if (found === undefined) raise(207, `Invalid column name '${name.name}'.`, name.line);
  return found;
}

/** A column's default, bound where it is needed; NULL without one. Identity and rowversion have PostgreSQL's own. */
export function defaultSql(binder: Binder, object: ResolvedObject, column: ObjectColumn): string {
  if (column.defaultText === undefined) {
    return column.identity || column.type.name === 'timestamp' || column.generated
      ? 'DEFAULT'
      : `NULL::${binder.storage.pgType(column.type)}`;
  }
  const bound = bindExpression(binder, new Scope(), parseExpressionText(column.defaultText));
  return assigned(binder, object, column, bound, 0);
}

/** A value on its way into a column. */
export function assigned(
  binder: Binder,
  object: ResolvedObject,
  column: ObjectColumn,
  bound: Bound,
  line: number,
): string {
  const value = bound.undeclared !== undefined ? binder.infer(bound, column.type) : bound;
  if (value.untypedNull === true) return `NULL::${binder.storage.pgType(column.type)}`;
  const converted = binder.convert(value, column.type, line);
  if (!binder.input.settings.ansiWarnings) return converted.sql;
  return binder.storage.assign(value.sql, value.type, column.type, {
    table: binder.displayName(object),
    column: column.name,
  });
}

export function topCount(binder: Binder, top: Top): string {
  if (top.percent) return unsupported('TOP PERCENT in a data modification', top.line);
  return binder.convert(bindExpression(binder, new Scope(), top.count), bigint, top.line).sql;
}

export function targetSource(
  object: ResolvedObject,
  name: string,
  schema: string | undefined,
  pgAlias: string,
): Source {
  return {
    name,
    ...(schema === undefined ? {} : { schema }),
    pgAlias,
    columns: object.columns.map((column) => ({
      name: column.name,
      sql: `${pgAlias}.${column.pgName}`,
      type: column.type,
      nullable: column.nullable,
    })),
    table: { key: String(object.objectId) },
  };
}

/** The source of FROM that the statement's target means: by alias, else by table. */
export function matchTarget(scope: Scope, object: ResolvedObject, target: DmlTarget): Source | undefined {
  const name = target.kind === 'table' ? (target.name.parts.at(-1)?.name ?? '') : target.variable;
  const single = target.kind === 'table' && target.name.parts.length > 1 ? undefined : name;
  return (
    scope.sources.find((source) => single !== undefined && sameName(source.name, single)) ??
    scope.sources.find(
      (source) => source.table?.key === String(object.objectId) && sameName(source.name, object.name),
    ) ??
    scope.sources.find((source) => source.table?.key === String(object.objectId))
  );
}

export function whereSql(
  binder: Binder,
  scope: Scope,
  where: Predicate | { kind: 'currentOf'; cursor: string } | undefined,
  line: number,
): string {
  if (where === undefined) return '';
  if (where.kind === 'currentOf') return unsupported('WHERE CURRENT OF', line);
  scope.aggregates = 'where';
  return ` WHERE ${bindPredicate(binder, scope, where).sql}`;
}

/** A target that reads itself (WHERE, FROM) needs SELECT as well: the server asks for it. */
export function readsTarget(binder: Binder, object: ResolvedObject, needed: boolean): void {
  if (needed) binder.require('SELECT', object);
}

export function bindOnly(scope: Scope, object: ResolvedObject, target: DmlTarget): string {
  const name = target.kind === 'table' ? object.name : target.variable;
  scope.sources.push(targetSource(object, name, target.kind === 'table' ? object.schema : undefined, 's0'));
  return ` FROM ${object.pgName} AS s0`;
}

/** READPAST: rows that somebody else has locked are passed over. */
export const skipsLocked = (target: DmlTarget): boolean =>
  target.kind === 'table' && target.hints.some((hint) => hint.name === 'READPAST');

/** What a change's FROM asks to lock: rows of the target itself are locked anyway, READPAST may stand there too. */
export function lockSql(
  binder: Binder,
  target: DmlTarget,
  own: Source | undefined,
  locks: readonly RowLock[],
): string {
  const ownLock = locks.find((lock) => lock.pgAlias === own?.pgAlias);
  lockWhole(
    binder,
    locks.filter((lock) => lock !== ownLock),
  );
  const skips = skipsLocked(target) || ownLock?.wait === 'skip';
  return skips ? ` FOR UPDATE OF ${own?.pgAlias ?? 's0'} SKIP LOCKED` : '';
}

export function addTarget(scope: Scope, object: ResolvedObject, target: DmlTarget, from: string): string {
  const only = bindOnly(scope, object, target);
  return `${only}, ${from.replace(/^ FROM /u, '')}`;
}

export function readsColumns(expressions: readonly Expression[]): boolean {
  return expressions.some((expression) => JSON.stringify(expression).includes('"kind":"column"'));
}
