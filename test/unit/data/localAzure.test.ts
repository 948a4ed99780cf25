// The data layer and the grant against the local Azure: real tokens, real TDS, permissions enforced.
import assert from 'node:assert/strict';
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import type { ConnectionProfile } from '../../../src/core/connection.ts';
import { isAppError, type AppError } from '../../../src/core/errors.ts';
import type { Sql } from '../../../src/core/ports.ts';
import { createSql } from '../../../src/data/main.ts';
import { AccessService } from '../../../src/services/accessService.ts';
import { GrantService } from '../../../src/services/grantService.ts';
import { spawnLocalAzure, type LocalAzureProcess } from '../../azure/process.ts';
import { keepLog, record } from './fakeServer.ts';
import { localCloud } from '../../localCloud.ts';

const admin = 'ada@contoso.example';
let azure: LocalAzureProcess;
let now = 0;
const opened: Sql[] = [];

beforeAll(async () => {
  azure = await spawnLocalAzure();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((sql) => sql.dispose()));
  now = 0;
});
afterAll(() => azure.stop());

/** A door through which one principal of the directory comes; `ask` counts tokens. */
function doorOf(principal: string): {
  sql: Sql;
  profile: ConnectionProfile;
  waits: number[];
  tokens: () => number;
  lines: string[];
} {
  const cloud = localCloud(azure);
  const waits: number[] = [];
  const { log, lines } = keepLog();
  let tokens = 0;
  const sql = createSql({
    log,
    clock: {
      now: () => Date.now() + now,
      sleep: (milliseconds) => {
        waits.push(milliseconds);
        return Promise.resolve();
      },
    },
    clouds: () => [cloud],
    confirmedHosts: { has: () => false },
    vscodeTokenSource: {
      getToken: async () => {
        tokens++;
        return { token: (await azure.client.token({ principal })).accessToken };
      },
    },
  });
  opened.push(sql);
  return {
    sql,
    waits,
    lines,
    tokens: () => tokens,
    profile: {
      id: principal,
      name: principal,
      server: 'localhost',
      port: azure.tds.port,
      database: 'appdb',
      cloud: 'local',
      credential: { kind: 'vscode', tenant: azure.tenant.id },
      encryption: 'tls',
      connectTimeout: 15,
      requestTimeout: 0,
      maxPoolSize: 4,
      tables: [{ schema: 'dbo', name: 'user' }],
    },
  };
}

async function failure(promise: Promise<unknown>): Promise<AppError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(isAppError(error), String(error));
    return error;
  }
  throw new Error('it did not fail');
}

const logins = async (): Promise<number> =>
  (await azure.client.connections()).filter(({ loggedIn }) => loggedIn).length;

