// The door to databases: takes a connection, runs, gives it back clean, and repeats only what cannot have happened twice.
import type { ConnectionProfile } from '../core/connection.ts';
import { AppError, cancelled, isAppError } from '../core/errors.ts';
import { onlyReads } from '../core/onlyReads.ts';
import type {
  BatchSink,
  ConnectionDiagnostics,
  Event,
  QueryResult,
  Sql,
  SqlSession,
  SqlStatement,
  TokenFacts,
} from '../core/ports.ts';
import { isTokenRefused, isTransient } from '../core/sqlErrors.ts';
import { poolNumbers } from './connectionState.ts';
import { commit, reset, rollBack, undone, withRemedies } from './outcome.ts';
import { OwnedSession } from './ownedSession.ts';
import { firstAttempt, Pools, type Attempt, type Opened, type Options, type PoolsParts } from './pools.ts';
import { collect, runRequest, wasNotSent } from './runRequest.ts';
import { serverKey } from './serverLimit.ts';

/** Ends whatever a caller may have left behind; a severity from 20 on ends the connection anyway (Learn, severity levels). */
const fatalClass = 20;
/** A server that restarts breaks every connection of a pool; more than this and it is something else. */
const mostRepeats = 2;

export class SqlDoor implements Sql {
  readonly #parts: PoolsParts;
  readonly #pools: Pools;
  readonly #sessions = new Map<OwnedSession, string>();
  readonly #listeners = new Set<(event: { connectionId: string }) => void>();

  constructor(parts: PoolsParts) {
    this.#parts = parts;
    this.#pools = new Pools(parts);
    this.onDidChangeWaiting = this.#pools.onDidChangeWaiting;
    this.onDidNeedSignIn = this.#pools.onDidNeedSignIn;
    parts.tokens.onDidChange(({ key }) => {
      for (const connectionId of this.#pools.usersOf(key)) {
        this.#pools.tokenCame(connectionId);
        this.#tokenChanged(connectionId);
      }
    });
    this.#pools.onDidShareToken(({ connectionId }) => this.#tokenChanged(connectionId));
  }

  readonly onDidChangeWaiting: Sql['onDidChangeWaiting'];
  readonly onDidNeedSignIn: Sql['onDidNeedSignIn'];
  readonly onDidChangeToken: Event<{ connectionId: string }> = (listener) => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  async query(
    profile: ConnectionProfile,
    statement: SqlStatement,
    options: Options = {},
  ): Promise<QueryResult> {
    const attempt = firstAttempt();
    let repeats = 0;
    let failure: AppError | undefined;
    for (;;) {
      const opened = await this.#take(profile, options, attempt, failure);
      const { sink, results, started } = collect();
      try {
        await this.#pooledRun(opened, statement, sink, options.signal);
        return results.at(-1) ?? { columns: [], rows: [] };
      } catch (error) {
        if (!isAppError(error)) throw error;
        // Signed out: silence, unless a write was on its way.
        if (opened.pool.isGone && error.code !== 'outcomeUnknown') throw cancelled(error);
        // Refused for the moment, and it only reads: the server is asked again after a while.
        failure = isTransient(error) && onlyReads(statement.text) ? error : undefined;
        const again =
          failure !== undefined ||
          (repeats++ < mostRepeats && this.#mayRepeat(error, statement, started(), attempt));
        if (!again) throw withRemedies(error, profile);
        if (isTokenRefused(error)) attempt.refused = this.#dropToken(opened);
        if (error.code === 'connectionLost') opened.pool.retireIdle();
        // What is waited for counts there.
        if (failure !== undefined) continue;
        this.#pools.countRetry(profile.id);
        this.#parts.log.info(`${profile.name}: ${error.message} Once more.`);
      }
    }
  }

  async transaction(
    profile: ConnectionProfile,
    statements: readonly SqlStatement[],
    options: Options = {},
  ): Promise<QueryResult[]> {
    const attempt = firstAttempt();
    for (let repeats = 0; ; repeats++) {
      const opened = await this.#take(profile, options, attempt);
      const { connection, pool } = opened;
      const { context } = pool;
      const { farewell } = this.#parts.times;
      let broken = true;
      let begun = false;
      let committing = false;
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
        if (options.signal?.aborted === true) throw cancelled(options.signal.reason);
        committing = true;
        await commit(connection, context, farewell, options.signal);
        broken = !(await reset(connection, farewell));
        return all;
      } catch (error) {
        const isLost = connection.closed;
        if (connection.inTransaction && !isLost) await this.#rollBack(opened);
        broken = connection.closed || connection.inTransaction || !(await reset(connection, farewell));
        if (pool.isGone && !committing) throw cancelled(error);
        const failure = committing ? error : undone(error, isLost, options.signal?.aborted === true);
        // Nothing but BEGIN was sent: once more is not twice.
        const lost = isAppError(failure, 'connectionLost');
        const tokenRefused = isAppError(failure) && isTokenRefused(failure) && attempt.refused === undefined;
        if (begun || repeats >= mostRepeats || !(lost || tokenRefused)) throw withRemedies(failure, profile);
        broken = true;
        if (tokenRefused) attempt.refused = this.#dropToken(opened);
        if (lost) pool.retireIdle();
        this.#pools.countRetry(profile.id);
      } finally {
        pool.give(connection, broken);
      }
    }
  }

