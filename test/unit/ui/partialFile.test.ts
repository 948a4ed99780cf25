// A file that is being exported: never over a file that was there, whole under its name or not there at all.
import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { isAppError } from '../../../src/core/errors.ts';
import { openPartialFile } from '../../../src/ui/partialFile.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'partial-file-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

describe('a file that is being exported', () => {
  it('has its name only when it is finished', async () => {
    writeFileSync(join(folder, 'x.csv'), 'before');
    const file = await openPartialFile(join(folder, 'x.csv'));
    await file.write('größe');
    assert.equal(read('x.csv'), 'before');
    await file.finish();
    assert.equal(read('x.csv'), 'größe');
    assert.deepEqual(readdirSync(folder), ['x.csv']);
  });

  for (const how of ['finish', 'discard'] as const) {
    it(`leaves other files alone that have the name it would use meanwhile (${how})`, async () => {
      writeFileSync(join(folder, 'x.csv.part'), 'mine');
      writeFileSync(join(folder, 'target'), 'also mine');
      symlinkSync(join(folder, 'target'), join(folder, 'x.csv.1.part'));
      const file = await openPartialFile(join(folder, 'x.csv'));
      const other = await openPartialFile(join(folder, 'x.csv'));
      await file.write('rows');
      await other.write('others');
      await file[how]();
      await other.discard();
      assert.equal(read('x.csv.part'), 'mine');
      assert.equal(read('target'), 'also mine');
      assert.deepEqual(readdirSync(folder).toSorted(), [
        'target',
        ...(how === 'finish' ? ['x.csv'] : []),
        'x.csv.1.part',
        'x.csv.part',
      ]);
    });
  }

  it('says why it cannot be made or renamed, and leaves nothing', async () => {
    const refused = (error: unknown): boolean => isAppError(error, 'invalidInput');
    // In words of a person's, without the partial file that they did not name.
    await assert.rejects(openPartialFile(join(folder, 'none', 'x.csv')), {
      message: 'The file could not be written: its folder does not exist. Choose another folder.',
    });
    mkdirSync(join(folder, 'x.csv'));
    writeFileSync(join(folder, 'x.csv', 'inside'), '');
    const file = await openPartialFile(join(folder, 'x.csv'));
    await file.write('rows');
    await assert.rejects(file.finish(), refused);
    await file.discard();
    assert.deepEqual(readdirSync(folder), ['x.csv']);
  });
});