describe('a connection', () => {
  it('says who it is', async () => {
    const { sql, profile } = doorOf(admin);
    const { user, token, serverVersion } = await sql.test(profile, { gesture: true });
    assert.equal(user, 'dbo');
    assert.equal(token.who, admin);
    assert.equal(token.tenant, azure.tenant.id);
    assert.match(serverVersion, /Microsoft SQL/);
  });

  it('works with TDS 8 as well', async () => {
    const { sql, profile } = doorOf(admin);
    const { rows } = await sql.query({ ...profile, encryption: 'strict' }, { text: 'SELECT 1;' });
    assert.deepEqual(rows, [[1]]);
  });

  it('is refused for a database without a user, for an unknown one, and by the firewall', async () => {
    const reader = doorOf('app-orders');
    assert.equal(
      (await failure(reader.sql.query(reader.profile, { text: 'SELECT 1;' }))).code,
      'noUserInDatabase',
    );
    const ada = doorOf(admin);
    assert.equal(
      (await failure(ada.sql.query({ ...ada.profile, database: 'nosuch' }, { text: 'SELECT 1;' }))).code,
      'databaseNotFound',
    );
    await azure.client.removeFirewallRules();
    try {
      const error = await failure(ada.sql.query(ada.profile, { text: 'SELECT 1;' }));
      assert.equal(error.code, 'firewallBlocked');
      assert.deepEqual(error.remedies[0], {
        kind: 'addFirewallRule',
        connectionId: ada.profile.id,
        server: 'localhost',
        ip: '127.0.0.1',
      });
    } finally {
      await azure.client.addFirewallRule();
    }
    assert.deepEqual((await ada.sql.query(ada.profile, { text: 'SELECT 1;' })).rows, [[1]]);
  });

  it('waits until a serverless database has resumed', async () => {
    const { sql, profile, waits } = doorOf(admin);
    await azure.client.setResuming({ attempts: 2 });
    assert.deepEqual((await sql.query(profile, { text: 'SELECT 1;' })).rows, [[1]]);
    assert.deepEqual(waits, [5000, 10_000]);
  });

  it('refuses a token that a redirect would carry out of the cloud', async () => {
    const { sql, profile } = doorOf(admin);
    await azure.client.setRoute({ host: '127.0.0.1', port: azure.tds.port });
    try {
      assert.equal((await failure(sql.query(profile, { text: 'SELECT 1;' }))).code, 'hostNotConfirmed');
    } finally {
      await azure.client.setRoute(null);
    }
  });

  it('costs one login for its first statement and none for the next', async () => {
    const before = await logins();
    const { sql, profile, tokens } = doorOf(admin);
    await sql.query(profile, { text: 'SELECT 1;' });
    await sql.query(profile, { text: 'SELECT 2;' });
    assert.equal((await logins()) - before, 1);
    assert.equal(tokens(), 1);
  });
});

describe('a pooled connection', () => {
  /** Physical logins of a door so far, after one more statement. */
  const loginsAfter = async ({ sql, profile, lines }: ReturnType<typeof doorOf>): Promise<number> => {
    await sql.query(profile, { text: 'SELECT 1;' });
    return lines.filter((line) => line.startsWith('Connected')).length;
  };

  /** As {@link loginsAfter}, with the connection in use all the time until `minutes`. */
  const loginsInUseUntil = async (door: ReturnType<typeof doorOf>, minutes: number): Promise<number> => {
    while (now + 50_000 < minutes * 60_000) {
      now += 50_000;
      await door.sql.query(door.profile, { text: 'SELECT 1;' });
    }
    now = minutes * 60_000;
    return loginsAfter(door);
  };

  it('is used again while it is young, and replaced when it is an hour old', async () => {
    const door = doorOf(admin);
    assert.equal(await loginsAfter(door), 1);
    assert.equal(await loginsInUseUntil(door, 54), 1);
    assert.equal(await loginsInUseUntil(door, 61), 2);
  });

  it('is replaced when the computer slept meanwhile: nobody knows what the server did', async () => {
    const door = doorOf(admin);
    assert.equal(await loginsAfter(door), 1);
    now += 10 * 60_000;
    assert.equal(await loginsAfter(door), 2);
    assert.equal(door.sql.diagnostics(door.profile)?.retired.idle, 1);
  });

  it('is replaced before its token ends, with a fresh token', async () => {
    await azure.client.setTokens({ lifetime: 600 });
    const door = doorOf(admin);
    try {
      assert.equal(await loginsAfter(door), 1);
    } finally {
      await azure.client.setTokens({ lifetime: 3900 });
    }
    assert.equal(await loginsInUseUntil(door, 9.2), 1, 'five percent of ten minutes are left');
    assert.equal(door.tokens(), 2, 'but the next token is there already');
    assert.equal(await loginsInUseUntil(door, 9.6), 2);
  });

  it('is not replaced over and over when the source has nothing newer', async () => {
    await azure.client.setTokens({ lifetime: 600 });
    try {
      const door = doorOf(admin);
      now = 9.8 * 60_000;
      assert.equal(await loginsAfter(door), 1);
      assert.ok((await loginsAfter(door)) <= 2);
    } finally {
      await azure.client.setTokens({ lifetime: 3900 });
    }
  });

  it('is replaced after the server cut it', async () => {
    const door = doorOf(admin);
    await loginsAfter(door);
    await azure.client.killConnections();
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(await loginsAfter(door), 2);
  });

  it('carries nobody’s settings or transaction to the next', async () => {
    const { sql, profile } = doorOf(admin);
    await sql.query(profile, { text: 'BEGIN TRANSACTION;' });
    assert.deepEqual((await sql.query(profile, { text: 'SELECT @@TRANCOUNT;' })).rows, [[0]]);
  });
});

