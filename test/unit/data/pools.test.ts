// What stands between a request and its connection: the server's tenant, a database that resumes, signing out, hostile servers.
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'vitest';
import type { ConnectionProfile } from '../../../src/core/connection.ts';
import { AppError, cancelled } from '../../../src/core/errors.ts';
import type { Waiting } from '../../../src/core/ports.ts';
import { ServerLimit, serverKey } from '../../../src/data/serverLimit.ts';
import { ServerTenants } from '../../../src/data/serverTenants.ts';
import { TokenOwners } from '../../../src/data/tokenOwners.ts';
import { TrustedHosts } from '../../../src/data/trustedHosts.ts';
import type { ResponseWriter } from '../../azure/contract.ts';
import { until } from '../../azure/tds/testServer.ts';
import {
  audience,
  cloud,
  failure,
  jwt,
  one,
  record,
  sqlError,
  startFixture,
  tenant,
  type Fixture,
} from './fakeServer.ts';

const opened: Fixture[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((fixture) => fixture.end()));
});
const start = async (options: Parameters<typeof startFixture>[0] = {}): Promise<Fixture> => {
  const fixture = await startFixture(options);
  opened.push(fixture);
  return fixture;
};
const person = { credential: { kind: 'vscode' as const } };
const select = { text: 'SELECT 1;' };

