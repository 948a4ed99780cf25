// What table hints and a raised isolation level hold, seen from a second session that does not wait (LOCK_TIMEOUT 0 tells 1222).
import assert from 'node:assert/strict';
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { EngineFixture } from '../interpreter/engineFixture.ts';
import type { TestSession } from '../interpreter/engineFixture.ts';

let fixture: EngineFixture;
let one: TestSession;
let two: TestSession;

beforeAll(async () => {
  fixture = await EngineFixture.start();
  one = await fixture.open();
  two = await fixture.open();
  await one.run(`CREATE TABLE jobs (id int PRIMARY KEY, done bit NOT NULL CONSTRAINT d DEFAULT 0);
    CREATE TABLE owners (id int PRIMARY KEY, job int NULL);
    INSERT jobs (id) VALUES (1), (2); INSERT owners VALUES (1, 1), (2, NULL)`);
  await one.run("EXEC ('CREATE VIEW open_jobs AS SELECT id FROM jobs WHERE done = 0')");
});
afterEach(async () => {
  await one.session.reset(false);
  await two.session.reset(false);
});
afterAll(() => fixture.stop());

const numbers = async (session: TestSession, text: string): Promise<number[]> =>
  (await session.run(text)).errors.map(({ number }) => number);
const ids = async (session: TestSession, text: string): Promise<unknown[]> => {
  const { errors, results } = await session.run(text);
  assert.deepEqual(errors, []);
  return results.at(-1)?.rows.flat() ?? [];
};
const free: number[] = [];
const blocked = [1222];
/** In its own transaction, undone at once. */
const others = (text: string): Promise<number[]> =>
  numbers(two, `SET LOCK_TIMEOUT 0; BEGIN TRAN; ${text}; IF @@TRANCOUNT > 0 ROLLBACK`);
const update = 'UPDATE jobs SET done = 1 WHERE id = 1';
const insert = 'INSERT jobs (id) VALUES (9)';

describe('A reader in a transaction', () => {
  const holds = async (text: string): Promise<{ update: number[]; insert: number[]; read: number[] }> => {
    assert.deepEqual(await numbers(one, `BEGIN TRAN; ${text}`), []);
    const result = {
      update: await others(update),
      insert: await others(insert),
      read: await others('SELECT id FROM jobs'),
    };
    await one.run('ROLLBACK');
    return result;
  };
  const nothing = { update: free, insert: free, read: free };
  const rows = { update: blocked, insert: free, read: free };
  const table = { update: blocked, insert: blocked, read: free };

  it('holds nothing without hints, and with those about how it reads', async () => {
    assert.deepEqual(await holds('SELECT id FROM jobs WHERE id = 1'), nothing);
    assert.deepEqual(await holds('SELECT id FROM jobs WITH (NOLOCK, INDEX(1), FORCESEEK)'), nothing);
  });

  it('UPDLOCK, XLOCK, REPEATABLEREAD: the rows it read', async () => {
    for (const hint of ['UPDLOCK', 'XLOCK', 'REPEATABLEREAD'])
      assert.deepEqual(await holds(`SELECT id FROM jobs WITH (${hint}) WHERE id = 1`), rows, hint);
  });

  it('HOLDLOCK, SERIALIZABLE, TABLOCKX: the table', async () => {
    for (const hint of ['HOLDLOCK', 'SERIALIZABLE', 'TABLOCKX', 'UPDLOCK, HOLDLOCK'])
      assert.deepEqual(await holds(`SELECT id FROM jobs WITH (${hint}) WHERE id = 1`), table, hint);
  });

  it('UPDLOCK also where rows are not returned as they are: aggregates, outer joins, variables, IF EXISTS, views', async () => {
    for (const text of [
      'SELECT MAX(id) FROM jobs WITH (UPDLOCK)',
      'SELECT DISTINCT done FROM jobs WITH (UPDLOCK)',
      'SELECT o.id FROM owners o LEFT JOIN jobs j WITH (UPDLOCK) ON j.id = o.job',
      'DECLARE @m int; SELECT @m = MAX(id) FROM jobs WITH (UPDLOCK, HOLDLOCK)',
      'IF EXISTS (SELECT 1 FROM jobs WITH (UPDLOCK, HOLDLOCK) WHERE id = 1) PRINT 1',
      'SELECT id FROM open_jobs WITH (UPDLOCK)',
      'UPDATE owners SET job = j.id FROM owners o JOIN jobs j WITH (UPDLOCK) ON j.id = o.id',
    ]) {
      assert.deepEqual((await holds(text)).update, blocked, text);
    }
  });

  it('NOWAIT and READPAST do not wait for others', async () => {
    await one.run(`BEGIN TRAN; ${update}`);
    assert.deepEqual(await numbers(two, 'SELECT id FROM jobs WITH (UPDLOCK, NOWAIT)'), blocked);
    assert.deepEqual(await ids(two, 'SELECT id FROM jobs WITH (UPDLOCK, READPAST)'), [2]);
    assert.deepEqual(
      await ids(two, 'UPDATE j SET done = 1 OUTPUT inserted.id FROM jobs j WITH (READPAST)'),
      [2],
    );
    await one.run('ROLLBACK');
    await two.run('UPDATE jobs SET done = 0');
  });

  it('an isolation level that was raised since BEGIN TRAN is kept by locks', async () => {
    assert.deepEqual(
      await holds('SELECT 1; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT id FROM jobs'),
      table,
    );
    await one.session.reset(false);
    assert.deepEqual(await numbers(one, 'BEGIN TRAN; SET TRANSACTION ISOLATION LEVEL SNAPSHOT'), [3951]);
  });
});

