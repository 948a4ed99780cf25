// GRANT, DENY and REVOKE on the database, schemas, objects, columns and principals: what is meant, to whom, and by whose authority.
import type { Deny, Grant, Identifier, Permission, Revoke, Securable } from '../tsql/ast.ts';
import { maySpeakFor, type DclCall } from './dcl.ts';
import { EffectivePermissions } from './effectivePermissions.ts';
import { cannot, securityError } from './permissionErrors.ts';
import { deny, dropGrantOption, grant, withdraw, type Item } from './permissionRows.ts';
import {
  applicablePermissions,
  covering,
  permissionType,
  serverPermissions,
  type SecurableClass,
} from './permissionTable.ts';
import { findSecurable, type Found } from './securables.ts';
import { folded, type Principal } from './securityState.ts';

/** @throws SqlError 15151, 4606, 4610, 4611, 4613, 4615, 4617-4619, 4621, 4627, 1019, 1020, 102. */
export async function changePermissions(call: DclCall, statement: Grant | Deny | Revoke): Promise<void> {
  const { on } = statement;
  for (const permission of statement.permissions) refuseColumnsOf(permission, on);
  const found = await findSecurable(call, on);
  const items = statement.permissions.flatMap((permission) => itemsOf(call, found, permission, on));
  const grantees = (statement.kind === 'revoke' ? statement.from : statement.to).map((name) =>
    granteeNamed(call, name),
  );
  if (grantees.some((grantee) => isBeyondGrants(call, found, grantee))) {
    // Told and not done, but no error: TRY sees nothing of it.
    const message =
      'Cannot grant, deny, or revoke permissions to sa, dbo, entity owner, information_schema, sys, or yourself.';
    call.out.message({ number: 4624, state: 1, class: 0, message, line: statement.line });
    return;
  }
  for (const item of items) {
    const grantor = grantorOf(call, found, item, statement);
    for (const grantee of grantees) {
      refuseConnect(found, item, grantee);
      const change = { call, found, item, grantee, grantor };
      switch (statement.kind) {
        case 'grant':
          await grant(change, statement.withGrantOption);
          break;
        case 'deny':
          await deny(change, statement.cascade);
          break;
        default:
          if (statement.grantOptionFor) await dropGrantOption(change, statement.cascade);
          else await withdraw(change, statement.cascade);
      }
    }
  }
}

const permissionName = ({ name }: Permission): string => (name === 'EXEC' ? 'EXECUTE' : name);

/** Before the securable is looked for: only these three may be had on columns. */
function refuseColumnsOf(permission: Permission, on: Securable | undefined): void {
  const after = on?.columns ?? [];
  if (permission.columns.length > 0 && after.length > 0) {
    throw securityError(1019, 'Invalid column list after object name in GRANT/REVOKE statement.', 15);
  }
  if (permission.columns.length === 0 && after.length === 0) return;
  if (['SELECT', 'UPDATE', 'REFERENCES'].includes(permissionName(permission))) return;
  if (permissionName(permission).startsWith('ALL')) return;
  throw noColumns(15, 1);
}

function noColumns(severity: number, state: number): Error {
  const text =
    'Sub-entity lists (such as column or security expressions) cannot be specified for entity-level permissions.';
  return securityError(1020, text, severity, state);
}

function itemsOf(call: DclCall, found: Found, permission: Permission, on: Securable | undefined): Item[] {
  const columns = [...permission.columns, ...(on?.columns ?? [])];
  const type = found.object?.type;
  const name = permissionName(permission);
  if (serverPermissions.has(name)) {
    const text = 'Permissions at the server scope can only be granted when the current database is master';
    throw securityError(4621, text, 16, 10);
  }
  // Of this server's databases only master has it.
  if (
    name === 'CREATE DATABASE' &&
    found.class === 'database' &&
    folded(call.context.database) !== 'master'
  ) {
    throw securityError(4619, 'CREATE DATABASE permission can only be granted in the master database.');
  }
  const names = name === 'ALL' || name === 'ALL PRIVILEGES' ? allOf(found.class, type ?? '') : [name];
  return names.flatMap((one) => {
    if (permissionType(found.class, one) === undefined) {
      const exists = (['database', 'schema', 'object', 'principal'] as const).some(
        (other) => permissionType(other, one) !== undefined,
      );
      throw exists ? incompatible(one) : securityError(102, `Incorrect syntax near '${one}'.`, 15);
    }
    if (type !== undefined && !applicablePermissions(type).includes(one)) throw incompatible(one);
    if (columns.length === 0) return [{ permission: one, minor: 0, columnKey: '' }];
    return columns.map((column) => columnItem(found, one, column));
  });
}

