// A folder that somebody else made: what its settings say stays text, sends nothing anywhere, and breaks nothing.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { startRun, type WorkbenchRun } from './workbenchRun.ts';

const name = '$(trash) [click](command:workbench.action.terminal.new)';

describe('the settings of a hostile workspace', () => {
  let run: WorkbenchRun;
  beforeAll(async () => {
    run = await startRun({ name: 'hostileWorkspace', connected: 'ada@contoso.example' });
    run.driver.page.setDefaultTimeout(15_000);
    const all = JSON.parse(
      fs.readFileSync(path.join(run.server.userDataDir, 'User', 'settings.json'), 'utf8'),
    ) as { 'passwordlessSql.connections': Record<string, unknown>[] };
    const [own] = all['passwordlessSql.connections'];
    const settings = {
      'passwordlessSql.connections': [
        { ...own, id: 'icons', name: `${name}\n\u202e` },
        { ...own, id: 'elsewhere', name: 'elsewhere', server: 'db.evil.example', cloud: 'evil' },
        { id: 'broken' },
        5,
      ],
      'passwordlessSql.customClouds': [
        {
          name: 'evil',
          hostSuffix: 'evil.example',
          audience: 'https://database.windows.net',
          authority: 'https://login.evil.example',
        },
      ],
      'passwordlessSql.pageSize': 'all of them',
    };
    fs.mkdirSync(path.join(run.folder, '.vscode'));
    fs.writeFileSync(path.join(run.folder, '.vscode', 'settings.json'), JSON.stringify(settings));
  });
  afterAll(async () => {
    await run.stop();
  });

  it('a name is text in the tree, the status bar and the lists, never an icon or a link', () =>
    run.step('names', async () => {
      const { driver } = run;
      await driver.activity('Passwordless SQL');
      await driver.treeItem('Ada Lovelace').waitFor();
      await driver.collapse('ada@contoso.example');
      const node = driver.treeItem('[click](command:');
      await driver.contextMenu(node, 'Set Active Connection');
      const item = driver.statusItem('[click](command:');
      await item.waitFor();
      assert.equal(await item.locator('.codicon-trash, a[href^="command:workbench"]').count(), 0);
      assert.equal((await item.innerText()).includes('\n'), false);
      assert.equal(await node.locator('.codicon-trash').count(), 0);
      await driver.shot('status-bar');

      await driver.command('Passwordless SQL: Set Active Connection');
      await driver.step('Which connection is the active one?');
      const row = driver.quickInput.locator('.monaco-list-row').filter({ hasText: '[click](command:' });
      await row.waitFor();
      assert.equal(await row.locator('.codicon-trash').count(), 0);
      assert.match(await driver.quickInput.locator('.monaco-list-row.focused').innerText(), /click/);
      await driver.shot('list');
      await driver.page.keyboard.press('Escape');
    }));

  it('a page of a size that is none has a hundred rows', () =>
    run.step('page size', async () => {
      const { driver } = run;
      await driver.command('Passwordless SQL: Refresh');
      await driver.expand('[click](command:');
      await driver.expand('Users');
      await driver.treeItem('Ada Lovelace').waitFor();
      await driver.collapse('[click](command:');
    }));

  it('a cloud of the workspace is none: its server gets no token, and the tree says so', () =>
    run.step('cloud', async () => {
      const { driver } = run;
      await driver.expand('elsewhere');
      await driver.expand('Users');
      await driver.treeItem(/evil/).waitFor();
      await driver.shot('elsewhere');
      assert.deepEqual(run.foreign, []);
    }));
});
