// The statements that insert, change and delete one row: by key and old values, with the row read back as the server kept it.
import { quoteName, quoteTable } from './names.ts';
import type { Cell, Parameter, SqlStatement } from './ports.ts';
import { isText, projection } from './rowPage.ts';
import type { UserRow } from './rowPage.ts';
import { isComparable, parameterType, writeExpression } from './rowText.ts';
import type { TableColumn, TableShape } from './tableShape.ts';

/** What to put into a column: a value (null is NULL), or the column's default. */
export type NewValue = { kind: 'value'; value: Cell } | { kind: 'default' };

/** Column name → value; columns that are not named keep their value or get their default. */
export type NewValues = ReadonlyMap<string, NewValue>;

/** Returns the new row as its last result set; without a key and with triggers, nothing (the row cannot be found again). */
export function insertStatement(shape: TableShape, values: NewValues): SqlStatement {
  const parameters: Parameter[] = [];
  const given = shape.columns.filter(({ name }) => values.has(name));
  const list = given.map((column, index) => assign(column, values, `p${index}`, parameters));
  const target = `INSERT INTO ${quoteTable(shape.table)}${given.length > 0 ? ` (${given.map(({ name }) => quoteName(name)).join(', ')})` : ''}`;
  const source = given.length > 0 ? `VALUES (${list.join(', ')})` : 'DEFAULT VALUES';
  return { text: returning(shape, target, source, 'inserted'), parameters };
}

/** Returns the changed row; no row when key and old values match nothing any more. */
export function updateStatement(shape: TableShape, old: UserRow, values: NewValues): SqlStatement {
  const parameters: Parameter[] = [];
  const sets = shape.columns
    .filter(({ name }) => values.has(name))
    .map((column, index) => `${quoteName(column.name)} = ${assign(column, values, `p${index}`, parameters)}`);
  const where = unchanged(shape, old, parameters);
  return {
    text: returning(
      shape,
      `UPDATE ${quoteTable(shape.table)} SET ${sets.join(', ')}`,
      `WHERE ${where}`,
      'inserted',
    ),
    parameters,
  };
}

/** Returns one row when the row was there unchanged and is gone now, no row otherwise. */
export function deleteStatement(shape: TableShape, old: UserRow): SqlStatement {
  const parameters: Parameter[] = [];
  const where = unchanged(shape, old, parameters);
  const keys = shape.key.map(quoteName);
  const output = keys.map((name) => `deleted.${name}`).join(', ');
  const target = `DELETE FROM ${quoteTable(shape.table)}`;
  const text = shape.triggers
    ? `${declare(shape)}
${target} OUTPUT ${output} INTO @changed WHERE ${where};
SELECT ${keys.join(', ')} FROM @changed`
    : `${target} OUTPUT ${output} WHERE ${where}`;
  return { text, parameters };
}

/** The row that has the key of `row` now. */
export function rowStatement(shape: TableShape, row: UserRow): SqlStatement {
  const parameters: Parameter[] = [];
  const where = shape.columns
    .map((column, index) => ({ column, value: row.values[index] ?? null }))
    .filter(({ column }) => shape.key.includes(column.name))
    .map(({ column, value }, index) => equals(column, value, `k${index}`, parameters))
    .join(' AND ');
  return { text: `SELECT ${projection(shape)} FROM ${quoteTable(shape.table)} WHERE ${where}`, parameters };
}

function assign(column: TableColumn, values: NewValues, name: string, parameters: Parameter[]): string {
  const given = values.get(column.name);
  if (!given || given.kind === 'default') return 'DEFAULT';
  parameters.push({ name, value: given.value, sqlType: parameterType(column) });
  return writeExpression(column, `@${name}`);
}

/**
 * Key and old values; a rowversion column alone says as much as all others together. Texts are compared unit by unit: `=` goes by the
 * column's collation, for which 'ada' and 'ADA', or a text with blanks at its end, may be the same (Learn, "Collation and Unicode support").
 */
function unchanged(shape: TableShape, old: UserRow, parameters: Parameter[]): string {
  const version = shape.columns.find(({ baseType }) => baseType === 'timestamp');
  return shape.columns
    .map((column, index) => ({ column, value: old.values[index] ?? null }))
    .filter(
      ({ column }) =>
        shape.key.includes(column.name) ||
        (version ? column === version : isComparable(column) && !column.computed),
    )
    .flatMap(({ column, value }, index) => {
      const name = `o${index}`;
      const byCollation = equals(column, value, name, parameters);
      if (value === null || !isText(column)) return [byCollation];
      const exactly = sameUnits(column, `@${name}`);
      // An index can only be used for what the collation says.
      return shape.key.includes(column.name) ? [byCollation, exactly] : [exactly];
    })
    .join(' AND ');
}

/** Both sides as UTF-16: a varchar column is converted by its own code page, as it was when it was read. */
export function sameUnits(column: TableColumn, parameter: string): string {
  const text = parameterType(column);
  const bytes = text === 'nvarchar(max)' ? 'varbinary(max)' : 'varbinary(8000)';
  return `CONVERT(${bytes}, CONVERT(${text}, ${quoteName(column.name)})) = CONVERT(${bytes}, ${parameter})`;
}

function equals(column: TableColumn, value: Cell, name: string, parameters: Parameter[]): string {
  if (value === null) return `${quoteName(column.name)} IS NULL`;
  parameters.push({ name, value, sqlType: parameterType(column) });
  return `${quoteName(column.name)} = ${writeExpression(column, `@${name}`)}`;
}

/** A change that returns the row. Where triggers forbid plain OUTPUT (334), its key goes through a table variable. */
function returning(shape: TableShape, target: string, rest: string, source: 'inserted'): string {
  if (!shape.triggers) return `${target} OUTPUT ${projection(shape, source)} ${rest}`;
  if (shape.key.length === 0) return `${target} ${rest}`;
  const keys = shape.key.map(quoteName);
  return `${declare(shape)}
${target} OUTPUT ${keys.map((name) => `${source}.${name}`).join(', ')} INTO @changed ${rest};
SELECT ${projection(shape, 'r')} FROM ${quoteTable(shape.table)} AS r JOIN @changed AS c ON ${keys.map((name) => `c.${name} = r.${name}`).join(' AND ')}`;
}

function declare(shape: TableShape): string {
  const columns = shape.key.map((key) => {
    const column = shape.columns.find(({ name }) => name === key);
    const collate = column?.collation ? ` COLLATE ${column.collation}` : '';
    return `${quoteName(key)} ${column?.sqlType ?? 'sql_variant'}${collate} NOT NULL`;
  });
  return `DECLARE @changed TABLE (${columns.join(', ')});`;
}
