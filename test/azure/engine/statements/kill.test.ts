// KILL: another session's end is announced to its front, and who may not or means nobody is told.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { EngineFixture } from '../interpreter/engineFixture.ts';
import type { TestSession } from '../interpreter/engineFixture.ts';

let fixture: EngineFixture;
let session: TestSession;

beforeAll(async () => {
  fixture = await EngineFixture.start();
  session = await fixture.open();
});
afterAll(() => fixture.stop());

const numbers = async (text: string): Promise<number[]> =>
  (await session.run(text)).errors.map((error) => error.number);

describe('KILL', () => {
  it('ends the session that it names, and only that', async () => {
    const other = await fixture.open();
    const third = await fixture.open();
    assert.equal(other.session.ended?.aborted, false);
    assert.deepEqual(await numbers(`KILL ${String(other.session.spid)}`), []);
    assert.equal(other.session.ended?.aborted, true);
    assert.equal(third.session.ended?.aborted, false);
    assert.equal(session.session.ended?.aborted, false);
    await other.session.close();
    await third.session.close();
    assert.deepEqual(await numbers(`KILL ${String(other.session.spid)}`), [6106]);
  });

  it('refuses itself, the server, what is no session, and a transaction', async () => {
    assert.deepEqual(await numbers(`KILL ${String(session.session.spid)}`), [6104]);
    assert.deepEqual(await numbers('KILL 5'), [6107]);
    assert.deepEqual(await numbers('KILL 999'), [6106]);
    assert.deepEqual(await numbers('BEGIN TRAN; KILL 999; ROLLBACK'), [6115]);
  });
});
