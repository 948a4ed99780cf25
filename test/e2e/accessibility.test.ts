// The query page under load and without a mouse: errors, cancelling, transactions, many rows, keyboard, screen reader, themes.
import assert from 'node:assert/strict';
import axe from 'axe-core';
import type { FrameLocator } from 'playwright-core';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { extensionId } from '../workbench/localAzure.ts';
import { startRun, type WorkbenchRun } from './workbenchRun.ts';

const manyRows = `SELECT TOP (300000) ROW_NUMBER() OVER (ORDER BY a.id, b.id, c.id) AS n, a.first_name, a.last_name
FROM dbo.[user] AS a CROSS JOIN dbo.[user] AS b CROSS JOIN (SELECT TOP (5) id FROM dbo.[user]) AS c
ORDER BY n;`;

describe('the query page', () => {
  let run: WorkbenchRun;
  let results: FrameLocator;
  beforeAll(async () => {
    run = await startRun({ name: 'accessibility', connected: 'ada@contoso.example' });
    run.driver.page.setDefaultTimeout(8_000);
    results = run.driver.webview(extensionId);
  });
  afterAll(async () => {
    await run.stop();
  });

  const runQuery = async (text: string): Promise<void> => {
    // A click in the results had made their group the active one.
    await run.driver.command('View: Focus First Editor Group');
    await run.driver.setEditorText(text);
    await run.driver.command('Passwordless SQL: Run Query');
  };
  const phase = (text: string) => results.locator('#phase', { hasText: text });
  const cell = (name: string) => results.getByRole('gridcell', { name, exact: true }).first();

  /** What axe-core finds of impact serious or critical, as "rule: element". */
  const violations = async (): Promise<string[]> => {
    const body = results.locator('body');
    await body.evaluate(axe.source);
    const found = await body.evaluate(async () => {
      const { axe: engine } = globalThis as typeof globalThis & { axe: typeof axe };
      return (await engine.run(document)).violations.map(({ id, impact, nodes }) => ({
        impact,
        where: nodes.map(({ target, failureSummary }) => `${id}: ${String(target)} ${failureSummary ?? ''}`),
      }));
    });
    return found
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ where }) => where);
  };

  it('a new query shows its links, and an error leads to its line', () =>
    run.step('error line', async () => {
      const { driver } = run;
      await driver.activity('Passwordless SQL');
      await driver.treeItem('Ada Lovelace').waitFor();
      await driver.command('Passwordless SQL: New Query');
      await driver.page.locator('.editor-group-container.active .monaco-editor').first().waitFor();
      await driver.setEditorText('SELECT 1 AS one;\nGO\nSELECT 2 AS two;\nSELECT * FROM dbo.nowhere;\n');
      const links = driver.page.locator('.codelens-decoration');
      await links.getByText('Run file').waitFor();
      await links.getByText('Run batch').nth(1).waitFor();
      await driver.shot('links');
      await driver.page.keyboard.press('ControlOrMeta+Shift+E');
      await phase('Ended with errors').waitFor();
      await results.getByText("Invalid object name 'dbo.nowhere'").waitFor();
      // What a screen reader says of the end counts what came together with it.
      await results
        .locator('#live')
        .getByText('Ended with errors. 1 error. 2 rows.', { exact: true })
        .waitFor({ state: 'attached' });
      await driver.shot('error');
      await results.getByRole('button', { name: 'Line 4' }).click();
      await driver.statusItem('Ln 4').waitFor();
      assert.deepEqual(await violations(), []);
    }));

  it('the check for violations finds one that is planted', () =>
    run.step('planted violation', async () => {
      const main = results.locator('main');
      await main.evaluate((element) => element.append(document.createElement('button')));
      assert.match((await violations()).join(), /button-name/);
      await main.evaluate((element) => element.lastElementChild?.remove());
    }));

  it('a long query stops when it is cancelled, and the session goes on', () =>
    run.step('cancel', async () => {
      const { driver } = run;
      await runQuery("WAITFOR DELAY '00:01:00';");
      await phase('Running').waitFor();
      await driver.shot('running');
      await results.getByRole('button', { name: 'Cancel' }).click();
      await phase('Cancelled').waitFor();
      await driver.shot('cancelled');
      await runQuery('SELECT 41 + 1 AS answer;');
      await cell('42').waitFor();
    }));

  it('an open transaction is in the status bar until it ends', () =>
    run.step('transaction', async () => {
      const { driver } = run;
      await runQuery("BEGIN TRANSACTION; UPDATE dbo.[user] SET last_name = 'Byron' WHERE id = 1;");
      const open = driver.statusItem('1 open transaction');
      await open.waitFor();
      await driver.shot('open-transaction');
      assert.deepEqual(await violations(), []);
      await open.click();
      await driver.step('How should it end?');
      await driver.pick('Roll Back');
      await open.waitFor({ state: 'hidden' });
      await runQuery('SELECT last_name FROM dbo.[user] WHERE id = 1;');
      await cell('Lovelace').waitFor();
    }));

  it('300 000 rows, by keyboard alone: into the grid, to the last row, copied', () =>
    run.step('keyboard', async () => {
      const { driver } = run;
      const { keyboard } = driver.page;
      await runQuery(manyRows);
      await phase('Done').waitFor({ timeout: 30_000 });
      assert.equal(await results.locator('#rows').innerText(), '300,000 rows');
      await keyboard.press('ControlOrMeta+K');
      await keyboard.press('ControlOrMeta+ArrowDown');
      const focused = results.locator('[role="gridcell"]:focus');
      assert.equal(await focused.innerText(), '1');
      await keyboard.press('ArrowDown');
      await keyboard.press('ArrowRight');
      await results.locator('[role="gridcell"][aria-colindex="3"]:focus').waitFor();
      await keyboard.press('ControlOrMeta+End');
      await keyboard.press('Home');
      await cell('300000').waitFor();
      await results.locator('[role="gridcell"]:focus', { hasText: '300000' }).waitFor();
      await driver.shot('last-row');
      await keyboard.press('ControlOrMeta+C');
      await results.locator('#live', { hasText: /Copied/ }).waitFor({ state: 'attached' });
      assert.equal(await driver.page.evaluate(() => navigator.clipboard.readText()), '300000');
      assert.deepEqual(await violations(), []);
    }));

  for (const theme of ['Dark Modern', 'Dark High Contrast', 'Light High Contrast'])
    it(`is readable in ${theme}`, () =>
      run.step(theme, async () => {
        const { driver } = run;
        await driver.command('Preferences: Color Theme');
        await driver.type(theme, false);
        await driver.pick(theme);
        await driver.noQuickInput();
        const kind = { 'Dark Modern': 'vscode-dark', 'Dark High Contrast': 'vscode-high-contrast' }[theme];
        await results.locator(`body.${kind ?? 'vscode-high-contrast-light'}`).waitFor();
        await driver.shot(theme.toLowerCase().replaceAll(' ', '-'));
        assert.deepEqual(await violations(), []);
      }));
});
