// CREATE, ALTER and DROP USER, with the Entra directory behind FROM EXTERNAL PROVIDER.
import { randomBytes } from 'node:crypto';
import type { DirectoryObject } from '../entra/directory.ts';
import type { AlterUser, CreateUser, DropPrincipal } from '../tsql/ast.ts';
import type { DclCall } from './dcl.ts';
import { cannot, cannotEver, notPermitted, principalExists, securityError } from './permissionErrors.ts';
import { sidOfGuid } from './principalContext.ts';
import { principalSchema } from './principalTables.ts';
import { folded, type Principal, type PrincipalType } from './securityState.ts';

interface NewUser {
  type: PrincipalType;
  /** Hex. */
  sid: string;
  authentication: number;
}

/** @throws SqlError 15247, 15023, 15062, 15063, 33130, 33131, 33134, 33159, 33162, 33163, 33168-33170, 37545 … */
export async function createUser(call: DclCall, statement: CreateUser): Promise<void> {
  const { state, effective, connection } = call;
  const name = statement.name.name;
  const database = { class: 'database' } as const;
  if (!effective.has('ALTER ANY USER', database) && !effective.has('CREATE USER', database))
    throw notPermitted();
  if (folded(name) === 'guest')
    throw securityError(15062, 'The guest user cannot be mapped to a login name.');
  const user = newUser(call, statement);
  if (state.named(name) !== undefined) throw principalExists(name);
  if (
    [...state.principals.values()].some((principal) => principal.sid === user.sid && principal.type !== 'R')
  ) {
    throw securityError(15063, 'The login already has an account under a different user name.');
  }
  const defaultSchema = statement.defaultSchema?.name ?? (user.type === 'X' ? null : 'dbo');
  const id = nextPrincipalId(call);
  await connection.query(
    `INSERT INTO ${principalSchema}.principal (principal_id, name, name_key, type, sid, default_schema, authentication)
     VALUES ($1, $2, $3, $4, decode($5, 'hex'), $6, $7)`,
    [id, name, folded(name), user.type, user.sid, defaultSchema, user.authentication],
  );
  await connection.query(
    `INSERT INTO ${principalSchema}.permission (class, major_id, grantee, grantor, permission, state) VALUES (0, 0, $1, 1, 'CONNECT', 'G')`,
    [id],
  );
}

function newUser(call: DclCall, statement: CreateUser): NewUser {
  const { source } = statement;
  const name = statement.name.name;
  refuseMisplaced(statement);
  switch (source.kind) {
    case 'externalProvider': {
      const found = lookUp(call, name, source.objectId);
      const group = found.kind === 'group';
      const guid = found.kind === 'user' || found.kind === 'group' ? found.id : found.appId;
      return { type: group ? 'X' : 'E', sid: sidOfGuid(guid), authentication: 4 };
    }
    case 'sid':
      return { ...bySid(name, source.sid, source.type.toUpperCase()), authentication: 4 };
    case 'withoutLogin':
      return {
        type: 'S',
        sid: `010500000000000903000000${randomBytes(16).toString('hex')}`.toUpperCase(),
        authentication: 0,
      };
    case 'password':
      throw securityError(
        40517,
        `Keyword or statement option 'PASSWORD' is not supported in this version of SQL Server.`,
      );
    default: {
      // No logins live in this server's master: the one SQL login is dbo already.
      const login = source.kind === 'login' ? source.login.name : name;
      throw securityError(15007, `'${login}' is not a valid login or you do not have permission.`);
    }
  }
}

/** @throws SqlError 33162, 33168, 33170. */
function refuseMisplaced({ source, misplaced }: CreateUser): void {
  if (misplaced === undefined) return;
  const others =
    'FOR/FROM LOGIN, CERTIFICATE, ASYMMETRIC KEY, EXTERNAL PROVIDER, WITHOUT LOGIN or WITH PASSWORD, in this version of SQL Server.';
  if (source.kind === 'sameName') {
    throw securityError(
      33162,
      'TYPE and SID options have to be used along with each other, in this version of SQL Server.',
    );
  }
  if (misplaced.type !== undefined)
    throw securityError(33168, `TYPE option cannot be used along with ${others}`);
  throw securityError(33170, `SID option cannot be used along with ${others}`);
}

/** What Entra says to the server: as the caller when it is a person, else with the server's own identity. */
function lookUp(call: DclCall, name: string, objectId: string | undefined): DirectoryObject {
  const { identity } = call.context;
  const { directory, server, tenant } = call.environment;
  if (identity.kind !== 'entra') {
    const text = `Principal '${name}' could not be created. Only connections established with Active Directory accounts can create other Active Directory users.`;
    throw securityError(33159, text);
  }
  if (!identity.person && !server.directoryReaders) {
    const reason =
      'Server identity does not have Azure Active Directory Readers permission. Please follow the steps here : ' +
      'https://docs.microsoft.com/en-us/azure/azure-sql/database/authentication-aad-service-principal';
    throw securityError(33134, `Principal '${name}' could not be resolved. Error message: '${reason}'`);
  }
  if (objectId !== undefined) {
    const found = directory.byId(objectId);
    if (found === undefined || found.tenant !== tenant || !isNameOf(found, name)) {
      throw securityError(
        37545,
        `'${objectId}' is not a valid object id for '${name}' or you do not have permission.`,
      );
    }
    return found;
  }
  const [found, second] = directory.named(tenant, name);
  if (found === undefined) {
    throw securityError(
      33130,
      `Principal '${name}' could not be found or this principal type is not supported.`,
    );
  }
  if (second !== undefined) {
    const text = `Principal '${name}' has a duplicate display name. Make the display name unique in Azure Active Directory and execute this statement again.`;
    throw securityError(33131, text);
  }
  return found;
}

