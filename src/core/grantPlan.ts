// What it takes to let an identity into a database with certain rights: the idempotent script, what a run added, and the script that takes only that away.
import { AppError } from './errors.ts';
import { quoteLiteral, quoteName, nameProblem } from './names.ts';
import { sidOfGuid } from './principal.ts';

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
  // A connection that names no database is in master.
  if (['', 'master'].includes(database.trim().toLowerCase())) {
    refuse(
      'An app gets its user in the database that it works with, not in master: a user in master lets it into no other database, and rights there concern the whole server.',
    );
  }
  for (const name of [request.principal, ...rolesOf(request)]) {
    const problem = nameProblem(name);
    if (problem !== undefined) refuse(problem);
  }
  if (rolesOf(request).some((role) => role.toLowerCase() === 'public')) {
    refuse('Everybody in the database is in the role public already.');
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

/** What it was granted or denied itself on the database; not what reaches it through a role. */
function executeRow(principal: string, state = ''): string {
  return `EXISTS (SELECT 1 FROM sys.database_permissions WHERE class = 0 AND permission_name = 'EXECUTE'${state} AND grantee_principal_id = DATABASE_PRINCIPAL_ID(${quoteLiteral(principal)}))`;
}

/** Names compare without case in Azure SQL's default collation. */
export function includesName(names: readonly string[] | undefined, name: string): boolean {
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
  if (request.rights.includes('execute')) {
    lines.push(
      '-- One that is denied stays denied: GRANT would lift the denial.',
      `IF NOT ${executeRow(request.principal)}`,
      `    GRANT EXECUTE TO ${name};`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** The comparison of a principal's SID as it was read back. */
function hasSid(sid: string | undefined): string {
  if (sid === undefined) return 'sid IS NULL';
  // It comes from the server and goes into a script: nothing but digits gets there.
  if (!/^0x([0-9a-f]{2})+$/i.test(sid))
    throw new AppError('sqlError', 'The server gave a SID that is none, so there is no script to undo this.');
  return `sid = ${sid}`;
}

/**
 * Takes back what a run added and nothing else. A user that was there before stays; one that has come to own something, or to other roles,
 * rights or denials meanwhile, stays too; and so does another principal that has the name by now.
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
  // REVOKE would lift a denial as well, and fails on what may be passed on.
  if (addition.execute)
    lines.push(`IF ${executeRow(request.principal, " AND state = 'G'")}`, `    REVOKE EXECUTE FROM ${name};`);
  if (addition.user) {
    lines.push(
      '-- Only if it owns nothing, has granted nothing and was given nothing else meanwhile; CONNECT comes with the user.',
      `IF NOT EXISTS (SELECT 1 FROM sys.schemas WHERE principal_id = ${id})`,
      `    AND NOT EXISTS (SELECT 1 FROM sys.objects WHERE principal_id = ${id})`,
      `    AND NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE owning_principal_id = ${id})`,
      `    AND NOT EXISTS (SELECT 1 FROM sys.database_role_members WHERE member_principal_id = ${id})`,
      `    AND NOT EXISTS (SELECT 1 FROM sys.database_permissions WHERE grantor_principal_id = ${id} OR grantee_principal_id = ${id} AND NOT (permission_name = 'CONNECT' AND state = 'G'))`,
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
