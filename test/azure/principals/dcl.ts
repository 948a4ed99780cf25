// What every security statement works with: the caller, its rights, and the database's principals on the session's own connection.
import type { Directory } from '../entra/directory.ts';
import type { ResponseWriter } from '../contract.ts';
import type { AuthorizationConnection } from '../engine/session.ts';
import type { EffectivePermissions } from './effectivePermissions.ts';
import type { PrincipalContext } from './principalContext.ts';
import type { Principal, SecurityState } from './securityState.ts';

/** A securable that a statement names, in the catalog's spelling. */
export interface FoundObject {
  schema: string;
  name: string;
  objectId: number;
  /** sys.objects.type, trimmed. */
  type: string;
  columns: { name: string; id: number }[];
}

/** Where a name is looked up. */
export interface LookupPlace {
  connection: AuthorizationConnection;
  database: string;
  defaultSchema: string;
}

/** The catalog as far as GRANT needs it. Implemented over the engine's. */
export interface SecurableCatalog {
  /** `schema` undefined: the default schema, then dbo. */
  object(place: LookupPlace, schema: string | undefined, name: string): Promise<FoundObject | undefined>;
  schema(place: LookupPlace, name: string): Promise<{ name: string; id: number } | undefined>;
}

/** What Azure's management side keeps of a server; changed while it runs. */
export interface LogicalServer {
  /** Whether its own identity may read the directory. */
  directoryReaders: boolean;
  /** Object id of its Entra admin: a user, a group or an application. Without one it takes no token at all. */
  admin: string | undefined;
}

export interface DclEnvironment {
  directory: Directory;
  /** The server's tenant. */
  tenant: string;
  server: LogicalServer;
  securables: SecurableCatalog;
}

export interface DclCall {
  environment: DclEnvironment;
  context: PrincipalContext;
  connection: AuthorizationConnection;
  state: SecurityState;
  effective: EffectivePermissions;
  /** For what is told and is no error. */
  out: Pick<ResponseWriter, 'message'>;
}

/** Where the caller's names are looked up. */
export function placeOf(context: PrincipalContext, connection: AuthorizationConnection): LookupPlace {
  return { connection, database: context.database, defaultSchema: context.defaultSchema };
}

/**
 * Whether the caller may act for the principal: name it after AS or make it an owner. IMPERSONATE on a user, ALTER on a role or membership
 * of it; db_securityadmin and whoever controls the database may for everybody.
 * https://learn.microsoft.com/sql/t-sql/statements/grant-database-permissions-transact-sql
 */
export function maySpeakFor({ context, effective, state }: DclCall, principal: Principal): boolean {
  if (principal.id === context.userId || effective.controls({ class: 'database' })) return true;
  const target = { class: 'principal', id: principal.id } as const;
  if (state.kindOf(principal.id) === 'user' && effective.has('IMPERSONATE', target)) return true;
  if (principal.type === 'R' && effective.has('ALTER', target)) return true;
  return principal.type !== 'E' && principal.type !== 'S' && effective.principals.has(principal.id);
}