/** Until somebody waits for a lock. */
async function waiting(): Promise<void> {
  const watcher = await fixture.cluster.connect('app');
  try {
    for (;;) {
      const { rows } = await watcher.query('SELECT 1 AS one FROM pg_locks WHERE NOT granted');
      if (rows.length > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } finally {
    await watcher.close();
  }
}

describe('A change', () => {
  it('MERGE WITH (HOLDLOCK) lets nobody in between, so that one after the other inserts and updates', async () => {
    const upsert = `MERGE jobs WITH (HOLDLOCK) AS t USING (SELECT 7 AS id) AS s ON t.id = s.id
      WHEN MATCHED THEN UPDATE SET done = 1 WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id);`;
    await one.run(`BEGIN TRAN; ${upsert}`);
    const second = two.run(upsert);
    await waiting();
    await one.run('COMMIT');
    assert.deepEqual((await second).errors, []);
    assert.deepEqual(await ids(one, 'SELECT done FROM jobs WHERE id = 7'), [true]);
    await one.run('DELETE jobs WHERE id = 7');
  });

  it('takes no NOLOCK for its target', async () => {
    assert.deepEqual(await numbers(one, 'UPDATE jobs WITH (NOLOCK) SET done = 1'), [1065]);
    assert.deepEqual(await numbers(one, 'DELETE jobs WITH (READUNCOMMITTED)'), [1065]);
  });
});

describe('Hints that cannot be', () => {
  it('name indexes that are not there, or belong to other kinds of table', async () => {
    const answers = await one.run('SELECT id FROM jobs WITH (INDEX(nothing))');
    assert.deepEqual(
      answers.errors.map(({ number, message }) => `${String(number)}: ${message}`),
      ["308: Index 'nothing' on table 'dbo.jobs' (specified in the FROM clause) does not exist."],
    );
    assert.deepEqual(await numbers(one, 'SELECT id FROM jobs WITH (INDEX = 5)'), [307]);
    assert.deepEqual(await numbers(one, 'SELECT id FROM jobs WITH (SNAPSHOT)'), [40517]);
    assert.deepEqual(await numbers(one, 'SELECT COUNT(*) FROM jobs WITH (READPAST)'), [40517]);
    assert.deepEqual(
      await numbers(one, 'WITH c AS (SELECT id FROM jobs) SELECT id FROM c WITH (UPDLOCK)'),
      [40517],
    );
  });
});
