// Activation: what is registered, and what is not loaded yet. Runs before any other file has made a connection.
import * as assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as vscode from 'vscode';
import { extension } from './workspace.ts';

const loaded = () => Object.keys(createRequire(__filename).cache).map((file) => file.replaceAll('\\', '/'));

describe('activation', () => {
  it('loads neither the driver nor the credentials', async () => {
    const { extensionPath, isActive } = await extension();
    assert.ok(isActive);
    const own = loaded().filter((file) => file.startsWith(extensionPath.replaceAll('\\', '/')));
    // Proves that the cache can be seen from here.
    assert.ok(
      own.some((file) => file.endsWith('/dist/extension.cjs')),
      own.join('\n'),
    );
    assert.deepEqual(
      own.filter((file) => /\/dist\/(data|identity|commands)\.cjs$/.test(file)),
      [],
    );
  });

  it('registers every command that is contributed', async () => {
    const manifest = (await extension()).packageJSON as { contributes: { commands: { command: string }[] } };
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      manifest.contributes.commands.map(({ command }) => command).filter((id) => !registered.has(id)),
      [],
    );
  });
});
