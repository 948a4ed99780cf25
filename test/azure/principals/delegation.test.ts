// GRANT, DENY and REVOKE: in whose name a row stands, who may pass it on, who may take it back, and what is told without being an error.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, beforeEach, describe, it } from 'vitest';
import { shown, World } from './world.ts';

let world: World;
const ada = 'ada@contoso.example';
const grace = 'grace@contoso.example';
const linus = 'linus@contoso.example';

beforeAll(async () => {
  world = await World.start();
  await world.admin(
    `CREATE USER [${grace}] FROM EXTERNAL PROVIDER; CREATE USER [${linus}] FROM EXTERNAL PROVIDER`,
    'CREATE ROLE team; CREATE USER third WITHOUT LOGIN',
    "EXEC('CREATE SCHEMA owned AUTHORIZATION third')",
    'CREATE TABLE owned.t (id int NOT NULL); CREATE SEQUENCE owned.numbers',
    'CREATE SYNONYM owned.other FOR owned.t',
    'CREATE FUNCTION owned.one() RETURNS int AS BEGIN RETURN 1 END',
  );
});
afterAll(() => world.stop());

beforeEach(() =>
  // Permissions on it go with the table, and nothing keeps the principals then.
  world.admin(
    'DROP TABLE owned.t; CREATE TABLE owned.t (id int NOT NULL, name int NULL, pay int NULL)',
    `DROP USER [${grace}]; DROP USER [${linus}]; DROP ROLE team`,
    `CREATE USER [${grace}] FROM EXTERNAL PROVIDER; CREATE USER [${linus}] FROM EXTERNAL PROVIDER; CREATE ROLE team`,
  ),
);

/** "grantee state permission grantor", with the column's id when it is one column's. */
async function permissions(): Promise<string[]> {
  const rows = await world.rows(
    ada,
    `SELECT USER_NAME(grantee_principal_id), state, permission_name, USER_NAME(grantor_principal_id), minor_id FROM sys.database_permissions
     WHERE class = 1 AND major_id = OBJECT_ID('owned.t') ORDER BY 1, 5, 4, 3`,
  );
  return rows.map(([to, state, what, by, column]) =>
    [to, state, what, by, ...(column === 0 ? [] : [column])].map(String).join(' '),
  );
}

describe('a grant', () => {
  it('of whoever controls the object stands in the name of its owner', async () => {
    await world.admin(`GRANT SELECT ON owned.t TO [${grace}]`, `ALTER ROLE db_owner ADD MEMBER [${linus}]`);
    assert.deepEqual(await world.errors(linus, `GRANT INSERT ON owned.t TO [${grace}]`), []);
    assert.deepEqual(await permissions(), [`${grace} G INSERT third`, `${grace} G SELECT third`]);
  });

  it('is passed on in the own name, and only by who has the option itself', async () => {
    const pass = `GRANT SELECT ON owned.t TO [${linus}]`;
    await world.admin(
      `GRANT SELECT ON owned.t TO team WITH GRANT OPTION; ALTER ROLE team ADD MEMBER [${grace}]`,
    );
    assert.deepEqual(await world.errors(grace, pass), [15151], 'a role’s option is used with AS');
    assert.deepEqual(await world.errors(grace, `${pass} AS team`), []);
    assert.deepEqual(await permissions(), [`${linus} G SELECT team`, 'team W SELECT third']);
    await world.admin(
      `REVOKE SELECT ON owned.t FROM [${linus}] AS team; REVOKE SELECT ON owned.t FROM team CASCADE`,
    );
    await world.admin(`GRANT SELECT ON owned.t TO [${grace}] WITH GRANT OPTION`);
    assert.deepEqual(await world.errors(grace, pass), []);
    assert.deepEqual(await world.errors(grace, `GRANT INSERT ON owned.t TO [${linus}]`), [15151]);
    assert.deepEqual(await world.errors(grace, `DENY SELECT ON owned.t TO [${linus}]`), [15151]);
    assert.deepEqual(await permissions(), [`${grace} W SELECT third`, `${linus} G SELECT ${grace}`]);
  });

  it('on a schema does not let the objects in it be passed on', async () => {
    await world.admin(`GRANT SELECT ON SCHEMA::owned TO [${grace}] WITH GRANT OPTION`);
    assert.deepEqual(await world.errors(grace, `GRANT SELECT ON owned.t TO [${linus}]`), [15151]);
    await world.admin(`REVOKE SELECT ON SCHEMA::owned FROM [${grace}] CASCADE`);
  });

  it('on the whole table replaces what stood on its columns', async () => {
    await world.admin(
      `GRANT SELECT (id) ON owned.t TO [${grace}]; DENY SELECT (pay) ON owned.t TO [${grace}]`,
    );
    assert.deepEqual(await permissions(), [`${grace} G SELECT third 1`, `${grace} D SELECT third 3`]);
    await world.admin(`GRANT SELECT ON owned.t TO [${grace}]`);
    assert.deepEqual(await permissions(), [`${grace} G SELECT third`]);
  });

  it.each([
    ['AS somebody one may not speak for', `GRANT SELECT ON owned.t TO [${linus}] AS third`, 4618],
    ['AS nobody', `GRANT SELECT ON owned.t TO [${linus}] AS nobody`, 15151],
  ])('%s is refused', async (_what, text, number) => {
    await world.admin(`GRANT SELECT ON owned.t TO [${grace}] WITH GRANT OPTION`);
    assert.deepEqual(await world.errors(grace, text), [number]);
  });
});

