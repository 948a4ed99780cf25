// The embedded server: cancelling, transactions that survive errors, back-pressure, databases, and no server left behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { SqlError } from '../../contract.ts';
import { Cluster } from './cluster.ts';
import type { PgConnection } from './connection.ts';
import { PgError } from './pgError.ts';

let cluster: Cluster;
let connection: PgConnection;

beforeAll(async () => {
  cluster = await Cluster.start();
  connection = await cluster.connect('master');
});

afterAll(async () => {
  await connection.close();
  await cluster.stop();
});

const code = (expected: string) => (error: unknown) => error instanceof PgError && error.code === expected;
const number = (expected: number) => (error: unknown) =>
  error instanceof SqlError && error.detail.number === expected;
const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

describe('a connection', () => {
  it('keeps the transaction when a statement fails', async () => {
    await connection.begin();
    await connection.query('CREATE TABLE kept (i int)');
    await assert.rejects(connection.query('INSERT INTO kept VALUES ($1::int / 0)', [1]), code('22012'));
    await connection.query('INSERT INTO kept VALUES (2)');
    await connection.commit();
    const { rows } = await connection.query('SELECT i FROM kept');
    assert.deepEqual(rows, [{ i: 2 }]);
  });

  it('undoes what a failed statement did, and only that', async () => {
    await connection.script('CREATE TABLE part (i int UNIQUE)');
    await connection.begin();
    await connection.query('INSERT INTO part VALUES (1)');
    await assert.rejects(connection.query('INSERT INTO part VALUES (2), (1)'), code('23505'));
    await connection.commit();
    assert.deepEqual((await connection.query('SELECT i FROM part')).rows, [{ i: 1 }]);
  });

  it('cancels what runs and keeps the transaction', async () => {
    await connection.begin();
    await connection.query('CREATE TABLE cancelled (i int)');
    const endless = assert.rejects(
      connection.query(
        'SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b',
      ),
      code('57014'),
    );
    await sleep(100);
    await connection.cancel();
    await endless;
    await connection.query('INSERT INTO cancelled VALUES (1)');
    await connection.commit();
    assert.deepEqual((await connection.query('SELECT count(*) AS n FROM cancelled')).rows, [{ n: 1 }]);
  });

  it('leaves nothing running in the server when it is closed', async () => {
    const leaving = await cluster.connect('master');
    const endless = assert.rejects(leaving.query('SELECT pg_sleep(600)'), PgError);
    await sleep(100);
    await leaving.close();
    await endless;
    const deadline = Date.now() + 10_000;
    const left = async (): Promise<unknown> =>
      (await connection.query('SELECT count(*) AS n FROM pg_stat_activity WHERE pid = $1', [leaving.pid]))
        .rows[0]?.['n'];
    while ((await left()) !== 0 && Date.now() < deadline) await sleep(20);
    assert.equal(await left(), 0);
  });

  it('rolls back to a savepoint of any name', async () => {
    await connection.script('CREATE TABLE saved (i int)');
    await connection.begin();
    await connection.query('INSERT INTO saved VALUES (1)');
    await connection.savepoint(`a"b; ' 😀`);
    await connection.query('INSERT INTO saved VALUES (2)');
    await connection.rollbackTo(`A"B; ' 😀`);
    await connection.commit();
    assert.deepEqual((await connection.query('SELECT i FROM saved')).rows, [{ i: 1 }]);
  });

  it('undoes an atomic piece of work inside a transaction as one', async () => {
    await connection.script('CREATE TABLE whole (i int)');
    await connection.begin();
    await connection.query('INSERT INTO whole VALUES (1)');
    const work = connection.atomic(async () => {
      await connection.query('INSERT INTO whole VALUES (2)');
      await connection.query('SELECT 1 / 0');
    });
    await assert.rejects(work, code('22012'));
    await connection.commit();
    assert.deepEqual((await connection.query('SELECT i FROM whole')).rows, [{ i: 1 }]);
  });

  it('gives no further row while the sink is busy, and all of them in the end', async () => {
    let busy = false;
    let count = 0;
    const pause = async (): Promise<void> => {
      await sleep(0);
      busy = false;
    };
    const { rowCount } = await connection.stream('SELECT i FROM generate_series(1, 20000) AS i', [], {
      onRow: ([value]) => {
        assert.equal(busy, false);
        count += 1;
        assert.equal(value, String(count));
        if (count % 500 !== 0) return undefined;
        busy = true;
        return pause();
      },
    });
    assert.equal(count, 20_000);
    assert.equal(rowCount, 20_000);
  });

  it('stays usable when the sink throws', async () => {
    const stream = connection.stream('SELECT i FROM generate_series(1, 5000) AS i', [], {
      onRow: () => {
        throw new Error('the client is gone');
      },
    });
    await assert.rejects(stream, /the client is gone/u);
    assert.deepEqual((await connection.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
  });

  it('gives bytes, booleans and numbers their types and leaves the rest as exact text', async () => {
    const { rows } = await connection.query(
      'SELECT $1::bytea AS b, $2::boolean AS t, $3::int AS i, $4::numeric AS n, $5::text AS x, $6::text[] AS a',
      [new Uint8Array([0, 255]), true, 7, '1.2300', null, ['a,b', 'c"d']],
    );
    assert.deepEqual(rows, [
      { b: Buffer.from([0, 255]), t: true, i: 7, n: '1.2300', x: null, a: '{"a,b","c\\"d"}' },
    ]);
  });
});

describe('databases', () => {
  it('have names of any characters, compared without case, and ids as on Azure', async () => {
    const entry = await cluster.createDatabase(`O'Brien "x" ]; 😀`);
    assert.equal(cluster.database(`o'brien "X" ]; 😀`)?.id, entry.id);
    assert.ok(entry.id >= 5);
    assert.equal(cluster.database('master')?.id, 1);
    await assert.rejects(cluster.createDatabase(`O'BRIEN "x" ]; 😀`), number(1801));
    await cluster.renameDatabase(entry.name, 'renamed');
    const other = await cluster.connect('RENAMED');
    const { rows } = await other.query('SELECT tsql.db_name() AS name');
    assert.deepEqual(rows, [{ name: 'renamed' }]);
    await other.close();
    await cluster.dropDatabase('renamed');
    await assert.rejects(cluster.connect('renamed'), number(911));
    await assert.rejects(cluster.dropDatabase('renamed'), number(3701));
  });
});

describe('the server', () => {
  it('ends, and its folder with it, when its owner is killed', async () => {
    const program = `
      const { Cluster } = await import(${JSON.stringify(join(import.meta.dirname, 'cluster.ts'))});
      const cluster = await Cluster.start();
      const connection = await cluster.connect('master');
      const { rows } = await connection.query('SHOW data_directory');
      console.log(JSON.stringify({ pid: cluster.pid, folder: rows[0].data_directory }));
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((resolve) => {
      createInterface({ input: child.stdout }).once('line', resolve);
    });
    const { pid, folder } = JSON.parse(line) as { pid: number; folder: string };
    assert.ok(existsSync(folder) && running(pid));
    child.kill('SIGKILL');
    const deadline = Date.now() + 20_000;
    while ((running(pid) || existsSync(folder)) && Date.now() < deadline) await sleep(50);
    assert.equal(running(pid), false);
    assert.equal(existsSync(folder), false);
  });
});

function running(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
