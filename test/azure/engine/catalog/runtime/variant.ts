// sql_variant in PostgreSQL: text that says its base type (tds/variant.ts); compared by family of types, then by value.
import { variantMark } from '../../../tds/variant.ts';
import { sqlFunction } from './plpgsql.ts';

const kept = `v COLLATE "C"`;
const marked = `left(${kept}, 1) = '${variantMark}'`;

/** Families from low to high (Learn: "sql_variant", comparing values). */
const rank = `CASE tsql.variant_base(v)
  WHEN 'uniqueidentifier' THEN 1 WHEN 'binary' THEN 2 WHEN 'varbinary' THEN 2
  WHEN 'char' THEN 3 WHEN 'varchar' THEN 3 WHEN 'nchar' THEN 3 WHEN 'nvarchar' THEN 3
  WHEN 'real' THEN 5 WHEN 'float' THEN 5
  WHEN 'date' THEN 6 WHEN 'time' THEN 6 WHEN 'datetime' THEN 6 WHEN 'smalldatetime' THEN 6 WHEN 'datetime2' THEN 6 WHEN 'datetimeoffset' THEN 6
  ELSE 4 END`;

export const variantSql = [
  sqlFunction(
    'variant(base text, v text)',
    'text',
    `SELECT '${variantMark}' || base || '${variantMark}' || v`,
  ),
  sqlFunction(
    'variant_type(v text)',
    'text',
    `SELECT CASE WHEN ${marked} THEN split_part(${kept}, '${variantMark}', 2) WHEN v IS NOT NULL THEN 'nvarchar(' || greatest(1, length(v)) || ')' END`,
  ),
  sqlFunction('variant_base(v text)', 'text', `SELECT split_part(tsql.variant_type(v) COLLATE "C", '(', 1)`),
  sqlFunction(
    'variant_text(v text)',
    'text',
    `SELECT CASE WHEN ${marked} THEN substr(${kept}, strpos(substr(${kept}, 2), '${variantMark}') + 2) ELSE v END`,
  ),
  `CREATE TYPE tsql.variant_key AS (family int, number numeric, text text COLLATE tsql.ci);`,
  sqlFunction(
    'variant_key(v text)',
    'tsql.variant_key',
    `SELECT CASE WHEN v IS NOT NULL THEN ROW(r, CASE WHEN r IN (4, 5) THEN tsql.variant_text(v)::numeric END, CASE WHEN r IN (4, 5) THEN NULL ELSE rtrim(tsql.variant_text(v), ' ') END)::tsql.variant_key END FROM (SELECT ${rank} AS r) AS x`,
  ),
].join('\n');
