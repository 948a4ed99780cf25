// One query editor: its session from first run to close, the run that is going on, and the results of the last one.
import { scriptLine, type Batch } from '../core/batch.ts';
import { undeclaredVariables } from '../core/batchVariables.ts';
import type { ConnectionProfile } from '../core/connection.ts';
import { AppError, cancelled, isAppError, type ServerMessage } from '../core/errors.ts';
import type { GridNote, RunPhase } from '../core/gridMessages.ts';
import type { BatchSink, Cell, Clock, Disposable, Event, Parameter, Sql, SqlSession } from '../core/ports.ts';
import { describeParameters, type QueryParameter } from '../core/queryParameter.ts';
import type { ResultSet, RowStores } from '../core/resultSet.ts';
import { newSessionText, sameSession, sessionLossText } from '../core/sessionLoss.ts';

export interface QueryEditorParts {
  sql: Pick<Sql, 'openSession' | 'query'>;
  /** Loaded with the data side, on the first run. */
  rowStores: () => Promise<RowStores>;
  clock: Clock;
}

/** A set with the number that the page knows it by; never used twice in an editor. */
export interface NumberedSet extends ResultSet {
  readonly id: number;
}

/** Asks a person for values. @throws AppError cancelled */
export type AskParameters = (parameters: readonly QueryParameter[]) => Promise<readonly Parameter[]>;

export type EndTransaction = 'commit' | 'rollback';

/** How often at most listeners hear of new rows and messages, in milliseconds. */
const changeInterval = 100;
/** More would only make the page slow; a batch that prints in a loop easily has millions. */
const noteLimit = 10_000;
/** Levels of a transaction that are committed one by one. */
const nestingLimit = 1000;

export class QueryEditor {
  readonly #parts: QueryEditorParts;
  readonly #listeners = new Set<() => void>();
  #profile: ConnectionProfile;
  #session: SqlSession | undefined;
  #lossSubscription: Disposable | undefined;
  #abort: AbortController | undefined;
  #phase: RunPhase = 'idle';
  #run = 0;
  #startedAt = 0;
  #endedAt = 0;
  #sets: NumberedSet[] = [];
  #notes: GridNote[] = [];
  #problem: AppError | undefined;
  #nextSet = 1;
  /** What the next run says of the session before, when that took something with it. */
  #gone: string | undefined;
  /** Whoever waits for the end of the run. */
  #waiters: (() => void)[] = [];
  #changePending = false;
  #disposed = false;

  constructor(parts: QueryEditorParts, profile: ConnectionProfile) {
    this.#parts = parts;
    this.#profile = profile;
  }

