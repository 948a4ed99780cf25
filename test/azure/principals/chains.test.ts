// What a caller reaches through views, functions, procedures and triggers, and what of the catalog a caller sees.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { World } from './world.ts';

let world: World;
const ada = 'ada@contoso.example';
const grace = 'grace@contoso.example';

beforeAll(async () => {
  world = await World.start();
  await world.admin(
    `CREATE USER [${grace}] FROM EXTERNAL PROVIDER; CREATE USER other WITHOUT LOGIN`,
    "EXEC('CREATE SCHEMA own AUTHORIZATION other'); EXEC('CREATE SCHEMA hers AUTHORIZATION [grace@contoso.example]')",
    "CREATE TABLE dbo.secret (id int NOT NULL CONSTRAINT pk_secret PRIMARY KEY, word nvarchar(20) NOT NULL CONSTRAINT df_word DEFAULT N'hidden')",
    "INSERT dbo.secret (id, word) VALUES (1, N'xyzzy')",
    'CREATE TABLE dbo.shown (id int NOT NULL CONSTRAINT ck_shown CHECK (id > 0), twice AS (id * 2))',
  );
  for (const schema of ['dbo', 'own']) {
    await world.admin(
      `CREATE VIEW ${schema}.v AS SELECT id, word FROM dbo.secret`,
      `CREATE VIEW ${schema}.upon AS SELECT id FROM ${schema}.v`,
      `CREATE FUNCTION ${schema}.f() RETURNS TABLE AS RETURN (SELECT id FROM dbo.secret)`,
      `CREATE PROCEDURE ${schema}.p AS SELECT id FROM dbo.secret`,
      `CREATE PROCEDURE ${schema}.adds AS INSERT dbo.secret (id) VALUES (2)`,
      `CREATE PROCEDURE ${schema}.calls AS EXEC dbo.p`,
      `CREATE PROCEDURE ${schema}.says AS EXEC('SELECT id FROM dbo.secret')`,
      `GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE ON SCHEMA::${schema} TO [${grace}]; DENY SELECT, INSERT, UPDATE, DELETE ON dbo.secret TO [${grace}]; DENY EXECUTE ON dbo.p TO other`,
    );
  }
  await world.admin(`DENY EXECUTE ON dbo.p TO [${grace}]`);
});
afterAll(() => world.stop());

describe('through a module of the same owner', () => {
  it.each([
    'SELECT word FROM dbo.v',
    'SELECT id FROM dbo.upon',
    'SELECT id FROM dbo.f()',
    'EXEC dbo.adds',
    'EXEC dbo.calls',
    "UPDATE dbo.v SET word = N'plugh' WHERE id = 1",
    'DELETE dbo.v WHERE id = 2',
  ])('nothing is asked of what it uses, not even a denial: %s', async (text) => {
    assert.deepEqual(await world.errors(grace, text), []);
  });

  it('dynamic text is the caller’s own', async () => {
    assert.deepEqual(await world.errors(grace, 'EXEC dbo.says'), [229]);
  });
});

describe('through a module of another owner', () => {
  it.each<[string, string, string]>([
    ['SELECT word FROM own.v', 'SELECT', 'secret'],
    ['SELECT id FROM own.upon', 'SELECT', 'secret'],
    ['SELECT id FROM own.f()', 'SELECT', 'secret'],
    ['EXEC own.p', 'SELECT', 'secret'],
    ['EXEC own.adds', 'INSERT', 'secret'],
    ['EXEC own.calls', 'EXECUTE', 'p'],
    ["UPDATE own.v SET word = N'plugh' WHERE id = 1", 'SELECT', 'secret'],
    ['DELETE own.v WHERE id = 2', 'SELECT', 'secret'],
  ])('the caller needs the permission: %s', async (text, permission, object) => {
    assert.equal(
      await world.refusal(grace, text),
      `229/14/5: The ${permission} permission was denied on the object '${object}', database 'appdb', schema 'dbo'.`,
    );
  });

  it('nothing is inserted without the permission either', async () => {
    const numbers = await world.errors(grace, "INSERT own.v (id, word) VALUES (3, N'x')");
    assert.deepEqual([...new Set(numbers)], [229]);
  });

  it('nobody reads another’s table with a procedure of their own', async () => {
    await world.admin(`GRANT CREATE PROCEDURE TO [${grace}]`);
    assert.deepEqual(
      await world.errors(grace, 'CREATE PROCEDURE hers.steal AS SELECT word FROM dbo.secret'),
      [],
    );
    assert.deepEqual(await world.errors(grace, 'EXEC hers.steal'), [229]);
    await world.admin('DROP PROCEDURE hers.steal', `REVOKE CREATE PROCEDURE FROM [${grace}]`);
  });

  it('an owner of the object itself counts, not only the schema’s', async () => {
    await world.admin('ALTER AUTHORIZATION ON OBJECT::own.v TO dbo', `GRANT SELECT ON own.v TO [${grace}]`);
    assert.deepEqual(await world.errors(grace, 'SELECT word FROM own.v'), []);
    await world.admin('ALTER AUTHORIZATION ON OBJECT::own.v TO SCHEMA OWNER');
  });
});

