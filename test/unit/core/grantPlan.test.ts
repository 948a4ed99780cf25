// Grant scripts as golden text: idempotent, safe for hostile names, and an undo that takes away only what was added.
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'vitest';
import { checkGrant, grantScript, undoScript, type GrantRequest } from '../../../src/core/grantPlan.ts';
import {
  additionOf,
  conflictWith,
  readPrincipal,
  shortcomings,
  type PrincipalState,
} from '../../../src/core/grantState.ts';
import { guidOfSid, readPrincipals, sidOfGuid } from '../../../src/core/principal.ts';

const appId = '2ff8edf0-dccb-4148-a649-2c1154e1e129';
const read: GrantRequest = {
  principal: 'app-orders',
  identity: { kind: 'name' },
  rights: ['read'],
  customRoles: [],
};
const state: PrincipalState = {
  name: 'app-orders',
  type: 'E',
  typeDescription: 'EXTERNAL_USER',
  sid: sidOfGuid(appId),
  roles: ['db_datareader'],
  execute: false,
  denied: [],
  owns: [],
};

describe('the grant script', () => {
  it('creates the user and adds it to one role', () => {
    assert.equal(
      grantScript(read, 'appdb'),
      `-- Lets app-orders into database appdb. Running it again changes nothing.
IF DATABASE_PRINCIPAL_ID(N'app-orders') IS NULL
    CREATE USER [app-orders] FROM EXTERNAL PROVIDER;
IF NOT EXISTS (SELECT 1 FROM sys.database_role_members WHERE role_principal_id = DATABASE_PRINCIPAL_ID(N'db_datareader') AND member_principal_id = DATABASE_PRINCIPAL_ID(N'app-orders'))
    ALTER ROLE [db_datareader] ADD MEMBER [app-orders];
`,
    );
  });

  it('knows every form of CREATE USER, EXECUTE and roles of one’s own', () => {
    const request: GrantRequest = {
      principal: 'app-orders',
      identity: { kind: 'sid', of: 'app', id: appId },
      rights: ['read', 'write', 'execute', 'custom'],
      customRoles: ['order clerks'],
    };
    assert.equal(
      grantScript(request, 'appdb'),
      `-- Lets app-orders into database appdb. Running it again changes nothing.
IF DATABASE_PRINCIPAL_ID(N'app-orders') IS NULL
    CREATE USER [app-orders] WITH SID = 0xF0EDF82FCBDC4841A6492C1154E1E129, TYPE = E;
IF NOT EXISTS (SELECT 1 FROM sys.database_role_members WHERE role_principal_id = DATABASE_PRINCIPAL_ID(N'db_datareader') AND member_principal_id = DATABASE_PRINCIPAL_ID(N'app-orders'))
    ALTER ROLE [db_datareader] ADD MEMBER [app-orders];
IF NOT EXISTS (SELECT 1 FROM sys.database_role_members WHERE role_principal_id = DATABASE_PRINCIPAL_ID(N'db_datawriter') AND member_principal_id = DATABASE_PRINCIPAL_ID(N'app-orders'))
    ALTER ROLE [db_datawriter] ADD MEMBER [app-orders];
IF NOT EXISTS (SELECT 1 FROM sys.database_role_members WHERE role_principal_id = DATABASE_PRINCIPAL_ID(N'order clerks') AND member_principal_id = DATABASE_PRINCIPAL_ID(N'app-orders'))
    ALTER ROLE [order clerks] ADD MEMBER [app-orders];
-- One that is denied stays denied: GRANT would lift the denial.
IF NOT EXISTS (SELECT 1 FROM sys.database_permissions WHERE class = 0 AND permission_name = 'EXECUTE' AND grantee_principal_id = DATABASE_PRINCIPAL_ID(N'app-orders'))
    GRANT EXECUTE TO [app-orders];
`,
    );
    const group = grantScript({ ...read, identity: { kind: 'sid', of: 'group', id: appId } }, 'appdb');
    assert.match(group, /TYPE = X;/);
    const twin = grantScript({ ...read, identity: { kind: 'objectId', id: appId.toUpperCase() } }, 'appdb');
    assert.match(twin, new RegExp(`FROM EXTERNAL PROVIDER WITH OBJECT_ID = '${appId}';`));
  });

  it('cannot be broken out of by a name', () => {
    const principal = `x];DROP TABLE t;--'\n\u2028GO`;
    const script = grantScript({ ...read, principal }, 'app\ndb');
    const [comment, ...rest] = script.split('\n');
    assert.match(comment ?? '', /^-- .*app db/);
    assert.ok(rest.join('\n').includes(`CREATE USER [x]];DROP TABLE t;--'\n\u2028GO] FROM`));
    assert.ok(rest.join('\n').includes(`N'x];DROP TABLE t;--''\n\u2028GO'`));
  });

  it('refuses what makes no sense, with a reason', () => {
    const refused: [GrantRequest, string, RegExp][] = [
      [read, 'MASTER', /not in master/],
      // A connection without a database is in master.
      [read, ' ', /not in master/],
      [{ ...read, rights: ['custom'], customRoles: ['Public'] }, 'appdb', /in the role public already/],
      [{ ...read, principal: '' }, 'appdb', /empty/],
      [{ ...read, principal: 'x'.repeat(129) }, 'appdb', /129 characters/],
      [{ ...read, rights: [] }, 'appdb', /nothing to grant/],
      [{ ...read, identity: { kind: 'sid', of: 'app', id: 'app-orders' } }, 'appdb', /no GUID/],
      [{ ...read, principal: 'a\\b', identity: { kind: 'sid', of: 'app', id: appId } }, 'appdb', /backslash/],
    ];
    for (const [request, database, reason] of refused)
      assert.throws(() => checkGrant(request, database), reason);
  });
});