  /** Fires when anything below changed; at most ten times a second while rows arrive. */
  readonly onDidChange: Event<void> = (listener) => {
    const call = (): void => listener();
    this.#listeners.add(call);
    return { dispose: () => this.#listeners.delete(call) };
  };

  get profile(): ConnectionProfile {
    return this.#profile;
  }
  get phase(): RunPhase {
    return this.#phase;
  }
  get running(): boolean {
    return this.#phase === 'running' || this.#phase === 'cancelling';
  }
  /** Counts the runs, so that a reader knows when sets and notes start over. */
  get runNumber(): number {
    return this.#run;
  }
  /** Milliseconds of the run so far, or of the last one. */
  get elapsed(): number {
    return (this.running ? this.#parts.clock.now() : this.#endedAt) - this.#startedAt;
  }
  get sets(): readonly NumberedSet[] {
    return this.#sets;
  }
  get notes(): readonly GridNote[] {
    return this.#notes;
  }
  /** What ended the last run and can be remedied. */
  get problem(): AppError | undefined {
    return this.#problem;
  }
  get openTransactions(): number {
    return this.#session && !this.#session.closed ? this.#session.openTransactions : 0;
  }
  /** Whether the server keeps anything for this editor. */
  get hasSession(): boolean {
    return this.#session !== undefined && !this.#session.closed;
  }

  /** @throws AppError invalidInput for a set of an earlier run */
  set(id: number): NumberedSet {
    const found = this.#sets.find((set) => set.id === id);
    if (!found) throw new AppError('invalidInput', 'These results were replaced by a newer run.');
    return found;
  }

  /**
   * Runs batches one after another on this editor's session, opening it first when there is none. Like sqlcmd and SSMS it goes
   * on after a batch that failed; it stops when the session is lost or the run is cancelled. What the run itself meets ends in
   * `notes` and `problem`; nothing of it is thrown.
   * @throws AppError tooBusy when a run is going on: its rows are not touched
   */
  async run(batches: readonly Batch[], ask: AskParameters): Promise<void> {
    this.#refuseWhenBusy();
    const abort = new AbortController();
    this.#abort = abort;
    this.#phase = 'running';
    this.#run++;
    this.#startedAt = this.#parts.clock.now();
    const earlier = this.#sets;
    this.#sets = [];
    this.#notes = [];
    this.#problem = undefined;
    this.#fire();
    let outcome: RunPhase = 'done';
    if (this.#gone !== undefined) this.#note({ kind: 'info', text: this.#gone });
    this.#gone = undefined;
    try {
      await Promise.all(earlier.map((set) => set.rows.dispose()));
      outcome = (await this.#runBatches(batches, ask, abort.signal)) ? 'done' : 'failed';
    } catch (error) {
      outcome = this.#ended(error, abort.signal);
      if (outcome === 'failed' && !isAppError(error)) throw error;
    } finally {
      this.#closeSet(outcome !== 'done');
      this.#abort = undefined;
      this.#phase = outcome;
      this.#endedAt = this.#parts.clock.now();
      this.#fire();
      this.#release();
    }
  }

  /** Resolves when no run is going on, or when the editor is disposed of: never later than that. */
  ended(): Promise<void> {
    if (!this.running || this.#disposed) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Stops the run at the server at once; rows that arrived stay. Nothing when no run is going on. */
  cancel(): void {
    if (this.#phase !== 'running') return;
    this.#phase = 'cancelling';
    this.#abort?.abort();
    this.#fire();
  }

  /** Ends every open transaction. @throws AppError when a run is going on or the server refuses */
  async endTransaction(how: EndTransaction): Promise<void> {
    this.#refuseWhenBusy();
    const session = this.#session;
    if (!session || session.closed || session.openTransactions === 0) return;
    // One ROLLBACK undoes all levels, a COMMIT only one (Learn: "COMMIT TRANSACTION", nested transactions), and how many there are
    // is not on the wire: a level that stays open would be rolled back with the session.
    const text = how === 'rollback' ? 'ROLLBACK TRANSACTION;' : 'COMMIT TRANSACTION;';
    for (let level = 0; level < nestingLimit && session.openTransactions > 0; level++)
      await session.run({ text }, silentSink());
    if (session.openTransactions > 0)
      throw new AppError(
        'notSupported',
        'The transaction is still open: it is nested too deeply. End it with a batch of your own.',
      );
    this.#note({ kind: 'info', text: how === 'commit' ? 'Committed.' : 'Rolled back.' });
    this.#fire();
  }

  /** Uses another connection from the next run on. The session is closed: the caller asked about an open transaction before. */
  async rebind(profile: ConnectionProfile): Promise<void> {
    this.#refuseWhenBusy();
    await this.#closeSession();
    this.#profile = profile;
    this.#fire();
  }

  /**
   * Takes over the profile as it is saved now. When it leads elsewhere or to somebody else, the session is closed and the next run
   * says what went with it; the caller asked about an open transaction before.
   * @throws AppError tooBusy when a run is going on
   */
  async refresh(profile: ConnectionProfile): Promise<void> {
    this.#refuseWhenBusy();
    if (!sameSession(this.#profile, profile) && this.hasSession) {
      const loss = { hadTransaction: this.openTransactions > 0, kept: this.#session?.kept ?? [] };
      await this.#closeSession();
      this.#gone = newSessionText('edited', loss);
    }
    this.#profile = profile;
    this.#fire();
  }

  /** Closes the session (the server rolls back what is open) and forgets the results. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#abort?.abort();
    this.#listeners.clear();
    this.#release();
    await this.#closeSession();
    const sets = this.#sets;
    this.#sets = [];
    await Promise.all(sets.map((set) => set.rows.dispose()));
  }

  #release(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  #refuseWhenBusy(): void {
    if (!this.running) return;
    throw new AppError(
      'tooBusy',
      'This editor is still running a query. Cancel it, or wait until it has ended: it has one session, which does one thing at a time.',
      {
        remedies: [
          { kind: 'command', command: 'passwordlessSql.cancelQuery', title: 'Cancel Query', arguments: [] },
        ],
      },
    );
  }

  /** Resolves with whether every batch went through. */
  async #runBatches(batches: readonly Batch[], ask: AskParameters, signal: AbortSignal): Promise<boolean> {
    let session = await this.#openSession(signal);
    const stores = await this.#parts.rowStores();
    const answers = new Map<string, Parameter>();
    let good = true;
    let renewed = false;
    for (const batch of batches) {
      const parameters = await this.#parametersOf(batch, session, ask, answers, signal);
      // It ends on its own, with nothing in it, when values take somebody long; one that was lost is not replaced in mid-run.
      if (session.closed && this.#session === session) session = await this.#openSession(signal);
      for (let turn = 0; turn < batch.count; turn++) {
        if (signal.aborted) throw cancelled();
        const notesBefore = this.#notes.length;
        const setsBefore = this.#sets.length;
        try {
          await session.run({ text: batch.text, parameters }, this.#sink(batch, stores), signal);
          if (this.#notes.length === notesBefore)
            this.#note({ kind: 'done', text: 'Done.', line: batch.firstLine });
        } catch (error) {
          // Its token ended while nobody worked: the server refused the batch before it began, and nothing went with the session.
          const isUntouched = this.#notes.length === notesBefore && this.#sets.length === setsBefore;
          if (isAppError(error, 'tokenExpired') && session.closed && isUntouched && !renewed) {
            renewed = true;
            session = await this.#openSession(signal);
            turn--;
            continue;
          }
          if (!isAppError(error) || error.server === undefined || session.closed || signal.aborted)
            throw error;
          // The server's own error: it is among the notes already, and the next batch runs all the same.
          good = false;
          if (this.#notes.length === notesBefore) this.#noteServerMessage(error.server, batch);
          if (error.remedies.length > 0) this.#problem = error;
        }
        this.#closeSet(false);
      }
      if (batch.count > 1)
        this.#note({ kind: 'info', text: `Ran ${batch.count} times.`, line: batch.firstLine });
    }
    return good;
  }

  async #openSession(signal: AbortSignal): Promise<SqlSession> {
    if (this.#session && !this.#session.closed) return this.#session;
    const session = await this.#parts.sql.openSession(this.#profile, { signal, gesture: true });
    if (this.#disposed) {
      await session.close();
      throw cancelled();
    }
    this.#lossSubscription?.dispose();
    this.#lossSubscription = session.onDidLose((loss) => {
      const text = sessionLossText(loss, {
        running: this.running,
        rows: this.#sets.some((set) => set.rows.count > 0),
      });
      this.#note({ kind: 'error', text });
      this.#gone = newSessionText('lost', loss);
      this.#session = undefined;
      // Between runs nobody looks at the messages, and changes that were not committed must not go unnoticed.
      if (loss.hadTransaction && !this.running)
        this.#problem = new AppError('connectionLost', text, { remedies: [] });
      this.#fire();
    });
    this.#session = session;
    return session;
  }

  async #closeSession(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    this.#lossSubscription?.dispose();
    this.#lossSubscription = undefined;
    if (session && !session.closed) await session.close();
  }

  async #parametersOf(
    batch: Batch,
    session: SqlSession,
    ask: AskParameters,
    answers: Map<string, Parameter>,
    signal: AbortSignal,
  ): Promise<readonly Parameter[]> {
    const names = undeclaredVariables(batch.text);
    if (names.length === 0 || batch.count === 0) return [];
    const described = await this.#describe(batch, session, signal);
    const parameters = described ?? names.map((name) => ({ name, sqlType: 'nvarchar(4000)', guessed: true }));
    const key = (name: string): string => name.toLowerCase();
    const missing = parameters.filter((parameter) => !answers.has(key(parameter.name)));
    if (missing.length > 0) {
      const askedAt = this.#parts.clock.now();
      try {
        for (const answer of await unlessCancelled(ask(missing), signal))
          answers.set(key(answer.name), answer);
      } finally {
        // What a person takes to answer is not the query's time.
        this.#startedAt += this.#parts.clock.now() - askedAt;
        this.#fire();
      }
    }
    return parameters.flatMap((parameter) => answers.get(key(parameter.name)) ?? []);
  }

  /** undefined when the server cannot tell, for example for several statements or a temporary table. */
  async #describe(
    batch: Batch,
    session: SqlSession,
    signal: AbortSignal,
  ): Promise<readonly QueryParameter[] | undefined> {
    const statement = describeParameters(batch.text);
    const rows: (readonly Cell[])[] = [];
    const columns: string[] = [];
    try {
      if (session.openTransactions > 0) {
        // A failing description would doom a transaction under XACT_ABORT, so it is asked for elsewhere.
        const result = await this.#parts.sql.query(this.#profile, statement, { signal });
        rows.push(...result.rows);
        columns.push(...result.columns.map((column) => column.name));
      } else {
        const sink: BatchSink = {
          ...silentSink(),
          columns: (meta) => void columns.push(...meta.map((column) => column.name)),
          rows: (block) => void rows.push(...block),
        };
        await session.run(statement, sink, signal);
      }
    } catch (error) {
      if (isAppError(error) && error.server !== undefined && !session.closed) return undefined;
      throw error;
    }
    const nameAt = columns.indexOf('name');
    const typeAt = columns.indexOf('suggested_system_type_name');
    return rows.map((row) => ({
      name: String(row[nameAt]).replace(/^@/, ''),
      sqlType: String(row[typeAt] ?? 'nvarchar(4000)'),
      guessed: row[typeAt] === null,
    }));
  }

  #sink(batch: Batch, stores: RowStores): BatchSink {
    // The server does not say which statement a count is of: where the batch begins is true of its first one at most.
    let line: number | undefined = batch.firstLine;
    return {
      columns: (columns) => {
        this.#closeSet(false);
        const rows = stores.create(columns);
        this.#sets.push({ id: this.#nextSet++, columns, rows, complete: false, partial: false });
        this.#changed();
      },
      rows: (rows) => {
        const appended = this.#sets.at(-1)?.rows.append(rows);
        this.#changed();
        return appended;
      },
      statementDone: (rowCount) => {
        this.#closeSet(false);
        if (rowCount === undefined) return;
        const text = rowCount === 1 ? '1 row' : `${rowCount.toLocaleString('en-US')} rows`;
        this.#note({ kind: 'done', text, ...(line === undefined ? {} : { line }) });
        line = undefined;
      },
      message: (message) => this.#noteServerMessage(message, batch),
    };
  }

  /** Marks the set that rows went into as finished. */
  #closeSet(partial: boolean): void {
    const set = this.#sets.at(-1);
    if (!set || set.complete) return;
    set.complete = true;
    set.partial = partial;
    this.#changed();
  }

  /** How a run that threw ended, with the note that says so. */
  #ended(error: unknown, signal: AbortSignal): RunPhase {
    const unfinished = this.#sets.at(-1);
    const kept = unfinished && !unfinished.complete ? keptText(unfinished.rows.count) : '';
    if (isAppError(error, 'cancelled') || signal.aborted) {
      this.#note({ kind: 'info', text: `Cancelled.${kept}` });
      return 'cancelled';
    }
    if (isAppError(error)) {
      this.#problem = error;
      this.#note({ kind: 'error', text: `${error.message}${kept}` });
    } else {
      this.#note({ kind: 'error', text: `The run ended unexpectedly; the log has the details.${kept}` });
    }
    return 'failed';
  }

  #noteServerMessage(message: ServerMessage, batch: Batch): void {
    const line = scriptLine(batch, message.procedure ? 0 : message.line);
    // Class 10 and below is information: PRINT, RAISERROR … 0, warnings (Learn: "Database Engine Error Severities").
    if (message.class <= 10) {
      this.#note({ kind: 'info', text: message.message, ...(message.number === 0 ? {} : { line }) });
      return;
    }
    const where = message.procedure ? `, procedure ${message.procedure} line ${message.line}` : '';
    const text = `${message.message} (error ${message.number}, level ${message.class}, state ${message.state}${where})`;
    this.#note({ kind: 'error', text, line });
  }

  #note(note: GridNote): void {
    if (this.#notes.length < noteLimit) this.#notes.push(note);
    else if (this.#notes.length === noteLimit)
      this.#notes.push({
        kind: 'info',
        text: `Only the first ${noteLimit.toLocaleString('en-US')} messages are shown.`,
      });
    this.#changed();
  }

  #changed(): void {
    if (this.#changePending || this.#disposed) return;
    this.#changePending = true;
    void this.#fireLater();
  }

  async #fireLater(): Promise<void> {
    await this.#parts.clock.sleep(changeInterval);
    if (this.#changePending) this.#fire();
  }

  #fire(): void {
    this.#changePending = false;
    for (const listener of this.#listeners) listener();
  }
}

function keptText(rows: number): string {
  if (rows === 0) return '';
  if (rows === 1) return ' The row that had arrived is kept.';
  return ` The ${rows.toLocaleString('en-US')} rows that had arrived are kept.`;
}

function silentSink(): BatchSink {
  return { columns: () => {}, rows: () => {}, statementDone: () => {}, message: () => {} };
}

/** A prompt that nobody answers must not keep a run from being cancelled. */
function unlessCancelled<T>(answers: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(cancelled());
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    answers.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
