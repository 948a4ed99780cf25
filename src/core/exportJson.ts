// JSON export: an array of objects, one a line, so that even a large file can be read and compared.
import { cellText, type CellColumn } from './gridCell.ts';
import type { Cell } from './ports.ts';
import type { Row } from './resultSet.ts';

export const jsonStart = '[';
export const jsonEnd = '\n]\n';

/** Numbers that every JSON reader keeps exactly; bigint and decimal are texts because a double would round them. */
const exactNumbers = new Set(['tinyint', 'smallint', 'int', 'float', 'real']);

/** Property names: the columns' names; without a name "column1", and "name_2" for the second of the same name. */
export function jsonKeys(columns: readonly { name: string }[]): string[] {
  const taken = new Set<string>();
  return columns.map((column, index) => {
    const base = column.name === '' ? `column${index + 1}` : column.name;
    let key = base;
    for (let next = 2; taken.has(key); next++) key = `${base}_${next}`;
    taken.add(key);
    return key;
  });
}

/** Rows as objects, each on a line of its own; `first` = nothing was written after `jsonStart` yet. */
export function jsonRows(
  rows: readonly Row[],
  columns: readonly CellColumn[],
  keys: readonly string[],
  first: boolean,
): string {
  const names = keys.map((key) => JSON.stringify(key));
  return rows
    .map((row, index) => {
      const members = columns.map((column, at) => `${names[at]}: ${jsonValue(row[at] ?? null, column)}`);
      return `${first && index === 0 ? '' : ','}\n  { ${members.join(', ')} }`;
    })
    .join('');
}

function jsonValue(cell: Cell, column: CellColumn): string {
  if (cell === null) return 'null';
  if (typeof cell === 'boolean') return String(cell);
  const text = cellText(cell, column) ?? '';
  if (typeof cell === 'number' && exactNumbers.has(column.baseType)) return JSON.stringify(Number(text));
  return JSON.stringify(text);
}
