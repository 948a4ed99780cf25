// What all sessions share: the PostgreSQL cluster, the catalogs, the principals, the clock.
import type { Catalog } from '../catalog/catalog.ts';
import type { Cluster } from '../postgres/cluster.ts';
import type { PgConnection } from '../postgres/connection.ts';
import type { SessionDirectory } from '../system/sessions.ts';
import type { Authorization } from '../session.ts';
import type { Recording } from '../statements/encodedRows.ts';
import type { Interpreter } from './interpreter.ts';

export interface EngineServices {
  cluster: Cluster;
  catalog(database: string): Catalog;
  authorization: Authorization;
  /** Milliseconds since 1970; tests set it. */
  clock: () => number;
  serverName: string;
  /** RESETCONNECTION: temp tables go. */
  discardTemporary(connection: PgConnection, database: string): Promise<void>;
  /** Who is connected: sys.dm_exec_sessions and its like. */
  sessions: SessionDirectory;
  /** sp_reset_connection called by name. */
  resetSession?(interpreter: Interpreter): Promise<void>;
  /** Benchmarks: a read-only SELECT of this text may be answered from rows encoded before. See `statements/encodedRows.ts`. */
  preEncode: ((sqlText: string) => boolean) | undefined;
  /** Encoded rows by database and text. */
  encoded: Map<string, Recording>;
}
