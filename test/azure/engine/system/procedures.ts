// Catalog procedures (sp_tables, sp_columns, sp_pkeys, sp_databases, sp_helptext …) as queries over the system views.
import type { SqlType } from '../../contract.ts';
import { defined, view } from './viewDeclaration.ts';
import type { ViewColumn } from './viewDeclaration.ts';

export interface CatalogProcedure {
  /** With their '@', in order; a missing one is NULL. */
  parameters: readonly { name: string; type: SqlType }[];
  columns: readonly ViewColumn[];
  /** PostgreSQL query; parameters are $1::text, $2::text … */
  sql: string;
  /** PostgreSQL query that answers the number of the error that the procedure ends in; NULL without one. */
  refused?: string;
}

const name: SqlType = { name: 'nvarchar', length: 384 };

function procedure(parameters: readonly string[], columns: string, sql: string): CatalogProcedure {
  return {
    parameters: parameters.map((parameter) => ({ name: parameter, type: name })),
    columns: view('sys', '', columns, '').columns,
    sql,
  };
}

/** LIKE without case, NULL matches all: as the catalog procedures take names. */
const like = (column: string, n: number): string =>
  `($${String(n)}::text IS NULL OR tsql.like_ci((${column})::text, rtrim($${String(n)}::text), NULL))`;
const equal = (column: string, n: number): string =>
  `($${String(n)}::text IS NULL OR lower((${column})::text) = lower(rtrim($${String(n)}::text)))`;

/** ODBC's type numbers. */
const odbc = `(CASE c.type->>'name' WHEN 'bit' THEN -7 WHEN 'tinyint' THEN -6 WHEN 'smallint' THEN 5 WHEN 'int' THEN 4 WHEN 'bigint' THEN -5 WHEN 'decimal' THEN 3 WHEN 'numeric' THEN 2
 WHEN 'money' THEN 3 WHEN 'smallmoney' THEN 3 WHEN 'real' THEN 7 WHEN 'float' THEN 6 WHEN 'date' THEN -9 WHEN 'time' THEN -9 WHEN 'datetime' THEN 11 WHEN 'smalldatetime' THEN 11 WHEN 'datetime2' THEN -9
 WHEN 'datetimeoffset' THEN -9 WHEN 'char' THEN 1 WHEN 'varchar' THEN 12 WHEN 'text' THEN -1 WHEN 'nchar' THEN -8 WHEN 'nvarchar' THEN -9 WHEN 'sysname' THEN -9 WHEN 'ntext' THEN -10 WHEN 'binary' THEN -2
 WHEN 'varbinary' THEN -3 WHEN 'image' THEN -4 WHEN 'timestamp' THEN -2 WHEN 'uniqueidentifier' THEN -11 WHEN 'xml' THEN -152 ELSE -150 END)`;

