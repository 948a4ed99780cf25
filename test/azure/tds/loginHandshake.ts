// LOGIN7 to "logged in": firewall, token or password, redirect, backend, and the login response (MS-TDS 3.3.5.3-3.3.5.5).
import { COLLATION } from './collation.ts';
import type { BackendSession, Caller, LoginRequest, SqlMessage } from '../contract.ts';
import { SqlError } from '../contract.ts';
import { ProtocolError } from './byteReader.ts';
import { ByteWriter } from './byteWriter.ts';
import { parseFedAuthToken, parseLogin7 } from './login7.ts';
import type { Login7 } from './login7.ts';
import { loginError, tokenLoginFailed } from './loginError.ts';
import { PacketType } from './packetReader.ts';
import type { TdsMessage } from './packetReader.ts';
import type { Prelogin } from './prelogin.ts';
import type { TdsServerOptions } from './tdsServerOptions.ts';
import {
  DoneStatus,
  TdsVersion,
  Token,
  writeBytesChange,
  writeDone,
  writeFeatureExtAck,
  writeFedAuthInfo,
  writeLoginAck,
  writeMessage,
  writeRouting,
  writeTextChange,
} from './tokens.ts';

const DEFAULT_PACKET = 4096;
const SMALLEST_PACKET = 512;
/** The largest that the server grants on an encrypted connection. */
const LARGEST_PACKET = 16_383;

/** How the handshake talks to its connection. */
export interface LoginChannel {
  readonly clientAddress: string;
  /** TLS came first: that is TDS 8, also for a client whose LOGIN7 says 7.4, as tedious's does. */
  readonly strict: boolean;
  /** TLS server name indication, known once the client has spoken through TLS; '' when there was none. */
  sni(): string;
  receive(): Promise<TdsMessage>;
  /** LOGIN7 was read; nothing was decided yet. */
  announced(login7: Login7): Promise<void>;
  send(tokens: Buffer): void;
}

export interface LoggedIn {
  session: BackendSession;
  login: LoginRequest;
  tdsVersion: number;
  packetSize: number;
  /** The login response, to be sent with the session's id in the packet headers. */
  response: Buffer;
}

/**
 * Runs the login.
 * @throws SqlError when the login is refused (to be sent to the client), ProtocolError when the client breaks the rules.
 */
export async function performLogin(
  options: TdsServerOptions,
  channel: LoginChannel,
  prelogin: Prelogin,
): Promise<LoggedIn | { routed: Buffer }> {
  const message = await channel.receive();
  if (message.type !== PacketType.login7)
    throw new ProtocolError(`packet type ${message.type} instead of LOGIN7`);
  const login7 = parseLogin7(message.body);
  const tdsVersion = agreeOnVersion(login7.tdsVersion);
  await channel.announced(login7);
  const serverName = plainServerName(login7.serverName) || channel.sni();
  await options.gate?.({ address: channel.clientAddress, serverName, database: login7.database });
  const caller = await authenticate(options, channel, prelogin, login7);
  const login: LoginRequest = {
    database: login7.database,
    caller,
    applicationName: login7.applicationName,
    hostName: login7.hostName,
    serverName,
    language: login7.language || 'us_english',
    readOnlyIntent: login7.readOnlyIntent,
    clientAddress: channel.clientAddress,
    tdsVersion: channel.strict ? TdsVersion.v80 : tdsVersion,
  };
  const target = options.route?.(login);
  if (target) return { routed: routedResponse(login7, tdsVersion, prelogin, target) };
  const { session, messages } = await options.backend.open(login);
  const packetSize =
    login7.packetSize === 0
      ? DEFAULT_PACKET
      : Math.min(Math.max(login7.packetSize, SMALLEST_PACKET), LARGEST_PACKET);
  const response = loginResponse({ options, login7, prelogin, tdsVersion, packetSize, session, messages });
  return { session, login, tdsVersion, packetSize, response };
}

/** "tcp:host,1433" and "host\instance", as ODBC sends them, without what is not the host. */
function plainServerName(text: string): string {
  return text
    .replace(/^\w+:/, '')
    .replace(/[,\\].*$/s, '')
    .trim();
}

