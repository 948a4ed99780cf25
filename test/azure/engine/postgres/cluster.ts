// The embedded PostgreSQL server: its life, and its databases under their T-SQL names.
import { foldName } from '../catalog/foldName.ts';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runtimeSql } from '../catalog/runtime.ts';
import { principalTablesSql } from '../../principals/principalTables.ts';
import { sqlError } from '../errors.ts';
import { systemSql } from '../system/views.ts';
import { executable, postgresFolder, serverUser } from './binaries.ts';
import { PgConnection } from './connection.ts';
import { PgError } from './pgError.ts';
import { watch } from './watchdog.ts';

export interface ClusterOptions {
  /** Kept after stop() and used again; default: a temporary folder that is removed. */
  dataDir?: string;
  /** SQL run in the template, so that every database has it. */
  installers?: readonly string[];
}

export interface DatabaseEntry {
  /** sys.databases.database_id; master is 1. */
  id: number;
  name: string;
  /** PostgreSQL's name of it. */
  pgName: string;
  /** UTC, 'YYYY-MM-DD HH:MM:SS.mmm'. */
  created: string;
}

const settings = [
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_connections=300',
  'deadlock_timeout=200ms',
  'shared_buffers=64MB',
  'autovacuum_naptime=60s',
  'jit=off',
  // Parallel workers need shared memory that containers are short of.
  'max_parallel_workers_per_gather=0',
  'io_method=sync',
  'timezone=UTC',
  'log_min_messages=fatal',
  'log_statement=none',
];

export class Cluster {
  private readonly process: ChildProcess;
  private readonly host: string;
  private readonly port: number;
  private readonly password: string | undefined;
  private readonly admin: PgConnection;
  private readonly release: () => Promise<void>;
  private readonly entries: Map<string, DatabaseEntry>;
  /** CREATE and DROP DATABASE one after the other: they need the template, and names must stay unique. */
  private changes: Promise<unknown> = Promise.resolve();
  private stopping: Promise<void> | undefined;

  private constructor(
    child: ChildProcess,
    address: { host: string; port: number; password: string | undefined },
    admin: PgConnection,
    entries: Map<string, DatabaseEntry>,
    release: () => Promise<void>,
  ) {
    this.process = child;
    this.host = address.host;
    this.port = address.port;
    this.password = address.password;
    this.admin = admin;
    this.entries = entries;
    this.release = release;
  }

