// One client: encryption, login, then requests one after the other, with attention at any time (MS-TDS 3.3.5).
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { BackendSession, ClientRequest, LoginRequest } from '../contract.ts';
import { SqlError } from '../contract.ts';
import { ProtocolError } from './byteReader.ts';
import { faultBefore } from './faults.ts';
import type { Fault } from './faults.ts';
import { loginFailure, performLogin } from './loginHandshake.ts';
import { Outbound } from './outbound.ts';
import { PacketReader, PacketType } from './packetReader.ts';
import type { TdsMessage } from './packetReader.ts';
import { packetize } from './packets.ts';
import { encodePrelogin, Encryption, parsePrelogin } from './prelogin.ts';
import type { Prelogin } from './prelogin.ts';
import { RequestRunner } from './requestRunner.ts';
import type { RequestHost } from './requestRunner.ts';
import { ResponseStream } from './responseStream.ts';
import type { ResponseContext } from './responseStream.ts';
import { acceptSecurely } from './secureSocket.ts';
import type { TlsContexts } from './secureSocket.ts';
import type { ConnectionInfo, TdsServerOptions } from './tdsServerOptions.ts';

/** MS-TDS 2.2.6.4: LOGIN7 is at most 128 KB - 1; a FEDAUTH token is far below. */
const LOGIN_LIMIT = 128 * 1024;
const REQUEST_LIMIT = 512 * 1024 * 1024;
const LOGIN_TIMEOUT = 60_000;
/** A client may not send a request before the answer to the last one: more than this is an attack or a bug. */
const QUEUE_LIMIT = 64;

/** Ends by itself; `onClose` is called once. Nothing thrown by a client's bytes leaves this class. */
export class TdsConnection implements ConnectionInfo, RequestHost {
  readonly id: number;
  readonly clientAddress: string;
  private strict = false;
  readonly since = new Date();
  requests = 0;
  rows = 0;
  bytesRead = 0;
  executing = false;
  applicationName = '';
  hostName = '';
  private readonly socket: Socket;
  private readonly options: TdsServerOptions;
  private readonly onClose: () => void;
  private readonly closer = new AbortController();
  private readonly queue: TdsMessage[] = [];
  private readonly loginTimer: NodeJS.Timeout;
  private waiting: { resolve: (message: TdsMessage) => void; reject: (error: Error) => void } | undefined;
  private stream: TLSSocket | undefined;
  private packets: PacketReader | undefined;
  private outbound: Outbound | undefined;
  private session: BackendSession | undefined;
  private login: LoginRequest | undefined;
  private context: ResponseContext | undefined;
  private attention: AbortController | undefined;
  private attentions = 0;

  constructor(
    id: number,
    socket: Socket,
    options: TdsServerOptions,
    contexts: TlsContexts | 'declined',
    onClose: () => void,
  ) {
    this.id = id;
    this.socket = socket;
    this.options = options;
    this.onClose = onClose;
    this.clientAddress = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    this.loginTimer = setTimeout(() => {
      this.log('login timed out');
      socket.destroy();
    }, options.loginTimeoutMs ?? LOGIN_TIMEOUT);
    socket.setNoDelay(true);
    socket.on('error', (error) => this.log(`socket: ${error.message}`));
    socket.once('close', () => this.closed());
    acceptSecurely(socket, contexts, {
      log: (line) => this.log(line),
      secured: (client) => this.run(client.stream, client.prelogin),
      failed: (error) => this.fail(error),
    });
  }

  /** Aborted when the connection is gone. */
  get closing(): AbortSignal {
    return this.closer.signal;
  }

  get database(): string {
    return this.session?.database ?? '';
  }

  get spid(): number {
    return this.session?.spid ?? 0;
  }

  get loggedIn(): boolean {
    return this.session !== undefined;
  }

  get callerKind(): ConnectionInfo['callerKind'] {
    return this.login?.caller.kind ?? '';
  }

