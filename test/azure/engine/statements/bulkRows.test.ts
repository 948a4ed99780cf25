// Bulk rows that are not what INSERT BULK announced: clients whose two messages do not agree.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { SqlType, SqlValue } from '../../contract.ts';
import { EngineFixture } from '../interpreter/engineFixture.ts';
import type { Answer, TestSession } from '../interpreter/engineFixture.ts';

let fixture: EngineFixture;
let session: TestSession;

beforeAll(async () => {
  fixture = await EngineFixture.start();
  session = await fixture.open();
  assert.deepEqual((await session.run('CREATE TABLE t (n int NULL, w nvarchar(20) NULL)')).errors, []);
});
afterAll(() => fixture.stop());

const int: SqlType = { name: 'int' };
const word: SqlType = { name: 'nvarchar', length: 20 };
const announced =
  'INSERT BULK t ([n] int, [w] nvarchar(5) COLLATE Latin1_General_CI_AS) WITH (TABLOCK, ROWS_PER_BATCH = 10)';

function send(types: readonly SqlType[], ...rows: SqlValue[][]): Promise<Answer> {
  return session.bulk({ columns: types.map((type) => ({ name: '', type, nullable: true })), rows });
}

const failure = ({ errors }: Answer): [number, string][] =>
  errors.map(({ number, message }) => [number, message]);

describe('bulk rows', () => {
  it('go in when they are what was announced', async () => {
    assert.deepEqual((await session.run(announced)).errors, []);
    assert.deepEqual((await send([int, word], [1, 'abcde'])).counts, [1]);
    assert.deepEqual((await session.run('SELECT n, w FROM t')).results[0]?.rows, [[1, 'abcde']]);
    await session.run('DELETE t');
  });

  const moments: [SqlType, SqlValue][] = [
    [{ name: 'datetimeoffset', scale: 2 }, '2024-01-02 03:04:05.67 +02:00'],
    [{ name: 'datetime2', scale: 3 }, '2024-01-02 03:04:05.678'],
    [{ name: 'time', scale: 7 }, '03:04:05.6789012'],
  ];
  it.each(moments)('go in with the moments of $name', async (type, value) => {
    const text = `${type.name}(${String(type.scale)})`;
    await session.run(`CREATE TABLE #m (a ${text} NULL, b int NULL); INSERT BULK #m (a ${text}, b int)`);
    assert.deepEqual((await send([type, int], [value, 1], [null, 2])).errors, []);
    const { results } = await session.run('SELECT a, b FROM #m ORDER BY b; DROP TABLE #m');
    assert.deepEqual(results[0]?.rows, [
      [value, 1],
      [null, 2],
    ]);
  });

  const refused: [string, SqlType[], SqlValue[], number, RegExp][] = [
    [
      'are longer',
      [int, word],
      [1, 'abcdef'],
      4815,
      /invalid column length from the bcp client for colid 2\./,
    ],
    [
      'are of another type',
      [word, word],
      ['1', 'a'],
      4816,
      /Invalid column type from bcp client for colid 1\./,
    ],
    ['are fewer', [int], [1], 4804, /premature end-of-message/],
  ];
  it.each(refused)('are refused when they %s', async (_, types, row, number, message) => {
    await session.run(announced);
    const [found] = failure(await send(types, [2, 'ok'].slice(0, types.length), row));
    assert.equal(found?.[0], number);
    assert.match(found[1], message);
    assert.deepEqual((await session.run('SELECT COUNT(*) FROM t')).results[0]?.rows, [[0]]);
  });

  it('are refused when the message before was not INSERT BULK', async () => {
    await session.run(announced);
    await session.run('SELECT 1');
    assert.equal(failure(await send([int, word], [1, 'a']))[0]?.[0], 4002);
  });

  it('are not waited for when an option is not known', async () => {
    const [found] = failure(await session.run('INSERT BULK t (n int) WITH (SIDEWAYS)'));
    assert.equal(found?.[0], 40_517);
  });
});
