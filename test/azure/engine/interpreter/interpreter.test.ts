// How batches go on and end: errors, TRY, transactions, attention.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { EngineFixture } from './engineFixture.ts';
import type { TestSession } from './engineFixture.ts';

let fixture: EngineFixture;
let session: TestSession;

beforeAll(async () => {
  fixture = await EngineFixture.start();
  session = await fixture.open();
  await session.run('CREATE TABLE t (id int NOT NULL PRIMARY KEY)');
});
afterAll(() => fixture.stop());

async function last(text: string): Promise<unknown[][] | undefined> {
  const { results, errors } = await session.run(text);
  assert.deepEqual(errors, []);
  return results.at(-1)?.rows;
}

/** What a batch says: PRINTs and error numbers, in order. */
async function story(text: string): Promise<(string | number)[]> {
  const { errors, messages } = await session.run(text);
  return [
    ...errors.map((error) => error.number),
    ...messages.filter((message) => message.number === 0).map((message) => message.message),
  ];
}

describe('errors', () => {
  const cases: [string, string, (string | number)[]][] = [
    [
      'a duplicate key ends the statement only',
      "DELETE t; INSERT t VALUES (1); INSERT t VALUES (1); PRINT 'on'",
      [2627, 'on'],
    ],
    ['a conversion error ends the batch', "SELECT CAST('x' AS int); PRINT 'on'", [245]],
    ['a missing table ends the batch', "SELECT * FROM nosuch; PRINT 'on'", [208]],
    ['dynamic SQL ends alone', "EXEC('SELECT * FROM nosuch'); PRINT 'on'", [208, 'on']],
    ['THROW ends the batch', "THROW 50001, 'bad', 1; PRINT 'on'", [50001]],
    ['RAISERROR does not', "RAISERROR('bad %d', 16, 1, 5); PRINT 'on'", [50000, 'on']],
    [
      'TRY catches',
      "BEGIN TRY SELECT 1/0; PRINT 'no' END TRY BEGIN CATCH PRINT ERROR_MESSAGE() END CATCH",
      ['Divide by zero error encountered.'],
    ],
    [
      'THROW passes on',
      "BEGIN TRY THROW 50002, 'again', 1 END TRY BEGIN CATCH THROW END CATCH; PRINT 'no'",
      [50002],
    ],
    [
      'a column that is missing refuses the whole batch',
      "PRINT 'first'; SELECT id FROM t; SELECT nope FROM t",
      [207],
    ],
    ['XACT_ABORT ends the batch', "SET XACT_ABORT ON; INSERT t VALUES (NULL); PRINT 'on'", [515]],
    [
      'GOTO and WHILE',
      'SET XACT_ABORT OFF; DECLARE @i int = 0; again: SET @i += 1; IF @i < 3 GOTO again; WHILE 1 = 1 BEGIN SET @i += 1; IF @i = 5 CONTINUE; IF @i > 6 BREAK; PRINT @i END',
      ['4', '6'],
    ],
    ['RETURN leaves', "PRINT 'a'; RETURN; PRINT 'b'", ['a']],
    ['another database', 'USE other', [40508]],
    ['another database in a name', 'SELECT * FROM other.dbo.t', [40515]],
  ];
  it.each(cases)('%s', async (_name, text, expected) => {
    assert.deepEqual(await story(text), expected);
  });

  it('formats RAISERROR and tells the line', async () => {
    const { errors } = await session.run("\nRAISERROR('%s has %5d of %-4i| %x', 16, 3, 'tank', 42, 7, 255)");
    assert.deepEqual(errors[0], {
      number: 50000,
      state: 3,
      class: 16,
      message: 'tank has    42 of 7   | ff',
      line: 2,
    });
  });
});

