// The local Azure in front of another SQL Server (here: a second local one, by its SQL login): Entra on this side, rights on that.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Connection } from 'tedious';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { spawnLocalAzure, type LocalAzureProcess } from '../process.ts';
import { connectWithToken, query, refusal } from './tediousClient.ts';

describe('the relay', () => {
  let upstream: LocalAzureProcess;
  let azure: LocalAzureProcess;
  let ca: string;
  const open: Connection[] = [];

  beforeAll(async () => {
    upstream = await spawnLocalAzure({ sqlLoginImpersonates: true });
    const { sqlLogin, tds, caFile } = upstream;
    assert.ok(sqlLogin);
    azure = await spawnLocalAzure({
      sample: false,
      upstream: { host: 'localhost', port: tds.port, ...sqlLogin, caFile },
    });
    ca = await readFile(azure.caFile, 'utf8');
  });
  afterAll(async () => {
    for (const connection of open) connection.close();
    await azure?.stop();
    await upstream?.stop();
  });

  async function connect(principal: string): Promise<Connection> {
    const { accessToken: token } = await azure.client.token({ principal });
    const connection = await connectWithToken({ port: azure.tds.port, ca, token, database: 'appdb' });
    open.push(connection);
    return connection;
  }

  it('gives a reader what the other server gives it, and 229', async () => {
    const grace = await connect('grace@contoso.example');
    assert.deepEqual(await query(grace, 'SELECT USER_NAME(), COUNT(*) FROM [dbo].[user]'), [
      ['grace@contoso.example', 250],
    ]);
    assert.equal(
      (await refusal(query(grace, "INSERT INTO [dbo].[user] ([first_name]) VALUES ('x')")))[0],
      229,
    );
  });

  it('keeps the caller impersonated: no REVERT without the cookie, and a reset returns to the same user', async () => {
    const grace = await connect('grace@contoso.example');
    assert.equal((await refusal(query(grace, 'REVERT;')))[0], 15591);
    await new Promise<void>((resolve, reject) => {
      grace.reset((error) => {
        if (error === undefined || error === null) resolve();
        else reject(error);
      });
    });
    assert.deepEqual(await query(grace, 'SELECT USER_NAME()'), [['grace@contoso.example']]);
  });

  it('creates an identity there without asking its directory, and lets it in', async () => {
    assert.equal((await refusal(connect('id-reports')))[0], 18456);
    const admin = await connect('ada@contoso.example');
    await query(
      admin,
      'CREATE USER [id-reports] FROM EXTERNAL PROVIDER; ALTER ROLE [db_datareader] ADD MEMBER [id-reports];',
    );
    const identity = await connect('id-reports');
    assert.equal((await query(identity, 'SELECT TOP (2) [id] FROM [dbo].[user]')).length, 2);
  });
});
