// What the composer gives a TDS server, and what it can watch.
import type { Backend, Caller, ClientRequest, LoginRequest, TokenClaims } from '../contract.ts';
import type { Fault } from './faults.ts';
import type { Wire } from './wire.ts';

export interface TdsServerOptions {
  backend: Backend;
  /** PEM. The certificate may be a chain. */
  tls: { key: string; cert: string };
  /** Of another host, for {@link Wire}. */
  otherTls?: { key: string; cert: string };
  /**
   * Checks signature, audience, tenant and expiry. @throws SqlError 18456 in the server's words; any other error becomes 18456 without a
   * reason and is logged.
   */
  verifyToken(token: string): Promise<TokenClaims>;
  /** Sent in FEDAUTHINFO: the authority that issues tokens, as `https://login…/<tenant>/`, and the audience, as `https://database.windows.net/`. */
  stsUrl: string;
  spn: string;
  /** @@SERVERNAME in ERROR and INFO tokens. */
  serverName?: string;
  /** Called when LOGIN7 is read, before anyone is authenticated, as Azure's gateway does. @throws SqlError 40615, 40613 … */
  gate?(connection: { address: string; serverName: string; database: string }): Promise<void>;
  /** Sends an authenticated client elsewhere (ENVCHANGE routing). */
  route?(login: LoginRequest): { host: string; port: number } | undefined;
  /** Orders a fault for the coming reply; `stage` is the login (LOGIN7 was just read) or the request about to be executed. */
  faults?(connection: ConnectionInfo, stage: 'login' | ClientRequest): Fault | undefined;
  /** Number of the first connection; 1 unless said. */
  firstId?: number;
  /** Asked when a connection begins. */
  wire?(): Wire;
  log?(line: string): void;
  /** From accept to the end of the login, milliseconds. */
  loginTimeoutMs?: number;
  /** Largest request message, bytes. */
  maximumMessage?: number;
}

/** A live connection, for tests and for the console. */
export interface ConnectionInfo {
  readonly id: number;
  readonly clientAddress: string;
  /** UPN, display name, application id or object id of an Entra caller; the login of a SQL caller; '' before login. */
  readonly principal: string;
  readonly callerKind: Caller['kind'] | '';
  /** Seconds since 1970: the end of an Entra caller's token. */
  readonly tokenEnds: number | undefined;
  readonly database: string;
  readonly spid: number;
  readonly applicationName: string;
  readonly hostName: string;
  readonly requests: number;
  readonly rows: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly since: Date;
  readonly loggedIn: boolean;
  readonly executing: boolean;
  readonly inTransaction: boolean;
}