describe('a transaction', () => {
  it('is all or nothing', async () => {
    const { sql, profile } = doorOf(admin);
    const count = async (): Promise<unknown> =>
      (await sql.query(profile, { text: 'SELECT COUNT(*) FROM dbo.[user];' })).rows[0]?.[0];
    const before = Number(await count());
    const insert = { text: "INSERT INTO dbo.[user] (first_name) VALUES ('Tx');" };
    const error = await failure(
      sql.transaction(profile, [insert, { text: 'INSERT INTO dbo.[user] (first_name) VALUES (NULL);' }]),
    );
    assert.equal(error.code, 'constraintViolated');
    assert.equal(await count(), before);
    await sql.transaction(profile, [insert, insert]);
    assert.equal(await count(), before + 2);
    await sql.query(profile, { text: "DELETE FROM dbo.[user] WHERE first_name = 'Tx';" });
  });
});

describe('a session', () => {
  it('keeps its transaction and temp table from batch to batch, and loses them visibly', async () => {
    const { sql, profile } = doorOf(admin);
    const session = await sql.openSession(profile, { gesture: true });
    await session.run(
      { text: 'CREATE TABLE #t (a int); BEGIN TRANSACTION; INSERT INTO #t VALUES (1);' },
      record().sink,
    );
    assert.equal(session.openTransactions, 1);
    const { sink, rows } = record();
    await session.run({ text: 'SELECT a FROM #t; COMMIT;' }, sink);
    assert.deepEqual(rows, [[1]]);
    assert.equal(session.openTransactions, 0);
    const lost = new Promise<{ hadTransaction: boolean; kept: readonly string[] }>((resolve) =>
      session.onDidLose(resolve),
    );
    await azure.client.killConnections();
    const loss = await lost;
    assert.deepEqual([loss.hadTransaction, loss.kept], [false, ['temporaryTables']]);
  });

  it('stops a long statement at once', async () => {
    const { sql, profile } = doorOf(admin);
    const session = await sql.openSession(profile);
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 100);
    const error = await failure(
      session.run({ text: "WAITFOR DELAY '00:00:20';" }, record().sink, abort.signal),
    );
    assert.equal(error.code, 'cancelled');
    const { sink, rows } = record();
    await session.run({ text: 'SELECT 1;' }, sink);
    assert.deepEqual(rows, [[1]]);
  });
});

