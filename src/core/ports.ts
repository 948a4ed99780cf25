// What the upper layers need from the outside world, and what the data layer needs from VS Code. Implemented in src/data and src/ui/platform.
import type { Cloud } from './cloud.ts';
import type { ConnectionProfile, CredentialChoice } from './connection.ts';
import type { ServerMessage } from './errors.ts';
import type { Kept } from './sessionState.ts';

export interface Disposable {
  dispose(): void;
}
export type Event<T> = (listener: (value: T) => void) => Disposable;

/** Log for people. Callers never pass tokens or row values; the adapter redacts anything shaped like a token all the same. */
export interface Log {
  trace(message: string): void;
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string, error?: unknown): void;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with `cancelled()` when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** An access token with what its claims say. The token itself never leaves src/data and the adapters. */
export interface AccessToken {
  token: string;
  /** Milliseconds since the epoch, from `exp`. */
  expiresOn: number;
  /** When it was issued (`iat`), or when it was got; milliseconds. */
  issuedOn: number;
  audience: string;
  tenant: string;
  /** Object id of who it stands for. */
  objectId: string;
  /** UPN for people, display name or app id for apps: what to call them. */
  who: string;
}

/** What may be shown of a token. */
export interface TokenFacts {
  who: string;
  tenant: string;
  audience: string;
  objectId: string;
  expiresOn: number;
  /** "VS Code account", "Azure CLI", "DefaultAzureCredential (Azure CLI)", … */
  source: string;
}

/** What a source hands over. */
export interface RawToken {
  /** The access token itself. */
  token: string;
  /** Which inner credential answered, when the source asks several: "Azure CLI". */
  answeredBy?: string;
}

export interface TokenRequest {
  cloud: Cloud;
  credential: CredentialChoice;
  /**
   * silent: never shows UI (timers, trees, pools). interactive: a person just asked for it, prompts are fine.
   * renew: interactive and do not accept the token that is cached (it was refused).
   */
  mode: 'silent' | 'interactive' | 'renew';
  signal?: AbortSignal;
}

/**
 * Gets raw access tokens of one credential kind. No cache here: src/data/tokenCache is the only cache above MSAL.
 * @throws AppError signInRequired (silent and a person is needed), credentialUnavailable, signInDeclined, cancelled
 */
export interface TokenSource {
  getToken(request: TokenRequest): Promise<RawToken>;
}

/** Why work on a connection waits before it goes on; shown to people, and to be given up. */
export interface Waiting {
  connectionId: string;
  /** resuming: the database is not there yet (serverless). busy: the server asked to come back later. */
  reason: 'resuming' | 'busy';
  /** Since when it has been tried, and when it is tried next; milliseconds since the epoch. */
  since: number;
  until: number;
  /** 1 for the first wait. */
  attempt: number;
  /** Whether somebody asked for the work just now; else it is background work. */
  gesture: boolean;
}

/** Why a connection was not handed out again. */
export type RetireReason =
  /** As old as a connection may become. */
  | 'age'
  /** Its token was about to end. */
  | 'token'
  /** The socket failed, the server ended it, or it was left in a state that nobody else may see. */
  | 'broken'
  /** Nobody used it for a while. */
  | 'idle'
  /** Its place was needed for another database of the same server. */
  | 'evicted'
  /** Its pool was closed: signed out, edited, refused. */
  | 'closed';

/** Pool and token of one connection, for people who look into trouble. No secrets, no row data. */
export interface ConnectionDiagnostics {
  connectionId: string;
  inUse: number;
  idle: number;
  /** Requests that wait for a connection. */
  waiting: number;
  /** Sessions owned by query editors, outside the pool. */
  sessions: number;
  maxPoolSize: number;
  /** Physical logins that succeeded and failed since the extension started. */
  created: number;
  failedLogins: number;
  retired: Readonly<Record<RetireReason, number>>;
  /** Connections to this server over all its databases, and the cap. */
  serverConnections: number;
  serverLimit: number;
  token: (TokenFacts & { minutesLeft: number; refreshes: number }) | undefined;
  /** The tenant that the server named, when it was asked. */
  serverTenant: string | undefined;
  /** Attempts after a failure that passes by itself. */
  retries: number;
  /** Code of the last failure to connect, and the server's error number when there was one. */
  lastFailure: { code: string; number: number | undefined; at: number } | undefined;
}

/** Rows go through here, a block at a time; values as the driver decodes them. */
export type Cell = null | boolean | number | bigint | string | Date | Uint8Array;

export interface ColumnMeta {
  /** '' when the expression has no name. */
  name: string;
  /** As T-SQL writes it: "nvarchar(30)", "decimal(10, 2)". */
  sqlType: string;
  /** Base name only: "nvarchar". */
  baseType: string;
  nullable: boolean;
  identity: boolean;
}

/** A value with its T-SQL type; `sqlType` absent = inferred from the JavaScript value. */
export interface Parameter {
  /** Without '@'. */
  name: string;
  value: Cell;
  /** As T-SQL writes it: "nvarchar(30)". */
  sqlType?: string;
}

