// The rows of sys.database_permissions that a GRANT, DENY or REVOKE writes and removes: one for each grantor.
import type { DclCall } from './dcl.ts';
import { securityError } from './permissionErrors.ts';
import { principalSchema } from './principalTables.ts';
import type { Found } from './securables.ts';
import type { PermissionRow, Principal } from './securityState.ts';

/** One permission row to write or remove. */
export interface Item {
  permission: string;
  /** Column id; 0 is the whole. */
  minor: number;
  columnKey: string;
}

export interface Change {
  call: DclCall;
  found: Found;
  item: Item;
  grantee: Principal;
  grantor: number;
}

/** Replaces a denial of the same grantor's. On the whole object it also replaces what stood on its columns. */
export async function grant(change: Change, withOption: boolean): Promise<void> {
  for (const row of rowsOf(change)) {
    if (change.item.minor === 0 && row.minor !== 0) await removeRow(change, row);
  }
  await write(change, withOption ? 'W' : 'G');
}

/** @throws SqlError 4611. */
export async function deny(change: Change, cascade: boolean): Promise<void> {
  const rows = rowsOf(change);
  for (const row of passedOn(change, rows, cascade)) {
    // With CASCADE the denial reaches everybody who had it from the grantee.
    await change.call.connection.query(
      `UPDATE ${principalSchema}.permission SET state = 'D' WHERE ${rowKey}`,
      keyOf(row),
    );
  }
  for (const row of rows) await removeRow(change, row);
  await write(change, 'D');
}

/** REVOKE. Takes grants and denials of this grantor; on the whole object those of its columns too. @throws SqlError 4611. */
export async function withdraw(change: Change, cascade: boolean): Promise<void> {
  const rows = rowsOf(change);
  for (const row of [...passedOn(change, rows, cascade), ...rows]) await removeRow(change, row);
}

/**
 * REVOKE GRANT OPTION FOR; of who has the permission without the option the permission itself is revoked
 * (https://learn.microsoft.com/sql/t-sql/statements/revoke-transact-sql). @throws SqlError 4611.
 */
export async function dropGrantOption(change: Change, cascade: boolean): Promise<void> {
  const rows = rowsOf(change);
  for (const row of passedOn(change, rows, cascade)) await removeRow(change, row);
  for (const row of rows) {
    if (row.state === 'G') await removeRow(change, row);
    if (row.state !== 'W') continue;
    await change.call.connection.query(
      `UPDATE ${principalSchema}.permission SET state = 'G' WHERE ${rowKey}`,
      keyOf(row),
    );
  }
}

async function write({ call, found, item, grantee, grantor }: Change, state: 'G' | 'W' | 'D'): Promise<void> {
  await call.connection.query(
    `INSERT INTO ${principalSchema}.permission
       (class, major_id, minor_id, schema_key, column_key, grantee, grantor, permission, state)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (class, major_id, minor_id, grantee, grantor, permission)
     DO UPDATE SET state = CASE WHEN ${principalSchema}.permission.state = 'W' AND excluded.state = 'G' THEN 'W' ELSE excluded.state END`,
    [
      found.number,
      found.major,
      item.minor,
      found.schemaKey,
      item.columnKey,
      grantee.id,
      grantor,
      item.permission,
      state,
    ],
  );
}

/** Rows about the same permission on the same thing. */
function about({ call, found, item }: Change): PermissionRow[] {
  return call.state.permissions.filter(
    (row) =>
      row.class === found.number &&
      row.major === found.major &&
      row.permission === item.permission &&
      (item.minor === 0 || row.minor === item.minor),
  );
}

/** What the grantor gave the grantee. What others gave it is theirs to take. */
function rowsOf(change: Change): PermissionRow[] {
  return about(change).filter((row) => row.grantee === change.grantee.id && row.grantor === change.grantor);
}

/**
 * What the grantee passed on of it, and those after it.
 * @throws SqlError 4611 without CASCADE, also when nothing was passed on.
 */
function passedOn(change: Change, rows: readonly PermissionRow[], cascade: boolean): PermissionRow[] {
  if (!rows.some((row) => row.state === 'W')) return [];
  if (!cascade) {
    throw securityError(4611, 'To revoke or deny grantable privileges, specify the CASCADE option.');
  }
  const found = new Set<PermissionRow>();
  const visit = (grantor: number): void => {
    for (const row of about(change)) {
      if (row.grantor !== grantor || found.has(row)) continue;
      found.add(row);
      visit(row.grantee);
    }
  };
  visit(change.grantee.id);
  return [...found];
}

const rowKey =
  'class = $1 AND major_id = $2 AND minor_id = $3 AND grantee = $4 AND grantor = $5 AND permission = $6';
const keyOf = (row: PermissionRow): unknown[] => [
  row.class,
  row.major,
  row.minor,
  row.grantee,
  row.grantor,
  row.permission,
];

async function removeRow({ call }: Change, row: PermissionRow): Promise<void> {
  await call.connection.query(`DELETE FROM ${principalSchema}.permission WHERE ${rowKey}`, keyOf(row));
}
