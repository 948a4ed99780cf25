// Who a login is: people, groups in groups, apps, the server's admin, and what becomes of a session whose user goes.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { SqlError } from '../contract.ts';
import { World } from './world.ts';

let world: World;
const grace = 'grace@contoso.example';
const linus = 'linus@contoso.example';

beforeAll(async () => {
  world = await World.start();
  await world.admin('CREATE TABLE dbo.t (id int NOT NULL)');
});
afterAll(() => world.stop());

describe('a login', () => {
  it('comes in through a group in a group, until it is in neither', async () => {
    const readers = world.directory.find('SQL Readers');
    const outer = world.directory.add({
      kind: 'group',
      displayName: 'Everybody',
      members: [readers?.id ?? ''],
    });
    await world.admin('CREATE USER [Everybody] FROM EXTERNAL PROVIDER; GRANT SELECT ON dbo.t TO [Everybody]');
    const open = await world.login(linus);
    assert.deepEqual((await open.run('SELECT id FROM dbo.t')).errors, []);
    assert.deepEqual(
      (await open.run("SELECT USER_NAME(), SUSER_SNAME(), IS_MEMBER('Everybody'), DATABASE_PRINCIPAL_ID()"))
        .results[0]?.rows,
      [[linus, linus, 1, 0]],
    );
    world.directory.setMember(outer.id, readers?.id ?? '', false);
    assert.equal(await world.entering(linus), 18456);
    // The groups are those of the login: https://learn.microsoft.com/azure/azure-sql/database/authentication-aad-overview
    assert.deepEqual((await open.run('SELECT id FROM dbo.t')).errors, []);
    await world.admin('DROP USER [Everybody]');
    assert.deepEqual(
      (await open.run('SELECT id FROM dbo.t')).errors.map(({ number }) => number),
      [916],
    );
    await open.session.close();
  });

  it('is its own user first, with the rights and the denials of the groups', async () => {
    await world.admin(
      `CREATE USER [${linus}] FROM EXTERNAL PROVIDER; CREATE USER [SQL Readers] FROM EXTERNAL PROVIDER; GRANT SELECT ON dbo.t TO [SQL Readers]`,
    );
    const both = await world.login(linus);
    assert.deepEqual((await both.run('SELECT USER_NAME()')).results[0]?.rows, [[linus]]);
    assert.deepEqual((await both.run('SELECT id FROM dbo.t')).errors, []);
    await world.admin(`GRANT SELECT ON dbo.t TO [${linus}]; DENY SELECT ON dbo.t TO [SQL Readers]`);
    assert.deepEqual(
      (await both.run('SELECT id FROM dbo.t')).errors.map(({ number }) => number),
      [229],
    );
    await world.admin(`DENY CONNECT TO [SQL Readers]`);
    assert.equal(await world.entering(linus), 18456, 'a denial of the group is the member’s too');
    await world.admin(`DROP USER [${linus}]; DROP USER [SQL Readers]`);
    await both.session.close();
  });

  it('through a group without a schema makes no tables without saying where, and finds those of dbo', async () => {
    await world.admin(
      'CREATE USER [SQL Readers] FROM EXTERNAL PROVIDER; ALTER ROLE db_owner ADD MEMBER [SQL Readers]',
    );
    const member = await world.login(linus);
    const answer = await member.run('CREATE TABLE made (id int NOT NULL)');
    assert.deepEqual(
      answer.errors.map(({ number, message }) => [number, message]),
      [
        [
          2760,
          `The specified schema name "${linus}" either does not exist or you do not have permission to use it.`,
        ],
      ],
    );
    assert.deepEqual((await member.run('SELECT id FROM t')).errors, []);
    await world.admin('ALTER USER [SQL Readers] WITH DEFAULT_SCHEMA = dbo');
    const again = await world.login(linus);
    assert.deepEqual((await again.run('CREATE TABLE made (id int NOT NULL); DROP TABLE made')).errors, []);
    await world.admin('DROP USER [SQL Readers]');
    for (const session of [member, again]) await session.session.close();
  });

  it('finds nothing of a user with another’s SID', async () => {
    const app = world.directory.find('app-orders');
    assert.ok(app?.kind === 'managedIdentity');
    const bytes = (id: string): string => {
      const [a = '', b = '', c = '', ...rest] = id.split('-');
      const back = (part: string): string => (part.match(/../g) ?? []).reverse().join('');
      return `0x${back(a)}${back(b)}${back(c)}${rest.join('')}`;
    };
    await world.admin(`CREATE USER [app-orders] WITH SID = ${bytes(app.id)}, TYPE = E`);
    assert.equal(await world.entering('app-orders'), 18456, 'the object id is not the client id');
    await world.admin(
      'DROP USER [app-orders]',
      `CREATE USER [app-orders] WITH SID = ${bytes(app.appId)}, TYPE = X`,
    );
    assert.equal(await world.entering('app-orders'), 18456, 'an app is no group');
    await world.admin(
      'DROP USER [app-orders]',
      `CREATE USER [any name] WITH SID = ${bytes(app.appId)}, TYPE = E`,
    );
    assert.equal(await world.entering('app-orders'), 0);
    await world.admin('DROP USER [any name]');
  });
});

