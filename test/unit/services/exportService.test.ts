// Exporting: everything arrives in order and in blocks; cancelling leaves no file.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { isAppError } from '../../../src/core/errors.ts';
import type { ResultSet, Row } from '../../../src/core/resultSet.ts';
import { exportSet, type ExportFile } from '../../../src/services/exportService.ts';

function setOf(rows: readonly Row[], complete = true): ResultSet {
  return {
    columns: [{ name: 'n', sqlType: 'int', baseType: 'int', nullable: false, identity: false }],
    rows: {
      count: rows.length,
      append: () => assert.fail('an export adds nothing'),
      window: (start, count) => Promise.resolve(rows.slice(start, start + count)),
      dispose: () => Promise.resolve(),
    },
    complete,
    partial: false,
  };
}

function memoryFile(): ExportFile & { text: string; state: string } {
  const file = {
    text: '',
    state: 'open',
    write: (text: string) => {
      file.text += text;
      return Promise.resolve();
    },
    finish: () => {
      file.state = 'finished';
      return Promise.resolve();
    },
    discard: () => {
      file.state = 'discarded';
      return Promise.resolve();
    },
  };
  return file;
}

const rows = Array.from({ length: 1234 }, (_, n) => [n]);
const options = {
  signal: new AbortController().signal,
  onProgress: () => {},
  giveWay: () => Promise.resolve(),
};

describe('exportSet', () => {
  it('writes CSV with byte order mark and header', async () => {
    const file = memoryFile();
    assert.equal(await exportSet(setOf(rows), 'csv', file, options), 1234);
    assert.equal(file.text, `\uFEFFn\r\n${rows.map(([n]) => `${n}\r\n`).join('')}`);
    assert.equal(file.state, 'finished');
  });

  it('writes one JSON document, also of no rows', async () => {
    const file = memoryFile();
    await exportSet(setOf(rows), 'json', file, options);
    assert.deepEqual(
      JSON.parse(file.text),
      rows.map(([n]) => ({ n })),
    );
    const empty = memoryFile();
    await exportSet(setOf([]), 'json', empty, options);
    assert.deepEqual(JSON.parse(empty.text), []);
  });

  it('gives way between blocks, reports progress, and discards the file when cancelled', async () => {
    const file = memoryFile();
    const abort = new AbortController();
    const seen: number[] = [];
    const giveWay = (): Promise<void> => {
      if (seen.length === 2) abort.abort();
      return Promise.resolve();
    };
    const exporting = exportSet(setOf(rows), 'csv', file, {
      signal: abort.signal,
      onProgress: (count) => seen.push(count),
      giveWay,
    });
    await assert.rejects(exporting, (error) => isAppError(error, 'cancelled'));
    assert.deepEqual(seen, [500, 1000]);
    assert.equal(file.state, 'discarded');
  });

  it('refuses a set that is still growing', async () => {
    await assert.rejects(exportSet(setOf(rows, false), 'csv', memoryFile(), options), (error) =>
      isAppError(error, 'invalidInput'),
    );
  });

  it('leaves no file of a set that is still growing', async () => {
    const file = memoryFile();
    await assert.rejects(exportSet(setOf(rows, false), 'csv', file, options));
    assert.equal(file.state, 'discarded');
  });

  it('fails, and leaves no file, when another run takes the rows away meanwhile', async () => {
    const file = memoryFile();
    const set = setOf(rows);
    const gone = {
      ...set,
      rows: {
        ...set.rows,
        window: (start: number, count: number) =>
          Promise.resolve(start < 500 ? rows.slice(start, start + count) : []),
      },
    };
    await assert.rejects(exportSet(gone, 'csv', file, options), (error) => isAppError(error, 'invalidInput'));
    assert.equal(file.state, 'discarded');
  });
});
