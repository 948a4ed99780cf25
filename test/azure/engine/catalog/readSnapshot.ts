// Reads a database's whole catalog in one query.
import type { SqlType } from '../../contract.ts';

export interface RawObject {
  object_id: number;
  schema_id: number;
  name: string;
  type: string;
  parent_id: number;
  pg_name: string;
  definition: string | null;
  session: number;
  temporal: number;
  history_id: number | null;
  period_start: number | null;
  period_end: number | null;
  target: string | null;
}

export interface RawColumn {
  object_id: number;
  column_id: number;
  name: string;
  type: SqlType;
  nullable: boolean;
  identity_seed: number | string | null;
  identity_increment: number | string | null;
  computed: string | null;
  persisted: boolean;
  generated: number;
  hidden: boolean;
  row_guid: boolean;
}

export interface RawIndex {
  object_id: number;
  index_id: number;
  name: string;
  pg_name: string;
  is_unique: boolean;
  /** 'primary', 'unique' (constraint), 'index'. */
  kind: 'primary' | 'unique' | 'index';
  clustered: boolean;
  filter: string | null;
  constraint_id: number | null;
}

export interface RawCatalog {
  schemas: { schema_id: number; name: string; principal_id: number }[];
  objects: RawObject[];
  columns: RawColumn[];
  indexes: RawIndex[];
  indexColumns: {
    object_id: number;
    index_id: number;
    position: number;
    column_id: number;
    descending: boolean;
    included: boolean;
  }[];
  foreignKeys: {
    object_id: number;
    parent_id: number;
    referenced_id: number;
    key_index_id: number;
    on_delete: string;
    on_update: string;
    disabled: boolean;
  }[];
  foreignKeyColumns: {
    object_id: number;
    position: number;
    parent_column_id: number;
    referenced_column_id: number;
  }[];
  checks: {
    object_id: number;
    parent_id: number;
    column_id: number;
    definition: string;
    columns: number[];
    sql: string;
    disabled: boolean;
  }[];
  defaults: { object_id: number; parent_id: number; column_id: number; definition: string }[];
  triggers: {
    object_id: number;
    parent_id: number;
    instead_of: boolean;
    disabled: boolean;
    events: string[];
  }[];
  parameters: {
    object_id: number;
    parameter_id: number;
    name: string;
    type: SqlType;
    output: boolean;
    has_default: boolean;
  }[];
  sequences: {
    object_id: number;
    type: SqlType;
    start: string;
    increment: string;
    minimum: string;
    maximum: string;
    cycle: boolean;
  }[];
  types: {
    user_type_id: number;
    schema_id: number;
    name: string;
    base: SqlType;
    nullable: boolean;
    table_id: number | null;
  }[];
}

const list = (name: string, table: string, order: string, where = ''): string =>
  `'${name}', coalesce((SELECT json_agg(x ORDER BY ${order}) FROM ${table} AS x ${where}), '[]')`;

/** Temporary tables of other connections are left out. */
export const readSnapshotSql = `SELECT json_build_object(
  ${list('schemas', 'catalog.schema', 'schema_id')},
  ${list('objects', 'catalog.object', 'object_id', 'WHERE session IN (0, pg_backend_pid())')},
  ${list('columns', 'catalog.column', 'object_id, column_id')},
  ${list('indexes', 'catalog.index', 'object_id, index_id')},
  ${list('indexColumns', 'catalog.index_column', 'object_id, index_id, position')},
  ${list('foreignKeys', 'catalog.foreign_key', 'object_id')},
  ${list('foreignKeyColumns', 'catalog.foreign_key_column', 'object_id, position')},
  ${list('checks', 'catalog.check_constraint', 'object_id')},
  ${list('defaults', 'catalog.default_constraint', 'object_id')},
  ${list('triggers', 'catalog.trigger', 'object_id')},
  ${list('parameters', 'catalog.parameter', 'object_id, parameter_id')},
  ${list(
    'sequences',
    // As texts: a bigint's limits are more than a JavaScript number holds.
    '(SELECT object_id, type, start::text, increment::text, minimum::text, maximum::text, cycle FROM catalog.sequence)',
    'object_id',
  )},
  ${list('types', 'catalog.user_type', 'user_type_id')})::text AS catalog`;
