// What the parts of the local Azure say to each other: the TDS front on one side, a backend (the engine, or a relay) on the other.

/** T-SQL's system types as the catalog and TDS name them. `sysname` and `text`-like legacy types are spelled out on purpose. */
export type SqlTypeName =
  | 'bit'
  | 'tinyint'
  | 'smallint'
  | 'int'
  | 'bigint'
  | 'decimal'
  | 'numeric'
  | 'money'
  | 'smallmoney'
  | 'real'
  | 'float'
  | 'date'
  | 'time'
  | 'datetime'
  | 'smalldatetime'
  | 'datetime2'
  | 'datetimeoffset'
  | 'char'
  | 'varchar'
  | 'text'
  | 'nchar'
  | 'nvarchar'
  | 'ntext'
  | 'binary'
  | 'varbinary'
  | 'image'
  | 'uniqueidentifier'
  | 'xml'
  | 'sql_variant'
  | 'timestamp'
  | 'sysname';

export interface SqlType {
  name: SqlTypeName;
  /** Characters for nchar/nvarchar, bytes for char/varchar/binary/varbinary; -1 is (max). */
  length?: number;
  /** decimal/numeric: 1-38. */
  precision?: number;
  /** decimal/numeric: digits after the point; time/datetime2/datetimeoffset: 0-7. */
  scale?: number;
  collation?: string;
}

/**
 * A value on its way to or from a client. One convention for every part:
 * - integers up to int, real, float: number; bigint: bigint (number accepted by the encoder); bit: boolean
 * - decimal, numeric, money: string in plain notation ("-12.3400")
 * - character types, xml: string; uniqueidentifier: string, upper case with hyphens
 * - date "YYYY-MM-DD"; time "HH:MM:SS[.fffffff]"; datetime, smalldatetime, datetime2 "YYYY-MM-DD HH:MM:SS[.fffffff]";
 *   datetimeoffset "YYYY-MM-DD HH:MM:SS[.fffffff] +HH:MM" (local time of that offset)
 * - binary types: Uint8Array
 * - sql_variant: text that says its base type (tds/variant.ts); without one any of the above, sent as what it looks like
 * The encoder also accepts a string of digits for every numeric type and '0'/'1'/'t'/'f' for bit, so that a backend need not convert.
 */
export type SqlValue = null | boolean | number | bigint | string | Uint8Array;

export interface ResultColumn {
  /** '' when the expression has no name. */
  name: string;
  type: SqlType;
  nullable: boolean;
  identity?: boolean;
  computed?: boolean;
}

/** ERROR when class >= 11, INFO otherwise. Line counts from 1 within the batch or procedure. */
export interface SqlMessage {
  number: number;
  state: number;
  class: number;
  message: string;
  procedure?: string;
  line: number;
}

/** Thrown by anything that ends a statement; the front sends it as an ERROR token. */
export class SqlError extends Error {
  readonly detail: SqlMessage;
  /** Further messages sent before this one (18456 is often preceded by another). */
  readonly others: SqlMessage[];
  constructor(detail: SqlMessage, others: SqlMessage[] = []) {
    super(detail.message);
    this.name = 'SqlError';
    this.detail = detail;
    this.others = others;
  }
}

/** What a verified access token said. The TDS side has already checked signature, aud, tid and exp. */
export interface TokenClaims {
  aud: string;
  tid: string;
  /** Object id of the user or service principal. */
  oid: string;
  /** Application (client) id of the caller; for a managed identity its own. */
  appid?: string;
  upn?: string;
  name?: string;
  idtyp?: 'user' | 'app';
  /** Object ids of the groups the caller belongs to. */
  groups?: string[];
  exp: number;
}

export type Caller = { kind: 'entra'; claims: TokenClaims } | { kind: 'sql'; user: string; password: string };

export interface LoginRequest {
  /** As asked for by the client; '' means the login's default (master). */
  database: string;
  caller: Caller;
  applicationName: string;
  hostName: string;
  serverName: string;
  language: string;
  readOnlyIntent: boolean;
  /** The client's address as the firewall saw it. */
  clientAddress: string;
  /** The protocol version agreed on, as LOGINACK has it; 7.4 unless told. */
  tdsVersion?: number;
}

export interface RpcParameter {
  /** With its '@', '' when positional. */
  name: string;
  type: SqlType;
  value: SqlValue;
  output: boolean;
  /** The client asked for the parameter's default. */
  useDefault: boolean;
}

