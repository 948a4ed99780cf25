// A grant run by somebody who may not grant, or only half of it: the reason is told, and nothing of it stays.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GrantService } from '../../../src/services/grantService.ts';
import { spawnLocalAzure, type LocalAzureProcess } from '../../azure/process.ts';
import { failure, openDoor, type Door } from '../hostile/hostileDoor.ts';

let azure: LocalAzureProcess;
let admin: Door;

beforeAll(async () => {
  azure = await spawnLocalAzure({ sample: true });
  admin = openDoor(azure);
});
afterAll(async () => {
  await admin.sql.dispose();
  await azure.stop();
});

const signal = (): AbortSignal => new AbortController().signal;

async function grantAs(
  principal: string,
): Promise<{ code: string; number: number | undefined; text: string; ways: string[] }> {
  const door = openDoor(azure, principal);
  try {
    const request = {
      principal: 'app-orders',
      identity: { kind: 'name' as const },
      rights: ['read' as const],
      customRoles: [],
    };
    const planned = await new GrantService(door.sql).plan(door.profile, request, signal());
    const error = await failure(planned.run(signal()));
    return {
      code: error.code,
      number: error.server?.number,
      text: error.message,
      ways: error.remedies.map(({ kind }) => kind),
    };
  } finally {
    await door.sql.dispose();
  }
}

describe('a grant', () => {
  it('of somebody who may only read is refused with the reason', async () => {
    const refused = await grantAs('linus@contoso.example');
    expect(refused).toMatchObject({ code: 'permissionDenied', number: 15247, ways: ['switchAccount'] });
    assert.match(refused.text, /nothing was changed. A db_owner of it .* can run this script/);
    assert.deepEqual(
      await admin.rows("SELECT [name] FROM [sys].[database_principals] WHERE [name] = N'app-orders';"),
      [],
    );
  });

  it('of somebody who may make users but not give them roles leaves no user behind', async () => {
    await admin.rows('ALTER ROLE [db_accessadmin] ADD MEMBER [SQL Readers];');
    const refused = await grantAs('linus@contoso.example');
    expect(refused).toMatchObject({ code: 'permissionDenied', number: 15151, ways: ['switchAccount'] });
    assert.match(refused.text, /Cannot alter the role 'db_datareader'/);
    assert.deepEqual(
      await admin.rows("SELECT [name] FROM [sys].[database_principals] WHERE [name] = N'app-orders';"),
      [],
    );
  });
});
