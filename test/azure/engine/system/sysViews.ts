// sys.*: the catalog views that clients read, over the catalog's own tables (Learn: "Object catalog views").
import { defined, view } from './viewDeclaration.ts';
import type { SystemView } from './viewDeclaration.ts';

const describe = `CASE o.type WHEN 'U' THEN 'USER_TABLE' WHEN 'V' THEN 'VIEW' WHEN 'P' THEN 'SQL_STORED_PROCEDURE' WHEN 'FN' THEN 'SQL_SCALAR_FUNCTION'
 WHEN 'IF' THEN 'SQL_INLINE_TABLE_VALUED_FUNCTION' WHEN 'TF' THEN 'SQL_TABLE_VALUED_FUNCTION' WHEN 'TR' THEN 'SQL_TRIGGER' WHEN 'PK' THEN 'PRIMARY_KEY_CONSTRAINT'
 WHEN 'UQ' THEN 'UNIQUE_CONSTRAINT' WHEN 'F' THEN 'FOREIGN_KEY_CONSTRAINT' WHEN 'C' THEN 'CHECK_CONSTRAINT' WHEN 'D' THEN 'DEFAULT_CONSTRAINT'
 WHEN 'SO' THEN 'SEQUENCE_OBJECT' WHEN 'SN' THEN 'SYNONYM' WHEN 'TT' THEN 'TYPE_TABLE' END`;
const objectColumns =
  'name sysname!, object_id int!, principal_id int, schema_id int!, parent_object_id int!, type char(2), type_desc nvarchar(60), create_date datetime!, modify_date datetime!, is_ms_shipped bit!, is_published bit!, is_schema_published bit!';
const owner = `(SELECT w.principal_id FROM azure_principals.object_owner AS w WHERE w.object_id = o.object_id)`;
const object = `o.name, o.object_id, ${owner}, o.schema_id, o.parent_id, rpad(o.type, 2), ${describe}, o.created, o.modified, false, false, false`;
const objects = `SELECT ${object} FROM catalog.object AS o WHERE o.session = 0 AND tsql.visible(o.object_id)`;
/** One type of objects with further columns. */
const typed = (types: string, more: string, join = ''): string =>
  `SELECT ${object}, ${more} FROM catalog.object AS o ${join} WHERE o.session = 0 AND o.type IN (${types}) AND tsql.visible(o.object_id)`;

const columnColumns =
  'object_id int!, name sysname, column_id int!, system_type_id tinyint!, user_type_id int!, max_length smallint!, precision tinyint!, scale tinyint!, collation_name sysname, is_nullable bit, is_ansi_padded bit!, is_rowguidcol bit!, is_identity bit!, is_computed bit!, is_filestream bit!, is_replicated bit, is_non_sql_subscribed bit, is_merge_published bit, is_dts_replicated bit, is_xml_document bit!, xml_collection_id int!, default_object_id int!, rule_object_id int!, is_sparse bit, is_column_set bit, generated_always_type tinyint, generated_always_type_desc nvarchar(60), encryption_type int, encryption_type_desc nvarchar(64), is_hidden bit!, is_masked bit!, graph_type int';
const column = `c.object_id, c.name, c.column_id, t.system_type_id, coalesce((SELECT u.user_type_id FROM catalog.user_type AS u WHERE u.name = c.user_type LIMIT 1), t.user_type_id),
 tsql.max_length(c.type), tsql.precision_of(c.type), tsql.scale_of(c.type), tsql.collation_of(c.type), c.nullable, true, c.row_guid, c.identity_seed IS NOT NULL, c.computed IS NOT NULL,
 false, false, false, false, false, false, 0, coalesce((SELECT d.object_id FROM catalog.default_constraint AS d WHERE d.parent_id = c.object_id AND d.column_id = c.column_id), 0), 0, false, false,
 c.generated, CASE c.generated WHEN 0 THEN 'NOT_APPLICABLE' WHEN 1 THEN 'AS_ROW_START' ELSE 'AS_ROW_END' END, NULL::int, NULL, c.hidden, false, NULL::int`;