/** Parameters and results: Learn, "Catalog stored procedures". */
export const catalogProcedures: Readonly<Record<string, CatalogProcedure>> = {
  sp_databases: procedure(
    [],
    'DATABASE_NAME sysname!, DATABASE_SIZE int, REMARKS varchar(254)',
    'SELECT name, 8192, NULL FROM tsql.databases ORDER BY name',
  ),
  sp_tables: procedure(
    ['@table_name', '@table_owner', '@table_qualifier', '@table_type'],
    'TABLE_QUALIFIER sysname, TABLE_OWNER sysname, TABLE_NAME sysname!, TABLE_TYPE varchar(32), REMARKS varchar(254)',
    `SELECT tsql.db_name(), s.name, o.name, CASE o.type WHEN 'U' THEN 'TABLE' ELSE 'VIEW' END, NULL FROM catalog.object AS o JOIN catalog.schema AS s ON s.schema_id = o.schema_id
     WHERE o.type IN ('U', 'V') AND o.session = 0 AND tsql.visible(o.object_id) AND ${like('o.name', 1)} AND ${like('s.name', 2)} AND ($3::text IS NULL OR true)
       AND ($4::text IS NULL OR strpos(upper($4::text), CASE o.type WHEN 'U' THEN '''TABLE''' ELSE '''VIEW''' END) > 0) ORDER BY 4, 2, 3`,
  ),
  sp_columns: procedure(
    ['@table_name', '@table_owner', '@table_qualifier', '@column_name', '@ODBCVer'],
    'TABLE_QUALIFIER sysname, TABLE_OWNER sysname, TABLE_NAME sysname!, COLUMN_NAME sysname, DATA_TYPE smallint!, TYPE_NAME sysname!, PRECISION int, LENGTH int, SCALE smallint, RADIX smallint, NULLABLE smallint!, REMARKS varchar(254), COLUMN_DEF nvarchar(4000), SQL_DATA_TYPE smallint!, SQL_DATETIME_SUB smallint, CHAR_OCTET_LENGTH int, ORDINAL_POSITION int!, IS_NULLABLE varchar(254)!, SS_DATA_TYPE tinyint!',
    `SELECT tsql.db_name(), s.name, o.name, c.name, ${odbc}, (c.type->>'name') || CASE WHEN c.identity_seed IS NOT NULL THEN ' identity' ELSE '' END,
       CASE WHEN tsql.collation_of(c.type) IS NOT NULL THEN coalesce((c.type->>'length')::int, 128) ELSE tsql.precision_of(c.type)::int END, tsql.max_length(c.type)::int, CASE WHEN tsql.collation_of(c.type) IS NULL THEN tsql.scale_of(c.type) END,
       CASE WHEN c.type->>'name' IN ('tinyint', 'smallint', 'int', 'bigint', 'decimal', 'numeric', 'money', 'smallmoney') THEN 10 WHEN c.type->>'name' IN ('real', 'float') THEN 2 END,
       c.nullable::int, NULL, ${defined('c.object_id', '(SELECT d.definition FROM catalog.default_constraint AS d WHERE d.parent_id = c.object_id AND d.column_id = c.column_id)')}, ${odbc}, NULL::int,
       CASE WHEN tsql.collation_of(c.type) IS NOT NULL THEN tsql.max_length(c.type)::int END, (row_number() OVER (PARTITION BY c.object_id ORDER BY c.column_id))::int, CASE WHEN c.nullable THEN 'YES' ELSE 'NO' END,
       t.system_type_id FROM catalog.column AS c JOIN catalog.object AS o ON o.object_id = c.object_id JOIN catalog.schema AS s ON s.schema_id = o.schema_id JOIN catalog.system_type AS t ON t.name = c.type->>'name'
     WHERE o.type IN ('U', 'V') AND o.session = 0 AND tsql.visible(o.object_id) AND ${like('o.name', 1)} AND ${like('s.name', 2)} AND ($3::text IS NULL OR true) AND ${like('c.name', 4)} AND ($5::text IS NULL OR true) ORDER BY 2, 3, 17`,
  ),
  sp_pkeys: procedure(
    ['@table_name', '@table_owner', '@table_qualifier'],
    'TABLE_QUALIFIER sysname, TABLE_OWNER sysname, TABLE_NAME sysname!, COLUMN_NAME sysname, KEY_SEQ smallint!, PK_NAME sysname',
    `SELECT tsql.db_name(), s.name, o.name, c.name, x.position, i.name FROM catalog.index AS i JOIN catalog.object AS o ON o.object_id = i.object_id JOIN catalog.schema AS s ON s.schema_id = o.schema_id
       JOIN catalog.index_column AS x ON x.object_id = i.object_id AND x.index_id = i.index_id JOIN catalog.column AS c ON c.object_id = x.object_id AND c.column_id = x.column_id
     WHERE i.kind = 'primary' AND o.session = 0 AND tsql.visible(o.object_id) AND ${equal('o.name', 1)} AND ${equal('s.name', 2)} AND ($3::text IS NULL OR true) ORDER BY 2, 3, 5`,
  ),
  sp_helptext: {
    ...procedure(
      ['@objname'],
      'Text nvarchar(255)',
      `SELECT line || CASE WHEN n < count(*) OVER () THEN E'\\r\\n' ELSE '' END FROM regexp_split_to_table(tsql.object_definition(tsql.object_id($1::text, NULL)), '\\r?\\n') WITH ORDINALITY AS t (line, n) ORDER BY n`,
    ),
    refused: `SELECT CASE WHEN tsql.object_id($1::text, NULL) IS NULL THEN 15009 WHEN tsql.object_definition(tsql.object_id($1::text, NULL)) IS NULL THEN 15197 END`,
  },
  sp_helpdb: procedure(
    ['@dbname'],
    'name nvarchar(24), db_size nvarchar(13), owner nvarchar(24), dbid smallint, created char(11), status nvarchar(600), compatibility_level tinyint',
    `SELECT name, '      8.00 MB', 'dbo', id, to_char(created, 'Mon DD YYYY'), 'Status=ONLINE, Updateability=READ_WRITE, UserAccess=MULTI_USER, Recovery=FULL, Version=957, Collation=SQL_Latin1_General_CP1_CI_AS', 160 FROM tsql.databases WHERE ${equal('name', 1)} ORDER BY name`,
  ),
};
