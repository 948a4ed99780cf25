// The door to databases: gets a token, takes a connection, runs, and gives it back clean. Everything about expiry and retry ends here.
import type { Connection } from 'tedious';
import type { ConnectionProfile } from '../core/connection.ts';
import { AppError, isAppError } from '../core/errors.ts';
import type {
  AccessToken,
  BatchSink,
  Clock,
  Event,
  Log,
  QueryResult,
  Sql,
  SqlSession,
  SqlStatement,
  TokenFacts,
} from '../core/ports.ts';
import { isTokenRefused, isTransient } from '../core/sqlErrors.ts';
import { commit, reset, unknownOutcome, withRemedies } from './outcome.ts';
import { OwnedSession } from './ownedSession.ts';
import { collect, runRequest } from './runRequest.ts';
import type { TokenCache, TokenOwner } from './tokenCache.ts';
import { TokenPool } from './tokenPool.ts';
import type { TrustedHosts } from './trustedHosts.ts';

export interface SqlDoorParts {
  tokens: TokenCache;
  hosts: TrustedHosts;
  clock: Clock;
  log: Log;
  applicationName: string;
}

interface Options {
  signal?: AbortSignal;
  gesture?: boolean;
}

/** What an attempt knows of the one before it. */
interface Attempt extends Options {
  /** The server refused the last token: with a person there, not even the source's own cache is believed. */
  refused?: boolean;
}

/** The pool of one connection, for as long as its profile and identity stay the same. */
interface Pooled {
  pool: TokenPool;
  identity: string;
  token: AccessToken;
}

/** Waits between attempts at a login that fails for the moment (Learn: first after 5 s, then exponentially); 75 s cover a resume. */
const backOff = [5_000, 10_000, 20_000, 40_000];
/** Ends whatever a caller may have left behind; a severity from 20 on ends the connection anyway (Learn, severity levels). */
const fatalClass = 20;

export class SqlDoor implements Sql {
  readonly #parts: SqlDoorParts;
  readonly #pools = new Map<string, Pooled>();
  readonly #sessions = new Set<OwnedSession>();
  /** Whose token each connection used last. */
  readonly #owners = new Map<string, TokenOwner>();
  /** Which connections share a token. */
  readonly #users = new Map<string, Set<string>>();
  readonly #listeners = new Set<(event: { connectionId: string }) => void>();

