import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { AppError, isAppError } from '../../../src/core/errors.ts';
import type { CredentialChoice } from '../../../src/core/connection.ts';
import type { TokenRequest, TokenSource } from '../../../src/core/ports.ts';
import { tokenSources } from '../../../src/data/credentialSources.ts';
import {
  refreshBelow,
  retireBelow,
  TokenCache,
  waitBelow,
  type TokenOwner,
} from '../../../src/data/tokenCache.ts';
import { cloud, jwt, keepLog } from './fakeServer.ts';

const minute = 60_000;

interface Bench {
  cache: TokenCache;
  owner: TokenOwner;
  asked: TokenRequest[];
  now: number;
  /** What the source answers. */
  answer: (request: TokenRequest) => Promise<string>;
}

/** `life` of a token in minutes. */
function bench(life = 60, credential: CredentialChoice = { kind: 'vscode' }, random = 1): Bench {
  const made: Bench = {
    now: 1_700_000_000_000,
    asked: [],
    owner: { cloud, credential },
    answer: () => Promise.resolve(jwt({ exp: made.now / 1000 + life * 60 }, made.now)),
    cache: undefined as never,
  };
  const source: TokenSource = {
    getToken: async (request) => {
      made.asked.push(request);
      return { token: await made.answer(request) };
    },
  };
  made.cache = new TokenCache({
    sources: { ...tokenSources(source), azureCli: source },
    clock: { now: () => made.now, sleep: () => Promise.resolve() },
    log: keepLog().log,
    random: () => random,
  });
  return made;
}

