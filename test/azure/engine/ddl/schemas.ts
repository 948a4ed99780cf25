// Schemas, types, sequences and synonyms.
import { SqlError } from '../../contract.ts';
import { foldName } from '../catalog/foldName.ts';
import type {
  AlterSchema,
  AlterSequence,
  CreateSchema,
  CreateSequence,
  CreateSynonym,
  CreateType,
} from '../../tsql/ast.ts';
import type { SqlType } from '../../contract.ts';
import { sqlError } from '../errors.ts';
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
  touch,
} from './context.ts';
import { columnType } from './columnType.ts';
import { keyRefused } from './constraints.ts';
import { insertColumns, planColumns } from './columns.ts';
import { alterable } from './indexes.ts';

/**
 * @param ownerOf principal id of AUTHORIZATION's name
 * @throws SqlError 2714 with 2759, 15151 (no such owner)
 */
export async function createSchema(node: CreateSchema, context: DdlContext): Promise<void> {
  const snapshot = await look(context);
  const { line } = node;
  try {
    await context.check('CREATE SCHEMA', { class: 'database' });
  } catch (error) {
    if (error instanceof SqlError) throw sqlError(2759, [], { line, before: [error] });
    throw error;
  }
  const name = node.name.name;
  if (snapshot.schemas.has(foldName(name))) {
    throw sqlError(2759, [], { line, before: [sqlError(2714, [name], { line })] });
  }
  let owner = context.principalId;
  if (node.owner !== undefined) {
    const { rows } = await context.connection.query(
      'SELECT principal_id FROM azure_principals.principal WHERE name_key = $1',
      [foldName(node.owner.name)],
    );
    if (rows[0] === undefined) {
      throw sqlError(2759, [], {
        line,
        before: [sqlError(15151, ['find', 'user', node.owner.name], { line })],
      });
    }
    owner = Number(rows[0]['principal_id']);
  }
  await context.connection.query(
    `INSERT INTO catalog.schema SELECT nextval('catalog.schema_id')::int, $1, $2, $3`,
    [name, foldName(name), owner],
  );
  await context.catalog.changed(context.connection);
}

/** ALTER SCHEMA … TRANSFER. @throws SqlError 15151, 15530, 15347. */
export async function alterSchema(node: AlterSchema, context: DdlContext): Promise<void> {
  const snapshot = await look(context);
  const { line } = node;
  const schema = snapshot.schemas.get(foldName(node.schema.name));
  if (schema === undefined) throw sqlError(15151, ['alter', 'schema', node.schema.name], { line });
  const name = 'name' in node.securable ? node.securable.name : undefined;
  const object = name === undefined || name.kind !== 'name' ? undefined : findObject(snapshot, name, context);
  if (object === undefined || object.system || object.type === 'TT') {
    throw sqlError(15151, ['find', 'object', name === undefined ? '' : fullName(name)], { line });
  }
  await context.check('ALTER', { class: 'schema', schema: schema.name });
  await alterable(context, object);
  if (object.schemaId === schema.id) return;
  if (
    snapshot.raw.objects.some((other) => other.schema_id === schema.id && sameName(other.name, object.name))
  ) {
    throw sqlError(15530, [object.name], { line });
  }
  await context.connection.query(
    'UPDATE catalog.object SET schema_id = $2 WHERE object_id = $1 OR parent_id = $1',
    [object.objectId, schema.id],
  );
  await touch(context, object.objectId);
  await context.catalog.changed(context.connection);
}

const limits: Record<string, [bigint, bigint]> = {
  tinyint: [0n, 255n],
  smallint: [-32768n, 32767n],
  int: [-2147483648n, 2147483647n],
  bigint: [-9223372036854775808n, 9223372036854775807n],
};

/** What the catalog keeps of CACHE, which shows in sys.sequences alone: null the server's own size, 0 NO CACHE. */
const cacheOf = (cache: string | null | undefined): number | null =>
  cache === null ? 0 : cache === undefined || cache === '' ? null : Number(cache);

/** @throws SqlError 2714, 11700, 11702, 11703, 11705. */
export async function createSequence(node: CreateSequence, context: DdlContext): Promise<void> {
  const snapshot = await look(context);
  const target = newTarget(snapshot, node.name, context);
  const { line, options } = node;
  await context.check('CREATE SEQUENCE', { class: 'schema', schema: target.schema });
  ensureFree(snapshot, target.schemaId, target.name, line);
  const type: SqlType =
    options.type === undefined ? { name: 'bigint' } : columnType(snapshot, options.type, 1).type;
  const shown = `${target.schema}.${target.name}`;
  const [low, high] = limits[type.name] ?? limits['bigint'] ?? [0n, 0n];
  if (limits[type.name] === undefined && (type.scale ?? 0) !== 0) throw sqlError(11702, [shown], { line });
  const increment = BigInt(options.increment ?? '1');
  if (increment === 0n) throw sqlError(11700, [shown], { line });
  const minimum = options.minimum === undefined || options.minimum === null ? low : BigInt(options.minimum);
  const maximum = options.maximum === undefined || options.maximum === null ? high : BigInt(options.maximum);
  if (minimum >= maximum) throw sqlError(11705, [shown], { line });
  const start = options.start === undefined ? (increment > 0n ? minimum : maximum) : BigInt(options.start);
  if (start < minimum || start > maximum) throw sqlError(11703, [shown], { line });
  const id = await newObjectId(context);
  const pgName = `u.s${String(id)}`;
  await context.connection.script(
    `CREATE SEQUENCE ${pgName} AS bigint INCREMENT ${String(increment)} MINVALUE ${String(minimum)} MAXVALUE ${String(maximum)} START ${String(start)}${options.cycle === true ? ' CYCLE' : ''}`,
  );
  await insertObject(context, { id, schemaId: target.schemaId, name: target.name, type: 'SO', pgName });
  await context.connection.query(
    'INSERT INTO catalog.sequence VALUES ($1, $2::jsonb, $3, $4, $5, $6, $7, $8)',
    [
      id,
      JSON.stringify(type),
      String(start),
      String(increment),
      String(minimum),
      String(maximum),
      options.cycle === true,
      cacheOf(options.cache),
    ],
  );
  await context.catalog.changed(context.connection);
}

