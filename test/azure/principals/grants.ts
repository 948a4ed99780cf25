// GRANT, DENY and REVOKE on the database, schemas, objects, columns and principals.
import type { Deny, Grant, Identifier, Permission, Revoke, Securable } from '../tsql/ast.ts';
import { placeOf, type DclCall, type FoundObject } from './dcl.ts';
import type { Target } from './effectivePermissions.ts';
import { cannot, securityError } from './permissionErrors.ts';
import { classNumber, permissionType, type SecurableClass } from './permissionTable.ts';
import { principalSchema } from './principalTables.ts';
import { folded, type PermissionRow, type Principal } from './securityState.ts';

/** A securable that was found, as it stands in the permission table. */
interface Found {
  class: SecurableClass;
  target: Target;
  major: number;
  schemaKey: string;
  /** "find the object 'user'": what a caller without authority is told. */
  hidden: () => Error;
  object?: FoundObject;
}

/** One permission row to write or remove. */
interface Item {
  permission: string;
  minor: number;
  columnKey: string;
}

/** @throws SqlError 15151, 4606, 4610, 4611, 4613, 4615, 4617, 4624, 102. */
export async function changePermissions(call: DclCall, statement: Grant | Deny | Revoke): Promise<void> {
  const found = await find(call, statement.on);
  const items = statement.permissions.flatMap((permission) => itemsOf(found, permission, statement.on));
  const grantees = (statement.kind === 'revoke' ? statement.from : statement.to).map((name) =>
    granteeNamed(call, name),
  );
  for (const item of items) {
    if (!call.effective.mayGrant(item.permission, found.target)) throw found.hidden();
    for (const grantee of grantees) {
      switch (statement.kind) {
        case 'grant':
          await grant(call, found, item, grantee, statement);
          break;
        case 'deny':
          await withdraw(call, found, item, grantee, statement.cascade);
          await write(call, found, item, grantee, grantorOf(call, found, item, statement.as), 'D');
          break;
        default:
          if (statement.grantOptionFor) await dropGrantOption(call, found, item, grantee, statement.cascade);
          else await withdraw(call, found, item, grantee, statement.cascade);
      }
    }
  }
}

async function find(call: DclCall, on: Securable | undefined): Promise<Found> {
  const { state, connection, context, environment } = call;
  const databaseFound: Found = {
    class: 'database',
    target: { class: 'database' },
    major: 0,
    schemaKey: '',
    hidden: () => securityError(4613, 'Grantor does not have GRANT permission.'),
  };
  if (on === undefined) return databaseFound;
  const name = on.name.parts.at(-1)?.name ?? '';
  switch (on.class ?? 'OBJECT') {
    case 'DATABASE':
      if (folded(name) !== folded(context.database)) {
        throw securityError(
          4610,
          'You can only grant or revoke permissions on objects in the current database.',
        );
      }
      return databaseFound;
    case 'SCHEMA': {
      const schema = await environment.securables.schema(placeOf(context, connection), name);
      const hidden = (): Error => cannot('find the schema', name);
      if (schema === undefined) throw hidden();
      const target: Target = { class: 'schema', schema: schema.name };
      return { class: 'schema', target, major: schema.id, schemaKey: folded(schema.name), hidden };
    }
    case 'USER':
    case 'ROLE': {
      const kind = on.class === 'ROLE' ? 'role' : 'user';
      const principal = state.named(name);
      const hidden = (): Error => cannot(`find the ${kind}`, name);
      if (principal === undefined || (principal.type === 'R') !== (kind === 'role')) throw hidden();
      return {
        class: 'principal',
        target: { class: 'principal', id: principal.id },
        major: principal.id,
        schemaKey: '',
        hidden,
      };
    }
    case 'OBJECT': {
      const schemaName = on.name.parts.at(-2)?.name;
      const object = await environment.securables.object(placeOf(context, connection), schemaName, name);
      const hidden = (): Error => cannot('find the object', name);
      if (object === undefined) throw hidden();
      const target: Target = { class: 'object', schema: object.schema, objectId: object.objectId };
      return { class: 'object', target, major: object.objectId, schemaKey: '', hidden, object };
    }
    default:
      throw securityError(
        40517,
        `Keyword or statement option '${on.class}' is not supported in this version of SQL Server.`,
      );
  }
}

