// What activation costs: the entry bundle carries no driver and no identity library, and stays small.
import assert from 'node:assert/strict';
import * as esbuild from 'esbuild';
import { describe, it } from 'vitest';
import { bundles } from '../../scripts/build.ts';

async function inputsOf(outfile: string): Promise<{ inputs: string[]; bytes: number; text: string }> {
  const options = bundles().find((entry) => entry.outfile === outfile);
  assert.ok(options, `${outfile} is not built`);
  const result = await esbuild.build({ ...options, write: false, metafile: true });
  const [file] = result.outputFiles;
  assert.ok(file);
  return { inputs: Object.keys(result.metafile.inputs), bytes: file.contents.length, text: file.text };
}

describe('the bundles', () => {
  it('activation carries no package at all and weighs at most 100 KiB', async () => {
    const { inputs, bytes, text } = await inputsOf('dist/extension.cjs');
    assert.ok(inputs.includes('src/extension.ts'), 'the entry itself was not seen');
    assert.deepEqual(
      inputs.filter((file) => file.includes('node_modules') || file.startsWith('src/data/')),
      [],
    );
    assert.ok(bytes <= 100 * 1024, `${bytes} bytes`);
    assert.ok(text.includes('./data.cjs'), 'the data side is not reachable from the entry');
  });

  it('the data side carries the driver but neither @azure/identity nor the key vault client', async () => {
    const { inputs, text } = await inputsOf('dist/data.cjs');
    assert.ok(
      inputs.some((file) => file.includes('node_modules/tedious/')),
      'tedious was not seen',
    );
    assert.deepEqual(
      inputs.filter((file) => /node_modules\/@azure\/(identity|keyvault)/.test(file)),
      [],
    );
    assert.ok(text.includes('./identity.cjs'), 'identity is not reachable from the data side');
  });
});