describe('the catalog', () => {
  const limited = 'mallory@contoso.example';
  const visible = async (): Promise<unknown[]> =>
    (
      await world.rows(limited, "SELECT name FROM sys.objects WHERE type IN ('U', 'V', 'P') ORDER BY name")
    ).flat();

  it('shows what one has a permission on, and no source of it', async () => {
    await world.admin(`CREATE USER [${limited}] FROM EXTERNAL PROVIDER`);
    assert.deepEqual(await visible(), []);
    assert.deepEqual(
      await world.rows(
        limited,
        "SELECT OBJECT_ID('dbo.shown'), OBJECT_NAME(OBJECT_ID('dbo.v')), COL_LENGTH('dbo.secret', 'word')",
      ),
      [[null, null, null]],
    );
    await world.admin(
      `GRANT SELECT ON dbo.v TO [${limited}]; GRANT SELECT ON dbo.secret TO [${limited}]; GRANT SELECT ON dbo.shown TO [${limited}]`,
    );
    assert.deepEqual(await visible(), ['secret', 'shown', 'v']);
    const sources = `SELECT (SELECT definition FROM sys.sql_modules WHERE object_id = OBJECT_ID('dbo.v')), OBJECT_DEFINITION(OBJECT_ID('dbo.v')),
      (SELECT VIEW_DEFINITION FROM INFORMATION_SCHEMA.VIEWS WHERE TABLE_SCHEMA = 'dbo' AND TABLE_NAME = 'v'), (SELECT definition FROM sys.default_constraints),
      (SELECT COLUMN_DEFAULT FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'secret' AND COLUMN_NAME = 'word'),
      (SELECT definition FROM sys.check_constraints), (SELECT CHECK_CLAUSE FROM INFORMATION_SCHEMA.CHECK_CONSTRAINTS), (SELECT definition FROM sys.computed_columns)`;
    assert.deepEqual(await world.rows(limited, sources), [[null, null, null, null, null, null, null, null]]);
    assert.equal(
      await world.refusal(limited, "EXEC sp_helptext 'dbo.v'"),
      "15197/16/1: There is no text for object 'dbo.v'.",
    );
    assert.equal(
      await world.refusal(limited, "EXEC sp_helptext 'dbo.p'"),
      "15009/16/1: The object 'dbo.p' does not exist in database 'appdb' or is invalid for this operation.",
    );
    await world.admin(`GRANT VIEW DEFINITION TO [${limited}]`);
    const [read = []] = await world.rows(limited, sources);
    assert.ok(
      read.every((source) => typeof source === 'string'),
      String(read),
    );
    await world.admin(`DENY VIEW DEFINITION ON dbo.v TO [${limited}]`);
    assert.equal((await world.rows(limited, sources))[0]?.[0], null);
    await world.admin(`DROP USER [${limited}]`);
  });

  it('shows oneself, the roles one is in and the fixed ones, with what they were given', async () => {
    await world.admin(
      `CREATE USER [${limited}] FROM EXTERNAL PROVIDER; CREATE ROLE mine; CREATE ROLE yours; ALTER ROLE mine ADD MEMBER [${limited}]; ALTER ROLE yours ADD MEMBER other; GRANT EXECUTE TO mine; GRANT EXECUTE TO yours`,
    );
    assert.deepEqual(
      (
        await world.rows(
          limited,
          'SELECT name FROM sys.database_principals WHERE principal_id BETWEEN 5 AND 16383 ORDER BY name',
        )
      ).flat(),
      [limited, 'mine'],
    );
    assert.deepEqual(
      await world.rows(
        limited,
        'SELECT USER_NAME(role_principal_id), USER_NAME(member_principal_id) FROM sys.database_role_members',
      ),
      [['mine', limited]],
    );
    assert.deepEqual(
      (
        await world.rows(
          limited,
          "SELECT USER_NAME(grantee_principal_id) FROM sys.database_permissions WHERE permission_name = 'EXECUTE' AND class = 0",
        )
      ).flat(),
      ['mine'],
    );
    await world.admin(
      `DROP USER [${limited}]; ALTER ROLE yours DROP MEMBER other; DROP ROLE mine; DROP ROLE yours`,
    );
  });

  it('hides the state of the database, and other sessions, from who may not see it', async () => {
    await world.admin(
      `CREATE USER [${limited}] FROM EXTERNAL PROVIDER; ALTER ROLE db_datareader ADD MEMBER [${limited}]`,
    );
    const { errors } = await world.run(limited, 'SELECT * FROM sys.dm_db_partition_stats');
    assert.deepEqual(
      errors.map(({ number, message }) => [number, message]),
      [
        [262, "VIEW DATABASE PERFORMANCE STATE permission denied in database 'appdb'."],
        [297, 'The user does not have permission to perform this action.'],
      ],
    );
    assert.deepEqual(await world.rows(limited, 'SELECT session_id - @@SPID FROM sys.dm_exec_sessions'), [
      [0],
    ]);
    await world.admin(`GRANT VIEW DATABASE STATE TO [${limited}]`);
    assert.ok((await world.rows(limited, 'SELECT 1 FROM sys.dm_exec_sessions')).length > 1);
    assert.deepEqual(await world.errors(limited, 'SELECT * FROM sys.dm_db_partition_stats'), []);
    await world.admin(`DROP USER [${limited}]`);
    assert.deepEqual(await world.errors(ada, 'SELECT * FROM sys.dm_exec_connections'), []);
  });
});
