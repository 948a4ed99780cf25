// Each fixed role against each action, and how grants, denials, nesting, columns and ownership add up.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { EffectivePermissions, type Target } from './effectivePermissions.ts';
import { sidOfGuid } from './principalContext.ts';
import { fixedRoles } from './principalTables.ts';
import { SecurityState, type PermissionRow, type Principal } from './securityState.ts';

const alice = 5;
const group = 6;
const custom = 7;
const outer = 8;

const principal = (id: number, name: string, type: Principal['type'], fixed = false): Principal => ({
  id,
  name,
  type,
  sid: undefined,
  defaultSchema: undefined,
  owner: type === 'R' ? 1 : undefined,
  authentication: 0,
  fixed,
});

const row = (
  state: 'G' | 'W' | 'D',
  permission: string,
  grantee: number,
  on: Partial<PermissionRow> = {},
): PermissionRow => ({
  class: 0,
  major: 0,
  minor: 0,
  schemaKey: '',
  columnKey: '',
  grantor: 1,
  grantee,
  permission,
  state,
  ...on,
});
const onTable = { class: 1, major: 100 };
const onSchema = { class: 3, major: 1, schemaKey: 'dbo' };

interface Setup {
  roles?: string[];
  members?: { role: number; member: number }[];
  permissions?: PermissionRow[];
  schemaOwner?: number;
  ids?: number[];
}

function caller(setup: Setup): EffectivePermissions {
  const principals = [
    principal(0, 'public', 'R'),
    principal(1, 'dbo', 'S'),
    principal(alice, 'alice', 'E'),
    principal(group, 'readers', 'X'),
    principal(custom, 'custom', 'R'),
    principal(outer, 'outer', 'R'),
    ...fixedRoles.map(({ id, name }) => principal(id, name, 'R', true)),
  ];
  const byName = (setup.roles ?? []).map((name) => {
    const role = fixedRoles.find((candidate) => candidate.name === name);
    assert.ok(role);
    return { role: role.id, member: alice };
  });
  const owners =
    setup.schemaOwner === undefined
      ? []
      : [{ class: 3, major: 1, schemaKey: 'dbo', principal: setup.schemaOwner }];
  const state = new SecurityState(
    principals,
    [...byName, ...(setup.members ?? [])],
    setup.permissions ?? [],
    owners,
  );
  return new EffectivePermissions(state, setup.ids ?? [alice]);
}

const table: Target = { class: 'object', schema: 'dbo', objectId: 100 };
const database: Target = { class: 'database' };

/** What one may try; the table below says with 'y' and '.' who may. */
const actions: [string, (who: EffectivePermissions) => boolean][] = [
  ['select', (who) => who.has('SELECT', table)],
  ['insert', (who) => who.has('INSERT', table)],
  ['update', (who) => who.has('UPDATE', table)],
  ['delete', (who) => who.has('DELETE', table)],
  ['execute', (who) => who.has('EXECUTE', table)],
  [
    'create table in dbo',
    (who) => who.has('CREATE TABLE', database) && who.has('ALTER', { class: 'schema', schema: 'dbo' }),
  ],
  ['alter table', (who) => who.has('ALTER', table)],
  ['create schema', (who) => who.has('CREATE SCHEMA', database)],
  ['alter any user', (who) => who.has('ALTER ANY USER', database)],
  ['create role', (who) => who.has('CREATE ROLE', database)],
  ['alter custom role', (who) => who.has('ALTER', { class: 'principal', id: custom })],
  ['grant select', (who) => who.controls(table)],
  ['view definition', (who) => who.has('VIEW DEFINITION', table)],
  ['backup', (who) => who.has('BACKUP DATABASE', database)],
  ['control database', (who) => who.has('CONTROL', database)],
];

const matrix: [roles: string, may: string][] = [
  //                    sel ins upd del exe crT alT crS alU crR alR gra vwD bak ctl
  ['', '. . . . . . . . . . . . . . .'],
  ['db_owner', 'y y y y y y y y y y y y y y y'],
  ['db_datareader', 'y . . . . . . . . . . . . . .'],
  ['db_datawriter', '. y y y . . . . . . . . . . .'],
  ['db_datareader db_datawriter', 'y y y y . . . . . . . . . . .'],
  ['db_ddladmin', '. . . . . y y y . . . . . . .'],
  ['db_accessadmin', '. . . . . . . y y . . . . . .'],
  ['db_securityadmin', '. . . . . . . y . y y y y . .'],
  ['db_backupoperator', '. . . . . . . . . . . . . y .'],
  ['db_denydatareader', '. . . . . . . . . . . . . . .'],
  ['db_denydatawriter', '. . . . . . . . . . . . . . .'],
  ['db_datareader db_denydatareader', '. . . . . . . . . . . . . . .'],
  ['db_datawriter db_denydatawriter', '. . . . . . . . . . . . . . .'],
  ['db_owner db_denydatareader', '. y y y y y y y y y y y y y y'],
  ['db_owner db_denydatawriter', 'y . . . y y y y y y y y y y y'],
];

describe('fixed database roles', () => {
  for (const [roles, expected] of matrix) {
    it(`${roles || 'no role'}: ${expected}`, () => {
      const who = caller({ roles: roles.split(' ').filter((name) => name !== '') });
      const actual = actions.map(([, may]) => (may(who) ? 'y' : '.'));
      assert.deepEqual(
        Object.fromEntries(actions.map(([name], index) => [name, actual[index]])),
        Object.fromEntries(actions.map(([name], index) => [name, expected.split(' ')[index]])),
      );
    });
  }

  it('dbo cannot be denied anything', () => {
    assert.ok(caller({ ids: [1], permissions: [row('D', 'SELECT', 1, onTable)] }).has('SELECT', table));
  });
});

