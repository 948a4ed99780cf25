// A connection to work on, whatever stands in the way: the token, the tenant, a database that resumes, a token that was refused.
import type { Connection } from 'tedious';
import type { Cloud } from '../core/cloud.ts';
import type { ConnectionProfile, CredentialKind } from '../core/connection.ts';
import { AppError, isAppError, type ErrorCode } from '../core/errors.ts';
import type { AccessToken, Clock, Event, Log, Waiting } from '../core/ports.ts';
import { waitBefore } from '../core/retryPolicy.ts';
import { isTokenRefused } from '../core/sqlErrors.ts';
import { emptyCounts, type ConnectionState } from './connectionState.ts';
import { withRemedies } from './outcome.ts';
import type { ServerLimit } from './serverLimit.ts';
import type { ServerTenants } from './serverTenants.ts';
import { probeTenant } from './tenantProbe.ts';
import type { TokenCache, TokenMode, TokenOwner } from './tokenCache.ts';
import { TokenPool } from './tokenPool.ts';
import type { TrustedHosts } from './trustedHosts.ts';

export interface PoolsParts {
  tokens: TokenCache;
  hosts: TrustedHosts;
  tenants: ServerTenants;
  limit: ServerLimit;
  clock: Clock;
  log: Log;
  applicationName: string;
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
}

/** What one request went through so far, over all its attempts. */
export interface Attempt {
  /** The token that the server refused. */
  refused: string | undefined;
  /** The server was asked for its tenant again. */
  askedAgain: boolean;
  /** A socket that was lost while logging in was replaced. */
  redialed: boolean;
  /** When it first failed in a way that passes by itself. */
  failingSince: number | undefined;
  /** It counts among those who wait. */
  waiting: boolean;
}

export const firstAttempt = (): Attempt => ({
  refused: undefined,
  askedAgain: false,
  redialed: false,
  failingSince: undefined,
  waiting: false,
});

/** Credentials of people, who may be guests in many tenants; an app's identity has one. */
const takesTenant: ReadonlySet<CredentialKind> = new Set<CredentialKind>([
  'vscode',
  'azureCli',
  'azureDeveloperCli',
  'azurePowerShell',
  'default',
  'visualStudioCode',
]);
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

export class Pools {
  readonly #parts: PoolsParts;
  readonly #states = new Map<string, ConnectionState>();
  readonly #waitListeners = new Set<
    (event: { connectionId: string; waiting: Waiting | undefined }) => void
  >();
  readonly #signInListeners = new Set<(event: { connectionId: string; needed: boolean }) => void>();

  constructor(parts: PoolsParts) {
    this.#parts = parts;
  }

