// PostgreSQL temp tables without a catalog entry: table variables, and inserted and deleted for triggers.
import { foldName } from '../catalog/foldName.ts';
import { columnPgType } from '../catalog/pgTypes.ts';
import type { CatalogColumn } from '../catalog/snapshot.ts';
import type { TableElement } from '../../tsql/ast.ts';
import type { DdlContext } from './context.ts';
import { look, newObjectId } from './context.ts';
import { columnSql, identitySequenceSql, planColumns } from './columns.ts';
import type { PlannedColumn } from './columns.ts';
import type { CatalogObject } from '../catalog/snapshot.ts';

/**
 * A table variable: columns with identity, NOT NULL, keys and checks. Drop it with `DROP TABLE <pgName>`.
 * @throws SqlError as CREATE TABLE does
 */
export async function createRowset(
  context: DdlContext,
  name: string,
  elements: readonly TableElement[],
): Promise<CatalogObject> {
  const snapshot = await look(context);
  const definitions = elements.filter(
    (element) => element.kind === 'columnDefinition' || element.kind === 'computedColumn',
  );
  const constraints = elements.filter((element) => element.kind === 'keyConstraint');
  const columns = await planColumns(context, snapshot, name, definitions, constraints, [], 1);
  for (const [i, node] of definitions.entries()) {
    const column = columns[i];
    if (column === undefined || node.kind !== 'columnDefinition' || node.default === undefined) continue;
    column.hasDefault = true;
    column.defaultText = node.default.text;
  }
  const id = await newObjectId(context);
  const pgName = `pg_temp.t${String(id)}`;
  const sequence = `pg_temp.i${String(id)}`;
  const identity = columns.find((column) => column.identity);
  const parts = columns.map((column) => columnSql(column, sequence));
  const keys = [...constraints, ...definitions.flatMap((node) => node.constraints)].filter(
    (constraint) => constraint.kind === 'keyConstraint',
  );
  for (const [i, key] of keys.entries()) {
    const names = key.columns.map(
      (node) => columns.find((column) => foldName(column.name) === foldName(node.name.name))?.pgName ?? '',
    );
    parts.push(
      `CONSTRAINT k${String(id)}_${String(i)} ${key.primary ? 'PRIMARY KEY' : 'UNIQUE NULLS NOT DISTINCT'} (${names.join(', ')})`,
    );
  }
  await context.connection.atomic(async () => {
    if (identity !== undefined)
      await context.connection.script(identitySequenceSql(identity, sequence, true));
    await context.connection.script(`CREATE TEMP TABLE t${String(id)} (${parts.join(', ')})`);
    if (identity !== undefined) {
      await context.connection.script(`ALTER SEQUENCE ${sequence} OWNED BY ${pgName}.${identity.pgName}`);
    }
  });
  return object(id, name, pgName, columns, identity === undefined ? undefined : sequence);
}

/** A temp table with the same columns as `like`, without constraints: inserted and deleted. */
export async function createTransition(
  context: DdlContext,
  name: string,
  like: CatalogObject,
): Promise<CatalogObject> {
  const id = await newObjectId(context);
  const pgName = `pg_temp.t${String(id)}`;
  await context.connection.script(
    `CREATE TEMP TABLE t${String(id)} (${like.columns.map((column) => `${column.pgName} ${columnPgType(column.type)}`).join(', ')})`,
  );
  const columns = like.columns.map((column): CatalogColumn =>
    Object.assign({}, column, { identity: false, hasDefault: false, computed: false }),
  );
  return object(id, name, pgName, columns, undefined);
}

function object(
  id: number,
  name: string,
  pgName: string,
  columns: (PlannedColumn | CatalogColumn)[],
  identitySequence: string | undefined,
): CatalogObject {
  return {
    schema: '',
    name,
    type: 'TT',
    objectId: id,
    pgName,
    columns,
    triggers: [],
    parameters: [],
    schemaId: 1,
    parentId: 0,
    temporal: 'none',
    system: false,
    ...(identitySequence === undefined ? {} : { identitySequence }),
  };
}

/** RESETCONNECTION, and the end of a session: nothing temporary is left. */
export async function dropTemporary(context: Pick<DdlContext, 'connection' | 'catalog'>): Promise<void> {
  await context.connection.script(`DISCARD TEMP; SELECT catalog.forget_session()`);
}
