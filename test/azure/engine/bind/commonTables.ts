// Common table expressions, recursive ones among them: PostgreSQL's WITH, and how deep T-SQL lets it go.
import type { CommonTable, SelectBlock, SetOperation, TableSource } from '../../tsql/ast.ts';
import { foldName } from '../catalog/foldName.ts';
import type { Binder, CteSource } from './binder.ts';
import { int } from './literals.ts';
import { bindQuery } from './query.ts';
import { bindBody } from './setOperation.ts';
import type { OutputColumn } from './boundQuery.ts';
import { raise } from './raise.ts';
import { fullName, sameName } from './scope.ts';

/** The last column of a recursive table: how many steps made the row. No T-SQL name is like it. */
const depthName = '\u0000depth';

/** The WITH clause of a statement; the tables stay visible in `binder.ctes` until `end` is called. */
export function bindCommonTables(
  binder: Binder,
  tables: readonly CommonTable[],
): { sql: string; end: () => void } {
  if (tables.length === 0) return { sql: '', end: () => undefined };
  const start = binder.ctes.length;
  const texts: string[] = [];
  let recursive = false;
  for (const table of tables) {
    const name = table.name.name;
    if (binder.ctes.slice(start).some((other) => sameName(other.name, name))) {
      raise(239, `Duplicate common table expression name '${name}' was specified.`, table.line);
    }
    const pgName = binder.alias('w');
    const body = table.query.body;
    if (body.kind === 'setOperation' && mentions(body.right, name)) {
      recursive = true;
      texts.push(bindRecursive(binder, table, body, pgName));
      continue;
    }
    const bound = bindQuery(binder, table.query, undefined, { role: 'derived' });
    binder.ctes.push({ name, pgName, columns: cteColumns(bound.columns, table, pgName) });
    texts.push(`${pgName}(${bound.columns.map((_, i) => `c${String(i + 1)}`).join(', ')}) AS (${bound.sql})`);
  }
  return {
    sql: `WITH ${recursive ? 'RECURSIVE ' : ''}${texts.join(', ')} `,
    end: () => {
      binder.ctes.length = start;
    },
  };
}

function cteColumns(
  columns: readonly OutputColumn[],
  table: CommonTable,
  pgName: string,
): CteSource['columns'] {
  if (table.columns.length > columns.length) {
    raise(8158, `'${table.name.name}' has more columns than were specified in the column list.`, table.line);
  }
  if (table.columns.length > 0 && table.columns.length < columns.length) {
    raise(8158, `'${table.name.name}' has more columns than were specified in the column list.`, table.line);
  }
  const seen = new Set<string>();
  return columns.map((column, i) => {
    const name = table.columns[i]?.name ?? column.name;
    if (name === '')
      raise(
        8155,
        `No column name was specified for column ${String(i + 1)} of '${table.name.name}'.`,
        table.line,
      );
    if (seen.has(foldName(name))) {
      raise(8156, `The column '${name}' was specified multiple times for '${table.name.name}'.`, table.line);
    }
    seen.add(foldName(name));
    return { name, sql: `${pgName}.c${String(i + 1)}`, type: column.type, nullable: column.nullable };
  });
}