describe('the tenant of a server', () => {
  it('is asked once, used for the token, and remembered over a restart', async () => {
    const memory = new Map<string, unknown>();
    const { sql, profile, asked, received } = await start({ profile: person, memory });
    await Promise.all([sql.query(profile, select), sql.query(profile, select), sql.query(profile, select)]);
    assert.deepEqual([...new Set(asked.map(({ credential }) => credential.tenant))], [tenant]);
    assert.equal(sql.tokenFacts(profile)?.tenant, tenant);
    assert.equal(sql.diagnostics(profile)?.serverTenant, tenant);
    assert.ok(received.length <= 3, 'the question sent no token');

    let logins = 0;
    const next = await start({
      server: {
        gate: () => {
          logins++;
          return Promise.resolve();
        },
      },
    });
    // Another port is another server: what is remembered is made to be about that one.
    const [[key, value] = ['', {}]] = [...memory];
    const warm = await start({
      profile: { ...person, port: next.front.port },
      memory: new Map([[key, rekey(value, next.front.port)]]),
    });
    await warm.sql.query(warm.profile, select);
    assert.equal(logins, 1, 'one login and nothing before it');
  });

  it('is asked for over a connection that counts, and waits for its place', async () => {
    const asked: string[] = [];
    const limit = new ServerLimit(() => 1);
    const owners = new TokenOwners({
      hosts: new TrustedHosts(() => [cloud], { has: () => false }),
      tenants: new ServerTenants(undefined),
      limit,
      patience: 20,
      applicationName: 'test',
    });
    const { profile } = await start({
      profile: person,
      server: {
        gate: ({ database }) => {
          asked.push(`${database} ${limit.open(serverKey(profile))}`);
          return Promise.resolve();
        },
      },
    });
    const leave = await limit.enter(serverKey(profile), { evictIdle: () => false }, 1000);
    assert.match(
      (await failure(Promise.resolve(owners.of(profile, undefined)))).message,
      /maxConnectionsPerServer/,
    );
    assert.deepEqual(asked, []);
    leave();
    assert.equal((await owners.of(profile, undefined)).credential.tenant, tenant);
    assert.deepEqual(asked, ['app 1']);
    assert.equal(limit.open(serverKey(profile)), 0);
  });

  it('is no longer asked for when nobody waits for the answer', async () => {
    let asked: (() => void) | undefined;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const { sql, profile, front } = await start({
      profile: person,
      server: {
        gate: () => {
          asked?.();
          return new Promise(() => undefined);
        },
      },
    });
    const abort = new AbortController();
    const requests = [1, 2].map(() => failure(sql.query(profile, select, { signal: abort.signal })));
    await isAsked;
    assert.equal(sql.diagnostics(profile)?.serverConnections, 1);
    abort.abort();
    for (const error of await Promise.all(requests)) assert.equal(error.code, 'cancelled');
    await until(() => front.server.connections.length === 0);
    assert.equal(sql.diagnostics(profile)?.serverConnections, 0);
  });

  it('does not replace one that the person chose', async () => {
    const { sql, profile, asked } = await start({
      server: { stsUrl: `${cloud.authority}/99999999-2222-4333-8444-555555555555` },
    });
    await sql.query(profile, select);
    assert.equal(asked[0]?.credential.tenant, tenant);
  });

  it('is asked again when the server moved to another tenant', async () => {
    const elsewhere = '99999999-2222-4333-8444-555555555555';
    const first = await start({ profile: person });
    const key = `localhost:${first.front.port} ${cloud.id} ${cloud.authority}`;
    const memory = new Map<string, unknown>([['serverTenants', { [key]: elsewhere }]]);
    const asked: (string | undefined)[] = [];
    const { sql, profile } = await start({
      profile: { ...person, port: first.front.port },
      memory,
      token: ({ credential }) => {
        asked.push(credential.tenant);
        return jwt({ tid: credential.tenant });
      },
    });
    first.front.backend.execute = (_request, out) => one(out);
    const verify = first.received;
    await sql.query(profile, select);
    // This server takes any token, and says itself at the login where it belongs; the next token is of that tenant.
    assert.deepEqual(asked, [elsewhere]);
    assert.equal(verify.length, 1);
    assert.equal(sql.diagnostics(profile)?.serverTenant, tenant);
  });

  it('is asked again when a login is refused, and the next token is of the new one', async () => {
    const elsewhere = '99999999-2222-4333-8444-555555555555';
    const asked: (string | undefined)[] = [];
    const memory = new Map<string, unknown>();
    const { sql, profile, front } = await start({
      profile: person,
      memory,
      token: ({ credential }) => {
        asked.push(credential.tenant);
        return jwt({ tid: credential.tenant });
      },
      server: {
        verifyToken: (token) => {
          const { tid } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
            tid: string;
          };
          return tid === tenant
            ? Promise.resolve({ aud: audience, tid, oid: 'oid-ada', upn: 'ada', exp: 2_000_000_000 })
            : Promise.reject(sqlError(18_456, 'Login failed. Incorrect or invalid token.'));
        },
      },
    });
    await sql.close(profile.id);
    memory.set('serverTenants', { [`localhost:${front.port} ${cloud.id} ${cloud.authority}`]: elsewhere });
    const next = await startFixture({
      profile: { ...person, port: front.port },
      memory,
      token: ({ credential }) => {
        asked.push(credential.tenant);
        return jwt({ tid: credential.tenant });
      },
    });
    opened.push(next);
    await next.sql.query(next.profile, select);
    assert.deepEqual(asked, [elsewhere, tenant]);
  });

  it('is not forgotten when a login names none', () => {
    const tenants = new ServerTenants(undefined);
    const profile = { server: 'localhost', port: 1433 } as ConnectionProfile;
    tenants.remember(profile, cloud, tenant);
    tenants.remember(profile, cloud, undefined);
    assert.equal(tenants.known(profile, cloud), tenant);
  });

  it('explains a login that is refused because the chosen tenant is another one', async () => {
    const { sql, profile } = await start({
      profile: { credential: { kind: 'vscode', tenant: '99999999-2222-4333-8444-555555555555' } },
      token: ({ credential }) => jwt({ tid: credential.tenant }),
      server: {
        verifyToken: () => Promise.reject(sqlError(18_456, 'Login failed. Incorrect or invalid token.')),
      },
    });
    const error = await failure(sql.query(profile, select));
    assert.equal(error.code, 'wrongTenant');
    assert.match(error.message, new RegExp(`belongs to tenant ${tenant}`));
    assert.deepEqual(error.remedies[0], { kind: 'chooseTenant', connectionId: profile.id });
  });
});

