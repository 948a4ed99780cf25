// Binds FROM: tables, views, joins, APPLY, derived tables, table variables and the table-valued functions built in.
import { foldName } from '../catalog/foldName.ts';
import type { SqlType } from '../../contract.ts';
import type {
  Expression,
  SystemTime,
  Identifier,
  TableFunction,
  TableReference,
  TableSource,
} from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import type { Bound } from './bound.ts';
import { textArgument, unify } from './conversions.ts';
import { bindExpression } from './expressions.ts';
import { resolveType } from './resolveType.ts';
import { lockSource, readHints } from './hints.ts';
import type { RowLock } from './hints.ts';
import { inlineTable } from './inlineFunction.ts';
import { bigint, int, nvarchar, quote } from './literals.ts';
import type { ResolvedObject } from './ports.ts';
import { bindMyPermissions } from './ownPermissions.ts';
import { bindPredicate } from './predicates.ts';
import { bindCommonTables } from './commonTables.ts';
import { bindQuery } from './query.ts';
import type { BoundQuery } from './boundQuery.ts';
import { raise, unsupported } from './raise.ts';
import { Scope, fullName, sameName } from './scope.ts';
import { rowPlace } from './updatable.ts';
import type { Source, SourceColumn } from './scope.ts';
import { parseView } from './moduleText.ts';

/** " FROM …", or '' without sources. Sources are added to `scope`; rows to lock (UPDLOCK, XLOCK) to `locks`. */
export function bindFrom(
  binder: Binder,
  scope: Scope,
  sources: readonly TableSource[],
  locks: RowLock[],
): string {
  if (sources.length === 0) return '';
  return ` FROM ${sources.map((source, i) => bindSource(binder, scope, source, locks, i > 0)).join(', ')}`;
}

export function bindSource(
  binder: Binder,
  scope: Scope,
  node: TableSource,
  locks: RowLock[],
  lateral: boolean,
): string {
  switch (node.kind) {
    case 'table':
      return bindTable(binder, scope, node, locks);
    case 'tableVariable': {
      const object = binder.input.tableVariables.get(node.variable.toLowerCase());
      if (object === undefined)
        raise(1087, `Must declare the table variable "${node.variable}".`, node.line, 15, 2);
      const pgAlias = binder.alias();
      scope.add(tableSource(object, pgAlias, node.alias?.name ?? node.variable), node.line, true);
      return `${object.pgName} AS ${pgAlias}`;
    }
    case 'derivedTable': {
      const query = bindQuery(binder, node.query, lateral ? outerOf(scope) : scope.parent, {
        role: 'derived',
      });
      return addDerived(binder, scope, query, node.alias.name, node.columns, node.line, lateral);
    }
    case 'valuesTable': {
      const width = node.rows[0]?.length ?? 0;
      if (node.rows.some((row) => row.length !== width)) {
        raise(
          10709,
          'The number of columns for each row in a table value constructor must be the same.',
          node.line,
        );
      }
      const inner = new Scope(lateral ? scope : scope.parent);
      const rows = node.rows.map((row) => row.map((value) => bindExpression(binder, inner, value)));
      const columns = Array.from({ length: width }, (_, i) =>
        unify(
          binder,
          rows.map(
            (row) => row[i] ?? { sql: 'NULL', type: int, nullable: true, untypedNull: true, loose: [] },
          ),
          node.line,
        ),
      );
      const text = rows
        .map(
          (_, r) =>
            `(${columns.map((column) => `${column.values[r]?.sql ?? 'NULL'}::${binder.storage.pgType(column.type)}`).join(', ')})`,
        )
        .join(', ');
      const query: BoundQuery = {
        sql: `VALUES ${text}`,
        columns: columns.map((column) => ({
          name: '',
          type: column.type,
          nullable: column.values.some((value) => value.nullable),
        })),
        loose: [],
      };
      return addDerived(binder, scope, query, node.alias.name, node.columns, node.line, lateral);
    }
    case 'tableFunction':
      return bindTableFunction(binder, scope, node, lateral);
    case 'join': {
      const before = scope.sources.length;
      const firstLock = locks.length;
      const left = bindSource(binder, scope, node.left, locks, lateral);
      const middle = scope.sources.length;
      const middleLock = locks.length;
      const right = bindSource(binder, scope, node.right, locks, lateral);
      if (node.join === 'right' || node.join === 'full')
        for (const lock of locks.slice(firstLock, middleLock)) lock.optional = true;
      if (node.join === 'left' || node.join === 'full')
        for (const lock of locks.slice(middleLock)) lock.optional = true;
      if (node.join === 'cross' || node.on === undefined) return `(${left} CROSS JOIN ${right})`;
      // ON sees only the two sides, and what is around the query.
      const inner = new Scope(scope.parent);
      inner.aggregates = 'where';
      inner.sources.push(...scope.sources.slice(before));
      const on = bindPredicate(binder, inner, node.on).sql;
      for (const source of scope.sources.slice(before, middle)) {
        if (node.join === 'right' || node.join === 'full') optional(source);
      }
      for (const source of scope.sources.slice(middle)) {
        if (node.join === 'left' || node.join === 'full') optional(source);
      }
      return `(${left} ${node.join.toUpperCase()} JOIN ${right} ON ${on})`;
    }
    case 'apply': {
      const left = bindSource(binder, scope, node.left, locks, lateral);
      const middle = scope.sources.length;
      const middleLock = locks.length;
      const right = bindSource(binder, scope, node.right, locks, true);
      if (node.outer) for (const lock of locks.slice(middleLock)) lock.optional = true;
      if (node.outer) for (const source of scope.sources.slice(middle)) optional(source);
      return node.outer ? `(${left} LEFT JOIN ${right} ON TRUE)` : `(${left} CROSS JOIN ${right})`;
    }
  }
}

