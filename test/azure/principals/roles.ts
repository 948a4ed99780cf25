// CREATE, ALTER and DROP ROLE and their members, and ALTER AUTHORIZATION.
import { randomBytes } from 'node:crypto';
import type { AlterAuthorization, AlterRole, CreateRole, DropPrincipal } from '../tsql/ast.ts';
import { maySpeakFor, placeOf, type DclCall } from './dcl.ts';
import {
  cannot,
  cannotEver,
  notPermitted,
  principalExists,
  securityError,
  specialPrincipal,
} from './permissionErrors.ts';
import { principalSchema } from './principalTables.ts';
import { folded, type Principal } from './securityState.ts';
import { nextPrincipalId, refuseIfOwner, remove } from './users.ts';

/** @throws SqlError 15247, 15023, 15151. */
export async function createRole(call: DclCall, statement: CreateRole): Promise<void> {
  const { state, effective, connection } = call;
  const name = statement.name.name;
  if (!effective.has('CREATE ROLE', { class: 'database' })) throw notPermitted();
  if (state.named(name) !== undefined) throw principalExists(name);
  let owner = effective.isDbo || call.context.userId === 0 ? 1 : call.context.userId;
  if (statement.owner !== undefined) {
    const found = state.named(statement.owner.name);
    if (found === undefined || found.id === 3 || found.id === 4 || !maySpeakFor(call, found))
      throw cannot('find the principal', statement.owner.name);
    owner = found.id;
  }
  await connection.query(
    `INSERT INTO ${principalSchema}.principal (principal_id, name, name_key, type, sid, owner, authentication)
     VALUES ($1, $2, $3, 'R', decode($5, 'hex'), $4, 0)`,
    [
      nextPrincipalId(call),
      name,
      folded(name),
      owner,
      `010500000000000904000000${randomBytes(16).toString('hex')}`,
    ],
  );
}

/** @throws SqlError 15151, 15150, 15081, 15144, 15138 … */
export async function dropRole(call: DclCall, statement: DropPrincipal): Promise<void> {
  const { state } = call;
  const name = statement.name.name;
  const role = roleNamed(call, name);
  if (role === undefined && statement.ifExists) return;
  if (role === undefined || !mayAlter(call, role)) throw cannot('drop the role', name);
  if (role.fixed || role.id === 0) throw cannotEver('drop the role', name);
  if (state.members.some((row) => row.role === role.id)) {
    throw securityError(15144, 'The role has members. It must be empty before it can be dropped.');
  }
  refuseIfOwner(call, role);
  await remove(call, role);
}

