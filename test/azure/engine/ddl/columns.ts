// Adds columns to a table: in the catalog, in PostgreSQL, with identity, rowversion and computed values.
import { foldName } from '../catalog/foldName.ts';
import type { SqlType } from '../../contract.ts';
import type { ColumnDefinition, ComputedColumn, TableConstraint } from '../../tsql/ast.ts';
import { castSql } from '../catalog/convert.ts';
import { columnPgType } from '../catalog/pgTypes.ts';
import type { CatalogColumn, Snapshot } from '../catalog/snapshot.ts';
import { sqlError } from '../errors.ts';
import type { DdlContext } from './context.ts';
import { sameName } from './context.ts';
import { columnType } from './columnType.ts';

export interface PlannedColumn extends CatalogColumn {
  userType?: string;
  /** For computed columns. */
  computedSql?: string;
}

const identityTypes = new Set(['tinyint', 'smallint', 'int', 'bigint', 'decimal', 'numeric']);

/**
 * What the definitions mean, checked against each other and against the columns that are there.
 * @param constraints of the table, for what makes a column NOT NULL without saying so
 * @throws SqlError 2705, 2715, 2744, 2749, 2738, 8147, 8111 …
 */
export async function planColumns(
  context: DdlContext,
  snapshot: Snapshot,
  table: string,
  definitions: readonly (ColumnDefinition | ComputedColumn)[],
  constraints: readonly TableConstraint[],
  existing: readonly CatalogColumn[],
  firstId: number,
): Promise<PlannedColumn[]> {
  const planned: PlannedColumn[] = [];
  const primary = constraints.find((constraint) => constraint.kind === 'keyConstraint' && constraint.primary);
  const inPrimary = (name: string): boolean =>
    primary?.kind === 'keyConstraint' && primary.columns.some((column) => sameName(column.name.name, name));
  for (const [i, node] of definitions.entries()) {
    const name = node.name.name;
    const { line } = node;
    if ([...existing, ...planned].some((column) => sameName(column.name, name))) {
      throw sqlError(2705, [name, table], { line, ...(existing.length > 0 ? { state: 4 } : {}) });
    }
    const columnId = firstId + i;
    const common = {
      name,
      pgName: `c${String(columnId)}`,
      columnId,
      hasDefault: false,
      hidden: false,
      rowGuid: false,
      rowversion: false,
      persisted: false,
      identity: false,
      computed: false,
      generated: false,
    };
    if (node.kind === 'computedColumn') {
      const plain = [...existing, ...planned].filter((column) => !column.computed);
      const bound = await context.binder.expression(node.expression, plain);
      planned.push({
        ...common,
        type: bound.type,
        nullable: node.nullable ?? (bound.nullable && !inPrimary(name)),
        computed: true,
        computedText: `(${stripped(node.text)})`,
        computedSql: bound.sql,
        persisted: node.persisted,
      });
      continue;
    }
    const declared = columnType(snapshot, node.type, columnId, node.collation);
    const rowversion = declared.type.name === 'timestamp';
    if (rowversion && [...existing, ...planned].some((column) => column.rowversion)) {
      throw sqlError(2738, [table, name], { line });
    }
    const key =
      inPrimary(name) ||
      node.constraints.some((constraint) => constraint.kind === 'keyConstraint' && constraint.primary);
    if (key && node.nullable === true) {
      throw sqlError(8111, [table], { line, before: [] });
    }
    if (node.identity !== undefined) {
      if ([...existing, ...planned].some((column) => column.identity))
        throw sqlError(2744, [table], { line });
      if (!identityTypes.has(declared.type.name) || (declared.type.scale ?? 0) !== 0)
        throw sqlError(2749, [name], { line });
      if (node.nullable === true) throw sqlError(8147, [name, table], { line });
    }
    const period = node.generated !== undefined;
    planned.push({
      ...common,
      type: declared.type,
      nullable:
        node.identity !== undefined || key || rowversion || period
          ? false
          : (node.nullable ?? declared.nullable ?? context.nullByDefault ?? true),
      identity: node.identity !== undefined,
      ...(node.identity === undefined
        ? {}
        : { identitySeed: node.identity.seed, identityIncrement: node.identity.increment }),
      rowGuid: node.rowGuid,
      rowversion,
      generated: period,
      ...(node.generated === undefined
        ? {}
        : { generatedAs: node.generated.row, hidden: node.generated.hidden }),
      ...(declared.userType === undefined ? {} : { userType: declared.userType }),
    });
  }
  return planned;
}

function stripped(text: string): string {
  const inner = text.trim();
  return inner.startsWith('(') && inner.endsWith(')') && balanced(inner.slice(1, -1))
    ? inner.slice(1, -1)
    : inner;
}

function balanced(text: string): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth++;
    else if (character === ')' && --depth < 0) return false;
  }
  return depth === 0;
}

/** The column in CREATE TABLE or ADD COLUMN. `sequence` is the quoted name of the identity's. */
export function columnSql(column: PlannedColumn, sequence: string): string {
  const type = columnPgType(column.type);
  const required = column.nullable ? '' : ' NOT NULL';
  if (column.computedSql !== undefined) {
    return `${column.pgName} ${type} GENERATED ALWAYS AS (${castSql(column.computedSql, column.type, column.type)}) STORED${required}`;
  }
  if (column.identity) {
    return `${column.pgName} ${type} DEFAULT nextval('${sequence}') NOT NULL`;
  }
  if (column.rowversion) return `${column.pgName} bytea DEFAULT tsql.next_rowversion() NOT NULL`;
  return `${column.pgName} ${type}${required}`;
}

const limits: Record<string, [string, string]> = {
  tinyint: ['0', '255'],
  smallint: ['-32768', '32767'],
  int: ['-2147483648', '2147483647'],
};

/** The sequence behind an identity column: not rolled back, so gaps appear where SQL Server has them. */
export function identitySequenceSql(column: PlannedColumn, sequence: string, temporary: boolean): string {
  const [low, high] = limits[column.type.name] ?? ['-9223372036854775808', '9223372036854775807'];
  const { identitySeed: seed = '1', identityIncrement: step = '1' } = column;
  return `CREATE ${temporary ? 'TEMP ' : ''}SEQUENCE ${sequence} AS bigint INCREMENT ${step} MINVALUE ${low} MAXVALUE ${high} START ${seed}`;
}

export async function insertColumns(
  context: DdlContext,
  objectId: number,
  columns: readonly PlannedColumn[],
): Promise<void> {
  for (const column of columns) {
    await context.connection.query(
      `INSERT INTO catalog.column (object_id, column_id, name, name_key, type, user_type, nullable, identity_seed, identity_increment,
         computed, persisted, generated, hidden, row_guid)
       VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8::numeric, $9::numeric, $10, $11, $12, $13, $14)`,
      [
        objectId,
        column.columnId,
        column.name,
        foldName(column.name),
        JSON.stringify(column.type satisfies SqlType),
        column.userType ?? null,
        column.nullable,
        column.identitySeed ?? null,
        column.identityIncrement ?? null,
        column.computedText ?? null,
        column.persisted,
        column.generatedAs === 'start' ? 1 : column.generatedAs === 'end' ? 2 : 0,
        column.hidden,
        column.rowGuid,
      ],
    );
  }
}
