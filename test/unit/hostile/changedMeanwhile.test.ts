// Grants and their undo while others change the same principal: no denial is lifted, and nobody who got more meanwhile is put out.
import assert from 'node:assert/strict';
import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from 'vitest';
import type { GrantRequest } from '../../../src/core/grantPlan.ts';
import { GrantService, type DoneGrant } from '../../../src/services/grantService.ts';
import { spawnLocalAzure, type LocalAzureProcess } from '../../azure/process.ts';
import { failure, openDoor, type Door } from './hostileDoor.ts';

const request: GrantRequest = {
  principal: 'id-reports',
  identity: { kind: 'name' },
  rights: ['read', 'execute'],
  customRoles: [],
};
const signal = (): AbortSignal => new AbortController().signal;

let azure: LocalAzureProcess;
let door: Door;
let grants: GrantService;

beforeAll(async () => {
  azure = await spawnLocalAzure();
  door = openDoor(azure);
  grants = new GrantService(door.sql);
  await door.rows(
    'CREATE ROLE [clerks]; CREATE USER [other] WITHOUT LOGIN; CREATE TABLE [dbo].[t] ([id] int NOT NULL);',
  );
});
afterAll(async () => {
  await door.sql.dispose();
  await azure.stop();
});

const granted = async (): Promise<DoneGrant> =>
  (await grants.plan(door.profile, request, signal())).run(signal());
const undone = (done: DoneGrant): Promise<string> => {
  assert.ok(done.undo);
  return done.undo.run(signal());
};
/** State and permission of everything that the principal was given or denied, and its roles. */
const holds = async (): Promise<(readonly unknown[])[]> => [
  ...(await door.rows(`SELECT [state], [permission_name] FROM sys.database_permissions
    WHERE [grantee_principal_id] = DATABASE_PRINCIPAL_ID(N'id-reports') ORDER BY [permission_name];`)),
  ...(await door.rows(`SELECT r.[name] FROM sys.database_role_members AS m
    JOIN sys.database_principals AS r ON r.[principal_id] = m.[role_principal_id]
    WHERE m.[member_principal_id] = DATABASE_PRINCIPAL_ID(N'id-reports') ORDER BY r.[name];`)),
];
const exists = async (): Promise<boolean> =>
  (await door.rows(`SELECT 1 FROM sys.database_principals WHERE [name] = N'id-reports';`)).length === 1;

describe('a grant', () => {
  beforeEach(() => door.rows('CREATE USER [id-reports] FROM EXTERNAL PROVIDER;'));
  afterEach(() => door.rows('DROP USER [id-reports];'));

  it('does not lift a denial, neither planned nor with a script that was saved before', async () => {
    const { script } = await grants.plan(door.profile, request, signal());
    await door.rows('DENY EXECUTE TO [id-reports];');
    assert.match((await failure(grants.plan(door.profile, request, signal()))).message, /denied EXECUTE/);
    await door.rows(script);
    assert.deepEqual(await holds(), [['G', 'CONNECT'], ['D', 'EXECUTE'], ['db_datareader']]);
  });

  it('changes nothing when all of it is there, also given by somebody else', async () => {
    await door.rows(
      'GRANT EXECUTE TO [id-reports] WITH GRANT OPTION; ALTER ROLE [db_datareader] ADD MEMBER [id-reports];',
    );
    const before = await holds();
    const done = await granted();
    assert.match(done.summary, /already; nothing was changed/);
    assert.equal(done.undo, undefined);
    assert.deepEqual(await holds(), before);
  });
});

describe('the undo', () => {
  /** What happens between grant and undo; what stays of the principal; how it is cleared away. */
  const meanwhile: [string, string, unknown[][], string][] = [
    [
      'it was denied EXECUTE',
      'DENY EXECUTE TO [id-reports];',
      [
        ['G', 'CONNECT'],
        ['D', 'EXECUTE'],
      ],
      '',
    ],
    ['it was denied CONNECT', 'DENY CONNECT TO [id-reports];', [['D', 'CONNECT']], ''],
    [
      'it may pass EXECUTE on',
      'GRANT EXECUTE TO [id-reports] WITH GRANT OPTION;',
      [
        ['G', 'CONNECT'],
        ['W', 'EXECUTE'],
      ],
      '',
    ],
    [
      'it got another role',
      'ALTER ROLE [clerks] ADD MEMBER [id-reports];',
      [['G', 'CONNECT'], ['clerks']],
      '',
    ],
    [
      'it owns a table',
      'ALTER AUTHORIZATION ON OBJECT::[dbo].[t] TO [id-reports];',
      [['G', 'CONNECT']],
      'ALTER AUTHORIZATION ON OBJECT::[dbo].[t] TO SCHEMA OWNER;',
    ],
    [
      'it granted something',
      'GRANT CONTROL ON [dbo].[t] TO [clerks]; ALTER ROLE [clerks] ADD MEMBER [id-reports]; GRANT SELECT ON [dbo].[t] TO [other] AS [id-reports]; ALTER ROLE [clerks] DROP MEMBER [id-reports];',
      [['G', 'CONNECT']],
      'REVOKE SELECT ON [dbo].[t] FROM [other] AS [id-reports];',
    ],
  ];
  it.each(meanwhile)('leaves the user when %s, and takes the rest', async (_what, change, left, clear) => {
    const done = await granted();
    await door.rows(change);
    assert.match(await undone(done), /the user id-reports stays/);
    assert.deepEqual(await holds(), left);
    if (clear !== '') await door.rows(clear);
    await door.rows('DROP USER [id-reports];');
  });

  it('leaves nothing when nothing happened', async () => {
    await undone(await granted());
    assert.equal(await exists(), false);
  });
});