describe('the Entra admin of the server', () => {
  it('may be a group; without one no token is taken', async () => {
    const { admin } = world.server;
    await world.admin(`CREATE USER [${grace}] FROM EXTERNAL PROVIDER`);
    world.server.admin = world.directory.find('SQL Readers')?.id;
    const member = await world.login(linus);
    assert.deepEqual((await member.run("SELECT USER_NAME(), IS_MEMBER('db_owner')")).results[0]?.rows, [
      ['dbo', 1],
    ]);
    await member.session.close();
    assert.equal(await world.entering('ada@contoso.example'), 18456, 'who was the admin is nobody now');
    world.server.admin = undefined;
    await assert.rejects(world.login(grace), (error) => {
      assert.ok(error instanceof SqlError);
      assert.equal(
        error.detail.message,
        "Login failed for user '<token-identified principal>'. The server is not currently configured to accept this token.",
      );
      return true;
    });
    world.server.admin = admin;
    assert.equal(await world.entering(grace), 0);
    await world.admin(`DROP USER [${grace}]`);
  });
});

describe('EXECUTE AS', () => {
  it('takes IMPERSONATE on the user, and a user who may connect', async () => {
    await world.admin(
      `CREATE USER [${grace}] FROM EXTERNAL PROVIDER; CREATE USER plain WITHOUT LOGIN; GRANT SELECT ON dbo.t TO plain`,
    );
    const as =
      "EXECUTE AS USER = 'plain'; SELECT USER_NAME(), ORIGINAL_LOGIN(); SELECT id FROM dbo.t; REVERT";
    assert.deepEqual(await world.errors(grace, as), [15517, 229]);
    await world.admin(`GRANT IMPERSONATE ON USER::plain TO [${grace}]`);
    const { errors, results } = await world.run(grace, as);
    assert.deepEqual([errors, results[0]?.rows], [[], [['plain', grace]]]);
    await world.admin('DENY CONNECT TO plain');
    assert.equal(
      await world.refusal(grace, "EXECUTE AS USER = 'plain'"),
      '916/14/4: The server principal "plain" is not able to access the database "appdb" under the current security context.',
    );
    for (const name of ['db_owner', 'public', 'sys', 'INFORMATION_SCHEMA'])
      assert.deepEqual(await world.errors('ada@contoso.example', `EXECUTE AS USER = '${name}'`), [15517]);
    await world.admin(`DROP USER [${grace}]; DROP USER plain`);
  });
});

describe('CREATE USER', () => {
  const sid = '0x00112233445566778899AABBCCDDEEFF';
  const others =
    'option cannot be used along with FOR/FROM LOGIN, CERTIFICATE, ASYMMETRIC KEY, EXTERNAL PROVIDER, WITHOUT LOGIN or WITH PASSWORD, in this version of SQL Server.';
  it.each<[string, string]>([
    [
      `WITH SID = ${sid}`,
      '33162/16/1: TYPE and SID options have to be used along with each other, in this version of SQL Server.',
    ],
    [
      'WITH TYPE = E',
      '33162/16/1: TYPE and SID options have to be used along with each other, in this version of SQL Server.',
    ],
    [
      `WITH SID = ${sid}, TYPE = Q`,
      '33163/16/1: The value specified for TYPE option is not supported in this version of SQL Server. Allowed values are E (EXTERNAL_USER) and X (EXTERNAL_GROUP)',
    ],
    ['FROM EXTERNAL PROVIDER WITH TYPE = E', `33168/16/1: TYPE ${others}`],
    [`WITHOUT LOGIN WITH SID = ${sid}, TYPE = E`, `33168/16/1: TYPE ${others}`],
    [`FROM EXTERNAL PROVIDER WITH SID = ${sid}`, `33170/16/1: SID ${others}`],
    [`WITH PASSWORD = 'x', SID = ${sid}, TYPE = X`, `33168/16/1: TYPE ${others}`],
    [`WITH SID = ${sid}AADE, TYPE = E`, '15419/16/1: Supplied parameter sid should be binary(16).'],
  ])('says what is wrong with %s', async (form, error) => {
    assert.equal(await world.refusal('ada@contoso.example', `CREATE USER [app-orders] ${form}`), error);
  });
});
