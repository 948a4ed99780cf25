import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'vitest';
import { cellText } from '../../../src/core/gridCell.ts';
import type { ColumnMeta } from '../../../src/core/ports.ts';
import type { SqlType, SqlValue } from '../../azure/contract.ts';
import { record, startFixture, type Fixture } from './fakeServer.ts';

let fixture: Fixture | undefined;
afterEach(async () => {
  await fixture?.end();
  fixture = undefined;
});

/** Type, what the server has, the type as it should be named, the text that should be shown. */
const cases: readonly (readonly [SqlType, SqlValue, string, string | null])[] = [
  [
    { name: 'decimal', precision: 38, scale: 10 },
    '1234567890123456789012345678.0123456789',
    'decimal(38, 10)',
    '1234567890123456789012345678.0123456789',
  ],
  [
    { name: 'decimal', precision: 38, scale: 0 },
    '-99999999999999999999999999999999999999',
    'decimal(38, 0)',
    '-99999999999999999999999999999999999999',
  ],
  [
    { name: 'decimal', precision: 18, scale: 2 },
    '9007199254740993.01',
    'decimal(18, 2)',
    '9007199254740993.01',
  ],
  [{ name: 'decimal', precision: 10, scale: 2 }, '-0.05', 'decimal(10, 2)', '-0.05'],
  [{ name: 'decimal', precision: 5, scale: 5 }, '0.00001', 'decimal(5, 5)', '0.00001'],
  [
    { name: 'numeric', precision: 28, scale: 4 },
    '922337203685477580.7000',
    'numeric(28, 4)',
    '922337203685477580.7000',
  ],
  [{ name: 'money' }, '922337203685477.5807', 'money', '922337203685477.5807'],
  [{ name: 'money' }, '-922337203685477.5808', 'money', '-922337203685477.5808'],
  [{ name: 'smallmoney' }, '-0.0001', 'smallmoney', '-0.0001'],
  [{ name: 'bigint' }, 9223372036854775807n, 'bigint', '9223372036854775807'],
  [{ name: 'int' }, -2147483648, 'int', '-2147483648'],
  [{ name: 'tinyint' }, 255, 'tinyint', '255'],
  [{ name: 'bit' }, true, 'bit', '1'],
  [
    { name: 'datetime2', scale: 7 },
    '9999-12-31 23:59:59.9999999',
    'datetime2(7)',
    '9999-12-31 23:59:59.9999999',
  ],
  [
    { name: 'datetime2', scale: 7 },
    '0001-01-01 00:00:00.0000001',
    'datetime2(7)',
    '0001-01-01 00:00:00.0000001',
  ],
  [{ name: 'datetime2', scale: 0 }, '2026-02-28 12:34:56', 'datetime2(0)', '2026-02-28 12:34:56'],
  [
    { name: 'datetimeoffset', scale: 7 },
    '2026-01-02 03:04:05.1234567 +05:30',
    'datetimeoffset(7)',
    '2026-01-02 03:04:05.1234567 +05:30',
  ],
  [
    { name: 'datetimeoffset', scale: 0 },
    '2026-01-01 00:30:00 -08:00',
    'datetimeoffset(0)',
    '2026-01-01 00:30:00 -08:00',
  ],
  [{ name: 'datetime' }, '2026-01-02 03:04:05.997', 'datetime', '2026-01-02 03:04:05.997'],
  [{ name: 'smalldatetime' }, '2079-06-06 23:59:00', 'smalldatetime', '2079-06-06 23:59:00'],
  [{ name: 'date' }, '1582-10-15', 'date', '1582-10-15'],
  [{ name: 'time', scale: 3 }, '23:59:59.999', 'time(3)', '23:59:59.999'],
  [{ name: 'nvarchar', length: 30 }, "😀 ]'", 'nvarchar(30)', "😀 ]'"],
  [{ name: 'nvarchar', length: -1 }, 'x'.repeat(9000), 'nvarchar(max)', 'x'.repeat(9000)],
  [{ name: 'varchar', length: 30 }, 'Zoë €', 'varchar(30)', 'Zoë €'],
  [{ name: 'nchar', length: 3 }, 'abc', 'nchar(3)', 'abc'],
  [{ name: 'varbinary', length: 4 }, new Uint8Array([0, 255, 16]), 'varbinary(4)', '0x00FF10'],
  [
    { name: 'uniqueidentifier' },
    '6F9619FF-8B86-D011-B42D-00C04FC964FF',
    'uniqueidentifier',
    '6F9619FF-8B86-D011-B42D-00C04FC964FF',
  ],
  [{ name: 'float' }, 0.1, 'float', '0.1'],
  [{ name: 'real' }, 1.1, 'real', '1.1'],
  [{ name: 'xml' }, '<a>ü</a>', 'xml', '<a>ü</a>'],
  [{ name: 'decimal', precision: 10, scale: 2 }, null, 'decimal(10, 2)', null],
  [{ name: 'datetime2', scale: 7 }, null, 'datetime2(7)', null],
  [{ name: 'nvarchar', length: 30 }, null, 'nvarchar(30)', null],
  [{ name: 'int' }, null, 'int', null],
  [{ name: 'money' }, null, 'money', null],
];

describe('exact values', () => {
  it('shows every value as the server has it, split over packets at any place', async () => {
    fixture = await startFixture({ server: { faults: () => ({ splitEvery: 97 }) } });
    fixture.front.backend.execute = async (_request, out) => {
      out.columns(cases.map(([type], index) => ({ name: `c${index}`, type, nullable: true })));
      // Enough rows that values fall across packet ends.
      for (let row = 0; row < 12; row++) await out.row(cases.map(([, value]) => value));
      out.done({ kind: 'statement', rowCount: 12 });
    };
    const session = await fixture.sql.openSession(fixture.profile);
    const { sink, rows, columns } = record();
    await session.run({ text: 'x' }, sink);
    const [metas] = columns;
    assert.ok(metas);
    assert.deepEqual(
      metas.map(({ sqlType }) => sqlType),
      cases.map(([, , sqlType]) => sqlType),
    );
    assert.equal(rows.length, 12);
    for (const row of rows) {
      const shown: (string | null)[] = row.map((cell, index) => {
        const meta: ColumnMeta | undefined = metas[index];
        assert.ok(meta);
        return cellText(cell, meta);
      });
      assert.deepEqual(
        shown,
        cases.map(([, , , text]) => text),
      );
    }
  });
});
