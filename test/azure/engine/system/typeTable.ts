// sys.types: the system types with their ids and sizes, in PostgreSQL.

/** name, system_type_id, user_type_id, max_length, precision, scale, has a collation */
const types = `('image',34,34,16,0,0,false),('text',35,35,16,0,0,true),('uniqueidentifier',36,36,16,0,0,false),('date',40,40,3,10,0,false),
('time',41,41,5,16,7,false),('datetime2',42,42,8,27,7,false),('datetimeoffset',43,43,10,34,7,false),('tinyint',48,48,1,3,0,false),
('smallint',52,52,2,5,0,false),('int',56,56,4,10,0,false),('smalldatetime',58,58,4,16,0,false),('real',59,59,4,24,0,false),
('money',60,60,8,19,4,false),('datetime',61,61,8,23,3,false),('float',62,62,8,53,0,false),('sql_variant',98,98,8016,0,0,false),
('ntext',99,99,16,0,0,true),('bit',104,104,1,1,0,false),('decimal',106,106,17,38,38,false),('numeric',108,108,17,38,38,false),
('smallmoney',122,122,4,10,4,false),('bigint',127,127,8,19,0,false),('varbinary',165,165,8000,0,0,false),('varchar',167,167,8000,0,0,true),
('binary',173,173,8000,0,0,false),('char',175,175,8000,0,0,true),('timestamp',189,189,8,0,0,false),('nvarchar',231,231,8000,0,0,true),
('nchar',239,239,8000,0,0,true),('xml',241,241,-1,0,0,false),('sysname',231,256,256,0,0,true)`;

/** max_length, precision and scale of a SqlType as JSON, by the rules of sys.columns. */
export const typeTableSql = `
CREATE TABLE catalog.system_type (name text PRIMARY KEY, system_type_id int, user_type_id int, max_length int, precision int, scale int, collated boolean);
INSERT INTO catalog.system_type VALUES ${types};
CREATE FUNCTION tsql.max_length(t jsonb) RETURNS smallint LANGUAGE sql STABLE AS $tsql$
SELECT (CASE t->>'name'
  WHEN 'varchar' THEN coalesce((t->>'length')::int, 1) WHEN 'char' THEN coalesce((t->>'length')::int, 1)
  WHEN 'varbinary' THEN coalesce((t->>'length')::int, 1) WHEN 'binary' THEN coalesce((t->>'length')::int, 1)
  WHEN 'nvarchar' THEN CASE WHEN (t->>'length')::int = -1 THEN -1 ELSE 2 * coalesce((t->>'length')::int, 1) END
  WHEN 'nchar' THEN 2 * coalesce((t->>'length')::int, 1)
  WHEN 'decimal' THEN tsql.decimal_bytes((t->>'precision')::int) WHEN 'numeric' THEN tsql.decimal_bytes((t->>'precision')::int)
  WHEN 'time' THEN CASE WHEN (t->>'scale')::int < 3 THEN 3 WHEN (t->>'scale')::int < 5 THEN 4 ELSE 5 END
  WHEN 'datetime2' THEN CASE WHEN (t->>'scale')::int < 3 THEN 6 WHEN (t->>'scale')::int < 5 THEN 7 ELSE 8 END
  WHEN 'datetimeoffset' THEN CASE WHEN (t->>'scale')::int < 3 THEN 8 WHEN (t->>'scale')::int < 5 THEN 9 ELSE 10 END
  ELSE (SELECT max_length FROM catalog.system_type WHERE name = t->>'name') END)::smallint $tsql$;
CREATE FUNCTION tsql.decimal_bytes(p int) RETURNS int LANGUAGE sql IMMUTABLE AS $tsql$
SELECT CASE WHEN coalesce(p, 18) < 10 THEN 5 WHEN coalesce(p, 18) < 20 THEN 9 WHEN p < 29 THEN 13 ELSE 17 END $tsql$;
CREATE FUNCTION tsql.precision_of(t jsonb) RETURNS smallint LANGUAGE sql STABLE AS $tsql$
SELECT (CASE t->>'name'
  WHEN 'decimal' THEN coalesce((t->>'precision')::int, 18) WHEN 'numeric' THEN coalesce((t->>'precision')::int, 18)
  WHEN 'time' THEN CASE coalesce((t->>'scale')::int, 7) WHEN 0 THEN 8 ELSE 9 + coalesce((t->>'scale')::int, 7) END
  WHEN 'datetime2' THEN CASE coalesce((t->>'scale')::int, 7) WHEN 0 THEN 19 ELSE 20 + coalesce((t->>'scale')::int, 7) END
  WHEN 'datetimeoffset' THEN CASE coalesce((t->>'scale')::int, 7) WHEN 0 THEN 26 ELSE 27 + coalesce((t->>'scale')::int, 7) END
  ELSE (SELECT precision FROM catalog.system_type WHERE name = t->>'name') END)::smallint $tsql$;
CREATE FUNCTION tsql.scale_of(t jsonb) RETURNS smallint LANGUAGE sql STABLE AS $tsql$
SELECT (CASE WHEN t->>'name' IN ('decimal', 'numeric') THEN coalesce((t->>'scale')::int, 0)
  WHEN t->>'name' IN ('time', 'datetime2', 'datetimeoffset') THEN coalesce((t->>'scale')::int, 7)
  ELSE (SELECT scale FROM catalog.system_type WHERE name = t->>'name') END)::smallint $tsql$;
CREATE FUNCTION tsql.collation_of(t jsonb) RETURNS text LANGUAGE sql STABLE AS $tsql$
SELECT CASE WHEN (SELECT collated FROM catalog.system_type WHERE name = t->>'name') THEN coalesce(t->>'collation', 'SQL_Latin1_General_CP1_CI_AS') END $tsql$;
`;
