// Names with trailing blanks: kept as written, found without them, and never twice.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { EngineFixture } from '../interpreter/engineFixture.ts';
import type { TestSession } from '../interpreter/engineFixture.ts';

let fixture: EngineFixture;
let session: TestSession;

beforeAll(async () => {
  fixture = await EngineFixture.start();
  session = await fixture.open();
  assert.deepEqual((await session.run('CREATE TABLE [t ] ([c ] int, d int)')).errors, []);
});
afterAll(() => fixture.stop());

describe('names with trailing blanks', () => {
  it.each([
    'INSERT [t  ] (c, [d ]) VALUES (1, 2)',
    'SELECT [c ], d FROM t',
    'SELECT [q ].c FROM [t] AS q ORDER BY [q].[c ]',
    'UPDATE t SET [d ] = 3 WHERE [c] = 1',
    'MERGE t AS [a ] USING (SELECT 9 AS c) AS b ON a.c = [b ].[c ] WHEN NOT MATCHED THEN INSERT ([c ]) VALUES (b.c);',
    'CREATE INDEX [i ] ON t (c); DROP INDEX i ON [t ]',
    'CREATE SCHEMA [s ]',
    'CREATE TABLE s.x (a int); DROP TABLE [s  ].[x ]',
    'WITH [w ] AS (SELECT 1 AS [a ]) SELECT a FROM w',
    'ALTER TABLE t ADD [e ] int; ALTER TABLE t DROP COLUMN e',
  ])('%s', async (text) => {
    const batches = text.startsWith('CREATE SCHEMA') ? [text] : text.split('; ');
    for (const batch of batches) assert.deepEqual((await session.run(batch)).errors, []);
  });

  it('are shown as they were written', async () => {
    const { results } = await session.run(
      "SELECT name + '.' FROM sys.tables UNION ALL SELECT name + '.' FROM sys.columns WHERE object_id = OBJECT_ID('t') AND column_id = 1",
    );
    assert.deepEqual(results[0]?.rows, [['t .'], ['c .']]);
  });

  it.each<[string, number]>([
    ['CREATE TABLE t (a int)', 2714],
    ['CREATE TABLE u (x int, [x ] int)', 2705],
    ['CREATE TABLE u ([ x] int); DROP TABLE u; SELECT [ c] FROM t', 207],
  ])('%s is refused', async (text, number) => {
    const { errors } = await session.run(text);
    assert.deepEqual(
      errors.map((error) => error.number),
      [number],
    );
  });
});
