// T-SQL's scalar functions about principals: USER_NAME, SUSER_SNAME, IS_MEMBER, HAS_PERMS_BY_NAME and the like.
import type { AuthorizationConnection } from '../engine/session.ts';
import { SqlError } from '../contract.ts';
import { placeOf, type DclEnvironment } from './dcl.ts';
import type { EffectivePermissions, Target } from './effectivePermissions.ts';
import { myPermissions } from './ownPermissions.ts';
import { permissionNames, permissionType } from './permissionTable.ts';
import { effectiveFor, type PrincipalContext } from './principalContext.ts';
import { folded, readSecurityState, type SecurityState } from './securityState.ts';

type Argument = string | number | null;
type Result = string | number | Uint8Array | null;

interface Environment extends DclEnvironment {
  connect<T>(database: string, work: (connection: AuthorizationConnection) => Promise<T>): Promise<T>;
}

const text = (argument: Argument | undefined): string | undefined =>
  argument === undefined || argument === null ? undefined : String(argument);

/** What `Authorization.scalar` answers. @throws Error for a name it does not know. */
export async function principalScalar(
  environment: Environment,
  name: string,
  args: readonly Argument[],
  context: PrincipalContext,
  connection: AuthorizationConnection,
): Promise<Result> {
  // Without an argument these are about the caller and need no table.
  if (args.length === 0) {
    if (name === 'user_name') return context.userName;
    if (name === 'user_id' || name === 'database_principal_id') return context.userId;
    if (name === 'suser_sname' || name === 'suser_name') return context.loginName;
  }
  const state = await readSecurityState(connection);
  switch (name) {
    case 'user_name':
      return state.principals.get(Number(args[0]))?.name ?? null;
    case 'user_id':
    case 'database_principal_id':
      return state.named(text(args[0]) ?? '')?.id ?? null;
    case 'suser_sname':
    case 'suser_name':
      return loginOfSid(context, state, args[0]);
    case 'suser_id':
      return context.isServerAdmin ? 1 : null;
    case 'suser_sid':
      return sidOf(context, state, text(args[0]));
    case 'is_member':
      return isMember(state, effectiveFor(context, state), text(args[0]));
    case 'is_rolemember':
      return isRoleMember(context, state, text(args[0]), text(args[1]));
    case 'is_srvrolemember':
      return ['sysadmin', 'serveradmin', 'dbcreator', 'securityadmin', 'public'].includes(
        folded(text(args[0]) ?? ''),
      )
        ? Number(folded(text(args[0]) ?? '') === 'public')
        : null;
    case 'has_perms_by_name':
      return hasPermissions(environment, context, connection, state, args);
    case 'fn_my_permissions':
      return JSON.stringify(await ownPermissions(environment, context, connection, state, args));
    case 'has_dbaccess':
      return hasAccess(environment, context, text(args[0]) ?? '');
    case 'permissions':
      return 0;
    default:
      throw new Error(`No function ${name}`);
  }
}

function bytes(hex: string | undefined): Uint8Array | null {
  return hex === undefined ? null : Buffer.from(hex, 'hex');
}

function loginOfSid(
  context: PrincipalContext,
  state: SecurityState,
  sid: Argument | undefined,
): string | null {
  const hex = String(sid ?? '')
    .replace(/^(0x|\\x)/i, '')
    .toUpperCase();
  if (context.identity.kind === 'entra' && hex === context.identity.sid) return context.loginName;
  return [...state.principals.values()].find((principal) => principal.sid === hex)?.name ?? null;
}

function sidOf(
  context: PrincipalContext,
  state: SecurityState,
  login: string | undefined,
): Uint8Array | null {
  if (login !== undefined && folded(login) !== folded(context.loginName))
    return bytes(state.named(login)?.sid);
  if (context.identity.kind === 'sql') return bytes('01');
  if (context.impersonated !== undefined) return bytes(state.principals.get(context.impersonated)?.sid);
  return bytes(context.identity.sid);
}

/** NULL when there is no such role or group; dbo is in db_owner. */
function isMember(
  state: SecurityState,
  effective: EffectivePermissions,
  role: string | undefined,
): number | null {
  const found = state.named(role ?? '');
  if (found === undefined || (found.type !== 'R' && found.type !== 'X')) return null;
  if (found.name === 'db_owner' && effective.isDbo) return 1;
  return Number(effective.principals.has(found.id));
}

