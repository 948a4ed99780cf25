// Grants to identities, in databases and with roles whose names are hostile: let in, read back, logged in as, listed and undone.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { splitBatches } from '../../../src/core/batch.ts';
import { undeclaredVariables } from '../../../src/core/batchVariables.ts';
import type { GrantRequest } from '../../../src/core/grantPlan.ts';
import { quoteName } from '../../../src/core/names.ts';
import { sidOfGuid } from '../../../src/core/principal.ts';
import { AccessService } from '../../../src/services/accessService.ts';
import { GrantService, type DoneGrant } from '../../../src/services/grantService.ts';
import { spawnLocalAzure, type LocalAzureProcess } from '../../azure/process.ts';
import { failure, openDoor, type Door } from './hostileDoor.ts';
import { hostileNames, refusedNames } from './hostileNames.ts';

/** What a database in Azure may be called; `<>*%&:\/?` and control characters may not be in there (Learn, resource name rules). */
const hostileDatabases: ReadonlyMap<string, string> = new Map([
  ['brackets', 'a]b]]c[d'],
  ['quotes', `o''brien's "db"`],
  ['a statement', "x'); DROP TABLE [canary]; --"],
  ['an emoji', 'emoji 😀'],
  ['right-to-left', 'שלום\u202Egnp\u202C'],
  ['combining characters', 'e\u0301\u0323'],
  ['128 letters', 'd'.repeat(128)],
  ['64 emoji', '😀'.repeat(64)],
]);

let azure: LocalAzureProcess;
let door: Door;
let grants: GrantService;

beforeAll(async () => {
  azure = await spawnLocalAzure({ databases: [...hostileDatabases.values()] });
  door = openDoor(azure);
  grants = new GrantService(door.sql);
  await door.rows(
    'CREATE TABLE [dbo].[canary] ([alive] int NOT NULL); INSERT INTO [dbo].[canary] VALUES (1);',
  );
});
afterAll(async () => {
  const alive = await door.rows('SELECT [alive] FROM [dbo].[canary];');
  await door.sql.dispose();
  await azure.stop();
  assert.deepEqual(alive, [[1]], 'a name was run as a statement');
});

const signal = (): AbortSignal => new AbortController().signal;
const byName = (principal: string): GrantRequest => ({
  principal,
  identity: { kind: 'name' },
  rights: ['read'],
  customRoles: [],
});

async function run(request: GrantRequest, at: Door = door): Promise<DoneGrant> {
  const planned = await new GrantService(at.sql).plan(at.profile, request, signal());
  // People open the script in a query editor: there it must be one batch that asks for nothing.
  assert.equal(splitBatches(planned.script).length, 1);
  assert.deepEqual(undeclaredVariables(planned.script), []);
  const done = await planned.run(signal());
  assert.equal(splitBatches(done.report).length, done.undo ? 1 : 0);
  return done;
}

/** Whether the identity gets in, as the server sees it. */
async function canEnter(objectId: string, database = 'appdb'): Promise<string | true> {
  const app = openDoor(azure, objectId, database);
  try {
    await app.rows('SELECT 1 AS [one];');
    return true;
  } catch (error) {
    return (await failure(Promise.reject(error))).code;
  } finally {
    await app.sql.dispose();
  }
}

