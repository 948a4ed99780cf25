// T-SQL type to PostgreSQL type, and the questions about types that storage and conversions share.
import type { SqlType, SqlTypeName } from '../../contract.ts';
import { pgCollation } from './collations.ts';

const names: Record<SqlTypeName, string> = {
  bit: 'boolean',
  tinyint: 'int2',
  smallint: 'int2',
  int: 'int4',
  bigint: 'int8',
  decimal: 'numeric',
  numeric: 'numeric',
  money: 'numeric',
  smallmoney: 'numeric',
  real: 'float4',
  float: 'float8',
  date: 'date',
  time: 'int8',
  datetime: 'timestamp',
  smalldatetime: 'timestamp',
  datetime2: 'int8',
  datetimeoffset: 'tsql.datetimeoffset',
  char: 'bpchar',
  varchar: 'bpchar',
  text: 'bpchar',
  nchar: 'bpchar',
  nvarchar: 'bpchar',
  ntext: 'bpchar',
  binary: 'bytea',
  varbinary: 'bytea',
  image: 'bytea',
  uniqueidentifier: 'uuid',
  xml: 'bpchar',
  sql_variant: 'bpchar',
  timestamp: 'bytea',
  sysname: 'bpchar',
};

/** float(1-24) is real. */
export function pgType(type: SqlType): string {
  if (type.name === 'float' && type.precision !== undefined && type.precision <= 24) return 'float4';
  return names[type.name];
}

/** The type of a column: with its numeric scale and its collation. */
export function columnPgType(type: SqlType): string {
  const base = pgType(type);
  switch (type.name) {
    case 'decimal':
    case 'numeric':
      return `numeric(${String(type.precision ?? 18)},${String(type.scale ?? 0)})`;
    case 'money':
      return 'numeric(19,4)';
    case 'smallmoney':
      return 'numeric(10,4)';
    default:
      return base === 'bpchar' ? `bpchar COLLATE ${pgCollation(type.collation) ?? 'tsql.ci'}` : base;
  }
}

export const isTextType = (type: SqlType): boolean => names[type.name] === 'bpchar';
export const isWide = (type: SqlType): boolean =>
  ['nchar', 'nvarchar', 'ntext', 'sysname', 'xml', 'sql_variant'].includes(type.name);
export const isBytes = (type: SqlType): boolean => names[type.name] === 'bytea';
export const isInteger = (type: SqlType): boolean =>
  ['tinyint', 'smallint', 'int', 'bigint'].includes(type.name);
export const isMoney = (type: SqlType): boolean => type.name === 'money' || type.name === 'smallmoney';
export const isExact = (type: SqlType): boolean => type.name === 'decimal' || type.name === 'numeric';
export const isFloat = (type: SqlType): boolean => type.name === 'float' || type.name === 'real';
export const isDate = (type: SqlType): boolean =>
  ['date', 'time', 'datetime', 'smalldatetime', 'datetime2', 'datetimeoffset'].includes(type.name);

/** Length in the type's own unit; -1 is (max). */
export function lengthOf(type: SqlType): number {
  switch (type.name) {
    case 'sysname':
      return 128;
    case 'text':
    case 'ntext':
    case 'image':
    case 'xml':
    case 'sql_variant':
      return -1;
    case 'timestamp':
      return 8;
    default:
      return type.length ?? 1;
  }
}

/** The type as messages name it. */
export function typeWord(type: SqlType): string {
  if (type.name === 'sysname') return 'nvarchar';
  return type.name === 'decimal' ? 'numeric' : type.name;
}
