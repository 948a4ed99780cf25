// One workbench with the packaged extension, the account fixture and a local Azure, for an e2e file.
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Browser } from 'playwright-core';
import { packageVsix } from '../../scripts/package.ts';
import { spawnLocalAzure, type LocalAzureProcess } from '../azure/process.ts';
import { launchBrowser, newPage } from '../workbench/browser.ts';
import { WorkbenchDriver } from '../workbench/driver.ts';
import {
  connectionFor,
  extensionId,
  localAzureEnvironment,
  localAzureSettings,
  microsoftAccountFixture,
} from '../workbench/localAzure.ts';
import { startServer, type WorkbenchServer } from '../workbench/server.ts';
import { ensureWorkbench, type WorkbenchRelease } from '../workbench/setup.ts';

const root = path.resolve(import.meta.dirname, '../..');

export interface WorkbenchRun {
  azure: LocalAzureProcess;
  driver: WorkbenchDriver;
  /** The opened workspace folder. */
  folder: string;
  server: WorkbenchServer;
  /** Requests that left this machine. */
  foreign: string[];
  /** Runs a step; a failure leaves a screenshot and names the step. */
  step: (name: string, run: () => Promise<void>) => Promise<void>;
  stop(): Promise<void>;
}

/**
 * @param connected the person has signed in before: a saved connection, an account VS Code knows, and consent given
 */
export async function startRun(options: {
  name: string;
  release?: WorkbenchRelease;
  connected?: string;
  settings?: Record<string, unknown>;
  /** Further variables of the extension host's environment. */
  env?: Record<string, string>;
}): Promise<WorkbenchRun> {
  const vsix = await packageVsix({ quiet: true });
  const azure = await spawnLocalAzure({ sample: true });
  let server: WorkbenchServer | undefined;
  let browser: Browser | undefined;
  const stop = async (): Promise<void> => {
    await browser?.close();
    await server?.stop();
    await azure.stop();
  };
  try {
    const connections = options.connected
      ? { 'passwordlessSql.connections': [await connectionFor(azure, options.connected)] }
      : {};
    server = await startServer({
      workbench: ensureWorkbench(options.release),
      extensions: [vsix, microsoftAccountFixture],
      env: { ...localAzureEnvironment(azure), MICROSOFT_ACCOUNTS: options.connected ?? '', ...options.env },
      settings: { ...localAzureSettings(azure), ...connections, ...options.settings },
      // The extension host's environment is the one given here, not what a login shell of this machine makes of it.
      args: ['--force-disable-user-env'],
    });
    browser = await launchBrowser();
    const { page, foreign } = await newPage(
      browser,
      options.connected ? { trust: { microsoft: [extensionId] } } : {},
    );
    const shots = path.join(root, 'dist', 'e2e', options.name);
    fs.rmSync(shots, { recursive: true, force: true });
    const driver = new WorkbenchDriver(page, shots);
    const folder = fs.mkdtempSync(path.join(server.root, 'workspace-'));
    await driver.open(server.url, folder);
    const step = async (name: string, body: () => Promise<void>): Promise<void> => {
      try {
        await body();
      } catch (error) {
        await driver.shot('failure');
        throw new Error(`at the step "${name}": ${String(error)}`, { cause: error });
      }
    };
    return { azure, driver, folder, server, foreign, step, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
