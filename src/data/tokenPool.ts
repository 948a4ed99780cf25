// A pool of connections of one profile and identity, each opened with a token that was there before it dialed.
import mssql from 'mssql';
import type { Connection, ConnectionConfiguration } from 'tedious';
import { AppError, cancelled, type ServerMessage } from '../core/errors.ts';
import type { AccessToken, Clock, Log, RetireReason } from '../core/ports.ts';
import type { ErrorContext } from '../core/sqlErrors.ts';
import { abortable } from './abortable.ts';
import { connectError, errorChain } from './errorChain.ts';
import { LoginGuard } from './loginGuard.ts';
import {
  driverConfig,
  ownAuthority,
  poolConfig,
  type Authority,
  type PoolTimes,
  type Target,
} from './poolConfig.ts';
import { serverMessage } from './runRequest.ts';
import type { Evictable } from './serverLimit.ts';
import { retireBelow } from './tokenCache.ts';

// mssql's own extension points and marks, not in its types (mssql 12.7.14, lib/tedious/connection-pool.js); pinned by tokenPool.test.ts.
declare module 'mssql' {
  interface ConnectionPool {
    /** Called for every connection. */
    _config(): ConnectionConfiguration;
    _poolCreate(): Promise<Connection>;
    _poolDestroy(connection: Connection): Promise<void>;
    _poolValidate(connection: Connection): boolean | Promise<boolean>;
    acquire(requester: object): Promise<Connection>;
    release(connection: Connection): unknown;
  }
}
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

export interface TokenPoolParts extends Target {
  times: PoolTimes;
  clock: Clock;
  log: Log;
  counts: PoolCounts;
  /** Refuses a host before it is dialed. @throws AppError hostNotConfirmed */
  checkHost: (host: string) => void;
  /** A token that is good for connecting now; there already, unless the request waited long for its turn. @throws AppError */
  freshToken(): Promise<AccessToken>;
  /** The newest token that is known. */
  knownToken(): AccessToken | undefined;
  /** The tenant that the server named at a login. */
  serverTenant(tenant: string | undefined): void;
  server: {
    /** Waits for a place at the server; what comes back gives it up. @throws AppError tooBusy, cancelled */
    enter(holder: Evictable, timeout: number, signal?: AbortSignal): Promise<() => void>;
    /** Whether somebody else has waited for a place for so many milliseconds. */
    wants(holder: Evictable, patience: number): boolean;
  };
}

/** How long others wait before a pool with work of its own gives way to them; milliseconds. */
const turn = 250;

interface Making {
  guard: LoginGuard | undefined;
  connection: Connection | undefined;
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

export class TokenPool extends mssql.ConnectionPool implements Evictable {
  readonly #parts: TokenPoolParts;
  /** Every connection that is open. */
  readonly #lives = new Map<Connection, Life>();
  /** What failed logins were tried with: by the time somebody looks, there may be a newer one. */
  readonly #failed = new WeakMap<AppError, AccessToken>();
  /** The connection that mssql is making, and its guard; read by closures that exist before `super()` returns. */
  readonly #making: Making;
  readonly #authority: Authority;
  /** Opened by `connect()` as its probe; the first user gets it instead of a second login. */
  #spare: Connection | undefined;
  #probing = false;
  #connecting: Promise<unknown> | undefined;
  #ended: 'drain' | 'now' | undefined;
  #endReason: AppError | undefined;
  #dialing = new AbortController();

  /** @throws AppError invalidInput when the custom cloud's certificate authority cannot be read */
  constructor(parts: TokenPoolParts) {
    const making: Making = { guard: undefined, connection: undefined };
    super({
      ...poolConfig(parts, parts.times),
      beforeConnect: (connection) => {
        making.connection = connection;
        making.guard?.watch(connection);
      },
    });
    this.#parts = parts;
    this.#making = making;
    this.#authority = ownAuthority(parts.cloud);
    // Without a listener a failing connection would end the extension host.
    this.on('error', (error) => parts.log.debug(`Pool of ${parts.profile.server}: ${describe(error)}`));
  }

  get context(): ErrorContext {
    const { id, server, database, credential } = this.#parts.profile;
    return { connectionId: id, server, database, credential: credential.kind };
  }

  /** Whether everything on it was ended on purpose: what failed for that is not tried again. */
  get isGone(): boolean {
    return this.#ended === 'now';
  }