function columnItem(found: Found, permission: string, column: Identifier): Item {
  if (found.object === undefined) throw noColumns(15, 1);
  if (found.object.type === 'SN') throw noColumns(16, 3);
  const known = found.object.columns.find((candidate) => folded(candidate.name) === folded(column.name));
  if (known === undefined) throw securityError(4615, `Invalid column name '${column.name}'.`);
  return { permission, minor: known.id, columnKey: folded(known.name) };
}

function incompatible(permission: string): Error {
  return securityError(4606, `Granted or revoked privilege ${permission} is not compatible with object.`);
}

/** https://learn.microsoft.com/sql/t-sql/statements/grant-transact-sql: ALL is a fixed, deprecated list. */
function allOf(securable: SecurableClass, type: string): string[] {
  if (securable === 'object') {
    return applicablePermissions(type).filter((name) =>
      ['DELETE', 'EXECUTE', 'INSERT', 'REFERENCES', 'SELECT', 'UPDATE'].includes(name),
    );
  }
  const creations = [
    'CREATE DEFAULT',
    'CREATE FUNCTION',
    'CREATE PROCEDURE',
    'CREATE RULE',
    'CREATE TABLE',
    'CREATE VIEW',
  ];
  return securable === 'database' ? ['BACKUP DATABASE', 'BACKUP LOG', ...creations] : ['CONTROL'];
}

function granteeNamed(call: DclCall, identifier: Identifier): Principal {
  const principal = call.state.named(identifier.name);
  if (principal === undefined) throw cannot('find the user', identifier.name);
  if (principal.fixed)
    throw securityError(4617, 'Cannot grant, deny or revoke permissions to or from special roles.');
  return principal;
}

/** dbo, information_schema, sys, the owner of the thing, and oneself. */
function isBeyondGrants(call: DclCall, found: Found, { id }: Principal): boolean {
  if (id === 1 || id === 3 || id === 4) return true;
  if (found.class !== 'database' && id === found.owner) return true;
  return !call.effective.isDbo && id === call.context.userId;
}

function refuseConnect(found: Found, item: Item, grantee: Principal): void {
  if (found.class !== 'database' || item.permission !== 'CONNECT' || grantee.type !== 'R') return;
  const text =
    'Cannot grant, deny, or revoke the connect database permission to roles and application roles.';
  throw securityError(4627, text);
}

/**
 * In whose name the row stands: the owner's for whoever controls the securable, else the own one by the grant option. One that a role or a
 * group has is used with AS only. https://learn.microsoft.com/sql/t-sql/statements/grant-transact-sql
 */
function grantorOf(call: DclCall, found: Found, item: Item, statement: Grant | Deny | Revoke): number {
  const { state, effective, context } = call;
  if (statement.as === undefined) {
    if (mayChangeAll(effective, found, item)) return found.owner;
    // Denying takes more than the grant option.
    if (statement.kind === 'deny' || !hasGrantOption(call, found, item, context.userId)) throw found.hidden();
    return context.userId;
  }
  const principal = state.named(statement.as.name);
  if (principal === undefined) throw cannot('find the user', statement.as.name);
  if (!maySpeakFor(call, principal)) {
    throw securityError(4618, `You do not have permission to use ${principal.name} in the AS clause.`);
  }
  // What somebody once gave can be taken in that name also when they could not give it any more.
  if (statement.kind === 'revoke') return principal.id;
  const own = new EffectivePermissions(state, [principal.id]);
  if (!mayChangeAll(own, found, item) && !hasGrantOption(call, found, item, principal.id))
    throw found.hidden();
  return principal.id;
}

/** CONTROL and what implies it; db_accessadmin has CONNECT with the grant option. */
function mayChangeAll(effective: EffectivePermissions, found: Found, item: Item): boolean {
  if (effective.controls(found.target)) return true;
  return found.class === 'database' && item.permission === 'CONNECT' && effective.isMember('db_accessadmin');
}

/** On the securable itself: an option on what contains it does not count. */
function hasGrantOption(call: DclCall, found: Found, item: Item, principal: number): boolean {
  const names = covering(found.target.class, item.permission)
    .filter((step) => step.class === found.class)
    .map((step) => step.permission);
  return call.state.permissions.some(
    (row) =>
      row.state === 'W' &&
      row.grantee === principal &&
      names.includes(row.permission) &&
      row.class === found.number &&
      row.major === found.major &&
      (row.minor === 0 || row.minor === item.minor),
  );
}
