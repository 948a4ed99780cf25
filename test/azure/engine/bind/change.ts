// Binds INSERT, UPDATE, DELETE and MERGE with OUTPUT: one PostgreSQL statement each, whose RETURNING gives what is needed afterwards.
import type { SqlType } from '../../contract.ts';
import type {
  Delete,
  DmlTarget,
  Expression,
  Identifier,
  Insert,
  Merge,
  OutputClause,
  Predicate,
  SetClause,
  TableSource,
  Top,
  Update,
} from '../../tsql/ast.ts';
import { parseExpressionText } from '../../tsql/parser.ts';
import type { Binder } from './binder.ts';
import type { Bound } from './bound.ts';
import { arithmetic, bindExpression } from './expressions.ts';
import { bindFrom, bindSource, checkHints } from './from.ts';
import { bigint, int } from './literals.ts';
import type { ObjectColumn, ResolvedObject } from './ports.ts';
import { bindPredicate } from './predicates.ts';
import { arithmeticOf, bindCommonTables, bindQuery } from './query.ts';
import type { OutputColumn } from './query.ts';
import { raise, unsupported } from './raise.ts';
import { Scope, fullName, sameName } from './scope.ts';
import { baseIdentifier, baseSetClauses, updatableTarget } from './updatable.ts';
import type { Updatable } from './updatable.ts';
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

interface Context {
  /** IDENTITY_INSERT is on for this object. */
  identityInsert: number | undefined;
  capture: Capture | undefined;
}

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
  checkHints(target.hints);
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

const targetText = (target: DmlTarget): string =>
  target.kind === 'table' ? fullName(target.name) : target.variable;

function columnOf(object: ResolvedObject, name: Identifier): ObjectColumn {
  const found = object.columns.find((column) => sameName(column.name, name.name));
  if (found === undefined) raise(207, `Invalid column name '${name.name}'.`, name.line);
  return found;
}

/** A column's default, bound where it is needed; NULL without one. Identity and rowversion have PostgreSQL's own. */
function defaultSql(binder: Binder, object: ResolvedObject, column: ObjectColumn): string {
  if (column.defaultText === undefined) {
    return column.identity || column.type.name === 'timestamp' || column.generated
      ? 'DEFAULT'
      : `NULL::${binder.storage.pgType(column.type)}`;
  }
  const bound = bindExpression(binder, new Scope(), parseExpressionText(column.defaultText));
  return assigned(binder, object, column, bound, 0);
}

/** A value on its way into a column. */
function assigned(
  binder: Binder,
  object: ResolvedObject,
  column: ObjectColumn,
  bound: Bound,
  line: number,
): string {
  const value = bound.undeclared !== undefined ? binder.infer(bound, column.type) : bound;
  if (value.untypedNull === true) return `NULL::${binder.storage.pgType(column.type)}`;
  binder.convert(value, column.type, line);
  return binder.storage.assign(value.sql, value.type, column.type, {
    table: binder.displayName(object),
    column: column.name,
  });
}

