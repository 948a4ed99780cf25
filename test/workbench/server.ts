// Starts VS Code's server (the workbench that a browser shows) on loopback, with its own settings and extensions folders.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Workbench } from './setup.ts';

/**
 * Built-in extensions left out. 'vscode.microsoft-authentication' must go so that a fixture can own the account provider;
 * only those without a "browser" entry are listed: the others would then be tried in the web worker host, where there is no bundle.
 */
const skippedBuiltIns = [
  'vscode.microsoft-authentication',
  'GitHub.copilot-chat',
  'vscode.git',
  'vscode.github',
  'vscode.debug-auto-launch',
  'vscode.debug-server-ready',
  'ms-vscode.js-debug',
  'ms-vscode.js-debug-companion',
  'vscode.tunnel-forwarding',
  'vscode.grunt',
  'vscode.gulp',
  'vscode.jake',
  'vscode.terminal-suggest',
];

const baseSettings = {
  'workbench.startupEditor': 'none',
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'workbench.enableExperiments': false,
  'update.mode': 'none',
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.editor.useModal': 'off',
  'workbench.tips.enabled': false,
  'security.workspace.trust.enabled': false,
  'window.confirmBeforeClose': 'never',
};

export interface ServerOptions {
  workbench: Workbench;
  settings?: Record<string, unknown>;
  /** Unpacked extension folders and .vsix files. */
  extensions?: string[];
  env?: Record<string, string>;
  args?: string[];
  /** 0 = any free port. */
  port?: number;
}

export interface WorkbenchServer {
  url: string;
  host: string;
  root: string;
  logFile: string;
  userDataDir: string;
  stop(): Promise<void>;
}

export async function startServer(options: ServerOptions): Promise<WorkbenchServer> {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'workbench-'));
  const dataDir = path.join(root, 'd');
  const extDir = path.join(root, 'e');
  const userDataDir = path.join(dataDir, 'data');
  fs.mkdirSync(path.join(userDataDir, 'User'), { recursive: true });
  fs.mkdirSync(extDir);
  fs.writeFileSync(
    path.join(userDataDir, 'User', 'settings.json'),
    JSON.stringify({ ...baseSettings, ...options.settings }, null, 2),
  );
  const env: NodeJS.ProcessEnv = { ...process.env };
  for (const key of Object.keys(env)) {
    if (/^(npm_|ELECTRON_|VSCODE_(IPC|NLS|CWD|DEV)|NODE_OPTIONS)/.test(key)) delete env[key];
  }
  env['VSCODE_SKIP_BUILTIN_EXTENSIONS'] = skippedBuiltIns.join(',');
  env['EXTENSIONS_GALLERY'] = '{}';
  // Where its sockets go: they are left behind when its processes are ended.
  env['XDG_RUNTIME_DIR'] = root;
  Object.assign(env, options.env);

  const extensions = options.extensions ?? [];
  const main = path.join(options.workbench.vscode, 'out', 'server-main.js');
  // An unpacked folder in a fresh extensions dir is picked up when the server starts.
  for (const dir of extensions.filter((file) => !file.endsWith('.vsix'))) {
    const manifest = JSON.parse(fs.readFileSync(path.join(dir, 'package.json'), 'utf8')) as Record<
      string,
      string
    >;
    const name = `${manifest['publisher']}.${manifest['name']}-${manifest['version']}`;
    fs.cpSync(dir, path.join(extDir, name), { recursive: true });
  }
  for (const vsix of extensions.filter((file) => file.endsWith('.vsix'))) {
    const common = [
      '--accept-server-license-terms',
      '--server-data-dir',
      dataDir,
      '--extensions-dir',
      extDir,
    ];
    const result = spawnSync(options.workbench.node, [main, ...common, '--install-extension', vsix], {
      env,
      encoding: 'utf8',
    });
    if (result.status !== 0 || !result.stdout.includes('successfully installed')) {
      throw new Error(`Installing ${vsix} failed: ${result.stdout}${result.stderr}`);
    }
  }

  const logFile = path.join(root, 'server.log');
  const log = fs.createWriteStream(logFile);
  const child = spawn(
    options.workbench.node,
    [
      main,
      '--host',
      '127.0.0.1',
      '--port',
      String(options.port ?? 0),
      '--without-connection-token',
      '--accept-server-license-terms',
      '--server-data-dir',
      dataDir,
      '--user-data-dir',
      userDataDir,
      '--extensions-dir',
      extDir,
      '--disable-telemetry',
      '--disable-workspace-trust',
      '--disable-getting-started-override',
      ...(options.args ?? []),
    ],
    // Its own process group, so that stop() takes the extension host too.
    { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  const url = await listeningUrl(child, log);
  return { url, host: new URL(url).host, root, logFile, userDataDir, stop: () => stopServer(child, root) };
}

function listeningUrl(child: ChildProcess, log: fs.WriteStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error(`The workbench server did not start.\n${text}`)), 60_000);
    const onData = (data: Buffer): void => {
      log.write(data);
      text += data.toString();
      const port = /listening on (\d+)/.exec(text)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(`http://127.0.0.1:${port}`);
    };
    child.stdout?.on('data', onData);
    child.stderr?.on('data', onData);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`The workbench server exited with ${code}.\n${text}`));
    });
  });
}

async function stopServer(child: ChildProcess, root: string): Promise<void> {
  const signal = (name: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  if (child.exitCode === null) {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    signal('SIGTERM');
    await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 5000))]);
  }
  signal('SIGKILL');
  if (process.env['KEEP_WORKBENCH']) console.log(`kept: ${root}`);
  else fs.rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** A path as the browser workbench names files of its server. */
export const remoteUri = (host: string, file: string): string =>
  `vscode-remote://${host}${path.resolve(file)}`;
