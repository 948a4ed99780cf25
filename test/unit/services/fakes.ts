// Fakes of core's ports for service tests.
import { defaultTable } from '../../../src/core/connection.ts';
import type { ConnectionProfile } from '../../../src/core/connection.ts';
import type { Clock, ConnectionStore, Memory } from '../../../src/core/ports.ts';

export function profile(change: Partial<ConnectionProfile> = {}): ConnectionProfile {
  return {
    id: 'c1',
    name: 'app',
    server: 'contoso.database.windows.net',
    port: 1433,
    database: 'app',
    cloud: 'public',
    credential: { kind: 'vscode' },
    encryption: 'tls',
    connectTimeout: 15,
    requestTimeout: 0,
    maxPoolSize: 10,
    tables: [defaultTable],
    ...change,
  };
}

export function memory(): Memory {
  const values = new Map<string, unknown>();
  return {
    get: (key) => values.get(key),
    set: async (key, value) => void values.set(key, value),
  };
}

/** A store whose `edit` stands for somebody writing into the settings by hand. */
export function store(
  ...initial: ConnectionProfile[]
): ConnectionStore & { edit(profile: ConnectionProfile): void } {
  let saved = initial.map((item) => ({ ...item, scope: 'user' as 'user' | 'workspace' }));
  const listeners = new Set<() => void>();
  const put = (item: ConnectionProfile, scope: 'user' | 'workspace') => {
    saved = [...saved.filter(({ id }) => id !== item.id), { ...item, scope }];
    for (const listener of listeners) listener();
  };
  return {
    list: () => saved,
    save: async (item, scope) => put(item, scope),
    remove: async (id) => {
      saved = saved.filter((item) => item.id !== id);
      for (const listener of listeners) listener();
    },
    onDidChange: (listener) => {
      const call = () => listener();
      listeners.add(call);
      return { dispose: () => listeners.delete(call) };
    },
    edit: (item) => put(item, 'user'),
  };
}

/** A clock on which sleeping is instant and moves the time. */
export function instantClock(): Clock & { slept: number[] } {
  let now = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
  };
}
