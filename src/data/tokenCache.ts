// The only token cache above MSAL, and the policy of when a token is asked for, waited for or refused.
import { checkAccessToken, readAccessToken } from '../core/accessToken.ts';
import type { Cloud } from '../core/cloud.ts';
import type { CredentialChoice, CredentialKind } from '../core/connection.ts';
import { AppError, cancelled, isAppError } from '../core/errors.ts';
import type { AccessToken, Clock, Event, Log, TokenFacts, TokenRequest, TokenSource } from '../core/ports.ts';
import { sourceLabel } from './credentialSources.ts';
import { SharedWork } from './sharedWork.ts';

export type TokenMode = TokenRequest['mode'];

/** Who asks: everything that decides which token it is. */
export interface TokenOwner {
  readonly cloud: Cloud;
  readonly credential: CredentialChoice;
}

const minute = 60_000;
/** MSAL answers with its cached token until this much of its life is left (facts section 1). */
const msalRefresh = 300_000;

/**
 * Left life, in milliseconds, below which a token is renewed while it is still used; short tokens by a share of their life.
 * `jitter` (0.9 to 1) keeps the tokens of several connections from being renewed all at once.
 */
export function refreshBelow(token: Pick<AccessToken, 'expiresOn' | 'issuedOn'>, jitter = 1): number {
  return jitter * Math.min(10 * minute, 0.25 * (token.expiresOn - token.issuedOn));
}
/** … below which a caller waits for the new one. */
export function waitBelow(token: Pick<AccessToken, 'expiresOn' | 'issuedOn'>): number {
  return Math.min(5 * minute, 0.1 * (token.expiresOn - token.issuedOn));
}
/** … below which no connection may be opened with it or handed out. `connectTimeout` in milliseconds. */
export function retireBelow(
  token: Pick<AccessToken, 'expiresOn' | 'issuedOn'>,
  connectTimeout: number,
): number {
  return Math.min(Math.max(minute, 2 * connectTimeout), 0.05 * (token.expiresOn - token.issuedOn));
}

/** Left life below which nothing is left to fall back on when there is no newer token. */
function lastResort(token: AccessToken): number {
  return Math.min(minute, 0.05 * (token.expiresOn - token.issuedOn));
}
/** Between two questions in the background that brought nothing new. */
function pause(token: AccessToken): number {
  return Math.min(minute, 0.05 * (token.expiresOn - token.issuedOn));
}

interface Flight {
  mode: TokenMode;
  work: SharedWork<AccessToken>;
}

interface Entry {
  owner: TokenOwner;
  token: AccessToken | undefined;
  /** The last one that came, also when a server refused it since. */
  last: string | undefined;
  /** Which inner credential answered, when the source asks several. */
  answeredBy: string | undefined;
  /** Tokens that replaced another. */
  refreshes: number;
  jitter: number;
  flight: Flight | undefined;
  /** No background refresh before this: the source answered an early one with the same token. */
  notBefore: number;
}

const strength: Record<TokenMode, number> = { silent: 0, interactive: 1, renew: 2 };

export class TokenCache {
  readonly #sources: Record<CredentialKind, TokenSource>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #entries = new Map<string, Entry>();
  /** Every request asks for its owner's key several times. */
  readonly #keys = new WeakMap<TokenOwner, string>();
  readonly #listeners = new Set<(event: { key: string }) => void>();

  readonly #random: () => number;