  get tokenEnds(): number | undefined {
    const caller = this.login?.caller;
    return caller?.kind === 'entra' ? caller.claims.exp : undefined;
  }

  get bytesWritten(): number {
    return this.outbound?.bytesWritten ?? 0;
  }

  get inTransaction(): boolean {
    return this.context !== undefined && this.context.transaction !== 0n;
  }

  get principal(): string {
    const caller = this.login?.caller;
    if (!caller) return '';
    if (caller.kind === 'sql') return caller.user;
    return caller.claims.upn ?? caller.claims.name ?? caller.claims.appid ?? caller.claims.oid;
  }

  /** Cuts the TCP connection. */
  drop(how: 'fin' | 'rst'): void {
    this.outbound?.close();
    this.closer.abort();
    this.attention?.abort();
    if (how === 'rst') {
      this.socket.resetAndDestroy();
    } else {
      this.socket.end();
      this.socket.destroySoon();
    }
  }

  faultFor(stage: 'login' | ClientRequest): Fault | undefined {
    return this.options.faults?.(this, stage);
  }

  log(line: string): void {
    this.options.log?.(`tds #${this.id} ${this.clientAddress}: ${line}`);
  }

  private closed(): void {
    clearTimeout(this.loginTimer);
    this.outbound?.close();
    this.closer.abort();
    this.attention?.abort();
    this.stream?.destroy();
    this.waiting?.reject(new ConnectionClosed());
    this.waiting = undefined;
    this.onClose();
  }

  private fail(error: unknown): void {
    if (error instanceof ConnectionClosed || this.closing.aborted) return;
    const text =
      error instanceof Error ? (error instanceof ProtocolError ? error.message : error.stack) : String(error);
    this.log(`closed: ${text}`);
    this.socket.destroy();
  }

  /** Everything above TLS. `prelogin` is undefined when it still has to come (TDS 8). */
  private run(stream: TLSSocket, prelogin: Prelogin | undefined): void {
    this.stream = stream;
    this.strict = prelogin === undefined;
    this.outbound = new Outbound(stream, (how) => this.drop(how));
    const packets = new PacketReader(LOGIN_LIMIT, (message) => this.deliver(message));
    this.packets = packets;
    stream.on('data', (chunk: Buffer) => {
      this.bytesRead += chunk.length;
      try {
        packets.push(chunk);
      } catch (error) {
        this.fail(error);
      }
    });
    stream.on('end', () => this.socket.destroy());
    this.converse(this.outbound, packets, prelogin).catch((error: unknown) => this.fail(error));
  }

  private deliver(message: TdsMessage): void {
    if (message.type === PacketType.attention) {
      this.onAttention();
      return;
    }
    if (this.waiting) {
      const { resolve } = this.waiting;
      this.waiting = undefined;
      // From here on an attention is about this request: it may come with the very next packet.
      this.executing = this.session !== undefined;
      resolve(message);
      return;
    }
    if (this.queue.length >= QUEUE_LIMIT)
      throw new ProtocolError('requests sent without waiting for answers');
    this.queue.push(message);
  }

  private onAttention(): void {
    if (!this.session) throw new ProtocolError('attention before login');
    this.attentions += 1;
    this.attention?.abort();
    this.outbound?.release();
    if (!this.executing && this.queue.length === 0) this.acknowledgeAttentions();
  }

  /** Each attention is answered with a message of its own, also one that comes after the answer it meant to stop. */
  private acknowledgeAttentions(): void {
    while (this.context && this.attentions > 0) {
      this.attentions -= 1;
      new ResponseStream(this.context).attention();
    }
  }

  private receive(): Promise<TdsMessage> {
    const next = this.queue.shift();
    if (next) return Promise.resolve(next);
    return new Promise((resolve, reject) => {
      if (this.closing.aborted) reject(new ConnectionClosed());
      else this.waiting = { resolve, reject };
    });
  }

