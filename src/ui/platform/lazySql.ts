// The data side behind a door that opens on first use: until then no driver and no credential library is loaded.
import { cancelled } from '../../core/errors.ts';
import type { Disposable, Event, Sql } from '../../core/ports.ts';

/**
 * A Sql that calls `load` once, on the first request that needs it. What only reads or ends (tokenFacts, diagnostics, close, dispose)
 * never loads it.
 */
export function lazySql(load: () => Promise<Sql>): Sql {
  let loading: Promise<Sql> | undefined;
  let loaded: Sql | undefined;
  let isOver = false;
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

  const open = () => {
    // What comes after the end would be loaded, and connected, for nobody to end it.
    if (isOver) return Promise.reject(cancelled());
    return (loading ??= load().then(
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
  };
  /** The loaded side, when there is one or will be; whoever asked for it hears why there is none. */
  const found = async (): Promise<Sql | undefined> => {
    try {
      return await loading;
    } catch {
      return undefined;
    }
  };

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
      await (await found())?.close(connectionId);
    },
    signOut: async (connectionId) => {
      await (await found())?.signOut(connectionId);
    },
    dispose: async () => {
      isOver = true;
      for (const one of relays) one.dispose();
      await (await found())?.dispose();
    },
  };
}
