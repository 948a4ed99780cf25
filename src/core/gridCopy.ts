// Cells as tab-separated text for the clipboard.
import { cellText, type CellColumn } from './gridCell.ts';
import type { Row } from './resultSet.ts';

/** Tabs and line breaks within a value would break the table that the text is pasted into: such values are quoted as spreadsheets do. */
export function tsvField(text: string): string {
  return /[\t\r\n]|^"/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function tsvHeader(columns: readonly { name: string }[]): string {
  return columns.map((column) => tsvField(column.name)).join('\t');
}

/** One line a row, without a line break at the end. NULL becomes the word NULL, as in the grid. */
export function tsvRows(
  rows: readonly Row[],
  columns: readonly CellColumn[],
  left: number,
  right: number,
): string {
  return rows
    .map((row) => {
      const fields: string[] = [];
      columns.slice(left, right + 1).forEach((column, index) => {
        fields.push(tsvField(cellText(row[left + index] ?? null, column) ?? 'NULL'));
      });
      return fields.join('\t');
    })
    .join('\n');
}
