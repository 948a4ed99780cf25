// One database's principals, memberships and permissions as read for one decision.
import type { AuthorizationConnection } from '../engine/session.ts';
import { principalSchema } from './principalTables.ts';

/** Names compare without case, as the database's collation does. */
export const folded = (name: string): string => name.normalize('NFC').replace(/ +$/u, '').toLowerCase();

/** 'S' SQL user, 'E' external user, 'X' external group, 'R' role. */
export type PrincipalType = 'S' | 'E' | 'X' | 'R';

export interface Principal {
  id: number;
  name: string;
  type: PrincipalType;
  /** Upper-case hex without 0x; undefined for roles. */
  sid: string | undefined;
  defaultSchema: string | undefined;
  /** Roles: who owns it. */
  owner: number | undefined;
  /** sys.database_principals.authentication_type: 0 none, 1 instance, 2 database, 4 external. */
  authentication: number;
  fixed: boolean;
}

export interface PermissionRow {
  class: number;
  major: number;
  minor: number;
  /** Schema permissions: the folded name of the schema. */
  schemaKey: string;
  /** Column permissions: the folded name that the column has now. */
  columnKey: string;
  grantee: number;
  grantor: number;
  permission: string;
  /** Grant, grant With grant option, Deny. */
  state: 'G' | 'W' | 'D';
}

export interface OwnerRow {
  class: number;
  major: number;
  schemaKey: string;
  principal: number;
}

/** A consistent picture of these tables and of the catalog's schema owners. */
export class SecurityState {
  readonly principals: ReadonlyMap<number, Principal>;
  /** role → members. */
  readonly members: readonly { role: number; member: number }[];
  readonly permissions: readonly PermissionRow[];
  readonly owners: readonly OwnerRow[];

  constructor(
    principals: readonly Principal[],
    members: readonly { role: number; member: number }[],
    permissions: readonly PermissionRow[],
    owners: readonly OwnerRow[],
  ) {
    this.principals = new Map(principals.map((principal) => [principal.id, principal]));
    this.members = members;
    this.permissions = permissions;
    this.owners = owners;
  }

  named(name: string): Principal | undefined {
    const key = folded(name);
    return [...this.principals.values()].find((principal) => folded(principal.name) === key);
  }

  /** The principal and every role it is in, directly or through roles, and public. */
  withRoles(ids: Iterable<number>): Set<number> {
    const all = new Set([...ids, 0]);
    for (let grown = true; grown;) {
      grown = false;
      for (const { role, member } of this.members) {
        if (!all.has(member) || all.has(role)) continue;
        all.add(role);
        grown = true;
      }
    }
    return all;
  }

  /** dbo for a schema that is not known. */
  schemaOwner(schema: string): number {
    const key = folded(schema);
    return this.owners.find((owner) => owner.class === 3 && owner.schemaKey === key)?.principal ?? 1;
  }

  /** Whose the name is, as IMPERSONATE or ALTER would be asked on it. */
  kindOf(id: number): 'user' | 'role' {
    return this.principals.get(id)?.type === 'R' ? 'role' : 'user';
  }

  /** An object without an owner of its own belongs to its schema's. */
  objectOwner(objectId: number, schema: string): number {
    const row = this.owners.find((owner) => owner.class === 1 && owner.major === objectId);
    return row?.principal ?? this.schemaOwner(schema);
  }
}

/** One query: the picture must not change between two of its parts. */
const readSql = `SELECT
  (SELECT json_agg(json_build_object('id', principal_id, 'name', name, 'type', type, 'sid', upper(encode(sid, 'hex')),
    'defaultSchema', default_schema, 'owner', owner, 'authentication', authentication, 'fixed', is_fixed) ORDER BY principal_id)
    FROM ${principalSchema}.principal)::text AS principals,
  (SELECT json_agg(json_build_object('role', role_id, 'member', member_id)) FROM ${principalSchema}.role_member)::text AS members,
  (SELECT json_agg(json_build_object('class', class, 'major', major_id, 'minor', minor_id, 'schemaKey', schema_key,
    'columnKey', coalesce(c.name_key, column_key), 'grantee', grantee, 'grantor', grantor, 'permission', permission, 'state', state))
    FROM ${principalSchema}.permission AS p LEFT JOIN catalog.column AS c ON p.class = 1 AND c.object_id = p.major_id AND c.column_id = p.minor_id)::text AS permissions,
  (SELECT json_agg(json_build_object('class', class, 'major', major_id, 'schemaKey', name, 'principal', principal_id)) FROM (
    SELECT 1 AS class, object_id AS major_id, '' AS name, principal_id FROM ${principalSchema}.object_owner
    UNION ALL SELECT 3, schema_id, name, principal_id FROM catalog.schema) AS o)::text AS owners`;

/** Reads the tables through the session's own connection: what its transaction changed counts. */
export async function readSecurityState(connection: AuthorizationConnection): Promise<SecurityState> {
  const { rows } = await connection.query(readSql);
  const row = rows[0] ?? {};
  const list = (name: string): unknown[] => {
    const text = row[name];
    return typeof text === 'string' ? (JSON.parse(text) as unknown[]) : [];
  };
  const principals = (list('principals') as Record<string, unknown>[]).map((principal) => ({
    ...principal,
    sid: principal['sid'] ?? undefined,
    defaultSchema: principal['defaultSchema'] ?? undefined,
    owner: principal['owner'] ?? undefined,
  })) as Principal[];
  return new SecurityState(
    principals,
    list('members') as { role: number; member: number }[],
    list('permissions') as PermissionRow[],
    (list('owners') as OwnerRow[]).map((owner) => ({ ...owner, schemaKey: folded(owner.schemaKey) })),
  );
}
