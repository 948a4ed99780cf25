// Who is connected: signing in to a connection on a person's word, and what may be shown about its token.
import type { ConnectionProfile } from '../core/connection.ts';
import type { Event, Sql, TokenFacts } from '../core/ports.ts';

export interface SignedIn {
  token: TokenFacts;
  /** Who the database says we are. */
  user: string;
  serverVersion: string;
}

/** What of the door to databases this needs. */
export type SignInDoor = Pick<Sql, 'test' | 'testCredential' | 'tokenFacts' | 'onDidChangeToken' | 'signOut'>;

export class SignInService {
  readonly #sql: SignInDoor;

  constructor(sql: SignInDoor) {
    this.#sql = sql;
    this.onDidChangeToken = sql.onDidChangeToken;
  }

  readonly onDidChangeToken: Event<{ connectionId: string }>;

  /** Connects because a person asked for it, so prompts are allowed. @throws AppError */
  signIn(profile: ConnectionProfile, signal?: AbortSignal): Promise<SignedIn> {
    return this.#sql.test(profile, { gesture: true, ...(signal ? { signal } : {}) });
  }

  /** Connects without ever prompting: for "retry until it works". @throws AppError */
  probe(profile: ConnectionProfile, signal?: AbortSignal): Promise<SignedIn> {
    return this.#sql.test(profile, signal ? { signal } : {});
  }

  /** Only gets a token, because a person asked for it, and says what is in it. @throws AppError */
  testCredential(profile: ConnectionProfile, signal?: AbortSignal): Promise<TokenFacts> {
    return this.#sql.testCredential(profile, { gesture: true, ...(signal ? { signal } : {}) });
  }

  /** What is known without asking anybody. */
  tokenFacts(profile: ConnectionProfile): TokenFacts | undefined {
    return this.#sql.tokenFacts(profile);
  }

  /** Forgets the token and closes everything of the connection at once. */
  forget(connectionId: string): Promise<void> {
    return this.#sql.signOut(connectionId);
  }
}

/** Whole minutes until a token ends, never negative. */
export function minutesLeft(token: Pick<TokenFacts, 'expiresOn'>, now: number): number {
  return Math.max(0, Math.floor((token.expiresOn - now) / 60_000));
}