describe('transactions', () => {
  it('count, save and roll back', async () => {
    await last('DELETE t');
    const answer = await session.run(
      'BEGIN TRAN; BEGIN TRAN; INSERT t VALUES (1); SAVE TRAN a; INSERT t VALUES (2); ROLLBACK TRAN a; COMMIT; SELECT @@TRANCOUNT, (SELECT COUNT(*) FROM t); COMMIT',
    );
    assert.deepEqual(answer.results[0]?.rows, [[1, 1]]);
    assert.deepEqual(answer.environment, ['beginTransaction', 'commitTransaction']);
    assert.deepEqual(await story('COMMIT'), [3902]);
    assert.deepEqual(await story('ROLLBACK'), [3903]);
  });

  it('stay open after an error of one statement', async () => {
    assert.deepEqual(
      await last(
        'DELETE t; INSERT t VALUES (1); BEGIN TRAN; INSERT t VALUES (2); BEGIN TRY INSERT t VALUES (2) END TRY BEGIN CATCH END CATCH; COMMIT; SELECT COUNT(*) FROM t',
      ),
      [[2]],
    );
  });

  it('are doomed by a conversion error in TRY', async () => {
    const { results, errors, environment } = await session.run(
      "BEGIN TRAN; BEGIN TRY SELECT CAST('x' AS int) END TRY BEGIN CATCH SELECT XACT_STATE() END CATCH",
    );
    assert.deepEqual(results.at(-1)?.rows, [[-1]]);
    assert.deepEqual(
      errors.map((error) => error.number),
      [3998],
    );
    assert.deepEqual(environment, ['beginTransaction', 'rollbackTransaction']);
  });

  it('begin and end by requests of the transaction manager', async () => {
    const begin = await session.send({ kind: 'transaction', request: 'begin', name: '', beginNext: false });
    assert.deepEqual(begin.environment, ['beginTransaction']);
    await last('DELETE t; INSERT t VALUES (5)');
    await session.send({ kind: 'transaction', request: 'rollback', name: '', beginNext: false });
    assert.deepEqual(await last('SELECT @@TRANCOUNT'), [[0]]);
  });
});

describe('attention', () => {
  it('stops at once and keeps the transaction', async () => {
    await last('BEGIN TRAN; DELETE t; INSERT t VALUES (7)');
    const abort = new AbortController();
    const running = session.run(
      'SELECT COUNT(*) FROM GENERATE_SERIES(1, 100000) a CROSS JOIN GENERATE_SERIES(1, 100000) b',
      abort.signal,
    );
    setTimeout(() => abort.abort(), 100);
    const { errors, results } = await running;
    assert.deepEqual(errors, []);
    assert.deepEqual(
      results.flatMap((result) => result.rows),
      [],
    );
    assert.deepEqual(await last('SELECT @@TRANCOUNT, COUNT(*) FROM t'), [[1, 1]]);
    await last('ROLLBACK');
  });

  it('ends WAITFOR', async () => {
    const abort = new AbortController();
    const running = session.run("WAITFOR DELAY '01:00:00'; PRINT 'no'", abort.signal);
    setTimeout(() => abort.abort(), 20);
    assert.deepEqual((await running).messages, []);
  });
});

describe('sessions', () => {
  it('forget on reset what SET changed', async () => {
    await last('SET NOCOUNT ON; SET XACT_ABORT ON; SET DATEFIRST 1; BEGIN TRAN');
    await session.session.reset(false);
    assert.deepEqual(await last('SELECT @@DATEFIRST, @@TRANCOUNT, @@OPTIONS & 512, @@OPTIONS & 16384'), [
      [7, 0, 0, 0],
    ]);
  });

  it('refuse a database that is not there', async () => {
    await assert.rejects(
      fixture.open('nosuch'),
      (error: Error & { others?: { number: number }[] }) => error.others?.[0]?.number === 4060,
    );
  });
});

describe('variables', () => {
  it('grow over rows', async () => {
    assert.deepEqual(
      await last(
        "DELETE t; INSERT t VALUES (3), (1), (2); DECLARE @s varchar(50) = '', @n int = 0; SELECT @s = @s + CAST(id AS varchar(5)) + ';' FROM t ORDER BY id; SELECT @n = @n + id FROM t; SELECT @s, @n",
      ),
      [['1;2;3;', 6]],
    );
  });

  it('keep a value when no row comes', async () => {
    assert.deepEqual(await last('DECLARE @a int = 5; SELECT @a = id FROM t WHERE id = 999; SELECT @a'), [
      [5],
    ]);
  });
});

describe('RAISERROR … WITH NOWAIT', () => {
  it('sends what there is before the batch goes on, a message as well as an error', async () => {
    const { flushed } = await session.run(
      "PRINT 'one'; RAISERROR('two', 0, 1) WITH NOWAIT; PRINT 'three'; RAISERROR('four', 16, 1) WITH NOWAIT; RAISERROR('five', 0, 1)",
    );
    assert.deepEqual(flushed, [2, 4]);
  });
});
