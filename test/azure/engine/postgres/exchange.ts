// One exchange with PostgreSQL on the extended (or simple) protocol: rows as text, handed on as fast as they are taken and no faster.
import type { Connection, Submittable } from 'pg';
import { PgError } from './pgError.ts';

export interface Field {
  name: string;
  /** OID of its PostgreSQL type. */
  dataTypeID: number;
}

export interface RowSink {
  onFields?(fields: readonly Field[]): void;
  /** A promise means: no more until it is settled. */
  onRow(values: (string | null)[]): Promise<void> | undefined;
}

export interface Ended {
  /** Rows changed or returned; 0 for commands without a count. */
  rowCount: number;
  /** First word of the command tag: SELECT, INSERT, … */
  command: string;
}

interface ErrorMessage {
  code?: string;
  message: string;
  detail?: string;
  schema?: string;
  table?: string;
  column?: string;
  constraint?: string;
  dataType?: string;
  where?: string;
  position?: string;
}

export interface ExchangeRequest {
  sql: string;
  /** undefined: the simple protocol, which takes several statements at once. */
  parameters?: readonly (string | null)[] | undefined;
  /** Wrap in this savepoint, in the same round trip; after an error the caller rolls back to it. */
  savepoint?: string | undefined;
}

/**
 * Given to pg's `client.query`. PostgreSQL's answer is read only as long as the sink takes rows: while it does not, the socket is
 * paused, and rows that were already read wait here (at most one chunk of the socket).
 */
export class Exchange implements Submittable {
  readonly ended: Promise<Ended>;
  private readonly request: ExchangeRequest;
  private readonly sink: RowSink;
  private resolve: (ended: Ended) => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;
  private connection: Connection | undefined;
  private waiting: (string | null)[][] = [];
  private paused = false;
  /** What to do once the waiting rows are through. */
  private finish: (() => void) | undefined;
  private sinkError: unknown;
  private tags: string[] = [];

  constructor(request: ExchangeRequest, sink: RowSink) {
    this.request = request;
    this.sink = sink;
    this.ended = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  submit(connection: Connection): void {
    this.connection = connection;
    const { sql, parameters, savepoint } = this.request;
    connection.stream.cork();
    if (parameters === undefined) {
      connection.query(savepoint === undefined ? sql : `SAVEPOINT ${savepoint};${sql};RELEASE ${savepoint}`);
    } else {
      if (savepoint !== undefined) step(connection, `SAVEPOINT ${savepoint}`, [], false);
      step(connection, sql, parameters, true);
      if (savepoint !== undefined) step(connection, `RELEASE ${savepoint}`, [], false);
      connection.sync();
    }
    connection.stream.uncork();
  }

  handleRowDescription(message: { fields: Field[] }): void {
    this.sink.onFields?.(message.fields);
  }

  handleDataRow(message: { fields: (string | null)[] }): void {
    if (this.paused) {
      this.waiting.push(message.fields);
      return;
    }
    const full = this.offer(message.fields);
    if (full !== undefined) this.pause(full);
  }

  handleCommandComplete(message: { text: string }): void {
    this.tags.push(message.text);
  }

  handleEmptyQuery(): void {
    this.tags.push('');
  }

  handlePortalSuspended(): void {
    // Every portal is executed without a row limit.
  }

  handleCopyInResponse(connection: Connection & { sendCopyFail?(reason: string): void }): void {
    connection.sendCopyFail?.('COPY is not used here');
  }

  handleCopyData(): void {
    // COPY is not used here.
  }

  handleError(error: Error | ErrorMessage): void {
    this.whenDrained(() => {
      this.reject(this.sinkError ?? toPgError(error));
    });
  }

  handleReadyForQuery(): void {
    this.whenDrained(() => {
      if (this.sinkError !== undefined) {
        this.reject(this.sinkError);
        return;
      }
      // SAVEPOINT, the statement, RELEASE: the statement's own tag is the last but one.
      const tag = (this.request.savepoint === undefined ? this.tags.at(-1) : this.tags.at(-2)) ?? '';
      const words = tag.split(' ');
      const count = Number(words.at(-1));
      this.resolve({ command: words[0] ?? '', rowCount: Number.isFinite(count) && tag !== '' ? count : 0 });
    });
  }

  private whenDrained(finish: () => void): void {
    if (this.paused) this.finish = finish;
    else finish();
  }

  /** A sink that throws ends the rows' way; PostgreSQL is read to its end all the same, or the connection would be lost. */
  private offer(values: (string | null)[]): Promise<void> | undefined {
    if (this.sinkError !== undefined) return undefined;
    try {
      return this.sink.onRow(values);
    } catch (error) {
      this.sinkError = error;
      return undefined;
    }
  }

  private pause(full: Promise<void>): void {
    this.paused = true;
    this.connection?.stream.pause();
    void this.drain(full);
  }

  private async drain(full: Promise<void>): Promise<void> {
    let next: Promise<void> | undefined = full;
    for (let i = 0; ; i++) {
      try {
        await next;
      } catch (error) {
        this.sinkError = error;
      }
      next = undefined;
      while (i < this.waiting.length && next === undefined) {
        next = this.offer(this.waiting[i] ?? []);
        if (next === undefined) i++;
      }
      if (next === undefined) break;
    }
    this.waiting = [];
    this.paused = false;
    if (this.finish === undefined) this.connection?.stream.resume();
    else {
      this.connection?.stream.resume();
      this.finish();
    }
  }
}

/** Parse, bind, (describe,) execute of one statement, without Sync. */
function step(
  connection: Connection,
  sql: string,
  parameters: readonly (string | null)[],
  describe: boolean,
): void {
  connection.parse({ name: '', text: sql, types: [] }, true);
  connection.bind({ portal: '', statement: '', values: [...parameters] }, true);
  if (describe) connection.describe({ type: 'P', name: '' }, true);
  connection.execute({ portal: '' }, true);
}

function toPgError(error: Error | ErrorMessage): PgError {
  if (!('code' in error) || error.code === undefined || !/^[0-9A-Z]{5}$/u.test(error.code)) {
    return new PgError({ code: '08006', message: error.message }, { cause: error });
  }
  const { code, message, detail, schema, table, column, constraint, dataType, position } = error;
  const where = [error.where, position === undefined ? undefined : `at character ${position}`]
    .filter(Boolean)
    .join(' ');
  return new PgError({ code, message, detail, schema, table, column, constraint, dataType, where });
}
