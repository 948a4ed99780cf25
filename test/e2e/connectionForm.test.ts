// Adding a connection by hand: bad input is named, Back and Escape keep what was typed, Enter takes the account that is there.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { startRun, type WorkbenchRun } from './workbenchRun.ts';

describe('the connection form', () => {
  let run: WorkbenchRun;
  beforeAll(async () => {
    run = await startRun({ name: 'connectionForm', connected: 'ada@contoso.example' });
    run.driver.page.setDefaultTimeout(15_000);
  });
  afterAll(async () => {
    await run.stop();
  });

  it('says what is wrong with a server', () =>
    run.step('server', async () => {
      const { driver } = run;
      await driver.activity('Passwordless SQL');
      await driver.treeItem('Ada Lovelace').waitFor();
      await driver.command('Passwordless SQL: Add Connection…');
      await driver.step('Server, or a whole connection string');
      await driver.type('https://shop.database.windows.net/', false);
      await driver.validation().filter({ hasText: 'Only the host name' }).waitFor();
      await driver.type('shop.database.windows.net:99999', false);
      await driver.validation().filter({ hasText: 'A port is a number from 1 to 65535.' }).waitFor();
      await driver.type('localhost');
    }));

  it('keeps the database over Back and Escape', () =>
    run.step('database', async () => {
      const { driver } = run;
      const { page } = driver;
      await driver.step('Database on localhost');
      await driver.type('half typed', false);
      await page.locator('.quick-input-widget .codicon-quick-input-back').first().click();
      await driver.step('Server, or a whole connection string');
      assert.equal(await driver.inputText(), 'localhost');
      await page.keyboard.press('Enter');
      await driver.step('Database on localhost');
      assert.equal(await driver.inputText(), 'half typed');
      await page.keyboard.press('Escape');
      await driver.command('Passwordless SQL: Add Connection…');
      await driver.step('Server, or a whole connection string');
      await page.keyboard.press('Enter');
      await driver.step('Database on localhost');
      assert.equal(await driver.inputText(), 'half typed');
      await driver.type('appdb');
    }));

  it('offers the account that is signed in to whoever presses Enter', () =>
    run.step('account', async () => {
      const { driver } = run;
      await driver.step('How do you sign in?');
      await driver.page.keyboard.press('Enter');
      await driver.step('Which account?');
      const focused = driver.quickInput.locator('.monaco-list-row.focused');
      assert.match(await focused.innerText(), /ada@contoso\.example/);
      await driver.shot('account');
      await driver.page.keyboard.press('Escape');
    }));
});
