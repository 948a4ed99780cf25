// Where the drivers tier keeps what it fetched and built: outside git, kept between runs.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A folder of that name, made if need be. */
export function cacheFolder(name: string): string {
  const folder = resolve(import.meta.dirname, '../../node_modules/.cache/drivers', name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A file or folder that belongs to the tier's sources. */
export function sourcePath(...names: string[]): string {
  return join(import.meta.dirname, ...names);
}