describe('a hostile server gets nothing', () => {
  for (const [what, server] of [
    ['asks for another audience', { spn: 'https://graph.microsoft.com/' }],
    ['names another authority', { stsUrl: `https://evil.example/${tenant}` }],
  ] as const) {
    it(`when it ${what}: no token is even asked for`, async () => {
      const { sql, profile, asked, received } = await start({ server, profile: person });
      const error = await failure(sql.query(profile, select, { gesture: true }));
      assert.equal(error.code, 'hostNotConfirmed');
      assert.match(error.message, /was not sent/);
      assert.equal(asked.length, 0);
      assert.equal(received.length, 0);
    });
  }

  it('when it sends the login round and round', async () => {
    const { sql, profile, received, front } = await start({
      server: { route: () => ({ host: 'localhost', port: front.port }) },
    });
    const error = await failure(sql.query(profile, select));
    assert.equal(error.code, 'serverNotFound');
    assert.ok(received.length <= 4, `${received.length} tokens`);
    await until(() => front.server.connections.length === 0);
  });
});

describe('a database that resumes', () => {
  /** A server that is not there until `ready` is called. */
  const resuming = async (): Promise<
    Fixture & {
      ready: () => void;
      attempts: () => number;
      wake: () => void;
      waiting: (Waiting | undefined)[];
    }
  > => {
    let isReady = false;
    let attempts = 0;
    let wake: (() => void)[] = [];
    const fixture = await start({
      server: {
        gate: () => {
          attempts++;
          return isReady ? Promise.resolve() : Promise.reject(sqlError(40_613, 'Database is not available.'));
        },
      },
      sleep: (_ms, signal) =>
        new Promise((resolve, reject) => {
          wake.push(resolve);
          signal?.addEventListener('abort', () => reject(cancelled()), { once: true });
        }),
    });
    const waiting: (Waiting | undefined)[] = [];
    fixture.sql.onDidChangeWaiting((event) => waiting.push(event.waiting));
    return {
      ...fixture,
      waiting,
      ready: () => (isReady = true),
      attempts: () => attempts,
      wake: () => {
        for (const resolve of wake.splice(0)) resolve();
        wake = [];
      },
    };
  };

  it('is waited for together, visibly, and all requests go on when it is there', async () => {
    const { sql, profile, ready, attempts, wake, waits, waiting } = await resuming();
    const first = sql.query(profile, select);
    await until(() => waits.length === 1);
    const before = attempts();
    const others = [1, 2, 3, 4].map(() => sql.query(profile, select));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(attempts(), before, 'who comes later waits with the first');
    assert.deepEqual(
      waiting.map((state) => state && [state.reason, state.attempt, state.gesture]),
      [['resuming', 1, false]],
    );
    ready();
    wake();
    await Promise.all([first, ...others]);
    assert.equal(waiting.at(-1), undefined);
    assert.equal(waits.length, 1);
    assert.deepEqual(waits, [5000]);
  });

  it('is waited for visibly as soon as somebody joins what the background waits for', async () => {
    const { sql, profile, ready, wake, waits, waiting } = await resuming();
    const background = sql.query(profile, select);
    await until(() => waits.length === 1);
    const mine = sql.query(profile, select, { gesture: true });
    await until(() => waiting.length === 2);
    assert.deepEqual(
      waiting.map((state) => state && [state.attempt, state.gesture]),
      [
        [1, false],
        [1, true],
      ],
    );
    ready();
    wake();
    await Promise.all([background, mine]);
  });

  it('is no longer waited for when the person gives up', async () => {
    const { sql, profile, waits, waiting, front } = await resuming();
    const requests = [1, 2, 3].map(() => failure(sql.query(profile, select)));
    await until(() => waits.length > 0);
    sql.cancelWaiting(profile.id);
    for (const error of await Promise.all(requests)) assert.equal(error.code, 'cancelled');
    assert.equal(waiting.at(-1), undefined);
    await until(() => front.server.connections.length === 0);
  });

  it('lets one caller give up without the others', async () => {
    const { sql, profile, ready, wake, waits } = await resuming();
    const abort = new AbortController();
    const impatient = failure(sql.query(profile, select, { signal: abort.signal }));
    const patient = sql.query(profile, select);
    await until(() => waits.length > 0);
    abort.abort();
    assert.equal((await impatient).code, 'cancelled');
    ready();
    wake();
    await patient;
  });
});

