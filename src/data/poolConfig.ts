// How the driver connects: TLS always verified, nothing dialed and no token sent but through the guard.
import { readFileSync } from 'node:fs';
import { getCACertificates, rootCertificates } from 'node:tls';
import type mssql from 'mssql';
import type { ConnectionConfiguration } from 'tedious';
import type { Cloud } from '../core/cloud.ts';
import type { ConnectionProfile } from '../core/connection.ts';
import { AppError } from '../core/errors.ts';
import { mostHosts, type LoginGuard } from './loginGuard.ts';

const minute = 60_000;
/** How long a pool waits; milliseconds. */
export interface PoolTimes {
  /** An unused connection ends after this, so that a serverless database can pause. */
  idleLife: number;
  /** Of several unused ones, all but one end when nothing was done on any for this long. */
  surplusLife: number;
  /** The session of a query editor that did nothing but read ends after this: an open one keeps a serverless database awake. */
  sessionLife: number;
  /** A request waits so long for a connection when all are in use. */
  acquireTimeout: number;
  /** How long a connection may take to end what it does once nobody wants it any more. */
  farewell: number;
}

export const usualTimes: PoolTimes = {
  idleLife: 30_000,
  surplusLife: 5000,
  sessionLife: 5 * minute,
  acquireTimeout: minute,
  farewell: 5000,
};

/** Who connects to what. */
export interface Target {
  profile: ConnectionProfile;
  cloud: Cloud;
  /** Seen by the server as program name, unless the profile names one. */
  applicationName: string;
}

/** Of one connection. */
export function driverConfig(
  { profile, applicationName }: Target,
  guard: LoginGuard,
  authority: Authority,
): ConnectionConfiguration {
  return {
    server: profile.server,
    authentication: { type: 'token-credential', options: { credential: guard.credential } },
    options: {
      database: profile.database,
      port: profile.port,
      // TLS always, verified always: there is no setting for either.
      encrypt: profile.encryption === 'strict' ? 'strict' : true,
      trustServerCertificate: false,
      connectTimeout: profile.connectTimeout * 1000,
      requestTimeout: profile.requestTimeout * 1000,
      cancelTimeout: usualTimes.farewell,
      appName: profile.applicationName ?? applicationName,
      useUTC: true,
      maxRetriesOnTransientErrors: 0,
      enableArithAbort: true,
      cryptoCredentialsDetails: { ...authority, minVersion: 'TLSv1.2' },
      // Its types promise no arguments; tedious gives where it is about to connect to.
      connector: guard.connector,
    },
  };
}

/** What mssql itself needs; how each connection is made comes from {@link driverConfig}. */
export function poolConfig({ profile }: Target, times: PoolTimes): mssql.config {
  // A login may wait for a place at its server first, and each redirect dials again.
  const making = times.acquireTimeout + mostHosts * profile.connectTimeout * 1000;
  return {
    server: profile.server,
    database: profile.database,
    port: profile.port,
    pool: {
      max: profile.maxPoolSize,
      min: 0,
      idleTimeoutMillis: times.idleLife,
      // Of last resort: that all are in use is told by the pool itself, and what a login met by the login.
      acquireTimeoutMillis: times.acquireTimeout + making,
      createTimeoutMillis: making,
    },
    validateConnection: 'socket',
  };
}

/** Certificate authorities as PEM. */
export interface Authority {
  ca?: string[];
}

/**
 * A custom cloud's authority beside the ones that are trusted anyway; without one, Node's and VS Code's own choice. Read once for many
 * connections.
 * @throws AppError invalidInput when the file cannot be read
 */
export function ownAuthority(cloud: Cloud): Authority {
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
