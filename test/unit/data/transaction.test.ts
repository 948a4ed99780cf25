// Several statements or none: on one connection, undone when anything fails, and honest about a commit that nobody answered.
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'vitest';
import type { ResponseWriter } from '../../azure/contract.ts';
import { until } from '../../azure/tds/testServer.ts';
import { failure, one, sqlError, startFixture, type Fixture } from './fakeServer.ts';

let fixture: Fixture | undefined;
afterEach(async () => {
  await fixture?.end();
  fixture = undefined;
});
const start = async (options: Parameters<typeof startFixture>[0] = {}): Promise<Fixture> =>
  (fixture = await startFixture(options));

describe('transaction', () => {
  it('runs everything between BEGIN and COMMIT on one connection and resets it', async () => {
    const { sql, profile, front } = await start();
    front.backend.execute = (request, out) => {
      if (request.kind === 'batch' && request.text.includes('BEGIN'))
        out.environment({ type: 'beginTransaction' });
      if (request.kind === 'batch' && request.text.startsWith('COMMIT'))
        out.environment({ type: 'commitTransaction' });
      one(out);
    };
    const results = await sql.transaction(profile, [{ text: 'INSERT 1;' }, { text: 'INSERT 2;' }]);
    assert.equal(results.length, 2);
    assert.deepEqual(
      front.backend.requests.map((request) => (request.kind === 'batch' ? request.text : request.kind)),
      ['BEGIN TRANSACTION;\nSET XACT_ABORT ON;', 'INSERT 1;', 'INSERT 2;', 'COMMIT TRANSACTION;'],
    );
    assert.deepEqual(front.backend.resets, [false]);
    assert.equal(front.backend.logins.length, 1);
  });

  it('rolls back when a statement fails and reports that one', async () => {
    const { sql, profile, front } = await start();
    front.backend.execute = (request, out) => {
      const text = request.kind === 'batch' ? request.text : '';
      if (text.includes('BEGIN')) out.environment({ type: 'beginTransaction' });
      if (text.includes('ROLLBACK')) out.environment({ type: 'rollbackTransaction' });
      if (text === 'bad') throw sqlError(2627, 'Violation of PRIMARY KEY constraint.');
      one(out);
    };
    const error = await failure(
      sql.transaction(profile, [{ text: 'good' }, { text: 'bad' }, { text: 'never' }]),
    );
    assert.equal(error.code, 'duplicateKey');
    const texts = front.backend.requests.map((request) =>
      request.kind === 'batch' ? request.text : request.kind,
    );
    assert.deepEqual(texts.slice(1), ['good', 'bad', 'IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;']);
  });
});

describe('a transaction that somebody gives up', () => {
  /** Notes what arrives, and keeps the transaction's state. */
  const ledger = (
    front: Fixture['front'],
    answer: (text: string, out: ResponseWriter, signal: AbortSignal) => Promise<void> | void,
  ): string[] => {
    const texts: string[] = [];
    front.backend.execute = (request, out, signal) => {
      const text = request.kind === 'batch' ? request.text : '';
      texts.push(text);
      if (text.includes('BEGIN')) out.environment({ type: 'beginTransaction' });
      if (text.includes('ROLLBACK')) out.environment({ type: 'rollbackTransaction' });
      return answer(text, out, signal);
    };
    return texts;
  };

  it('was cancelled and not lost, also when its statement had finished: the rollback undoes that', async () => {
    const { sql, profile, front } = await start();
    const abort = new AbortController();
    const texts = ledger(front, (text, out, signal) => {
      if (text !== 'INSERT 1;') return one(out);
      abort.abort();
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          out.done({ kind: 'statement', rowCount: 1, command: 0xc3 });
          resolve();
        });
      });
    });
    const error = await failure(sql.transaction(profile, [{ text: 'INSERT 1;' }], { signal: abort.signal }));
    assert.equal(error.code, 'cancelled');
    assert.match(texts.at(-1) ?? '', /ROLLBACK/);
    assert.equal(front.server.connections.length, 1, 'the connection is as good as before');
  });

  it('is not committed when that was after its last statement', async () => {
    const { sql, profile, front } = await start();
    const abort = new AbortController();
    const texts = ledger(front, (_text, out) => one(out));
    const statements = Object.assign([{ text: 'INSERT 1;' }], {
      *[Symbol.iterator]() {
        yield { text: 'INSERT 1;' };
        abort.abort();
      },
    });
    const error = await failure(sql.transaction(profile, statements, { signal: abort.signal }));
    assert.equal(error.code, 'cancelled');
    assert.deepEqual(texts.slice(1), ['INSERT 1;', 'IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;']);
  });

  it('is unknown when the commit is never answered', async () => {
    const { sql, profile, front } = await start({ times: { farewell: 50 } });
    const abort = new AbortController();
    ledger(front, (text, out) => {
      if (!text.startsWith('COMMIT')) return one(out);
      abort.abort();
      return new Promise(() => undefined);
    });
    const error = await failure(sql.transaction(profile, [{ text: 'INSERT 1;' }], { signal: abort.signal }));
    assert.equal(error.code, 'outcomeUnknown');
    assert.match(error.message, /applied wholly or not at all/);
    await until(() => front.server.connections.length === 0);
  });

  it('has its results once it is committed, whatever becomes of the connection', async () => {
    let committed = false;
    const { sql, profile, front } = await start({
      times: { farewell: 50 },
      server: {
        faults: (_connection, stage) => (committed && stage !== 'login' ? { halfOpen: true } : undefined),
      },
    });
    ledger(front, (text, out) => {
      if (text.startsWith('COMMIT')) {
        committed = true;
        out.environment({ type: 'commitTransaction' });
      }
      one(out);
    });
    assert.equal((await sql.transaction(profile, [{ text: 'INSERT 1;' }])).length, 1);
    await until(() => front.server.connections.length === 0);
  });
});