  /** @throws Error when the binaries are missing or the server does not come up, with its own words. */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const user = serverUser();
    const native = postgresFolder(user);
    const folder = options.dataDir ?? mkdtempSync(join(tmpdir(), 'local-azure-pg-'));
    const temporary = options.dataDir === undefined;
    if (user !== undefined) chownSync(folder, user.uid, user.gid);
    chmodSync(folder, 0o700);
    const data = join(folder, 'data');
    const windows = process.platform === 'win32';
    const fresh = !existsSync(join(data, 'PG_VERSION'));
    const password = windows ? randomBytes(18).toString('hex') : undefined;
    try {
      if (fresh) initialise(native, folder, data, user, password);
      const port = windows ? await freePort() : 5432;
      const host = windows ? '127.0.0.1' : folder;
      const own = [
        ...settings,
        `port=${String(port)}`,
        ...(windows
          ? ['listen_addresses=127.0.0.1']
          : ['listen_addresses=', `unix_socket_directories=${folder}`]),
      ];
      const child = spawn(
        executable(native, 'postgres'),
        ['-D', data, ...own.flatMap((setting) => ['-c', setting])],
        {
          ...user,
          cwd: folder,
          // A group of its own: Ctrl-C in the terminal is for us to handle, in order.
          detached: true,
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      );
      let log = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        log = (log + text).slice(-20_000);
      });
      const release = watch(child.pid ?? 0, temporary ? folder : undefined);
      const gone = new Promise<void>((resolve) => {
        child.once('exit', () => {
          resolve();
        });
      });
      const address = { host, port, password };
      try {
        const probe = await untilUp(child, () => log, {
          ...address,
          database: fresh ? 'template1' : 'postgres',
        });
        // A Set, since the principals' tables may be among the installers too.
        const scripts = new Set([runtimeSql, principalTablesSql, ...(options.installers ?? []), systemSql]);
        if (fresh) for (const script of scripts) await probe.script(script);
        await probe.close();
        const admin = await PgConnection.connect({ ...address, database: 'postgres' }, () =>
          Promise.resolve(),
        );
        const cluster = new Cluster(child, address, admin, await readEntries(admin), async () => {
          await gone;
          await release();
          if (temporary) rmSync(folder, { recursive: true, force: true });
        });
        if (cluster.database('master') === undefined) await cluster.createDatabase('master');
        return cluster;
      } catch (error) {
        child.kill('SIGINT');
        await gone;
        await release();
        throw error;
      }
    } catch (error) {
      if (temporary) rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** The process id of the server, for a test that kills it. */
  get pid(): number {
    return this.process.pid ?? 0;
  }

  databases(): DatabaseEntry[] {
    return [...this.entries.values()].sort((a, b) => a.id - b.id);
  }

  database(name: string): DatabaseEntry | undefined {
    return this.entries.get(foldName(name));
  }

  /** @throws SqlError 911 when there is no such database. */
  async connect(name: string): Promise<PgConnection> {
    const entry = this.database(name);
    if (entry === undefined) throw sqlError(911, [name]);
    const connection = await PgConnection.connect(
      { host: this.host, port: this.port, database: entry.pgName, password: this.password },
      async (pid) => {
        await this.admin.query('SELECT pg_cancel_backend($1::int)', [pid]);
      },
    );
    // A dead connection with the same process id may have left #temp tables in the catalog.
    await connection.query('SELECT catalog.forget_session()');
    return connection;
  }

  /** @throws SqlError 1801 when it exists. */
  createDatabase(name: string): Promise<DatabaseEntry> {
    return this.change(async () => {
      if (this.database(name) !== undefined) throw sqlError(1801, [name]);
      const id = Math.max(0, ...this.databases().map((entry) => entry.id)) + 1;
      // 2 to 4 are tempdb, model and msdb on a server; user databases of Azure SQL start at 5.
      const next = id === 1 ? 1 : Math.max(5, id);
      const created = new Date().toISOString().replace('T', ' ').replace('Z', '');
      const entry = { id: next, name, pgName: `d${String(next)}`, created };
      await this.admin.script(`CREATE DATABASE ${entry.pgName} TEMPLATE template1 STRATEGY file_copy`);
      await this.admin.script(comment(entry));
      this.entries.set(foldName(name), entry);
      return entry;
    });
  }

  /** Ends the connections to it. @throws SqlError 3701 when there is none. */
  dropDatabase(name: string): Promise<void> {
    return this.change(async () => {
      const entry = this.database(name);
      if (entry === undefined) throw sqlError(3701, ['drop', 'database', name], { state: 1 });
      await this.admin.script(`DROP DATABASE ${entry.pgName} WITH (FORCE)`);
      this.entries.delete(foldName(name));
    });
  }

  /** @throws SqlError 5011 (none of that name), 1801 (the new name is taken). */
  renameDatabase(from: string, to: string): Promise<void> {
    return this.change(async () => {
      const entry = this.database(from);
      if (entry === undefined) throw sqlError(5011, [from]);
      const other = this.database(to);
      if (other !== undefined && other !== entry) throw sqlError(1801, [to]);
      const renamed = { ...entry, name: to };
      await this.admin.script(comment(renamed));
      this.entries.delete(foldName(from));
      this.entries.set(foldName(to), renamed);
    });
  }

  /** Ends the server at once (its data are not kept unless dataDir was given). May be called again. */
  stop(): Promise<void> {
    this.stopping ??= (async () => {
      await this.admin.close();
      this.process.kill('SIGINT');
      await this.release();
    })();
    return this.stopping;
  }

  private change<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.changes.then(work, work);
    this.changes = turn.catch(() => undefined);
    return turn;
  }
}

/** The T-SQL name is kept as the database's comment, which every database of the cluster can read. */
function comment(entry: DatabaseEntry): string {
  const { id, name, created } = entry;
  const text = JSON.stringify({ id, name, created }).replaceAll("'", "''");
  return `COMMENT ON DATABASE ${entry.pgName} IS '${text}'`;
}

async function readEntries(admin: PgConnection): Promise<Map<string, DatabaseEntry>> {
  const { rows } = await admin.query(
    `SELECT datname, shobj_description(oid, 'pg_database') AS about FROM pg_database WHERE datname ~ '^d[0-9]+$'`,
  );
  const entries = new Map<string, DatabaseEntry>();
  for (const row of rows) {
    if (typeof row['about'] !== 'string') continue;
    const about = JSON.parse(row['about']) as Omit<DatabaseEntry, 'pgName'>;
    entries.set(foldName(about.name), { ...about, pgName: String(row['datname']) });
  }
  return entries;
}

function initialise(
  native: string,
  folder: string,
  data: string,
  user: { uid: number; gid: number } | undefined,
  password: string | undefined,
): void {
  const args = [
    `--pgdata=${data}`,
    '--username=sa',
    '--no-sync',
    '--no-instructions',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
  ];
  if (password === undefined) args.push('--auth=trust');
  else {
    const file = join(folder, 'password');
    writeFileSync(file, password, { mode: 0o600 });
    args.push('--auth=scram-sha-256', `--pwfile=${file}`);
  }
  const made = spawnSync(executable(native, 'initdb'), args, { ...user, cwd: folder, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);
}

async function untilUp(
  child: ChildProcess,
  log: () => string,
  address: { host: string; port: number; database: string; password: string | undefined },
): Promise<PgConnection> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`PostgreSQL ended with ${String(child.exitCode)}: ${log()}`);
    try {
      return await PgConnection.connect(address, () => Promise.resolve());
    } catch (error) {
      if (error instanceof PgError || Date.now() > deadline) throw error;
      await new Promise((resolve) => {
        setTimeout(resolve, 15);
      });
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}
