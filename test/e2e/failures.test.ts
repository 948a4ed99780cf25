// What a person sees when something is wrong, and how the product helps out of it: the packaged .vsix in a real workbench.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { waitFor } from './mainJourney.ts';
import { asAdministrator } from './serverSql.ts';
import { startRun, type WorkbenchRun } from './workbenchRun.ts';

const administrator = 'ada@contoso.example';

describe('what goes wrong', () => {
  let run: WorkbenchRun;
  beforeAll(async () => {
    run = await startRun({ name: 'failures', connected: administrator });
    run.driver.page.setDefaultTimeout(15_000);
  });
  afterAll(async () => {
    await run.stop();
  });

  it('a closed firewall: the tree names the address, the remedy gives the command, and waits until it works', () =>
    run.step('firewall', async () => {
      const { driver, azure } = run;
      await azure.client.removeFirewallRules();
      await driver.activity('Passwordless SQL');
      const message = driver.treeItem('The firewall of localhost does not let this computer in');
      await message.waitFor();
      assert.match(await message.innerText(), /127\.0\.0\.1/);
      await driver.statusItem('appdb: not connected').waitFor();
      await driver.shot('firewall-tree');

      await driver.treeItem('Allow 127.0.0.1').click();
      await driver.step('The firewall of localhost must allow 127.0.0.1');
      await driver.shot('firewall-remedies');
      await driver.pick('Copy the Azure CLI Command');
      await driver.notification('Copied. Run it in a terminal').waitFor();
      const command = await driver.page.evaluate(() => navigator.clipboard.readText());
      assert.match(command, /^az sql server firewall-rule create --resource-group /);
      assert.match(
        command,
        /--server localhost .*--start-ip-address 127\.0\.0\.1 --end-ip-address 127\.0\.0\.1$/,
      );
      await driver.shot('firewall-waiting');

      await azure.client.addFirewallRule();
      await driver.notification('localhost lets you in now').waitFor({ timeout: 30_000 });
      await driver.treeItem('Ada Lovelace').waitFor();
      await driver.shot('firewall-open');
      await driver.clearNotifications();
    }));

  it('a command behind a closed firewall says the same in a message, and "Try Again" tries again', () =>
    run.step('firewall message', async () => {
      const { driver, azure } = run;
      await azure.client.removeFirewallRules();
      await azure.client.killConnections();
      await driver.command('Passwordless SQL: Test Connection');
      const toast = driver.notification('The firewall of localhost does not let this computer in');
      await toast.waitFor();
      assert.match(await toast.innerText(), /the server sees it as 127\.0\.0\.1/);
      await driver.shot('firewall-message');
      await azure.client.addFirewallRule();
      await driver.notificationButton('The firewall of localhost', 'Try Again');
      await driver.notification(`Connected to appdb as ${administrator}`).waitFor();
      await driver.clearNotifications();
    }));

  it('edits a row that somebody else changed meanwhile: nothing is overwritten unseen', () =>
    run.step('edit', async () => {
      const { driver, azure } = run;
      await driver.contextMenu(driver.treeItem('Margaret Knuth'), 'Edit');
      await driver.step('first_name');
      await asAdministrator(azure, "UPDATE dbo.[user] SET last_name = 'Hamilton' WHERE id = 2;");
      await driver.type('Maggie');
      await driver.step('last_name');
      await driver.page.keyboard.press('Enter');
      const dialog = driver.dialog('Somebody changed this row meanwhile, so nothing was written.');
      await dialog.waitFor();
      assert.match(await dialog.innerText(), /last_name: Hamilton/);
      await driver.shot('row-changed');
      await driver.dialogButton('Somebody changed this row', 'Edit the Current Row');
      // What was typed is still there, what was not typed is the other person's.
      await driver.step('first_name');
      assert.equal(await driver.inputText(), 'Maggie');
      await driver.page.keyboard.press('Enter');
      await driver.step('last_name');
      assert.equal(await driver.inputText(), 'Hamilton');
      await driver.page.keyboard.press('Enter');
      await driver.treeItem('Maggie Hamilton').waitFor();
      await driver.shot('row-edited');
    }));

  it('deletes a row only when asked to, and not one that changed meanwhile', () =>
    run.step('delete', async () => {
      const { driver, azure } = run;
      const row = driver.treeItem('Kathleen Goldwasser');
      await driver.contextMenu(row, 'Delete');
      await driver.dialog('Delete Kathleen Goldwasser?').waitFor();
      await driver.shot('delete-asks');
      await driver.dialogButton('Delete Kathleen Goldwasser?', 'Cancel');
      await row.waitFor();

      await driver.contextMenu(row, 'Delete');
      await driver.dialog('Delete Kathleen Goldwasser?').waitFor();
      await asAdministrator(azure, "UPDATE dbo.[user] SET last_name = 'Booth' WHERE id = 3;");
      await driver.dialogButton('Delete Kathleen Goldwasser?', 'Delete');
      await driver.notification('Somebody changed this row meanwhile, so it was not deleted').waitFor();
      await driver.treeItem('Kathleen Booth').waitFor();
      await driver.shot('delete-refused');
      await driver.clearNotifications();

      await asAdministrator(azure, 'DELETE dbo.[order] WHERE user_id = 3;');
      await driver.contextMenu(driver.treeItem('Kathleen Booth'), 'Delete');
      await driver.dialogButton('Delete Kathleen Booth?', 'Delete');
      await driver.treeItem('Kathleen Booth').waitFor({ state: 'hidden' });
    }));

  it('creates the table that is missing, after showing its T-SQL', () =>
    run.step('missing table', async () => {
      const { driver, azure } = run;
      await asAdministrator(azure, 'DROP TABLE dbo.[order];', 'DROP TABLE dbo.[user];');
      await driver.command('Passwordless SQL: Refresh');
      await driver.treeItem('Create It').waitFor();
      await driver.shot('table-missing');
      await driver.treeItem('Create It').click();
      await driver.step('How are names kept?');
      await driver.pick('nvarchar(30)');
      const question = driver.dialog('Create [dbo].[user] in appdb?');
      await question.waitFor();
      assert.match(await question.innerText(), /CREATE TABLE \[dbo\]\.\[user\]/);
      await driver.shot('table-preview');
      await driver.dialogButton('Create [dbo].[user] in appdb?', 'Create');
      await driver.treeItem('No rows').waitFor();
      await driver.shot('table-created');
      await driver.command('Passwordless SQL: Insert User…');
      await driver.step('first_name');
      await driver.type('渡辺');
      await driver.step('last_name');
      await driver.type('');
      await driver.treeItem('渡辺').waitFor();
    }));

  it('public access that was disabled is said so, and the tree comes back by "Try Again"', () =>
    run.step('public access', async () => {
      const { driver, azure } = run;
      await azure.client.setPublicAccess(false);
      await azure.client.killConnections();
      await driver.command('Passwordless SQL: Refresh');
      await driver.treeItem('public network access is disabled').waitFor();
      await driver.shot('no-public-access');
      await azure.client.setPublicAccess(true);
      await driver.treeItem('Try Again').click();
      await driver.treeItem('渡辺').waitFor();
      await waitFor(async () => (await driver.treeItem('public network access').count()) === 0);
    }));
});
