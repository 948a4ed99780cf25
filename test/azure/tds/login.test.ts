// Logins through tedious: encryption, both FEDAUTH ways, SQL logins, refusals, routing, firewall.
import assert from 'node:assert/strict';
import { connect as tcpConnect } from 'node:net';
import type { Connection } from 'tedious';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { SqlError } from '../contract.ts';
import { TdsClient } from './tdsClient.ts';
import { CA, connect, query, SPN, startTestServer, TOKEN, until } from './testServer.ts';
import type { TestServer } from './testServer.ts';

describe('TDS login', () => {
  let fixture: TestServer;
  const open: Connection[] = [];

  async function client(...args: Parameters<typeof connect>): Promise<Connection> {
    const connection = await connect(...args);
    open.push(connection);
    return connection;
  }

  beforeEach(async () => {
    fixture = await startTestServer();
  });

  afterEach(async () => {
    for (const connection of open.splice(0)) connection.close();
    await fixture.server.close();
  });

  it('takes a token in LOGIN7 and answers a SELECT', async () => {
    const connection = await client(fixture.config());
    const result = await query(connection, 'SELECT 1 AS one');
    assert.deepEqual(result.rows, [[1]]);
    assert.deepEqual(fixture.backend.requests, [{ kind: 'batch', text: 'SELECT 1 AS one' }]);
    const login = fixture.backend.logins[0];
    assert.equal(login?.database, 'app');
    assert.equal(login?.tdsVersion, 0x74000004);
    assert.equal(login?.caller.kind === 'entra' && login.caller.claims.upn, 'ada@local.test');
    const [live] = fixture.server.connections;
    assert.equal(live?.principal, 'ada@local.test');
    assert.equal(live?.database, 'app');
    assert.equal(live?.requests, 2, 'its own SET batch and ours');
  });

  it('asks for a token with its STS URL and SPN, and takes it in a message of its own', async () => {
    const scopes: string[] = [];
    const credential = {
      getToken: (scope: string | string[]) => {
        scopes.push(String(scope));
        return Promise.resolve({ token: TOKEN, expiresOnTimestamp: Date.now() + 3_600_000 });
      },
    };
    const connection = await client(
      fixture.config({ authentication: { type: 'token-credential', options: { credential } } }),
    );
    assert.deepEqual((await query(connection, 'SELECT 1')).rows, [[1]]);
    assert.deepEqual(scopes, [`${SPN}.default`]);
  });

  it('takes a token far larger than one packet', async () => {
    const token = TOKEN + 'x'.repeat(12_000);
    await client(
      fixture.config({ authentication: { type: 'azure-active-directory-access-token', options: { token } } }),
    );
    assert.equal(fixture.backend.logins.length, 1);
  });

  it('takes a SQL login with its password', async () => {
    const authentication = { type: 'default', options: { userName: 'app', password: 'sécret' } } as const;
    await client(fixture.config({ authentication }));
    const caller = fixture.backend.logins[0]?.caller;
    assert.deepEqual(caller, { kind: 'sql', user: 'app', password: 'sécret' });
    await assert.rejects(
      connect(
        fixture.config({ authentication: { type: 'default', options: { userName: 'app', password: 'no' } } }),
      ),
      /Login failed for user 'app'\./,
    );
  });

  it('serves TDS 8, with TLS first', async () => {
    const connection = await client(fixture.config({}, { encrypt: 'strict' }));
    assert.deepEqual((await query(connection, 'SELECT 1')).rows, [[1]]);
    assert.equal(fixture.backend.logins[0]?.tdsVersion, 0x08000000);
  });

  async function refused(
    config: Parameters<typeof connect>[0],
  ): Promise<{ error: unknown; numbers: number[] }> {
    const numbers: number[] = [];
    const error = await connect(config, (one) =>
      one.on('errorMessage', (token) => numbers.push(token.number)),
    ).then(
      () => assert.fail('logged in'),
      (failure: unknown) => failure,
    );
    return { error, numbers };
  }

  it('answers an expired and a forged token in the words of the server', async () => {
    const withToken = (token: string) =>
      fixture.config({ authentication: { type: 'azure-active-directory-access-token', options: { token } } });
    const expired = await refused(withToken('expired-1'));
    assert.match(
      String(expired.error),
      /Login failed for user '<token-identified principal>'\. Token is expired\./,
    );
    assert.deepEqual(expired.numbers, [18_456]);
    const forged = await refused(withToken('forged'));
    assert.match(String(forged.error), /Login failed for user '<token-identified principal>'\.$/);
    assert.deepEqual(forged.numbers, [18_456]);
    assert.equal(fixture.backend.logins.length, 0);
    assert.ok(!fixture.log.join('\n').includes('forged-'), 'no token in the log');
  });

  it('lets no login byte come in clear', async () => {
    await assert.rejects(connect(fixture.config({}, { encrypt: false })), /requires encryption/);
    assert.equal(fixture.backend.logins.length, 0);
    // A client that goes on all the same, with LOGIN7 in clear after an answer that demands TLS.
    const prelogin = Buffer.from('1201001a0000010000000b00060100110001ff0f000000000000', 'hex');
    const answer = await talk(
      Buffer.concat([prelogin, Buffer.from('1001006000000100', 'hex'), Buffer.alloc(88, 1)]),
    );
    assert.equal(fixture.backend.logins.length, 0);
    assert.equal(answer.closed, true);
  });

  /** Sends bytes on a bare TCP connection and gathers what comes back until the server closes. */
  function talk(bytes: Buffer): Promise<{ received: Buffer; closed: boolean }> {
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      const socket = tcpConnect(fixture.port, '127.0.0.1', () => socket.write(bytes));
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve({ received: Buffer.concat(chunks), closed: true }));
    });
  }

  it('is not believed under another name', async () => {
    const config = fixture.config({ server: '127.0.0.1' }, { serverName: 'other.test' });
    await assert.rejects(connect(config), /altnames|does not match/i);
  });

  it('lets the gateway refuse before any token is looked at', async () => {
    await fixture.server.close();
    const seen: unknown[] = [];
    fixture = await startTestServer({
      gate: (connection) => {
        seen.push(connection);
        return Promise.reject(
          new SqlError({
            number: 40_615,
            state: 1,
            class: 14,
            message: `Client with IP address '${connection.address}' is not allowed`,
            line: 1,
          }),
        );
      },
      verifyToken: () => assert.fail('token was looked at'),
    });
    const { error, numbers } = await refused(fixture.config());
    assert.match(String(error), /Client with IP address '(127\.0\.0\.1|::1)'/);
    assert.deepEqual(numbers, [40_615]);
    assert.equal(seen.length, 1);
  });

  it('reads the server name as ODBC writes it', async () => {
    const names: string[] = [];
    await fixture.server.close();
    fixture = await startTestServer({
      gate: ({ serverName }) => {
        names.push(serverName);
        return Promise.resolve();
      },
    });
    for (const serverName of ['tcp:my.host,1433', 'my.host\\x', 'my.host', '']) {
      const client = await TdsClient.open({
        host: '127.0.0.1',
        serverName: 'localhost',
        port: fixture.port,
        ca: CA,
      });
      client.login({ user: 'app', password: 'sécret', serverName });
      await client.message();
      client.close();
    }
    // Without a name in LOGIN7, the one that TLS asked for.
    assert.deepEqual(names, ['my.host', 'my.host', 'my.host', 'localhost']);
  });

  it('orders faults of the login by who is logging in', async () => {
    await fixture.server.close();
    fixture = await startTestServer({
      faults: (one, stage) =>
        stage === 'login' && one.applicationName === 'unlucky' ? { dropBeforeReply: 'rst' } : undefined,
    });
    await assert.rejects(connect(fixture.config({}, { appName: 'unlucky' })));
    await client(fixture.config({}, { appName: 'lucky' }));
    assert.deepEqual(
      fixture.backend.logins.map((login) => login.applicationName),
      ['lucky'],
    );
  });

  it('sends a client to another server', async () => {
    const target = await startTestServer();
    const { port } = fixture.server;
    await fixture.server.close();
    fixture = await startTestServer({ route: () => ({ host: 'localhost', port: target.port }) });
    assert.notEqual(port, fixture.port);
    const connection = await client(fixture.config());
    assert.deepEqual((await query(connection, 'SELECT 1')).rows, [[1]]);
    assert.equal(fixture.backend.logins.length, 0);
    assert.equal(target.backend.logins.length, 1);
    connection.close();
    await target.server.close();
  });

  it('reports database, language and packet size as the server does', async () => {
    const infos: number[] = [];
    const changes: unknown[] = [];
    const connection = await connect(fixture.config({}, { packetSize: 8000 }), (one) => {
      one.on('infoMessage', (token) => infos.push(token.number));
      one.on('databaseChange', (name) => changes.push(name));
      one.on('languageChange', (name) => changes.push(name));
    });
    open.push(connection);
    assert.deepEqual(infos, [5701, 5703]);
    assert.deepEqual(changes, ['app', 'us_english']);
  });

  it('gives up on a client that never logs in, and forgets it', async () => {
    await fixture.server.close();
    fixture = await startTestServer({ loginTimeoutMs: 50 });
    const result = await talk(Buffer.alloc(0));
    assert.equal(result.closed, true);
    await until(() => fixture.server.connections.length === 0);
  });

  it('tells the backend when the client is gone', async () => {
    const connection = await client(fixture.config());
    const [live] = fixture.server.connections;
    const ended = new Promise((resolve) => connection.once('end', resolve));
    assert.equal(fixture.server.closeConnection(live?.id ?? 0, 'rst'), true);
    await ended;
    await until(() => fixture.backend.closed === 1);
    await until(() => fixture.server.connections.length === 0);
  });
});
