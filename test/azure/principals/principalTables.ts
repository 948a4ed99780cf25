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

function littleEndian(id: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(id);
  return bytes.toString('hex');
}

/** S-1-9-4 and the id: how the SIDs of fixed roles are made (sys.database_principals of any database). */
const roleSid = (id: number): string =>
  `'\\x010500000000000904000000${'00'.repeat(12)}${littleEndian(id)}'::bytea`;

const roleRows = fixedRoles
  .map(({ id, name }) => `(${id}, '${name}', 'R', ${roleSid(id)}, NULL, 1, 0, true)`)
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
  (0, 'public', 'R', '\\x01050000000000090400000083741B006749C04BA943C02702F2A762'::bytea, NULL, 1, 0, false),
  (1, 'dbo', 'S', '\\x01'::bytea, 'dbo', NULL, 1, false),
  (2, 'guest', 'S', '\\x00'::bytea, 'guest', NULL, 0, false),
  (3, 'INFORMATION_SCHEMA', 'S', NULL, NULL, NULL, 0, false),
  (4, 'sys', 'S', NULL, NULL, NULL, 0, false),
  ${roleRows}
) AS t (id, name, type, sid, default_schema, owner, authentication, fixed);
INSERT INTO ${principalSchema}.permission (class, major_id, grantee, grantor, permission, state) VALUES (0, 0, 1, 1, 'CONNECT', 'G');
-- What is dropped takes its permissions and its owner along; so does an object that moves to another schema.
CREATE FUNCTION ${principalSchema}.forget_object() RETURNS trigger LANGUAGE plpgsql AS $tsql$
BEGIN
  DELETE FROM ${principalSchema}.permission WHERE class = 1 AND major_id = OLD.object_id;
  IF TG_OP = 'DELETE' THEN DELETE FROM ${principalSchema}.object_owner WHERE object_id = OLD.object_id; END IF;
  RETURN NULL;
END $tsql$;
CREATE TRIGGER forget AFTER DELETE ON catalog.object FOR EACH ROW EXECUTE FUNCTION ${principalSchema}.forget_object();
CREATE TRIGGER move AFTER UPDATE OF schema_id ON catalog.object FOR EACH ROW WHEN (OLD.schema_id <> NEW.schema_id)
  EXECUTE FUNCTION ${principalSchema}.forget_object();
CREATE FUNCTION ${principalSchema}.forget_schema() RETURNS trigger LANGUAGE plpgsql AS $tsql$
BEGIN
  DELETE FROM ${principalSchema}.permission WHERE class = 3 AND major_id = OLD.schema_id;
  RETURN NULL;
END $tsql$;
CREATE TRIGGER forget AFTER DELETE ON catalog.schema FOR EACH ROW EXECUTE FUNCTION ${principalSchema}.forget_schema();
CREATE FUNCTION ${principalSchema}.forget_column() RETURNS trigger LANGUAGE plpgsql AS $tsql$
BEGIN
  DELETE FROM ${principalSchema}.permission WHERE class = 1 AND major_id = OLD.object_id AND minor_id = OLD.column_id
    -- A view's columns are written anew whenever it is altered.
    AND EXISTS (SELECT FROM catalog.object AS o WHERE o.object_id = OLD.object_id AND o.type = 'U');
  RETURN NULL;
END $tsql$;
CREATE TRIGGER forget AFTER DELETE ON catalog.column FOR EACH ROW EXECUTE FUNCTION ${principalSchema}.forget_column();
`;