describe('what a run added', () => {
  it('compares roles as the server does, whatever their case', () => {
    const custom: GrantRequest = { ...read, rights: ['custom'], customRoles: ['Order Clerks'] };
    const after: PrincipalState = { ...state, roles: ['order clerks'] };
    assert.deepEqual(additionOf(custom, { ...state, roles: [] }, after).roles, ['Order Clerks']);
    assert.deepEqual(additionOf(custom, after, after).roles, []);
    assert.deepEqual(shortcomings(custom, after), []);
  });

  it('is undone, and what was there before stays', () => {
    const request: GrantRequest = { ...read, rights: ['read', 'write', 'execute'] };
    const before: PrincipalState = { ...state, roles: ['db_datareader'] };
    const after: PrincipalState = { ...state, roles: ['db_datareader', 'db_datawriter'], execute: true };
    const addition = additionOf(request, before, after);
    assert.deepEqual(addition, { sid: state.sid, user: false, roles: ['db_datawriter'], execute: true });
    assert.equal(
      undoScript(request, addition, 'appdb'),
      `-- Takes back what this grant added to database appdb, and nothing else.
-- Only while the name stands for whom it was given to: another principal of that name has another SID.
IF EXISTS (SELECT 1 FROM sys.database_principals WHERE principal_id = DATABASE_PRINCIPAL_ID(N'app-orders') AND sid = 0xF0EDF82FCBDC4841A6492C1154E1E129)
BEGIN
    IF EXISTS (SELECT 1 FROM sys.database_role_members WHERE role_principal_id = DATABASE_PRINCIPAL_ID(N'db_datawriter') AND member_principal_id = DATABASE_PRINCIPAL_ID(N'app-orders'))
        ALTER ROLE [db_datawriter] DROP MEMBER [app-orders];
    IF EXISTS (SELECT 1 FROM sys.database_permissions WHERE class = 0 AND permission_name = 'EXECUTE' AND state = 'G' AND grantee_principal_id = DATABASE_PRINCIPAL_ID(N'app-orders'))
        REVOKE EXECUTE FROM [app-orders];
END
`,
    );
  });

  it('drops a user only when this run made it', () => {
    const addition = additionOf(read, undefined, state);
    assert.deepEqual(addition, { sid: state.sid, user: true, roles: ['db_datareader'], execute: false });
    assert.match(undoScript(read, addition, 'appdb'), /NOT EXISTS[\s\S]*DROP USER \[app-orders\];/);
    assert.doesNotMatch(undoScript(read, { ...addition, user: false }, 'appdb'), /DROP USER/);
  });

  it('has an undo that holds no SID but a real one, and no empty block', () => {
    const nothing = { sid: state.sid, user: false, roles: [], execute: false };
    assert.doesNotMatch(undoScript(read, nothing, 'appdb'), /BEGIN/);
    assert.match(undoScript(read, { ...nothing, sid: undefined, user: true }, 'appdb'), /AND sid IS NULL\)/);
    for (const sid of ['', '0x', '0x1', '0x01) OR (1=1', "0x01'; DROP TABLE t;--", '0x01\n'])
      assert.throws(() => undoScript(read, { ...nothing, sid, user: true }, 'appdb'), { code: 'sqlError' });
  });

  it('is compared with what was asked: a wrong SID is no success', () => {
    const request: GrantRequest = { ...read, identity: { kind: 'sid', of: 'app', id: appId } };
    assert.deepEqual(shortcomings(request, state), []);
    assert.equal(shortcomings(request, undefined).length, 1);
    assert.match(
      shortcomings(request, { ...state, sid: sidOfGuid(appId.replace('2', '3')) }).join(),
      /stands for/,
    );
    assert.match(shortcomings(request, { ...state, roles: [] }).join(), /db_datareader/);
  });

  it('is no success when the type is another one, or a group has another id', () => {
    const group: GrantRequest = { ...read, identity: { kind: 'sid', of: 'group', id: appId } };
    assert.match(shortcomings(group, state).join(), /stands for an app or a person, not for/);
    assert.match(conflictWith(group, state) ?? '', /another identity \(an app or a person\)/);
    const app: GrantRequest = { ...read, identity: { kind: 'sid', of: 'app', id: appId } };
    assert.match(shortcomings(app, { ...state, type: 'X' }).join(), /stands for a group/);
    const twin: GrantRequest = { ...read, identity: { kind: 'objectId', id: appId } };
    const other = sidOfGuid(appId.replace('2', '3'));
    assert.match(shortcomings(twin, { ...state, type: 'X', sid: other }).join(), /stands for/);
    // Nobody can tell an app's client id from its object id.
    assert.deepEqual(shortcomings(twin, { ...state, sid: other }), []);
  });

  it('is no success while a denial stands against it', () => {
    const all: GrantRequest = { ...read, rights: ['read', 'write', 'execute'] };
    const granted: PrincipalState = { ...state, roles: ['db_datareader', 'db_datawriter'], execute: true };
    assert.deepEqual(shortcomings(all, granted), []);
    const denied: PrincipalState = {
      ...granted,
      roles: [...granted.roles, 'db_denydatareader', 'db_denydatawriter'],
      denied: ['EXECUTE', 'CONNECT', 'SHOWPLAN'],
    };
    assert.deepEqual(shortcomings(all, denied), [
      'It is denied EXECUTE on the database.',
      'It is denied CONNECT on the database.',
      'It is in db_denydatareader.',
      'It is in db_denydatawriter.',
    ]);
    assert.match(
      conflictWith(read, { ...denied, denied: ['SELECT'] }) ?? '',
      /^A denial wins over every grant, and "app-orders" is denied SELECT on the database and in db_denydatareader\. Take that back first\.$/,
    );
    // What is not asked for may well be denied.
    assert.equal(
      conflictWith(read, { ...state, denied: ['INSERT'], roles: ['db_denydatawriter'] }),
      undefined,
    );
  });

  it('sees that a name is taken by somebody else', () => {
    const request: GrantRequest = { ...read, identity: { kind: 'sid', of: 'app', id: appId } };
    assert.equal(conflictWith(request, state), undefined);
    assert.equal(conflictWith(request, undefined), undefined);
    assert.match(conflictWith(request, { ...state, sid: '0x01' }) ?? '', /another identity/);
    assert.match(
      conflictWith(read, { ...state, type: 'R', typeDescription: 'DATABASE_ROLE' }) ?? '',
      /no Entra user/,
    );
  });
});

