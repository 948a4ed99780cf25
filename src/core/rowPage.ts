// A page of a table's rows: filtered, sorted and in an order that does not change between pages.
import { quoteName, quoteTable } from './names.ts';
import type { Cell, Parameter, SqlStatement } from './ports.ts';
import { isComparable, readExpression } from './rowText.ts';
import type { TableColumn, TableShape } from './tableShape.ts';

/** One row of a table. */
export interface UserRow {
  /** In the order of the table's columns; exact types as text (see rowText). */
  values: readonly Cell[];
}

export interface RowOrder {
  column: string;
  descending: boolean;
}

export interface RowView {
  /** Rows with this text in any searchable column; '' or absent = all. */
  filter?: string;
  sort?: RowOrder;
}

/** The rows `offset` … `offset + limit - 1` of a view. */
export function pageStatement(shape: TableShape, view: RowView, offset: number, limit: number): SqlStatement {
  const filter = filterClause(shape, view.filter);
  return {
    text: `SELECT ${projection(shape)}
FROM ${quoteTable(shape.table)}${filter.text}
ORDER BY ${orderTerms(shape, view.sort).join(', ')}
OFFSET @offset ROWS FETCH NEXT @limit ROWS ONLY`,
    parameters: [
      ...filter.parameters,
      { name: 'offset', value: offset, sqlType: 'int' },
      { name: 'limit', value: limit, sqlType: 'int' },
    ],
  };
}

/** How many rows a view has. */
export function countStatement(shape: TableShape, view: RowView): SqlStatement {
  const filter = filterClause(shape, view.filter);
  return {
    text: `SELECT COUNT(*) AS row_count FROM ${quoteTable(shape.table)}${filter.text}`,
    parameters: filter.parameters,
  };
}

/** Every column, named and exact; `source` is "inserted" in an OUTPUT clause or an alias. */
export function projection(shape: TableShape, source?: string): string {
  return shape.columns
    .map((column) => {
      const name = quoteName(column.name);
      const read = readExpression(column, source ? `${source}.${name}` : name);
      return read === name ? name : `${read} AS ${name}`;
    })
    .join(', ');
}

/** Columns whose text a filter looks at. */
export function searchableColumns(shape: TableShape): TableColumn[] {
  return shape.columns.filter((column) => isText(column) || isSearchableAsText(column));
}

function filterClause(
  shape: TableShape,
  filter: string | undefined,
): { text: string; parameters: Parameter[] } {
  const columns = searchableColumns(shape);
  if (!filter || columns.length === 0) return { text: '', parameters: [] };
  const terms = columns.map((column) => {
    const name = quoteName(column.name);
    const text = isText(column) ? name : `CONVERT(nvarchar(60), ${name})`;
    return `${text} LIKE @filter ESCAPE N'\\'`;
  });
  return {
    text: `\nWHERE ${terms.join(' OR ')}`,
    parameters: [{ name: 'filter', value: `%${escapeLike(filter)}%`, sqlType: 'nvarchar(4000)' }],
  };
}

/** What was asked for first, then the key, so that every row has one place. */
function orderTerms(shape: TableShape, sort: RowOrder | undefined): string[] {
  const sortable = shape.columns.filter(isComparable);
  const terms: string[] = [];
  if (sort && sortable.some(({ name }) => name === sort.column))
    terms.push(quoteName(sort.column) + (sort.descending ? ' DESC' : ''));
  // Without a key there is no total order; all of the row comes closest.
  const rest = shape.key.length > 0 ? shape.key : sortable.slice(0, 16).map(({ name }) => name);
  for (const name of rest) if (name !== sort?.column) terms.push(quoteName(name));
  return terms.length > 0 ? terms : ['(SELECT NULL)'];
}

/** The characters that LIKE takes for more than themselves (Learn, LIKE). */
function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_[]/g, String.raw`\$&`);
}

/** Whether the column holds text that has a collation and fits into a comparison. */
export function isText(column: TableColumn): boolean {
  return ['char', 'varchar', 'nchar', 'nvarchar'].includes(column.baseType);
}

function isSearchableAsText(column: TableColumn): boolean {
  return ['int', 'bigint', 'smallint', 'tinyint', 'uniqueidentifier'].includes(column.baseType);
}
