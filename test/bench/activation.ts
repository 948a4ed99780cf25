// Activation time of the packaged extension in a real extension host, beside a built-in extension of VS Code in the same run.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { launchBrowser, newPage } from '../workbench/browser.ts';
import { WorkbenchDriver } from '../workbench/driver.ts';
import { startServer } from '../workbench/server.ts';
import { ensureWorkbench } from '../workbench/setup.ts';
import { figure, ratio } from './measure.ts';
import { packageVsix } from '../../scripts/package.ts';

const runs = 5;
const ours = 'Passwordless SQL for Azure';
/** The named peer: ships with VS Code and activates when a JSON file is shown. */
const peer = 'JSON Language Features';

/** Milliseconds that VS Code itself reports for an extension's activation. */
async function activationTimes(vsix: string): Promise<{ ours: number; peer: number }> {
  const server = await startServer({ workbench: ensureWorkbench(), extensions: [vsix] });
  const browser = await launchBrowser();
  try {
    const { page } = await newPage(browser);
    const driver = new WorkbenchDriver(page, path.join(server.root, 'shots'));
    const folder = fs.mkdtempSync(path.join(server.root, 'workspace-'));
    fs.writeFileSync(path.join(folder, 'a.json'), '{}\n');
    await driver.open(server.url, folder);
    await driver.treeItem('a.json').dblclick();
    await driver.activity('Passwordless SQL');
    await page.waitForTimeout(3000);
    await driver.command('Developer: Show Running Extensions');
    const read = async (name: string): Promise<number> => {
      const row = page
        .locator('.runtime-extensions-editor .monaco-list-row')
        .filter({ hasText: name })
        .first();
      await row.waitFor();
      const text = /Activation: (\d+)ms/.exec(await row.innerText())?.[1];
      if (text === undefined)
        throw new Error(`No activation time is shown for ${name}: ${await row.innerText()}`);
      return Number(text);
    };
    return { ours: await read(ours), peer: await read(peer) };
  } finally {
    await browser.close();
    await server.stop();
  }
}

export async function benchActivation(): Promise<void> {
  const vsix = await packageVsix({ quiet: true });
  const mine: number[] = [];
  const theirs: number[] = [];
  for (let run = 0; run < runs; run++) {
    const times = await activationTimes(vsix);
    mine.push(times.ours);
    theirs.push(times.peer);
  }
  console.log(`activation, ms, median of ${runs} (spread)`);
  console.log(`  ${ours.padEnd(28)} ${figure(mine, 0)}`);
  console.log(`  ${peer.padEnd(28)} ${figure(theirs, 0)}`);
  console.log(`  ratio ${ratio(mine, theirs)}`);
}
