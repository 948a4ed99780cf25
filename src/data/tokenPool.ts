// A pool of connections of one profile and identity, each opened with a token that was there before it dialed.
import mssql from 'mssql';
import type { Connection } from 'tedious';
import { AppError, cancelled, type ServerMessage } from '../core/errors.ts';
import type { AccessToken } from '../core/ports.ts';
import type { ErrorContext } from '../core/sqlErrors.ts';
import { connectError, errorChain } from './errorChain.ts';
import { poolConfig, type Link, type TokenPoolParts } from './poolConfig.ts';
import { serverMessage } from './runRequest.ts';
import { retireBelow } from './tokenCache.ts';

// mssql's own extension points and marks, not in its types (mssql 12.7.14, lib/tedious/connection-pool.js); pinned by tokenPool.test.ts.
declare module 'mssql' {
  interface ConnectionPool {
    _poolCreate(): Promise<Connection>;
    _poolDestroy(connection: Connection): Promise<void>;
    _poolValidate(connection: Connection): boolean | Promise<boolean>;
    acquire(requester: object): Promise<Connection>;
    release(connection: Connection): unknown;
  }
}
declare module 'tedious' {
  interface Connection {
    /** Set by mssql when a socket failed: the connection is not handed out again. */
    hasError?: boolean;
  }
}

const minute = 60_000;
/** A connection lives 55 to 60 minutes, so that a pool's connections do not all end at once. */
const maxAge = (): number => (55 + 5 * Math.random()) * minute;
/** How long the first connection may wait for its first user. */
const spareLife = 30_000;

interface Life {
  born: number;
  maxAge: number;
  token: AccessToken;
}

export class TokenPool extends mssql.ConnectionPool {
  readonly #parts: TokenPoolParts;
  readonly #link: Link;
  readonly #lives = new WeakMap<Connection, Life>();
  /** Opened by `connect()` as its probe; the first user gets it instead of a second login. */
  #spare: Connection | undefined;
  #spareTimer: NodeJS.Timeout | undefined;
  #probing = false;
  #connecting: Promise<unknown> | undefined;
  #logins = 0;

  constructor(parts: TokenPoolParts) {
    const link: Link = { made: undefined };
    super(poolConfig(parts, link));
    this.#parts = parts;
    this.#link = link;
    // Without a listener a failing connection would end the extension host.
    this.on('error', (error) => parts.log.debug(`Pool of ${parts.profile.server}: ${describe(error)}`));
  }

  get context(): ErrorContext {
    const { id, server, database, credential } = this.#parts.profile;
    return { connectionId: id, server, database, credential: credential.kind };
  }

  /** Physical logins so far. */
  get logins(): number {
    return this.#logins;
  }

