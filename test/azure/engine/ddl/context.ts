// What executing DDL needs from around it, and the small steps that every definition takes.
import { foldName } from '../catalog/foldName.ts';
import type { SqlType } from '../../contract.ts';
import type { Expression, Identifier, Name, Predicate } from '../../tsql/ast.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { CatalogObject, Snapshot } from '../catalog/snapshot.ts';
import { sqlError, translateError } from '../errors.ts';
import type { ConstraintFacts } from '../errors.ts';
import type { ObjectColumn } from '../bind/ports.ts';
import type { Cluster } from '../postgres/cluster.ts';
import type { PgConnection } from '../postgres/connection.ts';
import { PgError } from '../postgres/pgError.ts';
import type { Securable } from '../session.ts';

/** The upper half binds expressions; column references become the columns' `pgName`, unqualified. */
export interface DefinitionBinder {
  /** PostgreSQL text without parameters. @throws SqlError 207, 4104 … */
  predicate(node: Predicate, columns: readonly ObjectColumn[]): Promise<string>;
  expression(
    node: Expression,
    columns: readonly ObjectColumn[],
  ): Promise<{ sql: string; type: SqlType; nullable: boolean }>;
  /** A default as a PostgreSQL expression of that type, without parameters: for existing rows of ADD column. */
  constant(node: Expression, type: SqlType): Promise<string>;
  /** The columns of a view or inline function from its own text. @throws SqlError 208, 207, 4511 … */
  moduleColumns(text: string): Promise<{ name: string; type: SqlType; nullable: boolean }[]>;
}

export interface DdlContext {
  connection: PgConnection;
  catalog: Catalog;
  cluster: Cluster;
  database: string;
  defaultSchema: string;
  /** Whether a column without NULL or NOT NULL takes NULL (SET ANSI_NULL_DFLT_ON). Default true. */
  nullByDefault?: boolean;
  /** Principal id of the user: owner of schemas it creates. */
  principalId: number;
  binder: DefinitionBinder;
  /** @throws SqlError 229, 262 … */
  check(permission: string, securable: Securable): Promise<void>;
}

/** The catalog as the statement sees it at this moment, own changes included. */
export function look(context: DdlContext): Promise<Snapshot> {
  return context.catalog.snapshot(context.connection);
}

export interface Target {
  /** In the catalog's spelling; '' for #temp names. */
  schema: string;
  schemaId: number;
  name: string;
  temporary: boolean;
}

/** @throws SqlError 40515 (another database), 2760 (no such schema), 40517 (##global, which others would not see). */
export function newTarget(snapshot: Snapshot, name: Name, context: DdlContext): Target {
  const [last, schema, database] = [...name.parts].reverse().map((part) => part.name);
  if (
    name.parts.length > 3 ||
    (database !== undefined && database !== '' && !sameDatabase(database, last ?? '', context))
  ) {
    throw sqlError(40515, [fullName(name)], { line: name.line });
  }
  if (last === undefined || last === '') throw sqlError(1038, [], { line: name.line });
  if (last.startsWith('##')) throw sqlError(40517, [last], { line: name.line });
  if (last.startsWith('#')) return { schema: '', schemaId: 1, name: last, temporary: true };
  const wanted = schema === undefined || schema === '' ? context.defaultSchema : schema;
  const found = snapshot.schemas.get(foldName(wanted));
  if (found === undefined) throw sqlError(2760, [wanted], { line: name.line });
  return { schema: found.name, schemaId: found.id, name: last, temporary: false };
}

const sameDatabase = (database: string, object: string, context: DdlContext): boolean =>
  foldName(database) === foldName(context.database) ||
  (database.toLowerCase() === 'tempdb' && object.startsWith('#'));

