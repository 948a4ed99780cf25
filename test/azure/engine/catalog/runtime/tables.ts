// The catalog's own tables: they live beside the data, so that rolled-back DDL is gone from both.

/** Fixed schemas with the ids of SQL Server. */
const schemas = [
  [1, 'dbo', 1],
  [2, 'guest', 2],
  [3, 'INFORMATION_SCHEMA', 3],
  [4, 'sys', 4],
  [16384, 'db_owner', 16384],
  [16385, 'db_accessadmin', 16385],
  [16386, 'db_securityadmin', 16386],
  [16387, 'db_ddladmin', 16387],
  [16389, 'db_backupoperator', 16389],
  [16390, 'db_datareader', 16390],
  [16391, 'db_datawriter', 16391],
  [16392, 'db_denydatareader', 16392],
  [16393, 'db_denydatawriter', 16393],
] as const;

/** `type` is a SqlType as JSON; `name_key` the name in lower case. `u` holds the users' tables as t<object_id>. */
export const tablesSql = `
CREATE SCHEMA catalog;
CREATE SCHEMA u;
CREATE SEQUENCE catalog.object_id START 581577110 INCREMENT 16;
CREATE SEQUENCE catalog.schema_id START 5;
CREATE SEQUENCE catalog.user_type_id START 257;
CREATE SEQUENCE catalog.rowversion START 2001;
CREATE TABLE catalog.change (token bigint NOT NULL);
CREATE TABLE catalog.schema (
  schema_id int PRIMARY KEY, name text NOT NULL, name_key text NOT NULL UNIQUE, principal_id int NOT NULL
);
INSERT INTO catalog.schema VALUES ${schemas.map(([id, name, owner]) => `(${String(id)}, '${name}', '${name.toLowerCase()}', ${String(owner)})`).join(', ')};
CREATE TABLE catalog.object (
  object_id int PRIMARY KEY, schema_id int NOT NULL, name text NOT NULL, name_key text NOT NULL, type text NOT NULL,
  parent_id int NOT NULL DEFAULT 0, pg_name text NOT NULL DEFAULT '', definition text, system_named boolean NOT NULL DEFAULT false,
  session int NOT NULL DEFAULT 0, temporal smallint NOT NULL DEFAULT 0, history_id int, period_start int, period_end int, target text,
  created timestamp(3) NOT NULL DEFAULT (now() AT TIME ZONE 'utc'), modified timestamp(3) NOT NULL DEFAULT (now() AT TIME ZONE 'utc'),
  UNIQUE (schema_id, name_key, session)
);
CREATE TABLE catalog.column (
  object_id int NOT NULL, column_id int NOT NULL, name text NOT NULL, name_key text NOT NULL, type jsonb NOT NULL, user_type text,
  nullable boolean NOT NULL, identity_seed numeric, identity_increment numeric, computed text, persisted boolean NOT NULL DEFAULT false,
  generated smallint NOT NULL DEFAULT 0, hidden boolean NOT NULL DEFAULT false, row_guid boolean NOT NULL DEFAULT false,
  PRIMARY KEY (object_id, column_id), UNIQUE (object_id, name_key)
);
CREATE TABLE catalog.index (
  object_id int NOT NULL, index_id int NOT NULL, name text NOT NULL, name_key text NOT NULL, pg_name text NOT NULL,
  is_unique boolean NOT NULL, kind text NOT NULL, clustered boolean NOT NULL, filter text, disabled boolean NOT NULL DEFAULT false,
  constraint_id int, PRIMARY KEY (object_id, index_id), UNIQUE (object_id, name_key)
);
CREATE TABLE catalog.index_column (
  object_id int NOT NULL, index_id int NOT NULL, position int NOT NULL, column_id int NOT NULL,
  descending boolean NOT NULL DEFAULT false, included boolean NOT NULL DEFAULT false, PRIMARY KEY (object_id, index_id, position)
);
CREATE TABLE catalog.foreign_key (
  object_id int PRIMARY KEY, parent_id int NOT NULL, referenced_id int NOT NULL, key_index_id int NOT NULL,
  on_delete text NOT NULL, on_update text NOT NULL, disabled boolean NOT NULL DEFAULT false, trusted boolean NOT NULL DEFAULT true
);
CREATE TABLE catalog.foreign_key_column (
  object_id int NOT NULL, position int NOT NULL, parent_column_id int NOT NULL, referenced_column_id int NOT NULL,
  PRIMARY KEY (object_id, position)
);
CREATE TABLE catalog.check_constraint (
  object_id int PRIMARY KEY, parent_id int NOT NULL, column_id int NOT NULL, definition text NOT NULL, columns int[] NOT NULL, sql text NOT NULL,
  disabled boolean NOT NULL DEFAULT false, trusted boolean NOT NULL DEFAULT true
);
CREATE TABLE catalog.default_constraint (
  object_id int PRIMARY KEY, parent_id int NOT NULL, column_id int NOT NULL, definition text NOT NULL
);
CREATE TABLE catalog.trigger (
  object_id int PRIMARY KEY, parent_id int NOT NULL, instead_of boolean NOT NULL, disabled boolean NOT NULL DEFAULT false, events text[] NOT NULL
);
CREATE TABLE catalog.parameter (
  object_id int NOT NULL, parameter_id int NOT NULL, name text NOT NULL, type jsonb NOT NULL, output boolean NOT NULL,
  has_default boolean NOT NULL, PRIMARY KEY (object_id, parameter_id)
);
CREATE TABLE catalog.sequence (
  object_id int PRIMARY KEY, type jsonb NOT NULL, start numeric NOT NULL, increment numeric NOT NULL, minimum numeric NOT NULL,
  maximum numeric NOT NULL, cycle boolean NOT NULL, cache int
);
CREATE TABLE catalog.user_type (
  user_type_id int PRIMARY KEY, schema_id int NOT NULL, name text NOT NULL, name_key text NOT NULL, base jsonb NOT NULL,
  nullable boolean NOT NULL, table_id int, UNIQUE (schema_id, name_key)
);
-- #temp tables live as long as their connection; PostgreSQL drops them itself, this the rest.
CREATE FUNCTION catalog.forget_session() RETURNS void LANGUAGE plpgsql AS $tsql$
BEGIN
  IF NOT EXISTS (SELECT FROM catalog.object WHERE session = pg_backend_pid()) THEN RETURN; END IF;
  DELETE FROM catalog.column WHERE object_id IN (SELECT object_id FROM catalog.object WHERE session = pg_backend_pid());
  DELETE FROM catalog.index WHERE object_id IN (SELECT object_id FROM catalog.object WHERE session = pg_backend_pid());
  DELETE FROM catalog.index_column WHERE object_id IN (SELECT object_id FROM catalog.object WHERE session = pg_backend_pid());
  DELETE FROM catalog.check_constraint WHERE parent_id IN (SELECT object_id FROM catalog.object WHERE session = pg_backend_pid());
  DELETE FROM catalog.default_constraint WHERE parent_id IN (SELECT object_id FROM catalog.object WHERE session = pg_backend_pid());
  DELETE FROM catalog.parameter WHERE object_id IN (SELECT object_id FROM catalog.object WHERE session = pg_backend_pid());
  DELETE FROM catalog.object WHERE session = pg_backend_pid();
  INSERT INTO catalog.change VALUES ((random() * 9007199254740991)::bigint);
END $tsql$;
CREATE FUNCTION tsql.next_rowversion() RETURNS bytea LANGUAGE sql VOLATILE AS $tsql$ SELECT int8send(nextval('catalog.rowversion')) $tsql$;
-- After an explicit identity value: the next one follows the farthest.
CREATE FUNCTION tsql.advance_identity(sequence_name text, value bigint, increment bigint) RETURNS void LANGUAGE plpgsql VOLATILE AS $tsql$
DECLARE last bigint; called boolean;
BEGIN
  EXECUTE format('SELECT last_value, is_called FROM %s', sequence_name) INTO last, called;
  IF NOT called OR (increment > 0 AND value > last) OR (increment < 0 AND value < last) THEN
    IF called OR (increment > 0 AND value >= last) OR (increment < 0 AND value <= last) THEN PERFORM setval(sequence_name::regclass, value, true); END IF;
  END IF;
END $tsql$;
`;
