// One physical connection that a query editor owns from its first run to its close: its SET options, temp tables and transactions.
import type { Connection } from 'tedious';
import { AppError } from '../core/errors.ts';
import type { BatchSink, Event, SqlSession, SqlStatement } from '../core/ports.ts';
import type { ErrorContext } from '../core/sqlErrors.ts';
import { runRequest } from './runRequest.ts';

interface Loss {
  reason: string;
  hadTransaction: boolean;
  hadState: boolean;
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
  readonly #hangUp: () => void;
  readonly #listeners = new Set<(loss: Loss) => void>();
  #closed = false;
  #running: Promise<void> | undefined;
  /** A batch has run, so there may be temp tables and SET options. */
  #used = false;
  #lastError: string | undefined;

  /** `hangUp` ends the connection. */
  constructor(connection: Connection, context: ErrorContext, hangUp: () => void) {
    this.#connection = connection;
    this.#context = context;
    this.#hangUp = hangUp;
    connection.on('error', (error) => {
      this.#lastError = error.message;
    });
    connection.on('end', () => this.#lost());
  }

  /** Depth is not on the wire: 1 stands for "one or more". Asking @@TRANCOUNT would change @@ROWCOUNT under the person's hands. */
  get openTransactions(): number {
    return !this.#closed && this.#connection.inTransaction ? 1 : 0;
  }

  get closed(): boolean {
    return this.#closed;
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
    this.#used = true;
    const run = runRequest(this.#connection, batch, sink, this.#context, signal);
    this.#running = run;
    try {
      await run;
    } finally {
      this.#running = undefined;
    }
  }

  /** Ends it as a loss: whoever works with it is told why. */
  end(reason: string): void {
    this.#lastError = reason;
    this.#hangUp();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#listeners.clear();
    const ended = new Promise<void>((resolve) => this.#connection.once('end', resolve));
    this.#hangUp();
    await ended;
  }

  #lost(): void {
    if (this.#closed) return;
    const loss = {
      reason: this.#lastError ?? `${this.#context.server} closed the connection.`,
      hadTransaction: this.#connection.inTransaction,
      hadState: this.#used,
    };
    this.#closed = true;
    for (const listener of this.#listeners) listener(loss);
    this.#listeners.clear();
  }
}
