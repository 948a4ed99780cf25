// The security statements against real tables: what they change, and the server's errors when they may not.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, beforeEach, describe, it } from 'vitest';
import { SqlError, type Caller, type ResponseWriter } from '../contract.ts';
import type { Directory } from '../entra/directory.ts';
import { contoso, createSampleDirectory } from '../entra/sampleDirectory.ts';
import { isSubject } from '../entra/tokens.ts';
import { Cluster } from '../engine/postgres/cluster.ts';
import type { PgConnection } from '../engine/postgres/connection.ts';
import type { Securable } from '../engine/session.ts';
import { parseBatch } from '../tsql/parser.ts';
import type { LogicalServer } from './dcl.ts';
import type { PrincipalContext } from './principalContext.ts';
import { Principals } from './principals.ts';
import { readSecurityState } from './securityState.ts';

const table = {
  schema: 'dbo',
  name: 'user',
  objectId: 100,
  type: 'U',
  columns: [
    { name: 'id', id: 1 },
    { name: 'first_name', id: 2 },
  ],
};
const procedure = { schema: 'dbo', name: 'report', objectId: 101, type: 'P', columns: [] };

describe('security statements', () => {
  let cluster: Cluster;
  let connection: PgConnection;
  let directory: Directory;
  let server: LogicalServer;
  let principals: Principals;
  let ada: PrincipalContext;
  let run: (context: PrincipalContext, text: string) => Promise<void>;

  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(() => cluster.stop());

  beforeEach(async (test) => {
    const database = `db${test.task.id}`;
    await cluster.createDatabase(database);
    connection = await cluster.connect(database);
    directory = createSampleDirectory();
    server = { directoryReaders: false, admin: directory.find('ada@contoso.example')?.id };
    principals = new Principals({
      directory,
      server,
      tenant: contoso.id,
      sqlLogin: { user: 'sqladmin', password: 'right' },
      sqlLoginImpersonates: false,
      connect: (_database, work) => work(connection),
      securables: {
        object: (_place, _schema, name) =>
          Promise.resolve([table, procedure].find((object) => object.name === name.toLowerCase())),
        schema: (_place, name) =>
          Promise.resolve(
            [
              { name: 'dbo', id: 1 },
              { name: 'sales', id: 5 },
            ].find((schema) => schema.name === name.toLowerCase()),
          ),
      },
    });
    run = async (context, text) => {
      for (const statement of parseBatch(text).statements) {
        await principals.executeDcl(statement, context, connection, {} as ResponseWriter);
      }
    };
    ada = await login('ada@contoso.example');
    return async () => {
      await connection.close();
      await cluster.dropDatabase(database);
    };
  });

  function caller(name: string): Caller {
    const subject = directory.find(name);
    assert.ok(isSubject(subject));
    const claims = {
      aud: '',
      tid: contoso.id,
      oid: subject.id,
      exp: 0,
      groups: directory.groupsOf(subject.id),
    };
    return subject.kind === 'user'
      ? { kind: 'entra', claims: { ...claims, upn: subject.upn, idtyp: 'user' } }
      : { kind: 'entra', claims: { ...claims, appid: subject.appId, idtyp: 'app' } };
  }
  const login = (name: string): Promise<PrincipalContext> => principals.login(caller(name), 'appdb');

  async function assertRefused(number: number, message: string, work: Promise<unknown>): Promise<void> {
    await assert.rejects(work, (error) => {
      if (!(error instanceof SqlError)) throw error;
      assert.deepEqual({ number: error.detail.number, message: error.detail.message }, { number, message });
      return true;
    });
  }
  const selects: Securable = { class: 'object', schema: 'dbo', name: 'user', objectId: 100, type: 'U' };
  const allowed = async (who: PrincipalContext, permission: string, columns?: string[]): Promise<number> => {
    try {
      await principals.check(
        who,
        connection,
        permission,
        columns === undefined ? selects : { ...selects, columns },
      );
      return 0;
    } catch (error) {
      if (error instanceof SqlError) return error.detail.number;
      throw error;
    }
  };

  it('creates a person with the object id as SID, an identity with the application id, a group as X', async () => {
    await run(
      ada,
      'CREATE USER [grace@contoso.example] FROM EXTERNAL PROVIDER; CREATE USER [id-reports] FROM EXTERNAL PROVIDER;',
    );
    await run(ada, 'CREATE USER [SQL Readers] FROM EXTERNAL PROVIDER WITH DEFAULT_SCHEMA = sales;');
    await run(ada, 'CREATE USER [kim@fabrikam.example] FROM EXTERNAL PROVIDER;');
    const state = await readSecurityState(connection);
    const bytesOf = (guid: string): string =>
      Buffer.from(guid.replaceAll('-', ''), 'hex').subarray(8).toString('hex').toUpperCase();
    const grace = state.named('GRACE@contoso.example');
    const reports = state.named('id-reports');
    const readers = state.named('sql readers');
    assert.equal(grace?.type, 'E');
    assert.equal(grace.id, 5);
    assert.equal(grace.sid?.slice(16), bytesOf(directory.find('grace@contoso.example')?.id ?? ''));
    const identity = directory.find('id-reports');
    assert.ok(identity?.kind === 'managedIdentity');
    assert.equal(reports?.sid?.slice(16), bytesOf(identity.appId));
    assert.deepEqual([readers?.type, readers?.defaultSchema], ['X', 'sales']);
    assert.equal(state.named('kim@fabrikam.example')?.type, 'E');
  });

  it('keeps a hostile name as it is', async () => {
    await run(ada, `CREATE USER [we]]ird 'näme' 😀] FROM EXTERNAL PROVIDER;`);
    assert.equal((await readSecurityState(connection)).named(`we]ird 'näme' 😀`)?.type, 'E');
    await run(ada, `DROP USER [we]]ird 'näme' 😀];`);
    assert.equal((await readSecurityState(connection)).named(`we]ird 'näme' 😀`), undefined);
  });

  const asAdmin: [text: string, number: number, message: string][] = [
    [
      'CREATE USER [nobody] FROM EXTERNAL PROVIDER',
      33130,
      "Principal 'nobody' could not be found or this principal type is not supported.",
    ],
    [
      'CREATE USER [duplicate-app] FROM EXTERNAL PROVIDER',
      33131,
      "Principal 'duplicate-app' has a duplicate display name. Make the display name unique in Azure Active Directory and execute this statement again.",
    ],
    [
      "CREATE USER [x] FROM EXTERNAL PROVIDER WITH OBJECT_ID = '11111111-1111-1111-1111-111111111111'",
      37545,
      "'11111111-1111-1111-1111-111111111111' is not a valid object id for 'x' or you do not have permission.",
    ],
    ['CREATE USER [guest] WITHOUT LOGIN', 15062, 'The guest user cannot be mapped to a login name.'],
    [
      'CREATE USER [some] FOR LOGIN [some]',
      15007,
      "'some' is not a valid login or you do not have permission.",
    ],
    [
      'CREATE USER [a\\b] WITH SID = 0x00112233445566778899AABBCCDDEEFF, TYPE = E',
      33169,
      'User name cannot have backslash character, when using the TYPE option.',
    ],
    ['CREATE USER [ab] WITH SID = 0x0011, TYPE = E', 15419, 'Supplied parameter sid should be binary(16).'],
    [
      'DROP USER [nobody]',
      15151,
      "Cannot drop the user 'nobody', because it does not exist or you do not have permission.",
    ],
    ['DROP USER [dbo]', 15150, "Cannot drop the user 'dbo'."],
    [
      'ALTER USER [nobody] WITH NAME = x',
      15151,
      "Cannot alter the user 'nobody', because it does not exist or you do not have permission.",
    ],
    [
      'CREATE ROLE [db_datareader]',
      15023,
      "User, group, or role 'db_datareader' already exists in the current database.",
    ],
    ['DROP ROLE [db_owner]', 15150, "Cannot drop the role 'db_owner'."],
    [
      'DROP ROLE [nothing]',
      15151,
      "Cannot drop the role 'nothing', because it does not exist or you do not have permission.",
    ],
    [
      'ALTER ROLE [nothing] ADD MEMBER [dbo]',
      15151,
      "Cannot alter the role 'nothing', because it does not exist or you do not have permission.",
    ],
    [
      'ALTER ROLE [db_owner] ADD MEMBER [nobody]',
      15151,
      "Cannot add the principal 'nobody', because it does not exist or you do not have permission.",
    ],
    [
      'ALTER ROLE [db_owner] DROP MEMBER [nobody]',
      15151,
      "Cannot drop the principal 'nobody', because it does not exist or you do not have permission.",
    ],
    ['ALTER ROLE [db_owner] ADD MEMBER [dbo]', 15405, "Cannot use the special principal 'dbo'."],
    ['ALTER ROLE [public] ADD MEMBER [guest]', 15081, 'Membership of the public role cannot be changed.'],
    [
      'GRANT SELECT ON [missing] TO [public]',
      15151,
      "Cannot find the object 'missing', because it does not exist or you do not have permission.",
    ],
    [
      'GRANT SELECT ON SCHEMA::[missing] TO [public]',
      15151,
      "Cannot find the schema 'missing', because it does not exist or you do not have permission.",
    ],
    [
      'GRANT SELECT ON [user] TO [nobody]',
      15151,
      "Cannot find the user 'nobody', because it does not exist or you do not have permission.",
    ],
    [
      'GRANT SELECT ON [user] TO [db_owner]',
      4617,
      'Cannot grant, deny or revoke permissions to or from special roles.',
    ],
    [
      'GRANT EXECUTE ON [user] TO [public]',
      4606,
      'Granted or revoked privilege EXECUTE is not compatible with object.',
    ],
    [
      'GRANT SELECT ON [report] TO [public]',
      4606,
      'Granted or revoked privilege SELECT is not compatible with object.',
    ],
    ['GRANT SELECT ([nothing]) ON [user] TO [public]', 4615, "Invalid column name 'nothing'."],
  ];
  for (const [text, number, message] of asAdmin) {
    it(`${number}: ${text}`, async () => {
      const before = await readSecurityState(connection);
      await assertRefused(number, message, run(ada, text));
      assert.deepEqual(await readSecurityState(connection), before);
    });
  }

  it('takes an ambiguous name by its object id, with a suffix', async () => {
    const second = directory.servicePrincipals().filter((app) => app.displayName === 'duplicate-app')[1];
    await run(ada, `CREATE USER [duplicate-app-2] FROM EXTERNAL PROVIDER WITH OBJECT_ID = '${second?.id}'`);
    assert.equal((await readSecurityState(connection)).named('duplicate-app-2')?.type, 'E');
  });

  it('believes any SID, but each only once', async () => {
    await run(ada, 'CREATE USER [one] WITH SID = 0x00112233445566778899AABBCCDDEEFF, TYPE = E');
    await assertRefused(
      15063,
      'The login already has an account under a different user name.',
      run(ada, 'CREATE USER [two] WITH SID = 0x00112233445566778899AABBCCDDEEFF, TYPE = X'),
    );
    assert.equal((await readSecurityState(connection)).named('two'), undefined);
  });

  it('lets a SQL login create no Entra user from the directory, but one by SID', async () => {
    const sql = await principals.login({ kind: 'sql', user: 'SqlAdmin', password: 'right' }, 'appdb');
    await assertRefused(
      33159,
      "Principal 'app-orders' could not be created. Only connections established with Active Directory accounts can create other Active Directory users.",
      run(sql, 'CREATE USER [app-orders] FROM EXTERNAL PROVIDER'),
    );
    await run(sql, 'CREATE USER [app-orders] WITH SID = 0x00112233445566778899AABBCCDDEEFF, TYPE = E');
    assert.equal((await readSecurityState(connection)).named('app-orders')?.type, 'E');
  });

  it('asks the directory with the server’s identity for a service principal', async () => {
    await run(
      ada,
      'CREATE USER [ci-deployer] FROM EXTERNAL PROVIDER; ALTER ROLE [db_owner] ADD MEMBER [ci-deployer]',
    );
    const deployer = await login('ci-deployer');
    const create = 'CREATE USER [app-orders] FROM EXTERNAL PROVIDER';
    await assert.rejects(run(deployer, create), (error) => {
      assert.ok(error instanceof SqlError);
      assert.equal(error.detail.number, 33134);
      assert.match(
        error.message,
        /^Principal 'app-orders' could not be resolved\. Error message: 'Server identity does not have/,
      );
      return true;
    });
    server.directoryReaders = true;
    await run(deployer, create);
  });

  it('logs in by user, by group, and nobody else', async () => {
    await run(
      ada,
      'CREATE USER [grace@contoso.example] FROM EXTERNAL PROVIDER; CREATE USER [SQL Readers] FROM EXTERNAL PROVIDER',
    );
    assert.equal((await login('grace@contoso.example')).userName, 'grace@contoso.example');
    const linus = await login('linus@contoso.example');
    assert.deepEqual([linus.userName, linus.userId], ['linus@contoso.example', 0]);
    assert.equal(ada.userName, 'dbo');
    const nobody = "Login failed for user '<token-identified principal>'.";
    await assertRefused(18456, nobody, login('mallory@contoso.example'));
    await assertRefused(18456, nobody, login('app-orders'));
    await run(ada, 'DENY CONNECT TO [grace@contoso.example]');
    await assertRefused(18456, nobody, login('grace@contoso.example'));
    await assertRefused(
      18456,
      "Login failed for user 'sqladmin'.",
      principals.login({ kind: 'sql', user: 'sqladmin', password: 'wrong' }, 'appdb'),
    );
  });

  it('enforces roles at once, for a user and through a group', async () => {
    await run(
      ada,
      'CREATE USER [grace@contoso.example] FROM EXTERNAL PROVIDER; CREATE USER [SQL Readers] FROM EXTERNAL PROVIDER',
    );
    const grace = await login('grace@contoso.example');
    const linus = await login('linus@contoso.example');
    assert.deepEqual([await allowed(grace, 'SELECT'), await allowed(linus, 'SELECT')], [229, 229]);
    await run(
      ada,
      'ALTER ROLE db_datareader ADD MEMBER [grace@contoso.example]; ALTER ROLE db_datareader ADD MEMBER [SQL Readers]',
    );
    assert.deepEqual([await allowed(grace, 'SELECT'), await allowed(linus, 'SELECT')], [0, 0]);
    await assertRefused(
      229,
      "The INSERT permission was denied on the object 'user', database 'appdb', schema 'dbo'.",
      principals.check(grace, connection, 'INSERT', selects),
    );
    await assertRefused(
      262,
      "CREATE TABLE permission denied in database 'appdb'.",
      principals.check(grace, connection, 'CREATE TABLE', { class: 'database' }),
    );
    await assertRefused(
      15247,
      'User does not have permission to perform this action.',
      run(grace, 'CREATE ROLE r'),
    );
    await assertRefused(
      4613,
      'Grantor does not have GRANT permission.',
      run(grace, 'GRANT SELECT TO [SQL Readers]'),
    );
    await run(ada, 'DROP USER [grace@contoso.example]');
    assert.equal(await allowed(grace, 'SELECT'), 916);
  });

  it('grants on columns, and says which column is denied', async () => {
    await run(
      ada,
      'CREATE USER [grace@contoso.example] FROM EXTERNAL PROVIDER; GRANT SELECT ([id]) ON [user] TO [grace@contoso.example]',
    );
    const grace = await login('grace@contoso.example');
    assert.equal(await allowed(grace, 'SELECT', ['id']), 0);
    await assertRefused(
      230,
      "The SELECT permission was denied on the column 'first_name' of the object 'user', database 'appdb', schema 'dbo'.",
      principals.check(grace, connection, 'SELECT', { ...selects, columns: ['id', 'first_name'] }),
    );
    await run(ada, 'REVOKE SELECT ON [user] FROM [grace@contoso.example]');
    assert.equal(await allowed(grace, 'SELECT', ['id']), 229);
  });

  it('a denial beats a grant until it is revoked, and a grant replaces it', async () => {
    await run(
      ada,
      'CREATE USER [grace@contoso.example] FROM EXTERNAL PROVIDER; GRANT SELECT TO [grace@contoso.example]',
    );
    const grace = await login('grace@contoso.example');
    await run(ada, 'DENY SELECT ON SCHEMA::dbo TO public');
    assert.equal(await allowed(grace, 'SELECT'), 229);
    await run(ada, 'REVOKE SELECT ON SCHEMA::dbo FROM public');
    assert.equal(await allowed(grace, 'SELECT'), 0);
    await run(ada, 'DENY SELECT TO [grace@contoso.example]');
    assert.equal(await allowed(grace, 'SELECT'), 229);
    await run(ada, 'GRANT SELECT TO [grace@contoso.example]');
    assert.equal(await allowed(grace, 'SELECT'), 0);
  });

  it('what was passed on falls with CASCADE only', async () => {
    await run(
      ada,
      'CREATE USER [grace@contoso.example] FROM EXTERNAL PROVIDER; CREATE USER [id-reports] FROM EXTERNAL PROVIDER',
    );
    await run(ada, 'GRANT SELECT ON [user] TO [grace@contoso.example] WITH GRANT OPTION');
    const grace = await login('grace@contoso.example');
    await run(grace, 'GRANT SELECT ON [user] TO [id-reports]');
    const reports = await login('id-reports');
    assert.equal(await allowed(reports, 'SELECT'), 0);
    await assertRefused(
      15284,
      'The database principal has granted or denied permissions to objects in the database and cannot be dropped.',
      run(ada, 'DROP USER [grace@contoso.example]'),
    );
    const revoke = 'REVOKE SELECT ON [user] FROM [grace@contoso.example]';
    await assertRefused(
      4611,
      'To revoke or deny grantable privileges, specify the CASCADE option.',
      run(ada, revoke),
    );
    await run(ada, `${revoke} CASCADE`);
    assert.deepEqual([await allowed(grace, 'SELECT'), await allowed(reports, 'SELECT')], [229, 229]);
  });

  it('does not drop an owner, nor a role with members', async () => {
    await run(
      ada,
      'CREATE USER [grace@contoso.example] FROM EXTERNAL PROVIDER; CREATE ROLE [team] AUTHORIZATION [grace@contoso.example]',
    );
    await connection.query("INSERT INTO catalog.schema VALUES (5, 'sales', 'sales', 1)");
    await assertRefused(
      15421,
      'The database principal owns a database role and cannot be dropped.',
      run(ada, 'DROP USER [grace@contoso.example]'),
    );
    await run(
      ada,
      'ALTER AUTHORIZATION ON ROLE::[team] TO [dbo]; ALTER AUTHORIZATION ON SCHEMA::[sales] TO [grace@contoso.example]',
    );
    await assertRefused(
      15150,
      "Cannot alter the schema 'dbo'.",
      run(ada, 'ALTER AUTHORIZATION ON SCHEMA::[dbo] TO [grace@contoso.example]'),
    );
    await assertRefused(
      15138,
      'The database principal owns a schema in the database, and cannot be dropped.',
      run(ada, 'DROP USER [grace@contoso.example]'),
    );
    await run(
      ada,
      'ALTER AUTHORIZATION ON SCHEMA::[sales] TO [dbo]; ALTER ROLE [team] ADD MEMBER [grace@contoso.example]',
    );
    await assertRefused(
      15144,
      'The role has members. It must be empty before it can be dropped.',
      run(ada, 'DROP ROLE [team]'),
    );
    await run(
      ada,
      'DROP USER [grace@contoso.example]; DROP ROLE [team]; DROP USER IF EXISTS [grace@contoso.example]',
    );
    assert.equal((await readSecurityState(connection)).named('team'), undefined);
  });

  it('is undone by a rollback', async () => {
    await connection.begin();
    await run(
      ada,
      'CREATE USER [grace@contoso.example] FROM EXTERNAL PROVIDER; ALTER ROLE [db_owner] ADD MEMBER [grace@contoso.example]',
    );
    await connection.rollback();
    const state = await readSecurityState(connection);
    assert.equal(state.named('grace@contoso.example'), undefined);
    assert.equal(state.members.length, 0);
  });

  it('impersonates whom it may, and reverts', async () => {
    await run(
      ada,
      'CREATE USER [grace@contoso.example] FROM EXTERNAL PROVIDER; CREATE USER [plain] WITHOUT LOGIN',
    );
    const plain = await principals.executeAs(ada, connection, 'user', 'plain');
    assert.deepEqual([plain.userName, plain.originalLogin], ['plain', 'ada@contoso.example']);
    assert.equal(await allowed(plain, 'SELECT'), 229);
    assert.equal(principals.revert(plain).userName, 'dbo');
    const message =
      'Cannot execute as the database principal because the principal "dbo" does not exist, this type of principal cannot be impersonated, or you do not have permission.';
    const sql = await principals.login({ kind: 'sql', user: 'sqladmin', password: 'right' }, 'appdb');
    await assertRefused(
      33171,
      'Only active directory users can impersonate other active directory users.',
      principals.executeAs(sql, connection, 'user', 'grace@contoso.example'),
    );
    await assertRefused(
      15517,
      message,
      principals.executeAs(await login('grace@contoso.example'), connection, 'user', 'dbo'),
    );
  });

  it('answers the functions about principals', async () => {
    await run(
      ada,
      'CREATE USER [grace@contoso.example] FROM EXTERNAL PROVIDER; ALTER ROLE db_datareader ADD MEMBER [grace@contoso.example]',
    );
    const grace = await login('grace@contoso.example');
    const ask = (name: string, ...args: (string | number | null)[]): Promise<unknown> =>
      principals.scalar(name, args, grace, connection);
    assert.equal(await ask('user_name'), 'grace@contoso.example');
    assert.equal(await ask('user_name', 1), 'dbo');
    assert.equal(await ask('database_principal_id', 'db_datareader'), 16390);
    assert.equal(await ask('is_member', 'db_datareader'), 1);
    assert.equal(await ask('is_member', 'db_owner'), 0);
    assert.equal(await ask('is_member', 'nothing'), null);
    assert.equal(await ask('is_rolemember', 'db_datareader', 'grace@contoso.example'), 1);
    assert.equal(await ask('has_perms_by_name', '[dbo].[user]', 'OBJECT', 'SELECT'), 1);
    assert.equal(await ask('has_perms_by_name', 'dbo.user', 'OBJECT', 'INSERT'), 0);
    assert.equal(await ask('has_perms_by_name', null, 'DATABASE', 'CREATE TABLE'), 0);
    assert.equal(await principals.scalar('is_member', ['db_owner'], ada, connection), 1);
  });
});
