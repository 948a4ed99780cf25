// Saved connections as a use case: list, save, remove, which one is active, and which cloud each belongs to.
import { cloudOfHost } from '../core/cloud.ts';
import type { Cloud } from '../core/cloud.ts';
import type { ConnectionProfile } from '../core/connection.ts';
import { AppError } from '../core/errors.ts';
import type { ConnectionStore, Disposable, Event, Memory, Sql } from '../core/ports.ts';

export type SavedConnection = ConnectionProfile & { scope: 'user' | 'workspace' };

export interface ConnectionsChange {
  /** Connections whose profile changed or went: what is remembered of them no longer holds. */
  touched: readonly string[];
}

const activeKey = 'activeConnection';

export interface ConnectionServiceParts {
  store: ConnectionStore;
  memory: Memory;
  /** Only to close the pools of connections that change or go. */
  sql: Pick<Sql, 'close'>;
  /** Custom clouds first, then the built-in ones. */
  clouds: () => readonly Cloud[];
}

export class ConnectionService {
  readonly #parts: ConnectionServiceParts;
  readonly #listeners = new Set<(change: ConnectionsChange) => void>();
  readonly #subscription: Disposable;
  /** What was last listed, so that a change made by hand in the settings closes the right pools. */
  #known = new Map<string, string>();

  constructor(parts: ConnectionServiceParts) {
    this.#parts = parts;
    this.#remember();
    this.#subscription = parts.store.onDidChange(() => {
      void this.#storeChanged();
    });
  }

  /** Fires after the list, a profile or the active connection changed. */
  readonly onDidChangeConnections: Event<ConnectionsChange> = (listener) => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  list(): readonly SavedConnection[] {
    return this.#parts.store.list();
  }

  get(id: string): SavedConnection | undefined {
    return this.list().find((connection) => connection.id === id);
  }

  /** @throws AppError invalidInput when it was removed meanwhile */
  require(id: string): SavedConnection {
    const found = this.get(id);
    if (!found) throw new AppError('invalidInput', 'This connection no longer exists.');
    return found;
  }

  /** The one chosen as active, else the first; undefined when there are none. */
  active(): SavedConnection | undefined {
    const connections = this.list();
    const id = this.#parts.memory.get(activeKey);
    return connections.find((connection) => connection.id === id) ?? connections[0];
  }

  async setActive(id: string): Promise<void> {
    this.require(id);
    await this.#parts.memory.set(activeKey, id);
    this.#fire([]);
  }

  /** Saves a new or changed profile and makes it the active one. Close its pool before using a changed one. */
  async save(profile: ConnectionProfile, scope: 'user' | 'workspace'): Promise<void> {
    await this.#parts.memory.set(activeKey, profile.id);
    // The store tells about its change while it saves; what is known already is no change to react to.
    this.#known.set(profile.id, JSON.stringify({ ...profile, scope }));
    await this.#parts.store.save(profile, scope);
    this.#remember();
    this.#fire([profile.id]);
  }

  async remove(id: string): Promise<void> {
    await this.#parts.sql.close(id);
    await this.#parts.store.remove(id);
    this.#remember();
    this.#fire([id]);
  }

  clouds(): readonly Cloud[] {
    return this.#parts.clouds();
  }

  /** The cloud whose tokens a host gets: by its name, else the one the profile names (a host that a person confirmed). */
  cloudFor(profile: Pick<ConnectionProfile, 'server' | 'cloud'>): Cloud | undefined {
    const clouds = this.clouds();
    return cloudOfHost(profile.server, clouds) ?? clouds.find((cloud) => cloud.id === profile.cloud);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#listeners.clear();
  }

  async #storeChanged(): Promise<void> {
    const before = this.#known;
    this.#remember();
    const touched = [...before].filter(([id, text]) => this.#known.get(id) !== text).map(([id]) => id);
    this.#fire(touched);
    await Promise.all(touched.map((id) => this.#parts.sql.close(id)));
  }

  #remember(): void {
    this.#known = new Map(this.list().map((connection) => [connection.id, JSON.stringify(connection)]));
  }

  #fire(touched: readonly string[]): void {
    for (const listener of this.#listeners) listener({ touched });
  }
}
