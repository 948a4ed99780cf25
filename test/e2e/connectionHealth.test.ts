// A database that resumes, an account that is taken away, and that nothing pops up for it: the packaged .vsix in a real workbench.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { startRun, type WorkbenchRun } from './workbenchRun.ts';

const administrator = 'ada@contoso.example';

describe('the health of a connection', () => {
  let run: WorkbenchRun;
  beforeAll(async () => {
    run = await startRun({ name: 'connection-health', connected: administrator });
    run.driver.page.setDefaultTimeout(15_000);
  });
  afterAll(async () => {
    await run.stop();
  });

  it('says in the tree that the database resumes, without a pop-up, and then shows rows', () =>
    run.step('resuming', async () => {
      const { driver, azure } = run;
      await azure.client.setResuming({ attempts: 1 });
      await driver.activity('Passwordless SQL');
      await driver.page.locator('.sidebar').getByText('appdb: resuming…').first().waitFor();
      await driver.statusItem('is resuming').waitFor();
      assert.equal(await driver.notification('is resuming').count(), 0);
      await driver.shot('resuming-tree');
      await driver.treeItem('Ada Lovelace').waitFor({ timeout: 30_000 });
    }));

  it('shows a progress to who waits, and Cancel ends the waiting', () =>
    run.step('cancel', async () => {
      const { driver, azure } = run;
      await azure.client.setResuming({ seconds: 120 });
      await azure.client.killConnections();
      await driver.command('Passwordless SQL: Test Connection');
      const progress = driver.notification('Database appdb on localhost is resuming');
      await progress.waitFor();
      await driver.shot('resuming-progress');
      await driver.notificationButton('Database appdb on localhost is resuming', 'Cancel');
      await progress.waitFor({ state: 'hidden' });
      await azure.client.setResuming({});
      await driver.clearNotifications();
    }));

  it('an account that is signed out of VS Code ends its connections; the tree offers to sign in, nothing pops up', () =>
    run.step('signed out', async () => {
      const { driver, azure } = run;
      await driver.command('Passwordless SQL: Refresh');
      await driver.treeItem('Ada Lovelace').waitFor();
      await driver.command('Fixture: Sign Out Everybody');
      await driver.treeItem(/appdb.*signed out/s).waitFor();
      assert.deepEqual(await azure.client.connections(), []);
      await driver.treeItem('Sign In').waitFor();
      await driver.statusItem('Sign in again').waitFor();
      await driver.noQuickInput();
      await driver.shot('signed-out');
      await driver.command('Passwordless SQL: Refresh');
      await driver.treeItem('Sign In').waitFor();
      await driver.noQuickInput();
      await driver.command('Fixture: Count Sign-ins');
      await driver.notification('createSession was called 0 times').waitFor();
    }));
});
