// What a row is called in a tree or a message: its natural name, what identifies it, and any value as one line of text.
import type { Cell } from './ports.ts';
import type { UserRow } from './rowPage.ts';
import type { TableColumn, TableShape } from './tableShape.ts';

/** Column names that say what a row is called, best first, compared without case and underscores. */
const natural: readonly (readonly string[])[] = [
  ['firstname', 'lastname'],
  ['givenname', 'familyname'],
  ['givenname', 'surname'],
  ['displayname'],
  ['fullname'],
  ['username'],
  ['name'],
  ['email'],
  ['mail'],
  ['upn'],
  ['login'],
  ['title'],
];

const labelLength = 80;

/** "Ada Lovelace": the natural columns, else the first two short text columns, else the key. */
export function rowLabel(shape: TableShape, row: UserRow): string {
  const text = labelColumns(shape)
    .map((index) => row.values[index] ?? null)
    .filter((value) => value !== null && value !== '')
    .map((value) => oneLine(value, labelLength))
    .join(' ');
  return text || rowIdentity(shape, row) || '(empty)';
}

/** "id 7": the key's columns and values. */
export function rowIdentity(shape: TableShape, row: UserRow): string {
  return shape.columns
    .map((column, index) => ({ column, value: row.values[index] ?? null }))
    .filter(({ column }) => shape.key.includes(column.name))
    .map(({ column, value }) => `${column.name} ${oneLine(value, labelLength)}`)
    .join(', ');
}

/** Stable over refreshes: the key's values, or all of them without a key. */
export function rowKey(shape: TableShape, row: UserRow): string {
  const values = shape.columns
    .map((column, index) => ({ column, value: row.values[index] ?? null }))
    .filter(({ column }) => shape.key.length === 0 || shape.key.includes(column.name));
  return JSON.stringify(values.map(({ value }) => cellText(value)));
}

/** A value in full, as a person would type it; NULL is an empty text. */
export function cellText(value: Cell): string {
  if (value === null) return '';
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array)
    return `0x${Array.from(value, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('')}`;
  if (typeof value === 'boolean') return value ? '1' : '0';
  return String(value);
}

/** A value on one line, cut with an ellipsis after `limit` characters; NULL says so. */
export function oneLine(value: Cell, limit: number): string {
  if (value === null) return 'NULL';
  const text = cellText(value)
    .slice(0, limit * 4)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ');
  const characters = Array.from(text);
  return characters.length > limit ? `${characters.slice(0, limit - 1).join('')}…` : text;
}

/** A row as JSON, values as JSON has them and exact ones as text. */
export function rowJson(shape: TableShape, row: UserRow): string {
  const entries = shape.columns.map((column, index) => [column.name, jsonValue(row.values[index] ?? null)]);
  // fromEntries would let a column named __proto__ vanish.
  return `{\n${entries.map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(',\n')}\n}`;
}

function jsonValue(value: Cell): string | number | boolean | null {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  return cellText(value);
}

function labelColumns(shape: TableShape): number[] {
  const plain = shape.columns.map(({ name }) => name.toLowerCase().replaceAll(/[_\s-]/g, ''));
  for (const names of natural) {
    const found = names.map((name) => plain.indexOf(name));
    if (found.every((index) => index >= 0)) return found;
  }
  return shape.columns
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => isShortText(column) && !shape.key.includes(column.name))
    .slice(0, 2)
    .map(({ index }) => index);
}

function isShortText(column: TableColumn): boolean {
  return ['char', 'varchar', 'nchar', 'nvarchar'].includes(column.baseType) && column.maxLength !== -1;
}
