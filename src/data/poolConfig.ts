// How the driver connects: TLS always verified, the token from our own policy, and every host cleared before it is dialed.
import { readFileSync } from 'node:fs';
import { connect as connectSocket, type Socket } from 'node:net';
import { getCACertificates, rootCertificates } from 'node:tls';
import type mssql from 'mssql';
import type { Connection } from 'tedious';
import type { Cloud } from '../core/cloud.ts';
import type { ConnectionProfile } from '../core/connection.ts';
import { AppError } from '../core/errors.ts';
import type { AccessToken, Clock, Log } from '../core/ports.ts';

const minute = 60_000;

export interface TokenPoolParts {
  profile: ConnectionProfile;
  cloud: Cloud;
  clock: Clock;
  log: Log;
  /** Refuses a host before it is dialed. @throws AppError hostNotConfirmed */
  checkHost: (host: string) => void;
  /** The newest token; its caller has made sure that it is good for connecting. */
  token(): AccessToken;
  applicationName: string;
}

/** What the constructor's closures share with the pool: it must exist before `super()` returns. */
export interface Link {
  made: Connection | undefined;
}

/** @throws AppError invalidInput when the custom cloud's authority cannot be read */
export function poolConfig(parts: TokenPoolParts, link: Link): mssql.config {
  const { profile, cloud } = parts;
  const connectTimeout = profile.connectTimeout * 1000;
  return {
    server: profile.server,
    database: profile.database,
    port: profile.port,
    options: {
      // TLS always, verified always: there is no setting for either.
      encrypt: profile.encryption === 'strict' ? 'strict' : true,
      trustServerCertificate: false,
      connectTimeout,
      requestTimeout: profile.requestTimeout * 1000,
      cancelTimeout: 10_000,
      appName: profile.applicationName ?? parts.applicationName,
      useUTC: true,
      maxRetriesOnTransientErrors: 0,
      enableArithAbort: true,
      cryptoCredentialsDetails: { ...ownAuthority(cloud), minVersion: 'TLSv1.2' },
      // Called for the server and again for the target of a redirect, each time before anything is sent to it.
      connector: guardedConnector(parts, connectTimeout),
    },
    authentication: {
      type: 'token-credential',
      options: {
        credential: {
          // The scope that tedious passes is what the server asked for; the audience is our own cloud's.
          getToken: () => {
            const { token, expiresOn } = parts.token();
            return Promise.resolve({ token, expiresOnTimestamp: expiresOn });
          },
        },
      },
    },
    pool: {
      max: profile.maxPoolSize,
      min: 0,
      idleTimeoutMillis: 30_000,
      // A serverless database resumes in about a minute, and a redirect dials twice.
      createTimeoutMillis: Math.max(2 * minute, 3 * connectTimeout),
      acquireTimeoutMillis: Math.max(2 * minute, 3 * connectTimeout),
    },
    validateConnection: 'socket',
    beforeConnect: (connection) => {
      link.made = connection;
    },
  };
}

/** A custom cloud's authority beside the ones that are trusted anyway; without one, Node's and VS Code's own choice. */
function ownAuthority(cloud: Cloud): { ca?: string[] } {
  if (cloud.caFile === undefined) return {};
  try {
    return { ca: withoutTwins([...trustedCertificates(), readFileSync(cloud.caFile, 'utf8')]) };
  } catch (error) {
    throw new AppError(
      'invalidInput',
      `The certificate authority of ${cloud.label} cannot be read: ${cloud.caFile}. Check "caFile" in the setting passwordlessSql.customClouds.`,
      { cause: error },
    );
  }
}

/** NODE_EXTRA_CA_CERTS usually repeats what Node brings; the driver parses the whole list again for every connection. */
function withoutTwins(certificates: readonly string[]): string[] {
  const seen = new Map(certificates.map((pem) => [pem.replaceAll(/\s/g, ''), pem]));
  return [...seen.values()];
}

function trustedCertificates(): readonly string[] {
  // Node 22.15; before that only the built-in list can be had.
  return typeof getCACertificates === 'function' ? getCACertificates('default') : rootCertificates;
}

/**
 * tedious calls a connector with where it is about to connect to, though its types say otherwise (tedious 20.3.9, connection.js,
 * connectOnPort); without a target nothing is dialed.
 */
function guardedConnector(
  { checkHost, profile }: TokenPoolParts,
  connectTimeout: number,
): (target?: { host: string; port: number }, lookup?: unknown, signal?: AbortSignal) => Promise<Socket> {
  return async (target, _lookup, signal) => {
    if (target === undefined)
      throw new AppError('notSupported', 'The driver does not say where it connects to.');
    checkHost(target.host);
    signal?.throwIfAborted();
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
        reject(
          signal?.reason instanceof Error
            ? signal.reason
            : new Error(`Connecting to ${profile.server} ended.`),
        );
      };
      socket.once('error', onError);
      socket.once('connect', () => {
        settle();
        resolve(socket);
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  };
}