/** APPLY's right side sees the sources to its left: a scope around it that holds them. */
function outerOf(scope: Scope): Scope {
  const outer = new Scope(scope.parent);
  outer.sources.push(...scope.sources);
  return outer;
}

function optional(source: Source): void {
  source.columns = source.columns.map((column) => ({ ...column, nullable: true }));
}

function tableSource(object: ResolvedObject, pgAlias: string, name: string): Source {
  return {
    name,
    pgAlias,
    columns: [
      ...object.columns.map((column): SourceColumn => ({
        name: column.name,
        sql: `${pgAlias}.${column.pgName}`,
        type: column.type,
        nullable: column.nullable,
        ...(column.identity ? { identity: true } : {}),
        ...(column.computed ? { computed: true } : {}),
        ...(column.hidden ? { hidden: true } : {}),
      })),
      {
        name: rowPlace,
        sql: `${pgAlias}.ctid`,
        type: { name: 'varchar', length: 20 },
        nullable: false,
        hidden: true,
      },
    ],
    table: { key: String(object.objectId) },
  };
}

function addDerived(
  binder: Binder,
  scope: Scope,
  query: BoundQuery,
  name: string,
  aliases: readonly Identifier[],
  line: number,
  lateral: boolean,
): string {
  if (aliases.length > query.columns.length) {
    raise(8159, `'${name}' has fewer columns than were specified in the column list.`, line);
  }
  if (aliases.length > 0 && aliases.length < query.columns.length) {
    raise(8158, `'${name}' has more columns than were specified in the column list.`, line);
  }
  const pgAlias = binder.alias();
  const seen = new Set<string>();
  const columns = query.columns.map((column, i): SourceColumn => {
    const columnName = aliases[i]?.name ?? column.name;
    if (columnName === '')
      raise(8155, `No column name was specified for column ${String(i + 1)} of '${name}'.`, line);
    if (seen.has(foldName(columnName))) {
      raise(8156, `The column '${columnName}' was specified multiple times for '${name}'.`, line);
    }
    seen.add(foldName(columnName));
    return {
      name: columnName,
      sql: `${pgAlias}.c${String(i + 1)}`,
      type: column.type,
      nullable: column.nullable,
      ...(column.identity === true ? { identity: true } : {}),
    };
  });
  scope.add({ name, pgAlias, columns }, line, true);
  return `${lateral ? 'LATERAL ' : ''}(${query.sql}) AS ${pgAlias}(${columns.map((_, i) => `c${String(i + 1)}`).join(', ')})`;
}

