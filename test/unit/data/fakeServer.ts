// What the tests of the data layer share: the TDS front with a scripted backend, tokens without a signature, and the door to it.
import { createSql } from '../../../src/data/main.ts';
import type { PoolTimes } from '../../../src/data/poolConfig.ts';
import type { Cloud } from '../../../src/core/cloud.ts';
import type { ConnectionProfile } from '../../../src/core/connection.ts';
import type { BatchSink, Cell, ColumnMeta, Log, Memory, Sql, TokenRequest } from '../../../src/core/ports.ts';
import { isAppError, type AppError, type ServerMessage } from '../../../src/core/errors.ts';
import { SqlError, type ResponseWriter } from '../../azure/contract.ts';
import { CA, startTestServer, type TestServer } from '../../azure/tds/testServer.ts';
import type { TdsServerOptions } from '../../azure/tds/tdsServerOptions.ts';
import assert from 'node:assert/strict';
import { afterAll } from 'vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const tenant = '11111111-2222-4333-8444-555555555555';
export const audience = 'https://database.localhost';

const folder = mkdtempSync(join(tmpdir(), 'data-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const caFile = join(folder, 'ca.pem');
writeFileSync(caFile, CA);

export const cloud: Cloud = {
  id: 'local',
  label: 'Local',
  hostSuffix: 'localhost',
  audience,
  authority: 'https://login.localhost',
  resourceManager: undefined,
  vscodeProvider: 'microsoft',
  caFile,
};

let serial = 0;

/** A token shaped like Entra's; `exp` an hour from `now` unless said. */
export function jwt(claims: Record<string, unknown> = {}, now: number = Date.now()): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const seconds = Math.floor(now / 1000);
  const all = {
    aud: `${audience}/`,
    tid: tenant,
    oid: 'oid-ada',
    upn: 'ada@contoso.example',
    iat: seconds,
    exp: seconds + 3600,
    jti: ++serial,
  };
  return `${encode({ alg: 'RS256' })}.${encode({ ...all, ...claims })}.c2lnbmF0dXJl`;
}

export interface Logged {
  log: Log;
  lines: string[];
}

export function keepLog(): Logged {
  const lines: string[] = [];
  const keep = (message: string): void => {
    lines.push(message);
  };
  return {
    lines,
    log: { trace: keep, debug: keep, info: keep, warn: keep, error: (message) => keep(message) },
  };
}

export interface Fixture {
  front: TestServer;
  sql: Sql;
  profile: ConnectionProfile;
  lines: string[];
  /** Every request for a token, in order. */
  asked: TokenRequest[];
  /** What the server was given as token, in order. */
  received: string[];
  waits: number[];
  end(): Promise<void>;
}

export async function startFixture(
  options: {
    server?: Partial<TdsServerOptions>;
    token?: (request: TokenRequest) => string | Promise<string>;
    profile?: Partial<ConnectionProfile>;
    clouds?: readonly Cloud[];
    confirmed?: readonly string[];
    now?: () => number;
    /** Instead of waiting not at all. */
    sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
    memory?: Map<string, unknown>;
    maxConnectionsPerServer?: number;
    times?: Partial<PoolTimes>;
  } = {},
): Promise<Fixture> {
  const received: string[] = [];
  const front = await startTestServer({
    verifyToken: (token) => {
      received.push(token);
      return Promise.resolve({
        aud: audience,
        tid: tenant,
        oid: 'oid-ada',
        upn: 'ada@contoso.example',
        exp: 2_000_000_000,
      });
    },
    stsUrl: `${cloud.authority}/${tenant}`,
    spn: `${audience}/`,
    ...options.server,
  });
  const { log, lines } = keepLog();
  const asked: TokenRequest[] = [];
  const waits: number[] = [];
  const sql = createSql({
    log,
    clock: {
      now: options.now ?? Date.now,
      sleep: (milliseconds, signal) => {
        waits.push(milliseconds);
        if (options.sleep !== undefined) return options.sleep(milliseconds, signal);
        return signal?.aborted === true ? Promise.reject(new Error('aborted')) : Promise.resolve();
      },
    },
    clouds: () => options.clouds ?? [cloud],
    confirmedHosts: { has: (host) => (options.confirmed ?? []).includes(host) },
    ...(options.times === undefined ? {} : { times: options.times }),
    ...(options.memory === undefined ? {} : { memory: keep(options.memory) }),
    ...(options.maxConnectionsPerServer === undefined
      ? {}
      : { maxConnectionsPerServer: () => options.maxConnectionsPerServer ?? 0 }),
    vscodeTokenSource: {
      getToken: async (request) => {
        asked.push(request);
        return { token: await (options.token ?? (() => jwt()))(request) };
      },
    },
  });
  return {
    front,
    sql,
    lines,
    asked,
    received,
    waits,
    profile: {
      id: 'connection-1',
      name: 'app on local',
      server: 'localhost',
      port: front.port,
      database: 'app',
      cloud: 'local',
      credential: { kind: 'vscode', tenant },
      encryption: 'tls',
      connectTimeout: 10,
      requestTimeout: 0,
      maxPoolSize: 3,
      tables: [],
      ...options.profile,
    },
    end: async () => {
      await sql.dispose();
      await front.server.close();
    },
  };
}

function keep(memory: Map<string, unknown>): Pick<Memory, 'get' | 'set'> {
  return {
    get: (key) => memory.get(key),
    set: (key, value) => {
      memory.set(key, value);
      return Promise.resolve();
    },
  };
}

export interface Recorded {
  sink: BatchSink;
  events: string[];
  columns: ColumnMeta[][];
  rows: (readonly Cell[])[];
  blocks: number[];
  messages: ServerMessage[];
}

/** A sink that writes down what it is given, in order. */
export function record(): Recorded {
  const recorded: Recorded = {
    events: [],
    columns: [],
    rows: [],
    blocks: [],
    messages: [],
    sink: {
      columns: (columns) => {
        recorded.events.push('columns');
        recorded.columns.push([...columns]);
      },
      rows: (rows) => {
        recorded.events.push('rows');
        recorded.blocks.push(rows.length);
        recorded.rows.push(...rows);
      },
      statementDone: (rowCount) => recorded.events.push(`done ${rowCount}`),
      message: (message) => {
        recorded.events.push(`message ${message.number}`);
        recorded.messages.push(message);
      },
    },
  };
  return recorded;
}

/** What a request failed with; its failing is what is wanted. */
export async function failure(promise: Promise<unknown>): Promise<AppError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(isAppError(error), String(error));
    return error;
  }
  throw new Error('it did not fail');
}

export function sqlError(number: number, message: string, severity = 14): SqlError {
  return new SqlError({ number, state: 1, class: severity, message, line: 1 });
}

/** Answers with one row of one column. */
export function one(out: ResponseWriter): void {
  out.columns([{ name: 'one', type: { name: 'int' }, nullable: false }]);
  void out.row([1]);
  out.done({ kind: 'statement', rowCount: 1 });
}
