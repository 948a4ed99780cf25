// What a database knows of a principal before and after a grant: read in one statement, and compared with what was asked for.
import {
  includesName,
  rolesOf,
  type GrantAddition,
  type GrantRequest,
  type GrantRight,
} from './grantPlan.ts';
import type { Cell, SqlStatement } from './ports.ts';
import { guidOfSid } from './principal.ts';

/** What the database knows of a principal: the rows of {@link principalStatement}. */
export interface PrincipalState {
  name: string;
  /** sys.database_principals.type: E, X, S, R … */
  type: string;
  typeDescription: string;
  sid: string | undefined;
  roles: readonly string[];
  /** GRANT EXECUTE on the database, directly. */
  execute: boolean;
  /** What it is denied itself on the database: 'EXECUTE', 'SELECT' … */
  denied: readonly string[];
  /** Schemas, objects and roles that it owns. */
  owns: readonly string[];
}

/** Reads a principal with its direct roles, its EXECUTE, what it is denied on the database and what it owns: one row each, the principal's own first. */
export function principalStatement(name: string): SqlStatement {
  return {
    text: `SELECT 'principal' AS fact, p.name, p.type, p.type_desc, CONVERT(varchar(200), p.sid, 1) AS sid
FROM sys.database_principals AS p WHERE p.name = @name
UNION ALL
SELECT 'role', r.name, NULL, NULL, NULL
FROM sys.database_role_members AS m
JOIN sys.database_principals AS p ON p.principal_id = m.member_principal_id
JOIN sys.database_principals AS r ON r.principal_id = m.role_principal_id
WHERE p.name = @name
UNION ALL
SELECT 'execute', d.permission_name, NULL, NULL, NULL
FROM sys.database_permissions AS d
JOIN sys.database_principals AS p ON p.principal_id = d.grantee_principal_id
WHERE p.name = @name AND d.class = 0 AND d.permission_name = 'EXECUTE' AND d.state IN ('G', 'W')
UNION ALL
SELECT 'denied', d.permission_name, NULL, NULL, NULL
FROM sys.database_permissions AS d
JOIN sys.database_principals AS p ON p.principal_id = d.grantee_principal_id
WHERE p.name = @name AND d.class = 0 AND d.state = 'D'
UNION ALL
SELECT 'owns', s.name, NULL, NULL, NULL
FROM sys.schemas AS s JOIN sys.database_principals AS p ON p.principal_id = s.principal_id
WHERE p.name = @name
UNION ALL
SELECT 'owns', o.name, NULL, NULL, NULL
FROM sys.objects AS o JOIN sys.database_principals AS p ON p.principal_id = o.principal_id
WHERE p.name = @name
UNION ALL
SELECT 'owns', o.name, NULL, NULL, NULL
FROM sys.database_principals AS o JOIN sys.database_principals AS p ON p.principal_id = o.owning_principal_id
WHERE p.name = @name`,
    parameters: [{ name: 'name', value: name, sqlType: 'nvarchar(128)' }],
  };
}

/** Reads the rows of {@link principalStatement}; undefined when there is no such principal. */
export function readPrincipal(rows: readonly (readonly Cell[])[]): PrincipalState | undefined {
  const of = (fact: string): string[] =>
    rows.filter(([kind]) => kind === fact).map(([, name]) => String(name));
  const own = rows.find(([kind]) => kind === 'principal');
  if (!own) return undefined;
  const [, name, type, description, sid] = own;
  return {
    name: String(name),
    type: String(type).trim(),
    typeDescription: String(description),
    sid: typeof sid === 'string' ? sid : undefined,
    roles: of('role'),
    execute: of('execute').length > 0,
    denied: of('denied'),
    owns: of('owns'),
  };
}

/** Which of `names` are roles of the database; parameterised one by one. */
export function rolesStatement(names: readonly string[]): SqlStatement {
  return {
    text: `SELECT name FROM sys.database_principals WHERE type = 'R' AND name IN (${names.map((_, index) => `@role${index}`).join(', ')})`,
    parameters: names.map((value, index) => ({ name: `role${index}`, value, sqlType: 'nvarchar(128)' })),
  };
}