describe('a statement that the server is too busy for', () => {
  it('waits longer each time, and each time counts once', async () => {
    const { sql, profile, front, waits } = await start();
    const waiting: (number | undefined)[] = [];
    sql.onDidChangeWaiting((event) => waiting.push(event.waiting?.attempt));
    let refused = 0;
    front.backend.execute = (_request, out) => {
      if (refused++ < 3) throw sqlError(40_501, 'The service is currently busy.');
      one(out);
    };
    await sql.query(profile, select);
    assert.deepEqual(waits, [10_000, 20_000, 40_000]);
    assert.equal(sql.diagnostics(profile)?.retries, 3);
    assert.deepEqual(waiting, [1, undefined, 2, undefined, 3, undefined]);
  });
});

describe('signing out', () => {
  it('ends statements and sessions at once, and says so', async () => {
    const { sql, profile, front, asked } = await start();
    const session = await sql.openSession(profile);
    const losses: string[] = [];
    session.onDidLose(({ reason }) => losses.push(reason));
    await session.run(select, record().sink);
    front.backend.execute = () => new Promise(() => undefined);
    const running = failure(sql.query(profile, select));
    await until(() => front.server.connections.some(({ executing }) => executing));
    await sql.signOut(profile.id);
    assert.equal((await running).code, 'cancelled');
    await until(() => front.server.connections.length === 0);
    assert.deepEqual(losses, ['You signed out of this connection.']);
    assert.equal(sql.tokenFacts(profile), undefined);
    const before = asked.length;
    front.backend.execute = (_request, out) => one(out);
    await sql.query(profile, select);
    assert.equal(asked.length, before + 1);
  });
});

describe('signing out while a write is on its way', () => {
  it('says that nobody knows what became of it', async () => {
    const { sql, profile, front } = await start();
    front.backend.execute = () => new Promise(() => undefined);
    const writing = failure(sql.query(profile, { text: 'DELETE FROM t;' }));
    await until(() => front.server.connections.some(({ executing }) => executing));
    await sql.signOut(profile.id);
    const error = await writing;
    assert.equal(error.code, 'outcomeUnknown');
    assert.deepEqual(error.remedies[0], { kind: 'checkOutcome', connectionId: profile.id });
  });
});

describe('signing out while somebody connects', () => {
  it('lets nobody in whose token was still being asked for', async () => {
    let answer: (() => void) | undefined;
    const { sql, profile, front } = await start({
      // It does not look at its signal.
      token: () => new Promise((resolve) => (answer = () => resolve(jwt()))),
    });
    const request = failure(sql.query(profile, select));
    await until(() => answer !== undefined);
    await sql.signOut(profile.id);
    answer?.();
    assert.equal((await request).code, 'cancelled');
    assert.equal(front.backend.logins.length, 0);
  });

  for (const [how, end] of [
    ['signing out', (sql: Fixture['sql'], id: string) => sql.signOut(id)],
    ['the end of the extension', (sql: Fixture['sql']) => sql.dispose()],
  ] as const) {
    it(`asks for no token when the server was still being asked for its tenant: ${how}`, async () => {
      let isAsked = false;
      let goOn: (() => void) | undefined;
      const { sql, profile, front, asked } = await start({
        profile: person,
        server: {
          gate: () => {
            isAsked = true;
            return new Promise((resolve) => (goOn = resolve));
          },
        },
      });
      const request = failure(sql.query(profile, select));
      await until(() => isAsked);
      await end(sql, profile.id);
      goOn?.();
      assert.equal((await request).code, 'cancelled');
      assert.equal(asked.length, 0);
      await until(() => front.server.connections.length === 0);
    });
  }
});

