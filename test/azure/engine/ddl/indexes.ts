// CREATE, ALTER and DROP INDEX, and the indexes that keys stand on.
import { foldName } from '../catalog/foldName.ts';
import type {
  AlterIndex,
  CreateIndex,
  DropIndex,
  Identifier,
  IndexColumn,
  InlineIndex,
  UpdateStatistics,
} from '../../tsql/ast.ts';
import { isTextType } from '../catalog/pgTypes.ts';
import type { CatalogColumn, CatalogObject, Snapshot } from '../catalog/snapshot.ts';
import { sqlError } from '../errors.ts';
import type { DdlContext } from './context.ts';
import { filterText } from './filterText.ts';
import { enforcing, findObject, fullName, look, sameName, shownName, touch } from './context.ts';

/** @throws SqlError 1911. */
export function keyColumns(
  table: CatalogObject,
  columns: readonly IndexColumn[],
  kind: string,
): { column: CatalogColumn; descending: boolean }[] {
  return columns.map((node, i) => {
    const column = table.columns.find((candidate) => sameName(candidate.name, node.name.name));
    if (column === undefined) throw sqlError(1911, [node.name.name], { line: node.line });
    if (columns.findIndex((other) => sameName(other.name.name, node.name.name)) !== i) {
      throw sqlError(1909, [kind, node.name.name], { line: node.line });
    }
    const lob = column.type.length === -1 || ['text', 'ntext', 'image', 'xml'].includes(column.type.name);
    if (lob) throw sqlError(1919, [column.name, table.name], { line: node.line });
    return { column, descending: node.descending };
  });
}

/** The next free id: 1 is the clustered one. */
export function nextIndexId(snapshot: Snapshot, tableId: number, clustered: boolean): number {
  if (clustered) return 1;
  return Math.max(1, ...snapshot.indexes(tableId).map((index) => index.index_id)) + 1;
}

export interface NewIndex {
  indexId: number;
  name: string;
  pgName: string;
  unique: boolean;
  kind: 'primary' | 'unique' | 'index';
  clustered: boolean;
  filter?: string;
  constraintId?: number;
  columns: readonly { columnId: number; descending: boolean }[];
  included: readonly number[];
}

