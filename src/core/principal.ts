// Who may enter a database: principals with their kind and roles, as read from sys.database_principals, and the GUIDs inside their SIDs.
import type { Cell, SqlStatement } from './ports.ts';

/**
 * person and application are both type E; only a user principal name holds an '@' (Learn, "CREATE USER": names of Entra principals).
 * group is type X.
 */
export type PrincipalKind = 'person' | 'group' | 'application' | 'sqlUser' | 'role';

export interface Principal {
  name: string;
  kind: PrincipalKind;
  /** sys.database_principals.type_desc: "EXTERNAL_USER", "EXTERNAL_GROUP", "SQL_USER", "DATABASE_ROLE". */
  typeDescription: string;
  /** "0x…", undefined for roles. */
  sid: string | undefined;
  /** Object id of a person or group, application (client) id of an app; undefined when the SID is none of Entra. */
  id: string | undefined;
  /** Names of the roles it is a direct member of. */
  roles: readonly string[];
  /** Roles only: names of direct members. */
  members: readonly string[];
  /** Fixed roles and the principals that every database has. */
  builtIn: boolean;
}

/** Everybody in a database: one row a principal and role it is a member of, without the four that every database has. */
export const principalsStatement: SqlStatement = {
  text: `SELECT p.name, p.type, p.type_desc, CONVERT(varchar(200), p.sid, 1) AS sid, p.is_fixed_role, r.name AS role_name
FROM sys.database_principals AS p
LEFT JOIN sys.database_role_members AS m ON m.member_principal_id = p.principal_id
LEFT JOIN sys.database_principals AS r ON r.principal_id = m.role_principal_id
WHERE p.type IN ('E', 'X', 'S', 'R') AND p.name NOT IN (N'guest', N'INFORMATION_SCHEMA', N'sys', N'public')
ORDER BY p.name, r.name`,
};

const text = (cell: Cell | undefined): string => (typeof cell === 'string' ? cell : '');

/** Reads the rows of {@link principalsStatement}. */
export function readPrincipals(rows: readonly (readonly Cell[])[]): Principal[] {
  const found = new Map<string, { principal: Omit<Principal, 'roles' | 'members'>; roles: string[] }>();
  const members = new Map<string, string[]>();
  for (const [nameCell, typeCell, description, sidCell, fixed, roleCell] of rows) {
    const name = text(nameCell);
    const type = text(typeCell).trim();
    const sid = typeof sidCell === 'string' ? sidCell : undefined;
    const entry = found.get(name) ?? {
      principal: {
        name,
        kind: kindOf(type, name),
        typeDescription: text(description),
        sid: type === 'R' ? undefined : sid,
        id: type === 'E' || type === 'X' ? guidOfSid(sid) : undefined,
        builtIn: fixed === true || fixed === 1 || name === 'dbo',
      },
      roles: [],
    };
    found.set(name, entry);
    const role = text(roleCell);
    if (role === '') continue;
    entry.roles.push(role);
    members.set(role, [...(members.get(role) ?? []), name]);
  }
  return [...found.values()].map(({ principal, roles }) => ({
    ...principal,
    roles,
    members: members.get(principal.name) ?? [],
  }));
}

function kindOf(type: string, name: string): PrincipalKind {
  switch (type) {
    case 'R':
      return 'role';
    case 'X':
      return 'group';
    case 'E':
      return name.includes('@') ? 'person' : 'application';
    default:
      return 'sqlUser';
  }
}

/** The first three fields of a GUID lie byte-reversed in a SID (facts, section 6). */
function swapFields(hex: string): string {
  const reversed = (from: number, to: number): string =>
    (hex.slice(from, to).match(/../g) ?? []).reverse().join('');
  return reversed(0, 8) + reversed(8, 12) + reversed(12, 16) + hex.slice(16);
}

/**
 * The SID that a contained Entra user of this id has: `2ff8edf0-dccb-4148-a649-2c1154e1e129` → `0xF0EDF82FCBDC4841A6492C1154E1E129`.
 * @param guid object id of a person or group, application (client) id of an app
 */
export function sidOfGuid(guid: string): string {
  return `0x${swapFields(guid.replaceAll('-', '').toLowerCase()).toUpperCase()}`;
}

/** The id inside a SID of 16 bytes, or of 18 as a login's user has it; undefined for any other SID. */
export function guidOfSid(sid: string | undefined): string | undefined {
  const hex = /^0x([0-9a-f]{32})(?:[0-9a-f]{4})?$/i.exec(sid ?? '')?.[1];
  if (hex === undefined) return undefined;
  const guid = swapFields(hex.toLowerCase());
  return [guid.slice(0, 8), guid.slice(8, 12), guid.slice(12, 16), guid.slice(16, 20), guid.slice(20)].join(
    '-',
  );
}
