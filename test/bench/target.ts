// What the benchmarks connect to: a local Azure, a profile for it, our own door with a token source of its own, and raw tedious.
import * as fs from 'node:fs';
import * as tls from 'node:tls';
import { Connection, Request, TYPES, type ConnectionConfiguration } from 'tedious';
import { builtInClouds } from '../../src/core/cloud.ts';
import type { ConnectionProfile } from '../../src/core/connection.ts';
import type { Clock, Log, Sql, SqlStatement } from '../../src/core/ports.ts';
import { createSql } from '../../src/data/main.ts';
import { localCloud } from '../localCloud.ts';

/** Everything a benchmark's own process needs to know; passed on as JSON. */
export interface Target {
  port: number;
  caFile: string;
  authority: string;
  audience: string;
  token: string;
  database: string;
}

export const silentLog: Log = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: (message) => console.error(message),
  error: (message, error) => console.error(message, error),
};

const clock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

export function profileOf(target: Target): ConnectionProfile {
  return {
    id: 'bench',
    name: 'bench',
    server: 'localhost',
    port: target.port,
    database: target.database,
    cloud: 'local',
    credential: { kind: 'vscode', account: { id: 'bench', label: 'bench' } },
    encryption: 'tls',
    connectTimeout: 15,
    requestTimeout: 0,
    maxPoolSize: 10,
    tables: [{ schema: 'dbo', name: 'user' }],
  };
}

/** What the extension remembers per machine: that a server was asked for its tenant once is not asked again after a restart. */
const remembered = new Map<string, unknown>();

/** The product's data side, its token already there. */
export function door(target: Target): Sql {
  const cloud = localCloud({ ...target, issuer: target.authority });
  return createSql({
    log: silentLog,
    clock,
    clouds: () => [cloud, ...builtInClouds],
    vscodeTokenSource: { getToken: () => Promise.resolve({ token: target.token }) },
    confirmedHosts: { has: () => false },
    memory: {
      get: (key) => remembered.get(key),
      set: (key, value) => {
        remembered.set(key, value);
        return Promise.resolve();
      },
    },
  });
}

/** How the peers are configured: the same server, the same verified TLS with the same certificate authorities, the same token. */
export function tediousConfig(target: Target): ConnectionConfiguration {
  return {
    server: 'localhost',
    authentication: { type: 'azure-active-directory-access-token', options: { token: target.token } },
    options: {
      port: target.port,
      database: target.database,
      encrypt: true,
      trustServerCertificate: false,
      requestTimeout: 0,
      cryptoCredentialsDetails: {
        ca: [...tls.getCACertificates('default'), fs.readFileSync(target.caFile, 'utf8')],
      },
    },
  };
}

export function connectTedious(target: Target): Promise<Connection> {
  const connection = new Connection(tediousConfig(target));
  return new Promise((resolve, reject) => {
    connection.connect((error) => (error ? reject(error) : resolve(connection)));
  });
}

/** Rows of one statement through raw tedious. */
export function queryTedious(connection: Connection, statement: SqlStatement): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = new Request(statement.text, (error, rows) =>
      error ? reject(error) : resolve(rows ?? 0),
    );
    for (const { name, value } of statement.parameters ?? []) {
      request.addParameter(name, typeof value === 'number' ? TYPES.Int : TYPES.NVarChar, value);
    }
    connection.execSql(request);
  });
}
