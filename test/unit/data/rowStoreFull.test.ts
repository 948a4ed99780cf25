// A disk that runs full while rows are spilled: what was written is removed all the same.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, vi } from 'vitest';
import { createRowStores } from '../../../src/data/rowStore.ts';

describe('a row store whose file cannot be written', () => {
  it('leaves no rows behind in the temporary folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'full-disk-'));
    const some = await open(join(folder, 'some'), 'w');
    const write = vi
      .spyOn(Object.getPrototypeOf(some) as typeof some, 'write')
      .mockRejectedValue(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
    await some.close();
    vi.stubEnv('TMPDIR', folder);
    const store = createRowStores(0).create([
      { name: 'a', sqlType: 'nvarchar(max)', baseType: 'nvarchar', nullable: true, identity: false },
    ]);
    try {
      const append = async (): Promise<void> => {
        for (let block = 0; block < 20; block++) await store.append([['x'.repeat(1024 * 1024)]]);
      };
      await assert.rejects(append(), /do not fit/);
      await store.dispose();
      assert.deepEqual(readdirSync(folder), ['some']);
    } finally {
      write.mockRestore();
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    }
  });
});
