// Which failures are waited for, how long, and when it is enough.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { AppError } from '../../../src/core/errors.ts';
import { waitBefore } from '../../../src/core/retryPolicy.ts';
import { loginError } from '../../../src/core/sqlErrors.ts';

const context = {
  connectionId: 'c',
  server: 's.database.windows.net',
  database: 'app',
  credential: 'azureCli' as const,
};
const failure = (number: number): AppError =>
  loginError([{ number, state: 1, class: 16, message: 'words', line: 0 }], context);

/** All waits of a request that fails with `number` each time, in seconds. */
function waits(number: number): number[] {
  const found: number[] = [];
  let elapsed = 0;
  for (;;) {
    const wait = waitBefore(failure(number), found.length, elapsed);
    if (wait === undefined) return found;
    found.push(wait.ms / 1000);
    elapsed += wait.ms;
  }
}

describe('what passes by itself', () => {
  it('is tried after 5 s, then twice as long each time, until two minutes are over', () => {
    assert.deepEqual(waits(40_613), [5, 10, 20, 40, 45]);
  });

  it('is given the ten seconds that the server asks for', () => {
    assert.deepEqual(waits(40_501), [10, 20, 40, 50]);
  });

  it('is every number of the documented list but the login that fails for its name', () => {
    for (const number of [926, 40_197, 40_613, 49_918, 49_919, 49_920, 4221, 615, 10_928, 10_929, 10_936]) {
      assert.ok(waits(number).length > 0, String(number));
    }
    for (const number of [4060, 18_456, 40_615, 229]) assert.deepEqual(waits(number), [], String(number));
  });

  it('says whether the database resumes or the server is busy', () => {
    assert.equal(waitBefore(failure(40_613), 0, 0)?.reason, 'resuming');
    assert.equal(waitBefore(failure(10_928), 0, 0)?.reason, 'busy');
  });

  it('is not what no server said', () => {
    assert.equal(waitBefore(new AppError('tooBusy', 'All connections are in use.'), 0, 0), undefined);
  });
});
