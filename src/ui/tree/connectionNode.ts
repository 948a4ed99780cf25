// A connection in the tree: who, how long, and below it its users and its access.
import * as vscode from 'vscode';
import { diagnosticLines } from '../../core/diagnosticsText.ts';
import type { ConnectionDiagnostics, TokenFacts, Waiting } from '../../core/ports.ts';
import type { SavedConnection } from '../../services/connectionService.ts';
import { minutesLeft } from '../../services/signInService.ts';
import type { TreeNode } from './treeNode.ts';

export interface ConnectionNodeView {
  connection: SavedConnection;
  active: boolean;
  token: () => TokenFacts | undefined;
  diagnostics: () => ConnectionDiagnostics | undefined;
  waiting: () => Waiting | undefined;
  signedOut: () => boolean;
  now: () => number;
  children: () => Promise<readonly TreeNode[]> | readonly TreeNode[];
}

export function connectionNodeId(connectionId: string): string {
  return `connection/${connectionId}`;
}

export function connectionNode(view: ConnectionNodeView): TreeNode {
  const { connection, active } = view;
  return {
    id: connectionNodeId(connection.id),
    target: { connectionId: connection.id },
    toTreeItem: () => {
      const token = view.token();
      const now = view.now();
      const item = new vscode.TreeItem(
        connection.name,
        active ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed,
      );
      const who = token ? [token.who, vscode.l10n.t('{0} min', minutesLeft(token, now))] : [];
      // The usual name is "appdb on server": saying the database twice would push who it is out of sight.
      const database = connection.name.includes(connection.database) ? [] : [connection.database];
      item.description = [...stateOf(view), ...database, ...who].join(' · ');
      item.iconPath = new vscode.ThemeIcon(
        'database',
        active ? new vscode.ThemeColor('charts.green') : undefined,
      );
      item.contextValue = active ? 'connection active' : 'connection';
      item.accessibilityInformation = {
        label: [
          active ? vscode.l10n.t('Active connection {0}', connection.name) : connection.name,
          item.description,
        ]
          .filter(Boolean)
          .join(', '),
      };
      return item;
    },
    tooltip: () => tooltip(view, view.token()),
    children: view.children,
  };
}

function stateOf(view: ConnectionNodeView): string[] {
  const waiting = view.waiting();
  if (waiting)
    return [waiting.reason === 'resuming' ? vscode.l10n.t('resuming…') : vscode.l10n.t('server busy…')];
  return view.signedOut() ? [vscode.l10n.t('signed out')] : [];
}

function tooltip(view: ConnectionNodeView, token: TokenFacts | undefined): vscode.MarkdownString {
  const { connection, now } = view;
  const diagnostics = view.diagnostics();
  const lines = [
    connection.name,
    vscode.l10n.t('Server: {0}', connection.server),
    vscode.l10n.t('Database: {0}', connection.database),
    connection.scope === 'workspace'
      ? vscode.l10n.t('Kept in this workspace')
      : vscode.l10n.t('Kept in your settings'),
  ];
  if (token)
    lines.push(
      vscode.l10n.t('Signed in as {0} by {1}', token.who, token.source),
      vscode.l10n.t('Tenant: {0}', token.tenant),
      vscode.l10n.t('Token ends in {0} minutes', minutesLeft(token, now())),
    );
  if (diagnostics)
    lines.push('', ...diagnosticLines(diagnostics).map(([name, value]) => `${name}: ${value}`));
  // appendText escapes: names from settings and servers bring no links and no images.
  const text = new vscode.MarkdownString();
  text.isTrusted = false;
  return text.appendText(lines.join('\n'));
}