function bindTable(binder: Binder, scope: Scope, node: TableReference, locks: RowLock[]): string {
  const parts = node.name.parts.map((part) => part.name);
  const name = parts.at(-1) ?? '';
  const hints = [...node.hints, ...binder.viewHints];
  if (parts.length === 1) {
    const cte = binder.ctes.findLast((candidate) => sameName(candidate.name, name));
    if (cte !== undefined) {
      const { rows, table } = readHints(node.hints);
      if (rows !== undefined || table !== undefined)
        unsupported('a lock of a common table expression', node.line);
      const pgAlias = binder.alias();
      const columns = cte.columns.map((column, i) => ({ ...column, sql: `${pgAlias}.c${String(i + 1)}` }));
      scope.add(
        { name: node.alias?.name ?? cte.name, pgAlias, columns },
        node.line,
        node.alias !== undefined,
      );
      return `${cte.pgName} AS ${pgAlias}`;
    }
    const transition = binder.input.transition;
    const lower = foldName(name);
    if (transition !== undefined && (lower === 'inserted' || lower === 'deleted')) {
      const pgAlias = binder.alias();
      const columns = transition.columns.map((column) => ({
        name: column.name,
        sql: `${pgAlias}.${column.pgName}`,
        type: column.type,
        nullable: column.nullable,
      }));
      scope.add({ name: node.alias?.name ?? name, pgAlias, columns }, node.line, node.alias !== undefined);
      return `${transition[lower].pgName} AS ${pgAlias}`;
    }
  }
  const object = binder.table(node.name);
  binder.require('SELECT', object);
  if (object.type === 'V' && object.definition !== undefined) return bindView(binder, scope, node, object);
  const pgAlias = binder.alias();
  const source = tableSource(object, pgAlias, node.alias?.name ?? object.name);
  if (node.alias === undefined) source.schema = object.schema;
  scope.add(source, node.line, node.alias !== undefined);
  if (node.systemTime !== undefined)
    return versionsSql(binder, scope, object, node.systemTime, pgAlias, node.line);
  const lock = lockSource(binder, object, hints, pgAlias);
  if (lock !== undefined) locks.push(lock);
  return `${object.pgName} AS ${pgAlias}`;
}

/** FOR SYSTEM_TIME: the rows of the table and of its history that were valid then (Learn: "Query data in a system-versioned temporal table"). */
function versionsSql(
  binder: Binder,
  scope: Scope,
  object: ResolvedObject,
  time: SystemTime,
  pgAlias: string,
  line: number,
): string {
  const history = [...binder.input.objects.values()].find((other) => other.objectId === object.historyId);
  const { period } = object;
  if (history === undefined || period === undefined) {
    return raise(
      13544,
      `Temporal FOR SYSTEM_TIME clause can only be used with system-versioned tables. '${binder.displayName(object)}' is not a system-versioned table.`,
      line,
    );
  }
  const start = `c${String(period.start)}`;
  const end = `c${String(period.end)}`;
  const moment = (expression: Expression): string =>
    binder.convert(
      bindExpression(binder, new Scope(scope.parent), expression),
      { name: 'datetime2', scale: 7 },
      line,
    ).sql;
  const valid = (() => {
    switch (time.kind) {
      case 'all':
        return 'TRUE';
      case 'asOf':
        return `${start} <= ${moment(time.at)} AND ${end} > ${moment(time.at)}`;
      case 'fromTo':
        return `${start} < ${moment(time.to)} AND ${end} > ${moment(time.from)}`;
      case 'between':
        return `${start} <= ${moment(time.to)} AND ${end} > ${moment(time.from)}`;
      case 'containedIn':
        return `${start} >= ${moment(time.from)} AND ${end} <= ${moment(time.to)}`;
    }
  })();
  const columns = [...object.columns.map((column) => column.pgName), 'ctid'].join(', ');
  // A row that began and ended in one transaction was never valid.
  const part = (table: ResolvedObject): string =>
    `SELECT ${columns} FROM ${table.pgName} WHERE ${valid} AND ${start} < ${end}`;
  return `(${part(object)} UNION ALL ${part(history)}) AS ${pgAlias}(${columns.replace(/ctid$/u, 'place')})`;
}