export interface SqlStatement {
  text: string;
  parameters?: readonly Parameter[];
}

export interface QueryResult {
  columns: readonly ColumnMeta[];
  rows: readonly (readonly Cell[])[];
}

/** Receives what one batch produces, in order. Returning a promise from `rows` is back-pressure. */
export interface BatchSink {
  columns(columns: readonly ColumnMeta[]): void;
  /** At most a few hundred rows a call; the array is the receiver's to keep. */
  rows(rows: (readonly Cell[])[]): void | Promise<void>;
  /** End of one statement; undefined when the server counted nothing. */
  statementDone(rowCount: number | undefined): void;
  message(message: ServerMessage): void;
}

/** One physical connection that belongs to one query editor from first run to close. */
export interface SqlSession {
  /** Runs one batch as written (no sp_executesql wrapping when there are no parameters). @throws AppError on transport failures and cancel; statement errors go to the sink and are also thrown as AppError sqlError once the batch is over. */
  run(batch: SqlStatement, sink: BatchSink, signal?: AbortSignal): Promise<void>;
  /** Open transactions (@@TRANCOUNT) after the last batch, 0 when none. */
  readonly openTransactions: number;
  /** What the server keeps for the next batch, beside an open transaction. */
  readonly kept: readonly Kept[];
  /** Also when it ended on its own after a while, because nothing was kept and nobody used it. */
  readonly closed: boolean;
  /** Fires once, when the server or the network ended the session; says what was lost. */
  readonly onDidLose: Event<{ reason: string; hadTransaction: boolean; kept: readonly Kept[] }>;
  close(): Promise<void>;
}

/** The door to databases: pooled statements and owned sessions. Implemented by src/data. */
export interface Sql {
  /**
   * A short statement on a pooled connection: no SET, no BEGIN TRAN, no temp tables. Returns the last result set.
   * `gesture`: a person asked for this just now, so a sign-in prompt is allowed.
   * @throws AppError
   */
  query(
    profile: ConnectionProfile,
    statement: SqlStatement,
    options?: { signal?: AbortSignal; gesture?: boolean },
  ): Promise<QueryResult>;
  /** Statements of one script in one transaction, all or nothing. Returns every result set of every statement. */
  transaction(
    profile: ConnectionProfile,
    statements: readonly SqlStatement[],
    options?: { signal?: AbortSignal; gesture?: boolean },
  ): Promise<QueryResult[]>;
  openSession(
    profile: ConnectionProfile,
    options?: { signal?: AbortSignal; gesture?: boolean },
  ): Promise<SqlSession>;
  /** Gets a token (prompting when `gesture`), connects, and says who the server thinks we are. */
  test(
    profile: ConnectionProfile,
    options?: { signal?: AbortSignal; gesture?: boolean },
  ): Promise<{ token: TokenFacts; serverVersion: string; user: string }>;
  /** What is known of the token of a connection without asking for one. */
  tokenFacts(profile: ConnectionProfile): TokenFacts | undefined;
  readonly onDidChangeToken: Event<{ connectionId: string }>;
  /** Only gets the token, and says what is in it; nothing is sent to the server beyond the question for its tenant. @throws AppError */
  testCredential(
    profile: ConnectionProfile,
    options?: { signal?: AbortSignal; gesture?: boolean },
  ): Promise<TokenFacts>;
  /** Background work found that a person must sign in (`needed`), or that this is over. Nothing was shown. */
  readonly onDidNeedSignIn: Event<{ connectionId: string; needed: boolean }>;
  /** Work on a connection begins to wait, waits on, or (undefined) goes on. */
  readonly onDidChangeWaiting: Event<{ connectionId: string; waiting: Waiting | undefined }>;
  /** The person gave up: everything that waits for this connection ends as cancelled. */
  cancelWaiting(connectionId: string): void;
  /** undefined when the connection was never used. */
  diagnostics(profile: ConnectionProfile): ConnectionDiagnostics | undefined;
  /** Closes the pool of a connection (profile changed or removed): idle connections at once, those in use when their work is done. */
  close(connectionId: string): Promise<void>;
  /** Forgets the token and closes pool and sessions at once, whatever they do. */
  signOut(connectionId: string): Promise<void>;
  dispose(): Promise<void>;
}

/** Hosts outside every known cloud that a person confirmed; kept outside the workspace. */
export interface ConfirmedHosts {
  /** Whether a person agreed that `host` gets tokens for the audience of `cloud`: agreeing to one cloud says nothing about another. */
  has(host: string, cloud: Cloud): boolean;
}

/** Where saved connections live (VS Code settings). */
export interface ConnectionStore {
  list(): readonly (ConnectionProfile & { scope: 'user' | 'workspace' })[];
  save(profile: ConnectionProfile, scope: 'user' | 'workspace'): Promise<void>;
  remove(id: string): Promise<void>;
  readonly onDidChange: Event<void>;
}

/** Small things remembered per machine (active connection, confirmed hosts), never secrets. */
export interface Memory {
  get(key: string): unknown;
  set(key: string, value: unknown): Promise<void>;
}
