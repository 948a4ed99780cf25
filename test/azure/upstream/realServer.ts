// npm run test:upstream: the Entra path in front of a real SQL Server, named by UPSTREAM=host:port, UPSTREAM_USER, UPSTREAM_PASSWORD,
// UPSTREAM_CA (PEM file of the CA or the certificate itself) and UPSTREAM_NAME (the name in it). A workflow runs it with a container.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Connection } from 'tedious';
import { spawnLocalAzure, type LocalAzureProcess } from '../process.ts';
import { connect, query } from '../tds/testServer.ts';

const database = 'passwordless_check';

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is needed: see the first lines of ${import.meta.filename}`);
  return value;
}

async function asUpstreamLogin(
  target: { host: string; port: number; name: string; ca: string },
  to: string,
): Promise<Connection> {
  return connect({
    server: target.host,
    authentication: {
      type: 'default',
      options: { userName: setting('UPSTREAM_USER'), password: setting('UPSTREAM_PASSWORD') },
    },
    options: {
      port: target.port,
      database: to,
      encrypt: true,
      serverName: target.name,
      cryptoCredentialsDetails: { ca: target.ca },
    },
  });
}

async function as(front: LocalAzureProcess, principal: string): Promise<Connection> {
  const { accessToken } = await front.client.token({ principal });
  return connect({
    server: 'localhost',
    authentication: { type: 'azure-active-directory-access-token', options: { token: accessToken } },
    options: {
      port: front.tds.port,
      database,
      encrypt: true,
      cryptoCredentialsDetails: { ca: await readFile(front.caFile, 'utf8') },
    },
  });
}

let passed = 0;
async function check(name: string, run: () => Promise<void>): Promise<void> {
  await run();
  passed++;
  console.log(`ok  ${name}`);
}

const [host = '', portText = ''] = setting('UPSTREAM').split(':');
const port = Number(portText);
const caFile = setting('UPSTREAM_CA');
const name = process.env['UPSTREAM_NAME'] ?? host;
const target = { host, port, name, ca: await readFile(caFile, 'utf8') };

const master = await asUpstreamLogin(target, 'master');
await query(master, `CREATE DATABASE ${database};`);
master.close();
const owner = await asUpstreamLogin(target, database);
await query(
  owner,
  'CREATE TABLE dbo.[user] (id int IDENTITY PRIMARY KEY, first_name varchar(30) NOT NULL, last_name varchar(30) NULL);',
);
await query(owner, "INSERT dbo.[user] (first_name) VALUES ('Ada');");
owner.close();

const front = await spawnLocalAzure({
  sample: false,
  upstream: {
    host,
    port,
    caFile,
    name,
    user: setting('UPSTREAM_USER'),
    password: setting('UPSTREAM_PASSWORD'),
  },
});
try {
  const admin = await as(front, 'ada@contoso.example');
  await check('the Entra admin reads through the relay', async () => {
    assert.deepEqual((await query(admin, 'SELECT first_name FROM dbo.[user]')).rows, [['Ada']]);
  });
  await check('an identity without a user is refused', async () => {
    await assert.rejects(as(front, 'app-orders'), /Login failed for user '<token-identified principal>'/);
  });
  await query(admin, 'CREATE USER [app-orders] FROM EXTERNAL PROVIDER;');
  await query(admin, 'ALTER ROLE db_datareader ADD MEMBER [app-orders];');
  await check('a granted identity reads, and its insert gives 229', async () => {
    const app = await as(front, 'app-orders');
    assert.equal((await query(app, 'SELECT * FROM dbo.[user]')).rows.length, 1);
    await assert.rejects(query(app, "INSERT dbo.[user] (first_name) VALUES ('x')"), { number: 229 });
    app.close();
  });
  admin.close();
} finally {
  await front.stop();
}
console.log(`${passed} passed, 0 failed`);
