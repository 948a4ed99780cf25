// The "Users" view: connections, below each its tables of users and its access; follows what services tell.
import * as vscode from 'vscode';
import type { Clock, Log, Sql } from '../../core/ports.ts';
import { defaultTable } from '../../core/connection.ts';
import type { TableName } from '../../core/connection.ts';
import type { UserRow } from '../../core/rowPage.ts';
import type { TableShape } from '../../core/tableShape.ts';
import type { ConnectionHealth } from '../../services/connectionHealth.ts';
import type { ConnectionService, SavedConnection } from '../../services/connectionService.ts';
import type { SignInService } from '../../services/signInService.ts';
import type { UserPages } from '../../services/userPages.ts';
import { connectionNode, connectionNodeId } from './connectionNode.ts';
import type { TreeNode } from './treeNode.ts';
import { TreeProvider } from './treeProvider.ts';
import { rowNodeId, tableNode, tableNodeId } from './usersNodes.ts';

export const usersViewId = 'passwordlessSql.users';

export interface UsersTreeParts {
  connections: ConnectionService;
  signIn: SignInService;
  health: ConnectionHealth;
  sql: Pick<Sql, 'diagnostics'>;
  pages: UserPages;
  /** Drops everything that is remembered of a connection's database. */
  forget: (connectionId: string) => void;
  /** What stands below a connection beside its tables. */
  access: (connection: SavedConnection) => readonly TreeNode[];
  clock: Clock;
  log: Log;
}

export class UsersTree implements vscode.Disposable {
  readonly #parts: UsersTreeParts;
  readonly #provider: TreeProvider;
  readonly #view: vscode.TreeView<TreeNode>;
  readonly #subscriptions: { dispose(): unknown }[];

  constructor(parts: UsersTreeParts) {
    this.#parts = parts;
    this.#provider = new TreeProvider(usersViewId, () => this.#roots(), parts.log);
    this.#view = vscode.window.createTreeView(usersViewId, {
      treeDataProvider: this.#provider,
      showCollapseAll: true,
    });
    const minutes = setInterval(() => {
      if (this.#view.visible) for (const { id } of parts.connections.list()) this.#relabel(id);
    }, 60_000);
    this.#subscriptions = [
      this.#view,
      this.#provider,
      { dispose: () => clearInterval(minutes) },
      parts.connections.onDidChangeConnections(({ touched }) => {
        for (const id of touched) parts.forget(id);
        this.#provider.refresh();
      }),
      parts.signIn.onDidChangeToken(({ connectionId }) => this.#relabel(connectionId)),
      parts.health.onDidChange(({ connectionId }) => {
        this.#relabel(connectionId);
        this.#sayWhatWaits();
      }),
      parts.pages.onDidChangePage(({ connectionId, table }) =>
        this.#provider.refresh(tableNodeId(connectionId, table)),
      ),
    ];
  }

  /** The tree as VS Code reads it. */
  get provider(): vscode.TreeDataProvider<TreeNode> {
    return this.#provider;
  }

  /** Reads again everything of the connection that is named or that a node belongs to, else of all. */
  refresh({ connectionId, nodeId }: { connectionId?: string; nodeId?: string }): void {
    const target = nodeId === undefined ? undefined : this.#provider.find(nodeId)?.target;
    const id = connectionId ?? target?.connectionId;
    if (id === undefined)
      for (const connection of this.#parts.connections.list()) this.#parts.forget(connection.id);
    else this.#parts.forget(id);
    this.#provider.refresh(id === undefined ? undefined : connectionNodeId(id));
  }

  /** Selects a row; without effect when the view was never opened. */
  async reveal(connectionId: string, shape: TableShape, row: UserRow): Promise<void> {
    const table = this.#provider.find(tableNodeId(connectionId, shape.table));
    if (!table) return;
    // Registers the children as they are now, so that the row is known before VS Code asks for them itself.
    await this.#provider.getChildren(table);
    const node = this.#provider.find(rowNodeId(connectionId, shape, row));
    if (node) await this.#view.reveal(node, { select: true, focus: false });
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #roots(): TreeNode[] {
    const active = this.#parts.connections.active();
    return this.#parts.connections.list().map((connection) => this.#connection(connection, active?.id));
  }

  #connection(connection: SavedConnection, activeId: string | undefined): TreeNode {
    const { signIn, health, sql, pages, access, clock } = this.#parts;
    const active = connection.id === activeId;
    const tables: readonly TableName[] = connection.tables.length > 0 ? connection.tables : [defaultTable];
    return connectionNode({
      connection,
      active,
      // Asked each time the item is drawn: the token changes while the node stays.
      token: () => signIn.tokenFacts(connection),
      diagnostics: () => sql.diagnostics(connection),
      waiting: () => health.waiting(connection.id),
      signedOut: () => health.isSignedOut(connection.id),
      now: () => clock.now(),
      children: () => [
        ...tables.map((table, index) =>
          tableNode(connection, table, { pages, expanded: active && index === 0 }),
        ),
        ...access(connection),
      ],
    });
  }

  /** Above the tree: a connection's own line is not drawn again while what is below it is being read. */
  #sayWhatWaits(): void {
    const names = this.#parts.connections
      .list()
      .filter(({ id }) => this.#parts.health.waiting(id)?.gesture === false)
      .map(({ name }) => name);
    this.#view.message = names.length > 0 ? vscode.l10n.t('{0}: resuming…', names.join(', ')) : '';
  }

  /** Draws the connection's own line again; what is below is held in memory. */
  #relabel(connectionId: string): void {
    this.#provider.refresh(connectionNodeId(connectionId));
  }
}