describe('a grant', () => {
  const signal = (): AbortSignal => new AbortController().signal;
  const request = {
    principal: 'app-orders',
    identity: { kind: 'name' as const },
    rights: ['read' as const],
    customRoles: [],
  };

  it('lets the managed identity read and nothing more, and is taken back wholly', async () => {
    const ada = doorOf(admin);
    const grants = new GrantService(ada.sql);
    const planned = await grants.plan(ada.profile, request, signal());
    assert.match(planned.script, /CREATE USER \[app-orders\] FROM EXTERNAL PROVIDER/);
    const app = doorOf('app-orders');
    assert.equal(
      (await failure(app.sql.query(app.profile, { text: 'SELECT 1;' }))).code,
      'noUserInDatabase',
      'planning changed nothing',
    );

    const done = await planned.run(signal());
    assert.equal(
      (await app.sql.query(app.profile, { text: 'SELECT TOP (1) first_name FROM dbo.[user];' })).rows.length,
      1,
    );
    const denied = await failure(
      app.sql.query(app.profile, { text: "INSERT INTO dbo.[user] (first_name) VALUES ('no');" }),
    );
    assert.equal(denied.server?.number, 229);

    const principals = await new AccessService(ada.sql).principals(ada.profile);
    const found = principals.find(({ name }) => name === 'app-orders');
    assert.equal(found?.kind, 'application');
    assert.deepEqual(found.roles, ['db_datareader']);

    assert.ok(done.undo);
    assert.match(await done.undo.run(signal()), /no user/);
    const again = doorOf('app-orders');
    assert.equal(
      (await failure(again.sql.query(again.profile, { text: 'SELECT 1;' }))).code,
      'noUserInDatabase',
    );
  });

  it('adds nothing the second time, and its undo leaves a user who was there', async () => {
    const ada = doorOf(admin);
    const grants = new GrantService(ada.sql);
    const first = await (await grants.plan(ada.profile, request, signal())).run(signal());
    const second = await (await grants.plan(ada.profile, request, signal())).run(signal());
    assert.equal(second.undo, undefined);
    const wider = await (
      await grants.plan(ada.profile, { ...request, rights: ['read', 'write'] }, signal())
    ).run(signal());
    assert.ok(wider.undo && first.undo);
    await wider.undo.run(signal());
    const app = doorOf('app-orders');
    assert.equal((await app.sql.query(app.profile, { text: 'SELECT 1;' })).rows.length, 1, 'still there');
    await first.undo.run(signal());
  });

  it('makes a direct member of who was one through another role, and takes only that back', async () => {
    const ada = doorOf(admin);
    const grants = new GrantService(ada.sql);
    await ada.sql.query(ada.profile, { text: 'CREATE ROLE [nest];' });
    await ada.sql.query(ada.profile, { text: 'ALTER ROLE [db_datareader] ADD MEMBER [nest];' });
    const outer = { ...request, rights: ['custom' as const], customRoles: ['NEST'] };
    const first = await (await grants.plan(ada.profile, outer, signal())).run(signal());
    const second = await (await grants.plan(ada.profile, request, signal())).run(signal());
    assert.ok(first.undo && second.undo);
    await second.undo.run(signal());
    const found = (await new AccessService(ada.sql).principals(ada.profile)).find(
      ({ name }) => name === 'app-orders',
    );
    assert.deepEqual(found?.roles, ['nest']);
    assert.match(await first.undo.run(signal()), /no user/);
  });

  it('keeps hostile names whole', async () => {
    const ada = doorOf(admin);
    const grants = new GrantService(ada.sql);
    const principal = "a]b'; DROP TABLE [user]; -- 😀 שם";
    const id = '2ff8edf0-dccb-4148-a649-2c1154e1e129';
    const planned = await grants.plan(
      ada.profile,
      { principal, identity: { kind: 'sid', of: 'app', id }, rights: ['read', 'execute'], customRoles: [] },
      signal(),
    );
    const done = await planned.run(signal());
    const found = (await new AccessService(ada.sql).principals(ada.profile)).find(
      ({ name }) => name === principal,
    );
    assert.equal(found?.id, id);
    assert.ok(done.undo);
    await done.undo.run(signal());
    const left = await new AccessService(ada.sql).principals(ada.profile);
    assert.equal(
      left.find(({ name }) => name === principal),
      undefined,
    );
    assert.ok(
      (await ada.sql.query(ada.profile, { text: 'SELECT TOP (1) id FROM dbo.[user];' })).rows.length === 1,
    );
  });

  it('refuses master, and reports a principal that does not exist', async () => {
    const ada = doorOf(admin);
    const grants = new GrantService(ada.sql);
    assert.equal(
      (await failure(grants.plan({ ...ada.profile, database: 'master' }, request, signal()))).code,
      'invalidInput',
    );
    const missing = await grants.plan(ada.profile, { ...request, principal: 'no-such-app' }, signal());
    assert.equal((await failure(missing.run(signal()))).code, 'principalNotFound');
  });
});
