// npm run demo: packs the extension, starts a local Azure with sample data and opens VS Code connected to it.
//   --check     walks the main journey headless, leaves screenshots in dist/demo, exits non-zero when a step fails
//   --desktop   uses an installed `code` with a user-data and an extensions folder of its own
import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { spawnLocalAzure, type LocalAzureProcess } from '../test/azure/process.ts';
import { walkMainJourney } from '../test/e2e/mainJourney.ts';
import { launchBrowser, newPage } from '../test/workbench/browser.ts';
import { WorkbenchDriver } from '../test/workbench/driver.ts';
import {
  connectionFor,
  extensionId,
  localAzureEnvironment,
  localAzureSettings,
  microsoftAccountFixture,
} from '../test/workbench/localAzure.ts';
import { startServer } from '../test/workbench/server.ts';
import { ensureChromium, ensureWorkbench, findChromium } from '../test/workbench/setup.ts';
import { packageVsix } from './package.ts';

const root = path.resolve(import.meta.dirname, '..');
const administrator = 'ada@contoso.example';

const whatToClick = `
What to try
  1. The database icon in the activity bar: the users of [dbo].[user], and beside them who may enter the database.
  2. F1, "Passwordless SQL: Insert User…": type a name, see it in the tree.
  3. F1, "Passwordless SQL: New Query": write T-SQL, press Ctrl+Shift+E (Cmd+Shift+E on a Mac) and look at the rows; export them.
  4. F1, "Passwordless SQL: Grant Access to an App or Managed Identity…": name "app-orders", choose Read, look at the script, run it.
Everything runs on this machine. Ctrl+C stops it all.`;

/** What a person finds who has been here before: a saved connection beside the custom cloud. */
async function demoSettings(azure: LocalAzureProcess): Promise<Record<string, unknown>> {
  return {
    ...localAzureSettings(azure),
    'passwordlessSql.connections': [await connectionFor(azure, administrator)],
  };
}

async function check(azure: LocalAzureProcess, vsix: string): Promise<void> {
  const shots = path.join(root, 'dist', 'demo');
  fs.rmSync(shots, { recursive: true, force: true });
  const server = await startServer({
    workbench: ensureWorkbench(),
    settings: localAzureSettings(azure),
    extensions: [vsix, microsoftAccountFixture],
    env: localAzureEnvironment(azure),
  });
  const browser = await launchBrowser();
  try {
    const { page } = await newPage(browser);
    const driver = new WorkbenchDriver(page, shots);
    try {
      const folder = fs.mkdtempSync(path.join(server.root, 'workspace-'));
      await driver.open(server.url, folder);
      await walkMainJourney({
        driver,
        azure,
        folder,
        step: async (name, run) => {
          process.stdout.write(`  ${name} … `);
          await run();
          console.log('ok');
        },
      });
    } catch (error) {
      console.log('FAILED');
      await driver.shot('failure');
      throw error;
    }
  } finally {
    await browser.close();
    await server.stop();
  }
  console.log(`\nEvery step passed. Screenshots: ${path.relative(process.cwd(), shots)}`);
}

async function openInBrowser(azure: LocalAzureProcess, vsix: string): Promise<() => Promise<void>> {
  const server = await startServer({
    workbench: ensureWorkbench(),
    settings: await demoSettings(azure),
    extensions: [vsix, microsoftAccountFixture],
    env: { ...localAzureEnvironment(azure), MICROSOFT_ACCOUNTS: administrator },
  });
  const folder = fs.mkdtempSync(path.join(server.root, 'workspace-'));
  const url = `${server.url}/?folder=${encodeURIComponent(folder)}`;
  const hasDisplay =
    process.platform !== 'linux' || Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
  if (hasDisplay) {
    process.env['HEADED'] = '1';
    const browser = await launchBrowser();
    const { page } = await newPage(browser, { trust: { microsoft: [extensionId] } });
    await page.goto(url);
    console.log(`\nVS Code is open, connected as ${administrator}. Its address: ${url}`);
    console.log(whatToClick);
    return async () => {
      await browser.close();
      await server.stop();
    };
  }
  console.log(
    `\nVS Code is ready, connected as ${administrator}. Open this address in a browser on this machine:\n  ${url}`,
  );
  console.log('VS Code asks once whether the extension may use the account: Allow.');
  console.log(whatToClick);
  return () => server.stop();
}

/** An installed desktop VS Code, with folders of its own so that nothing of the user's is touched. */
async function openOnDesktop(azure: LocalAzureProcess, vsix: string): Promise<() => Promise<void>> {
  const code = process.platform === 'win32' ? 'code.cmd' : 'code';
  const shell = process.platform === 'win32';
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'passwordless-sql-demo-'));
  const extensions = path.join(profile, 'extensions');
  fs.mkdirSync(path.join(profile, 'data', 'User'), { recursive: true });
  fs.writeFileSync(
    path.join(profile, 'data', 'User', 'settings.json'),
    JSON.stringify(await demoSettings(azure), null, 2),
  );
  fs.cpSync(microsoftAccountFixture, path.join(extensions, 'fixture.microsoft-account-0.0.1'), {
    recursive: true,
  });
  const folders = ['--user-data-dir', path.join(profile, 'data'), '--extensions-dir', extensions];
  const installed = spawnSync(code, [...folders, '--install-extension', vsix], { stdio: 'inherit', shell });
  if (installed.status !== 0) {
    throw new Error(
      '"code" was not found or could not install the extension. Install VS Code and its "code" command, or leave out --desktop.',
    );
  }
  const env = { ...process.env, ...localAzureEnvironment(azure), MICROSOFT_ACCOUNTS: administrator };
  const child = spawn(
    code,
    [...folders, '--disable-extension', 'vscode.microsoft-authentication', '--wait', profile],
    { env, stdio: 'inherit', shell },
  );
  console.log(whatToClick);
  return async () => {
    child.kill();
    fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
}

async function main(): Promise<void> {
  const isCheck = process.argv.includes('--check');
  const isDesktop = process.argv.includes('--desktop');
  // Named before anything is built: nobody should wait a minute to learn what is missing.
  if (!isDesktop && (isCheck || !findChromium())) ensureChromium();
  console.log('building the extension …');
  const vsix = await packageVsix();
  console.log('starting the local Azure …');
  const azure = await spawnLocalAzure({ sample: true });
  console.log(`  server localhost,${azure.tds.port}   database appdb   administrator ${administrator}`);
  if (isCheck) {
    try {
      await check(azure, vsix);
    } finally {
      await azure.stop();
    }
    return;
  }
  const close = isDesktop ? await openOnDesktop(azure, vsix) : await openInBrowser(azure, vsix);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  console.log('\nstopping …');
  await close();
  await azure.stop();
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error && !process.env['DEBUG'] ? `\n${error.message}` : error);
  process.exitCode = 1;
}
process.exit();