const executable = new Set(['P', 'FN', 'PC', 'FS']);
const dataPermissions = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE']);

function itemsOf(found: Found, permission: Permission, on: Securable | undefined): Item[] {
  const columns = [...permission.columns, ...(on?.columns ?? [])];
  const type = found.object?.type ?? '';
  let names = [permission.name === 'EXEC' ? 'EXECUTE' : permission.name];
  if (names[0] === 'ALL' || names[0] === 'ALL PRIVILEGES') names = allOf(found.class, type);
  return names.flatMap((name) => {
    if (permissionType(found.class, name) === undefined) {
      if (
        found.class !== 'object' &&
        permissionType('object', name) === undefined &&
        permissionType('database', name) === undefined
      ) {
        throw securityError(102, `Incorrect syntax near '${name}'.`, 15);
      }
      throw incompatible(name);
    }
    if (
      type !== '' &&
      executable.has(type) === dataPermissions.has(name) &&
      (dataPermissions.has(name) || name === 'EXECUTE')
    ) {
      throw incompatible(name);
    }
    if (columns.length === 0) return [{ permission: name, minor: 0, columnKey: '' }];
    return columns.map((column) => columnItem(found, name, column));
  });
}

function columnItem(found: Found, permission: string, column: Identifier): Item {
  if (found.object === undefined || !['SELECT', 'UPDATE', 'REFERENCES'].includes(permission)) {
    throw securityError(
      1020,
      'Sub-entity lists (such as column or security expressions) cannot be specified for entity-level permissions.',
      15,
    );
  }
  const known = found.object.columns.find((candidate) => folded(candidate.name) === folded(column.name));
  if (known === undefined) throw securityError(4615, `Invalid column name '${column.name}'.`);
  return { permission, minor: known.id, columnKey: folded(known.name) };
}

function incompatible(permission: string): Error {
  return securityError(4606, `Granted or revoked privilege ${permission} is not compatible with object.`);
}

/** https://learn.microsoft.com/sql/t-sql/statements/grant-transact-sql: ALL is a fixed, deprecated list. */
function allOf(securable: SecurableClass, type: string): string[] {
  if (securable === 'object')
    return executable.has(type) ? ['EXECUTE'] : ['DELETE', 'INSERT', 'REFERENCES', 'SELECT', 'UPDATE'];
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
  const self = !call.effective.isDbo && principal.id === call.context.userId;
  if (principal.id === 1 || principal.id === 3 || principal.id === 4 || self) {
    throw securityError(
      4624,
      'Cannot grant, deny, or revoke permissions to sa, dbo, entity owner, information_schema, sys, or yourself.',
    );
  }
  return principal;
}

/** dbo for whoever controls the securable; who has it by grant option passes it on in the own name. */
function grantorOf(call: DclCall, found: Found, item: Item, as: Identifier | undefined): number {
  const { state, effective } = call;
  if (as !== undefined) {
    const principal = state.named(as.name);
    if (principal === undefined || !(effective.isDbo || effective.principals.has(principal.id)))
      throw cannot('find the user', as.name);
    return principal.id;
  }
  if (effective.isDbo || effective.has('CONTROL', found.target) || effective.isMember('db_securityadmin'))
    return 1;
  const option = state.permissions.find(
    (row) => row.state === 'W' && row.permission === item.permission && effective.principals.has(row.grantee),
  );
  return option?.grantee ?? call.context.userId;
}