/** @throws SqlError 15151, 11700, 11705. */
export async function alterSequence(node: AlterSequence, context: DdlContext): Promise<void> {
  const snapshot = await look(context);
  const object = findObject(snapshot, node.name, context);
  const current = snapshot.sequenceOptions(object?.objectId ?? 0);
  const { line, options } = node;
  if (object === undefined || current === undefined) {
    throw sqlError(15151, ['alter', 'sequence', fullName(node.name)], { line });
  }
  await alterable(context, object);
  const shown = `${object.schema}.${object.name}`;
  const [low, high] = limits[current.type.name] ?? limits['bigint'] ?? [0n, 0n];
  const increment = options.increment === undefined ? BigInt(current.increment) : BigInt(options.increment);
  if (increment === 0n) throw sqlError(11700, [shown], { line });
  const pick = (given: string | null | undefined, now: string, fallback: bigint): bigint =>
    given === undefined ? BigInt(now) : given === null ? fallback : BigInt(given);
  const minimum = pick(options.minimum, current.minimum, low);
  const maximum = pick(options.maximum, current.maximum, high);
  if (minimum >= maximum) throw sqlError(11705, [shown], { line });
  const cycle = options.cycle ?? current.cycle;
  const restart =
    options.restart === undefined
      ? ''
      : ` RESTART ${options.restart === '' ? current.start : options.restart}`;
  await context.connection.script(
    `ALTER SEQUENCE ${object.pgName} INCREMENT ${String(increment)} MINVALUE ${String(minimum)} MAXVALUE ${String(maximum)} ${cycle ? '' : 'NO '}CYCLE${restart}`,
  );
  await context.connection.query(
    'UPDATE catalog.sequence SET increment = $2, minimum = $3, maximum = $4, cycle = $5 WHERE object_id = $1',
    [object.objectId, String(increment), String(minimum), String(maximum), cycle],
  );
  if (options.cache !== undefined) {
    await context.connection.query('UPDATE catalog.sequence SET cache = $2 WHERE object_id = $1', [
      object.objectId,
      cacheOf(options.cache),
    ]);
  }
  await context.catalog.changed(context.connection);
}

/** Alias and table types. @throws SqlError 219 (it exists). */
export async function createType(node: CreateType, context: DdlContext): Promise<void> {
  const snapshot = await look(context);
  const target = newTarget(snapshot, node.name, context);
  const { line, definition } = node;
  await context.check('CREATE TYPE', { class: 'database' });
  if (snapshot.userType(target.schema, target.name) !== undefined)
    throw sqlError(219, [fullName(node.name)], { line });
  let base: SqlType = { name: 'sql_variant' };
  let nullable = true;
  let tableId: number | null = null;
  if (definition.kind === 'alias') {
    base = columnType(snapshot, definition.base, 1).type;
    nullable = definition.nullable ?? true;
  } else {
    tableId = await newObjectId(context);
    const columns = definition.elements.filter((element) => element.kind === 'columnDefinition');
    const planned = await planColumns(context, snapshot, target.name, columns, [], [], 1);
    for (const element of definition.elements) {
      if (element.kind !== 'keyConstraint') continue;
      const missing = element.columns.find(
        (key) => !columns.some((column) => sameName(column.name.name, key.name.name)),
      );
      if (missing !== undefined) throw keyRefused(sqlError(1911, [missing.name.name], { line }), line);
    }
    await insertObject(context, {
      id: tableId,
      schemaId: 4,
      name: `TT_${target.name}_${tableId.toString(16)}`,
      type: 'TT',
    });
    await insertColumns(context, tableId, planned);
  }
  await context.connection.query(
    `INSERT INTO catalog.user_type SELECT nextval('catalog.user_type_id')::int, $1, $2, $3, $4::jsonb, $5, $6`,
    [target.schemaId, target.name, foldName(target.name), JSON.stringify(base), nullable, tableId],
  );
  await context.catalog.changed(context.connection);
}

/** @throws SqlError 2714. */
export async function createSynonym(node: CreateSynonym, context: DdlContext): Promise<void> {
  const snapshot = await look(context);
  const target = newTarget(snapshot, node.name, context);
  await context.check('CREATE SYNONYM', { class: 'database' });
  ensureFree(snapshot, target.schemaId, target.name, node.line);
  const id = await newObjectId(context);
  const base = node.target.parts.map((part) => `[${part.name.replaceAll(']', ']]')}]`).join('.');
  await insertObject(context, { id, schemaId: target.schemaId, name: target.name, type: 'SN', target: base });
  await context.catalog.changed(context.connection);
}
