// The data side behind a door that opens on first use: until then no driver and no credential library is loaded.
import type { Disposable, Sql } from '../../core/ports.ts';

/**
 * A Sql that calls `load` once, on the first request that needs it. What only reads or ends (tokenFacts, close, dispose) never
 * loads it.
 */
export function lazySql(load: () => Promise<Sql>): Sql {
  let loading: Promise<Sql> | undefined;
  let loaded: Sql | undefined;
  const listeners = new Set<(event: { connectionId: string }) => void>();
  let subscription: Disposable | undefined;

  const open = () =>
    (loading ??= load().then(
      (sql) => {
        loaded = sql;
        subscription = sql.onDidChangeToken((event) => {
          for (const listener of listeners) listener(event);
        });
        return sql;
      },
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    ));

  return {
    query: async (...args) => (await open()).query(...args),
    transaction: async (...args) => (await open()).transaction(...args),
    openSession: async (...args) => (await open()).openSession(...args),
    test: async (...args) => (await open()).test(...args),
    tokenFacts: (profile) => loaded?.tokenFacts(profile),
    onDidChangeToken: (listener) => {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
    close: async (connectionId) => {
      await (await loading)?.close(connectionId);
    },
    dispose: async () => {
      subscription?.dispose();
      listeners.clear();
      await (await loading)?.dispose();
    },
  };
}
