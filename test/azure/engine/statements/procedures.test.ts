// Procedures of one session (#name), and types that only a parameter may have.
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

const numbers = async (on: TestSession, text: string): Promise<number[]> =>
  (await on.run(text)).errors.map((error) => error.number);

describe('A temporary procedure', () => {
  it('takes parameters, gives OUTPUT values and a status, from RPC and from EXEC', async () => {
    assert.deepEqual(
      await numbers(
        session,
        'CREATE PROCEDURE #add @a int, @b int = 2, @sum int OUTPUT AS SET @sum = @a + @b; SELECT @sum; RETURN 7',
      ),
      [],
    );
    const answer = await session.call('#add', [
      { name: '@a', type: { name: 'int' }, value: 40 },
      { name: '@sum', type: { name: 'int' }, value: null, output: true },
    ]);
    assert.deepEqual(answer.errors, []);
    assert.deepEqual(answer.results[0]?.rows, [[42]]);
    assert.deepEqual([answer.status, answer.returned['@sum']], [7, 42]);
    const { results } = await session.run('DECLARE @s int; EXEC #add 1, 1, @s OUTPUT; SELECT @s + 1');
    assert.deepEqual(results.at(-1)?.rows, [[3]]);
  });

  it('is found by its own session only, and not in sys.procedures', async () => {
    await session.run('CREATE PROCEDURE #own AS SELECT 1 AS one');
    const other = await fixture.open();
    try {
      assert.deepEqual(await numbers(other, 'EXEC #own'), [2812]);
      assert.deepEqual(await numbers(other, 'CREATE PROCEDURE #own AS SELECT 2 AS two'), []);
      assert.deepEqual((await session.run('EXEC #own')).results[0]?.rows, [[1]]);
      assert.deepEqual((await other.run('EXEC #own')).results[0]?.rows, [[2]]);
      const { results } = await session.run("SELECT name FROM sys.procedures WHERE name LIKE '#%'");
      assert.deepEqual(results[0]?.rows, []);
    } finally {
      await other.session.close();
    }
  });

  it('is made once, dropped, and gone after a reset of the connection', async () => {
    await session.run('CREATE PROCEDURE #once AS SELECT 1');
    assert.deepEqual(await numbers(session, 'CREATE PROCEDURE #once AS SELECT 1'), [2714]);
    assert.deepEqual(await numbers(session, 'DROP PROCEDURE #once'), []);
    assert.deepEqual(await numbers(session, 'EXEC #once'), [2812]);
    await session.run('CREATE PROCEDURE #once @p int AS SELECT @p');
    await session.session.reset(false);
    assert.deepEqual(await numbers(session, 'EXEC #once 1'), [2812]);
    assert.deepEqual(await numbers(session, 'DROP PROCEDURE #once'), [3701]);
  });

  it('tells its name in an error', async () => {
    await session.run("CREATE PROCEDURE #failing AS RAISERROR('no', 14, 42)");
    const [error] = (await session.call('#failing', [])).errors;
    assert.deepEqual(
      [error?.number, error?.state, error?.class, error?.procedure, error?.line],
      [50000, 42, 14, '#failing', 1],
    );
  });
});

describe('A parameter of text, ntext or image', () => {
  it('is taken by a statement and by a procedure', async () => {
    const statement = await session.call('sp_executesql', [
      { type: { name: 'nvarchar', length: -1 }, value: 'SELECT @p' },
      { type: { name: 'nvarchar', length: -1 }, value: '@p ntext' },
      { name: '@p', type: { name: 'ntext' }, value: 'text 中文' },
    ]);
    assert.deepEqual(statement.errors, []);
    assert.deepEqual(statement.results[0]?.rows, [['text 中文']]);
    assert.equal(statement.results[0]?.columns[0]?.type.name, 'ntext');
    assert.deepEqual(await numbers(session, 'CREATE PROCEDURE #lob @i image = NULL AS SELECT @i'), []);
    const answer = await session.call('#lob', [
      { name: '@i', type: { name: 'image' }, value: new Uint8Array([1, 2]) },
    ]);
    assert.deepEqual(answer.errors, []);
    assert.deepEqual([...((answer.results[0]?.rows[0]?.[0] ?? []) as Uint8Array)], [1, 2]);
  });

  it('is still refused as a local variable', async () => {
    assert.deepEqual(await numbers(session, 'DECLARE @t text'), [2739]);
  });
});
