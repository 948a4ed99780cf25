// What the integration tests share: the local Azure's addresses, the extension, and its tree as VS Code reads it.
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { ConnectionProfile } from '../../src/core/connection.ts';
import type { ExtensionApi } from '../../src/compose.ts';
import type { TreeNode } from '../../src/ui/tree/treeNode.ts';
import type { AzureAddresses } from '../azure/control/protocol.ts';

export const azure = JSON.parse(process.env['LOCAL_AZURE_JSON'] ?? '{}') as AzureAddresses;

export async function extension(): Promise<vscode.Extension<ExtensionApi>> {
  const found = vscode.extensions.getExtension<ExtensionApi>('passwordless-sql.passwordless-sql');
  assert.ok(found, 'the extension is not installed');
  await found.activate();
  return found;
}

/** A connection to the sample database as ada, who is its admin; written as a person would into the settings. */
export function connection(change: Partial<ConnectionProfile> = {}): object {
  return {
    id: 'sample',
    name: 'Sample',
    server: 'localhost',
    port: azure.tds.port,
    database: 'appdb',
    credential: { kind: 'vscode', account: { id: '', label: 'ada@contoso.example' } },
    ...change,
  };
}

export async function saveConnections(...connections: object[]): Promise<void> {
  await vscode.workspace
    .getConfiguration('passwordlessSql')
    .update(
      'connections',
      connections.length > 0 ? connections : undefined,
      vscode.ConfigurationTarget.Global,
    );
}

export interface Shown {
  node: TreeNode;
  label: string;
  description: string;
  context: string;
}

/** The nodes below `parent`, or the roots, as people see them. */
export async function shown(parent?: TreeNode): Promise<Shown[]> {
  const { users } = (await extension()).exports;
  const nodes = (await users.getChildren(parent)) ?? [];
  return Promise.all(
    nodes.map(async (node) => {
      const { label, description, contextValue } = await users.getTreeItem(node);
      return {
        node,
        label: typeof label === 'string' ? label : (label?.label ?? ''),
        description: typeof description === 'string' ? description : '',
        context: contextValue ?? '',
      };
    }),
  );
}

/** The node with this label below `parent`. */
export async function child(label: string, parent?: TreeNode): Promise<Shown> {
  const children = await shown(parent);
  const found = children.find((candidate) => candidate.label === label);
  assert.ok(found, `no "${label}" among ${children.map((candidate) => candidate.label).join(', ')}`);
  return found;
}
