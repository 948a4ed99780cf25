// The rows of a table in the tree: the table with its count, each row by its natural name, what was just added on top.
import * as vscode from 'vscode';
import { quoteTable } from '../../core/names.ts';
import type { TableName } from '../../core/connection.ts';
import { oneLine, rowIdentity, rowKey, rowLabel } from '../../core/rowLabel.ts';
import type { UserRow } from '../../core/rowPage.ts';
import { hasKey } from '../../core/tableShape.ts';
import type { TableShape } from '../../core/tableShape.ts';
import type { SavedConnection } from '../../services/connectionService.ts';
import type { UserPage, UserPages } from '../../services/userPages.ts';
import { messageNode } from './errorNodes.ts';
import type { TreeNode } from './treeNode.ts';

export interface UsersNodeParts {
  pages: UserPages;
  /** Expanded from the start: the active connection's. */
  expanded: boolean;
}

export function tableNodeId(connectionId: string, table: TableName): string {
  return `table/${connectionId}/${JSON.stringify([table.schema, table.name])}`;
}

export function rowNodeId(connectionId: string, shape: TableShape, row: UserRow): string {
  return `${tableNodeId(connectionId, shape.table)}/${rowKey(shape, row)}`;
}

/** A table of users. `table.name` is its label only when a connection has several. */
export function tableNode(connection: SavedConnection, table: TableName, parts: UsersNodeParts): TreeNode {
  const id = tableNodeId(connection.id, table);
  const name = quoteTable(table);
  return {
    id,
    target: { connectionId: connection.id, table },
    toTreeItem: () => {
      const page = parts.pages.known(connection.id, table);
      const view = parts.pages.view(connection.id, table);
      const label = connection.tables.length > 1 ? name : vscode.l10n.t('Users');
      const item = new vscode.TreeItem(
        label,
        parts.expanded ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed,
      );
      const details = page ? [String(page.total)] : [];
      if (view.filter) details.push(vscode.l10n.t('with "{0}"', oneLine(view.filter, 30)));
      if (view.sort) details.push(`${view.sort.descending ? '↓' : '↑'} ${oneLine(view.sort.column, 30)}`);
      item.description = details.join(' · ');
      item.tooltip = vscode.l10n.t('Rows of {0} in {1}', name, connection.database);
      item.iconPath = new vscode.ThemeIcon('organization');
      const writable = page?.shape.kind === 'view' ? '' : ' writable';
      item.accessibilityInformation = { label: [label, item.description].join(' ') };
      item.contextValue = `table${writable}${view.filter ? ' filtered' : ''}`;
      return item;
    },
    children: async () => pageNodes(connection, table, id, await parts.pages.page(connection, table)),
  };
}

function pageNodes(connection: SavedConnection, table: TableName, id: string, page: UserPage): TreeNode[] {
  const ids = new Set<string>();
  const nodes: TreeNode[] = [];
  const add = (row: UserRow, added: boolean) => {
    const base = rowNodeId(connection.id, page.shape, row);
    // Rows without a key can be alike; their second id must still be its own.
    if (ids.has(base) && hasKey(page.shape)) return;
    let unique = base;
    for (let count = 2; ids.has(unique); count++) unique = `${base}#${count}`;
    ids.add(unique);
    nodes.push(rowNode(connection.id, page.shape, row, unique, added));
  };
  for (const row of page.justAdded) add(row, true);
  for (const row of page.rows) add(row, false);
  if (nodes.length === 0) return [messageNode(`${id}/empty`, vscode.l10n.t('No rows'), 'circle-slash')];
  if (page.more) nodes.push(loadMoreNode(connection.id, table, id, page));
  return nodes;
}

function rowNode(
  connectionId: string,
  shape: TableShape,
  row: UserRow,
  id: string,
  added: boolean,
): TreeNode {
  return {
    id,
    target: { connectionId, table: shape.table, row },
    toTreeItem: () => {
      const label = rowLabel(shape, row);
      const item = new vscode.TreeItem(label);
      const identity = rowIdentity(shape, row);
      const details = identity === label ? [] : [identity];
      if (added) details.push(vscode.l10n.t('just added'));
      item.description = details.filter(Boolean).join(' · ');
      const values = shape.columns.map(
        (column, index) => `${column.name}: ${oneLine(row.values[index] ?? null, 200)}`,
      );
      if (added) values.push(vscode.l10n.t('Just added: on top until the tree is refreshed.'));
      item.tooltip = values.join('\n');
      item.iconPath = new vscode.ThemeIcon(added ? 'person-add' : 'person');
      item.contextValue = hasKey(shape) ? 'row writable' : 'row';
      item.accessibilityInformation = { label: [label, item.description].filter(Boolean).join(', ') };
      return item;
    },
  };
}

function loadMoreNode(connectionId: string, table: TableName, id: string, page: UserPage): TreeNode {
  return {
    id: `${id}/more`,
    target: { connectionId, table },
    toTreeItem: () => {
      const item = new vscode.TreeItem(vscode.l10n.t('Load more'));
      item.description = vscode.l10n.t('{0} of {1}', page.rows.length, page.total);
      item.iconPath = new vscode.ThemeIcon('ellipsis');
      item.contextValue = 'more';
      item.command = {
        command: 'passwordlessSql.loadMore',
        title: vscode.l10n.t('Load more'),
        arguments: [{ target: { connectionId, table } }],
      };
      return item;
    },
  };
}