describe('grants and denials', () => {
  it('come down from the schema and the database, and through nested roles and groups', () => {
    const nested = [
      { role: custom, member: alice },
      { role: outer, member: custom },
    ];
    assert.ok(
      caller({ members: nested, permissions: [row('G', 'SELECT', outer, onSchema)] }).has('SELECT', table),
    );
    assert.ok(caller({ permissions: [row('G', 'SELECT', alice)] }).has('SELECT', table));
    assert.ok(caller({ permissions: [row('G', 'CONTROL', alice, onSchema)] }).has('UPDATE', table));
    assert.ok(
      caller({ ids: [group], permissions: [row('G', 'SELECT', group, onTable)] }).has('SELECT', table),
    );
    assert.ok(caller({ permissions: [row('G', 'SELECT', 0, onTable)] }).has('SELECT', table));
  });

  it('do not reach another schema or table', () => {
    const elsewhere: Target = { class: 'object', schema: 'sales', objectId: 101 };
    assert.ok(!caller({ permissions: [row('G', 'SELECT', alice, onSchema)] }).has('SELECT', elsewhere));
    assert.ok(!caller({ permissions: [row('G', 'SELECT', alice, onTable)] }).has('SELECT', elsewhere));
    assert.ok(!caller({ permissions: [row('G', 'SELECT', alice, onTable)] }).has('INSERT', table));
  });

  it('a denial anywhere wins over a grant anywhere', () => {
    const granted = row('G', 'SELECT', alice, onTable);
    for (const denied of [
      row('D', 'SELECT', alice),
      row('D', 'SELECT', 0, onSchema),
      row('D', 'CONTROL', alice, onTable),
    ]) {
      assert.equal(caller({ permissions: [granted, denied] }).decide('SELECT', table), 'denied');
    }
  });

  it('on a column stand against a denial on the table', () => {
    const who = caller({
      permissions: [
        row('D', 'SELECT', alice, onTable),
        row('G', 'SELECT', alice, { ...onTable, minor: 2, columnKey: 'name' }),
      ],
    });
    assert.deepEqual(who.deniedColumns('SELECT', table, ['Name', 'id']), ['id']);
  });

  it('a denial on a column leaves the others', () => {
    const who = caller({
      roles: ['db_datareader'],
      permissions: [row('D', 'SELECT', alice, { ...onTable, minor: 2, columnKey: 'salary' })],
    });
    assert.deepEqual(who.deniedColumns('SELECT', table, ['id', 'Salary']), ['Salary']);
  });

  it('are not needed by the owner of the schema', () => {
    const who = caller({ schemaOwner: alice, permissions: [row('D', 'SELECT', 0, onTable)] });
    assert.ok(who.has('SELECT', table));
    assert.ok(who.has('ALTER', { class: 'schema', schema: 'DBO' }));
    assert.ok(!who.has('CREATE TABLE', database));
    assert.ok(!caller({ schemaOwner: 0 }).has('SELECT', table));
  });
});

describe('metadata', () => {
  const column = { ...onTable, minor: 2, columnKey: 'name' };
  it.each<[string, Setup, string, boolean, boolean]>([
    ['nothing', {}, 'U', false, false],
    ['db_datareader', { roles: ['db_datareader'] }, 'U', true, false],
    ['db_datareader, of a procedure', { roles: ['db_datareader'] }, 'P', false, false],
    ['db_ddladmin', { roles: ['db_ddladmin'] }, 'P', true, true],
    ['db_securityadmin', { roles: ['db_securityadmin'] }, 'P', true, true],
    ['EXECUTE', { permissions: [row('G', 'EXECUTE', alice, onTable)] }, 'P', true, false],
    ['a denial', { permissions: [row('D', 'SELECT', alice, onTable)] }, 'U', false, false],
    ['one column', { permissions: [row('G', 'SELECT', alice, column)] }, 'U', true, false],
    ['one denied column', { permissions: [row('D', 'SELECT', alice, column)] }, 'U', false, false],
    ['VIEW DEFINITION', { permissions: [row('G', 'VIEW DEFINITION', alice, onSchema)] }, 'U', true, true],
    ['TAKE OWNERSHIP', { permissions: [row('G', 'TAKE OWNERSHIP', alice, onTable)] }, 'U', true, true],
    [
      'CONTROL, but VIEW DEFINITION denied',
      { permissions: [row('G', 'CONTROL', alice, onTable), row('D', 'VIEW DEFINITION', alice, onTable)] },
      'U',
      true,
      false,
    ],
    [
      'SELECT, denied on the schema',
      { permissions: [row('G', 'SELECT', alice, onTable), row('D', 'SELECT', alice, onSchema)] },
      'U',
      false,
      false,
    ],
  ])('of an object and its definition is seen with %s', (_what, setup, type, sees, definition) => {
    const who = caller(setup);
    assert.deepEqual([who.sees(table, type), who.readsDefinition(table)], [sees, definition]);
  });
});

describe('SIDs', () => {
  it('are the GUID with its first three fields byte-reversed', () => {
    assert.equal(sidOfGuid('2ff8edf0-dccb-4148-a649-2c1154e1e129'), 'F0EDF82FCBDC4841A6492C1154E1E129');
  });
});
