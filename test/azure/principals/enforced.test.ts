// What the fixed roles may and may not do, asked with real statements of a user who is in nothing else.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await World.start();
  await world.admin(
    'CREATE TABLE dbo.t (id int NOT NULL PRIMARY KEY, a int NULL)',
    'CREATE TABLE dbo.spare (id int NOT NULL)',
    'CREATE PROCEDURE dbo.p AS SELECT id FROM dbo.t',
    'CREATE ROLE team',
    'CREATE ROLE empty',
    'CREATE USER other WITHOUT LOGIN',
    'CREATE USER spare_user WITHOUT LOGIN',
    'CREATE USER [grace@contoso.example] FROM EXTERNAL PROVIDER',
  );
});
afterAll(() => world.stop());

const me = 'grace@contoso.example';

/** Every statement leaves the database as it was: it is refused, reads, or is rolled back. */
const statements: readonly [string, string][] = [
  ['sel', 'SELECT id FROM dbo.t'],
  ['ins', 'INSERT dbo.t (id) VALUES (1)'],
  ['upd', 'UPDATE dbo.t SET a = 1'],
  ['del', 'DELETE dbo.t'],
  ['exe', 'EXEC dbo.p'],
  ['tru', 'TRUNCATE TABLE dbo.t'],
  ['crT', 'CREATE TABLE dbo.n (id int)'],
  ['alT', 'ALTER TABLE dbo.t ADD b int'],
  ['drT', 'DROP TABLE dbo.spare'],
  ['crP', "EXEC('CREATE PROCEDURE dbo.q AS SELECT 1 AS one')"],
  ['crS', "EXEC('CREATE SCHEMA s')"],
  ['crU', 'CREATE USER u WITHOUT LOGIN'],
  ['alU', 'ALTER USER other WITH NAME = renamed'],
  ['drU', 'DROP USER spare_user'],
  ['crR', 'CREATE ROLE r'],
  ['drR', 'DROP ROLE empty'],
  ['add', 'ALTER ROLE team ADD MEMBER other'],
  ['fix', 'ALTER ROLE db_datareader ADD MEMBER other'],
  ['own', 'ALTER ROLE db_owner ADD MEMBER other'],
  ['gra', 'GRANT SELECT ON dbo.t TO other'],
  ['gDb', 'GRANT EXECUTE TO other'],
  ['con', 'GRANT CONNECT TO other'],
  ['den', 'DENY SELECT TO other'],
  ['imp', "EXECUTE AS USER = 'other'; REVERT"],
];

const none: Record<string, number> = {
  sel: 229,
  ins: 229,
  upd: 229,
  del: 229,
  exe: 229,
  tru: 1088,
  crT: 262,
  alT: 1088,
  drT: 3701,
  crP: 262,
  crS: 2759,
  crU: 15247,
  alU: 15151,
  drU: 15151,
  crR: 15247,
  drR: 15151,
  add: 15151,
  fix: 15151,
  own: 15151,
  gra: 15151,
  gDb: 4613,
  con: 4613,
  den: 4613,
  imp: 15517,
};
const all = Object.keys(none).join(' ');

/** What each role adds; everything else ends in the error of `none`. */
const roles: [role: string, may: string][] = [
  ['', ''],
  ['db_datareader', 'sel'],
  ['db_datawriter', 'ins upd del'],
  ['db_ddladmin', 'tru crT alT drT crP crS'],
  ['db_accessadmin', 'crS crU alU drU con'],
  ['db_securityadmin', 'crS crR drR add gra gDb con den'],
  ['db_backupoperator', ''],
  ['db_owner', all],
  ['db_owner db_denydatareader', all.replace('sel ', '')],
  ['db_datareader db_datawriter db_denydatawriter', 'sel'],
];

describe('a member of', () => {
  it.each(roles)('%s may do what it allows, and nothing else', async (role, may) => {
    const names = role.split(' ').filter((name) => name !== '');
    for (const name of names) await world.admin(`ALTER ROLE ${name} ADD MEMBER [${me}]`);
    try {
      const answers: Record<string, number> = {};
      const expected: Record<string, number> = {};
      for (const [what, text] of statements) {
        const { errors } = await world.run(me, `BEGIN TRAN; ${text}; IF @@TRANCOUNT > 0 ROLLBACK`);
        answers[what] = errors.at(-1)?.number ?? 0;
        expected[what] = may.split(' ').includes(what) ? 0 : (none[what] ?? -1);
        await world.run(me, 'IF @@TRANCOUNT > 0 ROLLBACK');
      }
      assert.deepEqual(answers, expected);
    } finally {
      for (const name of names) await world.admin(`ALTER ROLE ${name} DROP MEMBER [${me}]`);
    }
  });

  it('a role with CONTROL of the database may all but change who is in the fixed roles', async () => {
    await world.admin(`GRANT CONTROL TO team`, `ALTER ROLE team ADD MEMBER [${me}]`);
    assert.deepEqual(await world.errors(me, 'SELECT id FROM dbo.t; EXEC dbo.p'), []);
    assert.deepEqual(await world.errors(me, 'ALTER ROLE db_owner ADD MEMBER other'), [15151]);
    await world.admin(`ALTER ROLE team DROP MEMBER [${me}]`, 'REVOKE CONTROL FROM team');
  });
});
