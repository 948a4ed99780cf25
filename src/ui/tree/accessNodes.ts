// Who has access, in the tree: principals by kind, below each its roles and what it was granted directly.
import * as vscode from 'vscode';
import type { Principal, PrincipalKind } from '../../core/principal.ts';
import type { AccessService } from '../../services/accessService.ts';
import type { SavedConnection } from '../../services/connectionService.ts';
import { messageNode } from './errorNodes.ts';
import type { TreeNode } from './treeNode.ts';

export function accessNodeId(connectionId: string): string {
  return `access/${connectionId}`;
}

export function accessNode(
  connection: SavedConnection,
  service: Pick<AccessService, 'principals'>,
): TreeNode {
  const id = accessNodeId(connection.id);
  return {
    id,
    target: { connectionId: connection.id },
    toTreeItem: () => {
      const item = new vscode.TreeItem(vscode.l10n.t('Access'), vscode.TreeItemCollapsibleState.Collapsed);
      item.tooltip = vscode.l10n.t('Principals of {0} and their roles', connection.database);
      item.iconPath = new vscode.ThemeIcon('shield');
      item.contextValue = 'access';
      item.accessibilityInformation = { label: vscode.l10n.t('Access') };
      return item;
    },
    children: async () => {
      const principals = await service.principals(connection);
      const groups = groupsOf(principals).map((group) => groupNode(connection.id, id, group));
      return groups.length > 0
        ? groups
        : [messageNode(`${id}/empty`, vscode.l10n.t('Only the server’s admins'), 'circle-slash')];
    },
  };
}

interface Group {
  kind: PrincipalKind;
  label: string;
  icon: string;
  principals: readonly Principal[];
}

/** Kinds in the order of interest; fixed roles and the principals that every database has only where they say something. */
function groupsOf(principals: readonly Principal[]): Group[] {
  const kinds: [PrincipalKind, string, string][] = [
    ['person', vscode.l10n.t('People'), 'person'],
    ['group', vscode.l10n.t('Groups'), 'organization'],
    ['application', vscode.l10n.t('Applications and managed identities'), 'server-process'],
    ['sqlUser', vscode.l10n.t('SQL users'), 'key'],
    ['role', vscode.l10n.t('Roles with members'), 'tag'],
  ];
  return kinds
    .map(([kind, label, icon]) => ({
      kind,
      label,
      icon,
      principals: principals.filter(
        (principal) =>
          principal.kind === kind && (kind === 'role' ? principal.members.length > 0 : !principal.builtIn),
      ),
    }))
    .filter(({ principals }) => principals.length > 0);
}

function groupNode(connectionId: string, parentId: string, group: Group): TreeNode {
  const id = `${parentId}/${group.kind}`;
  return {
    id,
    target: { connectionId },
    toTreeItem: () => {
      const item = new vscode.TreeItem(group.label, vscode.TreeItemCollapsibleState.Collapsed);
      item.description = String(group.principals.length);
      item.iconPath = new vscode.ThemeIcon(group.icon);
      item.contextValue = 'principals';
      return item;
    },
    children: () =>
      group.principals.map((principal) => principalNode(connectionId, id, group.icon, principal)),
  };
}

function principalNode(connectionId: string, parentId: string, icon: string, principal: Principal): TreeNode {
  const id = `${parentId}/${principal.name}`;
  return {
    id,
    target: { connectionId },
    toTreeItem: () => {
      const item = new vscode.TreeItem(principal.name, vscode.TreeItemCollapsibleState.Collapsed);
      item.description = (principal.kind === 'role' ? principal.members : principal.roles).join(', ');
      item.tooltip = [
        principal.name,
        ...(principal.id === undefined
          ? []
          : [
              principal.kind === 'application'
                ? vscode.l10n.t('Application id: {0}', principal.id)
                : vscode.l10n.t('Object id: {0}', principal.id),
            ]),
      ].join('\n');
      item.iconPath = new vscode.ThemeIcon(icon);
      item.contextValue = 'principal';
      item.accessibilityInformation = {
        label: [principal.name, item.description].filter(Boolean).join(', '),
      };
      return item;
    },
    children: () => {
      const lines = [
        ...principal.members.map((name) => ({ kind: 'member', text: name, icon: 'person' })),
        ...principal.roles.map((name) => ({ kind: 'role', text: name, icon: 'tag' })),
      ];
      if (lines.length === 0) return [messageNode(`${id}/none`, vscode.l10n.t('In no role'), 'circle-slash')];
      return lines.map(({ kind, text, icon: lineIcon }, index) =>
        messageNode(`${id}/${kind}${index}`, text, lineIcon),
      );
    },
  };
}
