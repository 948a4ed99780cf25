// What the tests of the TDS front share: a server with a backend in memory, its certificate, and clients.
import { Connection, Request } from 'tedious';
import type { ConnectionConfiguration } from 'tedious';
import type {
  Backend,
  BackendSession,
  BulkLoad,
  ClientRequest,
  LoginRequest,
  ResponseWriter,
} from '../contract.ts';
import { CertificateAuthority, localSubject } from '../ca/certificateAuthority.ts';
import { loginError, tokenLoginFailed } from './loginError.ts';
import { TdsServer } from './tdsServer.ts';
import type { TdsServerOptions } from './tdsServerOptions.ts';

export const TOKEN = 'good-token';
export const STS_URL = 'https://login.local.test/00000000-0000-0000-0000-000000000001/';
export const SPN = 'https://database.local.test/';

const authority = new CertificateAuthority('CA of the TDS tests');
/** What the test server shows. */
export const certificate = authority.issue(localSubject);

/** PEM of the CA that signed the test server's certificate. */
export const CA = authority.pem;

export interface FakeBackend extends Backend {
  logins: LoginRequest[];
  requests: ClientRequest[];
  resets: boolean[];
  closed: number;
  /** Set by the test: answers a request. */
  execute: (request: ClientRequest, out: ResponseWriter, signal: AbortSignal) => Promise<void> | void;
  bulk: ((load: BulkLoad, out: ResponseWriter, signal: AbortSignal) => Promise<void>) | undefined;
}

/** Lets `app`/`secret` and every Entra caller in; SELECTs answer one int column with 1. */
export function fakeBackend(): FakeBackend {
  const backend: FakeBackend = {
    logins: [],
    requests: [],
    resets: [],
    closed: 0,
    execute: (_request, out) => {
      out.columns([{ name: 'one', type: { name: 'int' }, nullable: false }]);
      void out.row([1]);
      out.done({ kind: 'statement', rowCount: 1 });
    },
    bulk: undefined,
    open: (login) => {
      backend.logins.push(login);
      if (
        login.caller.kind === 'sql' &&
        (login.caller.user !== 'app' || login.caller.password !== 'sécret')
      ) {
        throw loginError(18_456, `Login failed for user '${login.caller.user}'.`);
      }
      const session: BackendSession = {
        database: login.database || 'master',
        spid: 50 + backend.logins.length,
        execute: async (request, out, signal) => {
          // tedious sends its SET options before the connection is handed out.
          if (request.kind === 'batch' && /^set \w+ \w+/i.test(request.text)) {
            out.done({ kind: 'statement' });
            return;
          }
          backend.requests.push(request);
          await backend.execute(request, out, signal);
        },
        reset: (keepTransaction) => {
          backend.resets.push(keepTransaction);
          return Promise.resolve();
        },
        close: () => {
          backend.closed += 1;
          return Promise.resolve();
        },
      };
      const bulk = backend.bulk;
      if (bulk) session.bulk = (load, out, signal) => bulk(load, out, signal);
      return Promise.resolve({ session, messages: [] });
    },
  };
  return backend;
}

export interface TestServer {
  server: TdsServer;
  backend: FakeBackend;
  port: number;
  log: string[];
  /** tedious options that reach it, with the certificate verified. */
  config(
    overrides?: Partial<ConnectionConfiguration>,
    options?: ConnectionConfiguration['options'],
  ): ConnectionConfiguration;
}

export async function startTestServer(options: Partial<TdsServerOptions> = {}): Promise<TestServer> {
  const backend = fakeBackend();
  const log: string[] = [];
  const server = new TdsServer({
    backend,
    tls: certificate,
    verifyToken: (token) => {
      if (token.startsWith('expired')) return Promise.reject(tokenLoginFailed('Token is expired.', 1));
      if (!token.startsWith(TOKEN)) return Promise.reject(new Error('signature does not verify'));
      return Promise.resolve({ aud: SPN, tid: 't', oid: 'o-1', upn: 'ada@local.test', exp: 2_000_000_000 });
    },
    stsUrl: STS_URL,
    spn: SPN,
    serverName: 'local',
    log: (line) => log.push(line),
    ...options,
  });
  const port = await server.listen(0);
  return {
    server,
    backend,
    port,
    log,
    config: (overrides = {}, extra = {}) => ({
      server: 'localhost',
      authentication: { type: 'azure-active-directory-access-token', options: { token: TOKEN } },
      ...overrides,
      options: {
        port,
        database: 'app',
        encrypt: true,
        cryptoCredentialsDetails: { ca: CA },
        connectTimeout: 10_000,
        ...extra,
      },
    }),
  };
}

/** Connects. Rejects with the error that tedious reports. */
export function connect(
  config: ConnectionConfiguration,
  prepare?: (connection: Connection) => void,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const connection = new Connection(config);
    prepare?.(connection);
    connection.on('error', () => undefined);
    connection.connect((error) => (error ? reject(error) : resolve(connection)));
  });
}

export interface QueryResult {
  rows: unknown[][];
  columns: { name: string; type: string }[][];
  rowCount: number | undefined;
  outputs: Record<string, unknown>;
}

/** Runs `text` as a batch, or through `run` when given (execSql, callProcedure …). */
export function query(
  connection: Connection,
  text: string,
  prepare?: (request: Request) => void,
  run: (request: Request) => void = (request) => connection.execSqlBatch(request),
): Promise<QueryResult> {
  return new Promise((resolve, reject) => {
    const result: QueryResult = { rows: [], columns: [], rowCount: undefined, outputs: {} };
    const request = new Request(text, (error, rowCount) => {
      result.rowCount = rowCount;
      if (error) reject(error);
      else resolve(result);
    });
    request.on('columnMetadata', (columns) => {
      const list = Array.isArray(columns) ? columns : Object.values(columns);
      result.columns.push(list.map((column) => ({ name: column.colName, type: column.type.name })));
    });
    request.on('row', (row: unknown) => {
      const cells = Array.isArray(row) ? row : Object.values(row as object);
      result.rows.push(cells.map((cell: { value: unknown }) => cell.value));
    });
    request.on('returnValue', (name, value) => {
      result.outputs[name] = value;
    });
    prepare?.(request);
    run(request);
  });
}

/** Waits for something that happens on its own; the test's time limit ends it when it does not. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
