// Closing a query: nothing is cancelled, committed or rolled back before the person said so.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { AppError } from '../../../src/core/errors.ts';
import { closeQuery, type ClosingEditor } from '../../../src/services/closeQuery.ts';

function fakeEditor(state: { running: boolean; openTransactions: number; afterwards?: number }) {
  const done: string[] = [];
  const editor: ClosingEditor = {
    get running() {
      return state.running;
    },
    get openTransactions() {
      return state.openTransactions;
    },
    ended: () => {
      done.push('ended');
      state.running = false;
      state.openTransactions = state.afterwards ?? 0;
      return Promise.resolve();
    },
    endTransaction: (how) => {
      done.push(how);
      state.openTransactions = 0;
      return Promise.resolve();
    },
    dispose: () => {
      done.push('disposed');
      return Promise.resolve();
    },
  };
  return { editor, done };
}

const nobody = () => assert.fail('there is nothing to ask');

describe('closing a query', () => {
  it('asks nothing when nothing is open', async () => {
    const { editor, done } = fakeEditor({ running: false, openTransactions: 0 });
    assert.equal(await closeQuery(editor, { running: nobody, transaction: nobody }), true);
    assert.deepEqual(done, ['disposed']);
  });

  it('leaves a running batch alone until there is an answer', async () => {
    const { editor, done } = fakeEditor({ running: true, openTransactions: 0 });
    let answer: (how: 'cancel') => void = () => {};
    const closing = closeQuery(editor, {
      running: () => new Promise((resolve) => (answer = resolve)),
      transaction: nobody,
    });
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    assert.deepEqual(done, []);
    answer('cancel');
    assert.equal(await closing, true);
    assert.deepEqual(done, ['disposed']);
  });

  it('waits for the batch, then asks about the transaction that it left open', async () => {
    const { editor, done } = fakeEditor({ running: true, openTransactions: 0, afterwards: 1 });
    await closeQuery(editor, {
      running: () => Promise.resolve('wait'),
      transaction: () => Promise.resolve('commit'),
    });
    assert.deepEqual(done, ['ended', 'commit', 'disposed']);
  });

  it('keeps the session when the person keeps the query', async () => {
    for (const running of [true, false]) {
      const { editor, done } = fakeEditor({ running, openTransactions: 1 });
      const keep = () => Promise.resolve('keep' as const);
      assert.equal(await closeQuery(editor, { running: keep, transaction: keep }), false);
      assert.deepEqual(done, []);
    }
  });

  it('is not over when the transaction could not be ended as told', async () => {
    const { editor, done } = fakeEditor({ running: false, openTransactions: 1 });
    const refusing = { ...editor, running: false, openTransactions: 1 };
    refusing.endTransaction = () => Promise.reject(new AppError('sqlError', 'Refused.'));
    await assert.rejects(
      closeQuery(refusing, { running: nobody, transaction: () => Promise.resolve('commit') }),
      /Refused/,
    );
    assert.deepEqual(done, []);
  });
});