export type ClientRequest =
  | { kind: 'batch'; text: string }
  | { kind: 'rpc'; procedure: string; parameters: RpcParameter[]; noMetadata: boolean }
  | {
      kind: 'transaction';
      request: 'begin' | 'commit' | 'rollback' | 'save';
      name: string;
      /** 1 read uncommitted, 2 read committed, 3 repeatable read, 4 serializable, 5 snapshot; undefined: unchanged. */
      isolation?: number;
      /** After a commit or rollback start the next one at once (TM flag fBeginXact). */
      beginNext: boolean;
    };

/**
 * Where a backend writes its answer; the front turns it into tokens and packets.
 * Every method that can fill the socket's buffer returns a promise when the backend must wait (back-pressure), undefined otherwise.
 */
export interface ResponseWriter {
  /** `order`: which columns the rows are sorted by, from 1, when ORDER BY names only columns of the result. */
  columns(columns: ResultColumn[], order?: readonly number[]): void;
  row(values: SqlValue[]): Promise<void> | undefined;
  /** Rows already encoded as ROW/NBCROW tokens for the columns last announced (benchmarks, caches). */
  encodedRows(tokens: Uint8Array, count: number): Promise<void> | undefined;
  /** End of one statement. rowCount undefined = DONE_COUNT not set (SET NOCOUNT ON, DDL). error = DONE_ERROR. */
  done(end: {
    kind: 'statement' | 'inProcedure' | 'procedure';
    rowCount?: number | bigint;
    error?: boolean;
    command?: number;
  }): void;
  message(message: SqlMessage): void;
  /** What was written so far goes to the client now instead of when a packet is full (RAISERROR … WITH NOWAIT). */
  flush?(): void;
  returnStatus(value: number): void;
  returnValue(name: string, ordinal: number, type: SqlType, value: SqlValue): void;
  environment(
    change:
      | { type: 'database'; from: string; to: string }
      | { type: 'language'; from: string; to: string }
      | { type: 'beginTransaction' }
      | { type: 'commitTransaction' }
      | { type: 'rollbackTransaction' },
  ): void;
  /** The column count and types of the last columns(), so that a backend can encode rows itself. */
  encodeRow(columns: ResultColumn[], values: SqlValue[]): Uint8Array;
}

/** The rows of a bulk load (BCP, SqlBulkCopy). The table is the one of the INSERT BULK statement that came just before. */
export interface BulkLoad {
  columns: ResultColumn[];
  /** Decoded while it is walked; may be walked once. */
  rows: Iterable<SqlValue[]>;
}

/** A request as it came, with its ALL_HEADERS: for sessions that relay instead of executing. */
export interface RelayedRequest {
  kind: 'batch' | 'rpc' | 'transaction' | 'bulk';
  body: Uint8Array;
}

export interface BackendSession {
  /** Current database, in its canonical spelling. */
  readonly database: string;
  /** Session id (@@SPID). */
  readonly spid: number;
  /** Aborted when the server ends the session (KILL): the front then cuts the connection. */
  readonly ended?: AbortSignal;
  /**
   * Runs one request to its end. Statement errors are written to `out` (message + done with error); a SqlError thrown instead is
   * written by the front. `signal` is the attention: the statement that runs must stop at once (well under 100 ms), an open
   * transaction is kept unless XACT_ABORT is on; resolve normally after it, the front sends the attention acknowledgement.
   */
  execute(request: ClientRequest, out: ResponseWriter, signal: AbortSignal): Promise<void>;
  /** Optional: takes the rows that follow INSERT BULK and ends with done({kind: 'statement', rowCount}). Without it the front refuses them. */
  bulk?(load: BulkLoad, out: ResponseWriter, signal: AbortSignal): Promise<void>;
  /**
   * Optional, instead of execute() and bulk(): answers in TDS tokens, the final DONE included and no attention acknowledgement, which is
   * the front's. `write` returns a promise when the relay must wait. Throws SqlError only before the first token; any other error cuts
   * the connection.
   */
  relay?(
    request: RelayedRequest,
    write: (tokens: Uint8Array) => Promise<void> | undefined,
    signal: AbortSignal,
  ): Promise<void>;
  /** RESETCONNECTION: as sp_reset_connection; keepTransaction for RESETCONNECTIONSKIPTRAN. Database and SET options return to login's. */
  reset(keepTransaction: boolean): Promise<void>;
  /** The socket is gone: roll back, free everything. Never throws. */
  close(): Promise<void>;
}

export interface Backend {
  /** @throws SqlError 18456, 4060, 916 … in the server's words. `messages` are sent with the login response (5701, 5703 are the front's). */
  open(login: LoginRequest): Promise<{ session: BackendSession; messages: SqlMessage[] }>;
}
