// Messages and the translation of PostgreSQL's errors.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { SqlError } from '../contract.ts';
import { sqlError, translateError } from './errors.ts';
import type { StatementFacts } from './errors.ts';
import { messages } from './messages.ts';
import { Cluster } from './postgres/cluster.ts';
import type { PgConnection } from './postgres/connection.ts';

const facts: StatementFacts = {
  database: 'app',
  verb: 'UPDATE',
  spid: 55,
  catalog: { table: () => undefined, constraint: () => undefined },
};

describe('sqlError', () => {
  it('fills in the text, class and usual state', () => {
    const { detail } = sqlError(229, ['SELECT', 't', 'db', 'dbo'], { line: 3 });
    assert.deepEqual(detail, {
      number: 229,
      state: 5,
      class: 14,
      message: "The SELECT permission was denied on the object 't', database 'db', schema 'dbo'.",
      line: 3,
    });
  });
  it('keeps what looks like a placeholder in a name', () => {
    assert.equal(sqlError(208, ['%s$&']).message, "Invalid object name '%s$&'.");
  });
  it('holds messages with a class and state that the protocol can carry', () => {
    const odd = Object.entries(messages).filter(
      ([, { class: level, state, text }]) =>
        level < 0 || level > 25 || state < 0 || state > 255 || text === '',
    );
    assert.deepEqual(odd, []);
  });
  it('refuses a number that is not in the table', () => {
    assert.throws(() => sqlError(1), RangeError);
  });
});

describe('translateError', () => {
  let cluster: Cluster;
  let one: PgConnection;
  let two: PgConnection;

  beforeAll(async () => {
    cluster = await Cluster.start();
    one = await cluster.connect('master');
    two = await cluster.connect('master');
    await one.script('CREATE TABLE row (id int PRIMARY KEY, v int); INSERT INTO row VALUES (1, 0), (2, 0)');
  });

  afterAll(async () => {
    await one.close();
    await two.close();
    await cluster.stop();
  });

  const translated = async (work: Promise<unknown>): Promise<SqlError | undefined> => {
    try {
      await work;
      return undefined;
    } catch (error) {
      return translateError(error, facts);
    }
  };

  it('makes one of two deadlocked transactions the victim', async () => {
    await one.begin();
    await two.begin();
    await one.query('UPDATE row SET v = 1 WHERE id = 1');
    await two.query('UPDATE row SET v = 2 WHERE id = 2');
    const last = async (connection: PgConnection, sql: string): Promise<SqlError | undefined> => {
      const outcome = await translated(connection.query(sql));
      await connection.rollback();
      return outcome;
    };
    const outcomes = await Promise.all([
      last(one, 'UPDATE row SET v = 1 WHERE id = 2'),
      last(two, 'UPDATE row SET v = 2 WHERE id = 1'),
    ]);
    const victims = outcomes.filter((outcome) => outcome !== undefined);
    assert.equal(victims.length, 1);
    assert.equal(victims[0]?.detail.number, 1205);
    assert.equal(victims[0].detail.class, 13);
    assert.match(victims[0].message, /^Transaction \(Process ID 55\) was deadlocked on lock resources/u);
  });

  it('tells a lock timeout', async () => {
    await one.begin();
    await one.query('UPDATE row SET v = 3 WHERE id = 1');
    await two.script(`SET lock_timeout = '50ms'`);
    const error = await translated(two.query('UPDATE row SET v = 4 WHERE id = 1'));
    await one.rollback();
    await two.script('SET lock_timeout = 0');
    assert.equal(error?.detail.number, 1222);
  });

  it('tells an update conflict under snapshot isolation', async () => {
    await one.begin('repeatable read');
    await one.query('SELECT v FROM row');
    await two.query('UPDATE row SET v = 5 WHERE id = 1');
    const error = await translated(one.query('UPDATE row SET v = 6 WHERE id = 1'));
    await one.rollback();
    assert.equal(error?.detail.number, 3960);
  });

  it('tells arithmetic errors', async () => {
    assert.equal((await translated(one.query('SELECT 1 / 0')))?.detail.number, 8134);
    assert.equal(
      (await translated(one.query('SELECT 2147483647 + 1')))?.message,
      'Arithmetic overflow error converting expression to data type int.',
    );
    assert.equal((await translated(one.query('SELECT (SELECT v FROM row)')))?.detail.number, 512);
  });

  it('passes a SqlError on and lets a bug through', () => {
    const known = sqlError(208, ['t']);
    assert.equal(translateError(known, facts), known);
    const bug = new TypeError('x');
    assert.throws(() => translateError(bug, facts), bug);
  });
});
