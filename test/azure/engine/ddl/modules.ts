// Views, procedures, functions and triggers: kept as text, with what the catalog tells about them.
import { foldName } from '../catalog/foldName.ts';
import type { SqlType } from '../../contract.ts';
import type {
  CreateFunction,
  CreateProcedure,
  CreateTrigger,
  CreateView,
  Parameter,
  SwitchTrigger,
} from '../../tsql/ast.ts';
import type { CatalogObject, Snapshot } from '../catalog/snapshot.ts';
import { sqlError } from '../errors.ts';
import { switchTriggers } from './alterTable.ts';
import type { DdlContext } from './context.ts';
import {
  ensureFree,
  findObject,
  fullName,
  insertObject,
  look,
  newObjectId,
  newTarget,
  sameName,
} from './context.ts';
import { columnType } from './columnType.ts';
import { forgetObject } from './dropFromTable.ts';
import { alterable } from './indexes.ts';

type Module = CreateView | CreateProcedure | CreateFunction;

const words = { createView: 'VIEW', createProcedure: 'PROCEDURE', createFunction: 'FUNCTION' } as const;

function typeOf(node: Module): string {
  if (node.kind === 'createView') return 'V';
  if (node.kind === 'createProcedure') return 'P';
  return { scalar: 'FN', inline: 'IF', table: 'TF' }[node.returns.kind];
}

/** CREATE, CREATE OR ALTER and ALTER. @throws SqlError 2714, 208 (ALTER of none), 2760, and binding errors of a view. */
export async function createModule(node: Module, context: DdlContext): Promise<void> {
  if (node.kind !== 'createView') refuseOtherContext(node);
  // Nothing here would keep the tables below from being changed.
  if (node.options.includes('SCHEMABINDING')) throw sqlError(40517, ['SCHEMABINDING'], { line: node.line });
  const snapshot = await look(context);
  const target = newTarget(snapshot, node.name, context);
  const type = typeOf(node);
  const existing = snapshot.find(target.schema, target.name, target.schema);
  const functions = ['FN', 'IF', 'TF'];
  const sameKind =
    existing !== undefined &&
    (existing.type === type || (functions.includes(type) && functions.includes(existing.type)));
  if (node.verb === 'create' || existing === undefined) {
    if (node.verb === 'alter') throw sqlError(208, [fullName(node.name)], { line: node.line, state: 6 });
    if (!target.temporary) {
      await context.check(`CREATE ${words[node.kind]}`, { class: 'database' });
      await context.check('ALTER', { class: 'schema', schema: target.schema });
    }
    ensureFree(snapshot, target.schemaId, target.name, node.line, target.temporary);
  } else {
    if (!sameKind) throw sqlError(2010, [fullName(node.name)], { line: node.line });
    await alterable(context, existing);
  }
  let id = existing?.objectId;
  if (id === undefined) {
    id = await newObjectId(context);
    await insertObject(context, {
      id,
      schemaId: target.schemaId,
      name: target.name,
      type,
      definition: node.text,
      // A #procedure is its session's own, as a #table is.
      ...(target.temporary ? { session: context.connection.pid } : {}),
    });
  } else {
    await context.connection.query(
      `UPDATE catalog.object SET definition = $2, type = $3, modified = (now() AT TIME ZONE 'utc') WHERE object_id = $1`,
      [id, node.text, type],
    );
    await context.connection.script(
      `DELETE FROM catalog.column WHERE object_id = ${String(id)}; DELETE FROM catalog.parameter WHERE object_id = ${String(id)}`,
    );
  }
  if (node.kind !== 'createView') await insertParameters(context, snapshot, id, node.parameters);
  if (node.kind === 'createFunction' && node.returns.kind === 'scalar') {
    const { type: result } = columnType(snapshot, node.returns.type, 0);
    await insertParameter(context, id, 0, '', result, true, false);
  }
  await context.catalog.changed(context.connection);
  if (node.kind === 'createView') {
    const columns = await context.binder.moduleColumns(node.text);
    await insertModuleColumns(context, id, target.name, columns, node.line);
    await context.catalog.changed(context.connection);
  }
  if (node.kind === 'createFunction' && node.returns.kind === 'table') {
    const columns = node.returns.elements.flatMap((element, i) =>
      element.kind === 'columnDefinition'
        ? [
            {
              name: element.name.name,
              type: columnType(snapshot, element.type, i + 1, element.collation).type,
              nullable: element.nullable ?? true,
            },
          ]
        : [],
    );
    await insertModuleColumns(context, id, target.name, columns, node.line);
    await context.catalog.changed(context.connection);
  }
}

/** WITH EXECUTE AS: everything here runs as its caller. @throws SqlError 40517 */
function refuseOtherContext({ executeAs, line }: CreateProcedure | CreateFunction | CreateTrigger): void {
  if (executeAs !== undefined && executeAs.kind !== 'caller') throw sqlError(40517, ['EXECUTE AS'], { line });
}

