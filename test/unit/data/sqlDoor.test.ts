import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'vitest';
import { until } from '../../azure/tds/testServer.ts';
import type { TokenRequest } from '../../../src/core/ports.ts';
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

let fixture: Fixture | undefined;
afterEach(async () => {
  await fixture?.end();
  fixture = undefined;
});
const start = async (options: Parameters<typeof startFixture>[0] = {}): Promise<Fixture> =>
  (fixture = await startFixture(options));

describe('query', () => {
  it('returns columns and rows, over one login for the first and every following statement', async () => {
    const { sql, profile, front, received, asked } = await start();
    for (let run = 0; run < 3; run++) {
      assert.deepEqual(await sql.query(profile, { text: 'SELECT 1 AS [one];' }), {
        columns: [{ name: 'one', sqlType: 'int', baseType: 'int', nullable: false, identity: false }],
        rows: [[1]],
      });
    }
    assert.equal(received.length, 1, 'logins');
    assert.equal(front.server.connections.length, 1);
    assert.deepEqual(
      asked.map(({ mode }) => mode),
      ['silent'],
    );
  });

  it('goes through sp_executesql, so that what SET changes ends with the statement; exact values as text', async () => {
    const { sql, profile, front } = await start();
    await sql.query(profile, { text: 'SELECT 1;' });
    await sql.query(profile, {
      text: 'SELECT @a, @b;',
      parameters: [
        { name: 'a', value: '123456789012345678.99', sqlType: 'decimal(20, 2)' },
        { name: 'b', value: 7 },
      ],
    });
    const [plain, rpc] = front.backend.requests;
    assert.equal(plain?.kind === 'rpc' && plain.procedure, 'sp_executesql');
    assert.equal(rpc?.kind, 'rpc');
    if (rpc?.kind !== 'rpc') return;
    assert.equal(rpc.procedure.toLowerCase(), 'sp_executesql');
    assert.deepEqual(
      rpc.parameters.map(({ value }) => value),
      [
        'DECLARE @a decimal(20, 2) = CONVERT(decimal(20, 2), @a__text); SELECT @a, @b;',
        '@a__text nvarchar(4000), @b int',
        '123456789012345678.99',
        7,
      ],
    );
  });

  it('keeps pooled connections within the maximum, and all statements are answered', async () => {
    const { sql, profile, front } = await start();
    front.backend.execute = async (_request, out) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      one(out);
    };
    const results = await Promise.all(
      Array.from({ length: 12 }, () => sql.query(profile, { text: 'SELECT 1;' })),
    );
    assert.equal(results.length, 12);
    assert.ok(front.backend.logins.length <= profile.maxPoolSize, `${front.backend.logins.length} logins`);
  });

  it('drops a refused token and tries once more on a new connection (37396)', async () => {
    const { sql, profile, front, received } = await start();
    let refused = 0;
    front.backend.execute = (_request, out) => {
      if (refused++ === 0) throw sqlError(37_396, 'The access token has expired.');
      one(out);
    };
    assert.deepEqual((await sql.query(profile, { text: 'DELETE FROM t;' })).rows, [[1]]);
    assert.equal(received.length, 2);
    assert.notEqual(received[0], received[1], 'a fresh token');
    await until(() => front.server.connections.length === 1);
  });

  it('asks again after a refusal, prompting only when a person is there and the source has nothing newer', async () => {
    const same = jwt();
    for (const [gesture, token, modes] of [
      [true, () => jwt(), ['interactive', 'interactive']],
      [
        true,
        ({ mode }: TokenRequest) => (mode === 'renew' ? jwt() : same),
        ['interactive', 'interactive', 'renew'],
      ],
      [false, () => jwt(), ['silent', 'silent']],
    ] as const) {
      const { sql, profile, front, asked } = await start({ token });
      let refused = 0;
      front.backend.execute = (_request, out) => {
        if (refused++ === 0) throw sqlError(37_396, 'The access token has expired.');
        one(out);
      };
      await sql.query(profile, { text: 'SELECT 1;' }, { gesture });
      assert.deepEqual(
        asked.map(({ mode }) => mode),
        modes,
      );
      await fixture?.end();
    }
    fixture = undefined;
  });

  it('ends a session whose token the server takes no more, and drops the token: the next one gets another', async () => {
    const { sql, profile, front, received } = await start();
    let refused = 0;
    front.backend.execute = (_request, out) => {
      if (refused++ === 0) throw sqlError(37_396, 'The access token has expired.');
      one(out);
    };
    const session = await sql.openSession(profile);
    let losses = 0;
    session.onDidLose(() => losses++);
    const { sink, messages } = record();
    assert.equal((await failure(session.run({ text: 'SELECT 1;' }, sink))).code, 'tokenExpired');
    assert.equal(session.closed, true);
    assert.equal(losses, 0, 'there was nothing to lose');
    assert.deepEqual(messages, [], 'and nothing to read');
    const next = await sql.openSession(profile);
    await next.run({ text: 'SELECT 1;' }, sink);
    await next.close();
    assert.equal(new Set(received).size, 2, 'a fresh token');
    await until(() => front.server.connections.length === 0);
  });

  it('tells what goes with a session whose token ended', async () => {
    const { sql, profile, front } = await start();
    let refused = 0;
    front.backend.execute = (_request, out) => {
      if (refused++ === 1) throw sqlError(37_396, 'The access token has expired.');
      one(out);
    };
    const session = await sql.openSession(profile);
    const losses: unknown[] = [];
    session.onDidLose(({ kept, reason }) => losses.push([kept, reason]));
    const { sink } = record();
    await session.run({ text: 'SELECT * INTO #mine FROM t;' }, sink);
    assert.equal((await failure(session.run({ text: 'SELECT * FROM #mine;' }, sink))).code, 'tokenExpired');
    assert.equal(session.closed, true);
    assert.deepEqual(losses, [[['temporaryTables'], 'The access token of this connection has expired.']]);
  });

  it('does not repeat a batch of which a part was done before the token was refused', async () => {
    const { sql, profile, front } = await start();
    front.backend.execute = (_request, out) => {
      out.done({ kind: 'statement' });
      throw sqlError(37_396, 'The access token has expired.');
    };
    const batch = { text: 'CREATE TABLE t (n int); CREATE TABLE u (n int);' };
    assert.equal((await failure(sql.query(profile, batch))).code, 'tokenExpired');
    assert.equal(front.backend.requests.length, 1);
  });

  it('gives up after the second refusal', async () => {
    const { sql, profile, front } = await start();
    front.backend.execute = () => {
      throw sqlError(37_396, 'The access token has expired.');
    };
    assert.equal((await failure(sql.query(profile, { text: 'SELECT 1;' }))).code, 'tokenExpired');
    assert.equal(front.backend.requests.length, 2);
  });

  it('says that the outcome is unknown when a write loses its connection, and never repeats it', async () => {
    const { sql, profile, front } = await start();
    await sql.query(profile, { text: 'SELECT 1;' });
    let writes = 0;
    front.backend.execute = () => {
      writes++;
      for (const { id } of front.server.connections) front.server.closeConnection(id, 'rst');
      return new Promise(() => undefined);
    };
    const error = await failure(sql.query(profile, { text: 'DELETE FROM t;' }));
    assert.equal(error.code, 'outcomeUnknown');
    assert.equal(writes, 1);
    front.backend.execute = (_request, out) => one(out);
    assert.deepEqual((await sql.query(profile, { text: 'SELECT 1;' })).rows, [[1]], 'the next one is fine');
  });

  for (const [what, statement] of [
    ['a page', { text: 'SELECT id FROM t ORDER BY id OFFSET 0 ROWS FETCH NEXT 5 ROWS ONLY' }],
    [
      'a value that is converted in front of it',
      { text: 'SELECT @a;', parameters: [{ name: 'a', value: '1.00', sqlType: 'decimal(10, 2)' }] },
    ],
  ] as const) {
    it(`asks again when the answer of a read was lost: ${what}`, async () => {
      const { sql, profile, front } = await start();
      await sql.query(profile, { text: 'SELECT 1;' });
      front.backend.execute = (_request, out) => {
        front.backend.execute = (_again, next) => one(next);
        for (const { id } of front.server.connections) front.server.closeConnection(id, 'rst');
        one(out);
      };
      assert.deepEqual((await sql.query(profile, statement)).rows, [[1]]);
      assert.equal(front.backend.logins.length, 2);
    });
  }

  it('maps an error of the statement and keeps the connection', async () => {
    const { sql, profile, front } = await start();
    front.backend.execute = (_request, out) => {
      if (front.backend.requests.length === 1)
        throw sqlError(229, 'The INSERT permission was denied on the object.');
      one(out);
    };
    const error = await failure(sql.query(profile, { text: 'INSERT INTO t VALUES (1);' }));
    assert.equal(error.code, 'permissionDenied');
    assert.equal(error.server?.number, 229);
    await sql.query(profile, { text: 'SELECT 1;' });
    assert.equal(front.backend.logins.length, 1);
  });

  it('does not hand a transaction that was left open to the next one', async () => {
    const { sql, profile, front } = await start();
    front.backend.execute = (_request, out) => {
      if (front.backend.requests.length === 1) out.environment({ type: 'beginTransaction' });
      one(out);
    };
    await sql.query(profile, { text: 'BEGIN TRANSACTION;' });
    await sql.query(profile, { text: 'SELECT 1;' });
    assert.equal(front.backend.logins.length, 2);
  });

  it('stops waiting at once when the caller gives up', async () => {
    const { sql, profile, front } = await start();
    let stopped = false;
    front.backend.execute = (_request, _out, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          stopped = true;
          resolve();
        });
        abort.abort();
      });
    const abort = new AbortController();
    const error = await failure(sql.query(profile, { text: 'WAITFOR DELAY 1;' }, { signal: abort.signal }));
    assert.equal(error.code, 'cancelled');
    assert.ok(stopped, 'the server heard of it');
    front.backend.execute = (_request, out) => one(out);
    await sql.query(profile, { text: 'SELECT 1;' });
    assert.equal(front.backend.logins.length, 1, 'the connection stays good');
  });
});