  /**
   * A connection of one's own until {@link give} it back.
   * @throws AppError of the login, cancelled, tooBusy when all are in use
   */
  take(signal?: AbortSignal): Promise<Connection> {
    return unlessAborted(this.#acquire(), signal, (connection) => this.give(connection));
  }

  /** `broken`: it is not handed out again. */
  give(connection: Connection, broken = false): void {
    if (broken) connection.hasError = true;
    this.release(connection);
  }

  /** A connection outside the pool, for a session that owns it. @throws AppError */
  dial(signal?: AbortSignal): Promise<Connection> {
    return unlessAborted(this.#dial(), signal, (connection) => connection.close());
  }

  async end(): Promise<void> {
    clearTimeout(this.#spareTimer);
    // mssql refuses to close while it connects.
    await this.#connecting?.catch(() => undefined);
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined) await super._poolDestroy(spare);
    await this.close();
  }

  override _poolCreate(): Promise<Connection> {
    const spare = this.#spare;
    this.#spare = undefined;
    clearTimeout(this.#spareTimer);
    if (spare !== undefined) {
      if (this._poolValidate(spare) === true) return Promise.resolve(spare);
      void super._poolDestroy(spare);
    }
    return this.#dial();
  }

  /** `connect()` opens one connection to try and destroys it: that one is kept. */
  override _poolDestroy(connection: Connection): Promise<void> {
    if (this.#probing) {
      this.#spare = connection;
      this.#spareTimer = setTimeout(() => {
        if (this.#spare !== connection) return;
        this.#spare = undefined;
        void super._poolDestroy(connection);
      }, spareLife);
      this.#spareTimer.unref();
      return Promise.resolve();
    }
    return super._poolDestroy(connection);
  }

  /**
   * At check-out: a connection too old, or whose token is about to end, is replaced; the server would end it in mid-work. Only a newer
   * token makes that any better: without one, replacing it would be one login after the other.
   */
  override _poolValidate(connection: Connection): boolean | Promise<boolean> {
    const life = this.#lives.get(connection);
    const now = this.#parts.clock.now();
    if (life === undefined || now - life.born > life.maxAge) return false;
    const margin = retireBelow(life.token, this.#parts.profile.connectTimeout * 1000);
    const isNewer = this.#parts.token().expiresOn > life.token.expiresOn;
    if (isNewer && life.token.expiresOn - now < margin) return false;
    return super._poolValidate(connection);
  }

  async #acquire(): Promise<Connection> {
    try {
      if (!this.connected) await (this.#connecting ??= this.#open());
      return await this.acquire(this);
    } catch (error) {
      if (isPoolTimeout(error)) {
        throw new AppError(
          'tooBusy',
          `All ${this.#parts.profile.maxPoolSize} connections of this pool are in use. Wait for a running statement, or allow more.`,
          {
            remedies: [{ kind: 'retry' }, { kind: 'editConnection', connectionId: this.#parts.profile.id }],
            cause: error,
          },
        );
      }
      throw connectError(error, [], this.context);
    }
  }

  async #open(): Promise<void> {
    this.#probing = true;
    try {
      await this.connect();
    } finally {
      this.#probing = false;
      this.#connecting = undefined;
    }
  }

  async #dial(): Promise<Connection> {
    const { clock, profile, log } = this.#parts;
    const token = this.#parts.token();
    const messages: ServerMessage[] = [];
    this.#logins++;
    // The driver makes its connection and calls beforeConnect before the promise is returned.
    const opening = super._poolCreate();
    const made = this.#link.made;
    const onMessage = (message: Parameters<typeof serverMessage>[0]): void => {
      messages.push(serverMessage(message));
    };
    made?.on('errorMessage', onMessage);
    try {
      const connection = await opening;
      this.#lives.set(connection, { born: clock.now(), maxAge: maxAge(), token });
      log.debug(`Connected to ${profile.database} on ${profile.server} as ${token.who}.`);
      return connection;
    } catch (error) {
      throw connectError(error, messages, this.context);
    } finally {
      made?.removeListener('errorMessage', onMessage);
    }
  }
}

/** Gives up waiting at once; a connection that comes all the same goes to `unwanted`. */
async function unlessAborted(
  opening: Promise<Connection>,
  signal: AbortSignal | undefined,
  unwanted: (connection: Connection) => void,
): Promise<Connection> {
  if (signal === undefined) return opening;
  let giveUp: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(cancelled(signal.reason));
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([opening, aborted]);
  } catch (error) {
    if (signal.aborted) opening.then(unwanted, () => undefined);
    throw error;
  } finally {
    if (giveUp !== undefined) signal.removeEventListener('abort', giveUp);
  }
}

/** tarn's TimeoutError has no name or code of its own; mssql puts this in front of it (base/connection-pool.js, _acquire). */
export function isPoolTimeout(error: unknown): boolean {
  return errorChain(error).some(({ message }) =>
    message.startsWith('Failed to acquire a connection from the pool'),
  );
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name} ${error.message.split('\n')[0] ?? ''}` : 'unknown failure';
}
