// sql_variant keeps the type of what was put into it: in columns, variables, comparisons and conversions.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { SqlValue } from '../../contract.ts';
import { splitVariant } from '../../tds/variant.ts';
import { EngineFixture } from '../interpreter/engineFixture.ts';
import type { TestSession } from '../interpreter/engineFixture.ts';

let fixture: EngineFixture;
let session: TestSession;

beforeAll(async () => {
  fixture = await EngineFixture.start();
  session = await fixture.open();
});
afterAll(() => fixture.stop());

/** Variants as "type text" where they say one. */
async function rows(text: string): Promise<unknown[][]> {
  const { errors, results } = await session.run(text);
  assert.deepEqual(errors, []);
  return (results.at(-1)?.rows ?? []).map((row) => row.map(shown));
}

function shown(value: SqlValue): unknown {
  const found = typeof value === 'string' ? splitVariant(value) : undefined;
  if (found === undefined) return value;
  const { name, length, precision, scale } = found.type;
  return `${name}(${[length, precision, scale].filter((size) => size !== undefined).join(',')}) ${found.text}`;
}

describe('sql_variant', () => {
  const values: [string, string][] = [
    ['42', 'int() 42'],
    ['CAST(1 AS bit)', 'bit() 1'],
    ['CAST(7 AS tinyint)', 'tinyint() 7'],
    ['1.50', 'numeric(3,2) 1.50'],
    ['CAST(1.5 AS money)', 'money() 1.5000'],
    ['1.5e0', 'float() 1.5'],
    ["'abc'", 'varchar(3) abc'],
    ["N'漢 '", 'nvarchar(2) 漢 '],
    ['0x0102', 'varbinary(2) 0102'],
    ["CAST('2024-02-03 14:05:06.123' AS datetime)", 'datetime() 2024-02-03 14:05:06.123'],
    ["CAST('2024-02-03 14:05:06.1234567' AS datetime2)", 'datetime2(7) 2024-02-03 14:05:06.1234567'],
    ["CAST('2024-02-03' AS date)", 'date() 2024-02-03'],
    [
      "CAST('2FF8EDF0-DCCB-4148-A649-2C1154E1E129' AS uniqueidentifier)",
      'uniqueidentifier() 2FF8EDF0-DCCB-4148-A649-2C1154E1E129',
    ],
  ];
  it.each(values)('of %s is %s', async (sql, expected) => {
    assert.deepEqual(await rows(`SELECT CAST(${sql} AS sql_variant)`), [[expected]]);
    assert.deepEqual(await rows(`DECLARE @v sql_variant = ${sql}; SELECT @v`), [[expected]]);
  });

  it('is kept by columns, compared and sorted by family and value', async () => {
    await rows(`CREATE TABLE dbo.bag (id int NOT NULL PRIMARY KEY, v sql_variant);
      INSERT dbo.bag VALUES (1, 10), (2, 9.5), (3, 'abc'), (4, CAST('2024-01-01' AS date)), (5, NULL), (6, CAST(10 AS bigint))`);
    assert.deepEqual(await rows('SELECT id FROM dbo.bag WHERE v = 10 ORDER BY id'), [[1], [6]]);
    assert.deepEqual(await rows("SELECT id FROM dbo.bag WHERE v = 'ABC'"), [[3]]);
    assert.deepEqual(await rows('SELECT id FROM dbo.bag ORDER BY v, id'), [[5], [3], [2], [1], [6], [4]]);
  });

  it('goes back to what it was, or to another type from there', async () => {
    assert.deepEqual(
      await rows(`DECLARE @d sql_variant = 12.7, @b sql_variant = 0x0102, @t sql_variant = CAST('2024-02-03 14:05:06.123' AS datetime), @s sql_variant = '17';
        SELECT CAST(@d AS int), CAST(@d AS nvarchar(10)), CAST(@b AS varbinary(4)), CAST(@t AS datetime), CAST(@s AS int)`),
      [[12, '12.7', Buffer.of(1, 2), '2024-02-03 14:05:06.123', 17]],
    );
  });

  it('tells its properties', async () => {
    assert.deepEqual(
      await rows(`DECLARE @v sql_variant = CAST(1.5 AS decimal(9,3));
        SELECT SQL_VARIANT_PROPERTY(@v, 'BaseType'), SQL_VARIANT_PROPERTY(@v, 'Precision'), SQL_VARIANT_PROPERTY(@v, 'Scale'), SQL_VARIANT_PROPERTY(N'abc', 'MaxLength'), SQL_VARIANT_PROPERTY(@v, 'nope')`),
      [['nvarchar(128) decimal', 'int() 9', 'int() 3', 'int() 6', null]],
    );
  });

  it('is what the server says of itself, numbers as numbers', async () => {
    assert.deepEqual(await rows("SELECT SERVERPROPERTY('EngineEdition'), SERVERPROPERTY('Edition')"), [
      ['int() 5', 'nvarchar(128) SQL Azure'],
    ]);
    assert.deepEqual(await rows("SELECT 1 WHERE SERVERPROPERTY('EngineEdition') = 5"), [[1]]);
    assert.deepEqual(await rows("SELECT CAST(SERVERPROPERTY('EngineEdition') AS int)"), [[5]]);
    assert.deepEqual(
      await rows("SELECT SERVERPROPERTY('EngineEdition') AS e, SERVERPROPERTY('Edition') AS n FOR JSON PATH"),
      [['[{"e":5,"n":"SQL Azure"}]']],
    );
    await rows("EXEC sp_set_session_context 'tenant', 7");
    assert.deepEqual(await rows("SELECT SESSION_CONTEXT(N'tenant')"), [['int() 7']]);
  });

  it('comes in as a parameter', async () => {
    const { errors, results } = await session.call('sp_executesql', [
      { type: { name: 'nvarchar', length: 100 }, value: 'SELECT @v' },
      { type: { name: 'nvarchar', length: 100 }, value: '@v sql_variant' },
      { name: '@v', type: { name: 'bigint' }, value: 5n },
    ]);
    assert.deepEqual(errors, []);
    assert.deepEqual(
      results[0]?.rows.map((row) => row.map(shown)),
      [['bigint() 5']],
    );
  });
});
