// What every security statement works with: the caller, its rights, and the database's principals on the session's own connection.
import type { Directory } from '../entra/directory.ts';
import type { AuthorizationConnection } from '../engine/session.ts';
import type { EffectivePermissions } from './effectivePermissions.ts';
import type { PrincipalContext } from './principalContext.ts';
import type { SecurityState } from './securityState.ts';

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

export interface DclEnvironment {
  directory: Directory;
  /** The server's tenant. */
  tenant: string;
  /** The server's own identity and its right to read the directory. */
  server: { directoryReaders: boolean };
  securables: SecurableCatalog;
}

export interface DclCall {
  environment: DclEnvironment;
  context: PrincipalContext;
  connection: AuthorizationConnection;
  state: SecurityState;
  effective: EffectivePermissions;
}

/** Where the caller's names are looked up. */
export function placeOf(context: PrincipalContext, connection: AuthorizationConnection): LookupPlace {
  return { connection, database: context.database, defaultSchema: context.defaultSchema };
}
