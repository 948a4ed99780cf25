// A query editor: one session, batches in order, cancel, lost sessions, transactions, parameters; with a session that does as told.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { splitBatches } from '../../../src/core/batch.ts';
import { defaultTable, type ConnectionProfile } from '../../../src/core/connection.ts';
import { AppError, cancelled, isAppError } from '../../../src/core/errors.ts';
import type {
  BatchSink,
  Clock,
  ColumnMeta,
  Parameter,
  SqlSession,
  SqlStatement,
} from '../../../src/core/ports.ts';
import type { Row, RowStores } from '../../../src/core/resultSet.ts';
import type { Kept } from '../../../src/core/sessionState.ts';
import { QueryEditor, type AskParameters } from '../../../src/services/queryEditor.ts';

const profile: ConnectionProfile = {
  id: 'c1',
  name: 'shop on contoso',
  server: 'contoso.database.windows.net',
  port: 1433,
  database: 'shop',
  cloud: 'public',
  credential: { kind: 'vscode' },
  encryption: 'tls',
  connectTimeout: 15,
  requestTimeout: 0,
  maxPoolSize: 10,
  tables: [defaultTable],
};

const int: ColumnMeta = { name: 'n', sqlType: 'int', baseType: 'int', nullable: false, identity: false };
const clock: Clock = { now: () => 0, sleep: () => Promise.resolve() };

function memoryStores(disposed: { count: number }): RowStores {
  return {
    create: () => {
      const rows: Row[] = [];
      return {
        get count() {
          return rows.length;
        },
        append: (more) => void rows.push(...more),
        window: (start, count) => Promise.resolve(rows.slice(start, start + count)),
        dispose: () => {
          disposed.count++;
          return Promise.resolve();
        },
      };
    },
  };
}

type Behaviour = (
  batch: SqlStatement,
  sink: BatchSink,
  signal: AbortSignal | undefined,
  state: FakeState,
) => Promise<void> | void;
interface FakeState {
  openTransactions: number;
  kept: Kept[];
  closed: boolean;
  lose: (hadTransaction: boolean) => void;
}

function build(behaviour: Behaviour) {
  const opened: FakeState[] = [];
  const ran: SqlStatement[] = [];
  const pooled: SqlStatement[] = [];
  const disposed = { count: 0 };
  const time = { now: 0 };
  const editor = new QueryEditor(
    {
      sql: {
        openSession: () => {
          const listeners: Parameters<SqlSession['onDidLose']>[0][] = [];
          const state: FakeState = {
            openTransactions: 0,
            kept: ['temporaryTables', 'setOptions'],
            closed: false,
            lose: (hadTransaction) => {
              state.closed = true;
              for (const listener of listeners)
                listener({ reason: 'The network went away.', hadTransaction, kept: state.kept });
            },
          };
          opened.push(state);
          const session: SqlSession = {
            run: async (batch, sink, signal) => {
              ran.push(batch);
              await behaviour(batch, sink, signal, state);
            },
            get openTransactions() {
              return state.openTransactions;
            },
            get kept() {
              return state.kept;
            },
            get closed() {
              return state.closed;
            },
            onDidLose: (listener) => {
              listeners.push(listener);
              return { dispose: () => listeners.splice(listeners.indexOf(listener), 1) };
            },
            close: () => {
              state.closed = true;
              return Promise.resolve();
            },
          };
          return Promise.resolve(session);
        },
        query: (_profile, statement) => {
          pooled.push(statement);
          return Promise.resolve({ columns: [], rows: [] });
        },
      },
      rowStores: () => Promise.resolve(memoryStores(disposed)),
      clock: { ...clock, now: () => time.now },
    },
    profile,
  );
  return { editor, opened, ran, pooled, disposed, time };
}

const neverAsk: AskParameters = () => assert.fail('nobody should be asked');
const serverError = (line: number): AppError =>
  new AppError('sqlError', 'Divide by zero error encountered.', {
    server: { number: 8134, state: 1, class: 16, message: 'Divide by zero error encountered.', line },
  });

