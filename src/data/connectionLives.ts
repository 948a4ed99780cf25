// The connections that are open, of one pool: since when, with which token, who uses them, and why each of them ends.
import type { Connection } from 'tedious';
import type { AccessToken, Clock, RetireReason } from '../core/ports.ts';
import type { PoolTimes } from './poolConfig.ts';
import { retireBelow } from './tokenCache.ts';

declare module 'tedious' {
  interface Connection {
    /** Set by mssql when a socket failed: the connection is not handed out again. */
    hasError?: boolean;
  }
}

const minute = 60_000;
/** A connection lives 55 to 60 minutes, so that a pool's connections do not all end at once. */
const maxAge = (): number => (55 + 5 * Math.random()) * minute;

/** What a connection went through, over all pools of one saved connection. */
export interface PoolCounts {
  created: number;
  failedLogins: number;
  retired: Record<RetireReason, number>;
}

interface Life {
  born: number;
  maxAge: number;
  token: AccessToken;
  /** Since when nobody uses it; undefined while somebody does, or when it is a session's own. */
  idleSince: number | undefined;
  /** A session's own: the pool neither hands it out nor counts it. */
  owned: boolean;
  /** Why it is being closed, once it is. */
  retired: RetireReason | undefined;
}

export interface ConnectionLivesParts {
  clock: Clock;
  times: PoolTimes;
  counts: PoolCounts;
  /** Milliseconds. */
  connectTimeout: number;
  /** The newest token that is known. */
  knownToken(): AccessToken | undefined;
  onDidRetire(reason: RetireReason): void;
}

export class ConnectionLives {
  readonly #parts: ConnectionLivesParts;
  readonly #lives = new Map<Connection, Life>();

  constructor(parts: ConnectionLivesParts) {
    this.#parts = parts;
  }

  /** `owned`: by a session, else nobody uses it yet. */
  add(connection: Connection, token: AccessToken, owned: boolean): void {
    const now = this.#parts.clock.now();
    this.#lives.set(connection, {
      born: now,
      maxAge: maxAge(),
      token,
      idleSince: owned ? undefined : now,
      owned,
      retired: undefined,
    });
  }

  tokenOf(connection: Connection): AccessToken | undefined {
    return this.#lives.get(connection)?.token;
  }

  /** Of the pool: in use, and unused. */
  get numbers(): { inUse: number; idle: number } {
    const pooled = [...this.#lives.values()].filter(({ owned, retired }) => !owned && retired === undefined);
    const idle = pooled.filter(({ idleSince }) => idleSince !== undefined).length;
    return { inUse: pooled.length - idle, idle };
  }

  /** Every one that is open. */
  all(): Connection[] {
    return [...this.#lives.keys()];
  }

  /** Unused ones, the one that waits longest first. */
  idle(): Connection[] {
    return [...this.#lives]
      .filter(([, { idleSince, retired }]) => idleSince !== undefined && retired === undefined)
      .toSorted(([, a], [, b]) => (a.idleSince ?? 0) - (b.idleSince ?? 0))
      .map(([connection]) => connection);
  }

  /** Somebody uses it from now on; false when it must not be used any more. */
  use(connection: Connection): boolean {
    const life = this.#lives.get(connection);
    if (life === undefined || life.retired !== undefined) return false;
    life.idleSince = undefined;
    return true;
  }

  rest(connection: Connection): void {
    const life = this.#lives.get(connection);
    if (life !== undefined) life.idleSince = this.#parts.clock.now();
  }

  /**
   * Whether a connection may be handed out; one that is too old, or whose token is about to end, is retired: the server would end it in
   * mid-work. Only a newer token makes that any better: without one, replacing it would be one login after the other.
   */
  isGood(connection: Connection): boolean {
    const life = this.#lives.get(connection);
    if (life === undefined || life.retired !== undefined) return false;
    const reason = this.#worn(life);
    if (reason !== undefined) this.retire(connection, reason);
    return reason === undefined;
  }

  #worn({ born, maxAge: limit, token, idleSince }: Life): RetireReason | undefined {
    const { clock, times, connectTimeout } = this.#parts;
    const now = clock.now();
    if (now - born > limit) return 'age';
    // A computer that slept: the timers did not run, the server's did.
    if (idleSince !== undefined && now - idleSince > 2 * times.idleLife) return 'idle';
    const isNewer = (this.#parts.knownToken()?.expiresOn ?? 0) > token.expiresOn;
    return isNewer && token.expiresOn - now < retireBelow(token, connectTimeout) ? 'token' : undefined;
  }

  /** Ends it; the first reason counts. */
  retire(connection: Connection, reason: RetireReason): void {
    connection.hasError = true;
    const life = this.#lives.get(connection);
    if (life === undefined || life.retired !== undefined) return;
    life.retired = reason;
    this.#parts.counts.retired[reason]++;
    this.#parts.onDidRetire(reason);
    if (!connection.closed) connection.close();
  }

  /** It has ended, whoever ended it. */
  gone(connection: Connection): void {
    const life = this.#lives.get(connection);
    this.#lives.delete(connection);
    if (life !== undefined && life.retired === undefined) this.#parts.counts.retired.broken++;
  }
}
