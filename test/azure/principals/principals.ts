// Who may do what: the engine's Authorization over the principal tables and the Entra directory.
import { timingSafeEqual } from 'node:crypto';
import { SqlError, type Caller, type ResponseWriter } from '../contract.ts';
import { notAccepted, refused } from '../entra/tokens.ts';
import type {
  Authorization,
  AuthorizationConnection,
  OwnedObject,
  Securable,
  SecurityContext,
} from '../engine/session.ts';
import type { SecurityStatement } from '../tsql/ast.ts';
import type { DclCall, DclEnvironment } from './dcl.ts';
import { EffectivePermissions, type Target } from './effectivePermissions.ts';
import { changePermissions } from './grants.ts';
import {
  cannotExecuteAs,
  columnDenied,
  databaseDenied,
  noAccess,
  notPermitted,
  objectDenied,
  schemaUnusable,
  securityError,
  stateHidden,
} from './permissionErrors.ts';
import {
  effectiveFor,
  identityOf,
  loginNameOf,
  principalsOf,
  type Identity,
  type PrincipalContext,
} from './principalContext.ts';
import { alterAuthorization, alterRole, createRole, dropRole } from './roles.ts';
import { principalScalar } from './scalars.ts';
import { folded, readSecurityState } from './securityState.ts';
import { publishVisibility } from './visibility.ts';
import { alterUser, createUser, dropUser } from './users.ts';

export interface PrincipalsOptions extends DclEnvironment {
  /** The one SQL login; undefined: Entra-only authentication. */
  sqlLogin: { user: string; password: string } | undefined;
  /** As SQL Server outside Azure: the SQL login may impersonate Entra users (33171 in Azure). A relay needs that of its upstream. */
  sqlLoginImpersonates: boolean;
  /** A connection of the principals' own to a database, for the time of one login. */
  connect<T>(database: string, work: (connection: AuthorizationConnection) => Promise<T>): Promise<T>;
}

export class Principals implements Authorization {
  readonly #options: PrincipalsOptions;
  /** Connections that were told what their caller sees. */
  readonly #restricted = new WeakSet<AuthorizationConnection>();

  constructor(options: PrincipalsOptions) {
    this.#options = options;
  }

  async login(caller: Caller, database: string): Promise<PrincipalContext> {
    if (caller.kind === 'sql') {
      this.#checkPassword(caller.user, caller.password);
      return this.#admin({ kind: 'sql', user: caller.user }, database);
    }
    const identity = identityOf(caller.claims);
    const { claims } = caller;
    const { admin } = this.#options.server;
    if (admin === undefined) throw refused(notAccepted, 235);
    if ([claims.oid, ...(claims.groups ?? [])].includes(admin)) return this.#admin(identity, database);
    const state = await this.#options.connect(database, readSecurityState);
    const ids = principalsOf(identity, state);
    const effective = new EffectivePermissions(state, ids);
    if (ids.length === 0 || !effective.has('CONNECT', { class: 'database' })) throw refused();
    const loginName = loginNameOf(identity);
    const users = ids.flatMap((id) => state.principals.get(id) ?? []);
    // A login through a group has no user of its own: it keeps its login's name.
    const own = users.find((user) => user.type === 'E');
    const schemas = own === undefined ? users.sort((a, b) => a.id - b.id) : [own];
    return {
      database,
      identity,
      isServerAdmin: false,
      originalLogin: loginName,
      loginName,
      userName: own?.name ?? loginName,
      userId: own?.id ?? 0,
      // The group with the lowest id that has one; else a name that is nobody's schema, so that CREATE TABLE without a schema ends in 2760
      // (Learn, "CREATE SCHEMA": no user is made for a member of a group). Names are looked up in dbo all the same.
      defaultSchema: schemas.find((user) => user.defaultSchema !== undefined)?.defaultSchema ?? loginName,
    };
  }

