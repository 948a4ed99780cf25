// The scalar functions about the catalog: OBJECT_ID, COL_LENGTH, DB_NAME … as PostgreSQL functions over the catalog's tables.
import type { SqlType } from '../../contract.ts';
import { seen } from '../../principals/principalViews.ts';

export interface CatalogFunction {
  min: number;
  max: number;
  /** What each argument is converted to. */
  args: readonly SqlType[];
  /** PostgreSQL text of a call; `args` are of the types above, perhaps fewer. */
  sql(args: readonly string[]): string;
  type: SqlType;
}

const int: SqlType = { name: 'int' };
const smallint: SqlType = { name: 'smallint' };
const name: SqlType = { name: 'nvarchar', length: 128 };
const long: SqlType = { name: 'nvarchar', length: 1035 };
const variant: SqlType = { name: 'sql_variant' };

const cast: Record<string, string> = { int: 'int', smallint: 'int' };
/** A call of tsql.<function> with NULL for what was not given. */
function call(pgFunction: string, min: number, args: readonly SqlType[], type: SqlType): CatalogFunction {
  return {
    min,
    max: args.length,
    args,
    type,
    sql: (given) =>
      `tsql.${pgFunction}(${args.map((arg, i) => `(${given[i] ?? 'NULL'})::${cast[arg.name] ?? 'text'}`).join(', ')})${type.name === 'smallint' ? '::int2' : ''}`,
  };
}

/** Arguments and results: Learn, "Metadata functions". */
export const catalogFunctions: Readonly<Record<string, CatalogFunction>> = {
  OBJECT_ID: call('object_id', 1, [long, { name: 'nvarchar', length: 10 }], int),
  OBJECT_NAME: call('object_name', 1, [int, int], name),
  OBJECT_SCHEMA_NAME: call('object_schema_name', 1, [int, int], name),
  OBJECT_DEFINITION: call('object_definition', 1, [int], { name: 'nvarchar', length: -1 }),
  SCHEMA_NAME: call('schema_name', 0, [int], name),
  SCHEMA_ID: call('schema_id', 0, [name], int),
  COL_LENGTH: call('col_length', 2, [long, name], smallint),
  COL_NAME: call('col_name', 2, [int, int], name),
  COLUMNPROPERTY: call('columnproperty', 3, [int, name, name], int),
  OBJECTPROPERTY: call('objectproperty', 2, [int, name], int),
  OBJECTPROPERTYEX: call('objectpropertyex', 2, [int, name], variant),
  INDEXPROPERTY: call('indexproperty', 3, [int, name, name], int),
  INDEX_COL: call('index_col', 3, [long, int, int], name),
  TYPE_NAME: call('type_name', 1, [int], name),
  TYPE_ID: call('type_id', 1, [long], int),
  DB_NAME: call('db_name', 0, [int], name),
  DB_ID: call('db_id', 0, [name], smallint),
  DATABASEPROPERTYEX: call('databasepropertyex', 2, [name, name], variant),
  SERVERPROPERTY: call('serverproperty', 1, [name], variant),
  SQL_VARIANT_PROPERTY: call('variant_property', 2, [variant, name], variant),
  IDENT_CURRENT: call('ident_current', 1, [long], { name: 'numeric', precision: 38, scale: 0 }),
  IDENT_SEED: call('ident_seed', 1, [long], { name: 'numeric', precision: 38, scale: 0 }),
  IDENT_INCR: call('ident_incr', 1, [long], { name: 'numeric', precision: 38, scale: 0 }),
  PARSENAME: call('parsename', 2, [long, int], name),
  QUOTENAME: call('quotename', 1, [name, { name: 'nchar', length: 1 }], { name: 'nvarchar', length: 258 }),
  COLLATIONPROPERTY: call('collationproperty', 2, [name, name], variant),
};

/** Of those about principals the ones that a query asks for each of its rows; the visible principals are the principals' business. */
export const principalFunctions = {
  userName: call('user_name', 1, [int], name),
  userId: call('user_id', 1, [name], int),
} satisfies Record<string, CatalogFunction>;

const sql = (signature: string, returns: string, body: string): string =>
  `CREATE FUNCTION tsql.${signature} RETURNS ${returns} LANGUAGE sql STABLE AS $tsql$ ${body} $tsql$;`;

