// The main journey with the packaged .vsix in a real workbench, each step a test.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { walkMainJourney } from './mainJourney.ts';
import { startRun, type WorkbenchRun } from './workbenchRun.ts';

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
  });

  it('sent nothing to any other machine', () => {
    // Webview resources have a host name of their own that the workbench's service worker answers.
    assert.deepEqual(
      run.foreign.filter((url) => !url.includes('vscode-resource.vscode-cdn.net')),
      [],
    );
  });
});