  /** Connections of the pool: in use, unused, and requests that wait for one. */
  get numbers(): { inUse: number; idle: number; waiting: number } {
    const pooled = [...this.#lives.values()].filter(({ owned, retired }) => !owned && retired === undefined);
    const idle = pooled.filter(({ idleSince }) => idleSince !== undefined).length;
    return { inUse: pooled.length - idle, idle, waiting: this.connected ? this.pending : 0 };
  }

  /** The token with which a connection was opened, or with which a login failed. */
  tokenOf(what: Connection | AppError): AccessToken | undefined {
    return what instanceof Error ? this.#failed.get(what) : this.#lives.get(what)?.token;
  }

  /**
   * A connection of one's own until {@link give} it back.
   * @throws AppError of the login, cancelled, tooBusy when all are in use
   */
  async take(signal?: AbortSignal): Promise<Connection> {
    for (;;) {
      const connection = await unlessAborted(this.#acquire(), signal, (late) => this.give(late));
      const life = this.#lives.get(connection);
      if (life !== undefined && life.retired === undefined) {
        life.idleSince = undefined;
        return connection;
      }
      // It gave way to somebody else, or was lost, while it was being handed over.
      this.release(connection);
    }
  }

  /** `broken`: it is not handed out again. */
  give(connection: Connection, broken = false): void {
    const life = this.#lives.get(connection);
    if (broken || this.#ended !== undefined) this.#retire(connection, broken ? 'broken' : 'closed');
    else if (this.#parts.server.wants(this, this.pending === 0 ? 0 : turn))
      this.#retire(connection, 'evicted');
    else if (life !== undefined) life.idleSince = this.#parts.clock.now();
    this.release(connection);
  }

  /** A connection outside the pool, for a session that owns it. @throws AppError */
  async dial(signal?: AbortSignal): Promise<Connection> {
    return unlessAborted(this.#dial(true, signal), signal, (late) => late.close());
  }

  evictIdle(): boolean {
    const [oldest] = [...this.#lives]
      .filter(([, { idleSince, retired }]) => idleSince !== undefined && retired === undefined)
      .toSorted(([, a], [, b]) => (a.idleSince ?? 0) - (b.idleSince ?? 0));
    if (oldest === undefined) return false;
    this.#retire(oldest[0], 'evicted');
    return true;
  }

  /** The server went away: what nobody uses went with it, most likely, and is cheaper to open again than to find broken one by one. */
  retireIdle(): void {
    for (const [connection, { idleSince }] of this.#lives) {
      if (idleSince !== undefined) this.#retire(connection, 'broken');
    }
  }

  /** drain: what is in use ends when its work is done. now: everything ends, sessions of their own included. `reason` is what those get who wait. */
  async end(how: 'drain' | 'now', reason?: AppError): Promise<void> {
    this.#ended = how;
    this.#endReason ??= reason;
    if (how === 'now') this.#dialing.abort();
    for (const [connection, { idleSince }] of this.#lives) {
      if (how === 'now' || idleSince !== undefined) this.#retire(connection, 'closed');
    }
    // mssql refuses to close while it connects.
    await this.#connecting?.catch(() => undefined);
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined) this.#retire(spare, 'closed');
    await this.close();
  }

  override _config(): ConnectionConfiguration {
    const { guard } = this.#making;
    if (guard === undefined)
      throw new AppError('notSupported', 'The driver connects when it was not told to.');
    return driverConfig(this.#parts, guard, this.#authority);
  }

  override async _poolCreate(): Promise<Connection> {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined) {
      if (await this._poolValidate(spare)) return spare;
      this.#retire(spare, 'broken');
    }
    return this.#dial(false);
  }

  /** `connect()` opens one connection to try and destroys it: that one is kept. tarn destroys what was unused for long. */
  override _poolDestroy(connection: Connection): Promise<void> {
    if (this.#probing) {
      this.#spare = connection;
      return Promise.resolve();
    }
    this.#retire(connection, this.#ended === undefined ? 'idle' : 'closed');
    return super._poolDestroy(connection);
  }

  /**
   * At check-out: a connection too old, or whose token is about to end, is replaced; the server would end it in mid-work. Only a newer
   * token makes that any better: without one, replacing it would be one login after the other.
   */
  override _poolValidate(connection: Connection): boolean | Promise<boolean> {
    const life = this.#lives.get(connection);
    if (life === undefined || life.retired !== undefined) return false;
    const reason = this.#worn(life);
    if (reason !== undefined) {
      this.#retire(connection, reason);
      return false;
    }
    const usable = super._poolValidate(connection);
    if (usable === false) this.#retire(connection, 'broken');
    return usable;
  }

  #worn({ born, maxAge: limit, token, idleSince }: Life): RetireReason | undefined {
    const { clock, profile } = this.#parts;
    const now = clock.now();
    if (now - born > limit) return 'age';
    // A computer that slept: the timers did not run, the server's did.
    if (idleSince !== undefined && now - idleSince > 2 * this.#parts.times.idleLife) return 'idle';
    const isNewer = (this.#parts.knownToken()?.expiresOn ?? 0) > token.expiresOn;
    const left = token.expiresOn - now;
    return isNewer && left < retireBelow(token, profile.connectTimeout * 1000) ? 'token' : undefined;
  }

  #retire(connection: Connection, reason: RetireReason): void {
    const life = this.#lives.get(connection);
    connection.hasError = true;
    if (life === undefined || life.retired !== undefined) return;
    life.retired = reason;
    this.#parts.counts.retired[reason]++;
    this.#parts.log.trace(`${this.#parts.profile.name}: a connection ends (${reason}).`);
    if (!connection.closed) connection.close();
  }

  async #acquire(): Promise<Connection> {
    try {
      if (!this.connected) await (this.#connecting ??= this.#open());
      return await this.acquire(this);
    } catch (error) {
      if (this.#ended !== undefined && isClosing(error)) {
        if (this.#ended === 'now') throw cancelled(error);
        // Its connection was edited meanwhile: there is another pool to ask.
        throw this.#endReason ?? new AppError('connectionLost', 'This pool was closed.', { cause: error });
      }
      if (isPoolTimeout(error)) {
        const { id, maxPoolSize } = this.#parts.profile;
        throw new AppError(
          'tooBusy',
          `All ${maxPoolSize} connections of this pool have been in use for ${this.#parts.times.acquireTimeout / 1000} seconds. Wait for a running statement or cancel one; "Edit Connection" allows more.`,
          { remedies: [{ kind: 'retry' }, { kind: 'editConnection', connectionId: id }], cause: error },
        );
      }
      throw connectError(error, [], this.context);
    }
  }

  async #open(): Promise<void> {
    this.#probing = true;
    try {
      await this.connect();
    } finally {
      this.#probing = false;
      this.#connecting = undefined;
    }
  }

  async #dial(owned: boolean, signal?: AbortSignal): Promise<Connection> {
    const { clock, counts, profile, log } = this.#parts;
    const stop =
      signal === undefined ? this.#dialing.signal : AbortSignal.any([signal, this.#dialing.signal]);
    const leave = await this.#parts.server.enter(this, this.#parts.times.acquireTimeout, stop);
    let open = false;
    try {
      const connection = await this.#login(owned, stop);
      open = true;
      connection.once('end', () => {
        leave();
        this.#gone(connection);
      });
      log.debug(`Connected to ${profile.database} on ${profile.server}.`);
      log.trace(
        `${profile.name}: connection ${++counts.created}, at ${new Date(clock.now()).toISOString()}.`,
      );
      return connection;
    } catch (error) {
      counts.failedLogins++;
      throw error;
    } finally {
      if (!open) leave();
    }
  }

  async #login(owned: boolean, signal: AbortSignal): Promise<Connection> {
    const { clock, profile, cloud } = this.#parts;
    const token = await this.#parts.freshToken();
    const messages: ServerMessage[] = [];
    this.#making.connection = undefined;
    this.#making.guard = new LoginGuard({
      server: profile.server,
      cloud,
      connectTimeout: profile.connectTimeout * 1000,
      checkHost: this.#parts.checkHost,
      token: (tenant) => {
        this.#parts.serverTenant(tenant);
        return Promise.resolve(token);
      },
    });
    // The driver makes its connection, and calls _config and beforeConnect, before the promise is returned.
    const opening = super._poolCreate();
    const made = this.#making.connection as Connection | undefined;
    const onMessage = (message: Parameters<typeof serverMessage>[0]): void => {
      messages.push(serverMessage(message));
    };
    const giveUp = (): void => made?.close();
    made?.on('errorMessage', onMessage);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      const connection = await opening;
      this.#lives.set(connection, {
        born: clock.now(),
        maxAge: maxAge(),
        token,
        idleSince: owned ? undefined : clock.now(),
        owned,
        retired: undefined,
      });
      return connection;
    } catch (error) {
      if (signal.aborted) throw cancelled(signal.reason);
      const failure = connectError(error, messages, this.context);
      this.#failed.set(failure, token);
      throw failure;
    } finally {
      made?.removeListener('errorMessage', onMessage);
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** Ended by the server, the network or ourselves. */
  #gone(connection: Connection): void {
    const life = this.#lives.get(connection);
    this.#lives.delete(connection);
    if (life !== undefined && life.retired === undefined && !life.owned) this.#parts.counts.retired.broken++;
  }
}

/** Gives up waiting at once; a connection that comes all the same goes to `unwanted`. */
async function unlessAborted(
  opening: Promise<Connection>,
  signal: AbortSignal | undefined,
  unwanted: (connection: Connection) => void,
): Promise<Connection> {
  try {
    return await abortable(opening, signal);
  } catch (error) {
    if (signal?.aborted === true) opening.then(unwanted, () => undefined);
    throw error;
  }
}

/** tarn's TimeoutError has no name or code of its own; mssql puts this in front of it (base/connection-pool.js, _acquire). */
export function isPoolTimeout(error: unknown): boolean {
  return errorChain(error).some(({ message }) =>
    message.startsWith('Failed to acquire a connection from the pool'),
  );
}

/** mssql's and tarn's words for a pool that is being closed (base/connection-pool.js; tarn, Pool.js). */
function isClosing(error: unknown): boolean {
  return errorChain(error).some(
    (part) =>
      ('code' in part && part.code === 'ENOTOPEN') || /aborted|is closing|destroyed/i.test(part.message),
  );
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name} ${error.message.split('\n')[0] ?? ''}` : 'unknown failure';
}
