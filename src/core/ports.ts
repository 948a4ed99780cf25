// What the upper layers need from the outside world, and what the data layer needs from VS Code. Implemented in src/data and src/ui/platform.
import type { Cloud } from './cloud.ts';
import type { ConnectionProfile, CredentialChoice } from './connection.ts';
import type { ServerMessage } from './errors.ts';

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
  /** "VS Code account", "Azure CLI", … */
  source: string;
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
  getToken(request: TokenRequest): Promise<string>;
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
  readonly closed: boolean;
  /** Fires once, when the server or the network ended the session; says what was lost. */
  readonly onDidLose: Event<{ reason: string; hadTransaction: boolean; hadState: boolean }>;
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
  /** Closes the pool of a connection (profile changed, removed, signed out). */
  close(connectionId: string): Promise<void>;
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
