// The main journey, as a newcomer walks it: sign in, see the users, insert one, query, export, grant, prove the grant, undo it.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { LocalAzureProcess } from '../azure/process.ts';
import type { WorkbenchDriver } from '../workbench/driver.ts';
import { extensionId } from '../workbench/localAzure.ts';
import { managedIdentityLogin } from './managedIdentityLogin.ts';

export interface Journey {
  driver: WorkbenchDriver;
  azure: LocalAzureProcess;
  /** A folder of this machine that the journey may write an export into. */
  folder: string;
  /** Runs one named step; how it is reported is the caller's. */
  step: (name: string, run: () => Promise<void>) => Promise<void>;
}

/** Who the journey signs in as: the server's Entra administrator. */
export const administrator = 'ada@contoso.example';
/** The app that is granted access. */
export const application = 'app-orders';

/** Adds the connection to appdb through the multi-step input. */
export async function addConnection({ driver, azure }: Pick<Journey, 'driver' | 'azure'>): Promise<void> {
  await driver.command('Passwordless SQL: Add Connection…');
  await driver.step('Server, or a whole connection string');
  await driver.type(`localhost,${azure.tds.port}`);
  await driver.step('Database on localhost');
  await driver.type('appdb');
  await driver.step('How do you sign in?');
  await driver.shot('how-do-you-sign-in');
  await driver.pick('VS Code account');
  await driver.step('Which account?');
  await driver.pick('Sign in with another account…');
  await driver.allowSignIn();
  await driver.step('Microsoft: who are you?');
  await driver.pick(administrator);
  await driver.step('Tenant of the database');
  await driver.type('');
  await driver.step('Where is the connection kept?');
  await driver.pick('My settings');
  await driver.allowSignIn(2000);
  await driver.notification(/Connected as/).waitFor({ timeout: 30_000 });
}

export async function walkMainJourney(journey: Journey): Promise<void> {
  const { driver, azure, step, folder } = journey;
  const { page } = driver;

  await step('sign in and add a connection', async () => {
    await driver.activity('Passwordless SQL');
    await page.getByText('Sign in with Microsoft Entra').waitFor();
    await driver.shot('welcome');
    await addConnection(journey);
    await driver.shot('connected');
    await driver.statusItem(administrator).waitFor();
  });

  await step('the tree shows the users and who may enter', async () => {
    await driver.expand('appdb on localhost');
    await driver.expand(/^Users/);
    await driver.treeItem('Ada Lovelace').waitFor();
    await driver.shot('users');
    // The tree draws only what fits: Access comes into sight when the users are folded.
    await driver.collapse(/^Users/);
    await driver.expand(/^Access/);
    await driver.expand(/^People/);
    await driver.treeItem('grace@contoso.example').waitFor();
    await driver.expand(/^Groups/);
    await driver.treeItem('SQL Readers').waitFor();
    await driver.shot('access');
    await driver.collapse(/^Access/);
    await driver.expand(/^Users/);
  });

  await step('insert a user: the row is there', async () => {
    await driver.command('Passwordless SQL: Insert User…');
    await driver.step('first_name');
    await driver.type('Katherine 😀', false);
    await driver.validation().filter({ hasText: '😀' }).waitFor();
    await driver.shot('insert-refused');
    await driver.type('Katherine');
    await driver.step('last_name');
    await driver.type('Johnson');
    await driver.treeItem('Katherine Johnson').waitFor();
    await driver.shot('inserted');
  });

  await step('query: the row comes back, with a message and a second result set', async () => {
    await driver.command('Passwordless SQL: New Query');
    await page.locator('.editor-group-container.active .monaco-editor').first().waitFor();
    await driver.setEditorText(
      "SELECT TOP (200) id, first_name, last_name FROM dbo.[user] ORDER BY id DESC;\nPRINT 'two result sets';\nSELECT COUNT(*) AS users FROM dbo.[user];\n",
    );
    await page.keyboard.press('ControlOrMeta+Shift+E');
    const results = driver.webview(extensionId);
    await results.getByRole('gridcell', { name: 'Katherine' }).first().waitFor({ timeout: 30_000 });
    await driver.command('Notifications: Clear All Notifications');
    await driver.shot('query');
  });

  await step('export: the file holds the rows', async () => {
    const file = path.join(folder, 'users.csv');
    await driver.command('Passwordless SQL: Export Results…');
    await exportTo(journey, file);
    await waitFor(() => fs.existsSync(file) && fs.readFileSync(file, 'utf8').includes('Katherine,Johnson'));
  });

  await step('grant an app read access: previewed, run, verified', async () => {
    await grantRead(journey);
  });

  await step('the app signs in: it may read, and insert gives 229', async () => {
    const login = await managedIdentityLogin(azure, application, 'appdb');
    assert.deepEqual(login.error, undefined);
    assert.equal((await login.query('SELECT TOP (1) first_name FROM dbo.[user] ORDER BY id')).rows, 1);
    assert.equal((await login.query("INSERT dbo.[user] (first_name) VALUES ('no')")).errorNumber, 229);
    await login.close();
  });

  await step('undo: the app is refused at the door', async () => {
    await undoGrant(journey);
    const login = await managedIdentityLogin(azure, application, 'appdb');
    assert.match(login.error ?? '', /Login failed for user '<token-identified principal>'/);
    await login.close();
  });

  await step('nothing went wrong on the way', () => driver.noErrors());
}

/** Answers VS Code's own file dialog. */
async function exportTo({ driver }: Journey, file: string): Promise<void> {
  await driver.pick('CSV');
  const input = driver.quickInput.locator('input').first();
  // The list of formats is still closing when the file dialog opens; that one proposes a name.
  await waitFor(async () => (await input.inputValue()).endsWith('results.csv'));
  await input.fill(file);
  await driver.page.keyboard.press('Enter');
}

async function grantRead({ driver }: Journey): Promise<void> {
  await driver.command('Passwordless SQL: Grant Access to an App or Managed Identity…');
  await driver.step('Name of the identity');
  await driver.type(application);
  await driver.step('How does the server find');
  await driver.pick('By its name');
  await driver.step(`What may ${application} do`);
  await driver.shot('grant-rights');
  // Read is chosen already: least privilege is what a second of inattention gives.
  await driver.page.keyboard.press('Enter');
  const preview = driver.notification('Nothing has been changed yet');
  await preview.waitFor();
  await driver.page.locator('.view-lines').getByText('FROM EXTERNAL PROVIDER').first().waitFor();
  await driver.shot('grant-preview');
  await driver.notificationButton('Nothing has been changed yet', 'Run');
  await driver.notification(`${application} can now read (db_datareader)`).waitFor();
  await driver.shot('granted');
}

async function undoGrant({ driver }: Journey): Promise<void> {
  await driver.notificationButton(`${application} can now read`, 'Undo…');
  await driver.notification('This removes only what the grant added').waitFor();
  await driver.shot('undo-preview');
  await driver.notificationButton('This removes only what the grant added', 'Run');
  await driver.notification(`${application} has no user in appdb any more`).waitFor();
  await driver.shot('undone');
}

export async function waitFor(condition: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> {
  for (const end = Date.now() + ms; ;) {
    if (await condition()) return;
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain for: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