describe('what was given', () => {
  it('is taken by who gave it, or in the giver’s name', async () => {
    await world.admin(`GRANT SELECT ON owned.t TO [${grace}] WITH GRANT OPTION`);
    await world.run(grace, `GRANT SELECT ON owned.t TO [${linus}]`);
    await world.admin(`REVOKE SELECT ON owned.t FROM [${linus}]`);
    assert.deepEqual(await permissions(), [`${grace} W SELECT third`, `${linus} G SELECT ${grace}`]);
    await world.admin(`REVOKE SELECT ON owned.t FROM [${linus}] AS [${grace}]`);
    assert.deepEqual(await permissions(), [`${grace} W SELECT third`]);
  });

  it.each([
    `REVOKE SELECT ON owned.t FROM [${grace}]`,
    `DENY SELECT ON owned.t TO [${grace}]`,
    `REVOKE GRANT OPTION FOR SELECT ON owned.t FROM [${grace}]`,
  ])(
    'with the grant option is not taken without CASCADE, also when nothing was passed on: %s',
    async (text) => {
      await world.admin(`GRANT SELECT ON owned.t TO [${grace}] WITH GRANT OPTION`);
      assert.equal(
        await world.refusal(ada, text),
        '4611/16/1: To revoke or deny grantable privileges, specify the CASCADE option.',
      );
      assert.deepEqual(await permissions(), [`${grace} W SELECT third`]);
    },
  );

  it.each([
    [`REVOKE SELECT ON owned.t FROM [${grace}] CASCADE`, []],
    [
      `DENY SELECT ON owned.t TO [${grace}] CASCADE`,
      [`${grace} D SELECT third`, `${linus} D SELECT ${grace}`, `team D SELECT ${linus}`],
    ],
    [`REVOKE GRANT OPTION FOR SELECT ON owned.t FROM [${grace}] CASCADE`, [`${grace} G SELECT third`]],
  ])('falls with all that follows from it: %s', async (text, left) => {
    await world.admin(`GRANT SELECT ON owned.t TO [${grace}] WITH GRANT OPTION`);
    await world.run(grace, `GRANT SELECT ON owned.t TO [${linus}] WITH GRANT OPTION`);
    await world.run(linus, 'GRANT SELECT ON owned.t TO team');
    await world.admin(text);
    assert.deepEqual(await permissions(), left);
  });

  it('without the option is revoked by REVOKE GRANT OPTION FOR', async () => {
    await world.admin(
      `GRANT SELECT ON owned.t TO [${grace}]`,
      `REVOKE GRANT OPTION FOR SELECT ON owned.t FROM [${grace}]`,
    );
    assert.deepEqual(await permissions(), []);
  });

  it('half of a list is not taken when the other half may not be', async () => {
    await world.admin(
      `GRANT INSERT ON owned.t TO [${grace}]; GRANT SELECT ON owned.t TO [${grace}] WITH GRANT OPTION`,
    );
    assert.deepEqual(await world.errors(ada, `REVOKE INSERT, SELECT ON owned.t FROM [${grace}]`), [4611]);
    assert.deepEqual(await permissions(), [`${grace} G INSERT third`, `${grace} W SELECT third`]);
    await world.admin(`REVOKE INSERT, SELECT ON owned.t FROM [${grace}] CASCADE`);
  });
});

