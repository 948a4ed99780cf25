// What a lost session is said to have taken with it: each thing plainly, and nothing that was not there.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { newSessionText, sessionLossText } from '../../../src/core/sessionLoss.ts';

const reason = 'The network went away.';

describe('a lost session', () => {
  it('is told with everything it took along', () => {
    assert.equal(
      sessionLossText(
        { reason, hadTransaction: true, kept: ['setOptions', 'temporaryTables'] },
        { running: false, rows: true },
      ),
      'The session ended: The network went away. The server rolls back the transaction that was open: its changes are undone. Temporary tables are gone. SET options are back at their defaults. The rows shown here are kept. The next run opens a new session.',
    );
  });

  it('is told without what it never had', () => {
    assert.equal(
      sessionLossText({ reason, hadTransaction: false, kept: [] }, { running: false, rows: false }),
      'The session ended: The network went away. The next run opens a new session.',
    );
    assert.equal(newSessionText('lost', { hadTransaction: false, kept: [] }), undefined);
  });

  it('names each thing that was kept for it, and nothing else', () => {
    assert.equal(
      newSessionText('lost', { hadTransaction: false, kept: ['database', 'context'] }),
      "This run uses a new session, because the one before ended. It begins in the connection's database again, whatever USE said. Its session context is empty again.",
    );
  });

  it('does not claim a rollback where a running batch may have committed', () => {
    const text = sessionLossText({ reason, hadTransaction: true, kept: [] }, { running: true, rows: false });
    assert.match(text, /unless the batch that was running had committed it/);
    assert.doesNotMatch(text, /its changes are undone/);
  });
});