describe.each([...hostileNames])('a managed identity named with %s', (_, name) => {
  it('is let in to read, shown exactly so, and put out again', async () => {
    const identity = await azure.client.addToDirectory({ kind: 'managedIdentity', displayName: name });
    assert.ok(identity.kind === 'managedIdentity');
    assert.equal(await canEnter(identity.id), 'noUserInDatabase');
    const done = await run(byName(name));

    const access = new AccessService(door.sql);
    const shown = (await access.principals(door.profile)).filter(
      (principal) => principal.id === identity.appId,
    );
    assert.deepEqual(
      shown,
      [
        {
          name,
          kind: 'application',
          typeDescription: 'EXTERNAL_USER',
          sid: sidOfGuid(identity.appId),
          id: identity.appId,
          roles: ['db_datareader'],
          members: [],
          builtIn: false,
        },
      ].map((principal) => ({ ...principal, kind: name.includes('@') ? 'person' : principal.kind })),
    );

    const app = openDoor(azure, identity.id);
    assert.deepEqual(await app.rows('SELECT USER_NAME() AS [me], [alive] FROM [dbo].[canary];'), [[name, 1]]);
    assert.equal(app.sql.tokenFacts(app.profile)?.objectId, identity.id);
    const denied = await failure(app.rows('INSERT INTO [dbo].[canary] VALUES (2);'));
    assert.equal(denied.server?.number, 229);
    await app.sql.dispose();

    const again = await run(byName(name));
    assert.equal(again.undo, undefined, 'all of it was there');

    assert.ok(done.undo);
    assert.match(await done.undo.run(signal()), /no user in appdb any more/);
    assert.equal(await canEnter(identity.id), 'noUserInDatabase');
    access.forget(door.profile.id);
    const left = await access.principals(door.profile);
    assert.ok(!left.some((principal) => principal.name === name));
    await azure.client.removeFromDirectory(identity.id);
  });

  it('is let in by its id without the directory, unless its name has a backslash', async () => {
    const identity = await azure.client.addToDirectory({ kind: 'application', displayName: `not ${name}` });
    assert.ok(identity.kind === 'application');
    const request: GrantRequest = {
      ...byName(name),
      identity: { kind: 'sid', of: 'app', id: identity.appId },
    };
    if (name.includes('\\')) {
      const error = await failure(run(request));
      assert.equal(error.code, 'invalidInput');
      assert.match(error.message, /backslash/);
    } else {
      const done = await run(request);
      const app = openDoor(azure, identity.id);
      assert.deepEqual(await app.rows('SELECT USER_NAME();'), [[name]]);
      await app.sql.dispose();
      assert.ok(done.undo);
      await done.undo.run(signal());
      assert.equal(await canEnter(identity.id), 'noUserInDatabase');
    }
    await azure.client.removeFromDirectory(identity.id);
  });

  it('is a role as well: its member may do what it may, and leaves it with the undo', async () => {
    const member = await azure.client.addToDirectory({
      kind: 'managedIdentity',
      displayName: `member ${name}`.slice(0, 127).toWellFormed(),
    });
    assert.ok(member.kind === 'managedIdentity');
    await door.rows(`CREATE ROLE ${quoteName(name)}; GRANT INSERT ON [dbo].[canary] TO ${quoteName(name)};`);
    const done = await run({
      ...byName(member.displayName),
      rights: ['custom', 'execute'],
      customRoles: [name],
    });
    const role = (await new AccessService(door.sql).principals(door.profile)).find(
      (principal) => principal.name === name,
    );
    assert.deepEqual([role?.kind, role?.members], ['role', [member.displayName]]);
    const app = openDoor(azure, member.id);
    await app.rows('INSERT INTO [dbo].[canary] VALUES (2);');
    assert.equal((await failure(app.rows('SELECT * FROM [dbo].[canary];'))).server?.number, 229);
    await app.sql.dispose();
    await door.rows('DELETE FROM [dbo].[canary] WHERE [alive] = 2;');
    assert.ok(done.undo);
    await done.undo.run(signal());
    assert.equal(await canEnter(member.id), 'noUserInDatabase');
    await door.rows(`DROP ROLE ${quoteName(name)};`);
    await azure.client.removeFromDirectory(member.id);
  });

  it('is a group whose members come in', async () => {
    const group = await azure.client.addToDirectory({ kind: 'group', displayName: name });
    const person = await azure.client.addToDirectory({ kind: 'user', upn: 'member@contoso.example' });
    await azure.client.setMember(group.id, person.id, true);
    const done = await run(byName(name));
    assert.match(done.report, /EXTERNAL_GROUP/);
    const [shown] = (await new AccessService(door.sql).principals(door.profile))
      .filter(({ kind }) => kind === 'group')
      .filter((principal) => principal.id === group.id);
    assert.deepEqual([shown?.name, shown?.roles], [name, ['db_datareader']]);
    assert.equal(await canEnter(person.id), true);
    assert.ok(done.undo);
    await done.undo.run(signal());
    assert.equal(await canEnter(person.id), 'noUserInDatabase');
    await azure.client.removeFromDirectory(person.id);
    await azure.client.removeFromDirectory(group.id);
  });
});