export function bindInsert(binder: Binder, node: Insert, context: Context): BoundChange {
  const view = updatableTarget(binder, [], node.target, []);
  if (view !== undefined) return insertThrough(binder, node, view, context);
  const common = bindCommonTables(binder, node.with);
  const object = findTarget(binder, node.target);
  binder.require('INSERT', object);
  const identity = object.columns.find((column) => column.identity);
  const explicit = identity !== undefined && context.identityInsert === object.objectId;
  const listed = node.columns.length > 0;
  const columns = listed
    ? node.columns.map((name) => columnOf(object, name))
    : object.columns.filter((column) => !column.computed && !column.identity && !column.hidden);
  const seen = new Set<ObjectColumn>();
  for (const [i, column] of columns.entries()) {
    const line = node.columns[i]?.line ?? node.line;
    if (seen.has(column)) {
      raise(
        264,
        `The column name '${column.name}' is specified more than once in the SET clause or column list of an INSERT. A column cannot be assigned more than one value in the same clause. Modify the clause to make sure that a column is updated only once. If this statement updates or inserts columns into a view, column aliasing can conceal the duplication in your code.`,
        line,
      );
    }
    seen.add(column);
    if (column.computed)
      raise(
        271,
        `The column "${column.name}" cannot be modified because it is either a computed column or is the result of a UNION operator.`,
        line,
      );
    if (column.type.name === 'timestamp' && !isDefaultAt(node, i)) {
      raise(
        273,
        'Cannot insert an explicit value into a timestamp column. Use INSERT with a column list to exclude the timestamp column, or insert a DEFAULT into the timestamp column.',
        line,
      );
    }
    if (column.generated && !isDefaultAt(node, i)) {
      raise(
        13536,
        `Cannot insert an explicit value into a GENERATED ALWAYS column in table '${binder.displayName(object)}'. Use INSERT with a column list to exclude the GENERATED ALWAYS column, or insert a DEFAULT into GENERATED ALWAYS column.`,
        line,
      );
    }
    if (column.identity && !explicit) {
      raise(
        544,
        `Cannot insert explicit value for identity column in table '${object.name}' when IDENTITY_INSERT is set to OFF.`,
        line,
      );
    }
  }
  if (explicit && identity !== undefined && !columns.includes(identity)) {
    if (!listed)
      raise(
        8101,
        `An explicit value for the identity column in table '${fullTarget(node)}' can only be specified when a column list is used and IDENTITY_INSERT is ON.`,
        node.line,
      );
    raise(
      545,
      `Explicit value must be specified for identity column in table '${object.name}' either when IDENTITY_INSERT is set to ON or when a replication user is inserting into a NOT FOR REPLICATION identity column.`,
      node.line,
    );
  }
  const defaulted = object.columns.filter(
    (column) => column.defaultText !== undefined && !columns.includes(column),
  );
  const names = [...columns, ...defaulted].map((column) => column.pgName).join(', ');
  const source = node.source;
  let body: string;
  if (source.kind === 'defaultValues') {
    const given = object.columns.filter((column) => column.defaultText !== undefined);
    body =
      given.length === 0
        ? 'DEFAULT VALUES'
        : `(${given.map((column) => column.pgName).join(', ')}) VALUES (${given.map((column) => defaultSql(binder, object, column)).join(', ')})`;
  } else if (source.kind === 'values') {
    const scope = new Scope();
    const rows = source.rows.map((row) => {
      if (row.length !== columns.length)
        wrongCount(row.length, columns.length, listed, node, object, identity);
      const values = row.map((expression, i) => {
        const column = columns[i];
        if (column === undefined) return 'NULL';
        if (expression.kind === 'default') return defaultSql(binder, object, column);
        const bound = bindExpression(binder, scope, expression);
        return assigned(binder, object, column, bound, expression.line);
      });
      return [...values, ...defaulted.map((column) => defaultSql(binder, object, column))];
    });
    body = `(${names}) ${node.top === undefined ? `VALUES ${rows.map((row) => `(${row.join(', ')})`).join(', ')}` : unsupported('TOP with VALUES', node.line)}`;
  } else if (source.kind === 'query') {
    const query = bindQuery(binder, source.query, undefined, { role: 'insert' });
    if (query.columns.length !== columns.length) {
      if (!listed) wrongCount(query.columns.length, columns.length, false, node, object, identity);
      const less = query.columns.length < columns.length;
      raise(
        less ? 120 : 121,
        `The select list for the INSERT statement contains ${less ? 'fewer' : 'more'} items than the insert list. The number of SELECT values must match the number of INSERT columns.`,
        node.line,
        15,
      );
    }
    const alias = binder.alias('i');
    const list = columns.map((column, i) => {
      const from = query.columns[i];
      const bound: Bound = {
        sql: `${alias}.c${String(i + 1)}`,
        type: from?.type ?? int,
        nullable: true,
        loose: [],
        ...(from?.untypedNull === true ? { untypedNull: true } : {}),
      };
      return assigned(binder, object, column, bound, node.line);
    });
    const top = node.top === undefined ? '' : ` LIMIT ${topCount(binder, node.top)}`;
    list.push(...defaulted.map((column) => defaultSql(binder, object, column)));
    body = `(${names}) SELECT ${list.join(', ')} FROM (${query.sql}) AS ${alias}(${columns.map((_, i) => `c${String(i + 1)}`).join(', ')})${top}`;
  } else {
    return unsupported('INSERT … EXECUTE', node.line);
  }
  const sql = finish(binder, {
    kind: 'insert',
    object,
    withSql: common.sql,
    text: `INSERT INTO ${object.pgName} AS s0 ${body}`,
    output: node.output,
    outputScope: () => transitionScope(object, false, true),
    assignments: [],
    identity: identity?.pgName,
    capture: context.capture,
    line: node.line,
  });
  common.end();
  return {
    ...sql,
    kind: 'insert',
    target: object,
    targetName: targetText(node.target),
    updated: new Set(object.columns.map((column) => column.name.toLowerCase())),
  };
}

