// A failure inside a tree: one node that says what happened and one for each way out.
import * as vscode from 'vscode';
import { isAppError } from '../../core/errors.ts';
import type { Remedy } from '../../core/errors.ts';
import { isCancellation } from '../errorBoundary.ts';
import { remedyIcon, remedyTitle } from '../remedies.ts';
import type { TreeNode } from './treeNode.ts';

/** The command that tree remedies run: `(remedy, id of the node to refresh afterwards)`. */
export const runRemedyCommand = 'passwordlessSql.runRemedy';

/** What stands below `parent` when its children could not be read. Always offers to try again. */
export function errorNodes(parent: TreeNode, error: unknown): TreeNode[] {
  const known = isAppError(error);
  const remedies: Remedy[] = known ? error.remedies.filter((remedy) => remedy.kind !== 'retry') : [];
  remedies.push({ kind: 'retry' });
  if (!known) remedies.push({ kind: 'showLog' });
  const text = isCancellation(error)
    ? vscode.l10n.t('Cancelled')
    : known
      ? error.message
      : vscode.l10n.t('Something went wrong. The log has the details.');
  return [
    messageNode(`${parent.id}/error`, text, isAppError(error, 'tableNotFound') ? 'question' : 'warning'),
    ...remedies.map((remedy, index) => remedyNode(`${parent.id}/remedy${index}`, remedy, parent.id)),
  ];
}

/** A line of text that can be read in full in its tooltip. */
export function messageNode(id: string, text: string, icon: string): TreeNode {
  return {
    id,
    toTreeItem: () => {
      const item = new vscode.TreeItem(text);
      item.tooltip = text;
      item.iconPath = new vscode.ThemeIcon(icon);
      item.contextValue = 'message';
      return item;
    },
  };
}

function remedyNode(id: string, remedy: Remedy, refreshes: string): TreeNode {
  return {
    id,
    toTreeItem: () => {
      const item = new vscode.TreeItem(remedyTitle(remedy));
      item.iconPath = remedyIcon(remedy);
      item.contextValue = 'remedy';
      item.command = {
        command: runRemedyCommand,
        title: remedyTitle(remedy),
        arguments: [remedy, refreshes],
      };
      return item;
    },
  };
}
