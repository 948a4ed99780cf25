// What it takes to let an identity into a database with certain rights: the idempotent script, what a run added, and the script that takes only that away.
import { AppError } from './errors.ts';
import { quoteLiteral, quoteName, nameProblem } from './names.ts';
import type { Cell, SqlStatement } from './ports.ts';
import { guidOfSid, sidOfGuid } from './principal.ts';

/** How the server learns who the principal is. */
export type GrantIdentity =
  /** CREATE USER … FROM EXTERNAL PROVIDER: the directory knows the name. */
  | { kind: 'name' }
  /** WITH OBJECT_ID: the directory knows several of that name. */
  | { kind: 'objectId'; id: string }
  /** SID and TYPE: nobody is asked. Application (client) id for apps, object id for users and groups. */
  | { kind: 'sid'; of: 'app' | 'user' | 'group'; id: string };

export type GrantRight = 'read' | 'write' | 'execute' | 'custom';

export interface GrantRequest {
  principal: string;
  identity: GrantIdentity;
  rights: readonly GrantRight[];
  customRoles: readonly string[];
}

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
  /** Schemas and roles that it owns. */
  owns: readonly string[];
}

/** What a run added, and so what its undo may take away. */
export interface GrantAddition {
  /** Whom it was added to; by the time of the undo the name may be somebody else's. */
  sid: string | undefined;
  user: boolean;
  roles: readonly string[];
  execute: boolean;
}

const guidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Roles that the rights stand for, in the order they are granted. */
export function rolesOf(request: GrantRequest): string[] {
  const roles: string[] = [];
  if (request.rights.includes('read')) roles.push('db_datareader');
  if (request.rights.includes('write')) roles.push('db_datawriter');
  if (request.rights.includes('custom')) roles.push(...request.customRoles);
  return [...new Set(roles)];
}

/**
 * Refuses what cannot or must not be granted, before anything is sent.
 * @throws AppError invalidInput with the reason
 */
export function checkGrant(request: GrantRequest, database: string): void {
  const refuse = (message: string): never => {
    throw new AppError('invalidInput', message);
  };
  if (database.toLowerCase() === 'master') {
    refuse(
      'An app gets its user in the database that it works with, not in master: a user in master lets it into no other database, and rights there concern the whole server.',
    );
  }
  for (const name of [request.principal, ...rolesOf(request)]) {
    const problem = nameProblem(name);
    if (problem !== undefined) refuse(problem);
  }
  const { identity } = request;
  if (identity.kind !== 'name' && !guidPattern.test(identity.id)) refuse('The id is no GUID.');
  // Learn, error 33169: the name of a principal made WITH TYPE may not contain a backslash.
  if (identity.kind === 'sid' && request.principal.includes('\\')) {
    refuse(
      'A user that is created by its id may not have a backslash in its name. Choose another name for it.',
    );
  }
  if (rolesOf(request).length === 0 && !request.rights.includes('execute')) {
    refuse('Nothing was chosen, so there is nothing to grant.');
  }
}

/** `[name]` as it stands after CREATE USER. */
function createUser({ principal, identity }: GrantRequest): string {
  const name = quoteName(principal);
  switch (identity.kind) {
    case 'name':
      return `CREATE USER ${name} FROM EXTERNAL PROVIDER;`;
    case 'objectId':
      return `CREATE USER ${name} FROM EXTERNAL PROVIDER WITH OBJECT_ID = '${identity.id.toLowerCase()}';`;
    case 'sid':
      return `CREATE USER ${name} WITH SID = ${sidOfGuid(identity.id)}, TYPE = ${identity.of === 'group' ? 'X' : 'E'};`;
  }
}

/** IS_ROLEMEMBER would also count membership through another role, which is neither what is granted nor what may be taken back. */
function directMember(role: string, principal: string): string {
  return `EXISTS (SELECT 1 FROM sys.database_role_members WHERE role_principal_id = DATABASE_PRINCIPAL_ID(${quoteLiteral(role)}) AND member_principal_id = DATABASE_PRINCIPAL_ID(${quoteLiteral(principal)}))`;
}

/** Names compare without case in Azure SQL's default collation. */
function includesName(names: readonly string[] | undefined, name: string): boolean {
  return names?.some((other) => other.toLowerCase() === name.toLowerCase()) ?? false;
}

/** Text inside a line comment: a newline would end the comment and begin a statement. */
export function commentText(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ');
}

/**
 * The script that grants: running it twice changes nothing the second time.
 * @throws AppError invalidInput as {@link checkGrant}
 */