function isRoleMember(
  context: PrincipalContext,
  state: SecurityState,
  role: string | undefined,
  principal: string | undefined,
): number | null {
  if (principal === undefined)
    return state.named(role ?? '')?.type === 'R' ? isMember(state, effectiveFor(context, state), role) : null;
  const [found, member] = [state.named(role ?? ''), state.named(principal)];
  if (found?.type !== 'R' || member === undefined) return null;
  if (found.name === 'db_owner' && member.id === 1) return 1;
  return Number(state.withRoles([member.id]).has(found.id));
}

async function hasPermissions(
  environment: DclEnvironment,
  context: PrincipalContext,
  connection: AuthorizationConnection,
  state: SecurityState,
  args: readonly Argument[],
): Promise<number | null> {
  const [securable, securableClass, permission, subSecurable] = args.map(text);
  if (permission === undefined) return null;
  const effective = effectiveFor(context, state);
  const target = await targetOf(environment, context, connection, state, securable, securableClass);
  if (target === 'server') return Number(context.isServerAdmin);
  if (target === undefined) return null;
  const wanted = permission.toUpperCase();
  if (wanted === 'ANY')
    return Number(permissionNames(target.class).some((name) => effective.has(name, target)));
  if (permissionType(target.class, wanted) === undefined) return null;
  if (subSecurable !== undefined && target.class === 'object') {
    return Number(effective.deniedColumns(wanted, target, [subSecurable]).length === 0);
  }
  return Number(effective.has(wanted, target));
}

async function ownPermissions(
  environment: DclEnvironment,
  context: PrincipalContext,
  connection: AuthorizationConnection,
  state: SecurityState,
  args: readonly Argument[],
): Promise<string[][]> {
  const [securable, securableClass] = args.map(text);
  const target = await targetOf(environment, context, connection, state, securable, securableClass);
  // The permissions of the server are master's business.
  if (target === undefined || target === 'server') return [];
  const parts = splitName(securable ?? '');
  const entity = securable ?? target.class;
  return await myPermissions(environment, context, connection, effectiveFor(context, state), entity, target, {
    schema: parts.at(-2),
    name: parts.at(-1) ?? '',
  });
}

async function targetOf(
  environment: DclEnvironment,
  context: PrincipalContext,
  connection: AuthorizationConnection,
  state: SecurityState,
  securable: string | undefined,
  securableClass: string | undefined,
): Promise<Target | 'server' | undefined> {
  const parts = splitName(securable ?? '');
  const name = parts.at(-1) ?? '';
  switch ((securableClass ?? 'SERVER').toUpperCase()) {
    case 'SERVER':
      return securable === undefined ? 'server' : undefined;
    case 'DATABASE':
      return securable === undefined || folded(name) === folded(context.database)
        ? { class: 'database' }
        : undefined;
    case 'SCHEMA': {
      const schema = await environment.securables.schema(placeOf(context, connection), name);
      return schema === undefined ? undefined : { class: 'schema', schema: schema.name };
    }
    case 'USER':
    case 'ROLE': {
      const principal = state.named(name);
      return principal === undefined ? undefined : { class: 'principal', id: principal.id };
    }
    case 'OBJECT': {
      const object = await environment.securables.object(placeOf(context, connection), parts.at(-2), name);
      return object === undefined
        ? undefined
        : { class: 'object', schema: object.schema, objectId: object.objectId };
    }
    default:
      return undefined;
  }
}

/** Parts of a name in a string, which may be quoted: "[a]]b].[c.d]" or "dbo.user". */
function splitName(name: string): string[] {
  const parts = name.match(/\[(?:[^\]]|\]\])*\]|"(?:[^"]|"")*"|[^.]+/g) ?? [];
  return parts.map((part) => {
    if (part.startsWith('[')) return part.slice(1, -1).replaceAll(']]', ']');
    if (part.startsWith('"')) return part.slice(1, -1).replaceAll('""', '"');
    return part;
  });
}

async function hasAccess(
  environment: Environment,
  context: PrincipalContext,
  database: string,
): Promise<number> {
  if (folded(database) === folded(context.database)) return 1;
  try {
    const state = await environment.connect(database, readSecurityState);
    return Number(effectiveFor({ ...context, database }, state).has('CONNECT', { class: 'database' }));
  } catch (error) {
    // No such database, or no user in it.
    if (error instanceof SqlError) return 0;
    throw error;
  }
}
