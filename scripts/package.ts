// Builds the .vsix and prints what it weighs; fails when a promise about size is broken.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { build } from './build.ts';

const root = path.resolve(import.meta.dirname, '..');
export const vsixFile = path.join(root, 'dist', 'passwordless-sql.vsix');
const limits = { vsix: 1.5 * 1024 * 1024, activation: 100 * 1024 };

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;

/** Builds and packs. @throws Error when the package or the activation bundle is too large */
export async function packageVsix(options: { quiet?: boolean } = {}): Promise<string> {
  fs.rmSync(path.join(root, 'dist', 'media'), { recursive: true, force: true });
  await build();
  const vsce = path.join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
  execFileSync(
    process.execPath,
    [
      vsce,
      'package',
      '--no-dependencies',
      '--allow-missing-repository',
      '--no-rewrite-relative-links',
      '-o',
      vsixFile,
    ],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const size = (file: string): number => fs.statSync(path.join(root, 'dist', file)).size;
  const vsix = size('passwordless-sql.vsix');
  const activation = size('extension.cjs');
  if (!options.quiet) {
    console.log(`vsix             ${kib(vsix)} (limit ${kib(limits.vsix)})`);
    console.log(`activation       ${kib(activation)} (limit ${kib(limits.activation)})`);
    for (const file of ['commands.cjs', 'data.cjs', 'identity.cjs'])
      console.log(`${file.padEnd(16)} ${kib(size(file))}, on first use`);
    for (const file of fs.readdirSync(path.join(root, 'dist', 'media'))) {
      console.log(`${`media/${file}`.padEnd(16)} ${kib(size(`media/${file}`))}`);
    }
  }
  if (vsix > limits.vsix) throw new Error(`The .vsix weighs ${kib(vsix)}, more than ${kib(limits.vsix)}.`);
  if (activation > limits.activation) {
    throw new Error(`The activation bundle weighs ${kib(activation)}, more than ${kib(limits.activation)}.`);
  }
  return vsixFile;
}

if (process.argv[1] === import.meta.filename) await packageVsix();
