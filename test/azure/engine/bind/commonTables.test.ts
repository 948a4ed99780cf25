// How deep a recursive common table expression goes: 100 steps, or what OPTION (MAXRECURSION) says.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { EngineFixture } from '../interpreter/engineFixture.ts';
import type { TestSession } from '../interpreter/engineFixture.ts';

let fixture: EngineFixture;
let session: TestSession;

beforeAll(async () => {
  fixture = await EngineFixture.start();
  session = await fixture.open();
});
afterAll(() => fixture.stop());

const numbers = (last: number): string =>
  `WITH n AS (SELECT 1 AS i UNION ALL SELECT n.i + 1 FROM n WHERE i < ${String(last)})`;

describe('recursive common table expressions', () => {
  it.each<[string, unknown]>([
    [`${numbers(101)} SELECT COUNT(*) FROM n`, 101],
    [`${numbers(5000)} SELECT MAX(i) FROM n OPTION (MAXRECURSION 0)`, 5000],
    [`${numbers(200)} SELECT COUNT(*) FROM n OPTION (RECOMPILE, MAXRECURSION 199)`, 200],
    ['WITH n AS (SELECT 1 AS i UNION ALL SELECT * FROM n WHERE i < 1) SELECT COUNT(*) FROM n', 1],
    [
      'WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM (SELECT i FROM n) AS d WHERE i < 3) SELECT MAX(i) FROM n',
      3,
    ],
    [
      'WITH n (i) AS (SELECT 1 UNION ALL SELECT a.i + b.j FROM n AS a JOIN (VALUES (1)) AS b (j) ON a.i < 4) SELECT MAX(i) FROM n',
      4,
    ],
  ])('%s', async (text, expected) => {
    const { errors, results } = await session.run(text);
    assert.deepEqual(errors, []);
    assert.deepEqual(results[0]?.rows, [[expected]]);
  });

  it.each<[string, number, string]>([
    [
      `${numbers(102)} SELECT COUNT(*) FROM n`,
      530,
      'The statement terminated. The maximum recursion 100 has been exhausted before statement completion.',
    ],
    [
      `${numbers(1000)} SELECT COUNT(*) FROM n OPTION (MAXRECURSION 7)`,
      530,
      'The statement terminated. The maximum recursion 7 has been exhausted before statement completion.',
    ],
    [
      `CREATE TABLE #n (i int); ${numbers(9)} INSERT #n SELECT i FROM n OPTION (MAXRECURSION 7)`,
      530,
      'The statement terminated. The maximum recursion 7 has been exhausted before statement completion.',
    ],
    [
      `${numbers(9)} SELECT i FROM n OPTION (MAXRECURSION 40000)`,
      310,
      'The value 40000 specified for the MAXRECURSION option exceeds the allowed maximum of 32767.',
    ],
  ])('%s is refused', async (text, number, message) => {
    const { errors } = await session.run(text);
    assert.deepEqual(
      errors.map((error) => [error.number, error.message]),
      [[number, message]],
    );
  });

  it('keep the count to themselves', async () => {
    const { errors, results } = await session.run(`${numbers(2)} SELECT * FROM n`);
    assert.deepEqual(errors, []);
    assert.deepEqual(
      results[0]?.columns.map((column) => column.name),
      ['i'],
    );
  });
});
