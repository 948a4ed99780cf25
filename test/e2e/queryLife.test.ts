// A query between its results and its text: jumping to lines and running again by keyboard, and closing it while it works.
import assert from 'node:assert/strict';
import type { FrameLocator } from 'playwright-core';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { extensionId } from '../workbench/localAzure.ts';
import { startRun, type WorkbenchRun } from './workbenchRun.ts';

describe('a query, its results and its end', () => {
  let run: WorkbenchRun;
  let results: FrameLocator;
  beforeAll(async () => {
    run = await startRun({ name: 'query-life', connected: 'ada@contoso.example' });
    run.driver.page.setDefaultTimeout(8_000);
    results = run.driver.webview(extensionId);
  });
  afterAll(async () => {
    await run.stop();
  });

  const newQuery = async (text: string): Promise<void> => {
    const { driver } = run;
    await driver.command('Passwordless SQL: New Query');
    await driver.page.locator('.editor-group-container.active .monaco-editor').first().waitFor();
    await driver.setEditorText(text);
    // Pasting takes a moment, and the links of an earlier query of this name are shown at once.
    await driver.page
      .locator('.editor-group-container.active .view-lines', {
        hasText: text.split(' ').at(-1)?.trim() ?? '',
      })
      .waitFor();
    await driver.page.locator('.codelens-decoration').getByText('Run batch').first().waitFor();
  };
  const phase = (text: string) => results.locator('#phase', { hasText: text });
  const close = () => run.driver.command('View: Revert and Close Editor');
  const closed = 'was closed while it is running';
  const delay = "WAITFOR DELAY '00:00:30';";

  it('runs by its key after each click on a line of the messages', () =>
    run.step('run, jump, run', async () => {
      const { driver } = run;
      await driver.activity('Passwordless SQL');
      await driver.treeItem('Ada Lovelace').waitFor();
      await newQuery('SELECT 1 AS one;\nGO\nSELECT NEWID() AS this_time;\nSELECT * FROM dbo.nowhere;\n');
      const seen = new Set<string>();
      for (let turn = 0; turn < 12; turn++) {
        await driver.page.keyboard.press('ControlOrMeta+Shift+E');
        // The server makes a new value in each run, so an old page cannot be taken for a new one.
        const tabs = results.getByRole('tab');
        await results.getByRole('tab', { name: /Messages/ }).waitFor();
        await phase('Ended with errors').waitFor();
        const cells = results.getByRole('tabpanel').locator('[role=gridcell]:visible');
        const read = async (): Promise<string | null> => {
          // The page of the run before looks the same: what was chosen there, the new run forgets.
          await tabs.nth(1).click();
          return (await cells.allTextContents())[0] ?? null;
        };
        await assertNew(read, seen, turn);
        await results.getByRole('tab', { name: /Messages/ }).click();
        await results.getByRole('button', { name: 'Line 4' }).click();
        await driver.statusItem('Ln 4').waitFor();
        // Where the keys go; a person is no faster than this either.
        await driver.page.locator('.editor-group-container.active .monaco-editor.focused').waitFor();
      }
    }));

  it('asks before a running batch ends, and goes on with it when the query is kept', () =>
    run.step('close while running, keep', async () => {
      const { driver } = run;
      await close();
      await driver.page.locator('iframe.webview').waitFor({ state: 'detached' });
      await newQuery(delay);
      await driver.page.keyboard.press('ControlOrMeta+Shift+E');
      await phase('Running').waitFor();
      await driver.command('View: Focus First Editor Group');
      await close();
      await driver.dialog(closed).waitFor();
      await driver.shot('closed-while-running');
      // "Cancel" beside "Cancel and Roll Back" would leave open which of them cancels what.
      assert.equal(
        await driver.dialog(closed).getByRole('button', { name: 'Cancel', exact: true }).count(),
        0,
      );
      await phase('Running').waitFor();
      await driver.dialogButton(closed, 'Keep the Query Open');
      await driver.page.locator('.editor-group-container.active .monaco-editor').first().waitFor();
      assert.equal((await driver.editorText()).trim(), delay);
      await phase('Running').waitFor();
    }));

  it('cancels it when told to', () =>
    run.step('close while running, cancel', async () => {
      const { driver } = run;
      await driver.command('View: Focus First Editor Group');
      await close();
      await driver.dialogButton(closed, 'Cancel and Roll Back');
      await driver.page.locator('iframe.webview').waitFor({ state: 'detached' });
    }));

  it('waits for its end when told to, and then asks about the transaction that it left open', () =>
    run.step('close while running, wait', async () => {
      const { driver } = run;
      await newQuery(
        "BEGIN TRANSACTION; UPDATE dbo.[user] SET last_name = 'Byron' WHERE id = 1; WAITFOR DELAY '00:00:03';",
      );
      await driver.page.keyboard.press('ControlOrMeta+Shift+E');
      await phase('Running').waitFor();
      await driver.command('View: Focus First Editor Group');
      await close();
      await driver.dialogButton(closed, 'Let It Finish');
      await driver.dialogButton('was closed while a transaction is open', 'Roll Back');
      await driver.page.locator('iframe.webview').waitFor({ state: 'detached' });
      await newQuery('SELECT last_name FROM dbo.[user] WHERE id = 1;');
      await driver.page.keyboard.press('ControlOrMeta+Shift+E');
      await results.getByRole('gridcell', { name: 'Lovelace', exact: true }).first().waitFor();
    }));
});

/** Waits until the page shows a value that no run before had. */
async function assertNew(read: () => Promise<string | null>, seen: Set<string>, turn: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const value = await read();
    if (value !== null && value !== '' && !seen.has(value)) {
      seen.add(value);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`turn ${turn} showed nothing new`);
}
