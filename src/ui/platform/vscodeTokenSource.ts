// Tokens of the accounts that are signed in to VS Code: the adapter between its authentication API and core's TokenSource.
import type * as code from 'vscode';
import type { Cloud } from '../../core/cloud.ts';
import { sqlScope } from '../../core/cloud.ts';
import type { CredentialChoice } from '../../core/connection.ts';
import { AppError, cancelled } from '../../core/errors.ts';
import { withoutIcons } from '../../core/errorText.ts';
import type { RawToken, TokenRequest, TokenSource } from '../../core/ports.ts';
import { providerFailure, silence } from './vscodeSignInFailure.ts';

export type Account = code.AuthenticationSessionAccountInformation;

/** What of VS Code is needed here. */
export interface AccountHost {
  authentication: {
    getAccounts(provider: string): Thenable<readonly Account[]>;
    getSession(
      provider: string,
      scopes: readonly string[],
      options: code.AuthenticationGetSessionOptions,
    ): Thenable<code.AuthenticationSession | undefined>;
  };
  window: {
    showQuickPick<T extends code.QuickPickItem>(
      items: readonly T[],
      options: code.QuickPickOptions,
    ): Thenable<T | undefined>;
  };
  l10n: { t(message: string, ...args: string[]): string };
}

/** A silent question stands behind whoever signs in at the moment, for up to five minutes; milliseconds. */
const silentTimeout = 30_000;
/** Home tenant of personal Microsoft accounts: no tenant that a database could be in. */
const personalAccounts = '9188040d-6c67-4c5b-b112-36a304b66dad';

/**
 * Asks VS Code every time: MSAL below it is the cache and refreshes under 300 s of life. `VSCODE_TENANT:` among the scopes sets
 * the authority (vscode, extensions/microsoft-authentication, scopeData.ts).
 */
export class VscodeTokenSource implements TokenSource {
  readonly #vscode: AccountHost;
  readonly #patience: number;
  /** Whose token was handed over last: a connection that names no account stays with it. */
  readonly #used = new Map<string, Account>();

  /** `patience`: how long a silent question may take; milliseconds. */
  constructor(vscode: AccountHost, patience = silentTimeout) {
    this.#vscode = vscode;
    this.#patience = patience;
  }

  async getToken(request: TokenRequest): Promise<RawToken> {
    const { cloud, credential, mode, signal } = request;
    if (signal?.aborted) throw cancelled(signal.reason);
    const asking = this.#ask(cloud, credential, mode);
    const { accessToken, account } = await (mode === 'silent' ? this.#inTime(asking) : asking);
    if (signal?.aborted) throw cancelled(signal.reason);
    this.#used.set(usedKey(cloud, credential), account);
    return { token: accessToken };
  }

  /** Accounts that are signed in to VS Code, whether or not this extension may use them yet. Never prompts. */
  async accounts(cloud: Cloud): Promise<readonly Account[]> {
    try {
      return await this.#vscode.authentication.getAccounts(cloud.vscodeProvider);
    } catch (error) {
      throw providerFailure(this.#vscode, error, cloud);
    }
  }

  /** The account whose tokens were handed over for a credential; undefined before the first one. */
  usedBy(cloud: Cloud, credential: CredentialChoice): Account | undefined {
    return this.#used.get(usedKey(cloud, credential));
  }

  /** Lets the person add an account to VS Code and returns it. @throws AppError signInDeclined, credentialUnavailable */
  async addAccount(cloud: Cloud, tenant?: string): Promise<Account> {
    const session = await this.#session(cloud, tenant, undefined, { forceNewSession: true });
    if (!session) throw cancelled();
    return session.account;
  }

  async #ask(
    cloud: Cloud,
    credential: CredentialChoice,
    mode: TokenRequest['mode'],
  ): Promise<code.AuthenticationSession> {
    const vscode = this.#vscode;
    const account = await this.#account(cloud, credential, mode);
    const tenant = credential.tenant ?? homeTenant(account?.id);
    // Nobody signed in: nothing to ask silently, and asking would only wake the provider.
    const session =
      mode === 'silent' && !account ? undefined : await this.#session(cloud, tenant, account, howToAsk[mode]);
    if (!session) {
      throw new AppError(
        'signInRequired',
        vscode.l10n.t('{0} must sign in to reach the database.', account?.label ?? vscode.l10n.t('Somebody')),
      );
    }
    const wanted = credential.account;
    if (wanted && !isSameAccount(session.account, wanted)) {
      throw new AppError(
        'signInRequired',
        vscode.l10n.t(
          'You signed in as {0}, but this connection is for {1}. Sign in as {1}, or choose another account for this connection.',
          session.account.label,
          wanted.label,
        ),
      );
    }
    return session;
  }

  async #account(
    cloud: Cloud,
    credential: CredentialChoice,
    mode: TokenRequest['mode'],
  ): Promise<Account | undefined> {
    const vscode = this.#vscode;
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
    if (accounts.length <= 1) return accounts[0];
    const used = this.usedBy(cloud, credential);
    const still = used && accounts.find((account) => isSameAccount(account, used));
    if (still || mode === 'silent') return still;
    const chosen = await vscode.window.showQuickPick(
      accounts.map((account) => ({ label: withoutIcons(account.label), account })),
      { title: vscode.l10n.t('Which account?'), ignoreFocusOut: true },
    );
    if (!chosen) throw cancelled();
    return chosen.account;
  }

  async #session(
    cloud: Cloud,
    tenant: string | undefined,
    account: Account | undefined,
    how: code.AuthenticationGetSessionOptions,
  ): Promise<code.AuthenticationSession | undefined> {
    const scopes = [sqlScope(cloud)];
    if (tenant) scopes.push(`VSCODE_TENANT:${tenant}`);
    try {
      return await this.#vscode.authentication.getSession(cloud.vscodeProvider, scopes, {
        ...(account ? { account } : {}),
        ...how,
      });
    } catch (error) {
      throw providerFailure(this.#vscode, error, cloud);
    }
  }

  /** Somebody waits for it, and what is left of the last token may still do. */
  async #inTime<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(silence(this.#vscode, this.#patience)), this.#patience);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

const howToAsk: Readonly<Record<TokenRequest['mode'], code.AuthenticationGetSessionOptions>> = {
  silent: { silent: true },
  interactive: { createIfNone: true },
  renew: { forceNewSession: true },
};

/** Without the tenant: a token may be asked for in the one that the server named. */
function usedKey(cloud: Cloud, credential: CredentialChoice): string {
  return JSON.stringify([cloud.vscodeProvider, cloud.id, credential.account?.id]);
}

/** Ids changed once, when VS Code took another library for signing in. */
function isSameAccount(one: Account, other: Account): boolean {
  return one.id === other.id || one.label.toLowerCase() === other.label.toLowerCase();
}

/** `account.id` is `<object id>.<home tenant>` for Microsoft accounts. */
function homeTenant(accountId: string | undefined): string | undefined {
  const tenant = accountId?.split('.')[1];
  return tenant && /^[0-9a-f-]{36}$/i.test(tenant) && tenant !== personalAccounts ? tenant : undefined;
}