/** INSERT through a view: the same into its table, by the table's column names. */
function insertThrough(binder: Binder, node: Insert, view: Updatable, context: Context): BoundChange {
  binder.require('INSERT', view.secured);
  const names =
    node.columns.length > 0
      ? node.columns
      : view.source.columns.map((column): Identifier => ({
          kind: 'identifier',
          name: column.name,
          quoted: true,
          line: node.line,
          start: node.start,
          end: node.end,
        }));
  const at = { line: node.target.line, start: node.target.start, end: node.target.end };
  const part = (name: string): Identifier => ({ kind: 'identifier', name, quoted: true, ...at });
  binder.chained += 1;
  try {
    return bindInsert(
      binder,
      {
        ...node,
        columns: names.map((name) => baseIdentifier(view, name)),
        target: {
          kind: 'table',
          name: { kind: 'name', parts: [part(view.base.schema), part(view.base.name)], ...at },
          hints: [],
          ...at,
        },
      },
      context,
    );
  } finally {
    binder.chained -= 1;
  }
}

const fullTarget = (node: Insert): string => targetText(node.target);

function isDefaultAt(node: Insert, i: number): boolean {
  return (
    node.source.kind === 'values' &&
    node.source.rows.every((row) => row[i] === undefined || row[i].kind === 'default')
  );
}

function wrongCount(
  values: number,
  columns: number,
  listed: boolean,
  node: Insert,
  object: ResolvedObject,
  identity: ObjectColumn | undefined,
): never {
  if (!listed) {
    if (identity !== undefined && values === columns + 1) {
      raise(
        8101,
        `An explicit value for the identity column in table '${targetText(node.target)}' can only be specified when a column list is used and IDENTITY_INSERT is ON.`,
        node.line,
      );
    }
    raise(213, 'Column name or number of supplied values does not match table definition.', node.line);
  }
  if (values > columns) {
    raise(
      110,
      'There are fewer columns in the INSERT statement than values specified in the VALUES clause. The number of values in the VALUES clause must match the number of columns specified in the INSERT statement.',
      node.line,
      15,
    );
  }
  raise(
    109,
    'There are more columns in the INSERT statement than values specified in the VALUES clause. The number of values in the VALUES clause must match the number of columns specified in the INSERT statement.',
    node.line,
    15,
  );
}

function topCount(binder: Binder, top: Top): string {
  if (top.percent) return unsupported('TOP PERCENT in a data modification', top.line);
  return binder.convert(bindExpression(binder, new Scope(), top.count), bigint, top.line).sql;
}

