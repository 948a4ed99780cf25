// A pool of connections of one profile and identity, each opened with a token that was there before it dialed.
import mssql from 'mssql';
import type { Connection, ConnectionConfiguration } from 'tedious';
import { AppError, cancelled, type ServerMessage } from '../core/errors.ts';
import type { AccessToken, Clock, Log } from '../core/ports.ts';
import { transportError, type ErrorContext } from '../core/sqlErrors.ts';
import { abortable } from './abortable.ts';
import { ConnectionLives, type PoolCounts } from './connectionLives.ts';
import { waitForConnection, type Turnaway } from './connectionWait.ts';
import { connectError } from './errorChain.ts';
import { LoginGuard } from './loginGuard.ts';
import {
  driverConfig,
  ownAuthority,
  poolConfig,
  type Authority,
  type PoolTimes,
  type Target,
} from './poolConfig.ts';
import { describe, isClosing, isPoolTimeout } from './poolFailure.ts';
import { serverMessage } from './runRequest.ts';
import type { Evictable } from './serverLimit.ts';

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

export class TokenPool extends mssql.ConnectionPool implements Evictable {
  readonly #parts: TokenPoolParts;
  readonly #lives: ConnectionLives;
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
  /** Requests that wait for a connection; each is told when there will be none. */
  readonly #waiting = new Set<Turnaway>();
  /** How often a connection was handed out or given back; when that stands still, the pool is idle. */
  #handovers = 0;
  #quiet: NodeJS.Timeout | undefined;
  /** Sessions of query editors take places for themselves: the pool gives way to them too. */
  readonly #sessions: Evictable = { evictIdle: () => this.evictIdle() };

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
    this.#lives = new ConnectionLives({
      ...parts,
      connectTimeout: parts.profile.connectTimeout * 1000,
      onDidRetire: (reason) => parts.log.trace(`${parts.profile.name}: a connection ends (${reason}).`),
    });
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
    return { ...this.#lives.numbers, waiting: this.#waiting.size };
  }

  /** The token with which a connection was opened, or with which a login failed. */
  tokenOf(what: Connection | AppError): AccessToken | undefined {
    return what instanceof Error ? this.#failed.get(what) : this.#lives.tokenOf(what);
  }

  /**
   * A connection of one's own until {@link give} it back.
   * @throws AppError of the login, cancelled, tooBusy when all are in use
   */
  async take(signal?: AbortSignal): Promise<Connection> {
    for (;;) {
      const connection = await this.#next(signal);
      if (this.#lives.use(connection)) {
        this.#handovers++;
        return connection;
      }
      // It gave way to somebody else, or was lost, while it was being handed over.
      this.release(connection);
    }
  }

  /** `broken`: it is not handed out again. */
  give(connection: Connection, broken = false): void {
    if (broken || this.#ended !== undefined) this.#lives.retire(connection, broken ? 'broken' : 'closed');
    else if (this.#parts.server.wants(this, this.pending === 0 ? 0 : turn))
      this.#lives.retire(connection, 'evicted');
    else this.#lives.rest(connection);
    this.#handovers++;
    if (this.#ended === undefined) this.#quiet ??= this.#watchQuiet();
    this.release(connection);
  }

  /** A connection outside the pool, for a session that owns it until it calls {@link hangUp}. @throws AppError */
  async dial(signal?: AbortSignal): Promise<Connection> {
    return unlessAborted(this.#dial(true, signal), signal, (late) => this.hangUp(late, 'closed'));
  }

  /** Ends a connection that was dialed, on purpose. */
  hangUp(connection: Connection, why: 'closed' | 'idle'): void {
    this.#lives.retire(connection, why);
  }

  evictIdle(): boolean {
    const [oldest] = this.#lives.idle();
    if (oldest === undefined) return false;
    this.#lives.retire(oldest, 'evicted');
    return true;
  }

  /** After a burst of work, one connection stays for what comes next; the others would only keep others out. */
  #watchQuiet(): NodeJS.Timeout {
    const before = this.#handovers;
    return setTimeout(() => {
      const idle = this.#lives.idle();
      const isQuiet = before === this.#handovers;
      if (isQuiet) for (const connection of idle.slice(0, -1)) this.#lives.retire(connection, 'idle');
      this.#quiet = isQuiet || idle.length < 2 ? undefined : this.#watchQuiet();
    }, this.#parts.times.surplusLife);
  }

  /** The server went away: what nobody uses went with it, most likely, and is cheaper to open again than to find broken one by one. */
  retireIdle(): void {
    for (const connection of this.#lives.idle()) this.#lives.retire(connection, 'broken');
  }

  /** drain: what is in use ends when its work is done. now: everything ends, sessions of their own included. `reason` is what those get who wait. */
  async end(how: 'drain' | 'now', reason?: AppError): Promise<void> {
    this.#ended = how;
    this.#endReason ??= reason;
    if (how === 'now') this.#dialing.abort();
    // Nothing is handed out any more; who waits need not wait until what is in use has ended.
    for (const turnAway of this.#waiting) turnAway(this.#closed());
    clearTimeout(this.#quiet);
    const ending = how === 'now' ? this.#lives.all() : this.#lives.idle();
    for (const connection of ending) this.#lives.retire(connection, 'closed');
    // mssql refuses to close while it connects.
    await this.#connecting?.catch(() => undefined);
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined) this.#lives.retire(spare, 'closed');
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
      this.#lives.retire(spare, 'broken');
    }
    return this.#dial(false);
  }

  /** `connect()` opens one connection to try and destroys it: that one is kept. tarn destroys what was unused for long. */
  override _poolDestroy(connection: Connection): Promise<void> {
    if (this.#probing) {
      this.#spare = connection;
      return Promise.resolve();
    }
    this.#lives.retire(connection, this.#ended === undefined ? 'idle' : 'closed');
    return super._poolDestroy(connection);
  }

  override _poolValidate(connection: Connection): boolean | Promise<boolean> {
    if (!this.#lives.isGood(connection)) return false;
    const usable = super._poolValidate(connection);
    if (usable === false) this.#lives.retire(connection, 'broken');
    return usable;
  }

  #next(signal: AbortSignal | undefined): Promise<Connection> {
    return waitForConnection({
      acquire: (onQueue) => this.#acquire(onQueue),
      unwanted: (late) => this.give(late),
      waiting: this.#waiting,
      patience: this.#parts.times.acquireTimeout,
      overdue: () => (this.#isBusy ? this.#allInUse() : undefined),
      signal,
    });
  }

  get #isBusy(): boolean {
    return this.connected && this.borrowed >= this.#parts.profile.maxPoolSize;
  }

  /** `onQueue` is called when there is none free and none can be made. */
  async #acquire(onQueue: () => void): Promise<Connection> {
    // It would connect again.
    if (this.#ended !== undefined) throw this.#closed();
    try {
      if (!this.connected) await (this.#connecting ??= this.#open());
      if (this.connected && this.available === 0 && this.size >= this.#parts.profile.maxPoolSize) onQueue();
      return await this.acquire(this);
    } catch (error) {
      if (this.#ended !== undefined && isClosing(error)) throw this.#closed(error);
      if (isPoolTimeout(error)) {
        throw this.#isBusy ? this.#allInUse(error) : transportError('ETIMEOUT', this.context, error);
      }
      throw connectError(error, [], this.context);
    }
  }

  #closed(cause?: unknown): AppError {
    if (this.#ended === 'now') return cancelled(cause);
    // Its connection was edited meanwhile: there is another pool to ask.
    return this.#endReason ?? new AppError('connectionLost', 'This pool was closed.', { cause });
  }

  #allInUse(cause?: unknown): AppError {
    const { id, maxPoolSize } = this.#parts.profile;
    return new AppError(
      'tooBusy',
      `All ${maxPoolSize} connections of this pool have been in use for ${this.#parts.times.acquireTimeout / 1000} seconds. Wait for a running statement or cancel one; "Edit Connection" allows more.`,
      { remedies: [{ kind: 'retry' }, { kind: 'editConnection', connectionId: id }], cause },
    );
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
    const holder = owned ? this.#sessions : this;
    const leave = await this.#parts.server.enter(holder, this.#parts.times.acquireTimeout, stop);
    let open = false;
    try {
      // It is there already, unless the place was long in coming.
      const token = await abortable(this.#parts.freshToken(), stop);
      const connection = await this.#login(owned, token, stop);
      // Given up, or made to give way, in the very moment in which it was there: its end may have been told already.
      if (connection.closed) {
        this.#lives.gone(connection);
        throw stop.aborted ? cancelled(stop.reason) : transportError('ECLOSE', this.context);
      }
      open = true;
      connection.once('end', () => {
        leave();
        this.#lives.gone(connection);
      });
      log.debug(`Connected to ${profile.database} on ${profile.server}.`);
      log.trace(
        `${profile.name}: connection ${++counts.created}, at ${new Date(clock.now()).toISOString()}.`,
      );
      return connection;
    } finally {
      if (!open) leave();
    }
  }

  async #login(owned: boolean, token: AccessToken, signal: AbortSignal): Promise<Connection> {
    const { profile, cloud, counts } = this.#parts;
    const messages: ServerMessage[] = [];
    this.#making.connection = undefined;
    const guard = new LoginGuard({
      server: profile.server,
      cloud,
      connectTimeout: profile.connectTimeout * 1000,
      checkHost: this.#parts.checkHost,
      token: (tenant) => {
        this.#parts.serverTenant(tenant);
        return Promise.resolve(token);
      },
    });
    this.#making.guard = guard;
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
      this.#lives.add(connection, token, owned);
      return connection;
    } catch (error) {
      if (signal.aborted) throw cancelled(signal.reason);
      counts.failedLogins++;
      const failure = guard.refusal ?? connectError(error, messages, this.context);
      this.#failed.set(failure, token);
      throw failure;
    } finally {
      made?.removeListener('errorMessage', onMessage);
      signal.removeEventListener('abort', giveUp);
    }
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