describe('a token that only a person can renew', () => {
  it('is told of once, shown to nobody, and taken back when there is one', async () => {
    let signedIn = false;
    const { sql, profile } = await start({
      token: () => {
        if (!signedIn) throw new AppError('signInRequired', 'Ada must sign in.');
        return jwt();
      },
    });
    const events: boolean[] = [];
    sql.onDidNeedSignIn(({ needed }) => events.push(needed));
    for (let run = 0; run < 3; run++)
      assert.equal((await failure(sql.query(profile, select))).code, 'signInRequired');
    assert.deepEqual(events, [true]);
    signedIn = true;
    await sql.query(profile, select, { gesture: true });
    assert.deepEqual(events, [true, false]);
  });

  it('is there for every connection of that person once it is there for one', async () => {
    let signedIn = false;
    const { sql, profile } = await start({
      token: () => {
        if (!signedIn) throw new AppError('signInRequired', 'Ada must sign in.');
        return jwt();
      },
    });
    const events: [string, boolean][] = [];
    sql.onDidNeedSignIn(({ connectionId, needed }) => events.push([connectionId, needed]));
    const other = { ...profile, id: 'connection-2', database: 'other' };
    await failure(sql.query(profile, select));
    await failure(sql.query(other, select));
    signedIn = true;
    await sql.query(profile, select, { gesture: true });
    assert.deepEqual(events, [
      ['connection-1', true],
      ['connection-2', true],
      ['connection-1', false],
      ['connection-2', false],
    ]);
  });

  it('is not asked for again and again when the server refuses every token', async () => {
    const same = jwt();
    const { sql, profile, asked } = await start({
      token: () => same,
      server: { verifyToken: () => Promise.reject(sqlError(18_456, 'Login failed. Token is expired.')) },
    });
    assert.equal((await failure(sql.query(profile, select))).code, 'signInRequired');
    assert.ok(asked.every(({ mode }) => mode === 'silent'));
    assert.equal(asked.length, 2);
  });
});

describe('a token that the server calls expired', () => {
  it('is told from the newer one that somebody else got meanwhile', async () => {
    const tokens = [jwt(), jwt()];
    let refused = 0;
    let newer: (() => void) | undefined;
    const gotNewer = new Promise<void>((resolve) => (newer = resolve));
    let asked = 0;
    const { sql, profile } = await start({
      // A source with a cache of its own: the second token stays the newest.
      token: () => tokens[Math.min(asked++, 1)] ?? '',
      server: {
        verifyToken: async (token) => {
          if (token === tokens[1]) {
            newer?.();
            return { aud: audience, tid: tenant, oid: 'oid-ada', upn: 'ada', exp: 2_000_000_000 };
          }
          if (refused++ > 0) await gotNewer;
          throw sqlError(18_456, 'Login failed. Token is expired.');
        },
      },
    });
    const sessions = await Promise.all([sql.openSession(profile), sql.openSession(profile)]);
    assert.equal(asked, 2, 'nobody threw the newer one away');
    await Promise.all(sessions.map((session) => session.close()));
  });

  it('is replaced also when its connection was ended along with it', async () => {
    const { sql, profile, front, received } = await start();
    front.backend.execute = (_request, out) => {
      front.backend.execute = (_again, next) => one(next);
      out.message({ number: 40_623, state: 1, class: 20, message: 'Reauthentication failed.', line: 1 });
      out.done({ kind: 'statement', error: true });
      setImmediate(() => {
        for (const { id } of front.server.connections) front.server.closeConnection(id, 'fin');
      });
    };
    await sql.transaction(profile, [{ text: 'DELETE FROM t;' }]);
    assert.equal(received.length, 2);
    assert.notEqual(received[0], received[1], 'a fresh token');
  });
});