export async function insertIndex(context: DdlContext, tableId: number, index: NewIndex): Promise<void> {
  await context.connection.query(
    `INSERT INTO catalog.index (object_id, index_id, name, name_key, pg_name, is_unique, kind, clustered, filter, constraint_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      tableId,
      index.indexId,
      index.name,
      foldName(index.name),
      index.pgName,
      index.unique,
      index.kind,
      index.clustered,
      index.filter ?? null,
      index.constraintId ?? null,
    ],
  );
  const rows = [
    ...index.columns.map((column) => ({ ...column, included: false })),
    ...index.included.map((columnId) => ({ columnId, descending: false, included: true })),
  ];
  for (const [i, row] of rows.entries()) {
    await context.connection.query('INSERT INTO catalog.index_column VALUES ($1, $2, $3, $4, $5, $6)', [
      tableId,
      index.indexId,
      i + 1,
      row.columnId,
      row.descending,
      row.included,
    ]);
  }
}

/** @throws SqlError 1913, 1902, 1911, 1909, 1919, 1505 by PostgreSQL. */
export async function addIndex(
  context: DdlContext,
  tableId: number,
  node: InlineIndex | CreateIndex,
): Promise<void> {
  const snapshot = await look(context);
  const table = snapshot.object(tableId);
  if (table === undefined) throw sqlError(1088, [node.name.name], { line: node.line });
  const existing = snapshot.indexes(tableId);
  if (existing.some((index) => sameName(index.name, node.name.name))) {
    throw sqlError(1913, [node.name.name, 'table', `${table.schema}.${table.name}`], { line: node.line });
  }
  const clustered = node.clustered === true;
  const other = existing.find((index) => index.clustered);
  if (clustered && other !== undefined) {
    throw sqlError(1902, ['table', `${table.schema}.${table.name}`, other.name], { line: node.line });
  }
  const keys = keyColumns(table, node.columns, 'index');
  const included = node.include.map((name: Identifier) => {
    const column = table.columns.find((candidate) => sameName(candidate.name, name.name));
    if (column === undefined) throw sqlError(1911, [name.name], { line: name.line });
    return column;
  });
  const filter =
    node.where === undefined ? undefined : await context.binder.predicate(node.where, table.columns);
  const indexId = nextIndexId(snapshot, tableId, clustered);
  const pgName = `x${String(tableId)}_${String(indexId)}`;
  const sql =
    `CREATE ${node.unique ? 'UNIQUE ' : ''}INDEX ${pgName} ON ${table.pgName} (${keys.map(({ column, descending }) => `${column.pgName}${descending ? ' DESC' : ''}`).join(', ')})` +
    // Long text does not fit into PostgreSQL's index rows; the included columns are only kept in the catalog then.
    (included.length === 0 || included.some((column) => isTextType(column.type))
      ? ''
      : ` INCLUDE (${included.map((column) => column.pgName).join(', ')})`) +
    (node.unique ? ' NULLS NOT DISTINCT' : '') +
    (filter === undefined ? '' : ` WHERE ${filter}`);
  const facts = { kind: 'index', name: node.name.name, table: shownName(table), columns: [] } as const;
  await enforcing(context, snapshot, facts, () => context.connection.script(sql));
  await insertIndex(context, tableId, {
    indexId,
    name: node.name.name,
    pgName,
    unique: node.unique,
    kind: 'index',
    clustered,
    ...(node.where === undefined ? {} : { filter: filterText(node.where) }),
    columns: keys.map(({ column, descending }) => ({ columnId: column.columnId, descending })),
    included: included.map((column) => column.columnId),
  });
  await context.catalog.changed(context.connection);
}

/** @throws SqlError 1088, 229 … and those of `addIndex`. */
export async function createIndex(node: CreateIndex, context: DdlContext): Promise<void> {
  const table = findObject(await look(context), node.table, context);
  if (table === undefined || (table.type !== 'U' && table.type !== 'TT')) {
    throw sqlError(1088, [fullName(node.table)], { line: node.line });
  }
  await alterable(context, table);
  const replaces = node.options.some(({ name, value }) => name === 'DROP_EXISTING' && value === 'ON');
  if (replaces) {
    const indexes = (await look(context)).indexes(table.objectId);
    if (!indexes.some((index) => sameName(index.name, node.name.name)))
      throw sqlError(7999, [node.name.name, fullName(node.table)], { line: node.line });
    await dropIndex(
      {
        kind: 'dropIndex',
        ifExists: false,
        items: [{ name: node.name, table: node.table }],
        line: node.line,
        start: node.start,
        end: node.end,
      },
      context,
    );
  }
  await addIndex(context, table.objectId, node);
}

/** Statistics are PostgreSQL's own business; that the table is there is asked. @throws SqlError 2706 */
export async function updateStatistics(node: UpdateStatistics, context: DdlContext): Promise<void> {
  const table = findObject(await look(context), node.table, context);
  if (table === undefined || table.system) throw sqlError(2706, [fullName(node.table)], { line: node.line });
  await alterable(context, table);
}

/** Rebuild and reorganize have nothing to do here. @throws SqlError 1088, 3701, 40517 (DISABLE). */
export async function alterIndex(node: AlterIndex, context: DdlContext): Promise<void> {
  const snapshot = await look(context);
  const table = findObject(snapshot, node.table, context);
  if (table === undefined) throw sqlError(1088, [fullName(node.table)], { line: node.line, state: 9 });
  await alterable(context, table);
  const { name } = node;
  if (
    name !== undefined &&
    !snapshot.indexes(table.objectId).some((index) => sameName(index.name, name.name))
  ) {
    throw sqlError(2727, [name.name], { line: node.line });
  }
  if (node.action === 'disable') throw sqlError(40517, ['DISABLE'], { line: node.line });
}

/** @throws SqlError 3701, 3723. */
export async function dropIndex(node: DropIndex, context: DdlContext): Promise<void> {
  for (const item of node.items) {
    const snapshot = await look(context);
    const table = findObject(snapshot, item.table, context);
    const index = snapshot
      .indexes(table?.objectId ?? 0)
      .find((candidate) => sameName(candidate.name, item.name.name));
    const shown = `${table === undefined ? fullName(item.table) : `${table.schema}.${table.name}`}.${item.name.name}`;
    if (table === undefined || index === undefined) {
      if (node.ifExists) continue;
      throw sqlError(3701, ['drop', 'index', shown], { line: node.line, state: 7 });
    }
    await alterable(context, table);
    if (index.kind !== 'index') {
      const word = index.kind === 'primary' ? 'PRIMARY KEY' : 'UNIQUE KEY';
      throw sqlError(3723, [shown, word], { line: node.line });
    }
    await context.connection.script(`DROP INDEX ${table.pgName.split('.')[0] ?? 'u'}.${index.pg_name}`);
    await forgetIndex(context, table.objectId, index.index_id);
    await context.catalog.changed(context.connection);
  }
}

export async function forgetIndex(context: DdlContext, tableId: number, indexId: number): Promise<void> {
  for (const name of ['index', 'index_column']) {
    await context.connection.query(`DELETE FROM catalog.${name} WHERE object_id = $1 AND index_id = $2`, [
      tableId,
      indexId,
    ]);
  }
  await touch(context, tableId);
}

/** @throws SqlError 229 unless the user may ALTER the table. */
export async function alterable(context: DdlContext, object: CatalogObject): Promise<void> {
  if (object.type === 'TT' || object.schema === '') return;
  await context.check('ALTER', {
    class: 'object',
    schema: object.schema,
    name: object.name,
    type: object.type,
    objectId: object.objectId,
  });
}
