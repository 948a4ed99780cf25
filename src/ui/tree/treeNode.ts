// What a tree shows: a node knows its own item and its children; the provider only asks.
import type * as vscode from 'vscode';
import type { TableName } from '../../core/connection.ts';
import type { UserRow } from '../../core/rowPage.ts';

/** What a node stands for, so that a command can act on it without knowing its class. */
export interface NodeTarget {
  connectionId: string;
  table?: TableName;
  row?: UserRow;
}

export interface TreeNode {
  /** Stable over refreshes and unique in the tree: selection and expansion hang on it. */
  readonly id: string;
  readonly target?: NodeTarget;
  toTreeItem(): vscode.TreeItem;
  /** Asked when a person points at the item. */
  tooltip?(): string | vscode.MarkdownString;
  /** Absent = a leaf. What it throws becomes an error node. */
  children?(): Promise<readonly TreeNode[]> | readonly TreeNode[];
}

/** The target of a command's first argument: a tree node or `{ target }`; undefined from the palette. */
export function targetOf(argument: unknown): NodeTarget | undefined {
  if (typeof argument !== 'object' || argument === null || !('target' in argument)) return undefined;
  const target = argument.target;
  if (typeof target !== 'object' || target === null || !('connectionId' in target)) return undefined;
  return target as NodeTarget;
}
