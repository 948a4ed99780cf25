// What principals are told about their own permissions and memberships.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { World } from './world.ts';

let world: World;
const grace = 'grace@contoso.example';

beforeAll(async () => {
  world = await World.start();
  await world.admin(
    `CREATE USER [${grace}] FROM EXTERNAL PROVIDER; ALTER ROLE db_datareader ADD MEMBER [${grace}]`,
    'CREATE TABLE dbo.person (id int NOT NULL, pay money NULL)',
    "EXEC('CREATE PROCEDURE dbo.raise AS SELECT 1')",
    `GRANT UPDATE (pay) ON dbo.person TO [${grace}]; DENY SELECT ON dbo.person (pay) TO [${grace}]; GRANT EXECUTE ON dbo.raise TO [${grace}]`,
  );
});
afterAll(() => world.stop());

describe('sys.fn_my_permissions', () => {
  it('lists what the caller may do on a database, a schema and an object with its columns', async () => {
    const listed = (securable: string, securableClass: string): Promise<unknown[][]> =>
      world.rows(
        grace,
        `SELECT * FROM fn_my_permissions(${securable}, '${securableClass}') ORDER BY subentity_name, permission_name`,
      );
    assert.deepEqual(await listed('NULL', 'DATABASE'), [
      ['database', '', 'CONNECT'],
      ['database', '', 'SELECT'],
    ]);
    assert.deepEqual(await listed("N'dbo'", 'SCHEMA'), [['dbo', '', 'SELECT']]);
    assert.deepEqual(await listed("N'dbo.person'", 'OBJECT'), [
      ['dbo.person', '', 'SELECT'],
      ['dbo.person', 'id', 'SELECT'],
      ['dbo.person', 'pay', 'UPDATE'],
    ]);
    assert.deepEqual(await listed("N'dbo.raise'", 'OBJECT'), [['dbo.raise', '', 'EXECUTE']]);
    assert.deepEqual(await listed("N'dbo.nothing'", 'OBJECT'), []);
  });

  it('answers for somebody else under EXECUTE AS', async () => {
    assert.deepEqual(
      await world.rows(
        'ada@contoso.example',
        `EXECUTE AS USER = '${grace}'; SELECT permission_name FROM sys.fn_my_permissions(NULL, N'DATABASE'); REVERT`,
      ),
      [['CONNECT'], ['SELECT']],
    );
  });

  it('wants both of its arguments', async () => {
    assert.equal(
      await world.refusal(grace, 'SELECT * FROM fn_my_permissions(NULL)'),
      '313/16/1: An insufficient number of arguments were supplied for the procedure or function fn_my_permissions.',
    );
  });
});

describe('a function about principals', () => {
  it.each([
    ['SELECT IS_MEMBER(@name)', 1],
    ["SELECT HAS_PERMS_BY_NAME(NULL, 'DATABASE', @permission)", 1],
    ["SELECT HAS_PERMS_BY_NAME(@object, N'OBJECT', @permission, @column, 'COLUMN')", 0],
    ['DECLARE @x int; SET @x = IS_ROLEMEMBER(@name); SELECT @x', 1],
    ['IF IS_MEMBER(@name) = 1 SELECT 7', 7],
    ['SELECT COUNT(*) FROM sys.database_principals WHERE principal_id = DATABASE_PRINCIPAL_ID(@name)', 1],
    ['SELECT COUNT(*) FROM fn_my_permissions(@object, @class) WHERE permission_name = @permission', 2],
  ])('reads variables: %s', async (text, answer) => {
    const variables =
      "DECLARE @name sysname = N'db_datareader', @permission sysname = N'SELECT', @object sysname = N'dbo.person', @column sysname = N'pay', @class sysname = N'OBJECT'; ";
    assert.deepEqual(await world.rows(grace, variables + text), [[answer]]);
  });
});