describe('what can be neither granted nor denied', () => {
  it.each(['dbo', 'sys', 'INFORMATION_SCHEMA', 'third'])('to %s is told, and no error', async (name) => {
    const { errors, messages } = await world.run(
      ada,
      `BEGIN TRY GRANT SELECT ON owned.t TO [${name}] END TRY BEGIN CATCH THROW END CATCH`,
    );
    assert.deepEqual(errors, []);
    assert.deepEqual(messages.map(shown), [
      '4624/0/1: Cannot grant, deny, or revoke permissions to sa, dbo, entity owner, information_schema, sys, or yourself.',
    ]);
    assert.deepEqual(await permissions(), []);
  });

  it('to oneself neither', async () => {
    await world.admin(`ALTER ROLE db_securityadmin ADD MEMBER [${grace}]`);
    const { errors, messages } = await world.run(grace, `GRANT CONTROL TO [${grace}]`);
    assert.deepEqual([errors, messages.map(({ number }) => number)], [[], [4624]]);
  });

  it.each<[string, string]>([
    [
      'GRANT SELECT ON owned.t TO db_owner',
      '4617/16/1: Cannot grant, deny or revoke permissions to or from special roles.',
    ],
    [
      'GRANT CONNECT TO team',
      '4627/16/1: Cannot grant, deny, or revoke the connect database permission to roles and application roles.',
    ],
    [
      'GRANT VIEW SERVER STATE TO team',
      '4621/16/10: Permissions at the server scope can only be granted when the current database is master',
    ],
    [
      'GRANT CREATE DATABASE TO team',
      '4619/16/1: CREATE DATABASE permission can only be granted in the master database.',
    ],
    ['GRANT FLY TO team', "102/15/1: Incorrect syntax near 'FLY'."],
    ['GRANT FLY ON owned.t TO team', "102/15/1: Incorrect syntax near 'FLY'."],
    [
      'GRANT EXECUTE ON owned.t TO team',
      '4606/16/1: Granted or revoked privilege EXECUTE is not compatible with object.',
    ],
    [
      'GRANT SELECT ON owned.one TO team',
      '4606/16/1: Granted or revoked privilege SELECT is not compatible with object.',
    ],
    [
      'GRANT SELECT ON owned.numbers TO team',
      '4606/16/1: Granted or revoked privilege SELECT is not compatible with object.',
    ],
    [
      'GRANT ALTER ON owned.other TO team',
      '4606/16/1: Granted or revoked privilege ALTER is not compatible with object.',
    ],
    [
      'GRANT SELECT (id) ON owned.t (id) TO team',
      '1019/15/1: Invalid column list after object name in GRANT/REVOKE statement.',
    ],
    [
      'GRANT EXECUTE (id) ON owned.t TO team',
      '1020/15/1: Sub-entity lists (such as column or security expressions) cannot be specified for entity-level permissions.',
    ],
    [
      'GRANT SELECT (id) ON owned.other TO team',
      '1020/16/3: Sub-entity lists (such as column or security expressions) cannot be specified for entity-level permissions.',
    ],
    ['GRANT SELECT (nothing) ON owned.t TO team', "4615/16/1: Invalid column name 'nothing'."],
  ])('%s', async (text, error) => {
    assert.equal(await world.refusal(ada, text), error);
    assert.deepEqual(await permissions(), []);
  });
});

describe('a permission', () => {
  it('on a column stays the column’s when it is renamed, and goes when it is dropped', async () => {
    await world.admin(
      `GRANT SELECT ON owned.t TO [${grace}]; DENY SELECT (pay) ON owned.t TO [${grace}]`,
      "EXEC sp_rename 'owned.t.pay', 'wage', 'COLUMN'",
    );
    assert.equal(
      await world.refusal(grace, 'SELECT wage FROM owned.t'),
      "230/14/1: The SELECT permission was denied on the column 'wage' of the object 't', database 'appdb', schema 'owned'.",
    );
    await world.admin('ALTER TABLE owned.t DROP COLUMN wage', 'ALTER TABLE owned.t ADD pay int NULL');
    assert.deepEqual(await world.errors(grace, 'SELECT pay FROM owned.t'), []);
  });

  it('goes with its object, its schema, and when they change hands or place', async () => {
    await world.admin(
      "EXEC('CREATE SCHEMA passing')",
      'CREATE TABLE passing.a (id int NOT NULL); CREATE TABLE passing.b (id int NOT NULL)',
      `GRANT SELECT ON passing.a TO [${grace}]; GRANT SELECT ON passing.b TO [${grace}]`,
      'DROP TABLE passing.a',
      'CREATE TABLE passing.a (id int NOT NULL)',
      'ALTER SCHEMA dbo TRANSFER passing.b',
    );
    assert.deepEqual(await world.errors(grace, 'SELECT id FROM passing.a'), [229]);
    assert.deepEqual(await world.errors(grace, 'SELECT id FROM dbo.b'), [229]);
    await world.admin(
      `GRANT SELECT ON passing.a TO [${grace}]; GRANT SELECT ON SCHEMA::passing TO [${grace}]`,
      'ALTER AUTHORIZATION ON SCHEMA::passing TO third',
    );
    assert.deepEqual(await world.errors(grace, 'SELECT id FROM passing.a'), [229]);
    await world.admin(
      `GRANT SELECT ON SCHEMA::passing TO [${grace}]`,
      'DROP TABLE passing.a; DROP TABLE dbo.b',
      'DROP SCHEMA passing',
      "EXEC('CREATE SCHEMA passing')",
      'CREATE TABLE passing.a (id int NOT NULL)',
    );
    assert.deepEqual(await world.errors(grace, 'SELECT id FROM passing.a'), [229]);
    await world.admin('DROP TABLE passing.a; DROP SCHEMA passing');
  });
});