/** A view is its query, put in its place: types and nullability come out right, and what it reads was granted with it. */
function bindView(binder: Binder, scope: Scope, node: TableReference, object: ResolvedObject): string {
  if (binder.viewDepth > 32) {
    raise(
      217,
      'Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).',
      node.line,
    );
  }
  const view = parseView(object.definition ?? '');
  binder.viewDepth += 1;
  binder.chain.push(object);
  const hiddenCtes = binder.ctes.splice(0);
  // Hints on a view are hints on the tables below it.
  const outerHints = binder.viewHints;
  binder.viewHints = [...node.hints, ...outerHints];
  const settings = binder.input.settings;
  try {
    binder.input.settings = { ...settings, defaultSchema: object.schema };
    const common = bindCommonTables(binder, view.with);
    const query = bindQuery(binder, view.query, undefined, { role: 'view' });
    common.end();
    const text = addDerived(
      binder,
      scope,
      { ...query, sql: common.sql + query.sql },
      node.alias?.name ?? object.name,
      view.columns,
      node.line,
      false,
    );
    const source = scope.sources.at(-1);
    if (source !== undefined) {
      source.table = { key: String(object.objectId) };
      if (node.alias === undefined) source.schema = object.schema;
      source.columns = source.columns.map((column) => ({ ...column, identity: false }));
    }
    return text;
  } finally {
    binder.input.settings = settings;
    binder.viewHints = outerHints;
    binder.ctes.splice(0, binder.ctes.length, ...hiddenCtes);
    binder.chain.pop();
    binder.viewDepth -= 1;
  }
}

function bindTableFunction(binder: Binder, scope: Scope, node: TableFunction, lateral: boolean): string {
  const name = node.name.parts.at(-1)?.name.toUpperCase() ?? '';
  const inner = lateral ? scope : new Scope(scope.parent);
  const parts = node.name.parts.map((part) => part.name);
  const args = node.arguments.map((argument) => bindExpression(binder, inner, argument));
  const alias = node.alias?.name ?? node.name.parts.at(-1)?.name ?? '';
  const pgAlias = binder.alias();
  const add = (text: string, columns: [string, SqlType, boolean][]): string => {
    const named = columns.map(([columnName, type, nullable], i) => ({
      name: node.columns[i]?.name ?? columnName,
      sql: `${pgAlias}.c${String(i + 1)}`,
      type,
      nullable,
    }));
    scope.add({ name: alias, pgAlias, columns: named }, node.line, true);
    return `LATERAL (${text}) AS ${pgAlias}(${named.map((_, i) => `c${String(i + 1)}`).join(', ')})`;
  };
  const argument = (i: number): Bound => {
    const found = args[i];
    if (found === undefined)
      return raise(
        313,
        `An insufficient number of arguments were supplied for the procedure or function ${name.toLowerCase()}.`,
        node.line,
      );
    return found;
  };
  if (node.name.parts.length === 1) {
    switch (name) {
      case 'STRING_SPLIT': {
        const text = textArgument(binder, argument(0), node.line);
        const separator = textArgument(binder, argument(1), node.line);
        const ordinal = args[2] !== undefined && args[2].literal === 1;
        const type: SqlType = {
          name: text.type.name.startsWith('n') ? 'nvarchar' : 'varchar',
          length: text.type.length ?? 1,
        };
        const split = `string_to_table(${text.sql}, ${separator.sql})`;
        return ordinal
          ? add(`SELECT v, o FROM ${split} WITH ORDINALITY AS x(v, o)`, [
              ['value', type, false],
              ['ordinal', bigint, false],
            ])
          : add(`SELECT v FROM ${split} AS x(v)`, [['value', type, false]]);
      }
      case 'GENERATE_SERIES': {
        const { type, values } = unify(binder, args, node.line);
        const [from, to, step] = values.map((value) => value.sql);
        const pg = binder.storage.pgType(type);
        const stride = step ?? `CASE WHEN ${from ?? '0'} <= ${to ?? '0'} THEN 1 ELSE -1 END`;
        return add(
          `SELECT v::${pg} FROM generate_series((${from ?? '0'})::numeric, (${to ?? '0'})::numeric, (${stride})::numeric) AS x(v)`,
          [['value', type, false]],
        );
      }
      case 'OPENJSON':
        return openJson(binder, node, textArgument(binder, argument(0), node.line), args[1], add);
      default:
    }
  }
  const permissions = bindMyPermissions(binder, parts, args, node.line);
  if (permissions !== undefined) return add(permissions.sql, permissions.columns);
  const object = binder.object(parts, node.line);
  if (object !== undefined && (object.type === 'IF' || object.type === 'TF')) {
    binder.require('SELECT', object);
    const query = inlineTable(binder, object, args, node.line);
    if (query === undefined)
      return unsupported(`multi-statement table-valued function ${fullName(node.name)}`, node.line);
    return addDerived(binder, scope, query, alias, node.columns, node.line, true);
  }
  return raise(208, `Invalid object name '${fullName(node.name)}'.`, node.line);
}

