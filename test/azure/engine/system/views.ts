// All system views together: as PostgreSQL views, and as objects that names resolve to.
import { catalogViews } from '../../principals/principalViews.ts';
import type { SqlType } from '../../contract.ts';
import { columnPgType, pgType } from '../catalog/pgTypes.ts';
import type { CatalogObject } from '../catalog/snapshot.ts';
import { functionsSql } from './functions.ts';
import { informationViews } from './informationViews.ts';
import { serverViews } from './serverViews.ts';
import { sysViews } from './sysViews.ts';
import { typeTableSql } from './typeTable.ts';
import type { SystemView } from './viewDeclaration.ts';

const principalViews: SystemView[] = catalogViews.map(({ name, columns, from }) => ({
  schema: 'sys',
  name,
  columns,
  sql: `SELECT ${columns.map((column) => column.sql).join(', ')} FROM ${from}`,
}));

const all: readonly SystemView[] = [...sysViews, ...serverViews, ...informationViews, ...principalViews];

const pgSchema = (schema: SystemView['schema']): string =>
  schema === 'sys' ? 'sys' : 'information_schema_tsql';
const quoted = (name: string): string => `"${name}"`;

/** bpchar keeps its collation only when it is said in the view. */
function converted(column: string, type: SqlType): string {
  if (pgType(type) === 'bpchar') return `(${column})::text::bpchar COLLATE tsql.ci`;
  return `(${column})::${columnPgType(type)}`;
}

function create({ schema, name, columns, sql }: SystemView): string {
  const inner = columns.map((_, i) => `x${String(i)}`).join(', ');
  const list = columns
    .map((column, i) => `${converted(`x${String(i)}`, column.type)} AS ${quoted(column.name)}`)
    .join(', ');
  return `CREATE VIEW ${pgSchema(schema)}.${quoted(name)} AS SELECT ${list} FROM (${sql}) AS v (${inner});`;
}

/** Run in the template after the principals' tables. */
export const systemSql = [
  // The functions call each other in any order.
  `SET check_function_bodies = off; CREATE SCHEMA sys; CREATE SCHEMA information_schema_tsql;`,
  typeTableSql,
  functionsSql,
  ...all.map(create),
].join('\n');

/** What `sys.columns` and the like resolve to. */
export const systemObjects: readonly CatalogObject[] = all.map((view, i) => ({
  schema: view.schema,
  name: view.name,
  type: 'S',
  objectId: -100 - i,
  pgName: `${pgSchema(view.schema)}.${quoted(view.name)}`,
  columns: view.columns.map((column, position) => ({
    name: column.name,
    pgName: quoted(column.name),
    type: column.type,
    nullable: column.nullable,
    identity: false,
    computed: false,
    hasDefault: false,
    generated: false,
    hidden: false,
    columnId: position + 1,
    persisted: false,
    rowGuid: false,
    rowversion: false,
  })),
  triggers: [],
  parameters: [],
  schemaId: view.schema === 'sys' ? 4 : 3,
  parentId: 0,
  temporal: 'none',
  system: true,
}));