export function grantScript(request: GrantRequest, database: string): string {
  checkGrant(request, database);
  const name = quoteName(request.principal);
  const literal = quoteLiteral(request.principal);
  const lines = [
    `-- Lets ${commentText(request.principal)} into database ${commentText(database)}. Running it again changes nothing.`,
    `IF DATABASE_PRINCIPAL_ID(${literal}) IS NULL`,
    `    ${createUser(request)}`,
  ];
  for (const role of rolesOf(request)) {
    lines.push(
      `IF NOT ${directMember(role, request.principal)}`,
      `    ALTER ROLE ${quoteName(role)} ADD MEMBER ${name};`,
    );
  }
  if (request.rights.includes('execute')) lines.push(`GRANT EXECUTE TO ${name};`);
  return `${lines.join('\n')}\n`;
}

/** The comparison of a principal's SID as {@link principalStatement} reads it. */
function hasSid(sid: string | undefined): string {
  if (sid === undefined) return 'sid IS NULL';
  // It comes from the server and goes into a script: nothing but digits gets there.
  if (!/^0x([0-9a-f]{2})+$/i.test(sid))
    throw new AppError('sqlError', 'The server gave a SID that is none, so there is no script to undo this.');
  return `sid = ${sid}`;
}

/**
 * Takes back what a run added and nothing else. A user that was there before stays; one that has come to own something, or to other roles
 * or rights meanwhile, stays too; and so does another principal that has the name by now.
 */
export function undoScript(request: GrantRequest, addition: GrantAddition, database: string): string {
  const name = quoteName(request.principal);
  const literal = quoteLiteral(request.principal);
  const id = `DATABASE_PRINCIPAL_ID(${literal})`;
  const lines: string[] = [];
  for (const role of addition.roles) {
    lines.push(
      `IF ${directMember(role, request.principal)}`,
      `    ALTER ROLE ${quoteName(role)} DROP MEMBER ${name};`,
    );
  }
  if (addition.execute) lines.push(`REVOKE EXECUTE FROM ${name};`);
  if (addition.user) {
    lines.push(
      '-- Only if it owns nothing and nobody has given it anything else meanwhile; CONNECT comes with the user.',
      `IF NOT EXISTS (SELECT 1 FROM sys.schemas WHERE principal_id = ${id})`,
      `    AND NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE owning_principal_id = ${id})`,
      `    AND NOT EXISTS (SELECT 1 FROM sys.database_role_members WHERE member_principal_id = ${id})`,
      `    AND NOT EXISTS (SELECT 1 FROM sys.database_permissions WHERE grantee_principal_id = ${id} AND permission_name <> 'CONNECT')`,
      `    DROP USER ${name};`,
    );
  }
  const comment = `-- Takes back what this grant added to database ${commentText(database)}, and nothing else.`;
  // A block without a statement is a syntax error.
  if (lines.length === 0) return `${comment}\n`;
  return [
    comment,
    '-- Only while the name stands for whom it was given to: another principal of that name has another SID.',
    `IF EXISTS (SELECT 1 FROM sys.database_principals WHERE principal_id = ${id} AND ${hasSid(addition.sid)})`,
    'BEGIN',
    ...lines.map((line) => `    ${line}`),
    'END',
    '',
  ].join('\n');
}

/** Reads a principal with its direct roles, its EXECUTE and what it owns: one row each, the principal's own first. */
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
SELECT 'owns', s.name, NULL, NULL, NULL
FROM sys.schemas AS s JOIN sys.database_principals AS p ON p.principal_id = s.principal_id
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

/** Why an existing principal is not the one that was meant; undefined when it may be. */
export function conflictWith(request: GrantRequest, state: PrincipalState | undefined): string | undefined {
  if (!state) return undefined;
  const { principal, identity } = request;
  if (state.type !== 'E' && state.type !== 'X') {
    return `There is a principal called "${principal}" already, and it is no Entra user (${state.typeDescription}).`;
  }
  if (identity.kind !== 'sid') return undefined;
  if (guidOfSid(state.sid) === identity.id.toLowerCase()) return undefined;
  return `There is a user called "${principal}" already, for another identity (${guidOfSid(state.sid) ?? 'unknown id'}). Give this one another name.`;
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

/** What was asked for and is not there, or is there with another SID: a grant that looked like a success. */
export function shortcomings(request: GrantRequest, after: PrincipalState | undefined): string[] {
  if (!after) return [`There is no user "${request.principal}".`];
  const list: string[] = [];
  const { identity } = request;
  if (identity.kind === 'sid' && guidOfSid(after.sid) !== identity.id.toLowerCase()) {
    list.push(`The user stands for ${guidOfSid(after.sid) ?? 'another identity'}, not for ${identity.id}.`);
  }
  for (const role of rolesOf(request)) {
    if (!includesName(after.roles, role)) list.push(`It is no direct member of ${role}.`);
  }
  if (request.rights.includes('execute') && !after.execute) list.push('It has no EXECUTE on the database.');
  return list;
}
