// One connection to one database: statements that fail or are cancelled leave the transaction alive, rows come with back-pressure.
import { Client } from 'pg';
import { Exchange } from './exchange.ts';
import type { Ended, ExchangeRequest, Field, RowSink } from './exchange.ts';
import { PgError } from './pgError.ts';

export type PgIsolation = 'read committed' | 'repeatable read' | 'serializable';

export interface QueryResult {
  rows: Record<string, unknown>[];
  rowCount: number;
}

export interface ConnectionAddress {
  host: string;
  port: number;
  database: string;
  password?: string | undefined;
}

const statementSavepoint = 'tsql_statement';

/** Types that `query` turns into JavaScript values; everything else stays text, exact. */
const typed: Record<number, (text: string) => unknown> = {
  16: (text) => text === 't',
  17: (text) => Buffer.from(text.slice(2), 'hex'),
  20: (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text),
  21: Number,
  23: Number,
  26: Number,
  700: Number,
  701: Number,
};

export class PgConnection {
  readonly pid: number;
  private readonly client: Client;
  private readonly cancelBackend: (pid: number) => Promise<void>;
  private last: Promise<unknown> = Promise.resolve();
  private cancelling: Promise<void> | undefined;
  private running = false;
  private depth = 0;
  private open = false;
  private closed = false;

  private constructor(client: Client, pid: number, cancelBackend: (pid: number) => Promise<void>) {
    this.client = client;
    this.pid = pid;
    this.cancelBackend = cancelBackend;
  }

  /** @throws PgError 3D000 when there is no such database. */
  static async connect(
    address: ConnectionAddress,
    cancelBackend: (pid: number) => Promise<void>,
  ): Promise<PgConnection> {
    const client = new Client({
      host: address.host,
      port: address.port,
      user: 'sa',
      database: address.database,
      ...(address.password === undefined ? {} : { password: address.password }),
    });
    // A dying server ends connections: each pending exchange is told, nothing more is to be done.
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return new PgConnection(client, rows[0]?.pid ?? 0, cancelBackend);
  }

  /** Whether a transaction is open (BEGIN seen, not yet ended). */
  get inTransaction(): boolean {
    return this.open;
  }

  /** Rows as objects; see `typed` for what is not text. @throws PgError */
  async query(sql: string, parameters: readonly unknown[] = []): Promise<QueryResult> {
    const rows: Record<string, unknown>[] = [];
    let fields: readonly Field[] = [];
    const { rowCount } = await this.exchange(
      { sql, parameters: parameters.map(toText) },
      {
        onFields: (found) => {
          fields = found;
        },
        onRow: (values) => {
          const row: Record<string, unknown> = {};
          for (const [i, field] of fields.entries()) {
            const value = values[i] ?? null;
            row[field.name] = value === null ? null : (typed[field.dataTypeID]?.(value) ?? value);
          }
          rows.push(row);
          return undefined;
        },
      },
    );
    return { rows, rowCount };
  }

  /** Rows as arrays of text, as they come. @throws PgError */
  stream(
    sql: string,
    parameters: readonly unknown[],
    sink: {
      onColumns?(count: number): void;
      onRow(values: (string | null)[]): Promise<void> | undefined;
    },
  ): Promise<Ended> {
    return this.exchange(
      { sql, parameters: parameters.map(toText) },
      {
        onRow: (values) => sink.onRow(values),
        onFields: (fields) => sink.onColumns?.(fields.length),
      },
    );
  }

  /** Several statements separated by semicolons, without parameters and results; one savepoint around them all. @throws PgError */
  async script(sql: string): Promise<void> {
    await this.exchange({ sql }, { onRow: () => undefined });
  }

