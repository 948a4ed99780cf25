// Installs the VS Code server and its web workbench out of npm's code-server: nothing is compiled, no install script runs.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** `current` follows stable VS Code; `oldest` is the release that `engines.vscode` promises. */
export type WorkbenchRelease = 'current' | 'oldest';

export interface Workbench {
  release: WorkbenchRelease;
  /** Folder of VS Code's server inside code-server. */
  vscode: string;
  /** What runs the server and its extension host: the oldest release brings the Node 22 that VS Code had then. */
  node: string;
}

/** Installs a release once (about 20 s, 350 MB) and again only when its lockfile or this file changed. */
export function ensureWorkbench(release: WorkbenchRelease = 'current'): Workbench {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 24) {
    throw new Error(
      `The test workbench needs Node 24, this is ${process.version}: start it through npm, e.g. "npm run test:e2e".`,
    );
  }
  const dir = path.join(import.meta.dirname, release);
  const vscode = path.join(dir, 'node_modules', 'code-server', 'lib', 'vscode');
  const platform = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const own = path.join(
    dir,
    'node_modules',
    platform,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  const found = (): Workbench => ({ release, vscode, node: fs.existsSync(own) ? own : process.execPath });
  const stampFile = path.join(dir, 'node_modules', '.stamp');
  const stamp = createHash('sha256')
    .update(fs.readFileSync(path.join(dir, 'package-lock.json')))
    .update(fs.readFileSync(import.meta.filename))
    .digest('hex');
  if (fs.existsSync(stampFile) && fs.readFileSync(stampFile, 'utf8') === stamp) return found();
  console.log(`installing the ${release} test workbench (npm ci in test/workbench/${release}) …`);
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: dir,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  // VS Code's server and its web client look for their packages in <server>/node_modules.
  fs.symlinkSync(path.join('..', '..', '..'), path.join(vscode, 'node_modules'), 'junction');
  fs.writeFileSync(stampFile, stamp);
  return found();
}

/** Where Debian, Ubuntu and others put a Chromium; CHROMIUM overrides. Undefined when there is none. */
export function findChromium(): string | undefined {
  const candidates = [
    process.env['CHROMIUM'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/usr/bin/google-chrome-stable',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
  ];
  return candidates.find((file) => file !== undefined && fs.existsSync(file));
}

/** The one line that brings a browser to a Debian machine. */
export const chromiumInstallLine = 'apt-get update && apt-get install -y --no-install-recommends chromium';

/** A Chromium, installed by the one line when this is a Debian machine and the user is root. @throws Error naming the line otherwise */
export function ensureChromium(): string {
  const found = findChromium();
  if (found) return found;
  if (process.platform === 'linux' && process.getuid?.() === 0 && fs.existsSync('/usr/bin/apt-get')) {
    console.log(`no browser found, running: ${chromiumInstallLine}`);
    execFileSync('sh', ['-c', `${chromiumInstallLine} >&2`], {
      stdio: 'inherit',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    const installed = findChromium();
    if (installed) return installed;
  }
  throw new Error(`A Chromium browser is needed. Install it with: sudo sh -c "${chromiumInstallLine}"`);
}

if (process.argv[1] === import.meta.filename) {
  for (const release of process.argv.length > 2 ? process.argv.slice(2) : ['current']) {
    ensureWorkbench(release as WorkbenchRelease);
  }
}