function bindRecursive(binder: Binder, table: CommonTable, body: SetOperation, pgName: string): string {
  if (!body.all || body.operator !== 'union') {
    raise(
      252,
      `Recursive common table expression '${table.name.name}' does not contain a top-level UNION ALL operator.`,
      table.line,
    );
  }
  const anchor = bindBody(binder, body.left, undefined);
  const columns = cteColumns(anchor.columns, table, pgName);
  binder.ctes.push({
    name: table.name.name,
    pgName,
    columns: [
      ...columns.map((column) => ({ ...column, nullable: true })),
      {
        name: depthName,
        sql: `${pgName}.c${String(columns.length + 1)}`,
        type: int,
        nullable: false,
        hidden: true,
      },
    ],
  });
  const counted =
    body.right.kind === 'selectBlock' && readsDirectly(body.right.from, table.name.name)
      ? countingSteps(body.right)
      : undefined;
  const bound = bindBody(binder, counted ?? body.right, undefined);
  const step = counted === undefined ? bound : { ...bound, columns: bound.columns.slice(0, -1) };
  if (step.columns.length !== anchor.columns.length) {
    raise(
      205,
      'All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.',
      table.line,
    );
  }
  const alias = binder.alias('r');
  const casts = step.columns.map((column, i) => {
    const want = anchor.columns[i];
    if (want === undefined) return '';
    const same =
      column.untypedNull === true ||
      (column.type.name === want.type.name &&
        (column.type.length ?? 0) === (want.type.length ?? 0) &&
        (column.type.scale ?? 0) === (want.type.scale ?? 0) &&
        (column.type.precision ?? 0) === (want.type.precision ?? 0));
    if (!same) {
      raise(
        240,
        `Types don't match between the anchor and the recursive part in column "${columns[i]?.name ?? ''}" of recursive query "${table.name.name}".`,
        table.line,
      );
    }
    return column.untypedNull === true
      ? `NULL::${binder.storage.pgType(want.type)}`
      : `${alias}.c${String(i + 1)}::${binder.storage.pgType(want.type)}`;
  });
  const depth = `c${String(columns.length + 1)}`;
  const names = [...columns.map((_, i) => `c${String(i + 1)}`), depth];
  // A reference inside a derived table cannot be counted.
  const deeper =
    counted === undefined ? '0' : `tsql.recursion(${alias}.${depth}, ${String(binder.maxRecursion)})`;
  const anchorAlias = binder.alias('r');
  const first = anchor.columns.map(
    (column, i) => `${anchorAlias}.c${String(i + 1)}::${binder.storage.pgType(column.type)}`,
  );
  const plain = names.slice(0, -1);
  const stepNames = counted === undefined ? plain : names;
  const from = (sql: string, as: string, list: readonly string[]): string =>
    `FROM (${sql}) AS ${as}(${list.join(', ')})`;
  return `${pgName}(${names.join(', ')}) AS (SELECT ${[...first, '0'].join(', ')} ${from(anchor.sql, anchorAlias, plain)} UNION ALL SELECT ${[...casts, deeper].join(', ')} ${from(step.sql, alias, stepNames)})`;
}

/** Whether a query's FROM mentions a one-part name: a walk over the tree. */
function mentions(node: unknown, name: string): boolean {
  if (Array.isArray(node)) return node.some((child) => mentions(child, name));
  if (typeof node !== 'object' || node === null) return false;
  if ('kind' in node && node.kind === 'table' && 'name' in node) {
    const tableName = node.name as Parameters<typeof fullName>[0];
    if (tableName.parts.length === 1 && sameName(fullName(tableName), name)) return true;
  }
  return Object.values(node).some((child) => mentions(child, name));
}

/** Whether the table is read by FROM itself, where its columns can be seen. */
function readsDirectly(sources: readonly TableSource[], name: string): boolean {
  return sources.some((source) =>
    source.kind === 'join' || source.kind === 'apply'
      ? readsDirectly([source.left, source.right], name)
      : source.kind === 'table' && source.name.parts.length === 1 && sameName(fullName(source.name), name),
  );
}

/** The recursive member with the depth of the row it comes from as its last column. */
function countingSteps(block: SelectBlock): SelectBlock {
  const { start, end, line } = block;
  const span = { start, end, line };
  const part = { kind: 'identifier' as const, name: depthName, quoted: true, ...span };
  const expression = {
    kind: 'column' as const,
    name: { kind: 'name' as const, parts: [part], ...span },
    ...span,
  };
  return { ...block, items: [...block.items, { kind: 'expressionItem', expression, ...span }] };
}
