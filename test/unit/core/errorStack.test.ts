// What the log says about an unexpected failure.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { AppError } from '../../../src/core/errors.ts';
import { errorStack } from '../../../src/core/errorStack.ts';

/** An error without the lines of its stack, which differ from machine to machine. */
function plain(message: string, cause?: unknown): Error {
  const error = new Error(message, cause === undefined ? {} : { cause });
  error.stack = `Error: ${message}`;
  return error;
}

describe('an unexpected failure in the log', () => {
  it('comes with its causes, the last of which may be anything', () => {
    assert.equal(errorStack(plain('a', plain('b', 'c'))), 'Error: a\ncaused by Error: b\ncaused by c');
    assert.equal(errorStack('thrown'), 'thrown');
    assert.equal(errorStack(undefined), 'undefined');
  });

  it('ends where a cause leads back', () => {
    const [outer, inner] = [plain('outer'), plain('inner')];
    outer.cause = inner;
    inner.cause = outer;
    assert.equal(errorStack(outer), 'Error: outer\ncaused by Error: inner\ncaused by an error named above');
  });

  it('leaves out what a server said, which may quote rows', () => {
    const server = {
      number: 2627,
      state: 1,
      class: 14,
      message: 'The duplicate key value is (ada).',
      line: 1,
    };
    const driver = Object.assign(plain(server.message), { code: 'EREQUEST', number: 2627 });
    const ours = new AppError('duplicateKey', server.message, { server, cause: driver });
    const text = errorStack(new Error('outer', { cause: ours }));
    assert.ok(!text.includes('ada'), text);
    assert.equal(text.split('error 2627').length, 3);
  });

  it('leaves out what else an error carries', () => {
    const error = Object.assign(plain('a'), { token: 'eyJ', rows: [['ada']] });
    assert.equal(errorStack(error), 'Error: a');
  });
});
