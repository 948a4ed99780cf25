// Watches VS Code's accounts: when one is signed out, its connections are signed out at once. Never asks for a session.
import * as vscode from 'vscode';
import type { Cloud } from '../../core/cloud.ts';
import type { Disposable, Log } from '../../core/ports.ts';
import type { ConnectionService, SavedConnection } from '../../services/connectionService.ts';
import { connectionsOfGoneAccounts } from '../../services/goneAccounts.ts';
import type { KnownAccount } from '../../services/goneAccounts.ts';

/** Providers tell of one change several times, and a session that is being renewed may be absent for a moment. */
const settle = 2000;

export function accountWatch(parts: {
  connections: ConnectionService;
  accounts: {
    accounts(cloud: Cloud): Promise<readonly KnownAccount[]>;
    usedBy(cloud: Cloud, credential: SavedConnection['credential']): KnownAccount | undefined;
  };
  signOut: (connectionId: string) => Promise<void>;
  log: Log;
}): Disposable {
  const { connections, accounts, signOut, log } = parts;
  const timers = new Map<string, NodeJS.Timeout>();

  const look = async (provider: string): Promise<void> => {
    const concerned = connections
      .list()
      .filter((connection) => connections.cloudFor(connection)?.vscodeProvider === provider);
    const used = (connection: SavedConnection) => {
      const cloud = connections.cloudFor(connection);
      return cloud && accounts.usedBy(cloud, connection.credential);
    };
    const [cloud] = concerned.filter((one) => used(one)).map((one) => connections.cloudFor(one));
    if (!cloud) return;
    const now = await accounts.accounts(cloud);
    await Promise.all(
      connectionsOfGoneAccounts(concerned, used, () => now).map(({ id, name }) => {
        log.info(`The account of ${name} was signed out of VS Code; its connections are closed`);
        return signOut(id);
      }),
    );
  };

  const subscription = vscode.authentication.onDidChangeSessions(({ provider }) => {
    clearTimeout(timers.get(provider.id));
    const timer = setTimeout(() => {
      timers.delete(provider.id);
      look(provider.id).catch((error: unknown) => log.error('Accounts could not be looked at', error));
    }, settle);
    timers.set(provider.id, timer);
  });
  return {
    dispose: () => {
      subscription.dispose();
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}