  async openSession(profile: ConnectionProfile, options: Options = {}): Promise<SqlSession> {
    const opened = await this.#pools.connect(profile, options, (target, signal) => target.dial(signal));
    const { connection, pool } = opened;
    const session = new OwnedSession(
      connection,
      pool.context,
      (why) => pool.hangUp(connection, why),
      this.#parts.times.sessionLife,
      () => this.#dropToken(opened),
    );
    this.#sessions.set(session, profile.id);
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

  async testCredential(profile: ConnectionProfile, options: Options = {}): Promise<TokenFacts> {
    try {
      const { owner } = await this.#pools.token(profile, options);
      const facts = this.#parts.tokens.facts(owner);
      if (facts === undefined)
        throw new AppError('signInRequired', 'The token was dropped meanwhile. Sign in again.');
      return facts;
    } catch (error) {
      throw withRemedies(error, profile);
    }
  }

  tokenFacts(profile: ConnectionProfile): TokenFacts | undefined {
    try {
      return this.#parts.tokens.facts(this.#parts.owners.known(profile));
    } catch (error) {
      // A host that nobody confirmed has no token; that is what there is to show.
      if (isAppError(error)) return undefined;
      throw error;
    }
  }

  diagnostics(profile: ConnectionProfile): ConnectionDiagnostics | undefined {
    const state = this.#pools.state(profile.id);
    if (state === undefined) return undefined;
    const { tokens, limit, clock } = this.#parts;
    const facts = this.tokenFacts(profile);
    const server = serverKey(profile);
    return {
      connectionId: profile.id,
      ...poolNumbers(state),
      sessions: [...this.#sessions.values()].filter((id) => id === profile.id).length,
      maxPoolSize: profile.maxPoolSize,
      created: state.counts.created,
      failedLogins: state.counts.failedLogins,
      retired: { ...state.counts.retired },
      serverConnections: limit.open(server),
      serverLimit: limit.max,
      token:
        facts === undefined || state.owner === undefined
          ? undefined
          : {
              ...facts,
              minutesLeft: Math.max(0, Math.floor((facts.expiresOn - clock.now()) / 60_000)),
              refreshes: tokens.refreshes(state.owner),
            },
      serverTenant: this.#parts.owners.serverTenant(profile),
      retries: state.retries,
      lastFailure: state.lastFailure,
    };
  }

  cancelWaiting(connectionId: string): void {
    this.#pools.cancelWaiting(connectionId);
  }

  close(connectionId: string): Promise<void> {
    return this.#pools.close(connectionId, 'drain');
  }

  async signOut(connectionId: string): Promise<void> {
    // Whoever signs out must not be let in again by a token that is still remembered.
    const owner = this.#pools.state(connectionId)?.owner;
    if (owner !== undefined) this.#parts.tokens.forget(owner);
    for (const [session, id] of this.#sessions)
      if (id === connectionId) session.end('You signed out of this connection.');
    await this.#pools.close(connectionId, 'now');
    this.#tokenChanged(connectionId);
  }

  async dispose(): Promise<void> {
    this.#listeners.clear();
    this.#parts.tokens.dispose();
    this.#parts.owners.dispose();
    await Promise.all([
      ...[...this.#sessions.keys()].map((session) => session.close()),
      this.#pools.dispose(),
    ]);
  }

  /**
   * Whether a statement can be sent again without being carried out twice: it never left, the server refused it before doing
   * anything (37396), or it only reads and nobody has seen anything of it.
   */
  #mayRepeat(error: AppError, { text }: SqlStatement, started: boolean, { refused }: Attempt): boolean {
    if (isTokenRefused(error)) return !started && refused === undefined;
    if (wasNotSent(error)) return true;
    return onlyReads(text) && (error.code === 'connectionLost' || error.code === 'deadlock');
  }

  #dropToken({ owner, token }: Opened): string {
    if (token !== undefined) this.#parts.tokens.drop(owner, token);
    return token?.token ?? '';
  }

  #take(profile: ConnectionProfile, options: Options, attempt: Attempt, failure?: AppError): Promise<Opened> {
    return this.#pools.connect(profile, options, (pool, signal) => pool.take(signal), attempt, failure);
  }

  async #pooledRun(
    { connection, pool }: Opened,
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

  async #rollBack({ connection, pool }: Opened): Promise<void> {
    try {
      await rollBack(connection, pool.context, this.#parts.times.farewell);
    } catch (error) {
      const text = error instanceof Error ? error.message : 'unknown failure';
      this.#parts.log.warn(`Rolling back failed, the connection is closed instead: ${text}`);
    }
  }

  #tokenChanged(connectionId: string): void {
    for (const listener of this.#listeners) listener({ connectionId });
  }
}
