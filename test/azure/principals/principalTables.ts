// The PostgreSQL tables that hold a database's principals, memberships, permissions and owners: a rolled-back GRANT is gone with its transaction.

/** PostgreSQL schema of these tables; not visible through T-SQL. */
export const principalSchema = 'azure_principals';

/** Fixed database roles with the ids of SQL Server (sys.database_principals). */
export const fixedRoles: readonly { id: number; name: string }[] = [
  { id: 16384, name: 'db_owner' },
  { id: 16385, name: 'db_accessadmin' },
  { id: 16386, name: 'db_securityadmin' },
  { id: 16387, name: 'db_ddladmin' },
  { id: 16389, name: 'db_backupoperator' },
  { id: 16390, name: 'db_datareader' },
  { id: 16391, name: 'db_datawriter' },
  { id: 16392, name: 'db_denydatareader' },
  { id: 16393, name: 'db_denydatawriter' },
];

const roleRows = fixedRoles
  .map(({ id, name }) => `(${id}, '${name}', 'R', NULL, NULL, 1, 0, true)`)
  .join(',\n  ');

/**
 * Run once in every new database. `schema_key`, `column_key` and `name_key` are folded names: names compare without case.
 * The owners of schemas are in the engine's catalog.schema.
 * class: 0 database, 1 object or column, 3 schema, 4 database principal, as in sys.database_permissions.
 */
export const principalTablesSql = `
CREATE SCHEMA ${principalSchema};
CREATE TABLE ${principalSchema}.principal (
  principal_id int PRIMARY KEY,
  name text NOT NULL,
  name_key text NOT NULL UNIQUE,
  type char(1) NOT NULL,
  sid bytea,
  default_schema text,
  owner int,
  authentication smallint NOT NULL,
  is_fixed boolean NOT NULL DEFAULT false,
  created timestamp(3) NOT NULL DEFAULT (now() AT TIME ZONE 'utc'),
  modified timestamp(3) NOT NULL DEFAULT (now() AT TIME ZONE 'utc')
);
CREATE TABLE ${principalSchema}.role_member (
  role_id int NOT NULL REFERENCES ${principalSchema}.principal ON DELETE CASCADE,
  member_id int NOT NULL REFERENCES ${principalSchema}.principal ON DELETE CASCADE,
  PRIMARY KEY (role_id, member_id)
);
CREATE TABLE ${principalSchema}.permission (
  class smallint NOT NULL,
  major_id int NOT NULL,
  minor_id int NOT NULL DEFAULT 0,
  schema_key text NOT NULL DEFAULT '',
  column_key text NOT NULL DEFAULT '',
  grantee int NOT NULL REFERENCES ${principalSchema}.principal ON DELETE CASCADE,
  grantor int NOT NULL,
  permission text NOT NULL,
  state char(1) NOT NULL,
  PRIMARY KEY (class, major_id, minor_id, grantee, grantor, permission)
);
CREATE TABLE ${principalSchema}.object_owner (
  object_id int PRIMARY KEY,
  principal_id int NOT NULL
);
INSERT INTO ${principalSchema}.principal (principal_id, name, type, sid, default_schema, owner, authentication, is_fixed, name_key)
SELECT id, name, type, sid, default_schema, owner, authentication, fixed, lower(name) FROM (VALUES
  (0, 'public', 'R', NULL::bytea, NULL, 1, 0, false),
  (1, 'dbo', 'S', '\\x01'::bytea, 'dbo', NULL, 1, false),
  (2, 'guest', 'S', '\\x00'::bytea, 'guest', NULL, 0, false),
  (3, 'INFORMATION_SCHEMA', 'S', NULL, NULL, NULL, 0, false),
  (4, 'sys', 'S', NULL, NULL, NULL, 0, false),
  ${roleRows}
) AS t (id, name, type, sid, default_schema, owner, authentication, fixed);
INSERT INTO ${principalSchema}.permission (class, major_id, grantee, grantor, permission, state) VALUES (0, 0, 1, 1, 'CONNECT', 'G');
`;