async function insertModuleColumns(
  context: DdlContext,
  id: number,
  name: string,
  columns: readonly { name: string; type: SqlType; nullable: boolean }[],
  line: number,
): Promise<void> {
  for (const [i, column] of columns.entries()) {
    if (column.name === '') throw sqlError(4511, [i + 1], { line });
    if (columns.findIndex((other) => sameName(other.name, column.name)) !== i) {
      throw sqlError(4506, [column.name, name], { line });
    }
    await context.connection.query(
      `INSERT INTO catalog.column (object_id, column_id, name, name_key, type, nullable) VALUES ($1, $2, $3, $4, $5::jsonb, $6)`,
      [id, i + 1, column.name, foldName(column.name), JSON.stringify(column.type), column.nullable],
    );
  }
}

async function insertParameters(
  context: DdlContext,
  snapshot: Snapshot,
  id: number,
  parameters: readonly Parameter[],
): Promise<void> {
  for (const [i, node] of parameters.entries()) {
    const [last = '', schema] = [...node.type.name.parts].reverse().map((part) => part.name);
    const tableType = node.type.system === undefined ? snapshot.userType(schema, last) : undefined;
    const type: SqlType =
      tableType !== undefined && tableType.tableId !== null
        ? { name: 'sql_variant' }
        : columnType(snapshot, node.type, i + 1).type;
    await insertParameter(context, id, i + 1, node.name, type, node.output, node.default !== undefined);
  }
}

async function insertParameter(
  context: DdlContext,
  id: number,
  position: number,
  name: string,
  type: SqlType,
  output: boolean,
  hasDefault: boolean,
): Promise<void> {
  await context.connection.query('INSERT INTO catalog.parameter VALUES ($1, $2, $3, $4::jsonb, $5, $6)', [
    id,
    position,
    name,
    JSON.stringify(type),
    output,
    hasDefault,
  ]);
}

/** @throws SqlError 2714, 8197 (no such table), 2111 (a second INSTEAD OF), 40517 (ON DATABASE). */
export async function createTrigger(node: CreateTrigger, context: DdlContext): Promise<void> {
  const snapshot = await look(context);
  const { line } = node;
  if (node.target === 'database') throw sqlError(40517, ['ON DATABASE'], { line });
  refuseOtherContext(node);
  const table = findObject(snapshot, node.target, context);
  if (table === undefined || (table.type !== 'U' && table.type !== 'V')) {
    throw sqlError(8197, [fullName(node.target)], { line });
  }
  if (table.type === 'V' && node.timing === 'after') throw sqlError(8197, [fullName(node.target)], { line });
  await alterable(context, table);
  const target = newTarget(snapshot, node.name, { ...context, defaultSchema: table.schema });
  const existing = snapshot.raw.objects.find(
    (object) =>
      object.type === 'TR' && object.schema_id === target.schemaId && sameName(object.name, target.name),
  );
  if (node.verb === 'alter' && existing === undefined)
    throw sqlError(208, [fullName(node.name)], { line, state: 6 });
  if (node.verb === 'create' || existing === undefined)
    ensureFree(snapshot, target.schemaId, target.name, line);
  if (node.timing === 'insteadOf') refuseSecond(node, table, existing?.object_id, snapshot);
  if (existing !== undefined) await forgetObject(context, existing.object_id);
  const id = existing?.object_id ?? (await newObjectId(context));
  await insertObject(context, {
    id,
    schemaId: target.schemaId,
    name: target.name,
    type: 'TR',
    parentId: table.objectId,
    definition: node.text,
  });
  await context.connection.query('INSERT INTO catalog.trigger VALUES ($1, $2, $3, false, $4::text[])', [
    id,
    table.objectId,
    node.timing === 'insteadOf',
    node.events,
  ]);
  await context.catalog.changed(context.connection);
}

function refuseSecond(
  node: CreateTrigger,
  table: CatalogObject,
  own: number | undefined,
  snapshot: Snapshot,
): void {
  const other = snapshot.raw.triggers.find(
    (trigger) =>
      trigger.parent_id === table.objectId &&
      trigger.instead_of &&
      trigger.object_id !== own &&
      trigger.events.some((event) => node.events.includes(event)),
  );
  if (other === undefined) return;
  const event = other.events.find((candidate) => node.events.includes(candidate)) ?? '';
  const word = table.type === 'V' ? 'view' : 'table';
  throw sqlError(2111, ['create', fullName(node.name), word, `${table.schema}.${table.name}`, event], {
    line: node.line,
  });
}

/** ENABLE and DISABLE TRIGGER as statements of their own. */
export async function switchTrigger(node: SwitchTrigger, context: DdlContext): Promise<void> {
  if (node.target === 'database') throw sqlError(40517, ['ON DATABASE'], { line: node.line });
  const table = findObject(await look(context), node.target, context);
  if (table === undefined) throw sqlError(1088, [fullName(node.target)], { line: node.line });
  await alterable(context, table);
  const names = node.names.map((name) => name.parts.at(-1)?.name ?? '');
  await switchTriggers(context, table, names, node.enable, node.line);
}
