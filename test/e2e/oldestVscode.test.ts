// The smoke test on the oldest VS Code that the manifest promises: activate, connect, see rows, query.
import { afterAll, beforeAll, describe, it } from 'vitest';
import { extensionId } from '../workbench/localAzure.ts';
import { administrator } from './mainJourney.ts';
import { startRun, type WorkbenchRun } from './workbenchRun.ts';

describe('on the oldest promised VS Code', () => {
  let run: WorkbenchRun;
  beforeAll(async () => {
    run = await startRun({ name: 'oldest', release: 'oldest', connected: administrator });
  });
  afterAll(async () => {
    await run.stop();
  });

  it('shows the users and runs a query', async () => {
    const { driver, step } = run;
    await step('the tree shows the users', async () => {
      await driver.activity('Passwordless SQL');
      await driver.expand('appdb');
      await driver.expand(/^Users/);
      await driver.treeItem('Ada Lovelace').waitFor();
    });
    await step('a query runs', async () => {
      await driver.command('Passwordless SQL: New Query');
      await driver.page.locator('.editor-group-container.active .monaco-editor').first().waitFor();
      await driver.setEditorText("SELECT 'still here' AS answer;");
      await driver.page.keyboard.press('ControlOrMeta+Shift+E');
      await driver.webview(extensionId).getByRole('gridcell', { name: 'still here' }).waitFor();
      await driver.shot('query');
    });
    await driver.noErrors();
  });
});