  readonly onDidChangeWaiting: Event<{ connectionId: string; waiting: Waiting | undefined }> = (listener) => {
    this.#waitListeners.add(listener);
    return { dispose: () => this.#waitListeners.delete(listener) };
  };

  readonly onDidNeedSignIn: Event<{ connectionId: string; needed: boolean }> = (listener) => {
    this.#signInListeners.add(listener);
    return { dispose: () => this.#signInListeners.delete(listener) };
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

  /** The tenant that the server named, when it was asked. */
  serverTenant(profile: ConnectionProfile): string | undefined {
    try {
      return this.#parts.tenants.known(profile, this.#parts.hosts.cloudOf(profile)) || undefined;
    } catch (error) {
      if (isAppError(error)) return undefined;
      throw error;
    }
  }

  /** Connections whose tokens come from this owner. */
  usersOf(key: string): string[] {
    return [...this.#states]
      .filter(([, { owner }]) => owner !== undefined && this.#parts.tokens.key(owner) === key)
      .map(([id]) => id);
  }

  /** Whose token a connection uses, as far as is known without asking the server for its tenant. @throws AppError hostNotConfirmed */
  ownerOf(profile: ConnectionProfile): TokenOwner {
    const cloud = this.#parts.hosts.cloudOf(profile);
    return this.#bound(profile, cloud, this.#parts.tenants.known(profile, cloud));
  }

  /** The token alone, with the tenant that the server names. @throws AppError */
  async token(
    profile: ConnectionProfile,
    options: Options,
  ): Promise<{ owner: TokenOwner; token: AccessToken }> {
    const owner = await this.#owner(profile, options.signal);
    const token = await this.#parts.tokens.get(
      owner,
      options.gesture === true ? 'interactive' : 'silent',
      options.signal,
    );
    return { owner, token };
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
    const state = this.#state(profile);
    try {
      if (failure !== undefined) await this.#afterFailure(state, profile, failure, attempt, options);
      for (;;) {
        // Whoever comes while others wait for the database waits with them.
        if (state.trouble !== undefined) this.#joinWaiting(state, attempt);
        const signal = !attempt.waiting
          ? options.signal
          : AbortSignal.any([state.stop.signal, ...(options.signal === undefined ? [] : [options.signal])]);
        if (state.trouble?.sleeping !== undefined) await abortable(state.trouble.sleeping, signal);
        try {
          const owner = await this.#owner(profile, signal);
          state.owner = owner;
          const token = await this.#token(state, owner, options, attempt, signal);
          const pool = this.#pool(state, profile, owner, token);
          const opened = { connection: await open(pool, signal), pool, owner };
          state.trouble = undefined;
          return opened;
        } catch (error) {
          if (!isAppError(error)) throw error;
          await this.#afterFailure(state, profile, error, attempt, options);
        }
      }
    } catch (error) {
      throw withRemedies(error, profile);
    } finally {
      if (attempt.waiting) {
        attempt.waiting = false;
        if (--state.waiters === 0) {
          state.trouble = undefined;
          this.#tell(profile.id, undefined);
        }
      }
    }
  }

  /** Waits, or prepares the next attempt, or throws. */
  async #afterFailure(
    state: ConnectionState,
    profile: ConnectionProfile,
    error: AppError,
    attempt: Attempt,
    options: Options,
  ): Promise<void> {
    const { tokens, tenants, hosts, clock, log } = this.#parts;
    if (error.code === 'cancelled' || error.code === 'signInRequired') throw error;
    state.lastFailure = { code: error.code, number: error.server?.number, at: clock.now() };
    const { owner } = state;
    if (isTokenRefused(error) && attempt.refused === undefined && owner !== undefined) {
      // The source may hold the same token still; then a person is asked, or told.
      attempt.refused = tokens.peek(owner)?.token ?? '';
      tokens.drop(owner);
      log.info(`${profile.name}: the server says that the token has expired; getting another one.`);
      return;
    }
    // A socket that broke in mid-login: nothing was asked yet, so once more is not twice.
    if (error.code === 'connectionLost' && error.server === undefined && !attempt.redialed) {
      attempt.redialed = true;
      state.retries++;
      return;
    }
    const cloud = hosts.cloudOf(profile);
    if (error.code === 'loginRejected' && this.#parts.tenants.known(profile, cloud) !== undefined) {
      if (
        !attempt.askedAgain &&
        profile.credential.tenant === undefined &&
        takesTenant.has(profile.credential.kind)
      ) {
        const before = tenants.known(profile, cloud);
        attempt.askedAgain = true;
        tenants.forget(profile, cloud);
        await this.#owner(profile, options.signal);
        if (tenants.known(profile, cloud) !== before) return;
      }
    }
    const now = clock.now();
    const since = attempt.failingSince ?? now;
    const wait = waitBefore(error, state.trouble?.waits ?? 0, now - since);
    if (wait === undefined) {
      if (shutOut.has(error.code)) void this.#end(state, 'drain');
      throw this.#ofOtherTenant(error, profile, cloud, owner);
    }
    this.#joinWaiting(state, attempt);
    state.retries++;
    if (state.trouble?.sleeping !== undefined) return;
    const trouble = (state.trouble ??= { since, waits: 0, sleeping: undefined });
    trouble.waits++;
    log.info(`${profile.name}: ${error.message} Trying again in ${wait.ms / 1000} s.`);
    this.#tell(profile.id, {
      connectionId: profile.id,
      reason: wait.reason,
      since: trouble.since,
      until: now + wait.ms,
      attempt: trouble.waits,
      gesture: options.gesture === true,
    });
    // The wait is everybody's: one caller's giving up does not end it, giving up for all does.
    const sleeping = clock.sleep(wait.ms, state.stop.signal).finally(() => {
      trouble.sleeping = undefined;
    });
    sleeping.catch(() => undefined);
    trouble.sleeping = sleeping;
  }

  #joinWaiting(state: ConnectionState, attempt: Attempt): void {
    attempt.failingSince ??= this.#parts.clock.now();
    if (attempt.waiting) return;
    attempt.waiting = true;
    state.waiters++;
  }

  /** Ends all waiting for a connection. */
  cancelWaiting(connectionId: string): void {
    const state = this.#states.get(connectionId);
    if (state === undefined) return;
    state.stop.abort();
    state.stop = new AbortController();
  }

  /** Closes the pool. now: whatever it does, with the sessions that were dialed through it. */
  async close(connectionId: string, how: 'drain' | 'now'): Promise<void> {
    const state = this.#states.get(connectionId);
    if (state === undefined) return;
    this.cancelWaiting(connectionId);
    await this.#end(state, how);
  }