function agreeOnVersion(asked: number): number {
  if (asked === TdsVersion.v80) return TdsVersion.v80;
  if (asked >= TdsVersion.v74) return TdsVersion.v74;
  if (asked >= TdsVersion.v73B) return TdsVersion.v73B;
  if (asked >= TdsVersion.v73A) return TdsVersion.v73A;
  if (asked >= TdsVersion.v72) return TdsVersion.v72;
  throw new ProtocolError(`TDS version 0x${asked.toString(16)} is older than 7.2`);
}

async function authenticate(
  options: TdsServerOptions,
  channel: LoginChannel,
  prelogin: Prelogin,
  login7: Login7,
): Promise<Caller> {
  const fedAuth = login7.fedAuth;
  if (!fedAuth) {
    if (login7.integratedSecurity) {
      throw loginError(
        18_452,
        'Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication.',
      );
    }
    if (login7.changesPassword) throw loginError(18_456, `Login failed for user '${login7.userName}'.`);
    return { kind: 'sql', user: login7.userName, password: login7.password };
  }
  // MS-TDS 3.3.5.3: the client repeats what this server said about FEDAUTHREQUIRED, else somebody in between has changed it.
  if (fedAuth.echo !== (prelogin.fedAuthRequired ?? false)) throw tokenLoginFailed();
  let token: string;
  let nonce: Buffer | undefined;
  if (fedAuth.library === 'securityToken') {
    ({ token, nonce } = fedAuth);
  } else {
    const info = new ByteWriter();
    writeFedAuthInfo(info, options.stsUrl, options.spn);
    channel.send(info.copy());
    const answer = await channel.receive();
    if (answer.type !== PacketType.fedAuthToken)
      throw new ProtocolError(`packet type ${answer.type} instead of a token`);
    ({ token, nonce } = parseFedAuthToken(answer.body));
  }
  // Whoever took part in this PRELOGIN knows our nonce; a replayed login does not.
  if (prelogin.serverNonce && !nonce?.equals(prelogin.serverNonce)) throw tokenLoginFailed();
  try {
    return { kind: 'entra', claims: await options.verifyToken(token) };
  } catch (error) {
    if (error instanceof SqlError) throw error;
    options.log?.(`token refused: ${error instanceof Error ? error.message : String(error)}`);
    throw tokenLoginFailed();
  }
}

function routedResponse(
  login7: Login7,
  tdsVersion: number,
  prelogin: Prelogin,
  target: { host: string; port: number },
): Buffer {
  const out = new ByteWriter();
  writeLoginAck(out, tdsVersion);
  writeRouting(out, target.host, target.port);
  if (tdsVersion === TdsVersion.v74 || tdsVersion === TdsVersion.v80) {
    writeFeatureExtAck(out, login7.features, prelogin.nonce);
  }
  writeDone(out, Token.done, 0, 0, 0);
  return out.copy();
}

function loginResponse(parts: {
  options: TdsServerOptions;
  login7: Login7;
  prelogin: Prelogin;
  tdsVersion: number;
  packetSize: number;
  session: BackendSession;
  messages: SqlMessage[];
}): Buffer {
  const { login7, tdsVersion, packetSize, session } = parts;
  const serverName = parts.options.serverName ?? '';
  const out = new ByteWriter();
  const info = (number: number, state: number, message: string): void =>
    writeMessage(out, { number, state, class: 0, message, line: 1 }, serverName);
  writeTextChange(out, 'database', session.database, 'master');
  info(5701, 2, `Changed database context to '${session.database}'.`);
  writeBytesChange(out, 'collation', COLLATION, new Uint8Array());
  writeTextChange(out, 'language', 'us_english', '');
  info(5703, 1, 'Changed language setting to us_english.');
  for (const message of parts.messages) writeMessage(out, message, serverName);
  writeLoginAck(out, tdsVersion);
  writeTextChange(out, 'packetSize', String(packetSize), String(DEFAULT_PACKET));
  if (tdsVersion === TdsVersion.v74 || tdsVersion === TdsVersion.v80) {
    writeFeatureExtAck(out, login7.features, parts.prelogin.nonce);
  }
  writeDone(out, Token.done, 0, 0, 0);
  return out.copy();
}

/** ERROR tokens and the final DONE of a refused login. */
export function loginFailure(error: SqlError, serverName: string): Buffer {
  const out = new ByteWriter();
  for (const message of [...error.others, error.detail]) writeMessage(out, message, serverName);
  writeDone(out, Token.done, DoneStatus.error, 0, 0);
  return out.copy();
}
