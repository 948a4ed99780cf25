// The generic tree provider: asks nodes for their items and children, turns failures into nodes, shows progress on the view.
import * as vscode from 'vscode';
import { isAppError } from '../../core/errors.ts';
import { logText } from '../../core/errorText.ts';
import type { Log } from '../../core/ports.ts';
import { isCancellation } from '../errorBoundary.ts';
import { errorNodes } from './errorNodes.ts';
import type { TreeNode } from './treeNode.ts';

export class TreeProvider implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<TreeNode | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #viewId: string;
  readonly #roots: () => readonly TreeNode[];
  readonly #log: Log;
  /** The object VS Code holds for each id; a refresh must name that very object. */
  readonly #known = new Map<string, TreeNode>();
  readonly #reported = new WeakSet<object>();
  readonly #parents = new Map<string, TreeNode>();
  /** Nodes whose children are being read. */
  readonly #reading = new Set<TreeNode>();
  /** Ids to refresh once nothing below them is being read. */
  readonly #postponed = new Set<string>();

  constructor(viewId: string, roots: () => readonly TreeNode[], log: Log) {
    this.#viewId = viewId;
    this.#roots = roots;
    this.#log = log;
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    const item = node.toTreeItem();
    item.id = node.id;
    return item;
  }

  resolveTreeItem(item: vscode.TreeItem, node: TreeNode): vscode.TreeItem {
    const tooltip = node.tooltip?.();
    if (tooltip !== undefined) item.tooltip = tooltip;
    return item;
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return this.#parents.get(node.id);
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    if (node) this.#reading.add(node);
    const children = await this.#childrenOf(node);
    if (node && this.#reading.delete(node)) this.#refreshPostponed();
    for (const child of children) {
      this.#known.set(child.id, child);
      if (node) this.#parents.set(child.id, node);
    }
    return [...children];
  }

  /** The node last shown under an id. */
  find(id: string): TreeNode | undefined {
    return this.#known.get(id);
  }

  /** Asks again for a node and what is below it, or for everything. An id that was never shown is not refreshed. */
  refresh(id?: string): void {
    if (id === undefined) {
      this.#known.clear();
      this.#parents.clear();
      this.#changed.fire(undefined);
      return;
    }
    // A refresh in the midst of an answer makes older releases (1.105) drop the answer and show nothing.
    if (this.#isBusy(id)) this.#postponed.add(id);
    else this.#fire(id);
  }

  #fire(id: string): void {
    const node = this.#known.get(id);
    if (node) this.#changed.fire(node);
  }

  /** Whether children of the node, or of a node below it, are being read. */
  #isBusy(id: string): boolean {
    for (const reading of this.#reading) {
      for (let node: TreeNode | undefined = reading; node; node = this.#parents.get(node.id)) {
        if (node.id === id) return true;
      }
    }
    return false;
  }

  #refreshPostponed(): void {
    if (this.#postponed.size === 0) return;
    // Once VS Code has taken the answer.
    setTimeout(() => {
      const ids = [...this.#postponed];
      this.#postponed.clear();
      for (const id of ids) this.refresh(id);
    }, 50);
  }

  dispose(): void {
    this.#changed.dispose();
  }

  /** Once for each failure: services remember theirs and throw it again whenever the tree is drawn. */
  #report(error: unknown): void {
    if (isCancellation(error) || typeof error !== 'object' || error === null) return;
    if (this.#reported.has(error)) return;
    this.#reported.add(error);
    if (isAppError(error)) this.#log.warn(`Tree: ${logText(error)}`);
    else this.#log.error('Tree: unexpected failure', error);
  }

  async #childrenOf(node: TreeNode | undefined): Promise<readonly TreeNode[]> {
    if (!node) return this.#roots();
    try {
      const children = node.children?.() ?? [];
      if (!(children instanceof Promise)) return children;
      return await vscode.window.withProgress({ location: { viewId: this.#viewId } }, () => children);
    } catch (error) {
      this.#report(error);
      return errorNodes(node, error);
    }
  }
}
