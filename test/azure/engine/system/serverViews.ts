// sys.* views about the server and its sessions: databases, sessions, connections, requests, configuration.
import { view } from './viewDeclaration.ts';
import type { SystemView } from './viewDeclaration.ts';

/** Rows that `publishSessions` left for this connection. */
const sessions = `json_to_recordset(coalesce(nullif(current_setting('tsql.sessions', true), ''), '[]')::json) AS s (spid int, login text, original text, program text, host text, address text, database text, started timestamp, status text, command text, transactions int, isolation int, protocol int, settings json)`;

const setting = (name: string): string => `(s.settings->>'${name}')::boolean`;

export const serverViews: readonly SystemView[] = [
  view(
    'sys',
    'databases',
    'name sysname!, database_id int!, source_database_id int, owner_sid varbinary(85), create_date datetime!, compatibility_level tinyint!, collation_name sysname, user_access tinyint, user_access_desc nvarchar(60), is_read_only bit, is_auto_close_on bit!, is_auto_shrink_on bit, state tinyint, state_desc nvarchar(60), snapshot_isolation_state tinyint, snapshot_isolation_state_desc nvarchar(60), is_read_committed_snapshot_on bit, recovery_model tinyint, recovery_model_desc nvarchar(60), is_query_store_on bit, is_encrypted bit, is_ledger_on bit, containment tinyint, containment_desc nvarchar(60), service_broker_guid uniqueidentifier!, is_temporal_history_retention_enabled bit',
    `SELECT d.name, d.id, NULL::int, '\\x01'::bytea, d.created, 160, 'SQL_Latin1_General_CP1_CI_AS', 0, 'MULTI_USER', false, false, false, 0, 'ONLINE', 1, 'ON', true, 1, 'FULL', false, false, false, 0, 'NONE', md5(d.name)::uuid, true FROM tsql.databases AS d`,
  ),
  view(
    'sys',
    'dm_exec_sessions',
    'session_id smallint!, login_time datetime!, host_name nvarchar(128), program_name nvarchar(128), host_process_id int, client_version int, client_interface_name nvarchar(32), login_name nvarchar(128)!, status nvarchar(30)!, cpu_time int!, memory_usage int!, last_request_start_time datetime!, last_request_end_time datetime, reads bigint!, writes bigint!, logical_reads bigint!, is_user_process bit!, text_size int!, language nvarchar(128), date_format nvarchar(3), date_first smallint!, quoted_identifier bit!, arithabort bit!, ansi_null_dflt_on bit!, ansi_defaults bit!, ansi_warnings bit!, ansi_padding bit!, ansi_nulls bit!, concat_null_yields_null bit!, transaction_isolation_level smallint!, lock_timeout int!, deadlock_priority int!, row_count bigint!, original_login_name nvarchar(128)!, database_id smallint!, authenticating_database_id int, open_transaction_count int!',
    `SELECT s.spid, s.started, s.host, s.program, NULL::int, NULL::int, NULL, s.login, s.status, 0, 0, s.started, s.started, 0, 0, 0, true, (s.settings->>'textSize')::int, s.settings->>'language', s.settings->>'dateFormat', (s.settings->>'dateFirst')::int, ${setting('quotedIdentifier')}, ${setting('arithAbort')}, ${setting('ansiNullDefaultOn')}, false, ${setting('ansiWarnings')}, ${setting('ansiPadding')}, ${setting('ansiNulls')}, ${setting('concatNullYieldsNull')}, s.isolation, (s.settings->>'lockTimeout')::int, 0, 0, s.original, d.id, d.id, s.transactions FROM ${sessions} JOIN tsql.databases AS d ON lower(d.name) = lower(s.database)`,
  ),
  view(
    'sys',
    'dm_exec_connections',
    'session_id int, connect_time datetime!, net_transport nvarchar(40)!, protocol_type nvarchar(40), protocol_version int, encrypt_option nvarchar(40)!, auth_scheme nvarchar(40)!, client_net_address varchar(48), client_tcp_port int, local_net_address varchar(48), local_tcp_port int, connection_id uniqueidentifier!, net_packet_size int',
    `SELECT s.spid, s.started, 'TCP', 'TSQL', s.protocol, 'TRUE', 'SQL', s.address, NULL::int, NULL, NULL::int, md5(s.spid::text)::uuid, 4096 FROM ${sessions}`,
  ),
  view(
    'sys',
    'dm_exec_requests',
    'session_id smallint!, request_id int!, start_time datetime!, status nvarchar(30)!, command nvarchar(32)!, database_id smallint!, blocking_session_id smallint, wait_type nvarchar(60), wait_time int!, open_transaction_count int!, percent_complete real!',
    `SELECT s.spid, 0, s.started, 'running', coalesce(s.command, 'SELECT'), d.id, 0, NULL, 0, s.transactions, 0 FROM ${sessions} JOIN tsql.databases AS d ON lower(d.name) = lower(s.database) WHERE s.status = 'running'`,
  ),
  view(
    'sys',
    'configurations',
    'configuration_id int!, name nvarchar(35)!, value sql_variant, minimum sql_variant, maximum sql_variant, value_in_use sql_variant, description nvarchar(255)!, is_dynamic bit!, is_advanced bit!',
    `SELECT id, name, tsql.variant('int', value), tsql.variant('int', low), tsql.variant('int', high), tsql.variant('int', used), about, dynamic, advanced FROM (VALUES (124, 'default language', '0', '0', '9999', '0', 'default language', true, false), (16387, 'SMO and DMO XPs', '1', '0', '1', '1', 'Enable or disable SMO and DMO XPs', true, true), (505, 'network packet size (B)', '4096', '512', '32767', '4096', 'Network packet size', true, true)) AS x (id, name, value, low, high, used, about, dynamic, advanced)`,
  ),
  view(
    'sys',
    'database_service_objectives',
    'database_id int!, edition sysname!, service_objective sysname!, elastic_pool_name sysname',
    `SELECT id, 'GeneralPurpose', 'GP_S_Gen5_1', NULL FROM tsql.databases`,
  ),
  view(
    'sys',
    'database_scoped_configurations',
    'configuration_id int!, name nvarchar(60)!, value sql_variant, value_for_secondary sql_variant, is_value_default bit',
    `SELECT id, name, tsql.variant('int', value), NULL, usual FROM (VALUES (1, 'MAXDOP', '8', false), (2, 'LEGACY_CARDINALITY_ESTIMATION', '0', true)) AS x (id, name, value, usual)`,
  ),
];