  constructor(parts: SqlDoorParts) {
    this.#parts = parts;
    parts.tokens.onDidChange(({ key }) => {
      for (const connectionId of this.#users.get(key) ?? []) {
        for (const listener of this.#listeners) listener({ connectionId });
      }
    });
  }

  readonly onDidChangeToken: Event<{ connectionId: string }> = (listener) => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  async query(
    profile: ConnectionProfile,
    statement: SqlStatement,
    options: Options = {},
  ): Promise<QueryResult> {
    for (let attempt = 0; ; attempt++) {
      const { connection, pooled, owner } = await this.#take(profile, { ...options, refused: attempt > 0 });
      const { sink, results, started } = collect();
      try {
        await this.#pooledRun(connection, pooled, statement, sink, options.signal);
        return results.at(-1) ?? { columns: [], rows: [] };
      } catch (error) {
        // 37396 refuses the request before it does anything, so once more is not twice.
        if (attempt > 0 || started() || !isAppError(error) || !isTokenRefused(error)) {
          throw withRemedies(unknownOutcome(error, statement), profile);
        }
        this.#parts.log.info(`The token of ${profile.name} was refused; getting another one.`);
        this.#parts.tokens.drop(owner, pooled.token);
      }
    }
  }

  async transaction(
    profile: ConnectionProfile,
    statements: readonly SqlStatement[],
    options: Options = {},
  ): Promise<QueryResult[]> {
    for (let attempt = 0; ; attempt++) {
      const { connection, pooled, owner } = await this.#take(profile, { ...options, refused: attempt > 0 });
      const { context } = pooled.pool;
      let broken = true;
      let begun = false;
      try {
        await runRequest(
          connection,
          { text: 'BEGIN TRANSACTION;\nSET XACT_ABORT ON;' },
          collect().sink,
          context,
          options.signal,
        );
        begun = true;
        const all: QueryResult[] = [];
        for (const statement of statements) {
          const { sink, results } = collect();
          await runRequest(connection, statement, sink, context, options.signal);
          all.push(...results);
        }
        // From here on nobody may interrupt: an answer that is not read leaves the outcome open.
        await commit(connection, context);
        broken = !(await reset(connection));
        return all;
      } catch (error) {
        if (connection.inTransaction && !connection.closed) {
          await runRequest(
            connection,
            { text: 'IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;' },
            collect().sink,
            context,
          ).catch((failure: unknown) => {
            this.#parts.log.warn(`Rolling back failed, the connection is closed instead: ${textOf(failure)}`);
          });
        }
        broken = connection.closed || connection.inTransaction || !(await reset(connection));
        if (begun || attempt > 0 || !isAppError(error) || !isTokenRefused(error))
          throw withRemedies(error, profile);
        broken = true;
        this.#parts.tokens.drop(owner, pooled.token);
      } finally {
        pooled.pool.give(connection, broken);
      }
    }
  }

  async openSession(profile: ConnectionProfile, options: Options = {}): Promise<SqlSession> {
    const { connection, pooled } = await this.#connect(profile, options, (pool) => pool.dial(options.signal));
    const session = new OwnedSession(connection, pooled.pool.context);
    this.#sessions.add(session);
    connection.once('end', () => this.#sessions.delete(session));
    return session;
  }

  async test(
    profile: ConnectionProfile,
    options: Options = {},
  ): Promise<{ token: TokenFacts; serverVersion: string; user: string }> {
    const { rows } = await this.query(
      profile,
      { text: 'SELECT @@VERSION AS [version], USER_NAME() AS [user];' },
      options,
    );
    const token = this.tokenFacts(profile);
    if (token === undefined)
      throw new AppError('signInRequired', 'The token was dropped meanwhile. Sign in again.');
    const [version, user] = rows[0] ?? [];
    return {
      token,
      serverVersion: typeof version === 'string' ? version : '',
      user: typeof user === 'string' ? user : '',
    };
  }

  tokenFacts(profile: ConnectionProfile): TokenFacts | undefined {
    try {
      return this.#parts.tokens.facts(this.#owner(profile));
    } catch (error) {
      // A host that nobody confirmed has no token; that is what there is to show.
      if (isAppError(error)) return undefined;
      throw error;
    }
  }

  async close(connectionId: string): Promise<void> {
    const pooled = this.#pools.get(connectionId);
    this.#pools.delete(connectionId);
    // Whoever signs out must not be let in again by a token that is still remembered.
    const owner = this.#owners.get(connectionId);
    this.#owners.delete(connectionId);
    if (owner !== undefined) this.#parts.tokens.drop(owner);
    await pooled?.pool.end();
  }

  async dispose(): Promise<void> {
    this.#listeners.clear();
    this.#parts.tokens.dispose();
    await Promise.all([
      ...[...this.#sessions].map((session) => session.close()),
      ...[...this.#pools.keys()].map((id) => this.close(id)),
    ]);
  }

  #owner(profile: ConnectionProfile): TokenOwner {
    return { cloud: this.#parts.hosts.cloudOf(profile), credential: profile.credential };
  }

  #take(
    profile: ConnectionProfile,
    options: Attempt,
  ): Promise<{ connection: Connection; pooled: Pooled; owner: TokenOwner }> {
    return this.#connect(profile, options, (pool) => pool.take(options.signal));
  }

  /** A token first, then a connection; a refused token is replaced once, a database that is not there yet is waited for. */
  async #connect(
    profile: ConnectionProfile,
    options: Attempt,
    open: (pool: TokenPool) => Promise<Connection>,
  ): Promise<{ connection: Connection; pooled: Pooled; owner: TokenOwner }> {
    const { tokens, clock, log } = this.#parts;
    const owner = this.#owner(profile);
    this.#owners.set(profile.id, owner);
    const users = this.#users.get(tokens.key(owner)) ?? new Set();
    this.#users.set(tokens.key(owner), users.add(profile.id));
    let refused = options.refused === true;
    let waits = 0;
    for (;;) {
      try {
        const mode = options.gesture !== true ? 'silent' : refused ? 'renew' : 'interactive';
        const token = await tokens.get(owner, mode, options.signal);
        const pooled = this.#pool(profile, owner, token);
        return { connection: await open(pooled.pool), pooled, owner };
      } catch (error) {
        if (!isAppError(error)) throw error;
        const wait = backOff[waits];
        if (isTokenRefused(error) && !refused) {
          refused = true;
          tokens.drop(owner);
        } else if (isTransient(error) && error.server !== undefined && wait !== undefined) {
          waits++;
          log.info(`${profile.name}: ${error.message} Trying again in ${wait / 1000} s.`);
          await clock.sleep(wait, options.signal);
        } else {
          throw withRemedies(error, profile);
        }
      }
    }
  }

  #pool(profile: ConnectionProfile, owner: TokenOwner, token: AccessToken): Pooled {
    const identity = JSON.stringify([profile, owner.cloud, token.objectId, token.tenant]);
    const existing = this.#pools.get(profile.id);
    if (existing?.identity === identity) {
      existing.token = token;
      return existing;
    }
    if (existing !== undefined) {
      existing.pool
        .end()
        .catch((error: unknown) => this.#parts.log.debug(`Closing a pool: ${textOf(error)}`));
    }
    const { clock, log, hosts, applicationName } = this.#parts;
    const pool = new TokenPool({
      profile,
      cloud: owner.cloud,
      clock,
      log,
      applicationName,
      checkHost: (host) => {
        // The server itself was cleared by cloudOf; what is checked here are the places it sends us to.
        if (host !== profile.server) hosts.check(host, owner.cloud, profile);
      },
      token: () => pooled.token,
    });
    const pooled: Pooled = { pool, identity, token };
    this.#pools.set(profile.id, pooled);
    return pooled;
  }

  async #pooledRun(
    connection: Connection,
    { pool }: Pooled,
    statement: SqlStatement,
    sink: BatchSink,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let broken = true;
    try {
      // Wrapped, so that a SET does not outlive the statement on a connection that others use next.
      await runRequest(connection, statement, sink, pool.context, signal, true);
      broken = connection.inTransaction;
    } catch (error) {
      // A statement's error leaves the connection as it was; a refused token, a lost socket or a fatal error does not.
      broken =
        connection.closed ||
        connection.inTransaction ||
        !isAppError(error) ||
        isTokenRefused(error) ||
        error.code === 'connectionLost' ||
        (error.server?.class ?? 0) >= fatalClass;
      throw error;
    } finally {
      pool.give(connection, broken);
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown failure';
}
