// Runs the integration tests inside the extension host of the browser workbench, against a local Azure of its own.
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as esbuild from 'esbuild';
import { build, testBundle } from '../../scripts/build.ts';
import { spawnLocalAzure } from '../azure/process.ts';
import { launchBrowser, newPage } from '../workbench/browser.ts';
import {
  localAzureEnvironment,
  localAzureSettings,
  microsoftAccountFixture,
} from '../workbench/localAzure.ts';
import { remoteUri, startServer } from '../workbench/server.ts';
import { ensureWorkbench } from '../workbench/setup.ts';
import type { IntegrationReport } from './index.ts';

const root = path.resolve(import.meta.dirname, '../..');
const extensionId = 'passwordless-sql.passwordless-sql';
const limitSeconds = 600;

async function main(): Promise<number> {
  const workbench = ensureWorkbench();
  fs.rmSync(path.join(root, 'dist', 'test'), { recursive: true, force: true });
  await build();
  await esbuild.build(testBundle());
  const report = path.join(root, 'dist', 'reports', 'integration.json');
  fs.mkdirSync(path.dirname(report), { recursive: true });
  fs.rmSync(report, { force: true });
  const azure = await spawnLocalAzure({ sample: true });
  const server = await startServer({
    workbench,
    extensions: [microsoftAccountFixture],
    env: { ...localAzureEnvironment(azure), MICROSOFT_ACCOUNTS: 'ada@contoso.example' },
    settings: localAzureSettings(azure),
    // Without it a built workbench ignores development keys and no test starts.
    args: ['--enable-smoke-test-driver'],
  });
  const browser = await launchBrowser();
  try {
    const { page } = await newPage(browser, { trust: { microsoft: [extensionId] } });
    const exit = new Promise<void>((resolve) => {
      void page.exposeFunction('codeAutomationExit', () => resolve());
    });
    await page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => {
      const text = args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg))).join(' ');
      if (text.startsWith('[mocha] ')) console.log(text.slice('[mocha] '.length));
      else if (process.env['VERBOSE']) console.log(`  [${type}] ${text}`);
    });
    const payload = [
      ['extensionDevelopmentPath', remoteUri(server.host, root)],
      ['extensionTestsPath', remoteUri(server.host, path.join(root, 'dist/test/integration/index.cjs'))],
      [
        'extensionEnvironment',
        JSON.stringify({
          TEST_REPORT_FILE: report,
          MOCHA_GREP: process.env['MOCHA_GREP'] ?? '',
          ...localAzureEnvironment(azure),
        }),
      ],
      ['skipWelcome', 'true'],
    ];
    const folder = fs.mkdtempSync(path.join(server.root, 'workspace-'));
    const query = new URLSearchParams({ folder, payload: JSON.stringify(payload) });
    await page.goto(`${server.url}/?${query.toString()}`);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no result within ${limitSeconds} s`)), limitSeconds * 1000);
    });
    await Promise.race([exit, late]).finally(() => clearTimeout(timer));
  } catch (error) {
    console.error(error);
    console.error(fs.readFileSync(server.logFile, 'utf8').slice(-3000));
  } finally {
    await browser.close();
    await server.stop();
    await azure.stop();
  }
  if (!fs.existsSync(report)) {
    console.log('0 passed, 1 failed, 0 skipped');
    return 1;
  }
  const result = JSON.parse(fs.readFileSync(report, 'utf8')) as IntegrationReport;
  for (const failure of result.failures) console.log(`\nFAILED ${failure.title}\n${failure.error}`);
  console.log(`${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`);
  return result.failed > 0 || result.passed === 0 ? 1 : 0;
}

process.exit(await main());
