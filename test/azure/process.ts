// Starts the local Azure as a process of its own, for tests and the demo, and ends it again.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ControlClient } from './control/controlClient.ts';
import type { AzureAddresses } from './control/protocol.ts';

export interface LocalAzureOptions {
  /** TDS port; 0 (default) picks a free one. */
  port?: number;
  /** Fills appdb with the sample's tables and users. Default true. */
  sample?: boolean;
  /** Further empty databases. */
  databases?: string[];
  /** Refuse the SQL login. */
  entraOnly?: boolean;
  /** Be an upstream: the SQL login may impersonate Entra users. */
  sqlLoginImpersonates?: boolean;
  /** No firewall rule at start: the first login gets 40615. */
  closedFirewall?: boolean;
  /** A real server to relay to. `caFile`: its CA, unless the system knows it; `name`: the one in its certificate, unless it is the host. */
  upstream?: { host: string; port: number; user: string; password: string; caFile?: string; name?: string };
  /** Seconds of an issued token's life. */
  tokenLifetime?: number;
  /** For benchmarks: replay the rows of statements that begin with `-- pre-encoded` once they have run. */
  preEncode?: boolean;
  /** Milliseconds until the process must be up; default 60 000. */
  startTimeout?: number;
}

/** A running local Azure. */
export interface LocalAzureProcess extends AzureAddresses {
  client: ControlClient;
  pid: number;
  /** What it wrote to stderr so far. */
  log(): string;
  /** Resolves when the process is gone; may be called again. */
  stop(): Promise<void>;
}

/**
 * @throws Error with the process's own words when it does not come up. It ends by itself when this process does: its stdin is a pipe
 * from here.
 */
export async function spawnLocalAzure(options: LocalAzureOptions = {}): Promise<LocalAzureProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...flags(options)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // A test's or a debugger's own flags are not for this process.
    env: { ...process.env, NODE_OPTIONS: '', ...upstreamEnvironment(options) },
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString('utf8')).slice(-100_000);
  });
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve();
    });
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.stdin.end();
      const killer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await gone;
      clearTimeout(killer);
    }
  };
  // A write to a process that just died must not end the test run.
  child.stdin.on('error', () => undefined);
  const timeout = options.startTimeout ?? 60_000;
  let timer: NodeJS.Timeout | undefined;
  try {
    const addresses = await new Promise<AzureAddresses>((resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`The local Azure was not up after ${timeout} ms:\n${log}`));
      }, timeout);
      child.once('error', reject);
      child.once('close', (code) => {
        reject(new Error(`The local Azure ended with ${code} before it was up:\n${log}`));
      });
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.startsWith('{')) resolve(JSON.parse(line) as AzureAddresses);
      });
    });
    return {
      ...addresses,
      client: new ControlClient(addresses.control),
      pid: child.pid ?? -1,
      log: () => log,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function flags(options: LocalAzureOptions): string[] {
  const list = ['--json', '--exit-with-stdin', '--port', String(options.port ?? 0)];
  if (options.sample ?? true) list.push('--sample');
  for (const database of options.databases ?? []) list.push('--database', database);
  if (options.entraOnly === true) list.push('--entra-only');
  if (options.sqlLoginImpersonates === true) list.push('--sql-login-impersonates');
  if (options.closedFirewall === true) list.push('--closed-firewall');
  if (options.preEncode === true) list.push('--pre-encode');
  if (options.upstream !== undefined)
    list.push('--upstream', `${options.upstream.host}:${options.upstream.port}`);
  if (options.tokenLifetime !== undefined) list.push('--token-lifetime', String(options.tokenLifetime));
  return list;
}

/** The password stays out of the process list. */
function upstreamEnvironment({ upstream }: LocalAzureOptions): Record<string, string> {
  if (upstream === undefined) return {};
  return {
    AZURE_UPSTREAM_USER: upstream.user,
    AZURE_UPSTREAM_PASSWORD: upstream.password,
    ...(upstream.caFile === undefined ? {} : { AZURE_UPSTREAM_CA: upstream.caFile }),
    ...(upstream.name === undefined ? {} : { AZURE_UPSTREAM_NAME: upstream.name }),
  };
}
