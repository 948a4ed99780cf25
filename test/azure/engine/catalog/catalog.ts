// What one database holds, as a connection sees it: read whole, kept as long as the schema version says it is still true.
import type { PgConnection } from '../postgres/connection.ts';
import { readSnapshotSql } from './readSnapshot.ts';
import type { RawCatalog } from './readSnapshot.ts';
import { Snapshot } from './snapshot.ts';

export class Catalog {
  readonly database: string;
  private readonly cache = new Map<string, Snapshot>();

  constructor(database: string) {
    this.database = database;
  }

  /**
   * The catalog as this connection's transaction sees it: uncommitted DDL of its own included, that of others not. One short query
   * when nothing has changed.
   */
  async snapshot(connection: PgConnection): Promise<Snapshot> {
    const key = await this.version(connection);
    const known = this.cache.get(key);
    if (known !== undefined) return known;
    const { rows } = await connection.query(readSnapshotSql);
    const raw = JSON.parse(String(rows[0]?.['catalog'])) as RawCatalog;
    const snapshot = new Snapshot(raw, this.database, connection.pid);
    if (this.cache.size >= 20) {
      const oldest = this.cache.keys().next().value;
      if (oldest !== undefined) this.cache.delete(oldest);
    }
    this.cache.set(key, snapshot);
    return snapshot;
  }

  /** Says that the catalog changed: part of every DDL's transaction. */
  async changed(connection: PgConnection): Promise<void> {
    await connection.query('INSERT INTO catalog.change VALUES ((random() * 9007199254740991)::bigint)');
  }

  /**
   * Which changes this transaction sees: the sum of their random tokens names the set. A counter would not do: two transactions that
   * each see only their own change would read the same number.
   */
  private async version(connection: PgConnection): Promise<string> {
    const { rows } = await connection.query(
      'SELECT coalesce(sum(token), 0)::text AS version, (SELECT count(*) FROM catalog.object WHERE session = pg_backend_pid()) AS mine FROM catalog.change',
    );
    const own = rows[0]?.['mine'] === 0 ? 0 : connection.pid;
    return `${String(rows[0]?.['version'])}:${String(own)}`;
  }
}