  #admin(identity: Identity, database: string): PrincipalContext {
    const loginName = loginNameOf(identity);
    const dbo = { userName: 'dbo', userId: 1, defaultSchema: 'dbo' };
    return { database, identity, isServerAdmin: true, originalLogin: loginName, loginName, ...dbo };
  }

  #checkPassword(user: string, password: string): void {
    const { sqlLogin } = this.#options;
    const text = `Login failed for user '${user}'.`;
    if (sqlLogin === undefined) {
      const reason =
        'Reason: Azure Active Directory only authentication is enabled. Please contact your system administrator.';
      throw new SqlError({ number: 18456, state: 1, class: 14, message: `${text} ${reason}`, line: 1 });
    }
    const [given, expected] = [Buffer.from(password), Buffer.from(sqlLogin.password)];
    const same = given.length === expected.length && timingSafeEqual(given, expected);
    if (!same || folded(user) !== folded(sqlLogin.user)) {
      throw new SqlError({ number: 18456, state: 1, class: 14, message: text, line: 1 });
    }
  }

  async check(
    context: SecurityContext,
    connection: AuthorizationConnection,
    permission: string,
    securable: Securable,
  ): Promise<void> {
    const caller = asPrincipal(context);
    // The most frequent caller of tests and demo costs no query.
    if (caller.isServerAdmin && caller.impersonated === undefined) return;
    const state = await readSecurityState(connection);
    const effective = effectiveFor(caller, state);
    if (securable.class === 'object') {
      checkObject(caller, effective, permission, securable);
      return;
    }
    if (effective.has(permission, securable)) return;
    if (securable.class === 'schema') throw schemaUnusable(securable.schema);
    throw deniedOnDatabase(permission, caller.database);
  }

  async executeDcl(
    statement: { kind: string },
    context: SecurityContext,
    connection: AuthorizationConnection,
    out: Pick<ResponseWriter, 'message'>,
  ): Promise<void> {
    const caller = asPrincipal(context);
    const state = await readSecurityState(connection);
    const call: DclCall = {
      environment: this.#options,
      context: caller,
      connection,
      state,
      effective: effectiveFor(caller, state),
      out,
    };
    await run(call, statement as SecurityStatement);
  }

  async readsCatalog(
    context: SecurityContext,
    connection: AuthorizationConnection,
    view: string,
  ): Promise<void> {
    const caller = asPrincipal(context);
    // dbo sees everything, which is also what a connection shows that was never told otherwise.
    if (caller.isServerAdmin && !this.#restricted.has(connection)) return;
    this.#restricted.add(connection);
    const state = await readSecurityState(connection);
    const effective = effectiveFor(caller, state);
    const needed = managementViews[view.toLowerCase()];
    if (needed !== undefined && !effective.has(needed, { class: 'database' }))
      throw stateHidden(needed, caller.database);
    await publishVisibility(connection, state, effective);
  }

  async seesSessions(context: SecurityContext, connection: AuthorizationConnection): Promise<boolean> {
    const caller = asPrincipal(context);
    if (caller.isServerAdmin) return true;
    const effective = effectiveFor(caller, await readSecurityState(connection));
    return effective.has('VIEW DATABASE PERFORMANCE STATE', { class: 'database' });
  }

  async chains(
    context: SecurityContext,
    connection: AuthorizationConnection,
    from: OwnedObject,
    to: OwnedObject,
  ): Promise<boolean> {
    // Nothing is asked of dbo anyway.
    if (asPrincipal(context).isServerAdmin) return true;
    const state = await readSecurityState(connection);
    return state.objectOwner(from.objectId, from.schema) === state.objectOwner(to.objectId, to.schema);
  }

  async executeAs(
    context: SecurityContext,
    connection: AuthorizationConnection,
    kind: 'user' | 'login',
    name: string,
  ): Promise<PrincipalContext> {
    const caller = asPrincipal(context);
    if (kind === 'login') {
      throw securityError(
        15406,
        `Cannot execute as the server principal because the principal "${name}" does not exist, this type of principal cannot be ` +
          'impersonated, or you do not have permission.',
      );
    }
    const state = await readSecurityState(connection);
    const user = state.named(name);
    if (user === undefined || user.type === 'R' || user.type === 'X' || user.id === 3 || user.id === 4)
      throw cannotExecuteAs(name);
    if (!effectiveFor(caller, state).has('IMPERSONATE', { class: 'principal', id: user.id }))
      throw cannotExecuteAs(name);
    const target = new EffectivePermissions(state, [user.id]);
    if (!target.has('CONNECT', { class: 'database' })) throw noAccess(user.name, caller.database, 4);
    if (user.type === 'E' && caller.identity.kind === 'sql' && !this.#options.sqlLoginImpersonates) {
      throw securityError(33171, 'Only active directory users can impersonate other active directory users.');
    }
    return {
      ...caller,
      isServerAdmin: false,
      loginName: user.name,
      userName: user.name,
      userId: user.id,
      defaultSchema: user.defaultSchema ?? 'dbo',
      impersonated: user.id,
      previous: caller,
    };
  }

  revert(context: SecurityContext): PrincipalContext {
    const caller = asPrincipal(context);
    return caller.previous ?? caller;
  }

  scalar(
    name: string,
    args: readonly (string | number | null)[],
    context: SecurityContext,
    connection: AuthorizationConnection,
  ): Promise<string | number | Uint8Array | null> {
    return principalScalar(this.#options, name, args, asPrincipal(context), connection);
  }
}

/** Contexts come only from `login` and `executeAs` above. */
function asPrincipal(context: SecurityContext): PrincipalContext {
  if (!('identity' in context)) throw new Error('A security context that the principals did not make');
  return context as PrincipalContext;
}

function checkObject(
  caller: PrincipalContext,
  effective: EffectivePermissions,
  permission: string,
  securable: Extract<Securable, { class: 'object' }>,
): void {
  const { schema, name } = securable;
  // Everybody may read the catalog (public has SELECT on it); its rows are filtered by what the caller may see.
  if (
    ['sys', 'information_schema'].includes(folded(schema)) &&
    ['SELECT', 'EXECUTE', 'REFERENCES'].includes(permission)
  )
    return;
  const target: Extract<Target, { class: 'object' }> = {
    class: 'object',
    schema,
    objectId: securable.objectId,
  };
  if (securable.columns !== undefined && effective.hasColumnPermissions(permission, target)) {
    const [column] = effective.deniedColumns(permission, target, securable.columns);
    if (column !== undefined) throw columnDenied(permission, column, name, caller.database, schema);
    return;
  }
  if (!effective.has(permission, target)) throw objectDenied(permission, name, caller.database, schema);
}

/** What reading a management view takes; without it sys.dm_exec_sessions and dm_exec_requests show one's own session only. */
const managementViews: Record<string, string> = {
  dm_db_partition_stats: 'VIEW DATABASE PERFORMANCE STATE',
  dm_exec_connections: 'VIEW DATABASE SECURITY STATE',
};

function deniedOnDatabase(permission: string, database: string): SqlError {
  if (/^(CREATE|BACKUP|VIEW DATABASE STATE|SHOWPLAN|CHECKPOINT)/.test(permission))
    return databaseDenied(permission, database);
  if (permission === 'ALTER') {
    const text = `User does not have permission to alter database '${database}', the database does not exist, or the database is not in a state that allows access checks.`;
    return securityError(5011, text, 14, 9);
  }
  return notPermitted();
}

async function run(call: DclCall, statement: SecurityStatement): Promise<void> {
  switch (statement.kind) {
    case 'createUser':
      return createUser(call, statement);
    case 'alterUser':
      return alterUser(call, statement);
    case 'createRole':
      return createRole(call, statement);
    case 'alterRole':
      return alterRole(call, statement);
    case 'dropPrincipal':
      if (statement.principal === 'user') return dropUser(call, statement);
      if (statement.principal === 'role') return dropRole(call, statement);
      throw unsupported('DROP LOGIN');
    case 'grant':
    case 'deny':
    case 'revoke':
      return changePermissions(call, statement);
    case 'alterAuthorization':
      return alterAuthorization(call, statement);
    case 'createLogin':
      throw unsupported('CREATE LOGIN');
    case 'alterLogin':
      throw unsupported('ALTER LOGIN');
    default:
      // EXECUTE AS and REVERT change the session, which the engine does through executeAs and revert.
      throw new Error(`${statement.kind} is not the principals' to execute`);
  }
}

/** 40510: logins in master are outside what this server does. */
function unsupported(statement: string): SqlError {
  return securityError(40510, `Statement '${statement}' is not supported in this version of SQL Server.`, 16);
}
