// How many connections there are: the cap of a server, the pool's own, those of sessions, and what becomes of them.
import assert from 'node:assert/strict';
import { Connection } from 'tedious';
import { afterEach, describe, it } from 'vitest';
import { ServerLimit } from '../../../src/data/serverLimit.ts';
import { until } from '../../azure/tds/testServer.ts';
import { failure, jwt, one, record, startFixture, type Fixture } from './fakeServer.ts';

const opened: Fixture[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((fixture) => fixture.end()));
});
const start = async (options: Parameters<typeof startFixture>[0] = {}): Promise<Fixture> => {
  const fixture = await startFixture(options);
  opened.push(fixture);
  return fixture;
};
const select = { text: 'SELECT 1;' };

/** The next statement is answered when it may finish, those after it at once. */
function holdUp({ backend }: Fixture['front']): { isRunning: () => boolean; finish: () => void } {
  let finish: (() => void) | undefined;
  backend.execute = (_request, out) => {
    backend.execute = (_next, answer) => one(answer);
    return new Promise((resolve) => {
      finish = () => {
        one(out);
        resolve();
      };
    });
  };
  return { isRunning: () => finish !== undefined, finish: () => finish?.() };
}

describe('a cap per server', () => {
  it('makes unused connections of another database give way', async () => {
    const { sql, profile, front } = await start({ maxConnectionsPerServer: 2 });
    const other = { ...profile, id: 'connection-2', database: 'other' };
    await Promise.all([sql.query(profile, select), sql.query(profile, select)]);
    await sql.query(other, select);
    assert.ok(front.server.connections.length <= 2);
    assert.equal(sql.diagnostics(profile)?.retired.evicted, 1);
    assert.equal(sql.diagnostics(other)?.serverLimit, 2);
  });

  it('is never exceeded, and everybody is served', async () => {
    const { sql, profile, front } = await start({ maxConnectionsPerServer: 2 });
    let most = 0;
    front.backend.execute = async (_request, out) => {
      most = Math.max(most, front.server.connections.length);
      await new Promise((resolve) => setImmediate(resolve));
      one(out);
    };
    const profiles = [1, 2, 3].map((n) => ({ ...profile, id: `c${n}`, database: `d${n}` }));
    await Promise.all([...Array(30).keys()].map((n) => sql.query(profiles[n % 3] ?? profile, select)));
    assert.ok(most <= 2, `${most} at once`);
  });

  it('is shared with the sessions of query editors, however busy the pool is', async () => {
    const { sql, profile, front } = await start({ maxConnectionsPerServer: 1 });
    front.backend.execute = async (_request, out) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      one(out);
    };
    const work = new Set([1, 2, 3]);
    const busy = [...work].map(async (worker) => {
      while (work.has(worker)) await sql.query(profile, select);
    });
    const session = await sql.openSession(profile);
    work.clear();
    assert.equal(session.closed, false);
    await session.close();
    await Promise.all(busy);
  });

  it('makes no more room than is needed', async () => {
    const limit = new ServerLimit(() => 1);
    let evicted = 0;
    let leave = (): void => undefined;
    const holder = {
      evictIdle: () => {
        evicted++;
        // A connection's end is told a little later.
        setTimeout(() => leave(), 1);
        return true;
      },
    };
    limit.register('s:1433', holder);
    leave = await limit.enter('s:1433', holder, 1000);
    const next = await limit.enter('s:1433', { evictIdle: () => false }, 1000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(evicted, 1);
    next();
  });

  it('serves in the order of asking, and says after a while what to do', async () => {
    const limit = new ServerLimit(() => 1);
    const holder = { evictIdle: () => false };
    const leave = await limit.enter('s:1433', holder, 1000);
    const order: string[] = [];
    const queue = ['a', 'b'].map(async (name) => {
      const done = await limit.enter('s:1433', holder, 60_000);
      order.push(name);
      done();
    });
    const late = await failure(limit.enter('s:1433', holder, 1));
    assert.equal(late.code, 'tooBusy');
    assert.match(late.message, /maxConnectionsPerServer/);
    leave();
    leave();
    await Promise.all(queue);
    assert.deepEqual(order, ['a', 'b']);
    assert.equal(limit.open('s:1433'), 0);
  });
});

