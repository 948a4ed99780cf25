// Waiting, sign-in that is needed, and accounts that are gone: what is shown, and that nothing else is.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import type { Waiting } from '../../../src/core/ports.ts';
import { ConnectionHealth } from '../../../src/services/connectionHealth.ts';
import type { HealthDoor } from '../../../src/services/connectionHealth.ts';
import { connectionsOfGoneAccounts } from '../../../src/services/goneAccounts.ts';
import { WaitingNotices } from '../../../src/services/waitingNotices.ts';
import { profile } from './fakes.ts';

function emitter<T>() {
  const listeners = new Set<(value: T) => void>();
  return {
    event: (listener: (value: T) => void) => {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
    fire: (value: T) => listeners.forEach((listener) => listener(value)),
  };
}

function door() {
  const waiting = emitter<{ connectionId: string; waiting: Waiting | undefined }>();
  const need = emitter<{ connectionId: string; needed: boolean }>();
  const calls: string[] = [];
  const sql: HealthDoor = {
    onDidChangeWaiting: waiting.event,
    onDidNeedSignIn: need.event,
    onDidChangeToken: () => ({ dispose: () => undefined }),
    signOut: async (id) => void calls.push(`signOut ${id}`),
  };
  return { sql, waiting: waiting.fire, need: need.fire, calls };
}

function resuming(change: Partial<Waiting> = {}): Waiting {
  return {
    connectionId: 'c1',
    reason: 'resuming',
    since: 0,
    until: 5000,
    attempt: 1,
    gesture: true,
    ...change,
  };
}

describe('the health of connections', () => {
  it('needs signing in until it is over, and tells each change once', () => {
    const { sql, need } = door();
    const health = new ConnectionHealth(sql);
    const told: string[] = [];
    health.onDidChange(({ connectionId }) => told.push(connectionId));
    need({ connectionId: 'c1', needed: true });
    need({ connectionId: 'c1', needed: true });
    need({ connectionId: 'c2', needed: true });
    assert.deepEqual(health.needingSignIn(), ['c1', 'c2']);
    need({ connectionId: 'c1', needed: false });
    assert.deepEqual(health.needingSignIn(), ['c2']);
    health.signedIn('c2');
    assert.deepEqual(health.needingSignIn(), []);
    assert.deepEqual(told, ['c1', 'c2', 'c1', 'c2']);
  });

  it('signs out at once, and is signed out until somebody signs in', async () => {
    const { sql, calls } = door();
    const health = new ConnectionHealth(sql);
    await health.signOut('c1');
    assert.deepEqual(calls, ['signOut c1']);
    assert.equal(health.isSignedOut('c1'), true);
    health.signedIn('c1');
    assert.equal(health.isSignedOut('c1'), false);
  });
});

describe('notices of waiting', () => {
  function notices() {
    const world = door();
    const seen: string[] = [];
    let second: (() => void) | undefined;
    const parts = new WaitingNotices({
      health: new ConnectionHealth(world.sql),
      clock: { now: () => 1000 },
      open: (id, gesture) => {
        seen.push(`open ${id} ${gesture ? 'loud' : 'quiet'}`);
        return {
          report: ({ attempt }) => seen.push(`${id} try ${attempt}`),
          close: () => seen.push(`close ${id}`),
        };
      },
      everySecond: (call) => {
        second = call;
        return {
          dispose: () => {
            second = undefined;
          },
        };
      },
    });
    return { ...world, seen, parts, tick: () => second?.(), ticking: () => second !== undefined };
  }

  it('is one for a connection, kept up to date, and ends', () => {
    const { waiting, seen, tick, ticking } = notices();
    waiting({ connectionId: 'c1', waiting: resuming() });
    waiting({ connectionId: 'c1', waiting: resuming({ attempt: 2 }) });
    tick();
    waiting({ connectionId: 'c1', waiting: undefined });
    assert.deepEqual(seen, ['open c1 loud', 'c1 try 1', 'c1 try 2', 'c1 try 2', 'close c1']);
    assert.equal(ticking(), false);
  });

  it('is quiet for background work, and turns loud when somebody waits with it', () => {
    const { waiting, seen } = notices();
    waiting({ connectionId: 'c1', waiting: resuming({ gesture: false }) });
    waiting({ connectionId: 'c1', waiting: resuming() });
    assert.deepEqual(seen, ['open c1 quiet', 'c1 try 1', 'close c1', 'open c1 loud', 'c1 try 1']);
  });

  it('closes all when it ends', () => {
    const { waiting, seen, parts } = notices();
    waiting({ connectionId: 'c1', waiting: resuming() });
    waiting({ connectionId: 'c2', waiting: resuming({ connectionId: 'c2' }) });
    parts.dispose();
    assert.deepEqual(seen.slice(-2), ['close c1', 'close c2']);
  });
});

describe('accounts that are gone', () => {
  const ada = { id: 'ada-id', label: 'ada@contoso.example' };
  const connection = profile();

  it('are those that were used and are not there now', () => {
    const gone = (...accounts: (typeof ada)[]) =>
      connectionsOfGoneAccounts(
        [connection],
        () => ada,
        () => accounts,
      );
    assert.deepEqual(gone(), [connection]);
    assert.deepEqual(gone({ id: 'other', label: 'bob@contoso.example' }), [connection]);
    assert.deepEqual(gone({ ...ada, id: 'new-id' }), []);
    assert.deepEqual(gone({ ...ada, label: 'renamed' }), []);
  });

  it('concern no connection that never had a token, nor another credential', () => {
    const list = [profile({ credential: { kind: 'azureCli' } })];
    assert.deepEqual(
      connectionsOfGoneAccounts(
        list,
        () => ada,
        () => [],
      ),
      [],
    );
    assert.deepEqual(
      connectionsOfGoneAccounts(
        [connection],
        () => undefined,
        () => [],
      ),
      [],
    );
    assert.deepEqual(
      connectionsOfGoneAccounts(
        [connection],
        () => ada,
        () => undefined,
      ),
      [],
    );
  });
});
