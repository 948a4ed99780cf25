// DROP of tables, views, procedures, functions, triggers, sequences, schemas, types, synonyms and databases.
import { foldName } from '../catalog/foldName.ts';
import type { DropObject, Name } from '../../tsql/ast.ts';
import type { CatalogObject } from '../catalog/snapshot.ts';
import { SqlError } from '../../contract.ts';
import { sqlError } from '../errors.ts';
import type { Securable } from '../session.ts';
import type { DdlContext } from './context.ts';
import { findObject, fullName, look, sameName } from './context.ts';
import { forgetObject } from './dropFromTable.ts';
import { alterable } from './indexes.ts';

const types: Partial<Record<DropObject['object'], readonly string[]>> = {
  table: ['U', 'TT'],
  view: ['V'],
  procedure: ['P'],
  function: ['FN', 'IF', 'TF'],
  sequence: ['SO'],
  synonym: ['SN'],
};

/** @throws SqlError 3701, 3726, 3705, 13552, 3729, 15151, 3732 … */
export async function dropObjects(node: DropObject, context: DdlContext): Promise<void> {
  for (const name of node.names) {
    switch (node.object) {
      case 'schema':
        await dropSchema(name, node, context);
        break;
      case 'type':
        await dropType(name, node, context);
        break;
      case 'trigger':
        await dropTrigger(name, node, context);
        break;
      case 'database':
        await dropDatabase(name, node, context);
        break;
      default:
        await dropObject(name, node, context);
    }
  }
}

async function dropObject(name: Name, node: DropObject, context: DdlContext): Promise<void> {
  const snapshot = await look(context);
  const object = findObject(snapshot, name, context);
  const { line } = node;
  if (object === undefined || object.system) {
    if (node.ifExists) return;
    if (object?.system === true)
      throw sqlError(3708, ['drop', node.object, object.name, node.object], { line });
    throw sqlError(3701, ['drop', node.object, fullName(name)], { line });
  }
  if (types[node.object]?.includes(object.type) !== true) {
    const right = kinds[object.type] ?? ['object', 'DROP'];
    throw sqlError(
      3705,
      [`DROP ${node.object.toUpperCase()}`, fullName(name), fullName(name), right[0], right[1]],
      { line },
    );
  }
  await controlled(context, object, node.object, line);
  if (object.type === 'U') {
    const foreign = snapshot.raw.foreignKeys.find(
      (key) => key.referenced_id === object.objectId && key.parent_id !== object.objectId,
    );
    if (foreign !== undefined) throw sqlError(3726, [fullName(name)], { line });
    if (object.temporal !== 'none') {
      throw sqlError(13552, [`${context.database}.${object.schema}.${object.name}`], { line });
    }
  }
  if (object.type === 'U' || object.type === 'TT') {
    await context.connection.script(`DROP TABLE ${object.pgName}`);
    const id = String(object.objectId);
    await context.connection.script(
      `DROP FUNCTION IF EXISTS u.rowversion_${id}(); DROP FUNCTION IF EXISTS u.period_${id}()`,
    );
  }
  if (object.type === 'SO') await context.connection.script(`DROP SEQUENCE ${object.pgName}`);
  for (const child of snapshot.raw.objects.filter((candidate) => candidate.parent_id === object.objectId)) {
    await forgetObject(context, child.object_id);
  }
  await forgetObject(context, object.objectId);
  await context.catalog.changed(context.connection);
}

const kinds: Record<string, [string, string]> = {
  U: ['table', 'DROP TABLE'],
  V: ['view', 'DROP VIEW'],
  P: ['procedure', 'DROP PROCEDURE'],
  FN: ['function', 'DROP FUNCTION'],
  IF: ['function', 'DROP FUNCTION'],
  TF: ['function', 'DROP FUNCTION'],
  SO: ['sequence', 'DROP SEQUENCE'],
  SN: ['synonym', 'DROP SYNONYM'],
};

/** Who may not drop it is told that it does not exist: CONTROL of it or ALTER of its schema is needed, ALTER of it is not enough. */
async function controlled(
  context: DdlContext,
  object: CatalogObject,
  word: string,
  line: number,
): Promise<void> {
  if (object.type === 'TT' || object.schema === '') return;
  const { schema, name, type, objectId } = object;
  const may = async (permission: string, securable: Securable): Promise<boolean> => {
    try {
      await context.check(permission, securable);
      return true;
    } catch (error) {
      if (error instanceof SqlError) return false;
      throw error;
    }
  };
  if (await may('CONTROL', { class: 'object', schema, name, type, objectId })) return;
  if (await may('ALTER', { class: 'schema', schema })) return;
  const { detail } = sqlError(3701, ['drop', word, name], { line, state: 20 });
  throw new SqlError({ ...detail, class: 14 });
}

