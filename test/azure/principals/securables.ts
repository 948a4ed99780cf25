// What a GRANT, DENY or REVOKE names after ON: the database, a schema, an object or a principal.
import type { Securable } from '../tsql/ast.ts';
import { placeOf, type DclCall, type FoundObject } from './dcl.ts';
import type { Target } from './effectivePermissions.ts';
import { cannot, securityError } from './permissionErrors.ts';
import { classNumber, type SecurableClass } from './permissionTable.ts';
import { folded } from './securityState.ts';

/** A securable as it stands in the permission table. */
export interface Found {
  class: SecurableClass;
  /** sys.database_permissions.class. */
  number: number;
  target: Target;
  major: number;
  schemaKey: string;
  /** Principal id; dbo for the database and for users. */
  owner: number;
  /** "find the object 'user'": what a caller without authority is told. */
  hidden: () => Error;
  object?: FoundObject;
}

/** @throws SqlError 15151, 4610, 40517. */
export async function findSecurable(call: DclCall, on: Securable | undefined): Promise<Found> {
  const { state, connection, context, environment } = call;
  const found = (
    target: Target,
    major: number,
    owner: number,
    hidden: () => Error,
    more: { schemaKey?: string; object?: FoundObject } = {},
  ): Found => ({
    class: target.class,
    number: classNumber[target.class],
    target,
    major,
    schemaKey: '',
    owner,
    hidden,
    ...more,
  });
  const database = (): Found =>
    found({ class: 'database' }, 0, 1, () => securityError(4613, 'Grantor does not have GRANT permission.'));
  if (on === undefined) return database();
  const name = on.name.parts.at(-1)?.name ?? '';
  switch (on.class ?? 'OBJECT') {
    case 'DATABASE':
      if (folded(name) !== folded(context.database)) {
        throw securityError(
          4610,
          'You can only grant or revoke permissions on objects in the current database.',
        );
      }
      return database();
    case 'SCHEMA': {
      const schema = await environment.securables.schema(placeOf(context, connection), name);
      const hidden = (): Error => cannot('find the schema', name);
      if (schema === undefined) throw hidden();
      const target: Target = { class: 'schema', schema: schema.name };
      return found(target, schema.id, state.schemaOwner(schema.name), hidden, {
        schemaKey: folded(schema.name),
      });
    }
    case 'USER':
    case 'ROLE': {
      const kind = on.class === 'ROLE' ? 'role' : 'user';
      const principal = state.named(name);
      const hidden = (): Error => cannot(`find the ${kind}`, name);
      if (principal === undefined || state.kindOf(principal.id) !== kind) throw hidden();
      const target: Target = { class: 'principal', id: principal.id };
      return found(target, principal.id, principal.owner ?? 1, hidden);
    }
    case 'OBJECT': {
      const schemaName = on.name.parts.at(-2)?.name;
      const object = await environment.securables.object(placeOf(context, connection), schemaName, name);
      const hidden = (): Error => cannot('find the object', name);
      if (object === undefined) throw hidden();
      const target: Target = { class: 'object', schema: object.schema, objectId: object.objectId };
      const owner = state.objectOwner(object.objectId, object.schema);
      return found(target, object.objectId, owner, hidden, { object });
    }
    default:
      throw securityError(
        40517,
        `Keyword or statement option '${on.class}' is not supported in this version of SQL Server.`,
      );
  }
}
