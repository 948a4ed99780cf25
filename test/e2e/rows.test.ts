// Rows in the tree as a person adds them: asked for by their types, on top at once wherever they stand, and found again later.
import assert from 'node:assert/strict';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { extensionId } from '../workbench/localAzure.ts';
import { waitFor } from './mainJourney.ts';
import { asAdministrator } from './serverSql.ts';
import { startRun, type WorkbenchRun } from './workbenchRun.ts';

const table = /\[dbo\]\.\[visitor\]/;

describe('rows of a table larger than a page', () => {
  let run: WorkbenchRun;
  beforeAll(async () => {
    run = await startRun({ name: 'rows', connected: 'ada@contoso.example' });
    run.driver.page.setDefaultTimeout(8_000);
    await asAdministrator(
      run.azure,
      `CREATE TABLE dbo.visitor (id int NOT NULL PRIMARY KEY, active bit NULL);
       INSERT dbo.visitor SELECT TOP (150) id, 1 FROM dbo.[user] ORDER BY id;`,
    );
  });
  afterAll(async () => {
    await run.stop();
  });

  it('shows a new row on top though its table was never opened, and says how to find it later', () =>
    run.step('insert', async () => {
      const { driver } = run;
      await driver.activity('Passwordless SQL');
      await driver.treeItem('Ada Lovelace').waitFor();
      await driver.contextMenu(driver.treeItem(/^Users/), 'Choose Tables…');
      await driver.tick('visitor', 'user');
      await driver.collapse(/\[dbo\]\.\[user\]/);
      await driver.contextMenu(driver.treeItem(table), 'Insert User…');
      await driver.step('id · int · required');
      await driver.type('9000');
      const column = driver.quickInput.locator('input').first();
      await driver.quickInput.getByText('NULL', { exact: true }).waitFor();
      assert.equal(await column.getAttribute('placeholder'), 'active · bit');
      await driver.pick('NULL');
      await driver.notification('Inserted into [dbo].[visitor]: id 9000.').waitFor();
      await driver.treeItem(/id 9000/).waitFor();
      await driver.shot('inserted');
      assert.equal(await driver.treeItem(/id 9000/).getAttribute('aria-label'), 'id 9000, just added');
      await driver.treeItem('id 1').first().waitFor();
    }));

  it('keeps the line breaks of a value that is left alone, and says when they would be lost', () =>
    run.step('line breaks', async () => {
      const { driver } = run;
      const text = "N'one' + NCHAR(10) + N'two' + NCHAR(13) + NCHAR(10) + N'three'";
      await asAdministrator(
        run.azure,
        `CREATE TABLE dbo.address (id int PRIMARY KEY, street nvarchar(50), city nvarchar(50));
         INSERT dbo.address VALUES (1, ${text}, N'Rome');`,
      );
      await driver.contextMenu(driver.treeItem(table), 'Choose Tables…');
      await driver.tick('address');
      await driver.contextMenu(driver.treeItem(/Rome/), 'Edit…');
      await driver.step('id · int');
      await driver.page.keyboard.press('Enter');
      await driver.step('This value has line breaks');
      await driver.shot('line-breaks');
      await driver.type('onetwothree!', false);
      await driver.step('The line breaks of the old value will be lost');
      await driver.type('onetwothree');
      await driver.step('city');
      await driver.type('Oslo');
      await driver.noQuickInput();
      await driver.treeItem(/Oslo/).waitFor();
      // The server refuses the whole batch unless the row is as it must be.
      await asAdministrator(
        run.azure,
        `IF NOT EXISTS (SELECT 1 FROM dbo.address WHERE street = ${text} AND city = N'Oslo') THROW 50000, 'not as it must be', 1;`,
      );
    }));

  it('forgets that an export failed as soon as the next one begins', () =>
    run.step('export', async () => {
      const { driver } = run;
      const results = driver.webview(extensionId);
      await driver.command('Passwordless SQL: New Query');
      await driver.page.locator('.editor-group-container.active .monaco-editor').first().waitFor();
      await driver.setEditorText('SELECT 1 AS one;');
      await driver.page.keyboard.press('ControlOrMeta+Shift+E');
      await results.locator('#phase', { hasText: 'Done' }).waitFor();
      const exportTo = async (file: string, shown: string): Promise<void> => {
        await results.getByRole('button', { name: 'Export…' }).click();
        await driver.step('As what?');
        await driver.pick('CSV');
        const input = driver.quickInput.locator('input').first();
        // The list of formats is still closing when the file dialog opens; that one proposes a name.
        await waitFor(async () => (await input.inputValue()).endsWith('results.csv'));
        await input.fill(file);
        await driver.quickInput.locator('.monaco-list-row', { hasText: shown }).first().waitFor();
        await driver.page.keyboard.press('Enter');
      };
      await exportTo('/sys/one.csv', 'kernel');
      const banner = results.locator('#banner', { hasText: 'The file could not be written' });
      await banner.waitFor();
      await driver.shot('export-failed');
      await exportTo(path.join(run.folder, 'one.csv'), '..');
      await driver.notification('Exported 1 row to one.csv.').waitFor();
      assert.equal(await banner.isVisible(), false);
    }));
});
