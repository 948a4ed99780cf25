// What the results page sends is read, not believed: junk is no intent, and only remedies on offer can be had.
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'vitest';
import type { Remedy } from '../../../src/core/errors.ts';
import { readToHost, type GridIntent } from '../../../src/core/gridMessages.ts';
import { GridOffers } from '../../../src/core/gridOffers.ts';

const whole = fc.maxSafeNat();
const range = fc.tuple(whole, whole, whole, whole).map(([a, b, c, d]) => ({
  top: Math.min(a, b),
  bottom: Math.max(a, b),
  left: Math.min(c, d),
  right: Math.max(c, d),
}));
const plain = { noNullPrototype: true };
const intent: fc.Arbitrary<GridIntent> = fc.oneof(
  fc.constantFrom<GridIntent>(
    { kind: 'ready' },
    { kind: 'cancel' },
    { kind: 'runAgain' },
    { kind: 'dismissError' },
  ),
  fc.record({ kind: fc.constantFrom('show', 'export'), set: whole }, plain),
  fc.record({ kind: fc.constant('jump'), line: whole }, plain),
  fc.record({ kind: fc.constant('remedy'), banner: whole, index: whole }, plain),
  fc.record({ kind: fc.constant('openCell'), set: whole, row: whole, column: whole }, plain),
  fc.record({ kind: fc.constant('window'), request: whole, set: whole, start: whole, count: whole }, plain),
  fc.record({ kind: fc.constant('copy'), set: whole, ranges: fc.array(range), headers: fc.boolean() }, plain),
);
const kinds = ['ready', 'show', 'export', 'jump', 'remedy', 'openCell', 'window', 'copy', 'cancel'];

describe('a message of the results page', () => {
  it('is read back as it was sent', () => {
    fc.assert(fc.property(intent, (sent) => assert.deepEqual(readToHost({ intent: sent }), { ...sent })));
  });

  it('never throws, whatever it is', () => {
    const junk = fc.oneof(
      fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withTypedArray: true }),
      fc.record({ intent: fc.anything() }),
      fc.record({ intent: fc.dictionary(fc.constantFrom('kind', 'set', 'ranges'), fc.anything()) }),
      fc.record({ intent: fc.record({ kind: fc.constantFrom(...kinds), set: fc.anything() }) }),
    );
    fc.assert(
      fc.property(junk, (message) => {
        const read = readToHost(message);
        // What passes has nothing that it did not ask for.
        assert.deepEqual(read && readToHost({ intent: read }), read);
      }),
      { numRuns: 1000 },
    );
  });

  it('is no intent when any one of its fields is wrong or missing', () => {
    const wrong = fc.oneof(
      fc.constantFrom<unknown>(undefined, null, -1, 1.5, NaN, Infinity, 2 ** 60, '1', {}, [-1], true, [null]),
      fc.string(),
    );
    fc.assert(
      fc.property(intent, fc.nat(10), wrong, (sent, pick, value) => {
        const names = Object.keys(sent);
        const name = names[pick % names.length] ?? 'kind';
        fc.pre(!(name === 'headers' && typeof value === 'boolean') && !kinds.includes(String(value)));
        assert.equal(readToHost({ intent: { ...sent, [name]: value } }), undefined);
      }),
    );
  });

  it('carries no remedy: what it says beside the number is dropped', () => {
    const remedy = { kind: 'command', command: 'workbench.action.quit', title: '', arguments: [] };
    assert.equal(readToHost({ intent: { kind: 'remedy', remedy } }), undefined);
    assert.deepEqual(readToHost({ intent: { kind: 'remedy', banner: 1, index: 0, remedy } }), {
      kind: 'remedy',
      banner: 1,
      index: 0,
    });
  });

  it('selects no range that ends before it begins, and not any number of them', () => {
    const copy = (ranges: unknown) =>
      readToHost({ intent: { kind: 'copy', set: 1, headers: false, ranges } });
    const one = { top: 0, left: 0, bottom: 0, right: 0 };
    assert.ok(copy([one]));
    assert.equal(copy([{ ...one, top: 1 }]), undefined);
    assert.equal(copy([{ ...one, left: 1 }]), undefined);
    assert.equal(copy(Array.from({ length: 10_001 }, () => one)), undefined);
  });
});

describe('the remedies on offer', () => {
  const retry: Remedy = { kind: 'retry' };
  const log: Remedy = { kind: 'showLog' };

  it('are those of the banner that is shown, by its number', () => {
    const offers = new GridOffers();
    const problem = new Error('one');
    const first = offers.offer(problem, [retry, log]);
    assert.equal(offers.offer(problem, [retry, log]), first, 'shown again, it is the same banner');
    assert.equal(offers.find(first, 1), log);
    assert.equal(offers.find(first, 2), undefined);
    assert.equal(offers.find(first + 1, 0), undefined);
    const second = offers.offer(new Error('two'), [log]);
    assert.equal(offers.find(first, 0), undefined, 'a late click on the banner before');
    assert.equal(offers.find(second, 0), log);
  });

  it('are none once the banner is gone', () => {
    const offers = new GridOffers();
    const problem = new Error('one');
    const banner = offers.offer(problem, [retry]);
    offers.clear();
    assert.equal(offers.find(banner, 0), undefined);
    assert.notEqual(offers.offer(problem, [retry]), banner);
  });
});
