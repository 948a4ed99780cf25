// The plugin that VisualStudioCodeCredential needs and this extension does not carry: 44 MB of native broker that a person installs.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { AppError } from '../core/errors.ts';
import type { Identity } from './credentialKinds.ts';

/** Its name on npm; version 1 was made for another sign-in of VS Code and does not fit @azure/identity 4. */
const packageName = '@azure/identity-vscode';
const leastMajor = 2;
const setting = 'passwordlessSql.visualStudioCodePlugin';
const instead = 'Or choose "VS Code account" for this connection: the same sign-in, without the package.';

type Plugin = Parameters<Identity['useIdentityPlugin']>[0];

/** Folders whose plugin this process has: it cannot be unloaded. */
const loaded = new WeakMap<Identity, string>();

/**
 * Loads the plugin from the folder that the user's own setting names. What lies there runs as code: never call it with a path from a
 * workspace.
 * @throws AppError credentialUnavailable
 */
export async function loadVisualStudioCodePlugin(
  identity: Identity,
  folder: string | undefined,
): Promise<void> {
  if (folder === undefined || folder.trim() === '')
    throw missing(
      `needs the package ${packageName} ${leastMajor} or newer, which this extension does not carry. Run: npm install ${packageName}@${leastMajor}, and name its folder in the setting ${setting}.`,
    );
  if (!isAbsolute(folder))
    throw missing(`needs the setting ${setting} to be an absolute path, not "${shown(folder)}".`);
  if (loaded.get(identity) === folder) return;
  const version = await installedVersion(folder);
  if (version === undefined)
    throw missing(
      `found no ${packageName} in "${shown(folder)}", the folder of the setting ${setting}. Run: npm install ${packageName}@${leastMajor}`,
    );
  if (!(Number.parseInt(version, 10) >= leastMajor))
    throw missing(
      `needs ${packageName} ${leastMajor} or newer, and "${shown(folder)}" holds ${shown(version)}. Run there: npm install ${packageName}@${leastMajor}`,
    );
  identity.useIdentityPlugin(pluginOf(folder));
  loaded.set(identity, folder);
}

/** Undefined when it is another package, or none. */
async function installedVersion(folder: string): Promise<string | undefined> {
  let manifest: unknown;
  try {
    manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  } catch {
    // No such folder, or not a package: the caller says so.
    return undefined;
  }
  if (typeof manifest !== 'object' || manifest === null || !('name' in manifest) || !('version' in manifest))
    return undefined;
  const { name, version } = manifest;
  return name === packageName && typeof version === 'string' ? version : undefined;
}

function pluginOf(folder: string): Plugin {
  let exported: unknown;
  try {
    exported = createRequire(join(folder, 'package.json'))(folder);
  } catch (error) {
    throw missing(
      `could not load ${packageName} from "${shown(folder)}". Its native broker must be built for this system: run npm rebuild there.`,
      error,
    );
  }
  const plugin =
    typeof exported === 'object' && exported !== null && 'vsCodePlugin' in exported
      ? exported.vsCodePlugin
      : undefined;
  if (typeof plugin !== 'function')
    throw missing(
      `found no plugin in "${shown(folder)}". Run there: npm install ${packageName}@${leastMajor}`,
    );
  return plugin as Plugin;
}

function missing(what: string, cause?: unknown): AppError {
  return new AppError('credentialUnavailable', `VisualStudioCodeCredential ${what} ${instead}`, {
    remedies: [{ kind: 'retry' }],
    ...(cause === undefined ? {} : { cause }),
  });
}

function shown(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