/** An existing object by its name as written; undefined when there is none. @throws SqlError 40515. */
export function findObject(snapshot: Snapshot, name: Name, context: DdlContext): CatalogObject | undefined {
  const [last = '', schema, database] = [...name.parts].reverse().map((part) => part.name);
  if (database !== undefined && database !== '' && !sameDatabase(database, last, context)) {
    throw sqlError(40515, [fullName(name)], { line: name.line });
  }
  return snapshot.find(schema, last, context.defaultSchema);
}

export function fullName(name: Name): string {
  return name.parts.map((part) => part.name).join('.');
}

/** @throws SqlError 2714. Constraints share the names of a schema's objects. */
export function ensureFree(
  snapshot: Snapshot,
  schemaId: number,
  name: string,
  line: number,
  temporary = false,
): void {
  const taken = snapshot.raw.objects.some(
    (object) =>
      foldName(object.name) === foldName(name) &&
      (temporary ? object.session !== 0 : object.schema_id === schemaId && object.session === 0),
  );
  if (taken) throw sqlError(2714, [name], { line });
}

export async function newObjectId(context: DdlContext): Promise<number> {
  const { rows } = await context.connection.query(`SELECT nextval('catalog.object_id')::int AS id`);
  return Number(rows[0]?.['id']);
}

export interface NewObject {
  id: number;
  schemaId: number;
  name: string;
  type: string;
  parentId?: number;
  pgName?: string;
  definition?: string;
  systemNamed?: boolean;
  session?: number;
  target?: string;
}

export async function insertObject(context: DdlContext, object: NewObject): Promise<void> {
  await context.connection.query(
    `INSERT INTO catalog.object (object_id, schema_id, name, name_key, type, parent_id, pg_name, definition, system_named, session, target)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      object.id,
      object.schemaId,
      object.name,
      foldName(object.name),
      object.type,
      object.parentId ?? 0,
      object.pgName ?? '',
      object.definition ?? null,
      object.systemNamed === true,
      object.session ?? 0,
      object.target ?? null,
    ],
  );
}

/** What sys.tables.modify_date tells. */
export async function touch(context: DdlContext, objectId: number): Promise<void> {
  await context.connection.query(
    `UPDATE catalog.object SET modified = (now() AT TIME ZONE 'utc') WHERE object_id = $1`,
    [objectId],
  );
}

/** As SQL Server names what has no name: PK__table__0123456789ABCDEF. */
export function systemName(prefix: string, parts: readonly string[], id: number, digits: 8 | 16): string {
  const mixed = ((BigInt(id) * 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn)
    .toString(16)
    .toUpperCase()
    .padStart(16, '0');
  return `${prefix}__${parts.map((part) => part.slice(0, 9)).join('__')}__${mixed.slice(0, digits)}`;
}

export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export const sameName = (a: string, b: string): boolean => foldName(a) === foldName(b);

/** The columns that an expression or predicate names, anywhere in it. */
export function namedColumns(node: unknown, found: Identifier[] = []): Identifier[] {
  if (Array.isArray(node)) {
    for (const item of node) namedColumns(item, found);
  } else if (typeof node === 'object' && node !== null) {
    if ('kind' in node && node.kind === 'column' && 'name' in node) {
      const last = (node.name as Name).parts.at(-1);
      if (last !== undefined) found.push(last);
    } else {
      for (const value of Object.values(node)) namedColumns(value, found);
    }
  }
  return found;
}

/** Runs what makes a constraint or index: rows that are against it are told in terms of `facts`, which the catalog does not know yet. */
export async function enforcing(
  context: DdlContext,
  snapshot: Snapshot,
  facts: ConstraintFacts,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof PgError)) throw error;
    throw translateError(error, {
      database: context.database,
      verb: 'ALTER TABLE',
      spid: 0,
      catalog: { table: (pgName) => snapshot.table(pgName), constraint: () => facts },
    });
  }
}

/** 'schema.name' as messages show a table; temporary tables are dbo's of tempdb. */
export const shownName = (table: CatalogObject): string =>
  `${table.schema === '' ? 'dbo' : table.schema}.${table.name}`;