/** Where `inserted.x` and `deleted.x` are new.x and old.x. */
function transitionScope(
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

interface Finish {
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

function finish(
  binder: Binder,
  change: Finish,
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

interface SetValue {
  column: ObjectColumn | undefined;
  variable: { name: string; type: SqlType } | undefined;
  sql: string;
}

function bindSet(
  binder: Binder,
  scope: Scope,
  object: ResolvedObject,
  clauses: readonly SetClause[],
): SetValue[] {
  const seen = new Set<ObjectColumn>();
  return clauses.map((clause): SetValue => {
    const variableType =
      clause.variable === undefined ? undefined : binder.input.variables.get(clause.variable.toLowerCase());
    if (clause.variable !== undefined && variableType === undefined) {
      raise(137, `Must declare the scalar variable "${clause.variable}".`, clause.line, 15, 1);
    }
    const variable =
      clause.variable === undefined || variableType === undefined
        ? undefined
        : { name: clause.variable.toLowerCase(), type: variableType };
    if (clause.column === undefined) {
      const right = compound(
        binder,
        scope,
        clause,
        clause.variable === undefined
          ? undefined
          : {
              kind: 'variable',
              name: clause.variable,
              line: clause.line,
              start: clause.start,
              end: clause.end,
            },
      );
      return {
        column: undefined,
        variable,
        sql: binder.convert(right, variableType ?? right.type, clause.line).sql,
      };
    }
    const name = clause.column.parts.at(-1);
    const column = name === undefined ? undefined : columnOf(object, name);
    if (column === undefined) raise(207, "Invalid column name ''.", clause.line);
    if (seen.has(column)) {
      raise(
        264,
        `The column name '${column.name}' is specified more than once in the SET clause or column list of an INSERT. A column cannot be assigned more than one value in the same clause. Modify the clause to make sure that a column is updated only once. If this statement updates or inserts columns into a view, column aliasing can conceal the duplication in your code.`,
        clause.line,
      );
    }
    seen.add(column);
    if (column.identity) raise(8102, `Cannot update identity column '${column.name}'.`, clause.line);
    if (column.computed)
      raise(
        271,
        `The column "${column.name}" cannot be modified because it is either a computed column or is the result of a UNION operator.`,
        clause.line,
      );
    if (column.type.name === 'timestamp') raise(272, 'Cannot update a timestamp column.', clause.line);
    if (column.generated)
      raise(
        13537,
        `Cannot update GENERATED ALWAYS columns in table '${binder.displayName(object)}'.`,
        clause.line,
      );
    binder.require('UPDATE', object, column.name);
    if (clause.expression.kind === 'default')
      return { column, variable, sql: defaultSql(binder, object, column) };
    const right = compound(binder, scope, clause, {
      kind: 'column',
      name: clause.column,
      line: clause.line,
      start: clause.start,
      end: clause.end,
    });
    return { column, variable, sql: assigned(binder, object, column, right, clause.line) };
  });
}

function compound(binder: Binder, scope: Scope, clause: SetClause, left: Expression | undefined): Bound {
  const right = bindExpression(binder, scope, clause.expression);
  if (clause.operator === '=' || left === undefined) return right;
  return arithmetic(
    binder,
    arithmeticOf(clause.operator),
    bindExpression(binder, scope, left),
    right,
    clause.line,
  );
}

function targetSource(
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
function matchTarget(scope: Scope, object: ResolvedObject, target: DmlTarget): Source | undefined {
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

function whereSql(
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
function readsTarget(binder: Binder, object: ResolvedObject, needed: boolean): void {
  if (needed) binder.require('SELECT', object);
}

export function bindUpdate(binder: Binder, node: Update, context: Context): BoundChange {
  const common = bindCommonTables(binder, node.with);
  const through = updatableTarget(binder, node.with, node.target, node.from);
  const object = through?.base ?? findTarget(binder, node.target, node.from);
  binder.require('UPDATE', through?.secured ?? object);
  readsTarget(
    binder,
    through?.secured ?? object,
    node.where !== undefined || readsColumns(node.set.map((clause) => clause.expression)),
  );
  const scope = new Scope();
  let text: string;
  let withSql = common.sql;
  let sets: SetValue[];
  let others: Source[] = [];
  const set = (values: readonly SetValue[], value: (one: SetValue, i: number) => string): string =>
    values
      .flatMap((one, i) => (one.column === undefined ? [] : [`${one.column.pgName} = ${value(one, i)}`]))
      .join(', ');
  if (through !== undefined) {
    scope.sources.push(through.source);
    binder.chained += through.secured === object ? 0 : 1;
    sets = bindSet(binder, scope, object, baseSetClauses(through, node.set));
    binder.chained -= through.secured === object ? 0 : 1;
    const where = whereSql(binder, scope, node.where, node.line);
    const limit = node.top === undefined ? '' : ` LIMIT ${topCount(binder, node.top)}`;
    const values = sets.map((one, i) => `${one.sql} AS v${String(i)}`);
    const source = `src AS (SELECT ${[`${through.rid} AS rid`, ...values].join(', ')}${through.from}${where}${limit})`;
    withSql = common.sql === '' ? `WITH ${source} ` : `${common.sql.trimEnd()}, ${source} `;
    text = `UPDATE ${object.pgName} AS s0 SET ${set(sets, (_one, i) => `src.v${String(i)}`) || noColumn(object)} FROM src WHERE s0.ctid = src.rid`;
    sets = sets.map((one, i) =>
      one.variable !== undefined && one.column === undefined ? { ...one, sql: `src.v${String(i)}` } : one,
    );
  } else if (node.from.length === 0 && node.top === undefined && !skipsLocked(node.target)) {
    const name = node.target.kind === 'table' ? object.name : node.target.variable;
    scope.sources.push(
      targetSource(object, name, node.target.kind === 'table' ? object.schema : undefined, 's0'),
    );
    sets = bindSet(binder, scope, object, node.set);
    const where = whereSql(binder, scope, node.where, node.line);
    text = `UPDATE ${object.pgName} AS s0 SET ${set(sets, (one) => one.sql) || noColumn(object)}${where}`;
  } else {
    const from =
      node.from.length === 0 ? bindOnly(scope, object, node.target) : bindFrom(binder, scope, node.from, []);
    const target = matchTarget(scope, object, node.target);
    const all = target === undefined ? addTarget(scope, object, node.target, from) : from;
    const own = target ?? scope.sources.at(-1);
    sets = bindSet(binder, scope, object, node.set);
    const where = whereSql(binder, scope, node.where, node.line);
    const limit =
      (node.top === undefined ? '' : ` LIMIT ${topCount(binder, node.top)}`) + lockSql(node.target, own);
    const extra: string[] = [];
    if (node.output.length > 0) {
      others = scope.sources
        .filter((source) => source !== own)
        .map((source) => ({
          ...source,
          columns: source.columns.map((column) => {
            extra.push(`${column.sql} AS x${String(extra.length + 1)}`);
            return { ...column, sql: `src.x${String(extra.length)}` };
          }),
        }));
    }
    const values = sets.map((one, i) => [`${one.sql} AS v${String(i)}`]).flat();
    const source = `src AS (SELECT ${[`${own?.pgAlias ?? 's0'}.ctid AS rid`, ...values, ...extra].join(', ')}${all}${where}${limit})`;
    withSql = common.sql === '' ? `WITH ${source} ` : `${common.sql.trimEnd()}, ${source} `;
    text = `UPDATE ${object.pgName} AS s0 SET ${set(sets, (one, i) => `src.v${String(i)}`) || noColumn(object)} FROM src WHERE s0.ctid = src.rid`;
    sets = sets.map((one, i) =>
      one.variable !== undefined && one.column === undefined ? { ...one, sql: `src.v${String(i)}` } : one,
    );
  }
  const assignments = sets.flatMap((one) =>
    one.variable === undefined
      ? []
      : [
          {
            variable: one.variable.name,
            type: one.variable.type,
            sql:
              one.column === undefined
                ? one.sql.replaceAll(/\bs0\./gu, 'old.')
                : binder.storage.cast(`new.${one.column.pgName}`, one.column.type, one.variable.type),
          },
        ],
  );
  const sql = finish(binder, {
    kind: 'update',
    object,
    withSql,
    text,
    output: node.output,
    outputScope: () => transitionScope(object, true, true, others),
    assignments,
    identity: undefined,
    capture: context.capture,
    line: node.line,
  });
  common.end();
  const updated = new Set(
    sets.flatMap((one) => (one.column === undefined ? [] : [one.column.name.toLowerCase()])),
  );
  return { ...sql, kind: 'update', target: object, targetName: targetText(node.target), updated };
}

/** UPDATE t SET @v = …: PostgreSQL must set something, so a column is set to itself. */
function noColumn(object: ResolvedObject): string {
  const column = object.columns.find(
    (candidate) => !candidate.computed && candidate.type.name !== 'timestamp' && !candidate.generated,
  );
  return `${column?.pgName ?? ''} = s0.${column?.pgName ?? ''}`;
}

function bindOnly(scope: Scope, object: ResolvedObject, target: DmlTarget): string {
  const name = target.kind === 'table' ? object.name : target.variable;
  scope.sources.push(targetSource(object, name, target.kind === 'table' ? object.schema : undefined, 's0'));
  return ` FROM ${object.pgName} AS s0`;
}

/** READPAST: rows that somebody else has locked are passed over. */
const skipsLocked = (target: DmlTarget): boolean =>
  target.kind === 'table' && target.hints.some((hint) => hint.name === 'READPAST');

const lockSql = (target: DmlTarget, own: Source | undefined): string =>
  skipsLocked(target) ? ` FOR UPDATE OF ${own?.pgAlias ?? 's0'} SKIP LOCKED` : '';

function addTarget(scope: Scope, object: ResolvedObject, target: DmlTarget, from: string): string {
  const only = bindOnly(scope, object, target);
  return `${only}, ${from.replace(/^ FROM /u, '')}`;
}

function readsColumns(expressions: readonly Expression[]): boolean {
  return expressions.some((expression) => JSON.stringify(expression).includes('"kind":"column"'));
}

export function bindDelete(binder: Binder, node: Delete, context: Context): BoundChange {
  const common = bindCommonTables(binder, node.with);
  const through = updatableTarget(binder, node.with, node.target, node.from);
  const object = through?.base ?? findTarget(binder, node.target, node.from);
  binder.require('DELETE', through?.secured ?? object);
  readsTarget(binder, through?.secured ?? object, node.where !== undefined);
  const scope = new Scope();
  let text: string;
  let withSql = common.sql;
  let others: Source[] = [];
  if (through !== undefined) {
    scope.sources.push(through.source);
    const where = whereSql(binder, scope, node.where, node.line);
    const limit = node.top === undefined ? '' : ` LIMIT ${topCount(binder, node.top)}`;
    const source = `src AS (SELECT ${through.rid} AS rid${through.from}${where}${limit})`;
    withSql = common.sql === '' ? `WITH ${source} ` : `${common.sql.trimEnd()}, ${source} `;
    text = `DELETE FROM ${object.pgName} AS s0 USING src WHERE s0.ctid = src.rid`;
  } else if (node.from.length === 0 && node.top === undefined && !skipsLocked(node.target)) {
    bindOnly(scope, object, node.target);
    text = `DELETE FROM ${object.pgName} AS s0${whereSql(binder, scope, node.where, node.line)}`;
  } else {
    const from =
      node.from.length === 0 ? bindOnly(scope, object, node.target) : bindFrom(binder, scope, node.from, []);
    const target = matchTarget(scope, object, node.target);
    const all = target === undefined ? addTarget(scope, object, node.target, from) : from;
    const own = target ?? scope.sources.at(-1);
    const where = whereSql(binder, scope, node.where, node.line);
    const limit =
      (node.top === undefined ? '' : ` LIMIT ${topCount(binder, node.top)}`) + lockSql(node.target, own);
    const extra: string[] = [];
    if (node.output.length > 0) {
      others = scope.sources
        .filter((source) => source !== own)
        .map((source) => ({
          ...source,
          columns: source.columns.map((column) => {
            extra.push(`${column.sql} AS x${String(extra.length + 1)}`);
            return { ...column, sql: `src.x${String(extra.length)}` };
          }),
        }));
    }
    const source = `src AS (SELECT ${[`${own?.pgAlias ?? 's0'}.ctid AS rid`, ...extra].join(', ')}${all}${where}${limit})`;
    withSql = common.sql === '' ? `WITH ${source} ` : `${common.sql.trimEnd()}, ${source} `;
    text = `DELETE FROM ${object.pgName} AS s0 USING src WHERE s0.ctid = src.rid`;
  }
  const sql = finish(binder, {
    kind: 'delete',
    object,
    withSql,
    text,
    output: node.output,
    outputScope: () => transitionScope(object, true, false, others),
    assignments: [],
    identity: undefined,
    capture: context.capture,
    line: node.line,
  });
  common.end();
  return { ...sql, kind: 'delete', target: object, targetName: targetText(node.target), updated: new Set() };
}

export function bindMerge(binder: Binder, node: Merge, context: Context): BoundChange {
  if (node.top !== undefined) unsupported('TOP in MERGE', node.line);
  const common = bindCommonTables(binder, node.with);
  const object = findTarget(binder, node.target);
  if (object.type === 'V') return unsupported(`MERGE into the view ${object.name}`, node.line);
  binder.require('SELECT', object);
  const targetName =
    node.target.alias?.name ?? (node.target.kind === 'table' ? object.name : node.target.variable);
  const target = targetSource(
    object,
    targetName,
    node.target.kind === 'table' && node.target.alias === undefined ? object.schema : undefined,
    's0',
  );
  const sourceScope = new Scope();
  const using = bindSource(binder, sourceScope, node.using, [], false);
  const both = (): Scope => {
    const scope = new Scope();
    scope.sources.push(target, ...sourceScope.sources);
    return scope;
  };
  const on = bindPredicate(binder, both(), node.on).sql;
  const updated = new Set<string>();
  let inserts = false;
  const clauses = node.clauses.map((clause) => {
    const scope = new Scope();
    if (clause.match !== 'notMatchedByTarget') scope.sources.push(target);
    if (clause.match !== 'notMatchedBySource') scope.sources.push(...sourceScope.sources);
    const condition =
      clause.condition === undefined ? '' : ` AND ${bindPredicate(binder, scope, clause.condition).sql}`;
    const when = {
      matched: 'WHEN MATCHED',
      notMatchedByTarget: 'WHEN NOT MATCHED',
      notMatchedBySource: 'WHEN NOT MATCHED BY SOURCE',
    }[clause.match];
    const action = clause.action;
    if (action.kind === 'delete') {
      binder.require('DELETE', object);
      return `${when}${condition} THEN DELETE`;
    }
    if (action.kind === 'update') {
      const sets = bindSet(binder, scope, object, action.set);
      if (sets.some((one) => one.variable !== undefined)) unsupported('variables in MERGE', clause.line);
      for (const one of sets) if (one.column !== undefined) updated.add(one.column.name.toLowerCase());
      return `${when}${condition} THEN UPDATE SET ${sets.map((one) => `${one.column?.pgName ?? ''} = ${one.sql}`).join(', ')}`;
    }
    inserts = true;
    binder.require('INSERT', object);
    if (action.values === undefined) return unsupported('INSERT DEFAULT VALUES in MERGE', clause.line);
    const columns =
      action.columns.length > 0
        ? action.columns.map((name) => columnOf(object, name))
        : object.columns.filter(
            (column) =>
              !column.computed && !column.identity && !column.generated && column.type.name !== 'timestamp',
          );
    if (columns.length !== action.values.length) {
      raise(
        action.values.length > columns.length ? 110 : 109,
        `There are ${action.values.length > columns.length ? 'fewer' : 'more'} columns in the INSERT statement than values specified in the VALUES clause. The number of values in the VALUES clause must match the number of columns specified in the INSERT statement.`,
        clause.line,
        15,
      );
    }
    const values = action.values.map((expression, i) => {
      const column = columns[i];
      if (column === undefined) return 'NULL';
      if (expression.kind === 'default') return defaultSql(binder, object, column);
      if (column.identity && context.identityInsert !== object.objectId) {
        raise(
          544,
          `Cannot insert explicit value for identity column in table '${object.name}' when IDENTITY_INSERT is set to OFF.`,
          clause.line,
        );
      }
      return assigned(binder, object, column, bindExpression(binder, scope, expression), expression.line);
    });
    const defaulted = object.columns.filter(
      (column) => column.defaultText !== undefined && !columns.includes(column),
    );
    const all = [...values, ...defaulted.map((column) => defaultSql(binder, object, column))];
    return `${when}${condition} THEN INSERT (${[...columns, ...defaulted].map((column) => column.pgName).join(', ')}) VALUES (${all.join(', ')})`;
  });
  const identity = inserts ? object.columns.find((column) => column.identity)?.pgName : undefined;
  const sql = finish(binder, {
    kind: 'merge',
    object,
    withSql: common.sql,
    text: `MERGE INTO ${object.pgName} AS s0 USING ${using} ON ${on} ${clauses.join(' ')}`,
    output: node.output,
    outputScope: () => transitionScope(object, true, true, sourceScope.sources),
    assignments: [],
    identity,
    capture: context.capture,
    line: node.line,
  });
  common.end();
  return { ...sql, kind: 'merge', target: object, targetName: targetText(node.target), updated };
}