const columnsFrom = `FROM catalog.column AS c JOIN catalog.system_type AS t ON t.name = c.type->>'name' JOIN catalog.object AS o ON o.object_id = c.object_id AND o.session = 0 AND o.type <> 'TT'`;
const columns = `SELECT ${column} ${columnsFrom} WHERE tsql.visible(c.object_id)`;

export const sysViews: readonly SystemView[] = [
  view(
    'sys',
    'schemas',
    'name sysname!, schema_id int!, principal_id int',
    'SELECT name, schema_id, principal_id FROM catalog.schema',
  ),
  view('sys', 'objects', objectColumns, objects),
  view('sys', 'all_objects', objectColumns, objects),
  view(
    'sys',
    'tables',
    `${objectColumns}, lob_data_space_id int!, filestream_data_space_id int, max_column_id_used int!, lock_on_bulk_load bit!, uses_ansi_nulls bit, is_replicated bit, has_replication_filter bit, is_merge_published bit, is_sync_tran_subscribed bit, has_unchecked_assembly_data bit!, text_in_row_limit int, large_value_types_out_of_row bit, is_tracked_by_cdc bit, lock_escalation tinyint, lock_escalation_desc nvarchar(60), is_filetable bit, is_memory_optimized bit, durability tinyint, durability_desc nvarchar(60), temporal_type tinyint, temporal_type_desc nvarchar(60), history_table_id int, is_remote_data_archive_enabled bit, is_external bit!, is_node bit, is_edge bit, ledger_type tinyint, ledger_type_desc nvarchar(60), is_dropped_ledger_table bit`,
    typed(
      `'U'`,
      `0, NULL::int, coalesce((SELECT max(column_id) FROM catalog.column AS c WHERE c.object_id = o.object_id), 0), false, true, false, false, false, false, false, 0, false, false, 0, 'TABLE', false, false, 0, 'SCHEMA_AND_DATA', o.temporal, CASE o.temporal WHEN 0 THEN 'NON_TEMPORAL_TABLE' WHEN 1 THEN 'HISTORY_TABLE' ELSE 'SYSTEM_VERSIONED_TEMPORAL_TABLE' END, o.history_id, false, false, false, false, 0, 'NON_LEDGER_TABLE', false`,
    ),
  ),
  view(
    'sys',
    'views',
    `${objectColumns}, is_replicated bit, has_replication_filter bit, has_opaque_metadata bit!, has_unchecked_assembly_data bit!, with_check_option bit!, is_date_correlation_view bit!`,
    typed(`'V'`, 'false, false, false, false, false, false'),
  ),
  view(
    'sys',
    'procedures',
    `${objectColumns}, is_auto_executed bit!, is_execution_replicated bit, is_repl_serializable_only bit, skips_repl_constraints bit`,
    typed(`'P'`, 'false, false, false, false'),
  ),
  view(
    'sys',
    'triggers',
    'name sysname!, object_id int!, parent_class tinyint!, parent_class_desc nvarchar(60), parent_id int!, type char(2)!, type_desc nvarchar(60), create_date datetime!, modify_date datetime!, is_ms_shipped bit!, is_disabled bit!, is_not_for_replication bit!, is_instead_of_trigger bit!',
    `SELECT o.name, o.object_id, 1, 'OBJECT_OR_COLUMN', o.parent_id, 'TR', 'SQL_TRIGGER', o.created, o.modified, false, t.disabled, false, t.instead_of FROM catalog.object AS o JOIN catalog.trigger AS t ON t.object_id = o.object_id WHERE tsql.visible(o.parent_id)`,
  ),
  view(
    'sys',
    'trigger_events',
    'object_id int!, type int!, type_desc nvarchar(60)!, is_first bit, is_last bit, is_trigger_event bit',
    `SELECT t.object_id, CASE e WHEN 'INSERT' THEN 1 WHEN 'UPDATE' THEN 2 ELSE 3 END, e, false, false, true FROM catalog.trigger AS t, unnest(t.events) AS e WHERE tsql.visible(t.object_id)`,
  ),
  view(
    'sys',
    'sequences',
    `${objectColumns}, start_value sql_variant!, increment sql_variant!, minimum_value sql_variant!, maximum_value sql_variant!, is_cycling bit, is_cached bit, cache_size int, system_type_id tinyint!, user_type_id int!, precision tinyint!, scale tinyint, current_value sql_variant!, is_exhausted bit!`,
    typed(
      `'SO'`,
      `tsql.variant(s.type->>'name', s.start::text), tsql.variant(s.type->>'name', s.increment::text), tsql.variant(s.type->>'name', s.minimum::text), tsql.variant(s.type->>'name', s.maximum::text), s.cycle, s.cache IS DISTINCT FROM 0, nullif(s.cache, 0), t.system_type_id, t.user_type_id, tsql.precision_of(s.type), tsql.scale_of(s.type), tsql.variant(s.type->>'name', coalesce(pg_sequence_last_value(o.pg_name::regclass)::numeric, s.start)::text), false`,
      `JOIN catalog.sequence AS s ON s.object_id = o.object_id JOIN catalog.system_type AS t ON t.name = s.type->>'name'`,
    ),
  ),
  view('sys', 'synonyms', `${objectColumns}, base_object_name nvarchar(1035)`, typed(`'SN'`, 'o.target')),
  view('sys', 'columns', columnColumns, columns),
  view('sys', 'all_columns', columnColumns, columns),
  view(
    'sys',
    'computed_columns',
    `${columnColumns}, definition nvarchar(max), uses_database_collation bit!, is_persisted bit!`,
    `SELECT ${column}, ${defined('c.object_id', 'c.computed')}, true, c.persisted ${columnsFrom} WHERE c.computed IS NOT NULL AND tsql.visible(c.object_id)`,
  ),
  view(
    'sys',
    'identity_columns',
    `${columnColumns}, seed_value sql_variant, increment_value sql_variant, last_value sql_variant, is_not_for_replication bit`,
    `SELECT ${column}, tsql.variant(c.type->>'name', c.identity_seed::text), tsql.variant(c.type->>'name', c.identity_increment::text), tsql.variant(c.type->>'name', pg_sequence_last_value(replace(o.pg_name, '.t', '.i')::regclass)::text), false ${columnsFrom} WHERE c.identity_seed IS NOT NULL AND tsql.visible(c.object_id)`,
  ),
  view(
    'sys',
    'types',
    'name sysname!, system_type_id tinyint!, user_type_id int!, schema_id int!, principal_id int, max_length smallint!, precision tinyint!, scale tinyint!, collation_name sysname, is_nullable bit, is_user_defined bit!, is_assembly_type bit!, default_object_id int!, rule_object_id int!, is_table_type bit!',
    `SELECT name, system_type_id, user_type_id, 4, NULL::int, max_length, precision, scale, CASE WHEN collated THEN 'SQL_Latin1_General_CP1_CI_AS' END, name <> 'sysname', false, false, 0, 0, false FROM catalog.system_type
     UNION ALL SELECT u.name, CASE WHEN u.table_id IS NULL THEN t.system_type_id ELSE 243 END, u.user_type_id, u.schema_id, NULL, tsql.max_length(u.base), tsql.precision_of(u.base), tsql.scale_of(u.base), tsql.collation_of(u.base), u.nullable, true, false, 0, 0, u.table_id IS NOT NULL FROM catalog.user_type AS u JOIN catalog.system_type AS t ON t.name = u.base->>'name'`,
  ),
  view(
    'sys',
    'indexes',
    'object_id int!, name sysname, index_id int!, type tinyint!, type_desc nvarchar(60), is_unique bit, data_space_id int, ignore_dup_key bit, is_primary_key bit, is_unique_constraint bit, fill_factor tinyint!, is_padded bit, is_disabled bit, is_hypothetical bit, is_ignored_in_optimization bit, allow_row_locks bit, allow_page_locks bit, has_filter bit, filter_definition nvarchar(max), compression_delay int, suppress_dup_key_messages bit, auto_created bit, optimize_for_sequential_key bit',
    `SELECT i.object_id, i.name, i.index_id, CASE WHEN i.clustered THEN 1 ELSE 2 END, CASE WHEN i.clustered THEN 'CLUSTERED' ELSE 'NONCLUSTERED' END, i.is_unique, 1, false, i.kind = 'primary', i.kind = 'unique', 0, false, i.disabled, false, false, true, true, i.filter IS NOT NULL, i.filter, NULL::int, false, false, false FROM catalog.index AS i WHERE tsql.visible(i.object_id)
     UNION ALL SELECT o.object_id, NULL, 0, 0, 'HEAP', false, 1, false, false, false, 0, false, false, false, false, true, true, false, NULL, NULL, false, false, false FROM catalog.object AS o WHERE o.type = 'U' AND o.session = 0 AND tsql.visible(o.object_id) AND NOT EXISTS (SELECT FROM catalog.index AS i WHERE i.object_id = o.object_id AND i.clustered)`,
  ),
  view(
    'sys',
    'index_columns',
    'object_id int!, index_id int!, index_column_id int!, column_id int!, key_ordinal tinyint!, partition_ordinal tinyint!, is_descending_key bit, is_included_column bit, column_store_order_ordinal tinyint!',
    `SELECT object_id, index_id, position, column_id, CASE WHEN included THEN 0 ELSE position END, 0, descending, included, 0 FROM catalog.index_column WHERE tsql.visible(object_id)`,
  ),
  view(
    'sys',
    'key_constraints',
    `${objectColumns}, unique_index_id int, is_system_named bit!, is_enforced bit`,
    typed(
      `'PK', 'UQ'`,
      'i.index_id, o.system_named, true',
      'JOIN catalog.index AS i ON i.constraint_id = o.object_id',
    ).replace('tsql.visible(o.object_id)', 'tsql.visible(o.parent_id)'),
  ),
  view(
    'sys',
    'foreign_keys',
    `${objectColumns}, referenced_object_id int, key_index_id int, is_disabled bit!, is_not_for_replication bit!, is_not_trusted bit!, delete_referential_action tinyint, delete_referential_action_desc nvarchar(60), update_referential_action tinyint, update_referential_action_desc nvarchar(60), is_system_named bit!`,
    typed(
      `'F'`,
      `f.referenced_id, f.key_index_id, f.disabled, false, NOT f.trusted, array_position(ARRAY['NO ACTION','CASCADE','SET NULL','SET DEFAULT'], f.on_delete) - 1, replace(f.on_delete, ' ', '_'), array_position(ARRAY['NO ACTION','CASCADE','SET NULL','SET DEFAULT'], f.on_update) - 1, replace(f.on_update, ' ', '_'), o.system_named`,
      'JOIN catalog.foreign_key AS f ON f.object_id = o.object_id',
    ).replace('tsql.visible(o.object_id)', 'tsql.visible(o.parent_id)'),
  ),
  view(
    'sys',
    'foreign_key_columns',
    'constraint_object_id int!, constraint_column_id int!, parent_object_id int!, parent_column_id int!, referenced_object_id int!, referenced_column_id int!',
    'SELECT c.object_id, c.position, f.parent_id, c.parent_column_id, f.referenced_id, c.referenced_column_id FROM catalog.foreign_key_column AS c JOIN catalog.foreign_key AS f ON f.object_id = c.object_id WHERE tsql.visible(c.object_id)',
  ),
  view(
    'sys',
    'check_constraints',
    `${objectColumns}, is_disabled bit!, is_not_for_replication bit!, is_not_trusted bit!, parent_column_id int!, definition nvarchar(max), uses_database_collation bit, is_system_named bit!`,
    typed(
      `'C'`,
      `k.disabled, false, NOT k.trusted, k.column_id, ${defined('o.object_id', 'k.definition')}, true, o.system_named`,
      'JOIN catalog.check_constraint AS k ON k.object_id = o.object_id',
    ).replace('tsql.visible(o.object_id)', 'tsql.visible(o.parent_id)'),
  ),
  view(
    'sys',
    'default_constraints',
    `${objectColumns}, parent_column_id int!, definition nvarchar(max), is_system_named bit!`,
    typed(
      `'D'`,
      `d.column_id, ${defined('o.object_id', 'd.definition')}, o.system_named`,
      'JOIN catalog.default_constraint AS d ON d.object_id = o.object_id',
    ).replace('tsql.visible(o.object_id)', 'tsql.visible(o.parent_id)'),
  ),
  view(
    'sys',
    'parameters',
    'object_id int!, name sysname, parameter_id int!, system_type_id tinyint!, user_type_id int!, max_length smallint!, precision tinyint!, scale tinyint!, is_output bit!, is_cursor_ref bit!, has_default_value bit!, is_xml_document bit!, default_value sql_variant, xml_collection_id int!, is_readonly bit!, is_nullable bit',
    `SELECT p.object_id, p.name, p.parameter_id, t.system_type_id, t.user_type_id, tsql.max_length(p.type), tsql.precision_of(p.type), tsql.scale_of(p.type), p.output, false, false, false, NULL, 0, false, true FROM catalog.parameter AS p JOIN catalog.system_type AS t ON t.name = p.type->>'name' WHERE tsql.visible(p.object_id)`,
  ),
  view(
    'sys',
    'sql_modules',
    'object_id int!, definition nvarchar(max), uses_ansi_nulls bit, uses_quoted_identifier bit, is_schema_bound bit, uses_database_collation bit, is_recompiled bit, null_on_null_input bit, execute_as_principal_id int, uses_native_compilation bit, is_inlineable bit, inline_type bit',
    `SELECT o.object_id, ${defined('o.object_id', 'o.definition')}, true, true, false, false, false, false, NULL::int, false, false, false FROM catalog.object AS o WHERE o.definition IS NOT NULL AND tsql.visible(o.object_id)`,
  ),
  view(
    'sys',
    'periods',
    'name sysname!, period_type tinyint, period_type_desc nvarchar(60), object_id int!, start_column_id int!, end_column_id int!',
    `SELECT 'SYSTEM_TIME', 1, 'SYSTEM_TIME_PERIOD', object_id, period_start, period_end FROM catalog.object WHERE period_start IS NOT NULL AND tsql.visible(object_id)`,
  ),
  view(
    'sys',
    'extended_properties',
    'class tinyint!, class_desc nvarchar(60), major_id int!, minor_id int!, name sysname!, value sql_variant',
    `SELECT 1, 'OBJECT_OR_COLUMN', 0, 0, '', NULL WHERE false`,
  ),
  view(
    'sys',
    'partitions',
    'partition_id bigint!, object_id int!, index_id int!, partition_number int!, hobt_id bigint!, rows bigint, filestream_filegroup_id smallint!, data_compression tinyint!, data_compression_desc nvarchar(60)',
    `SELECT o.object_id::bigint * 10 + i.index_id, o.object_id, i.index_id, 1, o.object_id::bigint * 10 + i.index_id, tsql.row_count(o.pg_name), 0, 0, 'NONE' FROM catalog.object AS o, LATERAL (SELECT index_id FROM catalog.index AS x WHERE x.object_id = o.object_id UNION ALL SELECT 0 WHERE NOT EXISTS (SELECT FROM catalog.index AS x WHERE x.object_id = o.object_id AND x.clustered)) AS i WHERE o.type = 'U' AND tsql.visible(o.object_id)`,
  ),
  view(
    'sys',
    'dm_db_partition_stats',
    'partition_id bigint!, object_id int!, index_id int!, partition_number int!, in_row_data_page_count bigint!, in_row_used_page_count bigint!, in_row_reserved_page_count bigint!, used_page_count bigint!, reserved_page_count bigint!, row_count bigint!',
    `SELECT o.object_id::bigint * 10 + i.index_id, o.object_id, i.index_id, 1, pg_relation_size(o.pg_name::regclass) / 8192, pg_relation_size(o.pg_name::regclass) / 8192, pg_relation_size(o.pg_name::regclass) / 8192, pg_relation_size(o.pg_name::regclass) / 8192, pg_relation_size(o.pg_name::regclass) / 8192, tsql.row_count(o.pg_name) FROM catalog.object AS o, LATERAL (SELECT index_id FROM catalog.index AS x WHERE x.object_id = o.object_id UNION ALL SELECT 0 WHERE NOT EXISTS (SELECT FROM catalog.index AS x WHERE x.object_id = o.object_id AND x.clustered)) AS i WHERE o.type = 'U' AND tsql.visible(o.object_id)`,
  ),
  view(
    'sys',
    'table_types',
    'name sysname!, system_type_id tinyint!, user_type_id int!, schema_id int!, type_table_object_id int!, is_user_defined bit!, is_table_type bit!',
    'SELECT name, 243, user_type_id, schema_id, table_id, true, true FROM catalog.user_type WHERE table_id IS NOT NULL',
  ),
];
