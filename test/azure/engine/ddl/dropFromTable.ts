// ALTER TABLE … DROP: columns and constraints, with what depends on them.
import type { CatalogObject, Snapshot } from '../catalog/snapshot.ts';
import { sqlError } from '../errors.ts';
import { parseColumnNames } from './computedText.ts';
import type { DdlContext } from './context.ts';
import { sameName } from './context.ts';
import { forgetIndex } from './indexes.ts';

export interface Dependent {
  /** As 5074 says it. */
  word: 'object' | 'index' | 'column';
  kind: 'default' | 'constraint' | 'index' | 'computed';
  name: string;
}

/** What stands in the way of dropping a column or changing its type. */
export function dependents(snapshot: Snapshot, table: CatalogObject, columnId: number): Dependent[] {
  const found: Dependent[] = [];
  const nameOf = (id: number): string =>
    snapshot.raw.objects.find((object) => object.object_id === id)?.name ?? '';
  for (const entry of snapshot.raw.defaults) {
    if (entry.parent_id === table.objectId && entry.column_id === columnId) {
      found.push({ word: 'object', kind: 'default', name: nameOf(entry.object_id) });
    }
  }
  for (const check of snapshot.raw.checks) {
    if (check.parent_id === table.objectId && check.columns.includes(columnId)) {
      found.push({ word: 'object', kind: 'constraint', name: nameOf(check.object_id) });
    }
  }
  for (const index of snapshot.indexes(table.objectId)) {
    if (!index.columns.some((column) => column.columnId === columnId)) continue;
    const key = index.kind !== 'index';
    found.push({ word: key ? 'object' : 'index', kind: key ? 'constraint' : 'index', name: index.name });
  }
  for (const key of snapshot.raw.foreignKeys) {
    const pairs = snapshot.raw.foreignKeyColumns.filter((pair) => pair.object_id === key.object_id);
    const own = key.parent_id === table.objectId && pairs.some((pair) => pair.parent_column_id === columnId);
    const other =
      key.referenced_id === table.objectId && pairs.some((pair) => pair.referenced_column_id === columnId);
    if (own || other) found.push({ word: 'object', kind: 'constraint', name: nameOf(key.object_id) });
  }
  const name = table.columns.find((column) => column.columnId === columnId)?.name ?? '';
  for (const column of table.columns) {
    if (
      column.computedText !== undefined &&
      parseColumnNames(column.computedText).some((other) => sameName(other, name))
    ) {
      found.push({ word: 'column', kind: 'computed', name: column.name });
    }
  }
  return found;
}

/** @throws SqlError 4924, 5074 with 4922, 4923. */
export async function dropColumn(
  context: DdlContext,
  table: CatalogObject,
  name: string,
  ifExists: boolean,
  line: number,
): Promise<void> {
  const column = table.columns.find((candidate) => sameName(candidate.name, name));
  if (column === undefined) {
    if (ifExists) return;
    throw sqlError(4924, ['ALTER TABLE DROP COLUMN', name, table.name], { line });
  }
  if (table.columns.length === 1) throw sqlError(4923, [column.name, table.name], { line });
  const found = dependents(await context.catalog.snapshot(context.connection), table, column.columnId);
  if (found.length > 0) {
    throw sqlError(4922, ['ALTER TABLE DROP COLUMN', column.name], {
      line,
      before: found.map((entry) => sqlError(5074, [entry.word, entry.name, column.name], { line })),
    });
  }
  if (column.rowversion) await context.connection.script(`DROP TRIGGER a_rowversion ON ${table.pgName}`);
  await context.connection.script(`ALTER TABLE ${table.pgName} DROP COLUMN ${column.pgName}`);
  await context.connection.query('DELETE FROM catalog.column WHERE object_id = $1 AND column_id = $2', [
    table.objectId,
    column.columnId,
  ]);
  await context.catalog.changed(context.connection);
}

/** @throws SqlError 3728 with 3727, 3725 with 3727. */
export async function dropConstraint(
  context: DdlContext,
  table: CatalogObject,
  name: string,
  ifExists: boolean,
  line: number,
): Promise<void> {
  const snapshot = await context.catalog.snapshot(context.connection);
  const object = snapshot.raw.objects.find(
    (candidate) =>
      candidate.parent_id === table.objectId && sameName(candidate.name, name) && candidate.type !== 'TR',
  );
  const after = (number: number, args: readonly string[]): Error =>
    sqlError(3727, [], { line, before: [sqlError(number, args, { line, state: 1 })] });
  if (object === undefined) {
    if (ifExists) return;
    throw after(3728, [name]);
  }
  const id = object.object_id;
  const index = snapshot.indexes(table.objectId).find((candidate) => candidate.constraint_id === id);
  if (index !== undefined) {
    const key = snapshot.raw.foreignKeys.find(
      (candidate) => candidate.referenced_id === table.objectId && candidate.key_index_id === index.index_id,
    );
    if (key !== undefined) {
      const child = snapshot.object(key.parent_id);
      const foreign =
        snapshot.raw.objects.find((candidate) => candidate.object_id === key.object_id)?.name ?? '';
      throw after(3725, [object.name, child?.name ?? '', foreign]);
    }
    await forgetIndex(context, table.objectId, index.index_id);
  }
  const disabled = [...snapshot.raw.foreignKeys, ...snapshot.raw.checks].some(
    (entry) => entry.object_id === id && entry.disabled,
  );
  if (object.type !== 'D' && !disabled)
    await context.connection.script(`ALTER TABLE ${table.pgName} DROP CONSTRAINT k${String(id)}`);
  await forgetObject(context, id);
  await context.catalog.changed(context.connection);
}

const satellites = [
  'object',
  'column',
  'index',
  'index_column',
  'foreign_key',
  'foreign_key_column',
  'check_constraint',
  'default_constraint',
  'trigger',
  'parameter',
  'sequence',
];

/** Removes an object's every trace from the catalog. */
export async function forgetObject(context: DdlContext, id: number): Promise<void> {
  await context.connection.script(
    satellites.map((name) => `DELETE FROM catalog.${name} WHERE object_id = ${String(id)}`).join(';'),
  );
}
