// The whole local Azure as its users meet it: a process of its own, a real client, Entra tokens, firewall, permissions.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Connection } from 'tedious';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { CertificateAuthority } from '../ca/certificateAuthority.ts';
import { spawnLocalAzure, type LocalAzureProcess } from '../process.ts';
import { connectWithPassword, connectWithToken, query, refusal } from './tediousClient.ts';

describe('the local Azure', () => {
  let azure: LocalAzureProcess;
  let ca: string;
  const open: Connection[] = [];

  beforeAll(async () => {
    azure = await spawnLocalAzure();
    ca = await readFile(azure.caFile, 'utf8');
  });
  afterAll(async () => {
    for (const connection of open) connection.close();
    await azure.stop();
  });

  async function tokenOf(principal: string): Promise<string> {
    return (await azure.client.token({ principal })).accessToken;
  }

  async function connect(token: string, database = 'appdb', trusted = ca): Promise<Connection> {
    const connection = await connectWithToken({ port: azure.tds.port, ca: trusted, token, database });
    open.push(connection);
    return connection;
  }

  it('lets the Entra admin in and shows the sample', async () => {
    const connection = await connect(await tokenOf('ada@contoso.example'));
    const [[count]] = (await query(connection, 'SELECT COUNT(*) FROM [dbo].[user]')) as [[number]];
    assert.equal(count, 250);
    const [row] = await query(
      connection,
      'SELECT TOP (1) [id], [first_name], [last_name] FROM [dbo].[user] ORDER BY [id]',
    );
    assert.deepEqual(row, [1, 'Ada', 'Lovelace']);
    assert.deepEqual(await query(connection, 'SELECT SUSER_SNAME(), USER_NAME(), DB_NAME()'), [
      ['ada@contoso.example', 'dbo', 'appdb'],
    ]);
  });

  it('lets nobody in over a certificate that is not trusted', async () => {
    const other = new CertificateAuthority('somebody else').pem;
    const [, message] = await refusal(connect(await tokenOf('ada@contoso.example'), 'appdb', other));
    assert.match(message, /self-signed certificate in certificate chain|unable to verify/);
  });

  it('gives a reader rows and 229 on insert', async () => {
    const connection = await connect(await tokenOf('grace@contoso.example'));
    assert.equal((await query(connection, 'SELECT [id] FROM [dbo].[user]')).length, 250);
    assert.deepEqual(
      await refusal(query(connection, "INSERT INTO [dbo].[user] ([first_name]) VALUES ('x')")),
      [229, "The INSERT permission was denied on the object 'user', database 'appdb', schema 'dbo'."],
    );
  });

  it('lets a member of a group in through the group', async () => {
    const connection = await connect(await tokenOf('linus@contoso.example'));
    assert.equal((await query(connection, 'SELECT TOP (3) [id] FROM [dbo].[user]')).length, 3);
  });

  it('refuses whoever has no user, another tenant, another audience, an expired token', async () => {
    const nobody = "Login failed for user '<token-identified principal>'.";
    assert.deepEqual(await refusal(connect(await tokenOf('mallory@contoso.example'))), [18456, nobody]);
    const kim = await azure.client.token({ principal: 'kim@fabrikam.example', tenant: 'fabrikam.example' });
    assert.deepEqual(await refusal(connect(kim.accessToken)), [
      18456,
      `${nobody} The server is not currently configured to accept this token.`,
    ]);
    const arm = await azure.client.token({
      principal: 'ada@contoso.example',
      audience: 'https://management.azure.com/',
    });
    assert.deepEqual(await refusal(connect(arm.accessToken)), [
      18456,
      `${nobody} Incorrect or invalid token.`,
    ]);
    const old = await azure.client.token({ principal: 'ada@contoso.example', lifetime: -10 });
    assert.deepEqual(await refusal(connect(old.accessToken)), [18456, `${nobody} Token is expired.`]);
  });

  it('walks the journey of a managed identity: no login, user and role, select, 229, drop, no login', async () => {
    const identity = await fetch(`${azure.msi.url}?api-version=2019-08-01&resource=${azure.audience}`, {
      headers: { 'X-IDENTITY-HEADER': azure.msi.headers['app-orders'] ?? '' },
    });
    const { access_token: token } = (await identity.json()) as { access_token: string };
    assert.equal((await refusal(connect(token)))[0], 18456);
    const admin = await connect(await tokenOf('ada@contoso.example'));
    await query(
      admin,
      'CREATE USER [app-orders] FROM EXTERNAL PROVIDER; ALTER ROLE [db_datareader] ADD MEMBER [app-orders];',
    );
    const app = await connect(token);
    assert.equal((await query(app, 'SELECT TOP (1) [id] FROM [dbo].[user]')).length, 1);
    assert.equal((await refusal(query(app, "INSERT INTO [dbo].[user] ([first_name]) VALUES ('x')")))[0], 229);
    await query(admin, 'DROP USER [app-orders];');
    assert.equal((await refusal(connect(token)))[0], 18456);
  });

  it('shows principals, memberships and SIDs to the admin, and little to a reader', async () => {
    const principals =
      'SELECT [name], [type], [authentication_type_desc] FROM sys.database_principals WHERE [principal_id] BETWEEN 5 AND 16383 ORDER BY [principal_id]';
    const admin = await connect(await tokenOf('ada@contoso.example'));
    assert.deepEqual(await query(admin, principals), [
      ['grace@contoso.example', 'E', 'EXTERNAL'],
      ['SQL Readers', 'X', 'EXTERNAL'],
    ]);
    const [sid] = await query(
      admin,
      "SELECT CAST(CAST([sid] AS varbinary(16)) AS uniqueidentifier) FROM sys.database_principals WHERE [name] = 'grace@contoso.example'",
    );
    const grace = (await azure.client.directory()).find(
      (object) => object.kind === 'user' && object.upn === 'grace@contoso.example',
    );
    assert.equal(String(sid?.[0]).toLowerCase(), grace?.id);
    const roles = await query(
      admin,
      'SELECT r.[name], m.[name] FROM sys.database_role_members AS x JOIN sys.database_principals AS r ON r.principal_id = x.role_principal_id JOIN sys.database_principals AS m ON m.principal_id = x.member_principal_id ORDER BY m.[name]',
    );
    assert.deepEqual(roles, [
      ['db_datareader', 'grace@contoso.example'],
      ['db_datareader', 'SQL Readers'],
    ]);
    const reader = await connect(await tokenOf('grace@contoso.example'));
    assert.deepEqual(await query(reader, principals), [['grace@contoso.example', 'E', 'EXTERNAL']]);
  });

  it('shows a table only to whoever may do something with it', async () => {
    const admin = await connect(await tokenOf('ada@contoso.example'));
    await query(admin, 'CREATE USER [mallory@contoso.example] FROM EXTERNAL PROVIDER;');
    const mallory = await connect(await tokenOf('mallory@contoso.example'));
    const tables = 'SELECT [name] FROM sys.tables';
    assert.deepEqual(await query(mallory, tables), []);
    await query(admin, 'GRANT SELECT ON [dbo].[user] ([id]) TO [mallory@contoso.example];');
    assert.deepEqual(await query(mallory, tables), [['user']]);
    assert.equal((await query(mallory, 'SELECT TOP (1) [id] FROM [dbo].[user]')).length, 1);
    assert.deepEqual(await refusal(query(mallory, 'SELECT [last_name] FROM [dbo].[user]')), [
      230,
      "The SELECT permission was denied on the column 'last_name' of the object 'user', database 'appdb', schema 'dbo'.",
    ]);
    await query(admin, 'DROP USER [mallory@contoso.example];');
    assert.equal((await refusal(query(mallory, 'SELECT [id] FROM [dbo].[user]')))[0], 916);
  });

  it('changes members by the older procedures too', async () => {
    const admin = await connect(await tokenOf('ada@contoso.example'));
    await query(admin, "EXEC sp_addrolemember 'db_datawriter', 'grace@contoso.example';");
    const isWriter = "SELECT IS_ROLEMEMBER('db_datawriter', 'grace@contoso.example')";
    assert.deepEqual(await query(admin, isWriter), [[1]]);
    await query(
      admin,
      "EXEC sp_droprolemember @rolename = 'db_datawriter', @membername = 'grace@contoso.example';",
    );
    assert.deepEqual(await query(admin, isWriter), [[0]]);
    assert.deepEqual(await refusal(query(admin, "EXEC sp_addrolemember 'db_datawriter', 'nobody';")), [
      15410,
      "User or role 'nobody' does not exist in this database.",
    ]);
    assert.deepEqual(
      await refusal(query(admin, "EXEC sp_addrolemember 'nothing', 'grace@contoso.example';")),
      [15014, "The role 'nothing' does not exist in the current database."],
    );
  });

  it('impersonates and returns', async () => {
    const admin = await connect(await tokenOf('ada@contoso.example'));
    const asGrace =
      "EXECUTE AS USER = 'grace@contoso.example'; SELECT USER_NAME(), ORIGINAL_LOGIN(); REVERT; SELECT USER_NAME(), NULL;";
    assert.deepEqual(await query(admin, asGrace), [
      ['grace@contoso.example', 'ada@contoso.example'],
      ['dbo', null],
    ]);
  });

  it('stands behind a firewall and a resuming database', async () => {
    const token = await tokenOf('ada@contoso.example');
    await azure.client.removeFirewallRules();
    const [number, message] = await refusal(connect(token));
    assert.equal(number, 40615);
    assert.match(message, /Client with IP address '127\.0\.0\.1' is not allowed/);
    await azure.client.addFirewallRule();
    await azure.client.setResuming({ attempts: 1 });
    assert.equal((await refusal(connect(token)))[0], 40613);
    await query(await connect(token), 'SELECT 1');
  });

  it('lists and cuts connections', async () => {
    const connection = await connect(await tokenOf('ada@contoso.example'), 'emptydb');
    const mine = (await azure.client.connections()).find(({ database }) => database === 'emptydb');
    assert.equal(mine?.principal, 'ada@contoso.example');
    const ended = new Promise((resolve) => {
      connection.once('end', resolve);
    });
    await azure.client.killConnections([mine.id]);
    await ended;
  });

  it('refuses the control endpoint to whoever has no key', async () => {
    assert.equal((await fetch(`${azure.control.url}/state`)).status, 401);
  });

  it('lets the one SQL login in as dbo, and creates no Entra user for it from the directory', async () => {
    assert.ok(azure.sqlLogin);
    const connection = await connectWithPassword({
      port: azure.tds.port,
      ca,
      database: 'appdb',
      ...azure.sqlLogin,
    });
    open.push(connection);
    assert.deepEqual(await query(connection, 'SELECT USER_NAME(), SUSER_SNAME()'), [['dbo', 'sqladmin']]);
    assert.equal(
      (await refusal(query(connection, 'CREATE USER [app-orders] FROM EXTERNAL PROVIDER')))[0],
      33159,
    );
  });

  it('refuses every SQL login in Entra-only mode, and leaves no process and no file behind', async () => {
    const second = await spawnLocalAzure({ sample: false, entraOnly: true });
    const secondCa = await readFile(second.caFile, 'utf8');
    assert.equal(second.sqlLogin, undefined);
    const login = { port: second.tds.port, ca: secondCa, database: 'appdb', user: 'sqladmin', password: 'x' };
    assert.deepEqual(await refusal(connectWithPassword(login)), [
      18456,
      "Login failed for user 'sqladmin'. Reason: Azure Active Directory only authentication is enabled. Please contact your system administrator.",
    ]);
    await second.stop();
    assert.throws(() => process.kill(second.pid, 0));
    await assert.rejects(readFile(second.caFile));
  });
});
