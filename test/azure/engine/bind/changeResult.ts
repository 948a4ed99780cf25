// What a bound change gives back: OUTPUT, OUTPUT INTO, identity, variables, and the rows that triggers see.
import type { SqlType } from '../../contract.ts';
import type { OutputClause } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import type { Bound } from './bound.ts';
import { assigned, columnOf, defaultSql, findTarget } from './changeTarget.ts';
import { bindExpression } from './expressions.ts';
import { int } from './literals.ts';
import type { ResolvedObject } from './ports.ts';
import type { OutputColumn } from './boundQuery.ts';
import { raise } from './raise.ts';
import { Scope } from './scope.ts';
import type { Source } from './scope.ts';

export interface BoundChange {
  kind: 'insert' | 'update' | 'delete' | 'merge';
  sql: string;
  target: ResolvedObject;
  /** How the statement named its target, for messages. */
  targetName: string;
  /** The first columns of each returned row go to the client. */
  output: OutputColumn[] | undefined;
  /** Then the variables of SET @v = …. */
  assignments: { variable: string; type: SqlType }[];
  /** Then, last, the identity value of an inserted row. */
  identity: boolean;
  /** Rows come back and are counted, instead of PostgreSQL's own count. */
  returns: boolean;
  updated: ReadonlySet<string>;
}

/** Temp tables that take the old and new rows for triggers. */
export interface Capture {
  inserted: string;
  deleted: string;
}

export interface ChangeContext {
  /** IDENTITY_INSERT is on for this object. */
  identityInsert: number | undefined;
  capture: Capture | undefined;
}

/** Where `inserted.x` and `deleted.x` are new.x and old.x. */
export function transitionScope(
  object: ResolvedObject,
  deleted: boolean,
  inserted: boolean,
  others: readonly Source[] = [],
): Scope {
  const scope = new Scope();
  const source = (name: string, prefix: string): Source => ({
    name,
    pgAlias: prefix,
    columns: object.columns.map((column) => ({
      name: column.name,
      sql: `${prefix}.${column.pgName}`,
      type: column.type,
      nullable: column.nullable || name === 'deleted',
      ...(column.hidden ? { hidden: true } : {}),
    })),
  });
  if (inserted) scope.sources.push(source('inserted', 'new'));
  if (deleted) scope.sources.push(source('deleted', 'old'));
  scope.sources.push(...others);
  return scope;
}

interface Change {
  kind: BoundChange['kind'];
  object: ResolvedObject;
  withSql: string;
  text: string;
  output: readonly OutputClause[];
  outputScope: () => Scope;
  assignments: { variable: string; type: SqlType; sql: string }[];
  identity: string | undefined;
  capture: Capture | undefined;
  line: number;
}

export function returnRows(
  binder: Binder,
  change: Change,
): Pick<BoundChange, 'sql' | 'output' | 'assignments' | 'identity' | 'returns'> {
  const list: string[] = [];
  const add = (sql: string): string => {
    list.push(sql);
    return `o${String(list.length)}`;
  };
  let output: OutputColumn[] | undefined;
  const client: string[] = [];
  const afterwards: string[] = [];
  for (const clause of change.output) {
    const scope = change.outputScope();
    const bounds: { bound: Bound; name: string }[] = [];
    for (const item of clause.items) {
      if (item.kind === 'star') {
        for (const source of scope.star(item.qualifier, item.line)) {
          for (const column of source.columns) {
            if (column.hidden === true) continue;
            bounds.push({
              bound: { sql: column.sql, type: column.type, nullable: column.nullable, loose: [] },
              name: column.name,
            });
          }
        }
      } else if (item.kind === 'expressionItem') {
        const bound = bindExpression(binder, scope, item.expression);
        const implied =
          item.expression.kind === 'column'
            ? (item.expression.name.parts.at(-1)?.name ?? '')
            : item.expression.kind === 'mergeAction'
              ? '$action'
              : '';
        bounds.push({
          bound: bound.untypedNull === true ? binder.cast(bound, int) : bound,
          name: item.alias?.name ?? implied,
        });
      } else {
        raise(102, "Incorrect syntax near '='.", item.line, 15);
      }
    }
    if (clause.into === undefined) {
      output = bounds.map(({ bound, name }) => ({ name, type: bound.type, nullable: bound.nullable }));
      client.push(...bounds.map(({ bound }) => add(bound.sql)));
      continue;
    }
    const into = findTarget(binder, clause.into.target);
    binder.require('INSERT', into);
    const columns =
      clause.into.columns.length > 0
        ? clause.into.columns.map((name) => columnOf(into, name))
        : into.columns.filter((column) => !column.computed && !column.identity && !column.generated);
    if (columns.length !== bounds.length) {
      raise(213, 'Column name or number of supplied values does not match table definition.', clause.line);
    }
    const filled = into.columns.filter(
      (column) => column.defaultText !== undefined && !columns.includes(column),
    );
    const values = columns.map((column, i) => {
      const bound = bounds[i]?.bound;
      if (bound === undefined) return 'NULL';
      const name = add(bound.sql);
      return assigned(binder, into, column, { ...bound, sql: `d.${name}` }, clause.line);
    });
    values.push(...filled.map((column) => defaultSql(binder, into, column)));
    afterwards.push(
      `INSERT INTO ${into.pgName} (${[...columns, ...filled].map((column) => column.pgName).join(', ')}) SELECT ${values.join(', ')} FROM d`,
    );
  }
  if (change.output.length > 0) binder.require('SELECT', change.object);
  const assignmentNames = change.assignments.map(({ sql }) => add(sql));
  const identityName = change.identity === undefined ? undefined : add(`new.${change.identity}`);
  const shown = [...client, ...assignmentNames, ...(identityName === undefined ? [] : [identityName])];
  if (change.capture !== undefined) {
    const columns = change.object.columns.map((column) => column.pgName);
    const keepRows = (prefix: 'old' | 'new', table: string): void => {
      const names = columns.map((column) => add(`${prefix}.${column}`));
      const there = add(`${prefix}.ctid IS NOT NULL`);
      afterwards.push(
        `INSERT INTO ${table} SELECT ${names.map((name) => `d.${name}`).join(', ')} FROM d WHERE d.${there}`,
      );
    };
    if (change.kind !== 'delete') keepRows('new', change.capture.inserted);
    if (change.kind !== 'insert') keepRows('old', change.capture.deleted);
  }
  const base = {
    output,
    assignments: change.assignments.map(({ variable, type }) => ({ variable, type })),
    identity: identityName !== undefined,
  };
  if (list.length === 0) return { ...base, sql: change.withSql + change.text, returns: false };
  const returning = `${change.text} RETURNING ${list.map((sql, i) => `${sql} AS o${String(i + 1)}`).join(', ')}`;
  if (afterwards.length === 0) return { ...base, sql: change.withSql + returning, returns: true };
  const withStart = change.withSql === '' ? 'WITH ' : `${change.withSql.trimEnd()}, `;
  const extra = afterwards.map((text, i) => `, a${String(i)} AS (${text})`).join('');
  return {
    ...base,
    sql: `${withStart}d AS (${returning})${extra} SELECT ${shown.length === 0 ? '1' : shown.map((name) => `d.${name}`).join(', ')} FROM d`,
    returns: true,
  };
}
