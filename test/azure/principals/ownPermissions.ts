// What sys.fn_my_permissions lists.
import type { AuthorizationConnection } from '../engine/session.ts';
import { placeOf, type DclEnvironment } from './dcl.ts';
import type { EffectivePermissions, Target } from './effectivePermissions.ts';
import { applicablePermissions, permissionNames } from './permissionTable.ts';
import type { PrincipalContext } from './principalContext.ts';

/** Rows of fn_my_permissions: entity, column ('' for the whole), permission. */
export async function myPermissions(
  environment: DclEnvironment,
  context: PrincipalContext,
  connection: AuthorizationConnection,
  effective: EffectivePermissions,
  entity: string,
  target: Target,
  name: { schema: string | undefined; name: string },
): Promise<string[][]> {
  if (target.class !== 'object') {
    return permissionNames(target.class)
      .filter((permission) => effective.has(permission, target))
      .map((permission) => [entity, '', permission]);
  }
  const place = placeOf(context, connection);
  const object = await environment.securables.object(place, name.schema, name.name);
  const names = applicablePermissions(object?.type ?? '');
  const columns = (object?.columns ?? []).map((column) => column.name);
  return [
    ...names
      .filter((permission) => effective.has(permission, target))
      .map((permission) => [entity, '', permission]),
    ...names
      .filter((permission) => ['SELECT', 'UPDATE', 'REFERENCES'].includes(permission))
      .flatMap((permission) => {
        const denied = effective.deniedColumns(permission, target, columns);
        return columns
          .filter((column) => !denied.includes(column))
          .map((column) => [entity, column, permission]);
      }),
  ];
}
