// CSV after RFC 4180. A value that begins with =, +, - or @ is written as it is: altering data would be a loss; open such files in a spreadsheet with care.
import { cellText, type CellColumn } from './gridCell.ts';
import type { Cell } from './ports.ts';
import type { Row } from './resultSet.ts';

/** Excel takes a file without it for the system's code page. */
export const byteOrderMark = '\uFEFF';

export function csvHeader(columns: readonly { name: string }[]): string {
  return `${columns.map((column) => quoted(column.name)).join(',')}\r\n`;
}

/** Each row with its line break. NULL is an empty field, the empty string is "" so that the two stay apart. */
export function csvRows(rows: readonly Row[], columns: readonly CellColumn[]): string {
  let text = '';
  for (const row of rows) {
    text += columns.map((column, index) => csvField(row[index] ?? null, column)).join(',');
    text += '\r\n';
  }
  return text;
}

function csvField(cell: Cell, column: CellColumn): string {
  const text = cellText(cell, column);
  return text === null ? '' : quoted(text);
}

function quoted(text: string): string {
  return text === '' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
