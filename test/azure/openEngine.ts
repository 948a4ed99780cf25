// The own engine as a backend of the local Azure: PostgreSQL with the principals' tables in every database.
import { EngineBackend } from './engine/backend.ts';
import { Catalog } from './engine/catalog/catalog.ts';
import { Cluster } from './engine/postgres/cluster.ts';
import { PgConnection } from './engine/postgres/connection.ts';
import type { RunningBackend } from './openUpstream.ts';
import type { SecurableCatalog } from './principals/dcl.ts';
import { Principals, type PrincipalsOptions } from './principals/principals.ts';

export interface EngineOptions {
  /** Beside master. */
  databases: readonly string[];
  principals: Omit<PrincipalsOptions, 'connect' | 'securables'>;
  serverName: string;
  /** Statements that begin with `-- pre-encoded` are recorded and replayed (engine/statements/encodedRows.ts). */
  preEncode?: boolean;
}

/** @throws Error when PostgreSQL does not come up. */
export async function openEngine(options: EngineOptions): Promise<RunningBackend> {
  const cluster = await Cluster.start();
  try {
    for (const name of options.databases) await cluster.createDatabase(name);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  const authorization = new Principals({
    ...options.principals,
    securables: catalogOf(),
    connect: async (database, work) => {
      const connection = await cluster.connect(database);
      try {
        return await work(connection);
      } finally {
        await connection.close();
      }
    },
  });
  const backend = new EngineBackend({
    cluster,
    authorization,
    serverName: options.serverName,
    ...(options.preEncode === true ? { preEncode: (text: string) => text.startsWith('-- pre-encoded') } : {}),
  });
  return {
    backend,
    databases: () => cluster.databases().map(({ name }) => name),
    stop: async () => {
      await backend.close();
      await cluster.stop();
    },
  };
}

/** GRANT's names by the engine's catalogs, as the session's transaction sees them. */
function catalogOf(): SecurableCatalog {
  const catalogs = new Map<string, Catalog>();
  const snapshot = async (connection: unknown, database: string) => {
    if (!(connection instanceof PgConnection)) throw new Error('Not a connection of the engine');
    const key = database.toLowerCase();
    const catalog = catalogs.get(key) ?? new Catalog(database);
    catalogs.set(key, catalog);
    return catalog.snapshot(connection);
  };
  return {
    object: async ({ connection, database, defaultSchema }, schema, name) => {
      const found = (await snapshot(connection, database)).find(schema, name, defaultSchema);
      if (found === undefined) return undefined;
      const columns = found.columns.map((column) => ({ name: column.name, id: column.columnId }));
      return { schema: found.schema, name: found.name, objectId: found.objectId, type: found.type, columns };
    },
    schema: async ({ connection, database }, name) => {
      const found = (await snapshot(connection, database)).schemas.get(name.toLowerCase());
      return found === undefined ? undefined : { name: found.name, id: found.id };
    },
  };
}
