// The catalog views about principals: sys.database_principals, sys.database_role_members, sys.database_permissions and their like.
import type { SqlType } from '../contract.ts';
import { permissionTypes } from './permissionTable.ts';
import { principalSchema } from './principalTables.ts';
import { tokenSetting, visiblePrincipalsSetting } from './visibility.ts';

export interface CatalogViewColumn {
  name: string;
  type: SqlType;
  nullable: boolean;
  /** PostgreSQL expression over `from`. */
  sql: string;
}

export interface CatalogView {
  name: string;
  columns: CatalogViewColumn[];
  /** What follows FROM. */
  from: string;
}

const sysname: SqlType = { name: 'sysname' };
const int: SqlType = { name: 'int' };
const bit: SqlType = { name: 'bit' };
const tinyint: SqlType = { name: 'tinyint' };
const datetime: SqlType = { name: 'datetime' };
const sid: SqlType = { name: 'varbinary', length: 85 };
const nvarchar = (length: number): SqlType => ({ name: 'nvarchar', length });
const char = (length: number): SqlType => ({ name: 'char', length });

const column = (name: string, type: SqlType, sql: string, nullable = false): CatalogViewColumn => ({
  name,
  type,
  nullable,
  sql,
});

/** `CASE x WHEN … END` over words. */
function words(expression: string, table: Record<string, string>): string {
  const branches = Object.entries(table).map(([key, word]) => `WHEN '${key}' THEN '${word}'`);
  return `CASE ${expression}::text ${branches.join(' ')} END`;
}

const setting = (name: string, otherwise: string): string =>
  `coalesce(nullif(current_setting('${name}', true), ''), '${otherwise}')`;
const ids = (list: string): string => `string_to_array(nullif(${list}, '*'), ',')::int[]`;
const visible = setting(visiblePrincipalsSetting, '*');
/** Ids from 16384 on are fixed roles, below 5 the system's own: everybody sees those. */
export const seen = (id: string): string =>
  `(${visible} = '*' OR ${id} < 5 OR ${id} >= 16384 OR ${id} = ANY(${ids(visible)}))`;

const typeWords = { S: 'SQL_USER', E: 'EXTERNAL_USER', X: 'EXTERNAL_GROUP', R: 'DATABASE_ROLE' };
const authenticationWords = { 0: 'NONE', 1: 'INSTANCE', 2: 'DATABASE', 4: 'EXTERNAL' };
const classWords = { 0: 'DATABASE', 1: 'OBJECT_OR_COLUMN', 3: 'SCHEMA', 4: 'DATABASE_PRINCIPAL' };
const stateWords = { G: 'GRANT', W: 'GRANT_WITH_GRANT_OPTION', D: 'DENY' };
const principal = `${principalSchema}.principal AS p`;
// Without the setting it is dbo who asks.
const inToken = `p.principal_id = ANY(${ids(setting(tokenSetting, '0,1,16384'))})`;

const tokenColumns = [
  column('principal_id', int, 'p.principal_id', true),
  column('sid', sid, 'p.sid', true),
  column('name', nvarchar(128), 'p.name', true),
  column(
    'type',
    nvarchar(128),
    words('p.type', { S: 'SQL USER', E: 'EXTERNAL USER', X: 'EXTERNAL GROUP', R: 'ROLE' }),
    true,
  ),
  column('usage', nvarchar(128), `'GRANT OR DENY'`, true),
];

/** Names and types: Learn, "Security catalog views". The engine makes them with its own system views. */
export const catalogViews: readonly CatalogView[] = [
  {
    name: 'database_principals',
    columns: [
      column('name', sysname, 'p.name'),
      column('principal_id', int, 'p.principal_id'),
      column('type', char(1), 'p.type'),
      column('type_desc', nvarchar(60), words('p.type', typeWords), true),
      column('default_schema_name', sysname, 'p.default_schema', true),
      column('create_date', datetime, 'p.created'),
      column('modify_date', datetime, 'p.modified'),
      column('owning_principal_id', int, 'p.owner', true),
      column('sid', sid, 'p.sid', true),
      column('is_fixed_role', bit, 'p.is_fixed'),
      column('authentication_type', int, 'p.authentication::int'),
      column('authentication_type_desc', nvarchar(60), words('p.authentication', authenticationWords), true),
      column('default_language_name', sysname, 'NULL', true),
      column('default_language_lcid', int, 'NULL', true),
      column('allow_encrypted_value_modifications', bit, 'false'),
    ],
    from: `${principal} WHERE ${seen('p.principal_id')}`,
  },
  {
    name: 'database_role_members',
    columns: [
      column('role_principal_id', int, 'm.role_id'),
      column('member_principal_id', int, 'm.member_id'),
    ],
    from: `${principalSchema}.role_member AS m WHERE ${seen('m.role_id')} AND ${seen('m.member_id')}`,
  },
  {
    name: 'database_permissions',
    columns: [
      column('class', tinyint, 'r.class'),
      column('class_desc', nvarchar(60), words('r.class', classWords), true),
      column('major_id', int, 'r.major_id'),
      column('minor_id', int, 'r.minor_id'),
      column('grantee_principal_id', int, 'r.grantee'),
      column('grantor_principal_id', int, 'r.grantor'),
      column('type', char(4), `rpad(${words('r.permission', permissionTypes())}, 4)`),
      column('permission_name', nvarchar(128), 'r.permission', true),
      column('state', char(1), 'r.state'),
      column('state_desc', nvarchar(60), words('r.state', stateWords), true),
    ],
    from: `${principalSchema}.permission AS r WHERE ${seen('r.grantee')}`,
  },
  { name: 'user_token', columns: tokenColumns, from: `${principal} WHERE ${inToken}` },
  { name: 'login_token', columns: tokenColumns, from: `${principal} WHERE ${inToken} AND p.type <> 'R'` },
  {
    // This server keeps no logins in master: its administrators are dbo, the fixed server roles are Azure's.
    name: 'server_principals',
    columns: [
      column('name', sysname, 'p.name'),
      column('principal_id', int, 'p.principal_id'),
      column('sid', sid, 'p.sid', true),
      column('type', char(1), 'p.type'),
      column('type_desc', nvarchar(60), words('p.type', { ...typeWords, S: 'SQL_LOGIN' }), true),
      column('is_disabled', bit, 'false', true),
      column('create_date', datetime, 'p.created'),
      column('modify_date', datetime, 'p.modified'),
      column('default_database_name', sysname, `'master'`, true),
      column('default_language_name', sysname, `'us_english'`, true),
      column('credential_id', int, 'NULL', true),
      column('owning_principal_id', int, 'NULL', true),
      column('is_fixed_role', bit, 'false'),
    ],
    from: `${principal} WHERE p.principal_id = 1 AND ${seen('p.principal_id')}`,
  },
  {
    name: 'sysmembers',
    columns: [
      column('memberuid', { name: 'smallint' }, 'm.member_id::int2', true),
      column('groupuid', { name: 'smallint' }, 'm.role_id::int2', true),
    ],
    from: `${principalSchema}.role_member AS m WHERE ${seen('m.role_id')} AND ${seen('m.member_id')}`,
  },
];