  private async converse(
    outbound: Outbound,
    packets: PacketReader,
    clear: Prelogin | undefined,
  ): Promise<void> {
    const prelogin = clear ?? (await this.strictPrelogin());
    if (!(await this.logIn(outbound, prelogin))) return;
    const { session, context } = this;
    if (!session || !context) throw new Error('logged in without a session');
    const runner = new RequestRunner(session, context, this);
    packets.limit = this.options.maximumMessage ?? REQUEST_LIMIT;
    try {
      for (;;) {
        const message = await this.receive();
        this.executing = true;
        await this.answer(message, runner);
        this.executing = false;
        this.acknowledgeAttentions();
      }
    } finally {
      this.executing = false;
      await session.close();
    }
  }

  private async strictPrelogin(): Promise<Prelogin> {
    const message = await this.receive();
    if (message.type !== PacketType.prelogin) throw new ProtocolError('the first message must be PRELOGIN');
    const prelogin = parsePrelogin(message.body);
    this.send(encodePrelogin(Encryption.on, prelogin));
    return prelogin;
  }

  private send(tokens: Buffer, packetSize = 4096, spid = 0): void {
    this.outbound?.write(
      packetize(PacketType.response, tokens, 'end', { packetSize, packetId: 1, spid }).bytes,
    );
  }

  private async logIn(outbound: Outbound, prelogin: Prelogin): Promise<boolean> {
    try {
      const result = await performLogin(
        this.options,
        {
          clientAddress: this.clientAddress,
          strict: this.strict,
          sni: () => this.stream?.servername || '',
          receive: () => this.receive(),
          announced: async (login7) => {
            this.applicationName = login7.applicationName;
            this.hostName = login7.hostName;
            const fault = this.faultFor('login');
            outbound.begin(fault);
            if (await faultBefore(fault, this)) throw new ConnectionClosed();
          },
          send: (tokens) => this.send(tokens),
        },
        prelogin,
      );
      clearTimeout(this.loginTimer);
      if ('routed' in result) {
        this.send(result.routed);
        // The client hangs up and goes where it was sent.
        this.stream?.end();
        return false;
      }
      if (this.closing.aborted) {
        await result.session.close();
        return false;
      }
      this.session = result.session;
      result.session.ended?.addEventListener('abort', () => {
        this.log('ended by the server');
        this.drop('fin');
      });
      this.login = result.login;
      this.context = this.responseContext(
        outbound,
        result.tdsVersion,
        result.packetSize,
        result.session.spid,
      );
      this.send(result.response, result.packetSize, result.session.spid);
      this.log(`${this.principal} logged in to ${this.database}`);
      return true;
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      clearTimeout(this.loginTimer);
      this.log(`login refused: ${error.detail.number} ${error.detail.message}`);
      this.send(loginFailure(error, this.options.serverName ?? ''));
      this.stream?.end();
      return false;
    }
  }

  private responseContext(
    outbound: Outbound,
    tdsVersion: number,
    packetSize: number,
    spid: number,
  ): ResponseContext {
    let transactions = BigInt(this.id) << 32n;
    return {
      outbound,
      tdsVersion,
      cursor: { packetSize, packetId: 1, spid },
      serverName: this.options.serverName ?? '',
      transaction: 0n,
      nextTransaction: () => (transactions += 1n),
    };
  }

  private async answer(message: TdsMessage, runner: RequestRunner): Promise<void> {
    this.requests += 1;
    const attention = new AbortController();
    this.attention = attention;
    if (this.closing.aborted || this.attentions > 0) attention.abort();
    try {
      this.rows += await runner.run(message, attention.signal);
    } finally {
      this.attention = undefined;
    }
  }
}

/** The client went away; nothing to report. */
class ConnectionClosed extends Error {
  constructor() {
    super('connection closed');
    this.name = 'ConnectionClosed';
  }
}
