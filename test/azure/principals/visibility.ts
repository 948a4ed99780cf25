// What of the catalog a caller sees, handed to PostgreSQL as settings of the session.
// https://learn.microsoft.com/sql/relational-databases/security/metadata-visibility-configuration
import type { AuthorizationConnection } from '../engine/session.ts';
import type { EffectivePermissions } from './effectivePermissions.ts';
import type { SecurityState } from './securityState.ts';

/** Settings with ids, comma-separated; '*' or nothing is everything: only a caller who sees all is left without them. */
export const visiblePrincipalsSetting = 'azure_principals.visible';
/** Read by the engine's tsql.visible(object_id). */
export const visibleObjectsSetting = 'azure_principals.objects';
/** The ids in the caller's token: user, groups, roles. */
export const tokenSetting = 'azure_principals.token';

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

/** The objects on which, on whose schema, or on whose database the caller has any permission, with what hangs on them. */
async function visibleObjects(
  connection: AuthorizationConnection,
  effective: EffectivePermissions,
): Promise<string> {
  if (effective.has('VIEW DEFINITION', { class: 'database' })) return '*';
  const { rows } = await connection.query(
    `SELECT json_agg(json_build_object('id', o.object_id, 'parent', o.parent_id, 'schema', s.name))::text AS objects
     FROM catalog.object AS o JOIN catalog.schema AS s ON s.schema_id = o.schema_id WHERE o.session = 0`,
  );
  const text = rows[0]?.['objects'];
  const objects = (typeof text === 'string' ? JSON.parse(text) : []) as {
    id: number;
    parent: number;
    schema: string;
  }[];
  const visible = objects.filter(({ id, parent, schema }) =>
    effective.sees({ class: 'object', schema, objectId: parent === 0 ? id : parent }),
  );
  // An empty setting would say "everything".
  return visible.length === 0 ? '0' : visible.map(({ id }) => id).join(',');
}

/** Before a statement reads catalog views. */
export async function publishVisibility(
  connection: AuthorizationConnection,
  state: SecurityState,
  effective: EffectivePermissions,
): Promise<void> {
  await connection.query(
    `SELECT set_config('${visiblePrincipalsSetting}', $1, false), set_config('${visibleObjectsSetting}', $2, false),
       set_config('${tokenSetting}', $3, false)`,
    [
      visiblePrincipals(state, effective),
      await visibleObjects(connection, effective),
      [...effective.principals].join(','),
    ],
  );
}