/** Created in the template; `tsql.visible` and `tsql.definable` follow the principals' settings for the session. */
export const functionsSql = [
  // Properties are numbers or names; a sql_variant says which.
  sql(
    'property(name text, v text)',
    'text',
    `SELECT CASE WHEN lower(name) IN ('engineedition', 'isintegratedsecurityonly', 'isclustered', 'ishadrenabled', 'isfulltextinstalled', 'issingleuser', 'isexternalauthenticationonly', 'lcid', 'version', 'isansinullsenabled', 'codepage', 'comparisonstyle') THEN tsql.variant('int', v) WHEN lower(name) IN ('editionid', 'maxsizeinbytes') THEN tsql.variant('bigint', v) ELSE tsql.variant('nvarchar(128)', v) END`,
  ),
  sql(
    'variant_property(v text, property text)',
    'text',
    `SELECT CASE lower(property) WHEN 'basetype' THEN tsql.variant('nvarchar(128)', base) WHEN 'precision' THEN tsql.variant('int', tsql.precision_of(t)::text) WHEN 'scale' THEN tsql.variant('int', tsql.scale_of(t)::text)
       WHEN 'maxlength' THEN tsql.variant('int', tsql.max_length(t)::text) WHEN 'collation' THEN tsql.variant('nvarchar(128)', tsql.collation_of(t)) END
     FROM (SELECT base, CASE WHEN base IN ('decimal', 'numeric') THEN jsonb_build_object('name', base, 'precision', size[1], 'scale', size[2]) WHEN base IN ('time', 'datetime2', 'datetimeoffset') THEN jsonb_build_object('name', base, 'scale', size[1]) ELSE jsonb_build_object('name', base, 'length', size[1]) END AS t
       FROM (SELECT tsql.variant_base(v) AS base, string_to_array(rtrim(split_part(tsql.variant_type(v) COLLATE "C", '(', 2), ')'), ',')::int[] AS size) AS x) AS y WHERE v IS NOT NULL`,
  ),
  `CREATE VIEW tsql.databases AS SELECT datname AS pg_name, (about->>'id')::int AS id, about->>'name' AS name, (about->>'created')::timestamp AS created
   FROM (SELECT datname, shobj_description(oid, 'pg_database')::json AS about FROM pg_database WHERE datname ~ '^d[0-9]+$' AND shobj_description(oid, 'pg_database') IS NOT NULL) AS d;`,
  // Metadata visibility: what the principals' part said about the session's caller (principals/visibility.ts); nothing said is everything.
  ...[
    ['visible', 'objects'],
    ['definable', 'definitions'],
  ].map(([name, setting]) =>
    sql(
      `${name}(id int)`,
      'boolean',
      `SELECT coalesce(nullif(current_setting('azure_principals.${setting}', true), ''), '*') = '*'
       OR id = ANY(string_to_array(nullif(current_setting('azure_principals.${setting}', true), '*'), ',')::int[])`,
    ),
  ),
  `CREATE FUNCTION tsql.row_count(relation text) RETURNS bigint LANGUAGE plpgsql STABLE AS $tsql$
DECLARE n bigint; BEGIN EXECUTE 'SELECT count(*) FROM ' || relation INTO n; RETURN n; END $tsql$;`,
  // [a].[b] into its parts, last first.
  `CREATE FUNCTION tsql.name_parts(n text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT AS $tsql$
DECLARE parts text[] := '{}'; part text := ''; c text; i int := 1; closing text := NULL;
BEGIN
  WHILE i <= length(n) LOOP
    c := substr(n, i, 1);
    IF closing IS NOT NULL THEN
      IF c = closing AND substr(n, i + 1, 1) = closing THEN part := part || c; i := i + 1;
      ELSIF c = closing THEN closing := NULL;
      ELSE part := part || c; END IF;
    ELSIF c = '[' THEN closing := ']';
    ELSIF c = '"' THEN closing := '"';
    ELSIF c = '.' THEN parts := part || parts; part := '';
    ELSE part := part || c; END IF;
    i := i + 1;
  END LOOP;
  IF closing IS NOT NULL THEN RETURN NULL; END IF;
  RETURN array_prepend(part, parts);
END $tsql$;`,
  sql(
    'default_schema()',
    'text',
    `SELECT coalesce(nullif(current_setting('tsql.default_schema', true), ''), 'dbo')`,
  ),
  sql(
    'object_id(n text, kind text)',
    'int',
    `SELECT o.object_id FROM (SELECT tsql.name_parts(rtrim(n) COLLATE "C") AS p) AS x
     JOIN catalog.object AS o ON rtrim(o.name_key, ' ') = lower(rtrim(x.p[1], ' ')) AND tsql.visible(o.object_id)
     JOIN catalog.schema AS s ON s.schema_id = o.schema_id
     WHERE (kind IS NULL OR upper(rtrim(kind, ' ')) COLLATE "C" = (CASE WHEN o.type = 'TT' THEN 'U' ELSE o.type END))
       AND (CASE WHEN o.session <> 0 THEN o.session = pg_backend_pid() ELSE
         CASE WHEN coalesce(x.p[2], '') = '' THEN s.name_key IN (lower(tsql.default_schema()), 'dbo') ELSE rtrim(s.name_key, ' ') = lower(rtrim(x.p[2], ' ')) END
         AND (coalesce(x.p[3], '') = '' OR lower(x.p[3]) = lower(tsql.db_name())) END)
     ORDER BY s.name_key = lower(tsql.default_schema()) DESC LIMIT 1`,
  ),
  sql(
    'object_name(id int, db int)',
    'text',
    'SELECT name FROM catalog.object WHERE object_id = id AND tsql.visible(id)',
  ),
  sql(
    'object_schema_name(id int, db int)',
    'text',
    'SELECT s.name FROM catalog.object AS o JOIN catalog.schema AS s ON s.schema_id = o.schema_id WHERE o.object_id = id AND tsql.visible(id)',
  ),
  sql(
    'object_definition(id int)',
    'text',
    'SELECT definition FROM catalog.object WHERE object_id = id AND tsql.visible(id) AND tsql.definable(id)',
  ),
  sql(
    'user_name(id int)',
    'text',
    `SELECT name FROM azure_principals.principal WHERE principal_id = id AND ${seen('id')}`,
  ),
  sql(
    'user_id(n text)',
    'int',
    `SELECT principal_id FROM azure_principals.principal WHERE name_key = lower(rtrim(n)) AND ${seen('principal_id')}`,
  ),
  sql(
    'schema_name(id int)',
    'text',
    'SELECT name FROM catalog.schema WHERE CASE WHEN id IS NULL THEN name_key = lower(tsql.default_schema()) ELSE schema_id = id END',
  ),
  sql(
    'schema_id(n text)',
    'int',
    'SELECT schema_id FROM catalog.schema WHERE name_key = lower(rtrim(coalesce(n, tsql.default_schema())))',
  ),
  sql(
    'col_length(t text, c text)',
    'smallint',
    'SELECT tsql.max_length(type) FROM catalog.column WHERE object_id = tsql.object_id(t, NULL) AND name_key = lower(rtrim(c))',
  ),
  sql(
    'col_name(t int, c int)',
    'text',
    'SELECT name FROM catalog.column WHERE object_id = t AND column_id = c AND tsql.visible(t)',
  ),
  sql(
    'columnproperty(t int, c text, property text)',
    'int',
    `SELECT CASE lower(property)
       WHEN 'allowsnull' THEN nullable::int WHEN 'isidentity' THEN (identity_seed IS NOT NULL)::int WHEN 'iscomputed' THEN (computed IS NOT NULL)::int
       WHEN 'columnid' THEN column_id WHEN 'precision' THEN CASE WHEN tsql.collation_of(type) IS NULL THEN tsql.precision_of(type)::int ELSE coalesce((type->>'length')::int, tsql.max_length(type)::int) END
       WHEN 'scale' THEN CASE WHEN tsql.collation_of(type) IS NULL THEN tsql.scale_of(type)::int END
       WHEN 'isrowguidcol' THEN row_guid::int WHEN 'ishidden' THEN hidden::int WHEN 'generatedalwaystype' THEN generated::int
       WHEN 'charmaxlen' THEN CASE WHEN tsql.collation_of(type) IS NOT NULL THEN coalesce((type->>'length')::int, 128) END
       WHEN 'isxmlindexable' THEN 0 WHEN 'issparse' THEN 0 WHEN 'iscolumnset' THEN 0 WHEN 'isfulltextindexed' THEN 0 END
     FROM catalog.column WHERE object_id = t AND name_key = lower(rtrim(c)) AND tsql.visible(t)`,
  ),
  sql(
    'objectproperty(id int, property text)',
    'int',
    `SELECT CASE lower(property)
       WHEN 'istable' THEN (type IN ('U', 'TT'))::int WHEN 'isusertable' THEN (type = 'U')::int WHEN 'isview' THEN (type = 'V')::int WHEN 'isprocedure' THEN (type = 'P')::int
       WHEN 'isscalarfunction' THEN (type = 'FN')::int WHEN 'istablefunction' THEN (type IN ('IF', 'TF'))::int WHEN 'isinlinefunction' THEN (type = 'IF')::int WHEN 'istrigger' THEN (type = 'TR')::int
       WHEN 'isprimarykey' THEN (type = 'PK')::int WHEN 'isforeignkey' THEN (type = 'F')::int WHEN 'isconstraint' THEN (type IN ('PK', 'UQ', 'F', 'C', 'D'))::int
       WHEN 'isdefaultcnst' THEN (type = 'D')::int WHEN 'ischeckcnst' THEN (type = 'C')::int WHEN 'isuniquecnst' THEN (type = 'UQ')::int
       WHEN 'ismsshipped' THEN 0 WHEN 'issystemtable' THEN 0 WHEN 'ownerid' THEN coalesce((SELECT w.principal_id FROM azure_principals.object_owner AS w WHERE w.object_id = id), (SELECT s.principal_id FROM catalog.schema AS s WHERE s.schema_id = object.schema_id)) WHEN 'schemaid' THEN schema_id
       WHEN 'tablehasidentity' THEN EXISTS (SELECT FROM catalog.column AS c WHERE c.object_id = id AND c.identity_seed IS NOT NULL)::int
       WHEN 'tablehasprimarykey' THEN EXISTS (SELECT FROM catalog.index AS i WHERE i.object_id = id AND i.kind = 'primary')::int
       WHEN 'tablehasclustindex' THEN EXISTS (SELECT FROM catalog.index AS i WHERE i.object_id = id AND i.clustered)::int
       WHEN 'tablehasforeignkey' THEN EXISTS (SELECT FROM catalog.foreign_key AS f WHERE f.parent_id = id)::int
       WHEN 'tabletemporaltype' THEN temporal::int WHEN 'execisquotedidenton' THEN 1 WHEN 'execisansinullson' THEN 1 WHEN 'isschemabound' THEN 0 WHEN 'isencrypted' THEN 0 END
     FROM catalog.object WHERE object_id = id AND tsql.visible(id)`,
  ),
  sql(
    'objectpropertyex(id int, property text)',
    'text',
    `SELECT CASE lower(property) WHEN 'basetype' THEN (SELECT type FROM catalog.object WHERE object_id = id)
       WHEN 'cardinality' THEN (SELECT tsql.row_count(pg_name)::text FROM catalog.object WHERE object_id = id AND type = 'U') ELSE tsql.objectproperty(id, property)::text END`,
  ),
  sql(
    'indexproperty(t int, i text, property text)',
    'int',
    `SELECT CASE lower(property) WHEN 'indexid' THEN index_id WHEN 'isunique' THEN is_unique::int WHEN 'isclustered' THEN clustered::int WHEN 'isdisabled' THEN disabled::int WHEN 'indexfillfactor' THEN 0 WHEN 'isstatistics' THEN 0 WHEN 'ispadindex' THEN 0 END
     FROM catalog.index WHERE object_id = t AND name_key = lower(rtrim(i)) AND tsql.visible(t)`,
  ),
  sql(
    'index_col(t text, i int, k int)',
    'text',
    'SELECT c.name FROM catalog.index_column AS x JOIN catalog.column AS c ON c.object_id = x.object_id AND c.column_id = x.column_id WHERE x.object_id = tsql.object_id(t, NULL) AND x.index_id = i AND x.position = k',
  ),
  sql(
    'type_name(id int)',
    'text',
    'SELECT name FROM (SELECT name, user_type_id FROM catalog.system_type UNION ALL SELECT name, user_type_id FROM catalog.user_type) AS t WHERE t.user_type_id = id',
  ),
  sql(
    'type_id(n text)',
    'int',
    `SELECT user_type_id FROM (SELECT name, user_type_id FROM catalog.system_type UNION ALL SELECT name, user_type_id FROM catalog.user_type) AS t WHERE lower(t.name) = lower((tsql.name_parts(n COLLATE "C"))[1])`,
  ),
  sql('db_name()', 'text', 'SELECT name FROM tsql.databases WHERE pg_name = current_database()'),
  sql(
    'db_name(wanted int)',
    'text',
    'SELECT name FROM tsql.databases AS d WHERE CASE WHEN wanted IS NULL THEN pg_name = current_database() ELSE d.id = wanted END',
  ),
  sql(
    'db_id(n text)',
    'int',
    'SELECT id FROM tsql.databases AS d WHERE CASE WHEN n IS NULL THEN pg_name = current_database() ELSE lower(d.name) = lower(rtrim(n)) END',
  ),
  sql(
    'databasepropertyex(db text, property text)',
    'text',
    `SELECT tsql.property(property, CASE lower(property) WHEN 'collation' THEN 'SQL_Latin1_General_CP1_CI_AS' WHEN 'status' THEN 'ONLINE' WHEN 'edition' THEN 'GeneralPurpose' WHEN 'serviceobjective' THEN 'GP_S_Gen5_1'
       WHEN 'updateability' THEN 'READ_WRITE' WHEN 'useraccess' THEN 'MULTI_USER' WHEN 'recovery' THEN 'FULL' WHEN 'version' THEN '957' WHEN 'maxsizeinbytes' THEN '34359738368' WHEN 'isansinullsenabled' THEN '1' END)
     WHERE EXISTS (SELECT FROM tsql.databases AS d WHERE lower(d.name) = lower(rtrim(db)))`,
  ),
  sql(
    'serverproperty(property text)',
    'text',
    `SELECT tsql.property(property, CASE lower(property) WHEN 'edition' THEN 'SQL Azure' WHEN 'engineedition' THEN '5' WHEN 'productversion' THEN '12.0.2000.8' WHEN 'productlevel' THEN 'RTM' WHEN 'collation' THEN 'SQL_Latin1_General_CP1_CI_AS'
       WHEN 'servername' THEN coalesce(nullif(current_setting('tsql.server_name', true), ''), 'localhost') WHEN 'machinename' THEN coalesce(nullif(current_setting('tsql.server_name', true), ''), 'localhost')
       WHEN 'instancename' THEN NULL WHEN 'isintegratedsecurityonly' THEN '0' WHEN 'isclustered' THEN '0' WHEN 'ishadrenabled' THEN '0' WHEN 'isfulltextinstalled' THEN '0' WHEN 'issingleuser' THEN '0'
       WHEN 'productmajorversion' THEN '12' WHEN 'productminorversion' THEN '0' WHEN 'editionid' THEN '1674378470' WHEN 'isexternalauthenticationonly' THEN '0' WHEN 'licensetype' THEN 'DISABLED' WHEN 'lcid' THEN '1033' WHEN 'sqlcharsetname' THEN 'iso_1' WHEN 'sqlsortordername' THEN 'nocase_iso' END)`,
  ),
  sql(
    'ident_current(t text)',
    'numeric',
    `SELECT coalesce(pg_sequence_last_value(replace(o.pg_name, '.t', '.i')::regclass)::numeric, c.identity_seed) FROM catalog.object AS o JOIN catalog.column AS c ON c.object_id = o.object_id AND c.identity_seed IS NOT NULL WHERE o.object_id = tsql.object_id(t, NULL)`,
  ),
  sql(
    'ident_seed(t text)',
    'numeric',
    'SELECT identity_seed FROM catalog.column WHERE object_id = tsql.object_id(t, NULL) AND identity_seed IS NOT NULL',
  ),
  sql(
    'ident_incr(t text)',
    'numeric',
    'SELECT identity_increment FROM catalog.column WHERE object_id = tsql.object_id(t, NULL) AND identity_seed IS NOT NULL',
  ),
  sql('parsename(n text, part int)', 'text', `SELECT nullif((tsql.name_parts(n COLLATE "C"))[part], '')`),
  sql(
    'quotename(n text, q text)',
    'text',
    `SELECT CASE WHEN length(n) > 128 THEN NULL ELSE CASE coalesce(q, '[') COLLATE "C" WHEN '[' THEN '[' || replace(n COLLATE "C", ']', ']]') || ']' WHEN ']' THEN '[' || replace(n COLLATE "C", ']', ']]') || ']'
       WHEN '''' THEN '''' || replace(n COLLATE "C", '''', '''''') || '''' WHEN '"' THEN '"' || replace(n COLLATE "C", '"', '""') || '"' WHEN '(' THEN '(' || replace(n COLLATE "C", ')', '))') || ')'
       WHEN '{' THEN '{' || replace(n COLLATE "C", '}', '}}') || '}' WHEN '<' THEN '<' || replace(n COLLATE "C", '>', '>>') || '>' END END`,
  ),
  sql(
    'collationproperty(n text, property text)',
    'text',
    `SELECT tsql.property(property, CASE lower(property) WHEN 'codepage' THEN CASE WHEN n COLLATE "C" ~* '_UTF8$' THEN '65001' ELSE '1252' END WHEN 'lcid' THEN '1033' WHEN 'comparisonstyle' THEN '196609' WHEN 'version' THEN '0' END)`,
  ),
].join('\n');
