// A headless Chromium that shows the workbench and may reach nothing but this machine.
import { randomBytes } from 'node:crypto';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { ensureChromium } from './setup.ts';

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: ensureChromium(),
    headless: process.env['HEADED'] !== '1',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
    ],
  });
}

export interface WorkbenchPage {
  context: BrowserContext;
  page: Page;
  /** Requests to anything but this machine, as they happen. */
  foreign: string[];
}

/**
 * @param trust extensions that may use an account provider without being asked, e.g. {microsoft: ['publisher.name']}
 */
export async function newPage(
  browser: Browser,
  options: { trust?: Record<string, string[]>; viewport?: { width: number; height: number } } = {},
): Promise<WorkbenchPage> {
  const context = await browser.newContext({ viewport: options.viewport ?? { width: 1400, height: 900 } });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const key = randomBytes(32);
  // Half of the key that encrypts ExtensionContext.secrets in the browser; code-server's own wrapper answers this.
  await context.route('**/mint-key', (route) => route.fulfill({ status: 200, body: key }));
  if (options.trust) {
    // Edits the boot configuration before workbench.js reads it. Not by fulfilling the document: Chromium then treats the page
    // as public and refuses its WebSocket to 127.0.0.1.
    await context.addInitScript((trust) => {
      new MutationObserver((_, observer) => {
        const meta = document.getElementById('vscode-workbench-web-configuration');
        if (!meta) return;
        observer.disconnect();
        const config = JSON.parse(meta.dataset['settings'] ?? '{}') as Record<string, object>;
        config['productConfiguration'] = {
          ...config['productConfiguration'],
          trustedExtensionAuthAccess: trust,
        };
        meta.dataset['settings'] = JSON.stringify(config);
      }).observe(document, { childList: true, subtree: true });
    }, options.trust);
  }
  const page = await context.newPage();
  const foreign: string[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.hostname !== '127.0.0.1') foreign.push(request.url());
  });
  return { context, page, foreign };
}
