// Who signs in, and what becomes of it: unknown hosts, pasted passwords, Azure CLI, a managed identity, a person without a user.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { asAdministrator } from './serverSql.ts';
import { startRun, type WorkbenchRun } from './workbenchRun.ts';

/** Signed in to VS Code, in the directory, and with no user in the database. */
const stranger = 'mallory@contoso.example';

describe('credentials', () => {
  /** First on PATH: a fake `az` is put here when it is wanted. */
  const tools = fs.mkdtempSync(path.join(os.tmpdir(), 'tools-'));
  const asked = path.join(tools, 'asked.log');
  let run: WorkbenchRun;
  beforeAll(async () => {
    run = await startRun({
      name: 'credentials',
      connected: stranger,
      env: { PATH: `${tools}${path.delimiter}${process.env['PATH'] ?? ''}` },
    });
    run.driver.page.setDefaultTimeout(15_000);
  });
  afterAll(async () => {
    await run.stop();
    fs.rmSync(tools, { recursive: true, force: true });
  });

  const settings = (): string =>
    fs.readFileSync(path.join(run.server.userDataDir, 'User', 'settings.json'), 'utf8');

  /** Answers `az account get-access-token` as `principal` and notes that it was asked. */
  const installAzureCli = async (principal: string): Promise<void> => {
    const { accessToken, expiresOn } = await run.azure.client.token({ principal });
    const answer = path.join(tools, 'answer.json');
    fs.writeFileSync(answer, JSON.stringify({ accessToken, expires_on: expiresOn, tokenType: 'Bearer' }));
    const script = `#!/bin/sh\necho "$@" >> '${asked}'\ncat '${answer}'\n`;
    fs.writeFileSync(path.join(tools, 'az'), script, { mode: 0o755 });
  };

  /** Answers the questions behind the server and the database for Azure CLI. */
  const finishWithAzureCli = async (): Promise<void> => {
    const { driver } = run;
    await driver.step('How do you sign in?');
    await driver.pick('Azure CLI');
    await driver.step('Tenant of the database');
    await driver.type('');
    await driver.step('Where is the connection kept?');
    await driver.pick('My settings');
  };

  it('someone without a user in the database reads what is missing, and is offered another tenant', () =>
    run.step('no user', async () => {
      const { driver } = run;
      await driver.activity('Passwordless SQL');
      const message = driver.treeItem('You are signed in, but database "appdb" on localhost has no user');
      await message.waitFor();
      await driver.treeItem('Another Tenant…').waitFor();
      await driver.treeItem('Edit Connection…').waitFor();
      await driver.treeItem('Grant Access…').waitFor();
      await driver.shot('no-user-tree');
      await driver.command('Passwordless SQL: Test Connection');
      const toast = driver.notification('has no user for this identity');
      await toast.waitFor();
      await driver.shot('no-user-message');
      await toast.getByRole('button', { name: 'Another Tenant…' }).click();
      await driver.step('Tenant of the database');
      await driver.shot('another-tenant');
      await driver.page.keyboard.press('Escape');
      await driver.noQuickInput();
      await driver.clearNotifications();
    }));

  it('Azure CLI that is not installed: says so, and the command that mends it; a pasted password is dropped', () =>
    run.step('no az', async () => {
      const { driver, azure } = run;
      await driver.command('Passwordless SQL: Add Connection from String…');
      await driver.step('a password in it is dropped');
      await driver.type(
        `Server=tcp:localhost,${azure.tds.port};Database=appdb;User Id=sa;Password=hunter2;Encrypt=True`,
      );
      const dropped = driver.notification('Not taken over from the connection string');
      await dropped.waitFor();
      assert.match(await dropped.innerText(), /password/i);
      assert.doesNotMatch(await dropped.innerText(), /hunter2/);
      await driver.shot('password-dropped');
      // The database came with the string, but may be another one.
      if (await driver.has('Database on localhost')) await driver.page.keyboard.press('Enter');
      await finishWithAzureCli();
      const toast = driver.notification('Azure CLI gave no token');
      await toast.waitFor();
      assert.match(await toast.innerText(), /could not be found/);
      assert.match(await toast.innerText(), /https:\/\/aka\.ms\/azure-cli/);
      assert.match(await toast.innerText(), /az login/);
      await driver.shot('no-azure-cli');
      assert.match(settings(), /"azureCli"/);
      assert.doesNotMatch(settings(), /hunter2|"password"|"sa"/i);
    }));

  it('Azure CLI that is signed in: "Try Again" connects as whoever ran az login', () =>
    run.step('az', async () => {
      const { driver, azure } = run;
      await installAzureCli('grace@contoso.example');
      await driver.notificationButton('Azure CLI gave no token', 'Try Again');
      await driver.notification('Connected as grace@contoso.example').waitFor();
      await driver.treeItem(/appdb on localhost.*grace@contoso\.example/).waitFor();
      await driver.shot('azure-cli');
      assert.match(
        fs.readFileSync(asked, 'utf8'),
        new RegExp(`account get-access-token .*--resource ${azure.audience.replace(/\/$/, '')}`),
      );
      await driver.clearNotifications();
    }));

  it('a server outside the known clouds is confirmed first; declining sends nothing', () =>
    run.step('unknown server', async () => {
      const { driver, azure } = run;
      fs.rmSync(asked, { force: true });
      const before = (await azure.client.connections()).map(({ id }) => id);
      await driver.command('Passwordless SQL: Add Connection…');
      await driver.step('Server, or a whole connection string');
      await driver.type(`127.0.0.1,${azure.tds.port}`);
      await driver.step('Database on 127.0.0.1');
      await driver.type('appdb');
      await driver.step('127.0.0.1 belongs to no cloud that is known');
      await driver.shot('unknown-cloud');
      await driver.pick('database.localhost');
      await finishWithAzureCli();
      const question = driver.dialog('127.0.0.1 is not a server of');
      await question.waitFor();
      assert.match(await question.innerText(), /https:\/\/database\.localhost/);
      await driver.shot('unknown-server');
      await driver.dialogButton('127.0.0.1 is not a server of', 'Cancel');
      await driver.noQuickInput();
      assert.equal(fs.existsSync(asked), false, 'a token was asked for');
      const since = (await azure.client.connections()).filter(({ id }) => !before.includes(id));
      assert.deepEqual(since, []);
      assert.doesNotMatch(settings(), /127\.0\.0\.1/);
      await driver.noErrors();
    }));

  it('a managed identity: the tree says who it is; its insert is refused in clear words, with what was typed kept', () =>
    run.step('managed identity', async () => {
      const { driver, azure } = run;
      await asAdministrator(
        azure,
        'CREATE USER [app-orders] FROM EXTERNAL PROVIDER; ALTER ROLE db_datareader ADD MEMBER [app-orders];',
      );
      // The tree draws only what fits.
      await driver.collapse(/appdb on localhost.*grace@contoso\.example/);
      await driver.command('Passwordless SQL: Add Connection…');
      await driver.step('Server, or a whole connection string');
      await driver.type(`localhost,${azure.tds.port}`);
      await driver.step('Database on localhost');
      await driver.type('appdb');
      await driver.step('How do you sign in?');
      await driver.pick('Managed identity');
      await driver.step('Client id of a user-assigned identity');
      await driver.type('');
      await driver.step('Where is the connection kept?');
      await driver.pick('My settings');
      await driver.notification('Connected as app-orders').waitFor();
      await driver.treeItem(/appdb on localhost.*app-orders/).waitFor();
      await driver.shot('managed-identity');
      await driver.clearNotifications();

      await driver.statusItem('app-orders').waitFor();
      const insert = async (): Promise<void> => {
        await driver.command('Passwordless SQL: Insert User…');
        await driver.step('first_name');
      };
      await insert();
      await driver.type('Katherine');
      await driver.step('last_name');
      await driver.type('Johnson');
      await driver.notification("The INSERT permission was denied on the object 'user'").waitFor();
      await driver.shot('insert-denied');
      await insert();
      assert.equal(await driver.inputText(), 'Katherine');
      await driver.page.keyboard.press('Enter');
      await driver.step('last_name');
      assert.equal(await driver.inputText(), 'Johnson');
      await driver.page.keyboard.press('Escape');
    }));
});
