// What of the principals a caller sees in the catalog views, handed to PostgreSQL as a setting of the session.
// https://learn.microsoft.com/sql/relational-databases/system-catalog-views/sys-database-principals-transact-sql ("Permissions")
import type { AuthorizationConnection } from '../engine/session.ts';
import type { EffectivePermissions } from './effectivePermissions.ts';
import type { SecurityState } from './securityState.ts';

/** Setting with the ids that may be seen, comma-separated, or '*'. */
export const visibleSetting = 'azure_principals.visible';
/** Setting with the ids in the caller's token: user, groups, roles. */
export const tokenSetting = 'azure_principals.token';

/** The views of sys whose rows depend on the caller, folded. */
export const principalViews: ReadonlySet<string> = new Set([
  'database_principals',
  'database_role_members',
  'database_permissions',
  'sysusers',
  'sysmembers',
  'user_token',
  'login_token',
  'server_principals',
]);

/** '*' for whoever may see all; else oneself, the system's principals, and the roles and groups one is in. */
function visiblePrincipals(state: SecurityState, effective: EffectivePermissions): string {
  const database = { class: 'database' } as const;
  if (effective.has('VIEW DEFINITION', database)) return '*';
  const users = effective.has('ALTER ANY USER', database);
  const roles = effective.has('ALTER ANY ROLE', database);
  const visible = [...state.principals.values()].filter(
    (principal) =>
      principal.id < 5 ||
      principal.fixed ||
      effective.principals.has(principal.id) ||
      (principal.type === 'R' ? roles : users) ||
      effective.has('VIEW DEFINITION', { class: 'principal', id: principal.id }),
  );
  return visible.map(({ id }) => id).join(',');
}

/** Before a statement reads the views below. Without it they show what everybody sees. */
export async function publishVisibility(
  connection: AuthorizationConnection,
  state: SecurityState,
  effective: EffectivePermissions,
): Promise<void> {
  await connection.query(
    `SELECT set_config('${visibleSetting}', $1, false), set_config('${tokenSetting}', $2, false)`,
    [visiblePrincipals(state, effective), [...effective.principals].join(',')],
  );
}