async function grant(
  call: DclCall,
  found: Found,
  item: Item,
  grantee: Principal,
  statement: Grant,
): Promise<void> {
  const { connection } = call;
  await connection.query(
    `DELETE FROM ${principalSchema}.permission
     WHERE class = $1 AND major_id = $2 AND minor_id = $3 AND grantee = $4 AND permission = $5 AND state = 'D'`,
    [classNumber[found.class], found.major, item.minor, grantee.id, item.permission],
  );
  const grantor = grantorOf(call, found, item, statement.as);
  await write(call, found, item, grantee, grantor, statement.withGrantOption ? 'W' : 'G');
}

async function write(
  call: DclCall,
  found: Found,
  item: Item,
  grantee: Principal,
  grantor: number,
  state: 'G' | 'W' | 'D',
): Promise<void> {
  await call.connection.query(
    `INSERT INTO ${principalSchema}.permission
       (class, major_id, minor_id, schema_key, column_key, grantee, grantor, permission, state)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (class, major_id, minor_id, grantee, grantor, permission)
     DO UPDATE SET state = CASE WHEN ${principalSchema}.permission.state = 'W' AND excluded.state = 'G' THEN 'W' ELSE excluded.state END`,
    [
      classNumber[found.class],
      found.major,
      item.minor,
      found.schemaKey,
      item.columnKey,
      grantee.id,
      grantor,
      item.permission,
      state,
    ],
  );
}

/** A REVOKE or DENY on the table takes the columns' rows along. */
function rowsOf(call: DclCall, found: Found, item: Item, grantee: number): PermissionRow[] {
  return call.state.permissions.filter(
    (row) =>
      row.class === classNumber[found.class] &&
      row.major === found.major &&
      row.permission === item.permission &&
      row.grantee === grantee &&
      (item.minor === 0 || row.minor === item.minor),
  );
}

/** What a holder of the grant option has passed on. */
function delegated(call: DclCall, found: Found, item: Item, grantor: number): PermissionRow[] {
  return call.state.permissions.filter(
    (row) =>
      row.class === classNumber[found.class] &&
      row.major === found.major &&
      row.permission === item.permission &&
      row.grantor === grantor &&
      (item.minor === 0 || row.minor === item.minor),
  );
}

async function withdraw(
  call: DclCall,
  found: Found,
  item: Item,
  grantee: Principal,
  cascade: boolean,
): Promise<void> {
  const rows = rowsOf(call, found, item, grantee.id);
  if (rows.some((row) => row.state === 'W')) await withdrawDelegated(call, found, item, grantee.id, cascade);
  for (const row of rows) await removeRow(call, row);
}

async function dropGrantOption(
  call: DclCall,
  found: Found,
  item: Item,
  grantee: Principal,
  cascade: boolean,
): Promise<void> {
  const rows = rowsOf(call, found, item, grantee.id).filter((row) => row.state === 'W');
  if (rows.length === 0) return;
  await withdrawDelegated(call, found, item, grantee.id, cascade);
  await call.connection.query(
    `UPDATE ${principalSchema}.permission SET state = 'G'
     WHERE class = $1 AND major_id = $2 AND grantee = $3 AND permission = $4 AND state = 'W'`,
    [classNumber[found.class], found.major, grantee.id, item.permission],
  );
}

async function withdrawDelegated(
  call: DclCall,
  found: Found,
  item: Item,
  grantor: number,
  cascade: boolean,
  seen: ReadonlySet<number> = new Set(),
): Promise<void> {
  const passedOn = delegated(call, found, item, grantor);
  if (passedOn.length > 0 && !cascade) {
    throw securityError(4611, 'To revoke or deny grantable privileges, specify the CASCADE option.');
  }
  for (const row of passedOn) {
    if (!seen.has(row.grantee))
      await withdrawDelegated(call, found, item, row.grantee, true, new Set([...seen, grantor]));
    await removeRow(call, row);
  }
}

async function removeRow(call: DclCall, row: PermissionRow): Promise<void> {
  await call.connection.query(
    `DELETE FROM ${principalSchema}.permission
     WHERE class = $1 AND major_id = $2 AND minor_id = $3 AND grantee = $4 AND grantor = $5 AND permission = $6`,
    [row.class, row.major, row.minor, row.grantee, row.grantor, row.permission],
  );
}
