import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, it, vi } from 'vitest';
import type { Cell, ColumnMeta } from '../../../src/core/ports.ts';
import type { DriverDate, Row, RowStore } from '../../../src/core/resultSet.ts';
import { isAppError } from '../../../src/core/errors.ts';
import { createRowStores } from '../../../src/data/rowStore.ts';

const column: ColumnMeta = { name: 'a', sqlType: 'int', baseType: 'int', nullable: true, identity: false };
const columns = (count: number): ColumnMeta[] => Array.from({ length: count }, () => column);
const spillFolders = (): string[] =>
  readdirSync(folder).filter((name) => name.startsWith('passwordless-sql-'));

let store: RowStore | undefined;
let folder = '';
beforeEach(() => {
  // A folder of its own: other tests, and other processes, spill into the common one.
  folder = mkdtempSync(join(tmpdir(), 'row-store-test-'));
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) vi.stubEnv(name, folder);
});
afterEach(async () => {
  await store?.dispose();
  store = undefined;
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** What open files of this process are called, where the system tells. */
const openFiles = (): string[] =>
  readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return [];
    }
  });

/** Deep equality that also looks at what a Date has beside its time. */
function same(actual: readonly Row[], expected: readonly Row[]): void {
  const plain = (rows: readonly Row[]): unknown[] =>
    rows.map((row) =>
      row.map((cell) =>
        cell instanceof Date ? ['date', cell.getTime(), (cell as DriverDate).nanosecondsDelta] : cell,
      ),
    );
  assert.deepEqual(plain(actual), plain(expected));
}

function fine(time: number, delta: number): Date {
  const date: DriverDate = new Date(time);
  Object.defineProperty(date, 'nanosecondsDelta', { value: delta, enumerable: false });
  return date;
}

const cell: fc.Arbitrary<Cell> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.bigInt(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  // Half surrogate pairs are legal in nvarchar.
  fc.constant('\ud83d'),
  fc.date({ noInvalidDate: true }),
  fc.tuple(fc.integer(), fc.constantFrom(0.0001234, 0.0000001)).map(([time, delta]) => fine(time, delta)),
  fc.uint8Array({ maxLength: 50 }),
);

describe('a row store', () => {
  for (const [where, limit] of [
    ['in memory', undefined],
    ['spilled', 0],
  ] as const) {
    it(`gives back exactly what was appended, ${where}`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { maxLength: 20 }), {
            maxLength: 6,
          }),
          fc.nat(130),
          fc.nat(130),
          async (blocks, start, count) => {
            const kept = createRowStores(limit).create(columns(3));
            try {
              for (const block of blocks) await kept.append(block);
              assert.equal(kept.count, blocks.flat().length);
              same(await kept.window(start, count), blocks.flat().slice(start, start + count));
            } finally {
              await kept.dispose();
            }
          },
        ),
        { numRuns: 60 },
      );
    });
  }

  it('answers any window of a long result while the rest is still arriving, and leaves no file behind', async () => {
    store = createRowStores(1024 * 1024, 'win32').create(columns(2));
    const row = (index: number): Row => [index, `row ${index} ${'x'.repeat(40)}`];
    for (let start = 0; start < 100_000; start += 200) {
      await store.append(Array.from({ length: 200 }, (_, index) => row(start + index)));
      if (start % 20_000 === 0)
        same(
          await store.window(start, 300),
          Array.from({ length: 200 }, (_, index) => row(start + index)),
        );
    }
    assert.equal(spillFolders().length, 1, 'it did spill');
    for (const start of [0, 199, 12_345, 55_501, 99_900]) {
      same(
        await store.window(start, 200),
        Array.from({ length: Math.min(200, 100_000 - start) }, (_, index) => row(start + index)),
      );
    }
    assert.deepEqual(await store.window(100_000, 10), []);
    await store.dispose();
    await store.dispose();
    assert.deepEqual(spillFolders(), []);
  });

  it('keeps a single row larger than a chunk', async () => {
    store = createRowStores(0).create(columns(1));
    const large = 'ü'.repeat(2_000_000);
    await store.append([[large]]);
    await store.append([['small']]);
    assert.equal((await store.window(0, 1))[0]?.[0], large);
    assert.equal((await store.window(1, 1))[0]?.[0], 'small');
  });

  it.skipIf(process.platform !== 'linux')(
    'has no name for its file while it is open, so that a crash leaves none',
    async () => {
      store = createRowStores(0).create(columns(1));
      for (let block = 0; block < 4; block++) await store.append([['x'.repeat(1024 * 1024)]]);
      assert.equal((await store.window(0, 1))[0]?.[0], 'x'.repeat(1024 * 1024));
      const mine = (): string[] => openFiles().filter((name) => name.startsWith(folder));
      assert.match(mine().join(), /rows \(deleted\)$/, 'it did spill');
      assert.deepEqual(readdirSync(folder), []);
      await store.dispose();
      assert.deepEqual(mine(), []);
    },
  );

  for (const [where, limit] of [
    ['in memory', undefined],
    ['spilled', 0],
  ] as const) {
    it(`says that its rows are gone after dispose, also to who was reading, ${where}`, async () => {
      const kept = createRowStores(limit).create(columns(1));
      for (let block = 0; block < 4; block++) await kept.append([['x'.repeat(1024 * 1024)]]);
      const gone = (error: unknown): boolean =>
        isAppError(error, 'invalidInput') && /no longer kept/.test(error.message);
      const reading = assert.rejects(kept.window(0, 4), gone);
      await kept.dispose();
      await reading;
      await assert.rejects(kept.window(0, 1), gone);
    });
  }
});
