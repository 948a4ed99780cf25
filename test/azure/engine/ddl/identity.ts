// Identity columns beyond their default: explicit values, reseeding, what was used last.
import type { CatalogObject } from '../catalog/snapshot.ts';
import type { PgConnection } from '../postgres/connection.ts';

/** After INSERT with IDENTITY_INSERT ON: `farthest` is the largest value (smallest for a negative increment) that was inserted. */
export async function advanceIdentity(
  connection: PgConnection,
  table: CatalogObject,
  farthest: string,
): Promise<void> {
  const column = table.columns.find((candidate) => candidate.identity);
  if (column === undefined || table.identitySequence === undefined) return;
  await connection.query('SELECT tsql.advance_identity($1, $2::bigint, $3::bigint)', [
    table.identitySequence,
    farthest,
    column.identityIncrement ?? '1',
  ]);
}

/** TRUNCATE and DBCC CHECKIDENT RESEED: the next value is `next`, or the seed. */
export async function reseedIdentity(
  connection: PgConnection,
  table: CatalogObject,
  next?: string,
): Promise<void> {
  const column = table.columns.find((candidate) => candidate.identity);
  if (column === undefined || table.identitySequence === undefined) return;
  await connection.query('SELECT setval($1::regclass, $2::bigint, false)', [
    table.identitySequence,
    next ?? column.identitySeed ?? '1',
  ]);
}
