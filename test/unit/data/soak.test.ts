// The short form of `npm run soak`: work goes on over several lives of its tokens, and nothing is lost, doubled, leaked or asked for twice.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { heapGrowth, refreshWindows } from '../../soak/order.ts';
import { soak } from '../../soak/soak.ts';

describe('work that outlives its tokens', () => {
  it('loses nothing in 45 seconds on tokens of 20, with sessions that end with them', async () => {
    const { broken, report, tokens } = await soak({ seconds: 45 });
    assert.deepEqual(broken, []);
    assert.ok(
      report.reads > 100 && report.transactions > 10 && report.sessions > 5,
      'there was work of every kind',
    );
    for (const { asked } of tokens) assert.ok(asked > 2, 'tokens were renewed');
    assert.ok((report.retired['token'] ?? 0) > 0, 'connections were replaced before their token ended');
  }, 120_000);
});

describe('what a soak judges by', () => {
  it('counts a token at the start, and one whenever a quarter of a life is left', () => {
    assert.equal(refreshWindows(1_000_000, 1_015_400, 20), 1);
    assert.equal(refreshWindows(1_000_000, 1_015_500, 20), 2);
    // From then on every 15 seconds: lives are counted from whole seconds.
    assert.equal(refreshWindows(1_000_000, 1_600_000, 20), 40);
  });

  it('tells a heap that grows from one that swings', () => {
    const swings = Array.from({ length: 90 }, (_, index) => 30e6 + (index % 3) * 1e6);
    assert.equal(heapGrowth(swings), 0);
    assert.ok(heapGrowth(swings.map((heap, index) => heap + index * 1e5)) > 5e6);
  });
});
