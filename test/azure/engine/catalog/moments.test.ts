// All seven digits of a fraction: stored, sent as parameters, compared, converted and calculated with.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { SqlValue } from '../../contract.ts';
import { EngineFixture } from '../interpreter/engineFixture.ts';
import type { TestSession } from '../interpreter/engineFixture.ts';

let fixture: EngineFixture;
let session: TestSession;

beforeAll(async () => {
  fixture = await EngineFixture.start();
  session = await fixture.open();
});
afterAll(() => fixture.stop());

async function rows(text: string): Promise<SqlValue[][]> {
  const answer = await session.run(text);
  assert.deepEqual(answer.errors, []);
  return answer.results.at(-1)?.rows ?? [];
}

const expressions: [string, SqlValue][] = [
  [`CAST('0001-01-01 00:00:00.0000001' AS datetime2)`, '0001-01-01 00:00:00.0000001'],
  [`CAST('9999-12-31 23:59:59.9999999' AS datetime2)`, '9999-12-31 23:59:59.9999999'],
  [`CAST('9999-12-31 23:59:59.9999999' AS datetime2(3))`, '9999-12-31 23:59:59.999'],
  [`CAST('2024-02-03 14:05:06.1234565' AS datetime2(6))`, '2024-02-03 14:05:06.123457'],
  [`CAST('2024-02-03 23:59:59.9999999' AS datetime2(0))`, '2024-02-04 00:00:00'],
  [`CAST('23:59:59.9999999' AS time)`, '23:59:59.9999999'],
  [`CAST('23:59:59.999999999' AS time(0))`, '23:59:59'],
  [`CAST('23:59:59.99996' AS time(4))`, '23:59:59.9999'],
  [`CAST('12:34:56.99' AS time(0))`, '12:34:57'],
  [`CAST('2024-02-03 14:05:06.1234567' AS time(7))`, '14:05:06.1234567'],
  [`CAST('2024-02-03 14:05:06.1234567 -03:30' AS datetimeoffset)`, '2024-02-03 14:05:06.1234567 -03:30'],
  [
    `CAST(CAST('2024-02-03 14:05:06.1234567' AS datetime2) AS datetimeoffset)`,
    '2024-02-03 14:05:06.1234567 +00:00',
  ],
  [
    `CAST(CAST('2024-02-03 01:05:06.1234567 +02:00' AS datetimeoffset) AS datetime2)`,
    '2024-02-03 01:05:06.1234567',
  ],
  [`CAST(CAST('2024-02-03 01:05:06.1234567 +02:00' AS datetimeoffset) AS time)`, '01:05:06.1234567'],
  [`CAST(CAST('2024-02-03 01:05:06.1234567 +02:00' AS datetimeoffset) AS date)`, '2024-02-03'],
  [`CAST(CAST('14:05:06.1234567' AS time) AS datetime2)`, '1900-01-01 14:05:06.1234567'],
  [`CAST(CAST('2024-02-03' AS date) AS datetime2)`, '2024-02-03 00:00:00.0000000'],
  [`CAST(CAST('2024-02-03 14:05:06.1234567' AS datetime2) AS datetime)`, '2024-02-03 14:05:06.123'],
  // A datetime's thirds of a hundredth, as from compatibility level 130 on.
  [`CAST(CAST('2024-02-03 14:05:06.123' AS datetime) AS datetime2)`, '2024-02-03 14:05:06.1233333'],
  [`CAST(CAST('2024-02-03 14:05:06.997' AS datetime) AS datetime2(7))`, '2024-02-03 14:05:06.9966667'],
  [`CAST(CAST('2024-02-03 14:05:06.997' AS datetime) AS datetime2(3))`, '2024-02-03 14:05:06.997'],
  [
    `CONVERT(varchar(40), CAST('2024-02-03 14:05:06.1234567' AS datetime2), 121)`,
    '2024-02-03 14:05:06.1234567',
  ],
  [
    `CONVERT(varchar(40), CAST('2024-02-03 14:05:06.1234567' AS datetime2), 126)`,
    '2024-02-03T14:05:06.1234567',
  ],
  [
    `CONVERT(varchar(40), CAST('2024-02-03 14:05:06.1234567 +01:00' AS datetimeoffset), 127)`,
    '2024-02-03T13:05:06.1234567Z',
  ],
  [`CONVERT(varchar(40), CAST('14:05:06.1234567' AS time))`, '14:05:06.1234567'],
  [`DATEPART(nanosecond, CAST('14:05:06.1234567' AS time))`, 123_456_700],
  [`DATEDIFF(nanosecond, CAST('14:05:06.1234567' AS time), CAST('14:05:06.1234569' AS time))`, 200],
  [`DATEADD(day, 1, CAST('2024-02-03 14:05:06.1234567' AS datetime2))`, '2024-02-04 14:05:06.1234567'],
  [
    `DATEADD(month, -1, CAST('2024-02-03 14:05:06.1234567 +01:00' AS datetimeoffset))`,
    '2024-01-03 14:05:06.1234567 +01:00',
  ],
  [
    `DATEADD(nanosecond, 300, CAST('2024-02-03 14:05:06.1234567' AS datetime2))`,
    '2024-02-03 14:05:06.1234570',
  ],
  [`DATEADD(hour, 10, CAST('14:05:06.1234567' AS time))`, '00:05:06.1234567'],
  [`DATETIME2FROMPARTS(2024, 2, 3, 14, 5, 6, 1, 7)`, '2024-02-03 14:05:06.0000001'],
  [`TIMEFROMPARTS(14, 5, 6, 1234567, 7)`, '14:05:06.1234567'],
  [
    `SWITCHOFFSET(CAST('2024-02-03 14:05:06.1234567 +01:00' AS datetimeoffset), '+03:00')`,
    '2024-02-03 16:05:06.1234567 +03:00',
  ],
  [
    `TODATETIMEOFFSET(CAST('2024-02-03 14:05:06.1234567' AS datetime2), 60)`,
    '2024-02-03 14:05:06.1234567 +01:00',
  ],
  [
    `CAST('2024-07-03 14:05:06.1234567' AS datetime2) AT TIME ZONE 'Central European Standard Time'`,
    '2024-07-03 14:05:06.1234567 +02:00',
  ],
  [`YEAR(CAST('2024-02-03 14:05:06.1234567' AS datetime2))`, 2024],
  [
    `(SELECT CAST('2024-02-03 14:05:06.1234567' AS datetime2) AS at FOR JSON PATH)`,
    '[{"at":"2024-02-03T14:05:06.1234567"}]',
  ],
];

