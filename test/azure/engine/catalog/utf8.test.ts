// varchar under a UTF-8 collation: every character, counted in bytes, and announced with its collation.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { EngineFixture } from '../interpreter/engineFixture.ts';
import type { TestSession } from '../interpreter/engineFixture.ts';

const collation = 'Latin1_General_100_CI_AS_SC_UTF8';
let fixture: EngineFixture;
let session: TestSession;

beforeAll(async () => {
  fixture = await EngineFixture.start();
  session = await fixture.open();
  const { errors } = await session.run(
    `CREATE TABLE dbo.words (v varchar(8) COLLATE ${collation}, c char(5) COLLATE ${collation}, old varchar(8));
     INSERT dbo.words VALUES (N'漢字é', N'漢', N'漢é')`,
  );
  assert.deepEqual(errors, []);
});
afterAll(() => fixture.stop());

describe('UTF-8 collations', () => {
  it('hold what code page 1252 does not, and say so of their columns and of what is made of them', async () => {
    const { results, errors } = await session.run(
      "SELECT v, c, old, UPPER(v), v + 'x', CAST(v AS nvarchar(3)), DATALENGTH(v), LEN(v), CAST(v AS varbinary(3)) FROM dbo.words",
    );
    assert.deepEqual(errors, []);
    assert.deepEqual(results[0]?.rows, [
      ['漢字é', '漢  ', '?é', '漢字É', '漢字éx', '漢字é', 8, 3, Buffer.from('漢')],
    ]);
    assert.deepEqual(
      results[0]?.columns.slice(0, 5).map(({ type }) => type.collation),
      [collation, collation, undefined, collation, collation],
    );
  });

  it('count bytes: 2628 for one more, cut at a whole character by CAST', async () => {
    const { errors } = await session.run("INSERT dbo.words (v) VALUES (N'漢字漢')");
    assert.deepEqual(
      errors.map(({ number, message }) => [number, message]),
      [
        [
          2628,
          "String or binary data would be truncated in table 'app.dbo.words', column 'v'. Truncated value: '漢字'.",
        ],
      ],
    );
    const { results } = await session.run(`DECLARE @t TABLE (v varchar(7) COLLATE ${collation});
      INSERT @t SELECT LEFT(v, 2) FROM dbo.words; SELECT v FROM @t`);
    assert.deepEqual(results.at(-1)?.rows, [['漢字']]);
  });

  it('lose to ? what goes to a column of code page 1252', async () => {
    const { results, errors } = await session.run(
      "UPDATE dbo.words SET old = v; SELECT old FROM dbo.words WHERE v = N'漢字É'",
    );
    assert.deepEqual(errors, []);
    assert.deepEqual(results.at(-1)?.rows, [['??é']]);
  });

  it('take parameters that came as UTF-8', async () => {
    const { results, errors } = await session.call('sp_executesql', [
      { type: { name: 'nvarchar', length: 100 }, value: 'SELECT COUNT(*) FROM dbo.words WHERE v = @v' },
      { type: { name: 'nvarchar', length: 100 }, value: '@v nvarchar(8)' },
      { name: '@v', type: { name: 'varchar', length: 8, collation }, value: '漢字é' },
    ]);
    assert.deepEqual(errors, []);
    assert.deepEqual(results[0]?.rows, [[1]]);
  });
});
