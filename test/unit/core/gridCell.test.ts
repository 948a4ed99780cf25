// Cell texts: what the server holds, nothing rounded.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { cellText } from '../../../src/core/gridCell.ts';
import type { Cell } from '../../../src/core/ports.ts';
import type { DriverDate } from '../../../src/core/resultSet.ts';

const column = (sqlType: string): { sqlType: string; baseType: string } => ({
  sqlType,
  baseType: sqlType.split('(')[0] ?? '',
});
function ticks(iso: string, nanosecondsDelta: number): DriverDate {
  const date: DriverDate = new Date(iso);
  date.nanosecondsDelta = nanosecondsDelta;
  return date;
}

describe('cellText', () => {
  const golden: [Cell, string, string | null][] = [
    [null, 'int', null],
    [true, 'bit', '1'],
    [false, 'bit', '0'],
    [42, 'int', '42'],
    [-0, 'float', '0'],
    [9223372036854775807n, 'bigint', '9223372036854775807'],
    [12.5, 'decimal(10, 2)', '12.50'],
    ['12345678901234567.89', 'decimal(19, 2)', '12345678901234567.89'],
    [1.5, 'money', '1.5000'],
    [1.100000023841858, 'real', '1.1'],
    [16777216, 'real', '16777216'],
    [0.1, 'float', '0.1'],
    ['', 'nvarchar(10)', ''],
    [new Date('0001-01-01T00:00:00Z'), 'date', '0001-01-01'],
    [new Date('2024-02-29T23:59:59.997Z'), 'datetime', '2024-02-29 23:59:59.997'],
    [new Date('2024-02-29T23:59:00Z'), 'smalldatetime', '2024-02-29 23:59:00'],
    [ticks('2024-02-29T23:59:59.123Z', 0.0004567), 'datetime2(7)', '2024-02-29 23:59:59.1234567'],
    [new Date('2024-02-29T23:59:59.120Z'), 'datetime2(2)', '2024-02-29 23:59:59.12'],
    [new Date('2024-02-29T23:59:59Z'), 'datetime2(0)', '2024-02-29 23:59:59'],
    [new Date('1970-01-01T07:30:00Z'), 'time(0)', '07:30:00'],
    [new Date('2024-02-29T08:00:00Z'), 'datetimeoffset(3)', '2024-02-29 08:00:00.000 +00:00'],
    [new Uint8Array([0, 171, 255]), 'varbinary(10)', '0x00ABFF'],
    [new Uint8Array(), 'varbinary(10)', '0x'],
  ];
  for (const [cell, type, expected] of golden) {
    it(`${type}: ${String(expected)}`, () => assert.equal(cellText(cell, column(type)), expected));
  }
});