describe('a person', () => {
  it.each(["o'brien]--@contoso.example", 'ö\u0308😀@contoso.example', '%_[a]@contoso.example'])(
    'called %s is let in and shown exactly so',
    async (upn) => {
      const person = await azure.client.addToDirectory({ kind: 'user', upn });
      const done = await run(byName(upn));
      const app = openDoor(azure, person.id);
      assert.deepEqual(await app.rows('SELECT USER_NAME();'), [[upn]]);
      assert.equal(app.sql.tokenFacts(app.profile)?.who, upn);
      await app.sql.dispose();
      assert.ok(done.undo);
      await done.undo.run(signal());
      assert.equal(await canEnter(person.id), 'noUserInDatabase');
    },
  );
});

describe('an identity that was made anew under the same name', () => {
  it('keeps its user when the grant to the old one is undone', async () => {
    const old = await azure.client.addToDirectory({ kind: 'managedIdentity', displayName: 'app reborn' });
    const done = await run(byName('app reborn'));
    await door.rows('DROP USER [app reborn];');
    // Ids follow from names here, and a second of the same name gets another.
    const made = await azure.client.addToDirectory({ kind: 'managedIdentity', displayName: 'app reborn' });
    await azure.client.removeFromDirectory(old.id);
    const again = await run(byName('app reborn'));
    assert.ok(done.undo && again.undo);
    assert.match(await done.undo.run(signal()), /^Nothing was taken away/);
    assert.equal(await canEnter(made.id), true);
    assert.match(await again.undo.run(signal()), /no user in appdb any more/);
    assert.equal(await canEnter(made.id), 'noUserInDatabase');
    await azure.client.removeFromDirectory(made.id);
  });
});

describe('a role that is written in another case', () => {
  it('is granted, read back and undone', async () => {
    const app = await azure.client.addToDirectory({ kind: 'managedIdentity', displayName: 'app case' });
    await door.rows('CREATE ROLE [Sales Readers];');
    const done = await run({ ...byName('app case'), rights: ['custom'], customRoles: ['sales readers'] });
    assert.match(done.report, /member of {4}Sales Readers/);
    assert.ok(done.undo);
    await done.undo.run(signal());
    assert.equal(await canEnter(app.id), 'noUserInDatabase');
    await door.rows('DROP ROLE [Sales Readers];');
  });
});

describe.each(refusedNames)('an identity or a role named with %s', (_, name, why) => {
  it('is refused before anything is sent', async () => {
    for (const request of [
      byName(name),
      { ...byName('app-orders'), rights: ['custom' as const], customRoles: [name] },
    ]) {
      const error = await failure(grants.plan(door.profile, request, signal()));
      assert.equal(error.code, 'invalidInput');
      assert.match(error.message, why);
    }
  });
});

describe.each([...hostileDatabases])('a database named with %s', (_, database) => {
  it('is connected to, and an identity is let into it and put out again', async () => {
    const at = openDoor(azure, 'ada@contoso.example', database);
    assert.deepEqual(await at.rows('SELECT DB_NAME();'), [[database]]);
    const app = await azure.client.addToDirectory({ kind: 'managedIdentity', displayName: 'app db' });
    const done = await run(byName('app db'), at);
    assert.equal(await canEnter(app.id, database), true);
    assert.equal(await canEnter(app.id), 'noUserInDatabase', 'only into this database');
    assert.ok(done.undo);
    await done.undo.run(signal());
    assert.equal(await canEnter(app.id, database), 'noUserInDatabase');
    await azure.client.removeFromDirectory(app.id);
    await at.sql.dispose();
  });
});