describe('SIDs', () => {
  it('hold the GUID with its first three fields reversed', () => {
    assert.equal(sidOfGuid(appId), '0xF0EDF82FCBDC4841A6492C1154E1E129');
    fc.assert(fc.property(fc.uuid(), (guid) => assert.equal(guidOfSid(sidOfGuid(guid)), guid)));
    assert.equal(guidOfSid('0xF0EDF82FCBDC4841A6492C1154E1E1290102'), appId);
    assert.equal(guidOfSid('0x01'), undefined);
  });
});

describe('principals', () => {
  it('are read with their kind, roles and members', () => {
    const principals = readPrincipals([
      ['ada@contoso.example', 'E', 'EXTERNAL_USER', sidOfGuid(appId), false, 'db_owner'],
      ['app-orders', 'E', 'EXTERNAL_USER', sidOfGuid(appId), false, 'db_datareader'],
      ['app-orders', 'E', 'EXTERNAL_USER', sidOfGuid(appId), false, 'clerks'],
      ['clerks', 'R', 'DATABASE_ROLE', null, false, null],
      ['db_datareader', 'R', 'DATABASE_ROLE', null, true, null],
      ['Readers', 'X', 'EXTERNAL_GROUP', sidOfGuid(appId), false, null],
    ]);
    const by = new Map(principals.map((principal) => [principal.name, principal]));
    assert.deepEqual(
      principals.map(({ kind }) => kind),
      ['person', 'application', 'role', 'role', 'group'],
    );
    assert.deepEqual(by.get('app-orders')?.roles, ['db_datareader', 'clerks']);
    assert.equal(by.get('app-orders')?.id, appId);
    assert.deepEqual(by.get('db_datareader')?.members, ['app-orders']);
    assert.equal(by.get('db_datareader')?.builtIn, true);
  });

  it('are absent when the statement found nothing', () => assert.equal(readPrincipal([]), undefined));
});
