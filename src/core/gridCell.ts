// What a cell looks like as text: the same in the grid, on the clipboard and in exports, without losing anything.
import type { Cell, ColumnMeta } from './ports.ts';
import type { DriverDate } from './resultSet.ts';

export type CellColumn = Pick<ColumnMeta, 'sqlType' | 'baseType'>;

const numeric = new Set(
  'bit tinyint smallint int bigint decimal numeric money smallmoney float real'.split(' '),
);

/** Whether a column's values are aligned to the right. */
export function isNumeric(column: CellColumn): boolean {
  return numeric.has(column.baseType);
}

/** Text of a value; null for NULL. Bits are 1 and 0, binary is 0x…, dates and times as the server writes them (ISO, to their scale). */
export function cellText(cell: Cell, column: CellColumn): string | null {
  if (cell === null) return null;
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'boolean') return cell ? '1' : '0';
  if (typeof cell === 'bigint') return cell.toString();
  if (typeof cell === 'number') return numberText(cell, column);
  return cell instanceof Date ? dateText(cell, column) : binaryText(cell);
}

/** Digits of a fraction that a type was declared with: 2 for decimal(10, 2), 3 for datetime2(3), 7 for datetime2. */
export function scaleOf(column: CellColumn): number {
  const inside = /\(([^)]*)\)/.exec(column.sqlType)?.[1]?.split(',') ?? [];
  switch (column.baseType) {
    case 'decimal':
    case 'numeric':
      return Number(inside[1] ?? 0);
    case 'money':
    case 'smallmoney':
      return 4;
    case 'datetime':
      return 3;
    case 'datetime2':
    case 'datetimeoffset':
    case 'time':
      return Number(inside[0] ?? 7);
    default:
      return 0;
  }
}

function numberText(value: number, column: CellColumn): string {
  switch (column.baseType) {
    case 'decimal':
    case 'numeric':
    case 'money':
    case 'smallmoney':
      return Math.abs(value) < 1e21 ? value.toFixed(scaleOf(column)) : BigInt(value).toString();
    case 'real':
      return shortestSingle(value);
    default:
      return Object.is(value, -0) ? '0' : String(value);
  }
}

/** A real arrives widened to a double (1.1 as 1.10000002…): the fewest digits that give the same single again. */
function shortestSingle(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

/** The driver puts what the server holds into the date's UTC fields, and what is below a millisecond into nanosecondsDelta. */
function dateText(date: DriverDate, column: CellColumn): string {
  const pad = (value: number, width = 2): string => String(value).padStart(width, '0');
  const day = `${pad(date.getUTCFullYear(), 4)}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`;
  const seconds = `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
  const below = Math.round((date.nanosecondsDelta ?? 0) * 1e7);
  const scale = scaleOf(column);
  const ticks = pad(date.getUTCMilliseconds() * 10_000 + below, 7);
  const fraction = scale > 0 ? `.${ticks.slice(0, scale)}` : '';
  switch (column.baseType) {
    case 'date':
      return day;
    case 'time':
      return `${seconds}${fraction}`;
    case 'datetimeoffset':
      return `${day} ${seconds}${fraction} +00:00`;
    default:
      return `${day} ${seconds}${fraction}`;
  }
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).toUpperCase().padStart(2, '0'));

function binaryText(bytes: Uint8Array): string {
  let text = '0x';
  for (const byte of bytes) text += hexOfByte[byte];
  return text;
}