describe('QueryEditor', () => {
  it('runs every batch on one session, which the next run uses again', async () => {
    const { editor, opened, ran } = build((_batch, sink) => sink.statementDone(1));
    await editor.run(splitBatches('SELECT 1\nGO 2\nSELECT 2'), neverAsk);
    await editor.run(splitBatches('SELECT 3'), neverAsk);
    assert.deepEqual(
      ran.map(({ text }) => text),
      ['SELECT 1\n', 'SELECT 1\n', 'SELECT 2', 'SELECT 3'],
    );
    assert.equal(opened.length, 1);
    assert.equal(editor.phase, 'done');
  });

  it('keeps several result sets and drops those of the run before', async () => {
    const { editor, disposed } = build(async (_batch, sink) => {
      for (const rows of [[[1], [2]], [[3]]]) {
        sink.columns([int]);
        await sink.rows(rows);
        sink.statementDone(rows.length);
      }
    });
    await editor.run(splitBatches('SELECT'), neverAsk);
    assert.deepEqual(
      editor.sets.map((set) => [set.rows.count, set.complete, set.partial]),
      [
        [2, true, false],
        [1, true, false],
      ],
    );
    // Only the first statement of a batch can be said to stand where the batch begins.
    assert.deepEqual(
      editor.notes.map(({ text, line }) => [text, line]),
      [
        ['2 rows', 0],
        ['1 row', undefined],
      ],
    );
    const [first] = editor.sets;
    await editor.run(splitBatches('SELECT'), neverAsk);
    assert.equal(disposed.count, 2);
    assert.throws(
      () => editor.set(first?.id ?? 0),
      (error) => isAppError(error, 'invalidInput'),
    );
  });

  it('goes on after a failed batch and maps its line to the document', async () => {
    const { editor, ran } = build((batch, sink) => {
      if (!batch.text.includes('/0')) return;
      const error = serverError(2);
      if (error.server) sink.message(error.server);
      throw error;
    });
    await editor.run(splitBatches('SELECT 1\nGO\n\nSELECT 1/0\nGO\nSELECT 2'), neverAsk);
    assert.equal(ran.length, 3);
    assert.equal(editor.phase, 'failed');
    const note = editor.notes.find(({ kind }) => kind === 'error');
    assert.equal(note?.line, 3);
    assert.match(note.text, /Divide by zero.*8134/);
    assert.equal(editor.notes.filter(({ kind }) => kind === 'error').length, 1);
  });

  it('keeps the rows that had arrived when it is cancelled, and says so', async () => {
    const { editor, ran } = build(async (_batch, sink, signal) => {
      sink.columns([int]);
      await sink.rows([[1], [2], [3]]);
      editor.cancel();
      assert.equal(editor.phase, 'cancelling');
      assert.ok(signal?.aborted);
      throw cancelled();
    });
    await editor.run(splitBatches('SELECT 1\nGO\nSELECT 2'), neverAsk);
    assert.equal(ran.length, 1);
    assert.equal(editor.phase, 'cancelled');
    assert.deepEqual([editor.sets[0]?.rows.count, editor.sets[0]?.partial], [3, true]);
    assert.equal(editor.notes.at(-1)?.text, 'Cancelled. The 3 rows that had arrived are kept.');
    assert.equal(editor.problem, undefined);
  });

  for (const [rows, said] of [
    [[], 'Cancelled.'],
    [[[1]], 'Cancelled. The row that had arrived is kept.'],
  ] as const)
    it(`says what is kept of ${rows.length} rows when it is cancelled`, async () => {
      const { editor } = build(async (_batch, sink) => {
        sink.columns([int]);
        await sink.rows([...rows]);
        editor.cancel();
        throw cancelled();
      });
      await editor.run(splitBatches('SELECT 1'), neverAsk);
      assert.equal(editor.notes.at(-1)?.text, said);
    });

  it('refuses a second run while one is going on', async () => {
    let finish = (): void => {};
    const { editor } = build(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    const first = editor.run(splitBatches('WAITFOR'), neverAsk);
    await Promise.resolve();
    await assert.rejects(editor.run(splitBatches('SELECT 1'), neverAsk), (error) =>
      isAppError(error, 'tooBusy'),
    );
    await assert.rejects(editor.rebind(profile), (error) => isAppError(error, 'tooBusy'));
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    finish();
    await first;
    assert.equal(editor.phase, 'done');
  });

  it('says what a lost session took with it, and opens a new one for the next run', async () => {
    const { editor, opened } = build((_batch, _sink, _signal, state) => {
      state.openTransactions = 1;
    });
    await editor.run(splitBatches('BEGIN TRAN'), neverAsk);
    assert.equal(editor.openTransactions, 1);
    opened[0]?.lose(true);
    assert.equal(editor.openTransactions, 0);
    assert.match(
      editor.notes.at(-1)?.text ?? '',
      /network went away\. .*transaction that was open.*Temporary tables are gone.*SET options/,
    );
    assert.ok(isAppError(editor.problem, 'connectionLost'), 'it is shown, not only among the messages');
    await editor.run(splitBatches('SELECT 1'), neverAsk);
    assert.equal(opened.length, 2);
    assert.equal(editor.problem, undefined);
    // The message of the loss went with those of the run before.
    assert.match(editor.notes[0]?.text ?? '', /new session.*its changes are undone.*Temporary tables/);
    await editor.run(splitBatches('SELECT 1'), neverAsk);
    assert.deepEqual(
      editor.notes.map(({ text }) => text),
      ['Done.'],
    );
  });

  it('keeps the rows that are shown when the session is lost, and says so', async () => {
    const { editor, opened } = build(async (_batch, sink) => {
      sink.columns([int]);
      await sink.rows([[1]]);
      sink.statementDone(1);
    });
    await editor.run(splitBatches('SELECT 1'), neverAsk);
    opened[0]?.lose(false);
    assert.match(editor.notes.at(-1)?.text ?? '', /The rows shown here are kept\./);
    assert.deepEqual(await editor.sets[0]?.rows.window(0, 10), [[1]]);
    assert.equal(editor.problem, undefined);
  });

  it('takes over an edited profile: a new session when it leads elsewhere, and says what is lost', async () => {
    const { editor, opened } = build(() => {});
    await editor.refresh({ ...profile, database: 'before' });
    await editor.run(splitBatches('SELECT 1'), neverAsk);
    assert.deepEqual(
      editor.notes.map(({ text }) => text),
      ['Done.'],
      'there was nothing to lose',
    );
    await editor.refresh({ ...profile, database: 'before', name: 'renamed', tables: [], maxPoolSize: 3 });
    assert.equal(editor.profile.name, 'renamed');
    await editor.run(splitBatches('SELECT 1'), neverAsk);
    assert.equal(opened.length, 1, 'a name is no reason');
    await editor.refresh({ ...profile, database: 'other' });
    assert.ok(opened[0]?.closed);
    await editor.run(splitBatches('SELECT 1'), neverAsk);
    assert.equal(opened.length, 2);
    assert.match(editor.notes[0]?.text ?? '', /connection was changed\. Temporary tables/);
  });

  it('says nothing of a session that ended with nothing in it', async () => {
    const { editor, opened } = build((_batch, _sink, _signal, state) => {
      state.kept = [];
    });
    await editor.run(splitBatches('SELECT 1'), neverAsk);
    await editor.refresh({ ...profile, database: 'other' });
    await editor.run(splitBatches('SELECT 1'), neverAsk);
    assert.equal(opened.length, 2);
    assert.deepEqual(
      editor.notes.map(({ text }) => text),
      ['Done.'],
    );
  });

  for (const change of [
    { server: 'other.database.windows.net' },
    { credential: { kind: 'vscode', account: 'other@contoso.com' } },
    { encryption: 'strict' },
    { applicationName: 'other' },
  ] as Partial<ConnectionProfile>[]) {
    it(`opens a new session after a change of ${Object.keys(change).join()}`, async () => {
      const { editor, opened } = build(() => {});
      await editor.run(splitBatches('SELECT 1'), neverAsk);
      await editor.refresh({ ...profile, ...change });
      assert.ok(opened[0]?.closed);
    });
  }

  it('commits every level also where only "open" is known, not how deep', async () => {
    let depth = 3;
    const { editor, ran } = build((batch, _sink, _signal, state) => {
      if (batch.text.startsWith('COMMIT')) depth--;
      state.openTransactions = depth > 0 ? 1 : 0;
    });
    await editor.run(splitBatches('BEGIN TRAN'), neverAsk);
    await editor.endTransaction('commit');
    assert.equal(depth, 0);
    assert.equal(ran.length, 4);
  });

  it('tells who waits when a run ends, and does not let them wait beyond its own end', async () => {
    let finish = (): void => {};
    const { editor } = build(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    await editor.ended();
    const run = editor.run(splitBatches('WAITFOR'), neverAsk);
    let over = false;
    const waiting = editor.ended().then(() => (over = true));
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    assert.equal(over, false);
    finish();
    await Promise.all([run, waiting]);
    const again = editor.run(splitBatches('WAITFOR'), neverAsk);
    const hanging = editor.ended();
    await editor.dispose();
    await hanging;
    finish();
    await again;
  });

  it('can be cancelled while it asks for parameters and nobody answers', async () => {
    const { editor } = build((batch) => {
      if (batch.text.includes('sp_describe')) throw serverError(1);
    });
    await editor.run(splitBatches('SELECT @x'), () => {
      editor.cancel();
      return new Promise(() => {});
    });
    assert.equal(editor.phase, 'cancelled');
  });

  it('commits every level, rolls back once, and does neither on its own', async () => {
    const { editor, ran, opened } = build((batch, _sink, _signal, state) => {
      if (batch.text.startsWith('BEGIN')) state.openTransactions = 2;
      else state.openTransactions -= batch.text.startsWith('ROLLBACK') ? state.openTransactions : 1;
    });
    await editor.run(splitBatches('BEGIN TRAN'), neverAsk);
    await editor.endTransaction('commit');
    await editor.run(splitBatches('BEGIN TRAN'), neverAsk);
    await editor.endTransaction('rollback');
    await editor.run(splitBatches('BEGIN TRAN'), neverAsk);
    await editor.dispose();
    assert.deepEqual(
      ran.map(({ text }) => text),
      [
        'BEGIN TRAN',
        'COMMIT TRANSACTION;',
        'COMMIT TRANSACTION;',
        'BEGIN TRAN',
        'ROLLBACK TRANSACTION;',
        'BEGIN TRAN',
      ],
    );
    assert.ok(opened[0]?.closed);
  });

  it('does not count what a person takes to answer as its own time', async () => {
    const { editor, time } = build((batch) => {
      // The server cannot tell, so that the type is asked for as well.
      if (batch.text.includes('sp_describe')) throw serverError(1);
      time.now += 30;
    });
    let asked = 0;
    await editor.run(splitBatches('SELECT @id'), () => {
      asked++;
      time.now += 60_000;
      return Promise.resolve([{ name: 'id', value: 7, sqlType: 'int' }]);
    });
    assert.deepEqual([asked, editor.elapsed], [1, 30]);
  });

  it('asks for undeclared variables with the types that the server suggests, once a run', async () => {
    const { editor, ran } = build(async (batch, sink) => {
      if (!batch.text.includes('sp_describe')) return;
      const column = (name: string): ColumnMeta => ({ ...int, name });
      sink.columns([column('parameter_ordinal'), column('name'), column('suggested_system_type_name')]);
      await sink.rows([[1, '@id', 'bigint']]);
    });
    const asked: unknown[] = [];
    const answer: Parameter = { name: 'id', value: 7n, sqlType: 'bigint' };
    await editor.run(splitBatches('SELECT @id\nGO\nDELETE t WHERE id = @id'), (parameters) => {
      asked.push(parameters);
      return Promise.resolve([answer]);
    });
    assert.deepEqual(asked, [[{ name: 'id', sqlType: 'bigint', guessed: false }]]);
    const batches = ran.filter(({ text }) => !text.includes('sp_describe'));
    assert.deepEqual(
      batches.map(({ parameters }) => parameters),
      [[answer], [answer]],
    );
  });

  it('opens another session when its own ended, with nothing in it, while values were typed', async () => {
    const { editor, opened, ran } = build((batch) => {
      if (batch.text.startsWith('EXEC sys.')) throw serverError(1);
    });
    await editor.run(splitBatches('SELECT @id'), (parameters) => {
      const [state] = opened;
      if (state) state.closed = true;
      return Promise.resolve(parameters.map(({ name }) => ({ name, value: 1 })));
    });
    assert.equal(editor.phase, 'done');
    assert.equal(opened.length, 2);
    assert.equal(ran.at(-1)?.text, 'SELECT @id');
  });

  it('does not go on in another session when its own was lost while values were typed', async () => {
    const { editor, opened } = build((batch, _sink, _signal, state) => {
      if (batch.text.startsWith('EXEC sys.')) throw serverError(1);
      if (state.closed && batch.text === 'SELECT @id')
        throw new AppError('connectionLost', 'This session has ended.');
    });
    await editor.run(splitBatches('SELECT @id'), (parameters) => {
      opened[0]?.lose(false);
      return Promise.resolve(parameters.map(({ name }) => ({ name, value: 1 })));
    });
    assert.equal(editor.phase, 'failed');
    assert.equal(opened.length, 1);
  });

  it('asks for the type as well when the server cannot tell', async () => {
    const { editor } = build((batch) => {
      if (batch.text.includes('sp_describe')) throw serverError(1);
    });
    let guessed: boolean | undefined;
    await editor.run(splitBatches('SELECT @x; SELECT @x'), ([parameter]) => {
      guessed = parameter?.guessed;
      return Promise.resolve([{ name: 'x', value: null, sqlType: 'int' }]);
    });
    assert.equal(guessed, true);
    assert.equal(editor.phase, 'done');
  });

  it('does not describe parameters within an open transaction, which a failure could doom', async () => {
    const { editor, ran, pooled } = build((_batch, _sink, _signal, state) => {
      state.openTransactions = 1;
    });
    await editor.run(splitBatches('BEGIN TRAN'), neverAsk);
    await editor.run(splitBatches('SELECT @x'), () => Promise.resolve([]));
    assert.equal(pooled.length, 1);
    assert.ok(!ran.some(({ text }) => text.includes('sp_describe')));
  });

  it('ends quietly when the person gives no parameters', async () => {
    const { editor, ran } = build((batch) => {
      if (batch.text.includes('sp_describe')) throw serverError(1);
    });
    await editor.run(splitBatches('SELECT @x'), () => Promise.reject(cancelled()));
    assert.equal(editor.phase, 'cancelled');
    assert.equal(ran.length, 1);
  });

  it('shows a session that cannot be opened as its problem', async () => {
    const editor = new QueryEditor(
      {
        sql: {
          openSession: () => Promise.reject(new AppError('signInRequired', 'Sign in again.')),
          query: () => assert.fail('no pool'),
        },
        rowStores: () => assert.fail('no rows'),
        clock,
      },
      profile,
    );
    await editor.run(splitBatches('SELECT 1'), neverAsk);
    assert.equal(editor.phase, 'failed');
    assert.ok(isAppError(editor.problem, 'signInRequired'));
  });

  describe('whose token ended while nobody worked', () => {
    const expired = new AppError('tokenExpired', 'The access token of this connection has expired.', {
      server: { number: 37396, state: 1, class: 16, message: 'The access token has expired.', line: 1 },
    });

    it('runs the batch on a new session, and nobody notices', async () => {
      let refused = 0;
      const { editor, opened, ran } = build((_batch, sink, _signal, state) => {
        if (refused++ === 0) {
          state.closed = true;
          throw expired;
        }
        sink.columns([int]);
        void sink.rows([[1]]);
        sink.statementDone(1);
      });
      await editor.run(splitBatches('SELECT 1\nGO\nSELECT 2'), neverAsk);
      assert.equal(editor.phase, 'done');
      assert.equal(editor.problem, undefined);
      assert.equal(opened.length, 2);
      assert.deepEqual(
        ran.map(({ text }) => text.trim()),
        ['SELECT 1', 'SELECT 1', 'SELECT 2'],
      );
      assert.deepEqual(
        editor.notes.map(({ kind }) => kind),
        ['done', 'done'],
      );
    });

    it('says what went with it when there was something, and the batch is not run again', async () => {
      const { editor, opened, ran } = build((_batch, _sink, _signal, state) => {
        state.lose(true);
        throw expired;
      });
      await editor.run(splitBatches('SELECT * FROM #mine'), neverAsk);
      assert.equal(editor.phase, 'failed');
      assert.equal(ran.length, 1);
      assert.equal(opened.length, 1);
      assert.match(editor.notes.map((note) => ('text' in note ? note.text : '')).join('\n'), /transaction/);
      assert.ok(isAppError(editor.problem, 'tokenExpired'));
    });

    it('does not try a third time', async () => {
      const { editor, ran } = build((_batch, _sink, _signal, state) => {
        state.closed = true;
        throw expired;
      });
      await editor.run(splitBatches('SELECT 1'), neverAsk);
      assert.equal(editor.phase, 'failed');
      assert.equal(ran.length, 2);
    });
  });

  it('tells its listeners at most once for any number of rows at a time', async () => {
    let told = 0;
    const { editor } = build(async (_batch, sink) => {
      sink.columns([int]);
      for (let block = 0; block < 1000; block++) void sink.rows([[block]]);
      told = 0;
      await Promise.resolve();
      await Promise.resolve();
    });
    editor.onDidChange(() => told++);
    await editor.run(splitBatches('SELECT'), neverAsk);
    assert.ok(told > 0 && told <= 4, `told ${told} times`);
  });
});
