// Trouble ordered through the control endpoint, as a client meets it: the wire, redirects, the issuer, accounts, sessions that end.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import type { Connection } from 'tedious';
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { spawnLocalAzure, type LocalAzureProcess } from '../process.ts';
import { connectWithToken, query, refusal } from './tediousClient.ts';

const admin = 'ada@contoso.example';

describe('ordered trouble', () => {
  let azure: LocalAzureProcess;
  let ca: string;
  const open: Connection[] = [];

  beforeAll(async () => {
    azure = await spawnLocalAzure();
    ca = await readFile(azure.caFile, 'utf8');
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) connection.close();
    await azure.client.setWire({});
    await azure.client.setRoute(null);
    await azure.client.setIssuerFault(null);
    await azure.client.setTokens({ lifetime: 3600, endsSessions: false });
  });
  afterAll(() => azure.stop());

  async function connect(principal = admin): Promise<Connection> {
    const token = (await azure.client.token({ principal })).accessToken;
    const connection = await connectWithToken({ port: azure.tds.port, ca, token, database: 'appdb' });
    open.push(connection);
    return connection;
  }

  /** What @azure/identity would send; the answer with its headers. */
  async function askIssuer(): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
    const [application] = azure.applications;
    assert.ok(application);
    return fetchTrusted(`${azure.issuer}/${azure.tenant.id}/oauth2/v2.0/token`, {
      grant_type: 'client_credentials',
      client_id: application.appId,
      client_secret: application.secret,
      scope: `${azure.audience.replace(/\/$/, '')}/.default`,
    });
  }

  function fetchTrusted(
    url: string,
    form: Record<string, string>,
  ): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
    return new Promise((resolve, reject) => {
      const body = new URLSearchParams(form).toString();
      const sent = request(
        url,
        { method: 'POST', ca, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            const headers = new Headers();
            for (const [name, value] of Object.entries(response.headers)) headers.set(name, String(value));
            const text = Buffer.concat(chunks).toString('utf8');
            resolve({
              status: response.statusCode ?? 0,
              headers,
              body: JSON.parse(text) as Record<string, unknown>,
            });
          });
        },
      );
      sent.once('error', reject);
      sent.end(body);
    });
  }

  it('declines to encrypt: the driver sends nothing and says so', async () => {
    await azure.client.setWire({ tls: 'declined' });
    const [, message] = await refusal(connect());
    assert.match(message, /encrypt/i);
  });

  it('shows a certificate of another host: the driver goes no further', async () => {
    await azure.client.setWire({ tls: 'otherName' });
    const [, message] = await refusal(connect());
    assert.match(message, /elsewhere\.example|altnames/i);
  });

  it('writes every byte alone from PRELOGIN on, and everything still arrives', async () => {
    await azure.client.setWire({ splitEvery: 1 });
    const connection = await connect();
    assert.equal((await query(connection, 'SELECT [id], [first_name] FROM [dbo].[user]')).length, 250);
  });

  it('sends a login on to the node, which serves it', async () => {
    await azure.client.setRoute({ host: azure.node.host, port: azure.node.port });
    const connection = await connect();
    assert.deepEqual(await query(connection, 'SELECT DB_NAME()'), [['appdb']]);
    const mine = (await azure.client.connections()).filter(({ id }) => id > 1_000_000);
    assert.equal(mine.length, 1, 'it is counted as a connection of the node');
    await azure.client.killConnections(mine.map(({ id }) => id));
    await refusal(query(connection, 'SELECT 1'));
    assert.equal((await azure.client.connections()).filter(({ id }) => id > 1_000_000).length, 0);
  });

  it('ends a session with its token, when told to: 37396, and the connection stays open', async () => {
    await azure.client.setTokens({ lifetime: 2, endsSessions: true });
    const connection = await connect();
    assert.deepEqual(await query(connection, 'SELECT 1'), [[1]]);
    await new Promise((resolve) => setTimeout(resolve, 2100));
    const expired = [37_396, 'The access token has expired.'];
    assert.deepEqual(await refusal(query(connection, 'SELECT 1')), expired);
    assert.deepEqual(await refusal(query(connection, 'SELECT 1')), expired);
    await azure.client.setTokens({ endsSessions: false });
    assert.deepEqual(await query(connection, 'SELECT 1'), [[1]]);
  });

  it('throttles: 429 with Retry-After', async () => {
    await azure.client.setIssuerFault({ kind: 'throttled', retryAfter: 7 });
    const { status, headers, body } = await askIssuer();
    assert.equal(status, 429);
    assert.equal(headers.get('retry-after'), '7');
    assert.match(String(body['error_description']), /^AADSTS90055: /);
  });

  it('demands a further check, and says which in its claims', async () => {
    await azure.client.setIssuerFault({ kind: 'claimsChallenge' });
    const { status, body } = await askIssuer();
    assert.equal(status, 400);
    assert.equal(body['error'], 'interaction_required');
    assert.deepEqual(body['error_codes'], [50_076]);
    assert.ok('access_token' in (JSON.parse(String(body['claims'])) as object));
  });

  it('is slow, or down without a word, for people too', async () => {
    await azure.client.setIssuerFault({ kind: 'slow', delayMs: 300 });
    const started = performance.now();
    assert.equal((await askIssuer()).status, 200);
    assert.ok(performance.now() - started >= 290);
    await azure.client.setIssuerFault({ kind: 'down' });
    await assert.rejects(askIssuer(), { code: 'ECONNRESET' });
    await assert.rejects(azure.client.token({ principal: admin }));
    await azure.client.setIssuerFault(null);
    assert.equal((await askIssuer()).status, 200);
  });

  it('issues nothing for a disabled account; what it has stays good until it ends', async () => {
    const before = (await azure.client.token({ principal: 'grace@contoso.example' })).accessToken;
    await azure.client.setAccountEnabled('grace@contoso.example', false);
    await azure.client.setAccountEnabled('ci-deployer', false);
    try {
      await assert.rejects(azure.client.token({ principal: 'grace@contoso.example' }), /AADSTS50057/);
      const { status, body } = await askIssuer();
      assert.equal(status, 400);
      assert.match(
        String(body['error_description']),
        /^AADSTS7000112: Application '[0-9a-f-]+'\(ci-deployer\) is disabled\./,
      );
      open.push(await connectWithToken({ port: azure.tds.port, ca, token: before, database: 'appdb' }));
    } finally {
      await azure.client.setAccountEnabled('grace@contoso.example', true);
      await azure.client.setAccountEnabled('ci-deployer', true);
    }
    assert.equal((await askIssuer()).status, 200);
  });

  it('counts what was carried out, and not what was refused or cut before', async () => {
    const connection = await connect();
    const count = (): Promise<number> => azure.client.executed('counted-by-its-text');
    const text = "SELECT 'counted-by-its-text'";
    await query(connection, text);
    await query(connection, text);
    assert.equal(await count(), 2);
    await azure.client.setFaults([
      { on: 'request', text: 'counted-by', fault: { error: { number: 1205, message: 'x' } } },
    ]);
    await refusal(query(connection, text));
    await azure.client.setFaults([{ on: 'request', text: 'counted-by', fault: { dropBeforeReply: 'rst' } }]);
    await refusal(query(connection, text));
    assert.equal(await count(), 2);
    const another = await connect();
    await azure.client.setFaults([
      { on: 'request', text: 'counted-by', fault: { dropAfterExecution: 'rst' } },
    ]);
    await refusal(query(another, text));
    assert.equal(await count(), 3);
  });
});
