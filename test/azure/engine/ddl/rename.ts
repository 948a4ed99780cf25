// sp_rename: only the catalog changes, since PostgreSQL's names are made of ids.
import { foldName } from '../catalog/foldName.ts';
import { sqlError } from '../errors.ts';
import type { DdlContext } from './context.ts';
import { ensureFree, look, sameName, touch } from './context.ts';
import { alterable } from './indexes.ts';

/** [a].[b]."c" into its parts, first first. */
export function nameParts(text: string): string[] {
  const parts: string[] = [];
  const pattern = /\s*(?:\[((?:[^\]]|\]\])*)\]|"((?:[^"]|"")*)"|([^.[\]"]*))\s*(?:\.|$)/gu;
  for (const [whole, bracketed, quoted, plain] of text.matchAll(pattern)) {
    if (whole === '' && parts.length > 0) break;
    parts.push(bracketed?.replaceAll(']]', ']') ?? quoted?.replaceAll('""', '"') ?? plain?.trim() ?? '');
  }
  return parts;
}

/**
 * sp_rename @objname, @newname [, @objtype]: OBJECT (default), COLUMN, INDEX, USERDATATYPE. Tell the caution 15477 afterwards.
 * @throws SqlError 15225, 15248, 15335
 */
export async function rename(
  context: DdlContext,
  objectName: string,
  newName: string,
  kind: string | null,
): Promise<void> {
  await context.connection.atomic(async () => {
    const type = (kind ?? 'OBJECT').toUpperCase();
    const parts = nameParts(objectName);
    const missing = (): Error => sqlError(15225, [objectName, context.database, kind ?? '(null)']);
    if (type === 'COLUMN') await renameColumn(context, parts, newName, missing);
    else if (type === 'INDEX') await renameIndex(context, parts, newName, missing);
    else if (type === 'OBJECT') await renameObject(context, parts, newName, missing);
    else throw sqlError(15248, [type]);
    await context.catalog.changed(context.connection);
  });
}

async function renameObject(
  context: DdlContext,
  parts: readonly string[],
  newName: string,
  missing: () => Error,
): Promise<void> {
  const snapshot = await look(context);
  const [last = '', schema] = [...parts].reverse();
  const wanted = schema === undefined || schema === '' ? [context.defaultSchema, 'dbo'] : [schema];
  const found = wanted
    .map((name) => snapshot.schemas.get(foldName(name))?.id)
    .map((id) =>
      snapshot.raw.objects.find(
        (object) => object.schema_id === id && object.session === 0 && sameName(object.name, last),
      ),
    )
    .find((object) => object !== undefined);
  if (found === undefined) throw missing();
  const owner = snapshot.object(found.parent_id === 0 ? found.object_id : found.parent_id);
  if (owner === undefined) throw missing();
  await alterable(context, owner);
  if (!sameName(found.name, newName)) {
    try {
      ensureFree(snapshot, found.schema_id, newName, 0);
    } catch {
      throw sqlError(15335, [newName, 'object']);
    }
  }
  await context.connection.query(
    `UPDATE catalog.object SET name = $2, name_key = $3, modified = (now() AT TIME ZONE 'utc') WHERE object_id = $1`,
    [found.object_id, newName, foldName(newName)],
  );
  await context.connection.query(
    'UPDATE catalog.index SET name = $2, name_key = $3 WHERE constraint_id = $1',
    [found.object_id, newName, foldName(newName)],
  );
}

async function renameColumn(
  context: DdlContext,
  parts: readonly string[],
  newName: string,
  missing: () => Error,
): Promise<void> {
  const snapshot = await look(context);
  const [column = '', table = '', schema] = [...parts].reverse();
  const object = snapshot.find(schema, table, context.defaultSchema);
  const found = object?.columns.find((candidate) => sameName(candidate.name, column));
  if (object === undefined || found === undefined || object.system) {
    throw parts.length < 2 ? sqlError(15248, ['COLUMN']) : missing();
  }
  await alterable(context, object);
  if (object.columns.some((other) => other !== found && sameName(other.name, newName))) {
    throw sqlError(15335, [newName, 'COLUMN']);
  }
  await context.connection.query(
    'UPDATE catalog.column SET name = $3, name_key = $4 WHERE object_id = $1 AND column_id = $2',
    [object.objectId, found.columnId, newName, foldName(newName)],
  );
  await touch(context, object.objectId);
}

async function renameIndex(
  context: DdlContext,
  parts: readonly string[],
  newName: string,
  missing: () => Error,
): Promise<void> {
  const snapshot = await look(context);
  const [index = '', table = '', schema] = [...parts].reverse();
  const object = snapshot.find(schema, table, context.defaultSchema);
  const found = snapshot.indexes(object?.objectId ?? 0).find((candidate) => sameName(candidate.name, index));
  if (object === undefined || found === undefined) throw missing();
  await alterable(context, object);
  if (
    snapshot
      .indexes(object.objectId)
      .some((other) => other.index_id !== found.index_id && sameName(other.name, newName))
  ) {
    throw sqlError(15335, [newName, 'INDEX']);
  }
  await context.connection.query(
    'UPDATE catalog.index SET name = $3, name_key = $4 WHERE object_id = $1 AND index_id = $2',
    [object.objectId, found.index_id, newName, foldName(newName)],
  );
  if (found.constraint_id !== null) {
    await context.connection.query(
      'UPDATE catalog.object SET name = $2, name_key = $3 WHERE object_id = $1',
      [found.constraint_id, newName, foldName(newName)],
    );
  }
}
