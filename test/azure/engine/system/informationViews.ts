// INFORMATION_SCHEMA.* over the catalog's own tables (Learn: "System information schema views").
import { defined, view } from './viewDeclaration.ts';
import type { SystemView } from './viewDeclaration.ts';

const from = `FROM catalog.object AS o JOIN catalog.schema AS s ON s.schema_id = o.schema_id`;
const seen = `o.session = 0 AND tsql.visible(o.object_id)`;
const typeName = (column: string): string =>
  `(CASE ${column}->>'name' WHEN 'sysname' THEN 'nvarchar' ELSE ${column}->>'name' END)`;
const isText = (column: string): string =>
  `(${column}->>'name' IN ('char', 'varchar', 'text', 'nchar', 'nvarchar', 'ntext', 'sysname'))`;
const isWide = (column: string): string =>
  `(${column}->>'name' IN ('nchar', 'nvarchar', 'ntext', 'sysname'))`;
const characters = (column: string): string =>
  `(CASE ${column}->>'name' WHEN 'sysname' THEN 128 WHEN 'text' THEN 2147483647 WHEN 'ntext' THEN 1073741823 WHEN 'image' THEN 2147483647 WHEN 'xml' THEN -1 ELSE CASE WHEN ${column}->>'name' IN ('char', 'varchar', 'nchar', 'nvarchar', 'binary', 'varbinary') THEN coalesce((${column}->>'length')::int, 1) END END)`;
const octets = (column: string): string =>
  `(CASE WHEN ${column}->>'name' IN ('char', 'varchar', 'nchar', 'nvarchar', 'binary', 'varbinary', 'sysname') THEN tsql.max_length(${column})::int WHEN ${column}->>'name' IN ('text', 'ntext', 'image') THEN 2147483647 END)`;
const isNumber = (column: string): string =>
  `(${column}->>'name' IN ('tinyint', 'smallint', 'int', 'bigint', 'decimal', 'numeric', 'money', 'smallmoney', 'real', 'float'))`;
const typeColumns = (
  column: string,
): string => `${typeName(column)}, ${characters(column)}, ${octets(column)},
 CASE WHEN ${isNumber(column)} THEN tsql.precision_of(${column}) END, CASE WHEN ${column}->>'name' IN ('real', 'float') THEN 2 WHEN ${isNumber(column)} THEN 10 END,
 CASE WHEN ${isNumber(column)} AND ${column}->>'name' NOT IN ('real', 'float') THEN tsql.scale_of(${column})::int END,
 CASE ${column}->>'name' WHEN 'date' THEN 0 WHEN 'smalldatetime' THEN 0 WHEN 'datetime' THEN 3 ELSE CASE WHEN ${column}->>'name' IN ('time', 'datetime2', 'datetimeoffset') THEN tsql.scale_of(${column})::int END END,
 NULL, NULL, CASE WHEN ${isWide(column)} THEN 'UNICODE' WHEN ${isText(column)} THEN 'iso_1' END, NULL, NULL, tsql.collation_of(${column})`;

const constraints = `FROM catalog.object AS k JOIN catalog.object AS o ON o.object_id = k.parent_id JOIN catalog.schema AS s ON s.schema_id = k.schema_id JOIN catalog.schema AS ts ON ts.schema_id = o.schema_id`;

