// Which connections lost their account: it was signed out of VS Code while they used it.
import type { ConnectionProfile } from '../core/connection.ts';

export interface KnownAccount {
  id: string;
  label: string;
}

/**
 * Connections of VS Code accounts whose account is not among those of its provider any more.
 * @param usedBy the account that a connection's tokens are of; undefined when it never had one
 * @param accountsOf the accounts now; undefined when the provider could not say, which proves nothing
 */
export function connectionsOfGoneAccounts<T extends ConnectionProfile>(
  connections: readonly T[],
  usedBy: (connection: T) => KnownAccount | undefined,
  accountsOf: (connection: T) => readonly KnownAccount[] | undefined,
): T[] {
  return connections.filter((connection) => {
    if (connection.credential.kind !== 'vscode') return false;
    const used = usedBy(connection);
    const accounts = accountsOf(connection);
    if (!used || !accounts) return false;
    // By id or by label, as the token source finds it.
    return !accounts.some(({ id, label }) => id === used.id || label === used.label);
  });
}