// With OBJECT_ID the name is the directory's, which a suffix may follow.
function isNameOf(found: DirectoryObject, name: string): boolean {
  const real = found.kind === 'user' ? found.upn : found.displayName;
  return folded(name).startsWith(folded(real));
}

function bySid(name: string, sid: string, type: string): { type: PrincipalType; sid: string } {
  const bytes = sid.replace(/^0x/i, '').toUpperCase();
  if (type !== 'E' && type !== 'X') {
    throw securityError(
      33163,
      'The value specified for TYPE option is not supported in this version of SQL Server. Allowed values are E (EXTERNAL_USER) and X (EXTERNAL_GROUP)',
    );
  }
  if (name.includes('\\'))
    throw securityError(33169, 'User name cannot have backslash character, when using the TYPE option.');
  if (bytes.length !== 32) throw securityError(15419, 'Supplied parameter sid should be binary(16).');
  return { type, sid: bytes };
}

/** The next id of a user or custom role: 5 and up, below the fixed roles. */
export function nextPrincipalId(call: DclCall): number {
  return Math.max(4, ...[...call.state.principals.keys()].filter((id) => id < 16384)) + 1;
}

/** @throws SqlError 15151, 15150, 15023. */
export async function alterUser(call: DclCall, statement: AlterUser): Promise<void> {
  const { state, effective, connection } = call;
  const name = statement.name.name;
  const user = state.named(name);
  if (
    user === undefined ||
    user.type === 'R' ||
    !effective.has('ALTER', { class: 'principal', id: user.id })
  ) {
    throw cannot('alter the user', name);
  }
  if (user.id < 5) throw cannotEver('alter the user', name);
  if (statement.login !== undefined || statement.password !== undefined) {
    throw securityError(
      40517,
      `Keyword or statement option '${statement.login === undefined ? 'PASSWORD' : 'LOGIN'}' is not supported in this version of SQL Server.`,
    );
  }
  if (statement.newName !== undefined) {
    const taken = state.named(statement.newName.name);
    if (taken !== undefined && taken.id !== user.id) throw principalExists(statement.newName.name);
    await update(call, user, 'name = $2, name_key = $3', [
      statement.newName.name,
      folded(statement.newName.name),
    ]);
  }
  if (statement.defaultSchema !== undefined) {
    await update(call, user, 'default_schema = $2', [
      statement.defaultSchema?.name ?? (user.type === 'X' ? null : 'dbo'),
    ]);
  }
  await connection.query(
    `UPDATE ${principalSchema}.principal SET modified = now() AT TIME ZONE 'utc' WHERE principal_id = $1`,
    [user.id],
  );
}

async function update(call: DclCall, user: Principal, assignment: string, values: unknown[]): Promise<void> {
  await call.connection.query(
    `UPDATE ${principalSchema}.principal SET ${assignment} WHERE principal_id = $1`,
    [user.id, ...values],
  );
}

/** @throws SqlError 15151, 15150, 15539, 15138, 15421, 15183, 15284. */
export async function dropUser(call: DclCall, statement: DropPrincipal): Promise<void> {
  const { state, effective } = call;
  const name = statement.name.name;
  const user = state.named(name);
  if (user === undefined && statement.ifExists) return;
  if (
    user === undefined ||
    user.type === 'R' ||
    !effective.has('ALTER', { class: 'principal', id: user.id })
  ) {
    throw cannot('drop the user', name);
  }
  if (user.id === 2) {
    throw securityError(
      15539,
      `User 'guest' cannot be dropped, it can only be disabled. The user is already disabled in the current database.`,
    );
  }
  if (user.id < 5) throw cannotEver('drop the user', name);
  refuseIfOwner(call, user);
  await remove(call, user);
}

/** What a principal must not leave behind. */
export function refuseIfOwner(call: DclCall, principal: Principal): void {
  const { state } = call;
  if (state.owners.some((owner) => owner.class === 3 && owner.principal === principal.id)) {
    throw securityError(
      15138,
      'The database principal owns a schema in the database, and cannot be dropped.',
    );
  }
  if ([...state.principals.values()].some((other) => other.type === 'R' && other.owner === principal.id)) {
    throw securityError(15421, 'The database principal owns a database role and cannot be dropped.');
  }
  if (state.owners.some((owner) => owner.class === 1 && owner.principal === principal.id)) {
    throw securityError(15183, 'The database principal owns objects in the database and cannot be dropped.');
  }
  if (state.permissions.some((row) => row.grantor === principal.id)) {
    const text =
      'The database principal has granted or denied permissions to objects in the database and cannot be dropped.';
    throw securityError(15284, text);
  }
}

/** Memberships and permissions of the principal go with it (ON DELETE CASCADE), and permissions on it. */
export async function remove(call: DclCall, principal: Principal): Promise<void> {
  await call.connection.query(`DELETE FROM ${principalSchema}.permission WHERE class = 4 AND major_id = $1`, [
    principal.id,
  ]);
  await call.connection.query(`DELETE FROM ${principalSchema}.principal WHERE principal_id = $1`, [
    principal.id,
  ]);
}