describe('moments of 100 ns', () => {
  it.each(expressions)('%s', async (sql, expected) => {
    assert.deepEqual(await rows(`SELECT ${sql}`), [[expected]]);
  });

  it('are kept by columns, told apart by indexes and comparisons, sorted and aggregated', async () => {
    await rows(`CREATE TABLE dbo.moments (at datetime2 NOT NULL PRIMARY KEY, clock time NOT NULL, there datetimeoffset NOT NULL, short datetime2(2) NOT NULL);
      INSERT dbo.moments VALUES ('2024-02-03 14:05:06.1234567', '14:05:06.1234567', '2024-02-03 14:05:06.1234567 +02:00', '2024-02-03 14:05:06.129'),
        ('2024-02-03 14:05:06.1234568', '14:05:06.1234568', '2024-02-03 14:05:06.1234568 +02:00', '2024-02-03 14:05:06.12')`);
    assert.deepEqual(
      await rows("SELECT clock, there, short FROM dbo.moments WHERE at > '2024-02-03 14:05:06.1234567'"),
      [['14:05:06.1234568', '2024-02-03 14:05:06.1234568 +02:00', '2024-02-03 14:05:06.12']],
    );
    assert.deepEqual(await rows('SELECT MAX(at), MIN(clock), MAX(there) FROM dbo.moments'), [
      ['2024-02-03 14:05:06.1234568', '14:05:06.1234567', '2024-02-03 14:05:06.1234568 +02:00'],
    ]);
    assert.deepEqual(
      await rows(
        `SELECT COUNT(*) FROM dbo.moments WHERE there = '2024-02-03 12:05:06.1234567 +00:00' OR clock = '14:05:06.1234566'`,
      ),
      [[1]],
    );
  });

  it('come in as parameters and go out as values', async () => {
    const answer = await session.call('sp_executesql', [
      {
        type: { name: 'nvarchar', length: 200 },
        value: 'SELECT @a, @b, @c, (SELECT COUNT(*) FROM dbo.moments WHERE at = @a)',
      },
      {
        type: { name: 'nvarchar', length: 200 },
        value: '@a datetime2(7), @b time(7), @c datetimeoffset(7)',
      },
      { name: '@a', type: { name: 'datetime2', scale: 7 }, value: '2024-02-03 14:05:06.1234567' },
      { name: '@b', type: { name: 'time', scale: 7 }, value: '00:00:00.0000001' },
      { name: '@c', type: { name: 'datetimeoffset', scale: 7 }, value: '2024-01-01 00:30:00.0000001 +01:00' },
    ]);
    assert.deepEqual(answer.errors, []);
    assert.deepEqual(answer.results[0]?.rows, [
      ['2024-02-03 14:05:06.1234567', '00:00:00.0000001', '2024-01-01 00:30:00.0000001 +01:00', 1],
    ]);
  });

  it('end the rows of a system-versioned table', async () => {
    await rows(`CREATE TABLE dbo.kept (id int NOT NULL PRIMARY KEY, since datetime2 GENERATED ALWAYS AS ROW START NOT NULL,
      until datetime2(2) GENERATED ALWAYS AS ROW END NOT NULL, PERIOD FOR SYSTEM_TIME (since, until))`);
    await rows('INSERT dbo.kept (id) VALUES (1)');
    assert.deepEqual(await rows('SELECT until, DATEDIFF(day, since, SYSUTCDATETIME()) FROM dbo.kept'), [
      ['9999-12-31 23:59:59.99', 0],
    ]);
  });
});
