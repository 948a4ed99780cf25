// The relay: an Entra login in front, a second TDS server with a SQL login behind.
import assert from 'node:assert/strict';
import { ISOLATION_LEVEL, Request, TYPES } from 'tedious';
import type { Connection } from 'tedious';
import { afterEach, beforeEach, describe, it } from 'vitest';
import type { ClientRequest, ResponseWriter, SqlValue } from '../contract.ts';
import { CA, connect, query, startTestServer, until } from '../tds/testServer.ts';
import type { TestServer } from '../tds/testServer.ts';
import { createUpstreamBackend } from './upstreamBackend.ts';

const ADA = '2ff8edf0-dccb-4148-a649-2c1154e1e129';
const ADA_SID = 'f0edf82fcbdc4841a6492c1154e1e129';
const APP = '11111111-2222-3333-4444-555555555555';

describe('upstream relay', () => {
  let upstream: TestServer;
  let front: TestServer;
  let claims: { oid: string; appid?: string; idtyp?: 'user' | 'app'; groups?: string[] };
  let users: Record<string, string>;
  let as: string[];
  let texts: string[];
  const open: Connection[] = [];

  async function client(): Promise<Connection> {
    const connection = await connect(front.config());
    open.push(connection);
    return connection;
  }

  /** Answers the relay's own batches as SQL Server would; everything else goes to `answer`. */
  function behave(
    answer: (request: ClientRequest, out: ResponseWriter, signal: AbortSignal) => Promise<void> | void,
  ): void {
    const one = (out: ResponseWriter, name: string, value: SqlValue): void => {
      out.columns([
        {
          name: '',
          type: { name: value instanceof Uint8Array ? 'varbinary' : 'nvarchar', length: 128 },
          nullable: true,
        },
        { name, type: { name: 'int' }, nullable: true },
      ]);
      void out.row([value, 77]);
      out.done({ kind: 'statement', rowCount: 1 });
    };
    upstream.backend.execute = (request, out, signal) => {
      const text = request.kind === 'batch' ? request.text : '';
      if (text) texts.push(text);
      if (text.startsWith('SELECT DB_NAME()')) return one(out, 'spid', 'App');
      if (text.startsWith('SELECT name FROM sys.database_principals')) {
        const found = Object.keys(users).find((sid) => text.includes(`0x${sid}`));
        if (found) return one(out, 'name', users[found] ?? '');
        return out.done({ kind: 'statement', rowCount: 0 });
      }
      if (text.includes('REVERT WITH COOKIE')) {
        assert.equal(text, 'DECLARE @cookie varbinary(8000) = 0x010203; REVERT WITH COOKIE = @cookie;');
        as.push('revert');
        return out.done({ kind: 'statement' });
      }
      if (text.startsWith('DECLARE @cookie')) {
        as.push(/N'(.*)' WITH COOKIE/.exec(text)?.[1] ?? '');
        return one(out, 'cookie', Uint8Array.of(1, 2, 3));
      }
      return answer(request, out, signal);
    };
  }

  beforeEach(async () => {
    upstream = await startTestServer();
    claims = { oid: ADA };
    users = { [ADA_SID]: "ada@local.test o'h" };
    as = [];
    texts = [];
    behave((_request, out) => {
      out.columns([{ name: 'one', type: { name: 'int' }, nullable: false }]);
      void out.row([1]);
      out.done({ kind: 'statement', rowCount: 1 });
    });
    front = await startTestServer({
      backend: createUpstreamBackend({
        host: '127.0.0.1',
        port: upstream.port,
        user: 'app',
        password: 'sécret',
        ca: CA,
        isAdmin: (one) => one.oid === 'admin',
        directory: {
          find: (name, objectId) => {
            if (name === 'twice' && !objectId)
              return [
                { kind: 'group', sidGuid: ADA },
                { kind: 'group', sidGuid: APP },
              ];
            if (name === 'team') return [{ kind: 'group', sidGuid: ADA }];
            return name === 'my-app]' ? [{ kind: 'application', sidGuid: APP }] : [];
          },
        },
      }),
      verifyToken: () => Promise.resolve({ aud: 'a', tid: 't', exp: 2_000_000_000, ...claims }),
    });
  });

  afterEach(async () => {
    for (const connection of open.splice(0)) connection.close();
    await front.server.close();
    await upstream.server.close();
  });

  it('runs as the database user whose SID is the caller', async () => {
    const connection = await client();
    assert.deepEqual((await query(connection, 'SELECT 1')).rows, [[1]]);
    assert.deepEqual(as, ["ada@local.test o''h"]);
    assert.equal(texts.at(-1), 'SELECT 1');
    assert.equal(front.server.connections[0]?.database, 'App');
    assert.equal(front.server.connections[0]?.spid, 77);
  });

  it('knows an application by its client id', async () => {
    claims = { oid: 'no', appid: APP, idtyp: 'app' };
    users = { '11111111222233334444555555555555': 'my-app' };
    await client();
    assert.deepEqual(as, ['my-app']);
  });

  it('refuses who has no user, and leaves the admin as it is', async () => {
    users = {};
    await assert.rejects(client(), /Login failed for user '<token-identified principal>'\.$/);
    await until(() => upstream.server.connections.length === 0);
    claims = { oid: 'admin' };
    await client();
    assert.deepEqual(as, []);
  });

  it('passes errors, procedures, output values and transactions through', async () => {
    behave((request, out) => {
      if (request.kind === 'transaction') {
        out.environment({ type: request.request === 'begin' ? 'beginTransaction' : 'commitTransaction' });
        return out.done({ kind: 'statement' });
      }
      if (request.kind === 'rpc') {
        out.returnStatus(3);
        out.returnValue('@o', 0, { name: 'nvarchar', length: 20 }, 'out');
        return out.done({ kind: 'procedure' });
      }
      out.message({ number: 208, state: 1, class: 16, message: "Invalid object name 'x'.", line: 2 });
      return out.done({ kind: 'statement', error: true });
    });
    const connection = await client();
    await assert.rejects(query(connection, 'SELECT * FROM x'), /Invalid object name 'x'/);
    const result = await query(
      connection,
      'dbo.p',
      (request) => request.addOutputParameter('o', TYPES.NVarChar),
      (request) => connection.callProcedure(request),
    );
    assert.deepEqual(result.outputs, { o: 'out' });
    const step = (run: (done: (error?: Error | null) => void) => void): Promise<void> =>
      new Promise((resolve, reject) => run((error) => (error ? reject(error) : resolve())));
    await step((done) => connection.beginTransaction(done, 't', ISOLATION_LEVEL.SNAPSHOT));
    assert.ok(upstream.server.connections.some((one) => one.inTransaction));
    await step((done) => connection.commitTransaction(done));
    assert.ok(!upstream.server.connections.some((one) => one.inTransaction));
  });

  it('streams large results and passes an attention on', async () => {
    behave(async (_request, out, signal) => {
      out.columns([{ name: 's', type: { name: 'nvarchar', length: 100 }, nullable: false }]);
      for (let n = 0; n < 300_000 && !signal.aborted; n++) await out.row(['row '.repeat(20)]);
      out.done({ kind: 'statement', rowCount: 300_000 });
    });
    const connection = await client();
    let rows = 0;
    const request = new Request('SELECT', () => undefined);
    const ended = new Promise<unknown>((resolve) => {
      request.callback = resolve;
    });
    request.on('row', () => {
      rows += 1;
      if (rows === 1000) connection.cancel();
    });
    connection.execSqlBatch(request);
    const error = await ended;
    assert.ok(error instanceof Error && 'code' in error && error.code === 'ECANCEL');
    behave((_request, out) => {
      out.columns([{ name: 's', type: { name: 'nvarchar', length: -1 }, nullable: false }]);
      for (let n = 0; n < 30_000; n++) void out.row(['z'.repeat(50)]);
      out.done({ kind: 'statement', rowCount: 30_000 });
    });
    assert.equal((await query(connection, 'SELECT')).rows.length, 30_000);
  });

  it('resets upstream under its own login and impersonates again', async () => {
    const connection = await client();
    await new Promise<void>((resolve, reject) => {
      connection.reset((error) => (error ? reject(error) : resolve()));
    });
    assert.deepEqual(as, ["ada@local.test o''h", 'revert', "ada@local.test o''h"]);
    assert.deepEqual(upstream.backend.resets, [false]);
  });

  it('rewrites FROM EXTERNAL PROVIDER to SID and TYPE, in batches and in sp_executesql', async () => {
    const connection = await client();
    await query(
      connection,
      "IF 1 = 1 BEGIN CREATE USER [my-app]]] FROM EXTERNAL PROVIDER; END -- FROM EXTERNAL PROVIDER\nCREATE USER team FROM EXTERNAL PROVIDER WITH DEFAULT_SCHEMA = dbo; SELECT 'CREATE USER x FROM EXTERNAL PROVIDER'",
    );
    assert.equal(
      texts.at(-1),
      "IF 1 = 1 BEGIN CREATE USER [my-app]]] WITH SID = 0x11111111222233334444555555555555, TYPE = E; END -- FROM EXTERNAL PROVIDER\nCREATE USER [team] WITH SID = 0xF0EDF82FCBDC4841A6492C1154E1E129, TYPE = X, DEFAULT_SCHEMA = [dbo]; SELECT 'CREATE USER x FROM EXTERNAL PROVIDER'",
    );
    await query(
      connection,
      'CREATE USER team FROM EXTERNAL PROVIDER; SELECT @p',
      (request) => request.addParameter('p', TYPES.Int, 5),
      (request) => connection.execSql(request),
    );
    const last = upstream.backend.requests.at(-1);
    assert.ok(last?.kind === 'rpc');
    assert.deepEqual(
      last.parameters.map((one) => one.value),
      ['CREATE USER [team] WITH SID = 0xF0EDF82FCBDC4841A6492C1154E1E129, TYPE = X; SELECT @p', '@p int', 5],
    );
    const before = upstream.backend.requests.length;
    await assert.rejects(
      query(connection, 'CREATE USER nobody FROM EXTERNAL PROVIDER'),
      /Principal 'nobody' could not be found/,
    );
    await assert.rejects(
      query(connection, 'CREATE USER twice FROM EXTERNAL PROVIDER'),
      /duplicate display name/,
    );
    assert.equal(upstream.backend.requests.length, before, 'nothing went upstream');
  });

  it('cuts the client when upstream is lost in the middle of an answer', async () => {
    const connection = await client();
    behave(async (_request, out, signal) => {
      out.columns([{ name: 's', type: { name: 'int' }, nullable: false }]);
      for (let n = 0; n < 50_000; n++) await out.row([n]);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    });
    const running = query(connection, 'SELECT', (request) =>
      request.once('row', () => {
        const [one] = upstream.server.connections;
        upstream.server.closeConnection(one?.id ?? 0, 'rst');
      }),
    );
    await assert.rejects(running);
    await until(() => front.server.connections.length === 0);
  });

  it('trusts only a server whose certificate it can verify', async () => {
    await front.server.close();
    front = await startTestServer({
      backend: createUpstreamBackend({
        host: '127.0.0.1',
        port: upstream.port,
        user: 'app',
        password: 'sécret',
        isAdmin: () => true,
        directory: { find: () => [] },
      }),
    });
    await assert.rejects(client());
    assert.deepEqual(upstream.backend.logins, []);
  });
});
