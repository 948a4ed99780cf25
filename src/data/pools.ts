// A connection to work on, whatever stands in the way: the token, a database that resumes, a token that was refused.
import type { Connection } from 'tedious';
import type { ConnectionProfile } from '../core/connection.ts';
import { AppError, cancelled, isAppError, type ErrorCode } from '../core/errors.ts';
import type { AccessToken, Clock, Event, Log, Waiting } from '../core/ports.ts';
import { isTokenRefused } from '../core/sqlErrors.ts';
import { emptyCounts, type ConnectionState } from './connectionState.ts';
import { withRemedies } from './outcome.ts';
import type { PoolTimes } from './poolConfig.ts';
import { serverKey, type ServerLimit } from './serverLimit.ts';
import type { TokenCache, TokenMode, TokenOwner } from './tokenCache.ts';
import type { TokenOwners } from './tokenOwners.ts';
import { TokenPool } from './tokenPool.ts';
import { noWait, WaitingRoom, type Wait } from './waitingRoom.ts';

export interface PoolsParts {
  tokens: TokenCache;
  owners: TokenOwners;
  limit: ServerLimit;
  clock: Clock;
  log: Log;
  applicationName: string;
  times: PoolTimes;
}

export interface Options {
  signal?: AbortSignal;
  gesture?: boolean;
}

/** A connection with what it belongs to. */
export interface Opened {
  connection: Connection;
  pool: TokenPool;
  owner: TokenOwner;
  /** With which the connection was opened: once it has ended, nobody else knows. */
  token: AccessToken | undefined;
}

/** What one request went through so far, over all its attempts. */
export interface Attempt {
  /** The token that the server refused. */
  refused: string | undefined;
  /** The server was asked for its tenant again. */
  askedAgain: boolean;
  /** A socket that was lost while logging in was replaced. */
  redialed: boolean;
  wait: Wait;
}

export const firstAttempt = (): Attempt => ({
  refused: undefined,
  askedAgain: false,
  redialed: false,
  wait: noWait(),
});

/** The server will not let this identity in until somebody changes something: what is still open is closed. */
const shutOut: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'loginRejected',
  'noUserInDatabase',
  'databaseNotFound',
  'firewallBlocked',
  'subnetBlocked',
  'publicAccessDisabled',
  'wrongTenant',
]);

type WaitingEvent = { connectionId: string; waiting: Waiting | undefined };
type SignInEvent = { connectionId: string; needed: boolean };

export class Pools {
  readonly #parts: PoolsParts;
  readonly #states = new Map<string, ConnectionState>();
  readonly #waitListeners = new Set<(event: WaitingEvent) => void>();
  readonly #signInListeners = new Set<(event: SignInEvent) => void>();
  readonly #shareListeners = new Set<(event: { connectionId: string }) => void>();
  #disposed = false;

  constructor(parts: PoolsParts) {
    this.#parts = parts;
  }

