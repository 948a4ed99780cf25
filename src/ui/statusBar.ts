// The status bar item: the active connection, who, which tenant and for how many minutes, or why nobody is. It never causes network traffic.
import * as vscode from 'vscode';
import { withoutIcons } from '../core/errorText.ts';
import type { Clock } from '../core/ports.ts';
import { oneLine } from '../core/rowLabel.ts';
import type { ConnectionHealth } from '../services/connectionHealth.ts';
import type { ConnectionService } from '../services/connectionService.ts';
import { minutesLeft } from '../services/signInService.ts';
import type { SignInService } from '../services/signInService.ts';

/** Minutes are only worth a look when few are left. */
const fewMinutes = 5;
/** Characters of a connection's name in the status bar: what stands behind it is not pushed out. */
export const roomForName = 40;

export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem(
    'passwordlessSql.connection',
    vscode.StatusBarAlignment.Left,
    90,
  );
  readonly #connections: ConnectionService;
  readonly #signIn: SignInService;
  readonly #health: ConnectionHealth;
  readonly #clock: Clock;
  readonly #timer: NodeJS.Timeout;
  readonly #subscriptions: { dispose(): void }[];

  constructor(connections: ConnectionService, signIn: SignInService, health: ConnectionHealth, clock: Clock) {
    this.#connections = connections;
    this.#signIn = signIn;
    this.#health = health;
    this.#clock = clock;
    this.#item.name = vscode.l10n.t('Azure SQL connection');
    this.#item.command = 'passwordlessSql.connectionMenu';
    const update = () => this.#update();
    this.#subscriptions = [
      signIn.onDidChangeToken(update),
      health.onDidChange(update),
      connections.onDidChangeConnections(update),
    ];
    this.#timer = setInterval(update, 60_000);
    this.#update();
  }

  dispose(): void {
    clearInterval(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#item.dispose();
  }

  #update(): void {
    const connection = this.#connections.active();
    if (!connection) return this.#item.hide();
    const token = this.#signIn.tokenFacts(connection);
    const minutes = token ? minutesLeft(token, this.#clock.now()) : 0;
    const who = token ? vscode.l10n.t('{0}, {1} min', token.who, minutes) : this.#withoutToken(connection.id);
    const icon = !token ? '$(debug-disconnect)' : minutes < fewMinutes ? '$(clock)' : '$(key)';
    this.#item.text = `${icon} ${withoutIcons(`${oneLine(connection.name, roomForName)}: ${who}`)}`;
    this.#item.tooltip = [
      connection.name,
      vscode.l10n.t('Server: {0}', connection.server),
      vscode.l10n.t('Database: {0}', connection.database),
      ...(token
        ? [
            vscode.l10n.t('Signed in as {0} by {1}', token.who, token.source),
            vscode.l10n.t('Tenant: {0}', token.tenant),
            vscode.l10n.t('Token ends in {0} minutes', minutes),
          ]
        : []),
    ].join('\n');
    this.#item.accessibilityInformation = {
      label: vscode.l10n.t('Azure SQL connection {0}, {1}', connection.name, who),
      role: 'button',
    };
    this.#item.show();
  }

  /** Signing in is not what is missing when a firewall or a name is in the way; then the tree says what it is. */
  #withoutToken(connectionId: string): string {
    if (this.#health.isSignedOut(connectionId)) return vscode.l10n.t('signed out');
    return this.#health.needingSignIn().includes(connectionId)
      ? vscode.l10n.t('not signed in')
      : vscode.l10n.t('not connected');
  }
}
