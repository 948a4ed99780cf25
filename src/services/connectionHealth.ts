// What is the matter with each connection right now: waits for its database, needs a person to sign in, was signed out.
import type { Disposable, Event, Sql, Waiting } from '../core/ports.ts';

/** What of the door to databases this needs. */
export type HealthDoor = Pick<Sql, 'onDidChangeWaiting' | 'onDidNeedSignIn' | 'onDidChangeToken' | 'signOut'>;

/** Listens only: nothing here asks anybody anything. */
export class ConnectionHealth implements Disposable {
  readonly #sql: HealthDoor;
  readonly #waiting = new Map<string, Waiting>();
  readonly #needing = new Set<string>();
  readonly #signedOut = new Set<string>();
  readonly #listeners = new Set<(change: { connectionId: string }) => void>();
  readonly #subscriptions: Disposable[];

  constructor(sql: HealthDoor) {
    this.#sql = sql;
    this.#subscriptions = [
      sql.onDidChangeWaiting(({ connectionId, waiting }) => {
        if (waiting) this.#waiting.set(connectionId, waiting);
        else if (!this.#waiting.delete(connectionId)) return;
        this.#changed(connectionId);
      }),
      sql.onDidNeedSignIn(({ connectionId, needed }) => {
        if (this.#needing.has(connectionId) === needed) return;
        if (needed) this.#needing.add(connectionId);
        else this.#needing.delete(connectionId);
        if (!needed) this.#signedOut.delete(connectionId);
        this.#changed(connectionId);
      }),
    ];
  }

  readonly onDidChange: Event<{ connectionId: string }> = (listener) => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  waiting(connectionId: string): Waiting | undefined {
    return this.#waiting.get(connectionId);
  }

  /** Connections whose silent work needs a person, in the order in which it was found. */
  needingSignIn(): readonly string[] {
    return [...this.#needing];
  }

  isSignedOut(connectionId: string): boolean {
    return this.#signedOut.has(connectionId);
  }

  /** The account is gone: closes everything at once. The mark stays until `signedIn`. */
  async signOut(connectionId: string): Promise<void> {
    this.#signedOut.add(connectionId);
    this.#waiting.delete(connectionId);
    try {
      await this.#sql.signOut(connectionId);
    } finally {
      this.#changed(connectionId);
    }
  }

  /** A person signed in again. */
  signedIn(connectionId: string): void {
    const was = this.#signedOut.delete(connectionId);
    if (this.#needing.delete(connectionId) || was) this.#changed(connectionId);
  }

  /** The connection was removed. */
  forget(connectionId: string): void {
    const known = [this.#waiting, this.#needing, this.#signedOut].filter((kept) => kept.delete(connectionId));
    if (known.length > 0) this.#changed(connectionId);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#listeners.clear();
  }

  #changed(connectionId: string): void {
    for (const listener of this.#listeners) listener({ connectionId });
  }
}