describe('login', () => {
  it('has its token before it dials', async () => {
    const { sql, profile, front } = await start({ token: () => Promise.reject(new Error('boom')) });
    await assert.rejects(sql.query(profile, { text: 'SELECT 1;' }), /boom/);
    assert.equal(front.server.connections.length, 0);
    assert.equal(front.backend.logins.length, 0);
  });

  it('waits for a database that resumes, and says so', async () => {
    let attempts = 0;
    const { sql, profile, waits, lines } = await start({
      server: {
        gate: () =>
          attempts++ < 2
            ? Promise.reject(sqlError(40_613, "Database 'app' on server 'local' is not currently available."))
            : Promise.resolve(),
      },
    });
    await sql.query(profile, { text: 'SELECT 1;' });
    assert.deepEqual(waits, [5000, 10_000]);
    assert.match(lines.join('\n'), /resuming.*Trying again in 5 s/);
  });

  it('takes the address out of a firewall error and tries nothing else', async () => {
    const { sql, profile, waits } = await start({
      server: {
        gate: () =>
          Promise.reject(
            sqlError(
              40_615,
              "Cannot open server 'local' requested by the login. Client with IP address '203.0.113.9' is not allowed to access the server.",
            ),
          ),
      },
    });
    const error = await failure(sql.query(profile, { text: 'SELECT 1;' }));
    assert.equal(error.code, 'firewallBlocked');
    assert.deepEqual(error.remedies[0], {
      kind: 'addFirewallRule',
      connectionId: profile.id,
      server: 'localhost',
      ip: '203.0.113.9',
    });
    assert.deepEqual(waits, []);
  });

  it('replaces a token that the server calls expired, once', async () => {
    const { sql, profile, asked } = await start({
      server: {
        verifyToken: () =>
          Promise.reject(
            sqlError(18_456, "Login failed for user '<token-identified principal>'. Token is expired."),
          ),
      },
    });
    assert.equal((await failure(sql.query(profile, { text: 'SELECT 1;' }))).code, 'tokenExpired');
    assert.equal(asked.length, 2);
  });

  it('tells a missing user from a refused token', async () => {
    const { sql, profile } = await start({
      server: {
        verifyToken: () =>
          Promise.reject(sqlError(18_456, "Login failed for user '<token-identified principal>'.")),
      },
    });
    const error = await failure(sql.query(profile, { text: 'SELECT 1;' }));
    assert.equal(error.code, 'noUserInDatabase');
    assert.equal(error.server?.number, 18_456);
  });

  it('is given up at once, and what it opened later is closed', async () => {
    let letIn: (() => void) | undefined;
    const { sql, profile, front } = await start({
      server: { gate: () => new Promise((resolve) => (letIn = resolve)) },
    });
    const abort = new AbortController();
    const opening = sql.openSession(profile, { signal: abort.signal });
    await until(() => letIn !== undefined);
    abort.abort();
    assert.equal((await failure(opening)).code, 'cancelled');
    letIn?.();
    await until(() => front.server.connections.length === 0);
  });

  it('reports who cannot be reached', async () => {
    const gone = await startFixture();
    await gone.end();
    const { sql, profile } = await start({ profile: { port: gone.profile.port } });
    const error = await failure(sql.query(profile, { text: 'SELECT 1;' }));
    assert.equal(error.code, 'hostUnreachable');
    assert.match(error.message, /nothing listens/);
  });
});

