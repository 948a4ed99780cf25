// The data side behind a door that opens on first use: until then no driver and no credential library is loaded.
import type { Disposable, Event, Sql } from '../../core/ports.ts';

/**
 * A Sql that calls `load` once, on the first request that needs it. What only reads or ends (tokenFacts, diagnostics, close, dispose)
 * never loads it.
 */
export function lazySql(load: () => Promise<Sql>): Sql {
  let loading: Promise<Sql> | undefined;
  let loaded: Sql | undefined;
  const relays: { attach(sql: Sql): void; dispose(): void }[] = [];
  /** An event of the loaded side that can be listened to before it is there. */
  const relay = <T>(event: (sql: Sql) => Event<T>): Event<T> => {
    const listeners = new Set<(value: T) => void>();
    let subscription: Disposable | undefined;
    relays.push({
      attach: (sql) => {
        subscription = event(sql)((value) => {
          for (const listener of listeners) listener(value);
        });
      },
      dispose: () => {
        subscription?.dispose();
        listeners.clear();
      },
    });
    return (listener) => {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    };
  };

  const open = () =>
    (loading ??= load().then(
      (sql) => {
        loaded = sql;
        for (const one of relays) one.attach(sql);
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
    testCredential: async (...args) => (await open()).testCredential(...args),
    onDidChangeToken: relay((sql) => sql.onDidChangeToken),
    onDidNeedSignIn: relay((sql) => sql.onDidNeedSignIn),
    onDidChangeWaiting: relay((sql) => sql.onDidChangeWaiting),
    cancelWaiting: (connectionId) => loaded?.cancelWaiting(connectionId),
    diagnostics: (profile) => loaded?.diagnostics(profile),
    close: async (connectionId) => {
      await (await loading)?.close(connectionId);
    },
    signOut: async (connectionId) => {
      await (await loading)?.signOut(connectionId);
    },
    dispose: async () => {
      for (const one of relays) one.dispose();
      await (await loading)?.dispose();
    },
  };
}
