// Grid: selection by keys and clicks, windows as buffers, and which windows are fetched.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { firstCell, isSelected, moved, pick, rangesOf, selectAll } from '../../../src/core/gridSelection.ts';
import { gridTextLimit, packWindow, unpackWindow, WindowQueue } from '../../../src/core/gridWindow.ts';

const size = { rows: 100, columns: 5, page: 20 };
const plain = { control: false, shift: false };
const at = (row: number, column: number) => pick(firstCell, { row, column }, { extend: false, add: false });

describe('moved', () => {
  const golden: [string, [number, number], { control: boolean; shift: boolean }, [number, number]][] = [
    ['ArrowDown', [0, 0], plain, [1, 0]],
    ['ArrowDown', [99, 0], plain, [99, 0]],
    ['ArrowUp', [0, 2], plain, [-1, 2]],
    ['ArrowUp', [-1, 2], plain, [-1, 2]],
    ['ArrowRight', [3, 4], plain, [3, 4]],
    ['ArrowLeft', [3, 0], plain, [3, 0]],
    ['Home', [3, 4], plain, [3, 0]],
    ['End', [3, 0], plain, [3, 4]],
    ['Home', [3, 4], { control: true, shift: false }, [0, 0]],
    ['End', [3, 0], { control: true, shift: false }, [99, 4]],
    ['PageDown', [90, 1], plain, [99, 1]],
    ['PageDown', [0, 1], plain, [20, 1]],
    ['PageUp', [10, 1], plain, [0, 1]],
    ['ArrowDown', [5, 1], { control: true, shift: false }, [99, 1]],
    ['ArrowUp', [5, 1], { control: true, shift: false }, [0, 1]],
  ];
  for (const [key, [row, column], how, [toRow, toColumn]] of golden) {
    it(`${how.control ? 'Ctrl+' : ''}${key} from ${row},${column}`, () => {
      assert.deepEqual(moved(at(row, column), key, how, size)?.focus, { row: toRow, column: toColumn });
    });
  }

  it('extends with Shift, never into the headers, and leaves other keys alone', () => {
    const extended = moved(at(2, 2), 'ArrowDown', { control: false, shift: true }, size);
    assert.deepEqual(extended && rangesOf(extended), [{ top: 2, left: 2, bottom: 3, right: 2 }]);
    const top = moved(at(0, 0), 'ArrowUp', { control: false, shift: true }, size);
    assert.equal(top?.focus.row, 0);
    assert.equal(moved(at(0, 0), 'a', plain, size), undefined);
  });

  it('stays on the headers of an empty grid', () => {
    const empty = { rows: 0, columns: 2, page: 20 };
    assert.equal(moved(at(0, 0), 'ArrowDown', plain, empty)?.focus.row, -1);
    assert.deepEqual(moved(at(-1, 0), 'ArrowRight', plain, empty)?.focus, { row: -1, column: 1 });
  });
});

describe('pick', () => {
  it('keeps earlier ranges with Ctrl and extends with Shift', () => {
    const first = pick(at(1, 1), { row: 3, column: 2 }, { extend: true, add: false });
    const second = pick(first, { row: 9, column: 0 }, { extend: false, add: true });
    assert.deepEqual(rangesOf(second), [
      { top: 1, left: 1, bottom: 3, right: 2 },
      { top: 9, left: 0, bottom: 9, right: 0 },
    ]);
    assert.ok(isSelected(second, 2, 1) && isSelected(second, 9, 0) && !isSelected(second, 8, 0));
    assert.equal(rangesOf(pick(second, { row: 0, column: 0 }, { extend: false, add: false })).length, 1);
  });

  it('selects everything', () => {
    assert.deepEqual(rangesOf(selectAll(size)), [{ top: 0, left: 0, bottom: 99, right: 4 }]);
  });
});

describe('windows', () => {
  const columns = [
    { sqlType: 'int', baseType: 'int' },
    { sqlType: 'nvarchar(max)', baseType: 'nvarchar' },
  ];
  it('come out as columns of texts, in a buffer of exactly their size', () => {
    const packed = packWindow(
      [
        [1, 'größe 🙂'],
        [null, null],
      ],
      columns,
    );
    assert.equal(packed.byteLength, Buffer.byteLength('[["1",null],["größe 🙂",null]]'));
    assert.deepEqual(unpackWindow(packed), [
      ['1', null],
      ['größe 🙂', null],
    ]);
  });
  it('cut long texts, never in the middle of a character', () => {
    const long = `${'x'.repeat(gridTextLimit - 1)}🙂rest`;
    const cut = unpackWindow(packWindow([[1, long]], columns))[1]?.[0];
    assert.equal(cut, `${'x'.repeat(gridTextLimit - 1)}…`);
  });
});

describe('WindowQueue', () => {
  it('has two under way, and of those waiting only the newest', () => {
    const sent: number[] = [];
    const queue = new WindowQueue((request) => sent.push(request.start));
    const first = queue.ask(1, 0, 50);
    for (const start of [100, 200, 300, 400]) queue.ask(1, start, 50);
    assert.deepEqual(sent, [0, 100]);
    queue.answered(first);
    assert.deepEqual(sent, [0, 100, 400]);
  });
  it('starts afresh after clear', () => {
    const sent: number[] = [];
    const queue = new WindowQueue((request) => sent.push(request.start), 1);
    queue.ask(1, 0, 1);
    queue.ask(1, 1, 1);
    queue.clear();
    queue.ask(2, 7, 1);
    assert.deepEqual(sent, [0, 7]);
  });
});
