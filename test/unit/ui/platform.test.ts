// The adapters that need no VS Code: redaction and the door that loads the data side.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import type { Sql } from '../../../src/core/ports.ts';
import { lazySql } from '../../../src/ui/platform/lazySql.ts';
import { redact } from '../../../src/ui/platform/redact.ts';
import { profile } from '../services/fakes.ts';

describe('redaction', () => {
  const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2RhdGFiYXNlIn0.c2lnbmF0dXJl-_';

  it('takes tokens out, whole or cut', () => {
    assert.equal(redact(`got ${jwt}.`), 'got [token]');
    assert.equal(redact(`got ${jwt.slice(0, 30)} …`), 'got [token] …');
    assert.equal(redact('Authorization: Bearer abcdefgh123456'), 'Authorization: Bearer [token]');
  });

  it('takes passwords out of connection strings and bodies', () => {
    assert.equal(redact('Server=x;Password=hunter2;Database=y'), 'Server=x;Password=[secret];Database=y');
    assert.equal(redact('{"access_token":"abc"}'), '{"access_token":[secret]}');
    assert.equal(redact("pwd = 'a b'"), 'pwd = [secret]');
  });

  it('leaves the rest alone', () => {
    const text = 'Login failed for user <token-identified principal>. 18456 state 1';
    assert.equal(redact(text), text);
  });
});

describe('the lazily loaded data side', () => {
  function fakeSql() {
    const listeners: ((event: { connectionId: string }) => void)[] = [];
    const calls: string[] = [];
    const refused = () => Promise.reject(new Error('not in this test'));
    const sql: Sql = {
      query: async () => {
        calls.push('query');
        return { columns: [], rows: [] };
      },
      transaction: refused,
      openSession: refused,
      test: refused,
      tokenFacts: () => ({
        who: 'ada',
        tenant: 't',
        audience: 'a',
        objectId: 'o',
        expiresOn: 1,
        source: 's',
      }),
      testCredential: () => Promise.reject(new Error('not used')),
      onDidNeedSignIn: () => ({ dispose: () => undefined }),
      onDidChangeWaiting: () => ({ dispose: () => undefined }),
      cancelWaiting: () => undefined,
      diagnostics: () => undefined,
      signOut: () => Promise.resolve(),
      onDidChangeToken: (listener) => {
        listeners.push(listener);
        return { dispose: () => calls.push('unsubscribed') };
      },
      close: async (id) => void calls.push(`close ${id}`),
      dispose: async () => void calls.push('dispose'),
    };
    return {
      sql,
      calls,
      fire: (connectionId: string) => listeners.forEach((listener) => listener({ connectionId })),
    };
  }

  it('loads once, on the first request, and not for looking or closing', async () => {
    let loads = 0;
    const { sql, calls } = fakeSql();
    const lazy = lazySql(async () => {
      loads++;
      return sql;
    });
    assert.equal(lazy.tokenFacts(profile()), undefined);
    await lazy.close('c1');
    assert.equal(loads, 0);
    await Promise.all([lazy.query(profile(), { text: 'a' }), lazy.query(profile(), { text: 'b' })]);
    assert.equal(loads, 1);
    assert.equal(lazy.tokenFacts(profile())?.who, 'ada');
    await lazy.close('c1');
    await lazy.dispose();
    assert.deepEqual(calls, ['query', 'query', 'close c1', 'unsubscribed', 'dispose']);
  });

  it('passes on token changes to whoever subscribed before it was loaded', async () => {
    const { sql, fire } = fakeSql();
    const lazy = lazySql(async () => sql);
    const seen: string[] = [];
    const subscription = lazy.onDidChangeToken(({ connectionId }) => seen.push(connectionId));
    await lazy.query(profile(), { text: 'a' });
    fire('c1');
    subscription.dispose();
    fire('c2');
    assert.deepEqual(seen, ['c1']);
  });

  it('tries to load again after a failure', async () => {
    let loads = 0;
    const { sql } = fakeSql();
    const lazy = lazySql(async () => {
      if (++loads === 1) throw new Error('disk');
      return sql;
    });
    await assert.rejects(lazy.query(profile(), { text: 'a' }), /disk/);
    await lazy.query(profile(), { text: 'a' });
    assert.equal(loads, 2);
  });

  it('ends and closes in peace when it cannot be loaded, and loads nothing after its end', async () => {
    let loads = 0;
    const lazy = lazySql(() => {
      loads++;
      return Promise.reject(new Error('disk'));
    });
    const query = assert.rejects(lazy.query(profile(), { text: 'a' }), /disk/);
    await Promise.all([lazy.close('c1'), lazy.signOut('c1'), lazy.dispose(), query]);
    await assert.rejects(lazy.query(profile(), { text: 'a' }), { code: 'cancelled' });
    assert.equal(loads, 1);
  });
});