describe('openSession', () => {
  it('streams in blocks of at most 200 rows, several result sets, counts and messages in order', async () => {
    const { sql, profile, front } = await start();
    front.backend.execute = async (_request, out) => {
      out.message({ number: 0, state: 1, class: 0, message: 'hi', line: 3 });
      out.columns([{ name: '', type: { name: 'int' }, nullable: true }]);
      for (let row = 0; row < 1050; row++) await out.row([row]);
      out.done({ kind: 'statement', rowCount: 1050 });
      out.columns([{ name: 'b', type: { name: 'nvarchar', length: 30 }, nullable: true }]);
      out.done({ kind: 'statement', rowCount: 0 });
      out.done({ kind: 'statement' });
    };
    const session = await sql.openSession(profile);
    const { sink, blocks, rows, events, messages, columns } = record();
    await session.run({ text: 'x' }, sink);
    assert.deepEqual(front.backend.requests, [{ kind: 'batch', text: 'x' }], 'as written');
    assert.equal(rows.length, 1050);
    assert.deepEqual(
      rows.map(([value]) => value),
      Array.from({ length: 1050 }, (_, index) => index),
    );
    assert.ok(Math.max(...blocks) <= 200);
    assert.deepEqual(
      events.filter((event) => event !== 'rows'),
      ['message 0', 'columns', 'done 1050', 'columns', 'done 0', 'done undefined'],
    );
    assert.equal(messages[0]?.line, 3);
    assert.equal(columns[1]?.[0]?.sqlType, 'nvarchar(30)');
    await session.close();
  });

  it('lets the event loop turn between blocks', async () => {
    const { sql, profile, front } = await start();
    front.backend.execute = async (_request, out) => {
      out.columns([{ name: 'a', type: { name: 'int' }, nullable: true }]);
      for (let row = 0; row < 20_000; row++) await out.row([row]);
      out.done({ kind: 'statement', rowCount: 20_000 });
    };
    const session = await sql.openSession(profile);
    let turns = 0;
    let running = true;
    const turn = (): void => {
      turns++;
      if (running) setImmediate(turn);
    };
    setImmediate(turn);
    await session.run({ text: 'x' }, record().sink);
    running = false;
    assert.ok(turns >= 90, `${turns} turns for 100 blocks`);
  });

  it('waits for a sink that is slow', async () => {
    const { sql, profile, front } = await start();
    front.backend.execute = async (_request, out) => {
      out.columns([{ name: 'a', type: { name: 'int' }, nullable: true }]);
      for (let row = 0; row < 1000; row++) await out.row([row]);
      out.done({ kind: 'statement', rowCount: 1000 });
    };
    const session = await sql.openSession(profile);
    let inside = 0;
    let most = 0;
    let taken = 0;
    const { sink } = record();
    await session.run(
      { text: 'x' },
      {
        ...sink,
        rows: async (rows) => {
          most = Math.max(most, ++inside);
          await new Promise((resolve) => setTimeout(resolve, 5));
          inside--;
          taken += rows.length;
        },
      },
    );
    assert.equal(taken, 1000, 'all rows were taken when run settled');
    assert.equal(most, 1, 'one block at a time');
  });

  it('cancels at once, keeps the session and its transaction', async () => {
    const { sql, profile, front } = await start();
    front.backend.execute = (_request, out, signal) => {
      if (front.backend.requests.length > 1) {
        one(out);
        return;
      }
      out.environment({ type: 'beginTransaction' });
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve());
        abort.abort();
      });
    };
    const abort = new AbortController();
    const session = await sql.openSession(profile);
    assert.equal((await failure(session.run({ text: 'x' }, record().sink, abort.signal))).code, 'cancelled');
    assert.equal(session.openTransactions, 1);
    const { sink, rows } = record();
    await session.run({ text: 'y' }, sink);
    assert.deepEqual(rows, [[1]]);
  });

  it('cancels in the middle of rows', async () => {
    const { sql, profile, front } = await start();
    front.backend.execute = async (_request, out, signal) => {
      out.columns([{ name: 'a', type: { name: 'int' }, nullable: true }]);
      for (let row = 0; !signal.aborted; row++) await out.row([row]);
    };
    const session = await sql.openSession(profile);
    const abort = new AbortController();
    const { sink } = record();
    const error = await failure(
      session.run({ text: 'x' }, { ...sink, rows: () => abort.abort() }, abort.signal),
    );
    assert.equal(error.code, 'cancelled');
    front.backend.execute = (_request, out) => one(out);
    await session.run({ text: 'y' }, record().sink);
  });

  it('says what was lost when the server cuts the connection, once', async () => {
    const { sql, profile, front } = await start();
    front.backend.execute = (_request, out) => {
      out.environment({ type: 'beginTransaction' });
      one(out);
    };
    const session = await sql.openSession(profile);
    const losses: { hadTransaction: boolean; kept: readonly string[] }[] = [];
    session.onDidLose((loss) => losses.push(loss));
    await session.run({ text: 'BEGIN TRAN; SET NOCOUNT ON' }, record().sink);
    assert.equal(session.openTransactions, 1);
    for (const { id } of front.server.connections) front.server.closeConnection(id, 'rst');
    await until(() => losses.length > 0);
    assert.equal(session.closed, true);
    assert.deepEqual(
      { ...losses[0], reason: '' },
      { reason: '', hadTransaction: true, kept: ['setOptions'] },
    );
    assert.equal((await failure(session.run({ text: 'x' }, record().sink))).code, 'connectionLost');
    assert.equal(losses.length, 1);
  });

  it('knows that it is in another database', async () => {
    const { sql, profile, front } = await start();
    front.backend.execute = (request, out) => {
      const to = request.kind === 'batch' && request.text.includes('other') ? 'other' : 'APP';
      out.environment({ type: 'database', from: 'app', to });
      one(out);
    };
    const session = await sql.openSession(profile);
    await session.run({ text: 'USE other' }, record().sink);
    assert.deepEqual(session.kept, ['database']);
    await session.run({ text: 'USE app' }, record().sink);
    assert.deepEqual(session.kept, []);
  });

  it('ends unseen when nobody uses it and nothing would be lost', async () => {
    const { sql, profile, front } = await start({ times: { sessionLife: 50 } });
    const reading = await sql.openSession(profile);
    reading.onDidLose(() => assert.fail('nothing was lost'));
    await reading.run({ text: 'SELECT 1;' }, record().sink);
    const others = ['SET NOCOUNT ON;', 'INSERT INTO t VALUES (1);', 'BEGIN TRAN;'].map(async (text) => {
      const session = await sql.openSession(profile);
      front.backend.execute = (request, out) => {
        if (request.kind === 'batch' && request.text.startsWith('BEGIN'))
          out.environment({ type: 'beginTransaction' });
        one(out);
      };
      await session.run({ text }, record().sink);
      return session;
    });
    const kept = await Promise.all(others);
    await until(() => reading.closed);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(
      kept.map(({ closed }) => closed),
      [false, false, false],
    );
    assert.equal(sql.diagnostics(profile)?.retired.idle, 1);
    assert.equal(front.server.connections.length, 3);
  });

  it('does not end while a batch is running', async () => {
    const { sql, profile, front } = await start({ times: { sessionLife: 30 } });
    front.backend.execute = async (_request, out) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      one(out);
    };
    const session = await sql.openSession(profile);
    const { sink, rows } = record();
    await session.run({ text: 'SELECT 1;' }, sink);
    assert.deepEqual(rows, [[1]]);
  });

  it('has a connection of its own', async () => {
    const { sql, profile, front } = await start();
    const session = await sql.openSession(profile);
    await sql.query(profile, { text: 'SELECT 1;' });
    assert.equal(front.server.connections.length, 2);
    await session.close();
    await until(() => front.server.connections.length === 1);
  });

  it('throws the first error of the batch once the batch is over', async () => {
    const { sql, profile, front } = await start();
    front.backend.execute = (_request, out) => {
      out.message({
        number: 8134,
        state: 1,
        class: 16,
        message: 'Divide by zero error encountered.',
        line: 2,
      });
      out.done({ kind: 'statement', error: true });
      one(out);
    };
    const session = await sql.openSession(profile);
    const { sink, rows, messages } = record();
    const error = await failure(session.run({ text: 'x' }, sink));
    assert.equal(error.code, 'sqlError');
    assert.equal(error.server?.line, 2);
    assert.deepEqual(rows, [[1]], 'what came after it');
    assert.equal(messages.length, 1);
  });
});

