// How values travel between a table and a person exactly: types that JavaScript cannot hold go as text in both directions.
import type { TableColumn } from './tableShape.ts';
import { isClrType } from './tableShape.ts';

/** CONVERT style that is exact, sortable and independent of language for every date and time type (Learn, CAST and CONVERT: 121). */
const dateStyle = 121;
/** Four digits after the point, no commas (Learn, CAST and CONVERT: money styles). */
const moneyStyle = 2;

const dates: ReadonlySet<string> = new Set([
  'date',
  'time',
  'datetime',
  'smalldatetime',
  'datetime2',
  'datetimeoffset',
]);

/** The expression that reads a column, `source` being its quoted name with whatever stands before it. */
export function readExpression(column: TableColumn, source: string): string {
  if (dates.has(column.baseType)) return `CONVERT(nvarchar(40), ${source}, ${dateStyle})`;
  switch (column.baseType) {
    case 'decimal':
    case 'numeric':
    case 'bigint':
      return `CONVERT(nvarchar(40), ${source})`;
    case 'money':
    case 'smallmoney':
      return `CONVERT(nvarchar(40), ${source}, ${moneyStyle})`;
    case 'sql_variant':
      return `CONVERT(nvarchar(4000), ${source})`;
    default:
      return isClrType(column.baseType) ? `${source}.ToString()` : source;
  }
}

/** The expression that turns a parameter back into the column's type, exactly as it was read. */
export function writeExpression(column: TableColumn, parameter: string): string {
  if (dates.has(column.baseType)) return `CONVERT(${column.sqlType}, ${parameter}, ${dateStyle})`;
  return travelsAsText(column) ? `CONVERT(${column.sqlType}, ${parameter})` : parameter;
}

/** The type a parameter for this column has on the wire. */
export function parameterType(column: TableColumn): string {
  if (travelsAsText(column)) return 'nvarchar(40)';
  switch (column.baseType) {
    // Always Unicode and always long enough: the server converts by the column's own collation and complains about what does
    // not fit, where a driver would convert by the connection's code page or cut.
    case 'char':
    case 'varchar':
    case 'nchar':
    case 'nvarchar':
      return column.maxLength === -1 || column.maxLength > 4000 ? 'nvarchar(max)' : 'nvarchar(4000)';
    case 'xml':
    case 'ntext':
    case 'text':
      return 'nvarchar(max)';
    case 'image':
      return 'varbinary(max)';
    case 'timestamp':
      return 'binary(8)';
    default:
      return column.sqlType;
  }
}

/** Whether `=` works on the type and comparing it does not mean sending something huge. */
export function isComparable(column: TableColumn): boolean {
  return (
    column.maxLength !== -1 &&
    !['text', 'ntext', 'image', 'xml', 'sql_variant'].includes(column.baseType) &&
    !isClrType(column.baseType)
  );
}

function travelsAsText(column: TableColumn): boolean {
  return (
    dates.has(column.baseType) ||
    ['decimal', 'numeric', 'bigint', 'money', 'smallmoney'].includes(column.baseType)
  );
}