/** Lets background work that is not waiting for anything finish. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the token cache', () => {
  it('asks once while the token is young', async () => {
    const b = bench();
    const first = await b.cache.get(b.owner, 'silent');
    b.now += 45 * minute;
    assert.equal(await b.cache.get(b.owner, 'silent'), first);
    assert.equal(b.asked.length, 1);
  });

  it('below ten minutes goes on with the old one and gets another behind it', async () => {
    const b = bench();
    const first = await b.cache.get(b.owner, 'silent');
    b.now += 51 * minute;
    assert.equal(await b.cache.get(b.owner, 'silent'), first);
    await settle();
    assert.equal(b.asked.length, 2);
    assert.equal(b.asked[1]?.mode, 'silent');
    assert.notEqual((await b.cache.get(b.owner, 'silent')).token, first.token);
    assert.equal(b.asked.length, 2);
  });

  it('below five minutes waits for the new one', async () => {
    const b = bench();
    const first = await b.cache.get(b.owner, 'silent');
    b.now += 56 * minute;
    assert.notEqual((await b.cache.get(b.owner, 'silent')).token, first.token);
  });

  it('uses what is left when there is no new one, and says so when nothing is left', async () => {
    const b = bench();
    const first = await b.cache.get(b.owner, 'silent');
    b.answer = () => Promise.reject(new AppError('signInRequired', 'Sign in.'));
    b.now += 57 * minute;
    assert.equal(await b.cache.get(b.owner, 'silent'), first);
    b.now += 4 * minute;
    await assert.rejects(b.cache.get(b.owner, 'silent'), { code: 'signInRequired' });
  });

  it('takes a source’s same token for no failure and asks again just below its five minutes', async () => {
    const b = bench();
    const text = jwt({ exp: b.now / 1000 + 3600 }, b.now);
    b.answer = () => Promise.resolve(text);
    await b.cache.get(b.owner, 'silent');
    b.now += 51 * minute;
    for (let call = 0; call < 5; call++) {
      await b.cache.get(b.owner, 'silent');
      await settle();
    }
    assert.equal(b.asked.length, 2, 'once early');
    b.now += 4 * minute + 2000;
    assert.equal((await b.cache.get(b.owner, 'silent')).token, text);
    assert.equal(b.asked.length, 3, 'again below 300 s');
  });

  it('knows how old a token is that does not say when it was issued', async () => {
    const b = bench();
    const text = jwt({ exp: b.now / 1000 + 3600, iat: undefined }, b.now);
    b.answer = () => Promise.resolve(text);
    await b.cache.get(b.owner, 'silent');
    b.now += 51 * minute;
    await b.cache.get(b.owner, 'silent');
    await settle();
    b.now += 4 * minute + 2000;
    await b.cache.get(b.owner, 'silent');
    assert.equal(b.asked.length, 3, 'a new one is waited for below five minutes');
  });

  it('does not renew the tokens of several connections all at once', async () => {
    for (const [random, asked] of [
      [0, 1],
      [1, 2],
    ] as const) {
      const b = bench(60, { kind: 'vscode' }, random);
      await b.cache.get(b.owner, 'silent');
      b.now += 50.5 * minute;
      await b.cache.get(b.owner, 'silent');
      await settle();
      assert.equal(b.asked.length, asked);
    }
  });

  it('is not kept from one authority for another', async () => {
    const b = bench();
    await b.cache.get(b.owner, 'silent');
    await b.cache.get({ ...b.owner, cloud: { ...cloud, authority: 'https://login.other' } }, 'silent');
    assert.equal(b.asked.length, 2);
  });

  it('works with short tokens by shares of their life', async () => {
    const b = bench(4);
    await b.cache.get(b.owner, 'silent');
    b.now += 2.5 * minute;
    await b.cache.get(b.owner, 'silent');
    await settle();
    assert.equal(b.asked.length, 1);
    b.now += 0.6 * minute;
    await b.cache.get(b.owner, 'silent');
    await settle();
    assert.equal(b.asked.length, 2, 'below a quarter');
  });

  it('has the thresholds of the facts', () => {
    const life = (minutes: number) => ({
      issuedOn: 0,
      expiresOn: minutes * minute,
      token: '',
      audience: '',
      tenant: '',
      objectId: '',
      who: '',
    });
    assert.equal(refreshBelow(life(60)), 10 * minute);
    assert.equal(waitBelow(life(60)), 5 * minute);
    assert.equal(refreshBelow(life(20)), 5 * minute);
    assert.equal(waitBelow(life(20)), 2 * minute);
    assert.equal(retireBelow(life(60), 15_000), minute);
    assert.equal(retireBelow(life(60), 60_000), 2 * minute);
    assert.equal(retireBelow(life(10), 60_000), 0.5 * minute);
  });

  it('asks once for any number of callers at the same time', async () => {
    const b = bench();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => b.cache.get(b.owner, 'silent')));
    assert.equal(new Set(tokens).size, 1);
    assert.equal(b.asked.length, 1);
  });

  it('prompts only after the silent attempt under way has failed', async () => {
    const b = bench();
    b.answer = ({ mode }) =>
      mode === 'silent'
        ? Promise.reject(new AppError('signInRequired', 'Sign in.'))
        : Promise.resolve(jwt({ exp: b.now / 1000 + 3600 }, b.now));
    const [silent, interactive] = await Promise.allSettled([
      b.cache.get(b.owner, 'silent'),
      b.cache.get(b.owner, 'interactive'),
    ]);
    assert.equal(silent.status, 'rejected');
    assert.equal(interactive.status, 'fulfilled');
    assert.deepEqual(
      b.asked.map(({ mode }) => mode),
      ['silent', 'interactive'],
    );
  });

  it('lets one caller give up without ending it for the others', async () => {
    const b = bench();
    let finish: (() => void) | undefined;
    b.answer = () =>
      new Promise((resolve) => (finish = () => resolve(jwt({ exp: b.now / 1000 + 3600 }, b.now))));
    const abort = new AbortController();
    const impatient = b.cache.get(b.owner, 'silent', abort.signal);
    const patient = b.cache.get(b.owner, 'silent');
    abort.abort();
    await assert.rejects(impatient, { code: 'cancelled' });
    assert.equal(b.asked[0]?.signal?.aborted, false);
    finish?.();
    assert.equal((await patient).who, 'ada@contoso.example');
  });

  it('ends the request when the last caller gives up, and a later one starts anew', async () => {
    const b = bench();
    const { answer } = b;
    b.answer = ({ signal }) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped'))));
    const abort = new AbortController();
    const only = b.cache.get(b.owner, 'silent', abort.signal);
    abort.abort();
    await assert.rejects(only, { code: 'cancelled' });
    assert.equal(b.asked[0]?.signal?.aborted, true);
    b.answer = answer;
    assert.equal((await b.cache.get(b.owner, 'silent')).who, 'ada@contoso.example');
  });

  it('keeps identities, tenants and clouds apart', async () => {
    const b = bench();
    const tenant = '11111111-2222-4333-8444-555555555555';
    const owners: TokenOwner[] = [
      b.owner,
      { cloud, credential: { kind: 'vscode', account: { id: `a.${tenant}`, label: 'a' } } },
      { cloud, credential: { kind: 'vscode', account: { id: `b.${tenant}`, label: 'b' } } },
      { cloud, credential: { kind: 'vscode', tenant } },
      { cloud: { ...cloud, id: 'other' }, credential: { kind: 'vscode' } },
      { cloud, credential: { kind: 'azureCli' } },
    ];
    for (const owner of owners) await b.cache.get(owner, 'silent');
    assert.equal(b.asked.length, owners.length);
  });

  it('does not accept the cached token when it is to be renewed', async () => {
    const b = bench();
    const first = await b.cache.get(b.owner, 'silent');
    assert.notEqual((await b.cache.get(b.owner, 'renew')).token, first.token);
    assert.equal(b.asked[1]?.mode, 'renew');
  });

  it('drops only the token that was refused', async () => {
    const b = bench();
    const first = await b.cache.get(b.owner, 'silent');
    const second = await b.cache.get(b.owner, 'renew');
    b.cache.drop(b.owner, first);
    assert.equal(await b.cache.get(b.owner, 'silent'), second);
    b.cache.drop(b.owner, second);
    assert.equal(b.cache.facts(b.owner), undefined);
    await b.cache.get(b.owner, 'silent');
    assert.equal(b.cache.refreshes(b.owner), 2, 'one after a refusal counts too');
  });

  it('never keeps a token of another audience or one that has expired', async () => {
    const b = bench();
    b.answer = () => Promise.resolve(jwt({ aud: 'https://management.azure.com' }, b.now));
    await assert.rejects(b.cache.get(b.owner, 'interactive'), { code: 'wrongAudience' });
    b.answer = () => Promise.resolve(jwt({ exp: b.now / 1000 - 1 }, b.now));
    await assert.rejects(b.cache.get(b.owner, 'interactive'), { code: 'signInRequired' });
    assert.equal(b.cache.facts(b.owner), undefined);
  });

  it('tells what may be shown, and when that changes', async () => {
    const b = bench();
    const changes: string[] = [];
    b.cache.onDidChange(({ key }) => changes.push(key));
    await b.cache.get(b.owner, 'silent');
    assert.equal(b.cache.facts(b.owner)?.source, 'VS Code account');
    assert.ok(!JSON.stringify(b.cache.facts(b.owner)).includes('eyJ'));
    assert.deepEqual(changes, [b.cache.key(b.owner)]);
    await b.cache.get(b.owner, 'silent');
    assert.equal(changes.length, 1);
  });

  it('reports failures as they are', async () => {
    const b = bench();
    b.answer = () => Promise.reject(new AppError('signInDeclined', 'No.'));
    const error = await b.cache.get(b.owner, 'interactive').catch((failure: unknown) => failure);
    assert.ok(isAppError(error, 'signInDeclined'));
  });
});