describe('where a token goes', () => {
  it('nowhere for a host outside every cloud, until a person confirmed it', async () => {
    const { sql, profile, front, asked } = await start({ profile: { server: '127.0.0.1' } });
    const error = await failure(sql.query(profile, { text: 'SELECT 1;' }, { gesture: true }));
    assert.equal(error.code, 'hostNotConfirmed');
    assert.deepEqual(error.remedies[0], {
      kind: 'confirmHost',
      connectionId: 'connection-1',
      host: '127.0.0.1',
    });
    assert.equal(asked.length, 0, 'nobody was even asked for a token');
    assert.equal(front.server.connections.length, 0);
  });

  it('not to a redirect that leaves the cloud', async () => {
    const elsewhere = await startFixture();
    try {
      const { sql, profile, received } = await start({
        server: { route: () => ({ host: '127.0.0.1', port: elsewhere.front.port }) },
      });
      const error = await failure(sql.query(profile, { text: 'SELECT 1;' }));
      assert.equal(error.code, 'hostNotConfirmed');
      assert.deepEqual(error.remedies[0], {
        kind: 'confirmHost',
        connectionId: 'connection-1',
        host: '127.0.0.1',
      });
      assert.equal(received.length, 1);
      assert.equal(elsewhere.received.length, 0);
      assert.equal(elsewhere.front.log.length, 0, 'not even dialed');
    } finally {
      await elsewhere.end();
    }
  });

  it('to a redirect inside the cloud', async () => {
    const elsewhere = await startFixture();
    try {
      const { sql, profile } = await start({
        server: { route: () => ({ host: 'localhost', port: elsewhere.front.port }) },
      });
      assert.deepEqual((await sql.query(profile, { text: 'SELECT 1;' })).rows, [[1]]);
      assert.equal(elsewhere.received.length, 1);
    } finally {
      await elsewhere.end();
    }
  });

  for (const [what, server] of [
    ['another audience', { spn: 'https://graph.microsoft.com/' }],
    ['another authority', { stsUrl: 'https://evil.example/common/' }],
    ['an authority that only begins like ours', { stsUrl: `${cloud.authority}.evil.example/${tenant}` }],
    ['our authority as a user name', { stsUrl: `https://login.localhost@evil.example/${tenant}` }],
    ['an authority without TLS', { stsUrl: `http://login.localhost/${tenant}` }],
  ] as const) {
    it(`not to a server that asks for ${what}`, async () => {
      const { sql, profile, asked, received } = await start({ server });
      const error = await failure(sql.query(profile, { text: 'SELECT 1;' }));
      assert.equal(error.code, 'hostNotConfirmed');
      assert.match(error.message, /was not sent/);
      assert.equal(received.length, 0);
      for (const { cloud: wanted } of asked) assert.equal(wanted.audience, audience);
    });
  }

  for (const [what, claims, code] of [
    ['another audience', { aud: 'https://management.azure.com/' }, 'wrongAudience'],
    ['another tenant', { tid: '99999999-2222-4333-8444-555555555555' }, 'wrongTenant'],
  ] as const) {
    it(`not when it is of ${what}`, async () => {
      const { sql, profile, front } = await start({
        token: () => jwt(claims),
        profile: { credential: { kind: 'vscode', tenant } },
      });
      assert.equal((await failure(sql.query(profile, { text: 'SELECT 1;' }))).code, code);
      assert.equal(front.server.connections.length, 0);
    });
  }

  it('not into the log, and not into a message', async () => {
    const { sql, profile, front, lines, received } = await start({
      server: {},
    });
    front.backend.execute = () => {
      throw sqlError(37_396, 'The access token has expired.');
    };
    const error = await failure(sql.query(profile, { text: 'SELECT 1;' }));
    assert.ok(received.length > 0 && lines.length > 0);
    for (const token of received) {
      for (const part of token.split('.').slice(0, 2)) {
        assert.ok(!lines.join('\n').includes(part));
        assert.ok(!`${error.message}${error.stack}`.includes(part));
      }
    }
  });

  it('only over TLS that is verified', async () => {
    const { sql, profile, received } = await start({
      clouds: [{ ...(await import('./fakeServer.ts')).cloud, caFile: undefined }],
    });
    assert.equal((await failure(sql.query(profile, { text: 'SELECT 1;' }))).code, 'certificateNotTrusted');
    assert.deepEqual(received, []);
  });
});