async function dropTrigger(name: Name, node: DropObject, context: DdlContext): Promise<void> {
  const snapshot = await look(context);
  const [last = '', schema] = [...name.parts].reverse().map((part) => part.name);
  const object = snapshot.raw.objects.find(
    (candidate) =>
      candidate.type === 'TR' &&
      sameName(candidate.name, last) &&
      (schema === undefined || schema === '' || sameName(snapshot.schemaName(candidate.schema_id), schema)),
  );
  if (object === undefined) {
    if (node.ifExists) return;
    throw sqlError(3701, ['drop', 'trigger', fullName(name)], { line: node.line });
  }
  const table = snapshot.object(object.parent_id);
  if (table !== undefined) await alterableTable(context, table, name, node.line);
  await forgetObject(context, object.object_id);
  await context.catalog.changed(context.connection);
}

/** A trigger is its table's: https://learn.microsoft.com/sql/t-sql/statements/drop-trigger-transact-sql */
async function alterableTable(
  context: DdlContext,
  table: CatalogObject,
  trigger: Name,
  line: number,
): Promise<void> {
  try {
    await alterable(context, table);
  } catch (error) {
    if (error instanceof SqlError) throw sqlError(3701, ['drop', 'trigger', fullName(trigger)], { line });
    throw error;
  }
}

async function dropSchema(name: Name, node: DropObject, context: DdlContext): Promise<void> {
  const snapshot = await look(context);
  const wanted = name.parts.at(-1)?.name ?? '';
  const found = snapshot.schemas.get(foldName(wanted));
  const { line } = node;
  if (found === undefined || found.id < 5) {
    if (found === undefined && node.ifExists) return;
    if (found !== undefined) throw sqlError(15150, ['drop', 'schema', found.name], { line });
    throw sqlError(15151, ['drop', 'schema', wanted], { line });
  }
  await context.check('CONTROL', { class: 'schema', schema: found.name });
  const inside =
    snapshot.raw.objects.find((object) => object.schema_id === found.id && object.parent_id === 0) ??
    snapshot.raw.types.find((type) => type.schema_id === found.id);
  if (inside !== undefined) throw sqlError(3729, ['drop schema', found.name, inside.name], { line });
  await context.connection.query('DELETE FROM catalog.schema WHERE schema_id = $1', [found.id]);
  await context.catalog.changed(context.connection);
}

async function dropType(name: Name, node: DropObject, context: DdlContext): Promise<void> {
  const snapshot = await look(context);
  const [last = '', schema] = [...name.parts].reverse().map((part) => part.name);
  const found = snapshot.userType(schema, last);
  if (found === undefined) {
    if (node.ifExists) return;
    throw sqlError(15151, ['drop', 'type', fullName(name)], { line: node.line });
  }
  const { rows } = await context.connection.query(
    'SELECT object_id FROM catalog.column WHERE user_type = $1 LIMIT 1',
    [found.name],
  );
  const user = rows[0] === undefined ? undefined : snapshot.object(Number(rows[0]['object_id']));
  if (user !== undefined) throw sqlError(3732, [fullName(name), user.name], { line: node.line });
  await context.connection.query('DELETE FROM catalog.user_type WHERE user_type_id = $1', [found.id]);
  if (found.tableId !== null) await forgetObject(context, found.tableId);
  await context.catalog.changed(context.connection);
}

async function dropDatabase(name: Name, node: DropObject, context: DdlContext): Promise<void> {
  const wanted = name.parts.at(-1)?.name ?? '';
  const entry = context.cluster.database(wanted);
  if (entry === undefined) {
    if (node.ifExists) return;
    throw sqlError(3701, ['drop', 'database', wanted], { line: node.line, state: 1 });
  }
  if (entry.id === 1) throw sqlError(3708, ['drop', 'database', entry.name, 'database'], { line: node.line });
  if (sameName(entry.name, context.database)) throw sqlError(3702, [entry.name], { line: node.line });
  await context.check('CREATE DATABASE', { class: 'database' });
  await context.cluster.dropDatabase(entry.name);
}
