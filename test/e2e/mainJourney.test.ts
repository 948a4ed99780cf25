// The main journey with the packaged .vsix in a real workbench, each step a test.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { walkMainJourney } from './mainJourney.ts';
import { startRun, type WorkbenchRun } from './workbenchRun.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Copies a screenshot of this run to where the README shows it. */
function copyPicture(name: string): void {
  const shots = path.join(root, 'dist', 'e2e', 'main-journey');
  const file = fs.readdirSync(shots).find((entry) => entry.endsWith(`-${name}.png`));
  assert.ok(file, `there is no screenshot "${name}"`);
  fs.mkdirSync(path.join(root, 'docs', 'images'), { recursive: true });
  fs.copyFileSync(path.join(shots, file), path.join(root, 'docs', 'images', 'passwordless-sql.png'));
}

describe('the main journey', () => {
  let run: WorkbenchRun;
  beforeAll(async () => {
    run = await startRun({ name: 'main-journey' });
  });
  afterAll(async () => {
    await run.stop();
  });

  it('signs in, sees, inserts, queries, exports, grants, proves and undoes', async () => {
    await walkMainJourney(run);
    // The README's picture: PICTURE=1 npm run test:e2e.
    if (process.env['PICTURE']) copyPicture('query');
  });

  it('sent nothing to any other machine', () => {
    // Webview resources have a host name of their own that the workbench's service worker answers.
    assert.deepEqual(
      run.foreign.filter((url) => !url.includes('vscode-resource.vscode-cdn.net')),
      [],
    );
  });
});
