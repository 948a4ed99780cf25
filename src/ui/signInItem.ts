// The one quiet sign that background work needs a person: a status bar item, never a pop-up.
import * as vscode from 'vscode';
import { withoutIcons } from '../core/errorText.ts';
import type { ConnectionHealth } from '../services/connectionHealth.ts';
import type { ConnectionService } from '../services/connectionService.ts';

export class SignInItem implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem(
    'passwordlessSql.signInNeeded',
    vscode.StatusBarAlignment.Left,
    89,
  );
  readonly #health: ConnectionHealth;
  readonly #connections: ConnectionService;
  readonly #subscriptions: { dispose(): void }[];

  constructor(health: ConnectionHealth, connections: ConnectionService) {
    this.#health = health;
    this.#connections = connections;
    this.#item.name = vscode.l10n.t('Azure SQL sign-in');
    this.#item.backgroundColor = new vscode.ThemeColor('statusBarItem.warningBackground');
    this.#item.command = 'passwordlessSql.signInAgain';
    const update = () => this.#update();
    this.#subscriptions = [health.onDidChange(update), connections.onDidChangeConnections(update)];
    this.#update();
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#item.dispose();
  }

  #update(): void {
    const needing = this.#health.needingSignIn();
    const found = this.#connections.list().filter(({ id }) => needing.includes(id));
    const [first] = found;
    if (!first) return this.#item.hide();
    const text =
      found.length === 1
        ? vscode.l10n.t('Sign in again: {0}', first.credential.account?.label ?? first.name)
        : vscode.l10n.t('Sign in again: {0} connections', found.length);
    this.#item.text = `$(account) ${withoutIcons(text)}`;
    this.#item.tooltip = found.map(({ name }) => name).join('\n');
    this.#item.accessibilityInformation = { label: text, role: 'button' };
    this.#item.show();
  }
}
