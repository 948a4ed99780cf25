// One physical connection that a query editor owns from its first run to its close: its SET options, temp tables and transactions.
import type { Connection } from 'tedious';
import { AppError, isAppError } from '../core/errors.ts';
import { onlyReads } from '../core/onlyReads.ts';
import type { BatchSink, Event, SqlSession, SqlStatement } from '../core/ports.ts';
import { keptBy, type Kept } from '../core/sessionState.ts';
import { isTokenRefused, isTokenRefusal, type ErrorContext } from '../core/sqlErrors.ts';
import { runRequest } from './runRequest.ts';

interface Loss {
  reason: string;
  hadTransaction: boolean;
  kept: readonly Kept[];
}

declare module 'tedious' {
  interface Connection {
    /** Kept by tedious from ENVCHANGE types 8, 9 and 10 (MS-TDS 2.2.7.9). */
    inTransaction: boolean;
  }
}

/**
 * A tedious connection outside the pool: mssql's Request would only stand between the editor and ATTENTION, and a pool of one could
 * replace the connection unseen.
 */
export class OwnedSession implements SqlSession {
  readonly #connection: Connection;
  readonly #context: ErrorContext;
  readonly #hangUp: (why: 'closed' | 'idle') => void;
  readonly #idleLife: number;
  readonly #tokenRefused: () => void;
  readonly #listeners = new Set<(loss: Loss) => void>();
  #closed = false;
  #running: Promise<void> | undefined;
  readonly #kept = new Set<Kept>();
  /** No batch did more than read: the server remembers nothing of it that a new session would not have too. */
  #onlyRead = true;
  #idle: NodeJS.Timeout | undefined;
  #lastError: string | undefined;

  /**
   * `hangUp` ends the connection. `idleLife`: how long one that nothing would be lost with is kept unused; milliseconds. `tokenRefused`
   * is told when the server takes the token of this connection no more.
   */
  constructor(
    connection: Connection,
    context: ErrorContext,
    hangUp: (why: 'closed' | 'idle') => void,
    idleLife: number,
    tokenRefused: () => void,
  ) {
    this.#connection = connection;
    this.#context = context;
    this.#hangUp = hangUp;
    this.#idleLife = idleLife;
    this.#tokenRefused = tokenRefused;
    connection.on('error', (error) => {
      this.#lastError = error.message;
    });
    connection.on('end', () => this.#lost());
    connection.on('databaseChange', (database) => {
      if (database.toLowerCase() === context.database.toLowerCase()) this.#kept.delete('database');
      else this.#kept.add('database');
    });
    this.#rest();
  }

  /** Depth is not on the wire: 1 stands for "one or more". Asking @@TRANCOUNT would change @@ROWCOUNT under the person's hands. */
  get openTransactions(): number {
    return !this.#closed && this.#connection.inTransaction ? 1 : 0;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get kept(): readonly Kept[] {
    return [...this.#kept];
  }

  readonly onDidLose: Event<Loss> = (listener) => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  async run(batch: SqlStatement, sink: BatchSink, signal?: AbortSignal): Promise<void> {
    if (this.#closed) {
      throw new AppError('connectionLost', 'This session has ended. The next run opens a new one.', {
        remedies: [{ kind: 'retry' }],
      });
    }
    if (this.#running !== undefined) {
      throw new AppError('invalidInput', 'A batch is still running in this session.');
    }
    clearTimeout(this.#idle);
    for (const kept of keptBy(batch.text)) this.#kept.add(kept);
    this.#onlyRead &&= onlyReads(batch.text);
    const run = runRequest(this.#connection, batch, withoutTokenRefusal(sink), this.#context, signal);
    this.#running = run;
    try {
      await run;
    } catch (error) {
      if (isAppError(error) && isTokenRefused(error)) this.#tokenEnded(error.message);
      throw error;
    } finally {
      this.#running = undefined;
      this.#rest();
    }
  }

  /** The server would answer every batch to come alike (37396 leaves the connection open). Who had nothing in it loses nothing. */
  #tokenEnded(reason: string): void {
    this.#tokenRefused();
    if (this.#closed) return;
    if (this.#kept.size === 0 && !this.#connection.inTransaction) {
      this.#endQuietly();
      return;
    }
    this.#lastError = reason;
    this.#lost();
    this.#hangUp('closed');
  }

  /** Nobody is told: the next run opens another one and finds everything as it was. A serverless database may pause meanwhile. */
  #rest(): void {
    if (this.#closed || !this.#onlyRead || this.#kept.size > 0 || this.#connection.inTransaction) return;
    this.#idle = setTimeout(() => this.#endQuietly('idle'), this.#idleLife);
  }

  #endQuietly(why: 'closed' | 'idle' = 'closed'): void {
    this.#closed = true;
    clearTimeout(this.#idle);
    this.#listeners.clear();
    this.#hangUp(why);
  }

  /** Ends it as a loss: whoever works with it is told why. */
  end(reason: string): void {
    this.#lastError = reason;
    this.#hangUp('closed');
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#idle);
    this.#listeners.clear();
    const ended = new Promise<void>((resolve) => this.#connection.once('end', resolve));
    this.#hangUp('closed');
    await ended;
  }

  #lost(): void {
    if (this.#closed) return;
    const loss = {
      reason: this.#lastError ?? `${this.#context.server} closed the connection.`,
      hadTransaction: this.#connection.inTransaction,
      kept: this.kept,
    };
    this.#closed = true;
    clearTimeout(this.#idle);
    for (const listener of this.#listeners) listener(loss);
    this.#listeners.clear();
  }
}

/** That the token has ended is for the one who can do something about it, not a message of the batch. */
function withoutTokenRefusal(sink: BatchSink): BatchSink {
  return {
    columns: (columns) => sink.columns(columns),
    rows: (rows) => sink.rows(rows),
    statementDone: (count) => sink.statementDone(count),
    message: (message) => {
      if (!isTokenRefusal(message.number)) sink.message(message);
    },
  };
}