  async dispose(): Promise<void> {
    this.#waitListeners.clear();
    this.#signInListeners.clear();
    await Promise.all([...this.#states.keys()].map((id) => this.close(id, 'now')));
  }

  async #end(state: ConnectionState, how: 'drain' | 'now'): Promise<void> {
    const { pool } = state;
    state.pool = undefined;
    if (pool !== undefined) state.ending.add(pool);
    const ending = how === 'now' ? [...state.ending] : pool === undefined ? [] : [pool];
    await Promise.all(
      ending.map((one) =>
        one
          .end(how)
          .catch((error: unknown) => this.#parts.log.debug(`Closing a pool: ${textOf(error)}`))
          .finally(() => state.ending.delete(one)),
      ),
    );
  }

  async #owner(profile: ConnectionProfile, signal: AbortSignal | undefined): Promise<TokenOwner> {
    const { hosts, tenants, applicationName } = this.#parts;
    const cloud = hosts.cloudOf(profile);
    const { credential } = profile;
    if (credential.tenant !== undefined || !takesTenant.has(credential.kind)) return { cloud, credential };
    const tenant = await abortable(
      tenants.of(profile, cloud, () =>
        probeTenant({ profile, cloud, applicationName }, (host) => this.#checkHost(host, profile, cloud)),
      ),
      signal,
    );
    return this.#bound(profile, cloud, tenant);
  }

  #bound({ credential }: ConnectionProfile, cloud: Cloud, tenant: string | undefined): TokenOwner {
    if (tenant === undefined || tenant === '' || credential.tenant !== undefined)
      return { cloud, credential };
    return takesTenant.has(credential.kind)
      ? { cloud, credential: { ...credential, tenant } }
      : { cloud, credential };
  }

  async #token(
    state: ConnectionState,
    owner: TokenOwner,
    { gesture }: Options,
    { refused }: Attempt,
    signal: AbortSignal | undefined,
  ): Promise<AccessToken> {
    const { tokens } = this.#parts;
    const mode: TokenMode = gesture === true ? 'interactive' : 'silent';
    try {
      let token = await tokens.get(owner, mode, signal);
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
    token: AccessToken,
  ): TokenPool {
    const same =
      state.pool !== undefined &&
      state.objectId === token.objectId &&
      state.tenant === token.tenant &&
      (state.profile === profile || JSON.stringify(state.profile) === JSON.stringify(profile)) &&
      (state.cloud === owner.cloud || JSON.stringify(state.cloud) === JSON.stringify(owner.cloud));
    if (state.pool !== undefined && same) return state.pool;
    void this.#end(state, 'drain');
    const { clock, log, applicationName, limit, tokens, tenants } = this.#parts;
    const { cloud } = owner;
    const server = serverKey(profile);
    state.registration?.dispose();
    const pool = new TokenPool({
      profile,
      cloud,
      clock,
      log,
      applicationName,
      counts: state.counts,
      checkHost: (host) => this.#checkHost(host, profile, cloud),
      freshToken: () => tokens.get(owner, 'silent'),
      knownToken: () => tokens.peek(owner),
      serverTenant: (tenant) => tenants.remember(profile, cloud, tenant),
      enterServer: (timeout, signal) => limit.enter(server, timeout, signal),
    });
    state.registration = limit.register(server, pool);
    state.pool = pool;
    state.profile = profile;
    state.cloud = cloud;
    state.objectId = token.objectId;
    state.tenant = token.tenant;
    return pool;
  }

  /** The server itself was cleared by cloudOf; what is checked here are the places it sends us to. */
  #checkHost(host: string, profile: ConnectionProfile, cloud: Cloud): void {
    if (host !== profile.server) this.#parts.hosts.check(host, cloud, profile);
  }

  /** A refused login says little; that the server belongs to another tenant than the token says all. */
  #ofOtherTenant(
    error: AppError,
    profile: ConnectionProfile,
    cloud: Cloud,
    owner: TokenOwner | undefined,
  ): AppError {
    const server = this.#parts.tenants.known(profile, cloud);
    const token = owner === undefined ? undefined : this.#parts.tokens.peek(owner);
    if (
      error.code !== 'loginRejected' ||
      !server ||
      token === undefined ||
      token.tenant.toLowerCase() === server
    )
      return error;
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
        waiters: 0,
        retries: 0,
        stop: new AbortController(),
        needsSignIn: false,
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

  #tell(connectionId: string, waiting: Waiting | undefined): void {
    for (const listener of this.#waitListeners) listener({ connectionId, waiting });
  }
}

/** What the cap counts by. */
export function serverKey({ server, port }: ConnectionProfile): string {
  return `${server.toLowerCase()}:${port}`;
}

/** Ends one caller's waiting for what others wait for too. */
async function abortable<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return shared;
  let giveUp: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(new AppError('cancelled', 'Cancelled.', { cause: signal.reason }));
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([shared, aborted]);
  } finally {
    if (giveUp !== undefined) signal.removeEventListener('abort', giveUp);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown failure';
}
