// Watches one login: where it dials, what the server asks for, and that the token goes only where it may.
import { connect as connectSocket, type Socket } from 'node:net';
import type { Connection } from 'tedious';
import type { Cloud } from '../core/cloud.ts';
import { AppError } from '../core/errors.ts';
import { believedTenant, type FedAuthInfo } from '../core/fedAuthInfo.ts';

export interface GuardedLogin {
  server: string;
  cloud: Cloud;
  /** Milliseconds. */
  connectTimeout: number;
  /** Refuses a host before it is dialed. @throws AppError hostNotConfirmed */
  checkHost(host: string): void;
  /**
   * Called once the server has said whose tokens it takes, and was believed; what it returns is sent.
   * @param tenant the tenant of the server, undefined when it names none
   */
  token(tenant: string | undefined): Promise<{ token: string; expiresOn: number }>;
}

/** An Azure gateway sends a login on once. A few more are no harm; without an end it is a loop. */
export const mostHosts = 4;

/** A login is answered with a few hundred bytes. What goes on without end would fill the memory before its time is up. */
const mostBytes = 256 * 1024;

/**
 * The guard of one connection: its `connector` and `credential` go into the driver's configuration, and {@link watch} gets the
 * connection before anything comes from the network (mssql's beforeConnect). A connection that is not watched gets no token.
 */
export class LoginGuard {
  readonly #login: GuardedLogin;
  #connection: Connection | undefined;
  #hosts = 0;
  /** What the server at hand said about sign-in; it has one thing to say. */
  #infos: FedAuthInfo[] = [];
  #refusal: AppError | undefined;

  constructor(login: GuardedLogin) {
    this.#login = login;
  }

  watch(connection: Connection): void {
    this.#connection = connection;
    // The one place where FEDAUTHINFO can be seen: tedious decodes it, uses the SPN, and keeps nothing (tedious 20.3.9,
    // connection.js: performSentLogin7WithFedAuth).
    const { debug } = connection;
    const token = debug.token.bind(debug);
    const packet = debug.packet.bind(debug);
    debug.token = (one) => {
      const info = readInfo(one);
      if (info !== undefined) this.#infos.push(info);
      token(one);
    };
    let bytes = 0;
    debug.packet = (direction, one) => {
      if (direction === 'Received') bytes += one.length();
      if (bytes > mostBytes) this.#giveUp(connection);
      packet(direction, one);
    };
    // The class's own are there again.
    connection.once('connect', () => {
      Reflect.deleteProperty(debug, 'token');
      Reflect.deleteProperty(debug, 'packet');
    });
  }

  /** Why the guard itself ended the login: the driver only knows that it was ended. */
  get refusal(): AppError | undefined {
    return this.#refusal;
  }

  #giveUp(connection: Connection): void {
    this.#refusal ??= new AppError(
      'hostNotConfirmed',
      `${this.#login.server} answers the login with more than any server has to say, so it was given up. Your token was not sent. Check the server's name.`,
    );
    connection.close();
  }

  /** Called for the server and again for the target of a redirect, each time before anything is sent to it (connectOnPort). */
  readonly connector = async (
    target?: { host: string; port: number },
    _lookup?: unknown,
    signal?: AbortSignal,
  ): Promise<Socket> => {
    if (target === undefined)
      throw new AppError('notSupported', 'The driver does not say where it connects to.');
    if (++this.#hosts > mostHosts) {
      throw new AppError(
        'serverNotFound',
        `${this.#login.server} sends this connection from one server to another without end, so it was given up.`,
        { remedies: [{ kind: 'retry' }] },
      );
    }
    this.#login.checkHost(target.host);
    // Each host says for itself what it wants.
    this.#infos = [];
    // TLS verifies the name that is dialed; in strict mode tedious would verify the first one's after a redirect.
    if (this.#hosts > 1 && this.#connection !== undefined)
      this.#connection.config.options.serverName = target.host;
    signal?.throwIfAborted();
    return dial(target, this.#login, signal);
  };

  readonly credential = {
    // The scope that tedious passes is what the server asked for; the audience is our own cloud's.
    getToken: async (): Promise<{ token: string; expiresOnTimestamp: number }> => {
      const { cloud, server } = this.#login;
      const [info = { stsUrl: undefined, spn: undefined }, ...others] = this.#infos;
      if (others.length > 0) {
        throw new AppError(
          'hostNotConfirmed',
          `${server} says more than once whose tokens it takes, which no server does. Your token was not sent. Check the server's name.`,
        );
      }
      const tenant = believedTenant(info, cloud, server);
      const { token, expiresOn } = await this.#login.token(tenant);
      return { token, expiresOnTimestamp: expiresOn };
    },
  };
}

function readInfo(token: unknown): FedAuthInfo | undefined {
  if (typeof token !== 'object' || token === null || !('name' in token) || token.name !== 'FEDAUTHINFO')
    return undefined;
  const text = (name: 'stsurl' | 'spn'): string | undefined => {
    const value: unknown = Reflect.get(token, name);
    return typeof value === 'string' ? value : undefined;
  };
  return { stsUrl: text('stsurl'), spn: text('spn') };
}

function dial(
  target: { host: string; port: number },
  { server, connectTimeout }: GuardedLogin,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({
      host: target.host,
      port: target.port,
      autoSelectFamily: true,
      // Its default of 250 ms is less than a far region takes.
      autoSelectFamilyAttemptTimeout: Math.max(250, Math.floor(connectTimeout / 3)),
    });
    const settle = (): void => {
      socket.removeListener('error', onError);
      signal?.removeEventListener('abort', onAbort);
    };
    const onError = (error: Error): void => {
      settle();
      socket.destroy();
      reject(error);
    };
    const onAbort = (): void => {
      settle();
      socket.destroy();
      reject(signal?.reason instanceof Error ? signal.reason : new Error(`Connecting to ${server} ended.`));
    };
    socket.once('error', onError);
    socket.once('connect', () => {
      settle();
      resolve(socket);
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