describe('a session of a query editor', () => {
  it('is not ended to make room at the server', async () => {
    const { sql, profile, front } = await start({
      maxConnectionsPerServer: 1,
      times: { acquireTimeout: 100 },
    });
    const session = await sql.openSession(profile);
    await session.run({ text: 'BEGIN TRAN' }, record().sink);
    const error = await failure(sql.query({ ...profile, id: 'connection-2' }, select));
    assert.match(error.message, /maxConnectionsPerServer/);
    assert.equal(session.closed, false);
    assert.equal(front.server.connections.length, 1);
  });

  it('outlives the connections of the pool when one of them breaks', async () => {
    const { sql, profile, front } = await start();
    const session = await sql.openSession(profile);
    const [own] = front.server.connections;
    await sql.query(profile, select);
    front.backend.execute = (_request, out) => {
      front.backend.execute = (_again, next) => one(next);
      for (const { id } of front.server.connections)
        if (id !== own?.id) front.server.closeConnection(id, 'rst');
      one(out);
    };
    await sql.query(profile, select);
    assert.equal(session.closed, false);
    await session.run(select, record().sink);
  });
});

describe('a pool', () => {
  it('keeps nothing open when it is idle, so that a serverless database can pause, and opens again unseen', async () => {
    const { sql, profile, front } = await start({ times: { idleLife: 100 } });
    await Promise.all([1, 2, 3].map(() => sql.query(profile, select)));
    await until(() => front.server.connections.length === 0);
    assert.ok((sql.diagnostics(profile)?.retired.idle ?? 0) > 0);
    await sql.query(profile, select);
  });

  it('ends no connection that somebody works on, however old it and its token become', async () => {
    let now = Date.now();
    const { sql, profile, front } = await start({ now: () => now, token: () => jwt({}, now) });
    const session = await sql.openSession(profile);
    front.backend.execute = (request, out) => {
      const text = request.kind === 'batch' ? request.text : '';
      if (text.includes('BEGIN')) out.environment({ type: 'beginTransaction' });
      if (text.includes('COMMIT')) out.environment({ type: 'commitTransaction' });
      // Every statement takes an hour.
      now += 60 * 60_000;
      one(out);
    };
    await sql.transaction(profile, [{ text: 'INSERT 1;' }, { text: 'INSERT 2;' }]);
    await session.run(select, record().sink);
    assert.equal(front.backend.logins.length, 2, 'one for the transaction, one for the session');
    assert.equal(session.closed, false);
    await sql.query(profile, select);
    assert.equal(front.backend.logins.length, 3, 'the one of the transaction is not handed out again');
    assert.equal(sql.diagnostics(profile)?.retired.age, 1);
  });

  it('keeps one connection for what comes next after a burst of work', async () => {
    const { sql, profile, front } = await start({ times: { surplusLife: 50 } });
    front.backend.execute = async (_request, out) => {
      await until(() => front.server.connections.length === 3);
      one(out);
    };
    await Promise.all([1, 2, 3].map(() => sql.query(profile, select)));
    await until(() => front.server.connections.length === 1);
    const { idle, inUse, retired } = sql.diagnostics(profile) ?? {};
    assert.deepEqual([idle, inUse, retired?.idle], [1, 0, 2]);
    front.backend.execute = (_request, out) => one(out);
    await sql.query(profile, select);
    assert.equal(front.backend.logins.length, 3, 'the one that was kept is used');
  });

  it('waits for a login that takes its time, and does not call it a connection in use', async () => {
    let logins = 0;
    const { sql, profile, front } = await start({
      times: { acquireTimeout: 100 },
      profile: { maxPoolSize: 2 },
      server: {
        gate: () => (++logins < 2 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, 400))),
      },
    });
    const first = holdUp(front);
    const running = sql.query(profile, select);
    await until(first.isRunning);
    assert.deepEqual((await sql.query(profile, select)).rows, [[1]]);
    first.finish();
    await running;
  });

  it('that is replaced does not hold up those who wait for it', async () => {
    const { sql, profile, front } = await start({ profile: { maxPoolSize: 1 } });
    const first = holdUp(front);
    const running = sql.query(profile, select);
    await until(first.isRunning);
    const waiting = sql.query(profile, select);
    await until(() => sql.diagnostics(profile)?.waiting === 1);
    const closing = sql.close(profile.id);
    assert.deepEqual((await waiting).rows, [[1]]);
    const { inUse, idle, waiting: still } = sql.diagnostics(profile) ?? {};
    assert.deepEqual([inUse, idle, still], [1, 1, 0], 'what runs on the old one is in use too');
    first.finish();
    await running;
    await closing;
  });

  it('counts logins and ends as they were', async () => {
    let letIn: (() => void) | undefined;
    const { sql, profile } = await start({
      server: { gate: () => new Promise((resolve) => (letIn = resolve)) },
    });
    const opening = sql.openSession(profile);
    await until(() => letIn !== undefined);
    letIn?.();
    await (await opening).close();
    letIn = undefined;
    const abort = new AbortController();
    const given = failure(sql.openSession(profile, { signal: abort.signal }));
    await until(() => letIn !== undefined);
    abort.abort();
    await given;
    const { created, failedLogins, retired, sessions } = sql.diagnostics(profile) ?? {};
    assert.deepEqual([created, failedLogins, sessions], [1, 0, 0]);
    assert.deepEqual(retired, { age: 0, token: 0, broken: 0, idle: 0, evicted: 0, closed: 1 });
  });

  it('gives its place back when it is given up in the moment in which it is there', async () => {
    const { sql, profile } = await start();
    const abort = new AbortController();
    const connected = Reflect.get(Connection.prototype, 'emit');
    Connection.prototype.emit = function (this: Connection, ...event: unknown[]): boolean {
      const heard = Boolean(Reflect.apply(connected, this, event));
      if (event[0] === 'connect') abort.abort();
      return heard;
    };
    try {
      assert.equal((await failure(sql.openSession(profile, { signal: abort.signal }))).code, 'cancelled');
      await until(() => sql.diagnostics(profile)?.serverConnections === 0);
    } finally {
      Connection.prototype.emit = connected;
    }
  });

  it('says what to do when all its connections stay in use', async () => {
    const { sql, profile, front } = await start({
      times: { acquireTimeout: 100 },
      profile: { maxPoolSize: 1 },
    });
    let finish: (() => void) | undefined;
    front.backend.execute = (_request, out) =>
      new Promise((resolve) => {
        finish = () => {
          one(out);
          resolve();
        };
      });
    const running = sql.query(profile, select);
    await until(() => finish !== undefined);
    const error = await failure(sql.query(profile, select));
    assert.equal(error.code, 'tooBusy');
    assert.match(error.message, /All 1 connections/);
    assert.deepEqual(
      error.remedies.map(({ kind }) => kind),
      ['retry', 'editConnection'],
    );
    finish?.();
    await running;
  });

  it('serves in the order of asking', async () => {
    const { sql, profile, front } = await start({ profile: { maxPoolSize: 2 } });
    const order: number[] = [];
    front.backend.execute = (_request, out) => one(out);
    await Promise.all(
      [...Array(20).keys()].map(async (n) => {
        await sql.query(profile, select);
        order.push(n);
      }),
    );
    for (const [place, n] of order.entries()) assert.ok(Math.abs(place - n) <= 2, `${n} came as ${place}`);
  });
});
