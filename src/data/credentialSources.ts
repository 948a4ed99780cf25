// Where tokens come from besides VS Code: one source per credential of @azure/identity. Nothing is chained: one kind, one identity.
import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/identity';
import { sqlScope } from '../core/cloud.ts';
import type { CredentialKind } from '../core/connection.ts';
import { AppError, cancelled, isAppError } from '../core/errors.ts';
import type { RawToken, TokenRequest, TokenSource } from '../core/ports.ts';
import { credentialAdvice, missingVariables, type Asked } from './credentialAdvice.ts';
import { readFailure, type CredentialFailure } from './credentialFailure.ts';
import { credentialKinds, innerLabel, type Identity, type IdentityKind } from './credentialKinds.ts';
import { loadVisualStudioCodePlugin } from './credentialPlugin.ts';

export { sourceLabel } from './credentialKinds.ts';

export interface IdentityOptions {
  /** Loads the library when the first token is needed. */
  load?: () => Promise<Identity>;
  /** Milliseconds; the kind's own unless said. */
  timeout?: number;
  /** Folder of the plugin for VisualStudioCodeCredential, from the user's own settings. */
  visualStudioCodePlugin?: () => string | undefined;
}

/** Tokens through @azure/identity, which is loaded when the first of them is needed. */
export class IdentityTokenSource implements TokenSource {
  readonly #kind: IdentityKind;
  readonly #load: () => Promise<Identity>;
  readonly #timeout: number;
  readonly #plugin: () => string | undefined;
  /** One credential per choice and cloud: some keep what they found out about the machine. */
  readonly #credentials = new Map<string, TokenCredential>();

  constructor(kind: IdentityKind, options: IdentityOptions = {}) {
    this.#kind = kind;
    this.#load = options.load ?? (() => import('@azure/identity'));
    this.#timeout = options.timeout ?? credentialKinds[kind].timeout;
    this.#plugin = options.visualStudioCodePlugin ?? (() => undefined);
  }

  async getToken({ cloud, credential: choice, signal }: TokenRequest): Promise<RawToken> {
    const asked: Asked = { kind: this.#kind, choice, cloud };
    if (signal?.aborted === true) throw cancelled(signal.reason);
    const missing = credentialKinds[this.#kind].missing?.(choice) ?? [];
    if (missing.length > 0) throw unavailable(missingVariables(asked, missing));
    try {
      return await within(this.#timeout, signal, (ending) => this.#ask(asked, ending));
    } catch (error) {
      if (isAppError(error)) throw error;
      const failure = error instanceof TimedOut ? timedOut : readFailure(error);
      // The library's own error would bring the whole output of a command line into the log.
      const cause = failure.text === '' ? undefined : new Error(failure.text);
      throw unavailable(credentialAdvice(asked, failure, this.#timeout), cause);
    }
  }

  async #ask(asked: Asked, abortSignal: AbortSignal): Promise<RawToken> {
    const identity = await this.#load();
    if (this.#kind === 'visualStudioCode') await loadVisualStudioCodePlugin(identity, this.#plugin());
    const { choice, cloud } = asked;
    const key = JSON.stringify([cloud.id, cloud.authority, cloud.caFile, choice.tenant, choice.clientId]);
    let credential = this.#credentials.get(key);
    if (credential === undefined) {
      credential = credentialKinds[this.#kind].create(identity, choice, cloud, this.#timeout);
      this.#credentials.set(key, credential);
    }
    const { token, inner } = await tokenOf(credential, sqlScope(cloud), { abortSignal });
    // A command line may print JSON that holds no token.
    if (typeof token?.token !== 'string' || token.token === '')
      throw new SyntaxError('No access token found in the output.');
    const answeredBy = inner === undefined ? undefined : innerLabel(identity, inner);
    return { token: token.token, ...(answeredBy === undefined ? {} : { answeredBy }) };
  }
}

/** One source for each kind. */
export function tokenSources(
  vscode: TokenSource,
  options: Pick<IdentityOptions, 'visualStudioCodePlugin'> = {},
): Record<CredentialKind, TokenSource> {
  return {
    vscode,
    azureCli: new IdentityTokenSource('azureCli'),
    azureDeveloperCli: new IdentityTokenSource('azureDeveloperCli'),
    azurePowerShell: new IdentityTokenSource('azurePowerShell'),
    managedIdentity: new IdentityTokenSource('managedIdentity'),
    workloadIdentity: new IdentityTokenSource('workloadIdentity'),
    environment: new IdentityTokenSource('environment'),
    default: new IdentityTokenSource('default'),
    visualStudioCode: new IdentityTokenSource('visualStudioCode', options),
  };
}

/**
 * What DefaultAzureCredential has beside `getToken`: the same, and who answered. Not in its public types; without it
 * the token comes all the same, and only the name of who answered is missing. A test pins it.
 */
interface Chain {
  getTokenInternal(
    scope: string,
    options: GetTokenOptions,
  ): Promise<{ token: AccessToken | null; successfulCredential: TokenCredential | undefined }>;
}
function isChain(credential: object): credential is Chain {
  return 'getTokenInternal' in credential && typeof credential.getTokenInternal === 'function';
}

async function tokenOf(
  credential: TokenCredential,
  scope: string,
  options: GetTokenOptions,
): Promise<{ token: AccessToken | null; inner: TokenCredential | undefined }> {
  if (!isChain(credential)) return { token: await credential.getToken(scope, options), inner: undefined };
  const { token, successfulCredential } = await credential.getTokenInternal(scope, options);
  return { token, inner: successfulCredential };
}

class TimedOut extends Error {}
const timedOut: CredentialFailure = { reason: 'timedOut', code: undefined, detail: '', text: '' };

/**
 * Waits at most `timeout` milliseconds, and not a moment longer than the caller wants to. The command lines and the managed identity ignore
 * the signal that they are given: a process goes on to its own time-out, nobody waits for it.
 */
async function within<T>(
  timeout: number,
  signal: AbortSignal | undefined,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const over = new Promise<never>((_, reject) => {
    ending.signal.addEventListener('abort', () => reject(ending.signal.reason), { once: true });
  });
  const timer = setTimeout(() => ending.abort(new TimedOut()), timeout);
  const giveUp = (): void => ending.abort(cancelled(signal?.reason));
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([ask(ending.signal), over]);
  } catch (error) {
    // A request that was aborted says so in words of its own.
    throw ending.signal.aborted ? ending.signal.reason : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}

function unavailable(message: string, cause?: Error): AppError {
  return new AppError('credentialUnavailable', message, {
    remedies: [{ kind: 'retry' }],
    ...(cause === undefined ? {} : { cause }),
  });
}