  readonly onDidChangeWaiting: Event<WaitingEvent> = (listener) => {
    this.#waitListeners.add(listener);
    return { dispose: () => this.#waitListeners.delete(listener) };
  };

  readonly onDidNeedSignIn: Event<SignInEvent> = (listener) => {
    this.#signInListeners.add(listener);
    return { dispose: () => this.#signInListeners.delete(listener) };
  };

  /** A connection came to use a token that was there already: nothing new for the others, but for its own facts. */
  readonly onDidShareToken: Event<{ connectionId: string }> = (listener) => {
    this.#shareListeners.add(listener);
    return { dispose: () => this.#shareListeners.delete(listener) };
  };

  /** What is known of a connection; undefined when it was never used. */
  state(connectionId: string): ConnectionState | undefined {
    return this.#states.get(connectionId);
  }

  /** A statement was sent again. */
  countRetry(connectionId: string): void {
    const state = this.#states.get(connectionId);
    if (state !== undefined) state.retries++;
  }

  /** Somebody signed in, through whichever connection. */
  tokenCame(connectionId: string): void {
    const state = this.#states.get(connectionId);
    if (state?.owner !== undefined && this.#parts.tokens.peek(state.owner) !== undefined)
      this.#needSignIn(state, false);
  }

  /** Connections whose tokens come from this owner. */
  usersOf(key: string): string[] {
    return [...this.#states]
      .filter(([, { owner }]) => owner !== undefined && this.#parts.tokens.key(owner) === key)
      .map(([id]) => id);
  }

  /** The token alone, with the tenant that the server names. @throws AppError */
  async token(
    profile: ConnectionProfile,
    { gesture, signal }: Options,
  ): Promise<{ owner: TokenOwner; token: AccessToken }> {
    const owner = await this.#parts.owners.of(profile, signal);
    return { owner, token: await this.#parts.tokens.get(owner, modeOf(gesture), signal) };
  }

  /**
   * A token first, then a connection; a refused token is replaced once, a database that is not there yet is waited for.
   * @param failure of a statement that may be sent again: it is waited for like one of the login
   * @throws AppError
   */
  async connect(
    profile: ConnectionProfile,
    options: Options,
    open: (pool: TokenPool, signal: AbortSignal | undefined) => Promise<Connection>,
    attempt: Attempt = firstAttempt(),
    failure?: AppError,
  ): Promise<Opened> {
    if (this.#disposed) throw cancelled();
    const state = this.#state(profile);
    const { endings } = state;
    const goOn = (): void => {
      if (state.endings !== endings) throw cancelled();
    };
    try {
      if (failure !== undefined) await this.#afterFailure(state, profile, failure, attempt, options);
      for (;;) {
        // Nothing stands in the way, nearly always: a promise for each step would cost more than the steps.
        const entering = state.room.enter(attempt.wait, options.signal, options.gesture === true);
        const signal = entering instanceof Promise ? await entering : entering;
        let pool: TokenPool | undefined;
        try {
          const asked = this.#parts.owners.of(profile, signal);
          const owner = asked instanceof Promise ? await asked : asked;
          goOn();
          const { owner: before } = state;
          const known = this.#parts.tokens.peek(owner);
          state.owner = owner;
          const token =
            this.#tokenAtHand(state, owner, options, attempt) ??
            (await this.#token(state, owner, options, attempt, signal));
          goOn();
          if (token === known && !this.#isSameOwner(before, owner))
            for (const listener of this.#shareListeners) listener({ connectionId: profile.id });
          pool = this.#pool(state, profile, owner, token);
          const connection = await open(pool, signal);
          state.room.over();
          return { connection, pool, owner, token: pool.tokenOf(connection) };
        } catch (error) {
          if (!isAppError(error)) throw error;
          await this.#afterFailure(state, profile, error, attempt, options, pool?.tokenOf(error));
        }
      }
    } catch (error) {
      throw withRemedies(error, profile);
    } finally {
      state.room.leave(attempt.wait);
    }
  }

  /** Ends all waiting for a connection. */
  cancelWaiting(connectionId: string): void {
    this.#states.get(connectionId)?.room.cancel();
  }

  /** Closes the pool. now: whatever it does, with the sessions that were dialed through it. */
  async close(connectionId: string, how: 'drain' | 'now'): Promise<void> {
    const state = this.#states.get(connectionId);
    if (state === undefined) return;
    if (how === 'now') state.endings++;
    state.room.cancel();
    await this.#end(state, how);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#waitListeners.clear();
    this.#signInListeners.clear();
    await Promise.all([...this.#states.keys()].map((id) => this.close(id, 'now')));
  }

  /** Prepares the next attempt, or throws. `used`: the token of a login that failed. */
  async #afterFailure(
    state: ConnectionState,
    profile: ConnectionProfile,
    error: AppError,
    attempt: Attempt,
    options: Options,
    used?: AccessToken,
  ): Promise<void> {
    const { tokens, owners, clock, log } = this.#parts;
    if (error.code === 'cancelled' || error.code === 'signInRequired') throw error;
    state.lastFailure = { code: error.code, number: error.server?.number, at: clock.now() };
    const { owner } = state;
    if (isTokenRefused(error) && attempt.refused === undefined && owner !== undefined) {
      // The source may hold the same token still; then a person is asked, or told.
      attempt.refused = used?.token ?? '';
      if (used !== undefined) tokens.drop(owner, used);
      log.info(`${profile.name}: the server says that the token has expired; getting another one.`);
      return;
    }
    // A socket that broke in mid-login: nothing was asked yet, so once more is not twice.
    if (error.code === 'connectionLost' && error.server === undefined && !attempt.redialed) {
      attempt.redialed = true;
      state.retries++;
      return;
    }
    if (error.code === 'loginRejected' && !attempt.askedAgain) {
      attempt.askedAgain = true;
      if (await owners.hasMoved(profile, owner?.credential.tenant, options.signal)) return;
    }
    const ms = state.room.after(error, attempt.wait, options.gesture === true);
    if (ms === false) {
      if (shutOut.has(error.code)) void this.#end(state, 'drain', error);
      throw this.#ofOtherTenant(error, profile, owner);
    }
    state.retries++;
    log.info(`${profile.name}: ${error.message} Trying again in ${ms / 1000} s.`);
  }

  async #end(state: ConnectionState, how: 'drain' | 'now', reason?: AppError): Promise<void> {
    const { pool } = state;
    state.pool = undefined;
    state.registration?.dispose();
    state.registration = undefined;
    if (pool !== undefined) state.ending.add(pool);
    const ending = how === 'now' ? [...state.ending] : pool === undefined ? [] : [pool];
    await Promise.all(
      ending.map(async (one) => {
        try {
          await one.end(how, reason);
        } catch (error) {
          this.#parts.log.debug(
            `Closing a pool: ${error instanceof Error ? error.message : 'unknown failure'}`,
          );
        } finally {
          state.ending.delete(one);
        }
      }),
    );
  }

  #isSameOwner(one: TokenOwner | undefined, other: TokenOwner): boolean {
    const { tokens } = this.#parts;
    return one !== undefined && tokens.key(one) === tokens.key(other);
  }

  #tokenAtHand(
    state: ConnectionState,
    owner: TokenOwner,
    { gesture }: Options,
    { refused }: Attempt,
  ): AccessToken | undefined {
    const token = this.#parts.tokens.ready(owner, modeOf(gesture));
    if (token === undefined || token.token === refused) return undefined;
    this.#needSignIn(state, false);
    return token;
  }

  async #token(
    state: ConnectionState,
    owner: TokenOwner,
    { gesture }: Options,
    { refused }: Attempt,
    signal: AbortSignal | undefined,
  ): Promise<AccessToken> {
    const { tokens } = this.#parts;
    try {
      let token = await tokens.get(owner, modeOf(gesture), signal);
      if (token.token === refused) {
        // Its source has no other one: only a person can help.
        if (gesture !== true) {
          tokens.drop(owner);
          throw new AppError(
            'signInRequired',
            `The server refused the token of ${token.who} as expired, and there is no newer one. Sign in again, and check this computer's clock.`,
          );
        }
        token = await tokens.get(owner, 'renew', signal);
      }
      this.#needSignIn(state, false);
      return token;
    } catch (error) {
      if (isAppError(error, 'signInRequired') && gesture !== true) this.#needSignIn(state, true);
      throw error;
    }
  }

  #pool(
    state: ConnectionState,
    profile: ConnectionProfile,
    owner: TokenOwner,
    { objectId, tenant }: AccessToken,
  ): TokenPool {
    const { clock, log, applicationName, limit, tokens, owners, times } = this.#parts;
    const { made } = state;
    const { cloud } = owner;
    const key = tokens.key(owner);
    const same =
      made?.objectId === objectId &&
      made.tenant === tenant &&
      made.key === key &&
      isSame(made.profile, profile) &&
      isSame(made.cloud, cloud);
    if (state.pool !== undefined && same) return state.pool;
    void this.#end(state, 'drain');
    const server = serverKey(profile);
    const pool = new TokenPool({
      profile,
      cloud,
      clock,
      log,
      applicationName,
      times,
      counts: state.counts,
      checkHost: (host) => owners.checkHost(host, profile, cloud),
      freshToken: () => tokens.get(owner, 'silent'),
      knownToken: () => tokens.peek(owner),
      serverTenant: (named) => owners.remember(profile, cloud, named),
      server: {
        enter: (holder, timeout, signal) => limit.enter(server, holder, timeout, signal),
        wants: (holder, patience) => limit.wants(server, holder, patience),
      },
    });
    state.registration = limit.register(server, pool);
    state.pool = pool;
    state.made = { profile, cloud, key, objectId, tenant };
    return pool;
  }

  /** A refused login says little; that the server belongs to another tenant than the token says all. */
  #ofOtherTenant(error: AppError, profile: ConnectionProfile, owner: TokenOwner | undefined): AppError {
    const server = this.#parts.owners.serverTenant(profile);
    const token = owner === undefined ? undefined : this.#parts.tokens.peek(owner);
    if (error.code !== 'loginRejected' || server === undefined || token === undefined) return error;
    if (token.tenant.toLowerCase() === server) return error;
    return new AppError(
      'wrongTenant',
      `${profile.server} belongs to tenant ${server}, but the token of ${token.who} is of tenant ${token.tenant}, so the login was refused. Choose the server's tenant, or an identity that belongs to it.`,
      { cause: error, ...(error.server === undefined ? {} : { server: error.server }) },
    );
  }

  #state(profile: ConnectionProfile): ConnectionState {
    let state = this.#states.get(profile.id);
    if (state === undefined) {
      state = {
        id: profile.id,
        counts: emptyCounts(),
        ending: new Set(),
        retries: 0,
        room: new WaitingRoom(profile.id, this.#parts.clock, (waiting) => {
          for (const listener of this.#waitListeners) listener({ connectionId: profile.id, waiting });
        }),
        needsSignIn: false,
        endings: 0,
      };
      this.#states.set(profile.id, state);
    }
    return state;
  }

  #needSignIn(state: ConnectionState, needed: boolean): void {
    if (state.needsSignIn === needed) return;
    state.needsSignIn = needed;
    for (const listener of this.#signInListeners) listener({ connectionId: state.id, needed });
  }
}

function modeOf(gesture: boolean | undefined): TokenMode {
  return gesture === true ? 'interactive' : 'silent';
}

/** Settings are read anew each time: the same words are the same thing. */
function isSame(a: object, b: object): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
