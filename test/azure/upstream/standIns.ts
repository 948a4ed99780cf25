// People whom an upstream database knows only through a group: SQL Server cannot impersonate a group, so a user with the group's rights stands in.
import type { SqlValue, TokenClaims } from '../contract.ts';
import { guidBytes } from '../tds/guid.ts';

/** Runs a batch upstream under the relay's own login. @throws SqlError */
export type Run = (text: string) => Promise<SqlValue[][]>;

/**
 * A stand-in is a user WITHOUT LOGIN that carries the person's own name, so that USER_NAME() is right. It is made at the first login and
 * dropped with the last session: who grants something to the group reaches the person at the next login.
 */
export class StandIns {
  private readonly sessions = new Map<string, number>();
  private last: Promise<unknown> = Promise.resolve();

  /** The stand-in's name; undefined when no group of the caller has a user, or when somebody else has the name. @throws SqlError */
  enter(database: string, claims: TokenClaims, run: Run): Promise<string | undefined> {
    return this.inTurn(async () => {
      const name = claims.upn ?? claims.name ?? claims.appid ?? claims.oid;
      const groups = await groupUsers(claims.groups ?? [], run);
      if (groups.length === 0 || !(await makeUser(name, run))) return undefined;
      for (const statement of await rightsOf(groups, name, run)) await run(statement);
      const key = keyOf(database, name);
      this.sessions.set(key, (this.sessions.get(key) ?? 0) + 1);
      return name;
    });
  }

  /** @param open a connection of the relay to that database @throws SqlError */
  leave(database: string, name: string, open: () => Promise<Run>): Promise<void> {
    return this.inTurn(async () => {
      const key = keyOf(database, name);
      const left = (this.sessions.get(key) ?? 1) - 1;
      this.sessions.set(key, left);
      if (left > 0) return;
      this.sessions.delete(key);
      const run = await open();
      await run(`DROP USER IF EXISTS ${quoteName(name)};`);
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work, work);
    this.last = turn.catch(() => undefined);
    return turn;
  }
}

const keyOf = (database: string, name: string): string => `${database}\u0000${name.toLowerCase()}`;

const quoteName = (name: string): string => `[${name.replaceAll(']', ']]')}]`;
const quoteText = (text: string): string => `N'${text.replaceAll("'", "''")}'`;

async function groupUsers(groups: readonly string[], run: Run): Promise<number[]> {
  if (groups.length === 0) return [];
  const sids = groups.map((id) => `0x${guidBytes(id).toString('hex')}`);
  const rows = await run(
    `SELECT principal_id FROM sys.database_principals WHERE type = 'X' AND sid IN (${sids.join(', ')}) ORDER BY principal_id;`,
  );
  return rows.map(([id]) => Number(id));
}

/** False when the name belongs to a principal that is no stand-in. */
async function makeUser(name: string, run: Run): Promise<boolean> {
  const [found] = await run(
    `SELECT CASE WHEN type = 'S' AND authentication_type = 0 THEN 1 ELSE 0 END FROM sys.database_principals WHERE name = ${quoteText(name)};`,
  );
  if (found !== undefined) return Number(found[0]) === 1;
  await run(`CREATE USER ${quoteName(name)} WITHOUT LOGIN;`);
  return true;
}

/** The groups' roles and own permissions, as statements for `name`. */
async function rightsOf(groups: readonly number[], name: string, run: Run): Promise<string[]> {
  const ids = groups.join(', ');
  const roles = await run(
    `SELECT DISTINCT r.name FROM sys.database_role_members AS m JOIN sys.database_principals AS r ON r.principal_id = m.role_principal_id WHERE m.member_principal_id IN (${ids});`,
  );
  const permissions = await run(
    `SELECT p.state, p.permission_name, p.class, SCHEMA_NAME(CASE p.class WHEN 3 THEN p.major_id ELSE o.schema_id END), o.name, COL_NAME(p.major_id, p.minor_id) FROM sys.database_permissions AS p LEFT JOIN sys.objects AS o ON p.class = 1 AND o.object_id = p.major_id WHERE p.grantee_principal_id IN (${ids}) AND p.class IN (0, 1, 3) ORDER BY CASE p.state WHEN 'D' THEN 1 ELSE 0 END;`,
  );
  return [
    ...roles.map(([role]) => `ALTER ROLE ${quoteName(String(role))} ADD MEMBER ${quoteName(name)};`),
    ...permissions.map((row) => permissionStatement(row, name)),
  ];
}

function permissionStatement(row: readonly SqlValue[], name: string): string {
  const [state, permission, scope, schema, object, column] = row.map((value) =>
    typeof value === 'string' ? value.trim() : value,
  );
  const where =
    scope === 3
      ? ` ON SCHEMA::${quoteName(String(schema))}`
      : scope === 1
        ? ` ON ${quoteName(String(schema))}.${quoteName(String(object))}${column === null ? '' : ` (${quoteName(String(column))})`}`
        : '';
  const verb = state === 'D' ? 'DENY' : 'GRANT';
  return `${verb} ${String(permission)}${where} TO ${quoteName(name)}${state === 'W' ? ' WITH GRANT OPTION' : ''};`;
}