  /**
   * Several exchanges that succeed or fail together: a transaction when none is open, else one savepoint. May be nested.
   * @throws what `work` throws, after everything it did was undone
   */
  async atomic<T>(work: () => Promise<T>): Promise<T> {
    const outer = !this.open;
    const savepoint = `tsql_atomic_${String(this.depth)}`;
    await this.control(outer ? 'BEGIN' : `SAVEPOINT ${savepoint}`);
    this.open = true;
    this.depth += 1;
    try {
      const result = await work();
      await this.control(outer ? 'COMMIT' : `RELEASE ${savepoint}`);
      if (outer) this.open = false;
      return result;
    } catch (error) {
      if (!this.closed)
        await this.control(outer ? 'ROLLBACK' : `ROLLBACK TO ${savepoint};RELEASE ${savepoint}`);
      if (outer) this.open = false;
      throw error;
    } finally {
      this.depth -= 1;
    }
  }

  async begin(isolation: PgIsolation = 'read committed'): Promise<void> {
    await this.control(`BEGIN ISOLATION LEVEL ${isolation}`);
    this.open = true;
  }

  /** @throws PgError when a deferred check or a serialization failure refuses it; the transaction is gone then. */
  async commit(): Promise<void> {
    try {
      await this.control('COMMIT');
    } finally {
      this.open = false;
    }
  }

  async rollback(): Promise<void> {
    try {
      await this.control('ROLLBACK');
    } finally {
      this.open = false;
    }
  }

  /** SAVE TRANSACTION: names may be anything. */
  async savepoint(name: string): Promise<void> {
    await this.control(`SAVEPOINT ${savepointName(name)}`);
  }

  async rollbackTo(name: string): Promise<void> {
    await this.control(`ROLLBACK TO ${savepointName(name)}`);
  }

  /** Stops what runs now; nothing happens when nothing runs. The next statement waits until the signal was delivered. */
  async cancel(): Promise<void> {
    if (!this.running) return;
    this.cancelling ??= this.cancelBackend(this.pid).finally(() => {
      this.cancelling = undefined;
    });
    await this.cancelling;
  }

  /** Stops what runs, rolls back and ends the connection. May be called again. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.open = false;
    // A server process does not notice that nobody listens until it writes: what runs is stopped first.
    try {
      await this.cancel();
    } catch (error) {
      // The server itself is gone, and what ran with it.
      if (!(error instanceof PgError) || error.code !== '08006') throw error;
    }
    await this.client.end();
  }

  private control(sql: string): Promise<Ended> {
    return this.exclusive(() => this.submit({ sql }, { onRow: () => undefined }));
  }

  private exchange(request: ExchangeRequest, sink: RowSink): Promise<Ended> {
    return this.exclusive(async () => {
      const guarded = this.open && this.depth === 0;
      if (!guarded) return await this.submit(request, sink);
      try {
        return await this.submit({ ...request, savepoint: statementSavepoint }, sink);
      } catch (error) {
        if (error instanceof PgError && error.code !== '08006') {
          const nothing: RowSink = { onRow: () => undefined };
          await this.submit(
            { sql: `ROLLBACK TO ${statementSavepoint};RELEASE ${statementSavepoint}` },
            nothing,
          );
        }
        throw error;
      }
    });
  }

  private async submit(request: ExchangeRequest, sink: RowSink): Promise<Ended> {
    if (this.cancelling !== undefined) await this.cancelling;
    if (this.closed) throw new PgError({ code: '08006', message: 'The connection is closed.' });
    this.running = true;
    try {
      return await this.client.query(new Exchange(request, sink)).ended;
    } finally {
      this.running = false;
    }
  }

  /** One exchange after the other, whoever asks. */
  private exclusive<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work, work);
    this.last = turn.catch(() => undefined);
    return turn;
  }
}

function savepointName(name: string): string {
  return `"s${Buffer.from(name.toLowerCase(), 'utf8').toString('hex').slice(0, 60)}"`;
}

/** A parameter as PostgreSQL's text format. */
function toText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array)
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')}`;
  if (Array.isArray(value)) {
    const items = value.map((item) => {
      const text = toText(item);
      return text === null ? 'NULL' : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
    });
    return `{${items.join(',')}}`;
  }
  return JSON.stringify(value);
}
