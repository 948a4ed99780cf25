// Tokens of the accounts that are signed in to VS Code: the adapter between its authentication API and core's TokenSource.
import * as vscode from 'vscode';
import type { Cloud } from '../../core/cloud.ts';
import { sqlScope } from '../../core/cloud.ts';
import type { CredentialChoice } from '../../core/connection.ts';
import { AppError, cancelled } from '../../core/errors.ts';
import type { RawToken, TokenRequest, TokenSource } from '../../core/ports.ts';

/**
 * Asks VS Code every time: MSAL below it is the cache and refreshes under 300 s of life. `VSCODE_TENANT:` among the scopes sets
 * the authority (vscode, extensions/microsoft-authentication, scopeData.ts).
 */
export class VscodeTokenSource implements TokenSource {
  /** Whose token was handed over last, where the connection names no account. */
  readonly #used = new Map<string, vscode.AuthenticationSessionAccountInformation>();

  async getToken(request: TokenRequest): Promise<RawToken> {
    const { cloud, credential, mode, signal } = request;
    if (signal?.aborted) throw cancelled(signal.reason);
    const account = await this.#account(cloud, credential, mode);
    const scopes = [sqlScope(cloud)];
    const tenant = credential.tenant ?? homeTenant(account?.id);
    if (tenant) scopes.push(`VSCODE_TENANT:${tenant}`);
    const session = await this.#session(cloud, scopes, mode, account);
    if (signal?.aborted) throw cancelled(signal.reason);
    if (session) {
      this.#used.set(usedKey(cloud, credential), session.account);
      return { token: session.accessToken };
    }
    throw new AppError(
      'signInRequired',
      vscode.l10n.t('{0} must sign in to reach the database.', account?.label ?? vscode.l10n.t('Somebody')),
    );
  }

  /** Accounts that are signed in to VS Code, whether or not this extension may use them yet. Never prompts. */
  async accounts(cloud: Cloud): Promise<readonly vscode.AuthenticationSessionAccountInformation[]> {
    try {
      return await vscode.authentication.getAccounts(cloud.vscodeProvider);
    } catch (error) {
      throw providerFailure(error, cloud);
    }
  }

  /** The account whose tokens were handed over for a credential; undefined before the first one. */
  usedBy(
    cloud: Cloud,
    credential: CredentialChoice,
  ): vscode.AuthenticationSessionAccountInformation | undefined {
    return this.#used.get(usedKey(cloud, credential));
  }

  /** Lets the person add an account to VS Code and returns it. @throws AppError signInDeclined, credentialUnavailable */
  async addAccount(cloud: Cloud, tenant?: string): Promise<vscode.AuthenticationSessionAccountInformation> {
    const scopes = [sqlScope(cloud)];
    if (tenant) scopes.push(`VSCODE_TENANT:${tenant}`);
    try {
      const session = await vscode.authentication.getSession(cloud.vscodeProvider, scopes, {
        forceNewSession: true,
      });
      return session.account;
    } catch (error) {
      throw providerFailure(error, cloud);
    }
  }

  async #account(
    cloud: Cloud,
    credential: CredentialChoice,
    mode: TokenRequest['mode'],
  ): Promise<vscode.AuthenticationSessionAccountInformation | undefined> {
    const accounts = await this.accounts(cloud);
    const wanted = credential.account;
    if (wanted) {
      const found =
        accounts.find(({ id }) => id === wanted.id) ?? accounts.find(({ label }) => label === wanted.label);
      if (found) return found;
      if (mode !== 'silent') return wanted;
      throw new AppError(
        'signInRequired',
        vscode.l10n.t('{0} is no longer signed in to VS Code.', wanted.label),
      );
    }
    // Without an account VS Code would try every one in turn: who is connected would be an accident.
    if (accounts.length === 1) return accounts[0];
    if (accounts.length === 0 || mode === 'silent') return undefined;
    const chosen = await vscode.window.showQuickPick(
      accounts.map((account) => ({ label: account.label, account })),
      { title: vscode.l10n.t('Which account?'), ignoreFocusOut: true },
    );
    if (!chosen) throw cancelled();
    return chosen.account;
  }

  async #session(
    cloud: Cloud,
    scopes: readonly string[],
    mode: TokenRequest['mode'],
    account: vscode.AuthenticationSessionAccountInformation | undefined,
  ): Promise<vscode.AuthenticationSession | undefined> {
    const who = account ? { account } : {};
    try {
      if (mode === 'renew')
        return await vscode.authentication.getSession(cloud.vscodeProvider, scopes, {
          ...who,
          forceNewSession: true,
        });
      if (mode === 'interactive')
        return await vscode.authentication.getSession(cloud.vscodeProvider, scopes, {
          ...who,
          createIfNone: true,
        });
      // Nobody signed in: nothing to ask silently, and asking would only wake the provider.
      if (!account) return undefined;
      return await vscode.authentication.getSession(cloud.vscodeProvider, scopes, { ...who, silent: true });
    } catch (error) {
      throw providerFailure(error, cloud);
    }
  }
}

/** Without the tenant: a token may be asked for in the one that the server named. */
function usedKey(cloud: Cloud, credential: CredentialChoice): string {
  return JSON.stringify([cloud.vscodeProvider, cloud.id, credential.account?.id]);
}

/** `account.id` is `<object id>.<home tenant>` for Microsoft accounts. */
function homeTenant(accountId: string | undefined): string | undefined {
  const tenant = accountId?.split('.')[1];
  return tenant && /^[0-9a-f-]{36}$/i.test(tenant) ? tenant : undefined;
}

/** Without remedies where signing in is one: only the caller knows for which connection. */
function providerFailure(error: unknown, cloud: Cloud): AppError {
  const text = error instanceof Error ? error.message : String(error);
  if (/did not consent|cancell?ed/i.test(text))
    return new AppError('signInDeclined', vscode.l10n.t('Signing in was declined, so nothing was done.'), {
      cause: error,
    });
  if (/timed out waiting for authentication provider/i.test(text)) {
    const sovereign = cloud.vscodeProvider === 'microsoft-sovereign-cloud';
    return new AppError(
      'credentialUnavailable',
      sovereign
        ? vscode.l10n.t(
            'VS Code signs in to {0} only when the setting "microsoft-sovereign-cloud.environment" names it.',
            cloud.label,
          )
        : vscode.l10n.t('VS Code’s Microsoft sign-in did not answer. Is the built-in extension disabled?'),
      {
        cause: error,
        remedies: [
          ...(sovereign
            ? [
                {
                  kind: 'command' as const,
                  command: 'workbench.action.openSettings',
                  title: vscode.l10n.t('Open Setting'),
                  arguments: ['microsoft-sovereign-cloud.environment'],
                },
              ]
            : []),
          { kind: 'retry' },
        ],
      },
    );
  }
  return new AppError('signInRequired', vscode.l10n.t('VS Code could not sign in: {0}', text), {
    cause: error,
  });
}