export const informationViews: readonly SystemView[] = [
  view(
    'INFORMATION_SCHEMA',
    'SCHEMATA',
    'CATALOG_NAME nvarchar(128), SCHEMA_NAME nvarchar(128)!, SCHEMA_OWNER nvarchar(128), DEFAULT_CHARACTER_SET_CATALOG varchar(6), DEFAULT_CHARACTER_SET_SCHEMA varchar(3), DEFAULT_CHARACTER_SET_NAME sysname',
    `SELECT tsql.db_name(), name, name, NULL, NULL, 'iso_1' FROM catalog.schema`,
  ),
  view(
    'INFORMATION_SCHEMA',
    'TABLES',
    'TABLE_CATALOG nvarchar(128), TABLE_SCHEMA nvarchar(128), TABLE_NAME sysname!, TABLE_TYPE varchar(10)',
    `SELECT tsql.db_name(), s.name, o.name, CASE o.type WHEN 'U' THEN 'BASE TABLE' ELSE 'VIEW' END ${from} WHERE o.type IN ('U', 'V') AND ${seen}`,
  ),
  view(
    'INFORMATION_SCHEMA',
    'VIEWS',
    'TABLE_CATALOG nvarchar(128), TABLE_SCHEMA nvarchar(128), TABLE_NAME sysname!, VIEW_DEFINITION nvarchar(4000), CHECK_OPTION varchar(7), IS_UPDATABLE varchar(2)!',
    `SELECT tsql.db_name(), s.name, o.name, ${defined('o.object_id', 'left(o.definition, 4000)')}, 'NONE', 'NO' ${from} WHERE o.type = 'V' AND ${seen}`,
  ),
  view(
    'INFORMATION_SCHEMA',
    'COLUMNS',
    'TABLE_CATALOG nvarchar(128), TABLE_SCHEMA nvarchar(128), TABLE_NAME nvarchar(128)!, COLUMN_NAME sysname, ORDINAL_POSITION int, COLUMN_DEFAULT nvarchar(4000), IS_NULLABLE varchar(3), DATA_TYPE nvarchar(128), CHARACTER_MAXIMUM_LENGTH int, CHARACTER_OCTET_LENGTH int, NUMERIC_PRECISION tinyint, NUMERIC_PRECISION_RADIX smallint, NUMERIC_SCALE int, DATETIME_PRECISION smallint, CHARACTER_SET_CATALOG sysname, CHARACTER_SET_SCHEMA sysname, CHARACTER_SET_NAME sysname, COLLATION_CATALOG sysname, COLLATION_SCHEMA sysname, COLLATION_NAME sysname, DOMAIN_CATALOG sysname, DOMAIN_SCHEMA sysname, DOMAIN_NAME sysname',
    `SELECT tsql.db_name(), s.name, o.name, c.name, (row_number() OVER (PARTITION BY c.object_id ORDER BY c.column_id))::int, ${defined('o.object_id', '(SELECT d.definition FROM catalog.default_constraint AS d WHERE d.parent_id = c.object_id AND d.column_id = c.column_id)')}, CASE WHEN c.nullable THEN 'YES' ELSE 'NO' END, ${typeColumns('c.type')}, NULL, NULL, c.user_type ${from} JOIN catalog.column AS c ON c.object_id = o.object_id WHERE o.type IN ('U', 'V') AND ${seen}`,
  ),
  view(
    'INFORMATION_SCHEMA',
    'TABLE_CONSTRAINTS',
    'CONSTRAINT_CATALOG nvarchar(128), CONSTRAINT_SCHEMA nvarchar(128), CONSTRAINT_NAME sysname!, TABLE_CATALOG nvarchar(128), TABLE_SCHEMA nvarchar(128), TABLE_NAME sysname, CONSTRAINT_TYPE varchar(11), IS_DEFERRABLE varchar(2)!, INITIALLY_DEFERRED varchar(2)!',
    `SELECT tsql.db_name(), s.name, k.name, tsql.db_name(), ts.name, o.name, CASE k.type WHEN 'PK' THEN 'PRIMARY KEY' WHEN 'UQ' THEN 'UNIQUE' WHEN 'F' THEN 'FOREIGN KEY' ELSE 'CHECK' END, 'NO', 'NO' ${constraints} WHERE k.type IN ('PK', 'UQ', 'F', 'C') AND ${seen}`,
  ),
  view(
    'INFORMATION_SCHEMA',
    'KEY_COLUMN_USAGE',
    'CONSTRAINT_CATALOG nvarchar(128), CONSTRAINT_SCHEMA nvarchar(128), CONSTRAINT_NAME nvarchar(128)!, TABLE_CATALOG nvarchar(128), TABLE_SCHEMA nvarchar(128), TABLE_NAME nvarchar(128), COLUMN_NAME nvarchar(128), ORDINAL_POSITION int!',
    `SELECT tsql.db_name(), s.name, k.name, tsql.db_name(), ts.name, o.name, c.name, p.position ${constraints} JOIN LATERAL (SELECT ic.column_id, ic.position FROM catalog.index AS i JOIN catalog.index_column AS ic ON ic.object_id = i.object_id AND ic.index_id = i.index_id WHERE i.constraint_id = k.object_id UNION ALL SELECT f.parent_column_id, f.position FROM catalog.foreign_key_column AS f WHERE f.object_id = k.object_id) AS p ON true JOIN catalog.column AS c ON c.object_id = o.object_id AND c.column_id = p.column_id WHERE k.type IN ('PK', 'UQ', 'F') AND ${seen}`,
  ),
  view(
    'INFORMATION_SCHEMA',
    'CONSTRAINT_COLUMN_USAGE',
    'TABLE_CATALOG nvarchar(128), TABLE_SCHEMA nvarchar(128), TABLE_NAME nvarchar(128)!, COLUMN_NAME nvarchar(128), CONSTRAINT_CATALOG nvarchar(128), CONSTRAINT_SCHEMA nvarchar(128), CONSTRAINT_NAME nvarchar(128)!',
    `SELECT tsql.db_name(), ts.name, o.name, c.name, tsql.db_name(), s.name, k.name ${constraints} JOIN LATERAL (SELECT ic.column_id FROM catalog.index AS i JOIN catalog.index_column AS ic ON ic.object_id = i.object_id AND ic.index_id = i.index_id WHERE i.constraint_id = k.object_id UNION ALL SELECT f.parent_column_id FROM catalog.foreign_key_column AS f WHERE f.object_id = k.object_id UNION ALL SELECT unnest(ck.columns) FROM catalog.check_constraint AS ck WHERE ck.object_id = k.object_id) AS p ON true JOIN catalog.column AS c ON c.object_id = o.object_id AND c.column_id = p.column_id WHERE ${seen}`,
  ),
  view(
    'INFORMATION_SCHEMA',
    'REFERENTIAL_CONSTRAINTS',
    'CONSTRAINT_CATALOG nvarchar(128), CONSTRAINT_SCHEMA nvarchar(128), CONSTRAINT_NAME sysname!, UNIQUE_CONSTRAINT_CATALOG nvarchar(128), UNIQUE_CONSTRAINT_SCHEMA nvarchar(128), UNIQUE_CONSTRAINT_NAME sysname, MATCH_OPTION varchar(7), UPDATE_RULE varchar(11), DELETE_RULE varchar(11)',
    `SELECT tsql.db_name(), s.name, k.name, tsql.db_name(), rs.name, i.name, 'SIMPLE', f.on_update, f.on_delete ${constraints} JOIN catalog.foreign_key AS f ON f.object_id = k.object_id JOIN catalog.object AS r ON r.object_id = f.referenced_id JOIN catalog.schema AS rs ON rs.schema_id = r.schema_id JOIN catalog.index AS i ON i.object_id = f.referenced_id AND i.index_id = f.key_index_id WHERE ${seen}`,
  ),
  view(
    'INFORMATION_SCHEMA',
    'CHECK_CONSTRAINTS',
    'CONSTRAINT_CATALOG nvarchar(128), CONSTRAINT_SCHEMA nvarchar(128), CONSTRAINT_NAME sysname!, CHECK_CLAUSE nvarchar(4000)',
    `SELECT tsql.db_name(), s.name, k.name, ${defined('k.object_id', 'c.definition')} ${constraints} JOIN catalog.check_constraint AS c ON c.object_id = k.object_id WHERE ${seen}`,
  ),
  view(
    'INFORMATION_SCHEMA',
    'ROUTINES',
    'SPECIFIC_CATALOG nvarchar(128), SPECIFIC_SCHEMA nvarchar(128), SPECIFIC_NAME nvarchar(128)!, ROUTINE_CATALOG nvarchar(128), ROUTINE_SCHEMA nvarchar(128), ROUTINE_NAME nvarchar(128)!, ROUTINE_TYPE nvarchar(20), DATA_TYPE nvarchar(128), ROUTINE_BODY nvarchar(30), ROUTINE_DEFINITION nvarchar(4000), CREATED datetime!, LAST_ALTERED datetime!',
    `SELECT tsql.db_name(), s.name, o.name, tsql.db_name(), s.name, o.name, CASE o.type WHEN 'P' THEN 'PROCEDURE' ELSE 'FUNCTION' END, CASE WHEN o.type = 'FN' THEN (SELECT p.type->>'name' FROM catalog.parameter AS p WHERE p.object_id = o.object_id AND p.parameter_id = 0) WHEN o.type IN ('IF', 'TF') THEN 'TABLE' END, 'SQL', ${defined('o.object_id', 'left(o.definition, 4000)')}, o.created, o.modified ${from} WHERE o.type IN ('P', 'FN', 'IF', 'TF') AND ${seen}`,
  ),
  view(
    'INFORMATION_SCHEMA',
    'PARAMETERS',
    'SPECIFIC_CATALOG nvarchar(128), SPECIFIC_SCHEMA nvarchar(128), SPECIFIC_NAME nvarchar(128)!, ORDINAL_POSITION int!, PARAMETER_MODE nvarchar(10), IS_RESULT nvarchar(10), PARAMETER_NAME nvarchar(128), DATA_TYPE nvarchar(128), CHARACTER_MAXIMUM_LENGTH int',
    `SELECT tsql.db_name(), s.name, o.name, p.parameter_id, CASE WHEN p.parameter_id = 0 THEN 'OUT' WHEN p.output THEN 'INOUT' ELSE 'IN' END, CASE WHEN p.parameter_id = 0 THEN 'YES' ELSE 'NO' END, p.name, ${typeName('p.type')}, ${characters('p.type')} ${from} JOIN catalog.parameter AS p ON p.object_id = o.object_id WHERE ${seen}`,
  ),
];