function openJson(
  binder: Binder,
  node: TableFunction,
  json: Bound,
  path: Bound | undefined,
  add: (text: string, columns: [string, SqlType, boolean][]) => string,
): string {
  const jsonPath = (text: string): string => {
    const bare = text.replace(/^(?:lax|strict)\s+/u, '');
    return quote(bare.replaceAll(/\.("?)([^."[\]]+)\1/gu, (_whole, _q, key: string) => `."${key}"`));
  };
  const at = typeof path?.literal === 'string' ? path.literal : '$';
  const root = `jsonb_path_query_first((${json.sql})::jsonb, ${jsonPath(at)}::jsonpath)`;
  const scalar = (value: string): string =>
    `(CASE jsonb_typeof(${value}) WHEN 'null' THEN NULL ELSE (${value}) #>> '{}' END)`;
  if (node.schema === undefined) {
    const kind = (value: string): string =>
      `(CASE jsonb_typeof(${value}) WHEN 'null' THEN 0 WHEN 'string' THEN 1 WHEN 'number' THEN 2 WHEN 'boolean' THEN 3 WHEN 'array' THEN 4 ELSE 5 END)`;
    return add(
      `SELECT k, ${scalar('v')}, ${kind('v')} FROM (SELECT (o - 1)::text AS k, v FROM jsonb_array_elements(CASE jsonb_typeof(${root}) WHEN 'array' THEN ${root} ELSE '[]'::jsonb END) WITH ORDINALITY AS x(v, o) UNION ALL SELECT k, v FROM jsonb_each(CASE jsonb_typeof(${root}) WHEN 'object' THEN ${root} ELSE '{}'::jsonb END) AS y(k, v)) AS z`,
      [
        ['key', nvarchar(4000), false],
        ['value', nvarchar(-1), true],
        ['type', { name: 'tinyint' }, false],
      ],
    );
  }
  const columns = node.schema.map((column): [string, string, SqlType] => {
    const type = column.type.system === undefined ? nvarchar(4000) : resolveType(column.type, 1);
    const found = `jsonb_path_query_first(v, ${jsonPath(column.path ?? `$.${column.name.name}`)}::jsonpath)`;
    if (column.asJson) return [column.name.name, `(${found})::text`, type];
    return [
      column.name.name,
      binder.storage.cast(
        `(CASE WHEN jsonb_typeof(${found}) IN ('object', 'array') THEN NULL ELSE ${scalar(found)} END)`,
        nvarchar(-1),
        type,
      ),
      type,
    ];
  });
  return add(
    `SELECT ${columns.map(([, sql]) => sql).join(', ')} FROM jsonb_array_elements(CASE jsonb_typeof(${root}) WHEN 'array' THEN ${root} WHEN 'object' THEN jsonb_build_array(${root}) ELSE '[]'::jsonb END) AS x(v)`,
    columns.map(([name, , type]) => [name, type, true]),
  );
}
