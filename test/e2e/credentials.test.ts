// Who signs in, and what becomes of it: unknown hosts, pasted passwords, Azure CLI, a managed identity, a person without a user.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { HostileServer } from './hostileServer.ts';
import { asAdministrator } from './serverSql.ts';
import { startRun, type WorkbenchRun } from './workbenchRun.ts';

/** Long enough for whatever was put off to be done. */
const aWhile = 5000;

/** Signed in to VS Code, in the directory, and with no user in the database. */
const stranger = 'mallory@contoso.example';

describe('credentials', () => {
  /** First on PATH: a fake `az` is put here when it is wanted. */
  const tools = fs.mkdtempSync(path.join(os.tmpdir(), 'tools-'));
  const asked = path.join(tools, 'asked.log');
  let run: WorkbenchRun;
  let hostile: HostileServer;
  beforeAll(async () => {
    run = await startRun({
      name: 'credentials',
      connected: stranger,
      env: { PATH: `${tools}${path.delimiter}${process.env['PATH'] ?? ''}` },
    });
    run.driver.page.setDefaultTimeout(15_000);
    hostile = await HostileServer.start(run.azure.tds.port);
  });
  afterAll(async () => {
    await run.stop();
    await hostile.stop();
    fs.rmSync(tools, { recursive: true, force: true });
  });

  const settings = (): string =>
    fs.readFileSync(path.join(run.server.userDataDir, 'User', 'settings.json'), 'utf8');

  /** Changes the list of connections as somebody does who writes the settings by hand. */
  const editConnections = async (change: (list: { id: string }[]) => { id: string }[]): Promise<void> => {
    const { driver } = run;
    const key = 'passwordlessSql.connections';
    const all = JSON.parse(settings()) as Record<typeof key, { id: string }[]>;
    await driver.command('Preferences: Open User Settings (JSON)');
    await driver.setEditorText(JSON.stringify({ ...all, [key]: change(all[key]) }, undefined, 2));
    await driver.page.keyboard.press('ControlOrMeta+S');
    await driver.command('View: Close All Editors');
  };

  /** No credential was asked for a token, and the server outside the clouds was not even dialled. */
  const assertNothingSent = (): void => {
    assert.equal(fs.existsSync(asked), false, 'a token was asked for');
    assert.deepEqual(hostile.received, [], 'the server was reached');
  };

  const hostQuestion = 'Send tokens to 127.0.0.1?';
  /** What Enter would choose. */
  const highlighted = () => run.driver.quickInput.locator('.monaco-list-row.focused');

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
      await driver.treeItem('Another Account…').waitFor();
      await driver.treeItem('Edit Connection…').waitFor();
      await driver.treeItem('Grant Access…').waitFor();
      await driver.shot('no-user-tree');
      await driver.command('Passwordless SQL: Test Connection');
      const toast = driver.notification('has no user for this identity');
      await toast.waitFor();
      await driver.shot('no-user-message');
      await toast.getByRole('button', { name: 'Another Account…' }).waitFor();
      assert.equal(await toast.getByRole('button', { name: 'Sign In' }).count(), 0, 'the same account again');
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
      const text = `Server=tcp:localhost,${azure.tds.port};Database=appdb;Encrypt=True`;
      const secret = `${text};User Id=sa;Password=hunter2`;
      const copy = (value: string) => driver.page.evaluate((it) => navigator.clipboard.writeText(it), value);

      await copy(text);
      await driver.command('Passwordless SQL: Add Connection from String…');
      await driver.step('a password in it is dropped');
      assert.equal(await driver.inputText(), text, 'without a secret it may be shown');
      await driver.page.keyboard.press('Escape');

      await copy(secret);
      await driver.command('Passwordless SQL: Add Connection from String…');
      await driver.step('There is a connection string on the clipboard');
      await driver.shot('clipboard');
      assert.doesNotMatch(await driver.page.locator('body').innerText(), /hunter2/);
      await driver.pick('Type or paste one');
      await driver.step('a password in it is dropped');
      assert.equal(await driver.inputText(), '');
      await driver.page.keyboard.press('Escape');

      await driver.command('Passwordless SQL: Add Connection from String…');
      await driver.step('There is a connection string on the clipboard');
      await driver.pick('Use the connection string on the clipboard (its password is dropped)');
      const dropped = driver.notification('Not taken over from the connection string');
      await dropped.waitFor();
      assert.match(await dropped.innerText(), /password/i);
      assert.doesNotMatch(await dropped.innerText(), /hunter2/);
      await driver.shot('password-dropped');
      // The database came with the string, but may be another one.
      if (await driver.has('Database on localhost')) await driver.page.keyboard.press('Enter');
      await finishWithAzureCli();
      const toast = driver.notification('The Azure CLI is not installed');
      await toast.waitFor();
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
      await driver.notificationButton('The Azure CLI is not installed', 'Try Again');
      await driver.notification('Connected as grace@contoso.example').waitFor();
      await driver.treeItem(/appdb on localhost.*grace@contoso\.example/).waitFor();
      await driver.shot('azure-cli');
      assert.match(
        fs.readFileSync(asked, 'utf8'),
        new RegExp(`account get-access-token .*--resource ${azure.audience.replace(/\/$/, '')}`),
      );
      await driver.clearNotifications();
    }));

  it('a server outside the known clouds is confirmed first; Enter declines, and nothing is sent or kept', () =>
    run.step('unknown server', async () => {
      const { driver } = run;
      fs.rmSync(asked, { force: true });
      await driver.command('Passwordless SQL: Add Connection…');
      await driver.step('Server, or a whole connection string');
      await driver.type(`127.0.0.1,${hostile.port}`);
      await driver.step('Database on 127.0.0.1');
      await driver.type('appdb');
      await driver.step('127.0.0.1 belongs to no cloud that is known');
      await driver.shot('unknown-cloud');
      await driver.pick('database.localhost');
      await finishWithAzureCli();
      const question = await driver.step(hostQuestion);
      assert.match(await question.innerText(), /for https:\/\/database\.localhost/);
      assert.match(await highlighted().innerText(), /Do not send tokens/);
      await driver.shot('unknown-server');
      await driver.page.keyboard.press('Enter');
      await driver.noQuickInput();
      await driver.page.waitForTimeout(aWhile);
      assertNothingSent();
      assert.doesNotMatch(settings(), /127\.0\.0\.1/);
      await driver.noErrors();
    }));

  it('a server outside the known clouds that the settings bring is sent nothing, however often it is tried, until it is chosen', () =>
    run.step('unknown server in the settings', async () => {
      const { driver } = run;
      const saved = {
        id: 'hostile',
        name: 'outside',
        server: '127.0.0.1',
        port: hostile.port,
        database: 'appdb',
        cloud: 'local',
        credential: { kind: 'azureCli' },
      };
      // Alone, because the tree draws only what fits.
      let others: { id: string }[] = [];
      await editConnections((list) => {
        others = list;
        return [saved];
      });
      await driver.expand('outside');
      const refused = driver.treeItem('127.0.0.1 belongs to no Azure cloud that is known here');
      await refused.waitFor();

      const decline = async (how: () => Promise<void>): Promise<void> => {
        await driver.step(hostQuestion);
        assert.match(await highlighted().innerText(), /Do not send tokens/);
        await how();
        await driver.noQuickInput();
        assertNothingSent();
      };
      await driver.treeItem('Trust 127.0.0.1…').click();
      await decline(() => driver.page.keyboard.press('Enter'));
      await driver.treeItem('Try Again').click();
      await refused.waitFor();
      await driver.treeItem('Trust 127.0.0.1…').click();
      await decline(() => driver.page.keyboard.press('Escape'));
      await driver.contextMenu(driver.treeItem('outside'), 'Test Connection');
      await decline(() => driver.pick('Do not send tokens'));
      await driver.command('Passwordless SQL: Refresh');
      await refused.waitFor();
      await driver.page.waitForTimeout(aWhile);
      assertNothingSent();
      await driver.shot('outside-declined');

      // What would have been seen: the choice opens the way, and only the choice.
      await driver.treeItem('Trust 127.0.0.1…').click();
      await driver.step(hostQuestion);
      await driver.pick('Send tokens to 127.0.0.1');
      await driver.treeItem(/outside.*grace@contoso\.example/).waitFor();
      assert.ok(hostile.received.some((bytes) => Buffer.concat(bytes).length > 1000));
      await driver.shot('outside-chosen');
      await editConnections(() => others);
      await driver.treeItem(/appdb on localhost.*grace@contoso\.example/).waitFor();
      await driver.clearNotifications();
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

  it('someone without a user chooses another account, which the connection keeps', () =>
    run.step('another account', async () => {
      const { driver } = run;
      await driver.clearNotifications();
      // The same account once more, on purpose: the remedy is offered in a message, and the message's command is repeated after it.
      await driver.contextMenu(driver.treeItem('appdb'), 'Switch Account');
      const accounts = await driver.step('Which account?');
      assert.match(await accounts.innerText(), new RegExp(`${stranger}[\\s\\S]*in use here`));
      await driver.pick(stranger);
      await driver.notificationButton('has no user for this identity', 'Another Account…');
      await driver.step('Which account?');
      await driver.shot('another-account');
      await driver.pick('Sign in with another account…');
      await driver.dialogButton('wants you to sign in again', 'Allow');
      await driver.step('Microsoft: who are you?');
      await driver.pick('ada@contoso.example');
      await driver.notification('Connected as ada@contoso.example').waitFor();
      await driver.treeItem(/appdb.*ada@contoso\.example/).waitFor();
      const [sample] = (
        JSON.parse(settings()) as {
          'passwordlessSql.connections': { credential: { kind: string; account?: { label: string } } }[];
        }
      )['passwordlessSql.connections'];
      assert.deepEqual(
        [sample?.credential.kind, sample?.credential.account?.label],
        ['vscode', 'ada@contoso.example'],
      );
      await driver.page.waitForTimeout(aWhile);
      await driver.noErrors();
      await driver.shot('another-account-connected');
    }));
});
