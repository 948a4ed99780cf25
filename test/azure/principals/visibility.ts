// What of the catalog a caller sees, handed to PostgreSQL as settings of the session.
// https://learn.microsoft.com/sql/relational-databases/security/metadata-visibility-configuration
import type { AuthorizationConnection } from '../engine/session.ts';
import type { EffectivePermissions } from './effectivePermissions.ts';
import type { SecurityState } from './securityState.ts';

/** Settings with ids, comma-separated; '*' or nothing is everything: only a caller who sees all is left without them. */
export const visiblePrincipalsSetting = 'azure_principals.visible';
/** Read by the engine's tsql.visible(object_id). */
export const visibleObjectsSetting = 'azure_principals.objects';
/** Objects whose definition the caller may read; read by the engine's tsql.definable(object_id). */
export const definitionsSetting = 'azure_principals.definitions';
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

/** Ids of objects for two settings; what hangs on an object (constraints, triggers) goes with it. */
async function visibleObjects(
  connection: AuthorizationConnection,
  effective: EffectivePermissions,
): Promise<{ seen: string; definitions: string }> {
  if (effective.isDbo) return { seen: '*', definitions: '*' };
  const { rows } = await connection.query(
    `SELECT json_agg(json_build_object('id', o.object_id, 'schema', s.name, 'of', coalesce(p.object_id, o.object_id), 'type', coalesce(p.type, o.type)))::text AS objects
     FROM catalog.object AS o JOIN catalog.schema AS s ON s.schema_id = o.schema_id
     LEFT JOIN catalog.object AS p ON p.object_id = o.parent_id WHERE o.session = 0`,
  );
  const text = rows[0]?.['objects'];
  const objects = (typeof text === 'string' ? JSON.parse(text) : []) as {
    id: number;
    schema: string;
    of: number;
    type: string;
  }[];
  // An empty setting would say "everything".
  const ids = (
    of: (target: { class: 'object'; schema: string; objectId: number }, type: string) => boolean,
  ) =>
    objects
      .filter((object) => of({ class: 'object', schema: object.schema, objectId: object.of }, object.type))
      .map(({ id }) => id)
      .join(',') || '0';
  return {
    seen: ids((target, type) => effective.sees(target, type)),
    definitions: ids((target) => effective.readsDefinition(target)),
  };
}

/** Before a statement reads catalog views. */
export async function publishVisibility(
  connection: AuthorizationConnection,
  state: SecurityState,
  effective: EffectivePermissions,
): Promise<void> {
  const { seen, definitions } = await visibleObjects(connection, effective);
  await connection.query(
    `SELECT set_config('${visiblePrincipalsSetting}', $1, false), set_config('${visibleObjectsSetting}', $2, false),
       set_config('${tokenSetting}', $3, false), set_config('${definitionsSetting}', $4, false)`,
    [visiblePrincipals(state, effective), seen, [...effective.principals].join(','), definitions],
  );
}