/** @throws SqlError 15151, 15150, 15081, 15405, 15413, 15023. */
export async function alterRole(call: DclCall, statement: AlterRole): Promise<void> {
  const { connection } = call;
  const name = statement.name.name;
  if (statement.server) throw cannot('alter the server role', name);
  const role = roleNamed(call, name);
  if (role === undefined || !mayAlter(call, role)) throw cannot('alter the role', name);
  const { action } = statement;
  if (action.kind === 'rename') {
    if (role.fixed || role.id === 0) throw cannotEver('alter the role', name);
    const taken = call.state.named(action.to.name);
    if (taken !== undefined && taken.id !== role.id) throw principalExists(action.to.name);
    await connection.query(
      `UPDATE ${principalSchema}.principal SET name = $2, name_key = $3, modified = now() AT TIME ZONE 'utc' WHERE principal_id = $1`,
      [role.id, action.to.name, folded(action.to.name)],
    );
    return;
  }
  const member = memberFor(call, role, action.member.name, action.kind === 'addMember' ? 'add' : 'drop');
  if (action.kind === 'addMember') {
    await connection.query(
      `INSERT INTO ${principalSchema}.role_member (role_id, member_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
      [role.id, member.id],
    );
  } else {
    await connection.query(
      `DELETE FROM ${principalSchema}.role_member WHERE role_id = $1 AND member_id = $2`,
      [role.id, member.id],
    );
  }
}

function memberFor(call: DclCall, role: Principal, name: string, verb: 'add' | 'drop'): Principal {
  if (role.id === 0) throw securityError(15081, 'Membership of the public role cannot be changed.');
  const member = call.state.named(name);
  if (member === undefined) throw cannot(`${verb} the principal`, name);
  if (member.id < 5 || member.fixed) throw specialPrincipal(name);
  // Membership in a circle would make each role its own member.
  if (verb === 'add' && call.state.withRoles([role.id]).has(member.id)) {
    throw securityError(15413, 'Cannot make a role a member of itself.');
  }
  return member;
}

function roleNamed(call: DclCall, name: string): Principal | undefined {
  const found = call.state.named(name);
  return found?.type === 'R' ? found : undefined;
}

/** Fixed roles are changed by members of db_owner alone, CONTROL is not enough; custom ones follow ALTER on the role (Learn, "ALTER ROLE"). */
function mayAlter(call: DclCall, role: Principal): boolean {
  if (role.fixed) return call.effective.isDbo || call.effective.isMember('db_owner');
  return call.effective.has('ALTER', { class: 'principal', id: role.id });
}

/** @throws SqlError 15151, 15150, 33181, 40517. */
export async function alterAuthorization(call: DclCall, statement: AlterAuthorization): Promise<void> {
  const { state, effective, connection, environment } = call;
  const to = statement.to === null ? undefined : state.named(statement.to.name);
  if (
    statement.to !== null &&
    (to === undefined || to.id === 3 || to.id === 4 || (to.type !== 'X' && !maySpeakFor(call, to)))
  ) {
    throw cannot('find the principal', statement.to.name);
  }
  if (to?.type === 'X') throw securityError(33181, 'The new owner cannot be Azure Active Directory group.');
  const name = statement.on.name.parts.at(-1)?.name ?? '';
  switch (statement.on.class ?? 'OBJECT') {
    case 'SCHEMA': {
      const schema = await environment.securables.schema(placeOf(call.context, connection), name);
      if (schema === undefined || !effective.has('TAKE OWNERSHIP', { class: 'schema', schema: schema.name }))
        throw cannot('find the schema', name);
      if (schema.id < 5) throw cannotEver('alter the schema', schema.name);
      await connection.query('UPDATE catalog.schema SET principal_id = $2 WHERE schema_id = $1', [
        schema.id,
        to?.id ?? 1,
      ]);
      // Permissions on it, and on what changes hands with it, are gone (Learn, "ALTER AUTHORIZATION").
      await connection.query(
        `DELETE FROM ${principalSchema}.permission WHERE class = 3 AND major_id = $1 OR class = 1 AND major_id IN (SELECT object_id FROM catalog.object
         WHERE schema_id = $1 AND object_id NOT IN (SELECT object_id FROM ${principalSchema}.object_owner))`,
        [schema.id],
      );
      // The engine's catalogs are kept until a change is announced here.
      await connection.query('INSERT INTO catalog.change VALUES ((random() * 9007199254740991)::bigint)');
      return;
    }
    case 'ROLE': {
      const role = roleNamed(call, name);
      if (
        role === undefined ||
        role.fixed ||
        !effective.has('TAKE OWNERSHIP', { class: 'principal', id: role.id })
      )
        throw cannot('find the role', name);
      await connection.query(`UPDATE ${principalSchema}.principal SET owner = $2 WHERE principal_id = $1`, [
        role.id,
        to?.id ?? 1,
      ]);
      await connection.query(`DELETE FROM ${principalSchema}.permission WHERE class = 4 AND major_id = $1`, [
        role.id,
      ]);
      return;
    }
    case 'OBJECT': {
      const schemaName = statement.on.name.parts.at(-2)?.name;
      const object = await environment.securables.object(placeOf(call.context, connection), schemaName, name);
      if (
        object === undefined ||
        !effective.has('TAKE OWNERSHIP', {
          class: 'object',
          schema: object.schema,
          objectId: object.objectId,
        })
      ) {
        throw cannot('find the object', name);
      }
      await connection.query(`DELETE FROM ${principalSchema}.permission WHERE class = 1 AND major_id = $1`, [
        object.objectId,
      ]);
      await connection.query(`DELETE FROM ${principalSchema}.object_owner WHERE object_id = $1`, [
        object.objectId,
      ]);
      if (to !== undefined) {
        await connection.query(`INSERT INTO ${principalSchema}.object_owner VALUES ($1, $2)`, [
          object.objectId,
          to.id,
        ]);
      }
      return;
    }
    default:
      throw securityError(
        40517,
        `Keyword or statement option '${statement.on.class}' is not supported in this version of SQL Server.`,
      );
  }
}
