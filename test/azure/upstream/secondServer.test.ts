// The relay proven against a second local Azure: Entra here, a SQL login there, two processes, nothing faked.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Request, TYPES } from 'tedious';
import type { Connection } from 'tedious';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { spawnLocalAzure } from '../process.ts';
import type { LocalAzureProcess } from '../process.ts';
import { connect, query } from '../tds/testServer.ts';

describe('relay to a second server', () => {
  let upstream: LocalAzureProcess;
  let front: LocalAzureProcess;
  let admin: Connection;
  const open: Connection[] = [];

  async function as(principal: string): Promise<Connection> {
    const { accessToken } = await front.client.token({ principal });
    const connection = await connect({
      server: 'localhost',
      authentication: { type: 'azure-active-directory-access-token', options: { token: accessToken } },
      options: {
        port: front.tds.port,
        database: 'appdb',
        encrypt: true,
        cryptoCredentialsDetails: { ca: await readFile(front.caFile, 'utf8') },
      },
    });
    open.push(connection);
    return connection;
  }

  const rows = async (connection: Connection, text: string): Promise<unknown[][]> =>
    (await query(connection, text)).rows;
  const step = (run: (done: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => run((error) => (error ? reject(error) : resolve())));

  beforeAll(async () => {
    upstream = await spawnLocalAzure({ sqlLoginImpersonates: true });
    const login = upstream.sqlLogin ?? assert.fail('no SQL login');
    front = await spawnLocalAzure({
      sample: false,
      upstream: { host: 'localhost', port: upstream.tds.port, caFile: upstream.caFile, ...login },
    });
    admin = await as('ada@contoso.example');
  });

  afterAll(async () => {
    for (const connection of open) connection.close();
    await front?.stop();
    await upstream?.stop();
  });

  it('creates an external user there from the directory here, who can then log in', async () => {
    await assert.rejects(
      as('mallory@contoso.example'),
      /Login failed for user '<token-identified principal>'/,
    );
    await rows(admin, 'CREATE USER [mallory@contoso.example] FROM EXTERNAL PROVIDER;');
    await rows(admin, 'ALTER ROLE db_datareader ADD MEMBER [mallory@contoso.example];');
    const mallory = await as('mallory@contoso.example');
    assert.deepEqual(await rows(mallory, 'SELECT COUNT(*), USER_NAME() FROM [dbo].[user]'), [
      [250, 'mallory@contoso.example'],
    ]);
    await assert.rejects(rows(mallory, "INSERT INTO [dbo].[user] (first_name) VALUES ('x')"), {
      number: 229,
    });
  });

  it('gives a managed identity its rights by its client id', async () => {
    await rows(admin, 'CREATE USER [app-orders] FROM EXTERNAL PROVIDER;');
    await rows(admin, 'ALTER ROLE db_datawriter ADD MEMBER [app-orders];');
    const app = await as('app-orders');
    await rows(app, "INSERT INTO [dbo].[user] (first_name) VALUES ('relayed')");
    await assert.rejects(rows(app, 'SELECT * FROM [dbo].[user]'), { number: 229 });
  });

  it("takes a person whom the database knows only through a group, by the person's name and with the group's rights", async () => {
    await rows(admin, 'DENY SELECT ON [dbo].[user] (last_name) TO [SQL Readers];');
    const linus = await as('linus@contoso.example');
    assert.deepEqual(await rows(linus, 'SELECT COUNT(id), USER_NAME() FROM [dbo].[user]'), [
      [251, 'linus@contoso.example'],
    ]);
    await assert.rejects(rows(linus, 'SELECT last_name FROM [dbo].[user]'), { number: 230 });
    await assert.rejects(rows(linus, "INSERT INTO [dbo].[user] (first_name) VALUES ('x')"), { number: 229 });
    await assert.rejects(rows(linus, 'REVERT;'), { number: 15_591 });
    linus.close();
    const own = "SELECT name FROM sys.database_principals WHERE name = 'linus@contoso.example'";
    while ((await rows(admin, own)).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await rows(admin, 'REVOKE SELECT ON [dbo].[user] (last_name) FROM [SQL Readers];');
    await rows(admin, 'DROP USER [SQL Readers];');
    await assert.rejects(as('linus@contoso.example'), /Login failed for user '<token-identified principal>'/);
    await rows(
      admin,
      'CREATE USER [SQL Readers] FROM EXTERNAL PROVIDER; ALTER ROLE db_datareader ADD MEMBER [SQL Readers];',
    );
  });

  it('lets nobody back to the login of the relay, not even through a reset', async () => {
    const grace = await as('grace@contoso.example');
    await assert.rejects(rows(grace, 'REVERT;'), { number: 15_591 });
    await step((done) => grace.reset((error) => done(error)));
    assert.deepEqual(await rows(grace, 'SELECT USER_NAME()'), [['grace@contoso.example']]);
  });

  it('passes transactions and attention through', async () => {
    await step((done) => admin.beginTransaction(done));
    await rows(admin, "INSERT INTO [dbo].[user] (first_name) VALUES ('gone')");
    const cancelled = await new Promise<unknown>((resolve) => {
      admin.execSqlBatch(new Request("WAITFOR DELAY '00:10:00'", resolve));
      setTimeout(() => admin.cancel(), 200);
    });
    assert.ok(cancelled instanceof Error && 'code' in cancelled && cancelled.code === 'ECANCEL');
    const count = "SELECT COUNT(*) FROM [dbo].[user] WHERE first_name = 'gone'";
    assert.deepEqual(await rows(admin, count), [[1]], 'the transaction outlives the attention');
    await step((done) => admin.rollbackTransaction(done));
    assert.deepEqual(await rows(admin, count), [[0]]);
  });

  it('passes parameters and errors through', async () => {
    const result = await query(
      admin,
      'SELECT first_name FROM [dbo].[user] WHERE id = @id',
      (request) => request.addParameter('id', TYPES.Int, 1),
      (request) => admin.execSql(request),
    );
    assert.deepEqual(result.rows, [['Ada']]);
    await assert.rejects(rows(admin, '\nSELECT * FROM nowhere'), { number: 208, lineNumber: 2 });
    await assert.rejects(rows(admin, 'CREATE USER [nobody] FROM EXTERNAL PROVIDER'), { number: 33_130 });
  });
});