/** Roles and database permissions that stand against a right; a denial wins over every grant (Learn, "DENY"). */
const opposing: Record<GrantRight, { role?: string; permissions: readonly string[] }> = {
  read: { role: 'db_denydatareader', permissions: ['SELECT'] },
  write: { role: 'db_denydatawriter', permissions: ['INSERT', 'UPDATE', 'DELETE'] },
  execute: { permissions: ['EXECUTE'] },
  custom: { permissions: [] },
};

/** What keeps the rights from working although they are granted: "denied EXECUTE on the database", "in db_denydatareader". */
function denials(request: GrantRequest, state: PrincipalState): string[] {
  const against = request.rights.map((right) => opposing[right]);
  const permissions = [...against.flatMap((one) => one.permissions), 'CONNECT', 'CONTROL'];
  const roles = against.flatMap(({ role }) => (role === undefined ? [] : [role]));
  return [
    ...state.denied
      .filter((permission) => permissions.includes(permission))
      .map((permission) => `denied ${permission} on the database`),
    ...roles.filter((role) => includesName(state.roles, role)).map((role) => `in ${role}`),
  ];
}

/** What the type and the SID say against the identity that was asked for. By its name alone only the directory could tell. */
function mistakenIdentity({ identity }: GrantRequest, state: PrincipalState): string | undefined {
  if (identity.kind === 'name') return undefined;
  if (identity.kind === 'sid') {
    const isGroup = identity.of === 'group';
    if (isGroup !== (state.type === 'X')) return isGroup ? 'an app or a person' : 'a group';
  } else if (state.type !== 'X') {
    // An app's SID holds its client id, which nobody here knows from its object id.
    return undefined;
  }
  const stands = guidOfSid(state.sid);
  return stands === identity.id.toLowerCase() ? undefined : (stands ?? 'an unknown id');
}

/** Why an existing principal is not the one that was meant, or could not use what it is to get; undefined when it may be. */
export function conflictWith(request: GrantRequest, state: PrincipalState | undefined): string | undefined {
  if (!state) return undefined;
  const { principal } = request;
  if (state.type !== 'E' && state.type !== 'X') {
    return `There is a principal called "${principal}" already, and it is no Entra user (${state.typeDescription}).`;
  }
  const mistaken = mistakenIdentity(request, state);
  if (mistaken !== undefined)
    return `There is a user called "${principal}" already, for another identity (${mistaken}). Give this one another name.`;
  const denied = denials(request, state);
  if (denied.length === 0) return undefined;
  return `A denial wins over every grant, and "${principal}" is ${denied.join(' and ')}. Take that back first.`;
}

/** What is there now that was not there before, of what the request asked for. */
export function additionOf(
  request: GrantRequest,
  before: PrincipalState | undefined,
  after: PrincipalState,
): GrantAddition {
  return {
    sid: after.sid,
    user: before === undefined,
    roles: rolesOf(request).filter(
      (role) => includesName(after.roles, role) && !includesName(before?.roles, role),
    ),
    execute: request.rights.includes('execute') && after.execute && !before?.execute,
  };
}

/** What was asked for and is not there, is there for another identity, or is there and denied: a grant that looked like a success. */
export function shortcomings(request: GrantRequest, after: PrincipalState | undefined): string[] {
  if (!after) return [`There is no user "${request.principal}".`];
  const list: string[] = [];
  const { identity } = request;
  const mistaken = mistakenIdentity(request, after);
  if (mistaken !== undefined && identity.kind !== 'name')
    list.push(`The user stands for ${mistaken}, not for ${identity.id}.`);
  for (const role of rolesOf(request)) {
    if (!includesName(after.roles, role)) list.push(`It is no direct member of ${role}.`);
  }
  if (request.rights.includes('execute') && !after.execute) list.push('It has no EXECUTE on the database.');
  list.push(...denials(request, after).map((denial) => `It is ${denial}.`));
  return list;
}