  /** `random` gives 0 to 1, for the jitter of each key. */
  constructor(parts: {
    sources: Record<CredentialKind, TokenSource>;
    clock: Clock;
    log: Log;
    random?: () => number;
  }) {
    this.#random = parts.random ?? Math.random;
    this.#sources = parts.sources;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  /** A token came, changed or was dropped. */
  readonly onDidChange: Event<{ key: string }> = (listener) => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  /** Equal for owners that share a token. */
  key(owner: TokenOwner): string {
    let key = this.#keys.get(owner);
    if (key === undefined) {
      const { cloud, credential } = owner;
      const { kind, account, tenant, clientId } = credential;
      key = JSON.stringify([
        kind,
        account?.id,
        tenant?.toLowerCase(),
        clientId?.toLowerCase(),
        cloud.id,
        cloud.audience,
        cloud.authority,
      ]);
      this.#keys.set(owner, key);
    }
    return key;
  }

  /**
   * A token that is good for connecting now. silent never prompts; renew does not accept what is cached.
   * @throws AppError signInRequired, credentialUnavailable, signInDeclined, wrongAudience, wrongTenant, cancelled
   */
  async get(owner: TokenOwner, mode: TokenMode, signal?: AbortSignal): Promise<AccessToken> {
    if (signal?.aborted === true) throw cancelled(signal.reason);
    return this.ready(owner, mode) ?? this.#late(owner, mode, signal);
  }

  /** One that is there and far from its end: there is nothing to wait for. */
  ready(owner: TokenOwner, mode: TokenMode): AccessToken | undefined {
    if (mode === 'renew') return undefined;
    const entry = this.#entries.get(this.key(owner));
    const token = entry?.token;
    if (entry === undefined || token === undefined) return undefined;
    const left = token.expiresOn - this.#clock.now();
    return left > refreshBelow(token, entry.jitter) ? token : undefined;
  }

  async #late(owner: TokenOwner, mode: TokenMode, signal: AbortSignal | undefined): Promise<AccessToken> {
    const entry = this.#entry(owner);
    const { token } = entry;
    if (token === undefined || mode === 'renew') return this.#fetch(entry, mode, signal);
    const left = token.expiresOn - this.#clock.now();
    if (left > waitBelow(token)) {
      this.#refreshBehind(entry);
      return token;
    }
    // It has just been asked for in vain: what is left is used up first, not a question for each statement.
    if (mode === 'silent' && this.#clock.now() < entry.notBefore && left > lastResort(token)) return token;
    try {
      const fresh = await this.#fetch(entry, mode, signal);
      if (fresh.token === token.token) entry.notBefore = this.#clock.now() + pause(token);
      if (fresh.expiresOn > this.#clock.now()) return fresh;
    } catch (error) {
      entry.notBefore = this.#clock.now() + pause(token);
      // What is left of the old one is still good: a prompt or a missing network must not stop what works.
      if (isAppError(error, 'cancelled') || token.expiresOn - this.#clock.now() <= lastResort(token))
        throw error;
      this.#log.warn(`No fresh token for ${token.who}: ${messageOf(error)}`);
      return token;
    }
    throw new AppError(
      'signInRequired',
      `The token of ${token.who} has expired and ${sourceLabel(owner.credential.kind)} has no newer one. Sign in again.`,
    );
  }

  /** What is known without asking anybody. */
  facts(owner: TokenOwner): TokenFacts | undefined {
    const entry = this.#entries.get(this.key(owner));
    if (entry?.token === undefined) return undefined;
    const { who, tenant, audience, objectId, expiresOn } = entry.token;
    const label = sourceLabel(owner.credential.kind);
    const source = entry.answeredBy === undefined ? label : `${label} (${entry.answeredBy})`;
    return { who, tenant, audience, objectId, expiresOn, source };
  }

  /** The token itself, as it is, without asking anybody. */
  peek(owner: TokenOwner): AccessToken | undefined {
    return this.#entries.get(this.key(owner))?.token;
  }

  /** How often a token of this owner was replaced by a newer one. */
  refreshes(owner: TokenOwner): number {
    return this.#entries.get(this.key(owner))?.refreshes ?? 0;
  }

  /** Forgets a token that a server refused, unless it was replaced meanwhile; without `token`, whatever there is. */
  drop(owner: TokenOwner, token?: AccessToken): void {
    const key = this.key(owner);
    const entry = this.#entries.get(key);
    if (entry?.token === undefined || (token !== undefined && entry.token.token !== token.token)) return;
    entry.token = undefined;
    entry.notBefore = 0;
    this.#changed(key);
  }

  /** Signed out: also what is being asked for at the moment is not kept. */
  forget(owner: TokenOwner): void {
    const key = this.key(owner);
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    entry.flight?.work.abort();
    this.#changed(key);
  }

  dispose(): void {
    for (const { flight } of this.#entries.values()) flight?.work.abort();
    this.#entries.clear();
    this.#listeners.clear();
  }

  #entry(owner: TokenOwner): Entry {
    const key = this.key(owner);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = {
        owner,
        token: undefined,
        last: undefined,
        answeredBy: undefined,
        refreshes: 0,
        jitter: 0.9 + 0.1 * this.#random(),
        flight: undefined,
        notBefore: 0,
      };
      this.#entries.set(key, entry);
    }
    return entry;
  }

  #refreshBehind(entry: Entry): void {
    if (entry.flight !== undefined || this.#clock.now() < entry.notBefore) return;
    const before = entry.token;
    const refresh = async (): Promise<void> => {
      try {
        const token = await this.#fetch(entry, 'silent');
        // The source keeps its own cache: no failure, ask again when it is ready to renew.
        if (token.token === before?.token) {
          entry.notBefore = Math.max(token.expiresOn - msalRefresh + 1000, this.#clock.now() + pause(token));
        }
      } catch (error) {
        entry.notBefore = this.#clock.now() + (before === undefined ? minute : pause(before));
        this.#log.debug(`Background refresh: ${messageOf(error)}`);
      }
    };
    void refresh();
  }

  /** Joins the flight of this key if it can do what is asked, else starts one after it. */
  async #fetch(entry: Entry, mode: TokenMode, signal?: AbortSignal): Promise<AccessToken> {
    for (;;) {
      const { flight } = entry;
      if (flight === undefined) return this.#start(entry, mode).work.join(signal);
      if (strength[flight.mode] >= strength[mode]) return flight.work.join(signal);
      try {
        const token = await flight.work.join(signal);
        if (mode === 'interactive') return token;
      } catch (error) {
        if (signal?.aborted === true) throw error;
        // It could not do it silently; now a person may be asked.
      }
    }
  }

  #start(entry: Entry, mode: TokenMode): Flight {
    const work = new SharedWork(
      (signal) => this.#ask(entry, mode, signal),
      () => {
        if (entry.flight === flight) entry.flight = undefined;
      },
    );
    const flight: Flight = { mode, work };
    entry.flight = flight;
    return flight;
  }

  async #ask(entry: Entry, mode: TokenMode, signal: AbortSignal): Promise<AccessToken> {
    const { cloud, credential } = entry.owner;
    const { token: text, answeredBy } = await this.#sources[credential.kind].getToken({
      cloud,
      credential,
      mode,
      signal,
    });
    // Signed out, or given up by everybody: not every source looks at its signal.
    if (signal.aborted) throw cancelled(signal.reason);
    // The same one again is as old as it was: one that does not say when it was issued would be taken for new.
    const known = entry.token?.token === text ? entry.token : undefined;
    const token = known ?? readAccessToken(text, this.#clock.now());
    checkAccessToken(token, cloud, credential);
    if (token.expiresOn <= this.#clock.now()) {
      throw new AppError(
        'signInRequired',
        `${sourceLabel(credential.kind)} gave a token that has already expired. Sign in again, and check this computer's clock.`,
      );
    }
    const changed = entry.token?.token !== token.token;
    if (entry.last !== undefined && entry.last !== text) entry.refreshes++;
    entry.last = text;
    entry.token = token;
    entry.answeredBy = answeredBy;
    this.#log.trace(
      `Token of ${token.who} from ${sourceLabel(credential.kind)}, until ${new Date(token.expiresOn).toISOString()}.`,
    );
    if (changed && this.#entries.get(this.key(entry.owner)) === entry) {
      entry.notBefore = 0;
      this.#changed(this.key(entry.owner));
    }
    return token;
  }

  #changed(key: string): void {
    for (const listener of this.#listeners) listener({ key });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown failure';
}
