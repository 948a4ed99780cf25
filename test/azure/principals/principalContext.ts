// Who a session is: the login (a token's identity or the SQL login), the user it maps to, and whom it impersonates.
import type { TokenClaims } from '../contract.ts';
import type { SecurityContext } from '../engine/session.ts';
import { EffectivePermissions } from './effectivePermissions.ts';
import { noAccess } from './permissionErrors.ts';
import type { SecurityState } from './securityState.ts';

/** How the session was opened. */
export type Identity =
  | { kind: 'sql'; user: string }
  | {
      kind: 'entra';
      claims: TokenClaims;
      /** A person; otherwise a service principal or managed identity. */
      person: boolean;
      /** SID of the user or application, upper-case hex. */
      sid: string;
      groupSids: string[];
    };

export interface PrincipalContext extends SecurityContext {
  readonly database: string;
  readonly identity: Identity;
  /** The server's Entra admin or the SQL login: dbo everywhere. */
  readonly isServerAdmin: boolean;
  /** EXECUTE AS USER: principal id. */
  readonly impersonated?: number;
  /** What REVERT returns to. */
  readonly previous?: PrincipalContext;
}

/**
 * A GUID as the 16 bytes of a SID: the first three fields are byte-reversed (facts/entra-and-drivers.md section 6).
 * @returns upper-case hex without 0x.
 */
export function sidOfGuid(guid: string): string {
  const hex = guid.replaceAll('-', '');
  const reversed = (part: string): string => (part.match(/../g) ?? []).reverse().join('');
  return (
    reversed(hex.slice(0, 8)) +
    reversed(hex.slice(8, 12)) +
    reversed(hex.slice(12, 16)) +
    hex.slice(16)
  ).toUpperCase();
}

/** An application's SID is made of its application (client) id, a person's and a group's of the object id. */
export function identityOf(claims: TokenClaims): Identity {
  const person = claims.idtyp === undefined ? claims.upn !== undefined : claims.idtyp === 'user';
  return {
    kind: 'entra',
    claims,
    person,
    sid: sidOfGuid(person ? claims.oid : (claims.appid ?? claims.oid)),
    groupSids: (claims.groups ?? []).map(sidOfGuid),
  };
}

/** SUSER_SNAME(): upn of a person, `<application id>@<tenant>` of an application. */
export function loginNameOf(identity: Identity): string {
  if (identity.kind === 'sql') return identity.user;
  const { appid, oid, tid, upn } = identity.claims;
  return identity.person ? (upn ?? oid) : `${appid ?? oid}@${tid}`;
}

/** The principals that the identity maps to: its own user first, then its groups'. */
export function principalsOf(identity: Identity, state: SecurityState): number[] {
  if (identity.kind === 'sql') return [];
  const all = [...state.principals.values()];
  const own = all.filter((principal) => principal.type === 'E' && sidMatches(principal.sid, identity.sid));
  const groups = all.filter(
    (principal) => principal.type === 'X' && identity.groupSids.some((sid) => sidMatches(principal.sid, sid)),
  );
  return [...own, ...groups].map((principal) => principal.id);
}

// A user made for a login carries two bytes more ("AADE"-style 18-byte SIDs): the GUID is what counts.
function sidMatches(stored: string | undefined, sid: string): boolean {
  return stored !== undefined && stored.slice(0, 32) === sid;
}

/**
 * What the caller may do by the tables as they are now: a user dropped meanwhile has nothing left.
 * @throws SqlError 916.
 */
export function effectiveFor(context: PrincipalContext, state: SecurityState): EffectivePermissions {
  if (context.impersonated !== undefined) {
    if (!state.principals.has(context.impersonated)) throw noAccess(context.userName, context.database);
    return new EffectivePermissions(state, [context.impersonated]);
  }
  if (context.isServerAdmin) return new EffectivePermissions(state, [1]);
  const ids = principalsOf(context.identity, state);
  if (ids.length === 0) throw noAccess(context.loginName, context.database);
  return new EffectivePermissions(state, ids);
}
