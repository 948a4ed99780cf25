// A person who may read and write rows and nothing else works with a table whose definitions the server keeps from them.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { TableName } from '../../../src/core/connection.ts';
import { UserService } from '../../../src/services/userService.ts';
import { spawnLocalAzure, type LocalAzureProcess } from '../../azure/process.ts';
import { openDoor, type Door } from './hostileDoor.ts';

const member: TableName = { schema: 'dbo', name: 'member' };
let azure: LocalAzureProcess;
let admin: Door;
let writer: Door;

beforeAll(async () => {
  azure = await spawnLocalAzure();
  admin = openDoor(azure);
  writer = openDoor(azure, 'mallory@contoso.example');
  await admin.rows(`CREATE TABLE [dbo].[member] ([id] int IDENTITY NOT NULL PRIMARY KEY, [name] nvarchar(20) NOT NULL,
    [since] date NOT NULL DEFAULT ('2020-02-02'));
    CREATE USER [mallory@contoso.example] FROM EXTERNAL PROVIDER;
    ALTER ROLE [db_datareader] ADD MEMBER [mallory@contoso.example];
    ALTER ROLE [db_datawriter] ADD MEMBER [mallory@contoso.example];`);
});
afterAll(async () => {
  for (const door of [admin, writer]) await door.sql.dispose();
  await azure.stop();
});

describe('with db_datareader and db_datawriter', () => {
  it('a column has its default, although nobody says which', async () => {
    const texts = async (door: Door): Promise<(string | undefined)[]> =>
      (await new UserService(door.sql).shape(door.profile, member)).columns.map(
        ({ defaultText }) => defaultText,
      );
    assert.deepEqual(await texts(admin), [undefined, undefined, "('2020-02-02')"]);
    assert.deepEqual(await texts(writer), [undefined, undefined, '(hidden)']);
  });

  it('a user is inserted with it', async () => {
    const users = new UserService(writer.sql);
    await users.insert(writer.profile, member, new Map([['name', { kind: 'value', value: 'Radia' }]]));
    assert.deepEqual(await admin.rows('SELECT [name], CONVERT(varchar(10), [since]) FROM [dbo].[member];'), [
      ['Radia', '2020-02-02'],
    ]);
  });
});
