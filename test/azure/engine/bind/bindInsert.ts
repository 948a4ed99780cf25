// Binds INSERT with OUTPUT: one PostgreSQL statement.
import { foldName } from '../catalog/foldName.ts';
import type { Identifier, Insert } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import type { Bound } from './bound.ts';
import { returnRows, transitionScope } from './changeResult.ts';
import type { BoundChange, ChangeContext } from './changeResult.ts';
import { assigned, columnOf, defaultSql, findTarget, targetText, topCount } from './changeTarget.ts';
import { bindExpression } from './expressions.ts';
import { int } from './literals.ts';
import type { ObjectColumn, ResolvedObject } from './ports.ts';
import { bindCommonTables } from './commonTables.ts';
import { bindQuery } from './query.ts';
import { raise, unsupported } from './raise.ts';
import { Scope } from './scope.ts';
import { baseIdentifier, updatableTarget } from './updatable.ts';
import type { Updatable } from './updatable.ts';

export function bindInsert(binder: Binder, node: Insert, context: ChangeContext): BoundChange {
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
      const value = assigned(binder, object, column, bound, node.line);
      if (node.bulk?.keepNulls !== false || column.defaultText === undefined) return value;
      return `CASE WHEN ${bound.sql} IS NULL THEN ${defaultSql(binder, object, column)} ELSE ${value} END`;
    });
    const top = node.top === undefined ? '' : ` LIMIT ${topCount(binder, node.top)}`;
    list.push(...defaulted.map((column) => defaultSql(binder, object, column)));
    body = `(${names}) SELECT ${list.join(', ')} FROM (${query.sql}) AS ${alias}(${columns.map((_, i) => `c${String(i + 1)}`).join(', ')})${top}`;
  } else {
    return unsupported('INSERT … EXECUTE', node.line);
  }
  const sql = returnRows(binder, {
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
    updated: new Set(object.columns.map((column) => foldName(column.name))),
  };
}

/** INSERT through a view: the same into its table, by the table's column names. */
function insertThrough(binder: Binder, node: Insert, view: Updatable, context: ChangeContext): BoundChange {
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
  binder.chain.push(view.secured);
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
    binder.chain.pop();
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