describe('a statement that is stopped too late', () => {
  /** Ends as if nothing had stopped it. */
  const late =
    (finish: (out: ResponseWriter) => void) =>
    (_request: unknown, out: ResponseWriter, signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          finish(out);
          resolve();
        });
      });
  const inserted = late((out) => out.done({ kind: 'statement', rowCount: 1, command: 0xc3 }));

  it('does not say that nothing happened when the server says that rows were changed', async () => {
    const { sql, profile, front } = await start();
    front.backend.execute = inserted;
    const abort = new AbortController();
    const insert = failure(
      sql.query(profile, { text: 'INSERT INTO t VALUES (1);' }, { signal: abort.signal }),
    );
    await until(() => front.server.connections.some(({ executing }) => executing));
    abort.abort();
    const error = await insert;
    assert.equal(error.code, 'outcomeUnknown');
    assert.deepEqual(error.remedies[0], { kind: 'checkOutcome', connectionId: profile.id });
  });

  for (const [text, code] of [
    ['INSERT INTO t OUTPUT inserted.k INTO @k VALUES (1); SELECT * FROM t;', 'outcomeUnknown'],
    ['SELECT * FROM t; SELECT * FROM u;', 'cancelled'],
  ] as const) {
    it(`is ${code} when a part of it was done: ${text}`, async () => {
      const { sql, profile, front } = await start();
      const abort = new AbortController();
      front.backend.execute = async (_request, out, signal) => {
        out.columns([{ name: 'k', type: { name: 'int' }, nullable: false }]);
        await out.row([1]);
        out.done({ kind: 'statement', rowCount: 1 });
        out.columns([{ name: 'n', type: { name: 'int' }, nullable: false }]);
        // By then the end of the first statement has long arrived.
        for (let n = 0; !signal.aborted; n++) {
          await out.row([n]);
          if (n % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
          if (n === 20_000) abort.abort();
        }
      };
      const work = failure(sql.query(profile, { text }, { signal: abort.signal }));
      assert.equal((await work).code, code);
    });
  }

  it('is not called stopped by its time-out either', async () => {
    const { sql, profile, front } = await start({ profile: { requestTimeout: 0.05 } });
    front.backend.execute = inserted;
    const error = await failure(sql.query(profile, { text: 'INSERT INTO t VALUES (1);' }));
    assert.equal(error.code, 'outcomeUnknown');
    front.backend.execute = late(() => undefined);
    assert.equal((await failure(sql.query(profile, { text: 'INSERT INTO t VALUES (1);' }))).code, 'timeout');
  });

  for (const isDone of [true, false]) {
    it(`is ${isDone ? 'a success when the commit went through' : 'undone when the commit did not go through'}`, async () => {
      const { sql, profile, front } = await start({ profile: { requestTimeout: 0.05 } });
      const texts: string[] = [];
      front.backend.execute = (request, out, signal) => {
        const text = request.kind === 'batch' ? request.text : '';
        texts.push(text);
        if (text.includes('BEGIN')) out.environment({ type: 'beginTransaction' });
        if (text.includes('ROLLBACK')) out.environment({ type: 'rollbackTransaction' });
        if (!text.startsWith('COMMIT')) return one(out);
        return late(() => {
          if (isDone) out.environment({ type: 'commitTransaction' });
        })(request, out, signal);
      };
      const work = sql.transaction(profile, [{ text: 'INSERT 1;' }]);
      if (isDone) assert.equal((await work).length, 1);
      else assert.equal((await failure(work)).code, 'timeout');
      assert.equal(
        texts.some((text) => text.includes('ROLLBACK')),
        !isDone,
      );
    });
  }
});

/** What is remembered of a server on another port. */
function rekey(value: unknown, port: number): unknown {
  return JSON.parse(JSON.stringify(value ?? {}).replaceAll(/localhost:\d+/g, `localhost:${port}`)) as unknown;
}
