// One client: encryption, login, then requests one after the other, with attention at any time (MS-TDS 3.3.5).
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { BackendSession, ClientRequest, LoginRequest, RelayedRequest } from '../contract.ts';
import { SqlError } from '../contract.ts';
import { parseBulkLoad } from './bulkLoad.ts';
import { ProtocolError } from './byteReader.ts';
import type { Fault } from './faults.ts';
import { loginFailure, performLogin } from './loginHandshake.ts';
import { Outbound } from './outbound.ts';
import { PacketReader, PacketType } from './packetReader.ts';
import type { TdsMessage } from './packetReader.ts';
import { packetize } from './packets.ts';
import { encodePrelogin, Encryption, parsePrelogin } from './prelogin.ts';
import type { Prelogin } from './prelogin.ts';
import { PreloginTransport } from './preloginTransport.ts';
import { parseBatch, parseRpc, parseTransaction } from './requests.ts';
import { ResponseStream } from './responseStream.ts';
import type { ResponseContext } from './responseStream.ts';
import type { ConnectionInfo, TdsServerOptions } from './tdsServerOptions.ts';

const TLS_HANDSHAKE_RECORD = 0x16;
/** MS-TDS 2.2.6.4: LOGIN7 is at most 128 KB - 1; a FEDAUTH token is far below. */
const LOGIN_LIMIT = 128 * 1024;
const REQUEST_LIMIT = 512 * 1024 * 1024;
const LOGIN_TIMEOUT = 60_000;
/** A client may not send a request before the answer to the last one: more than this is an attack or a bug. */
const QUEUE_LIMIT = 64;
const ENCRYPTION_MASK = 0x0f;

export interface TlsContexts {
  /** TDS 7.x: TLS 1.2, as the server does there. */
  wrapped: SecureContext;
  /** TDS 8: TLS 1.2 or 1.3. */
  strict: SecureContext;
}

/** Ends by itself; `onClose` is called once. Nothing thrown by a client's bytes leaves this class. */
export class TdsConnection implements ConnectionInfo {
  readonly id: number;
  readonly clientAddress: string;
  readonly since = new Date();
  requests = 0;
  rows = 0;
  bytesRead = 0;
  executing = false;
  applicationName = '';
  hostName = '';
  private readonly socket: Socket;
  private readonly options: TdsServerOptions;
  private readonly contexts: TlsContexts;
  private readonly onClose: () => void;
  private readonly closing = new AbortController();
  private readonly queue: TdsMessage[] = [];
  private readonly loginTimer: NodeJS.Timeout;
  private waiting: { resolve: (message: TdsMessage) => void; reject: (error: Error) => void } | undefined;
  private stream: Duplex | undefined;
  private packets: PacketReader | undefined;
  private outbound: Outbound | undefined;
  private sni = '';
  private session: BackendSession | undefined;
  private login: LoginRequest | undefined;
  private context: ResponseContext | undefined;
  private attention: AbortController | undefined;
  private attentions = 0;

  constructor(
    id: number,
    socket: Socket,
    options: TdsServerOptions,
    contexts: TlsContexts,
    onClose: () => void,
  ) {
    this.id = id;
    this.socket = socket;
    this.options = options;
    this.contexts = contexts;
    this.onClose = onClose;
    this.clientAddress = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    this.loginTimer = setTimeout(() => {
      this.log('login timed out');
      socket.destroy();
    }, options.loginTimeoutMs ?? LOGIN_TIMEOUT);
    socket.setNoDelay(true);
    socket.on('error', (error) => this.log(`socket: ${error.message}`));
    socket.once('close', () => this.closed());
    socket.once('data', (chunk: Buffer) => this.firstBytes(chunk));
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
    this.closing.abort();
    this.attention?.abort();
    if (how === 'rst') {
      this.socket.resetAndDestroy();
    } else {
      this.socket.end();
      this.socket.destroySoon();
    }
  }

  private log(line: string): void {
    this.options.log?.(`tds #${this.id} ${this.clientAddress}: ${line}`);
  }

  private closed(): void {
    clearTimeout(this.loginTimer);
    this.outbound?.close();
    this.closing.abort();
    this.attention?.abort();
    this.stream?.destroy();
    this.waiting?.reject(new ConnectionClosed());
    this.waiting = undefined;
    this.onClose();
  }

  private fail(error: unknown): void {
    if (error instanceof ConnectionClosed || this.closing.signal.aborted) return;
    const text =
      error instanceof Error ? (error instanceof ProtocolError ? error.message : error.stack) : String(error);
    this.log(`closed: ${text}`);
    this.socket.destroy();
  }

  /** TDS 8 begins with TLS, TDS 7 with a PRELOGIN packet; both come to the same port. */
  private firstBytes(chunk: Buffer): void {
    this.socket.pause();
    this.socket.unshift(chunk);
    if (chunk[0] === TLS_HANDSHAKE_RECORD) {
      const secure = this.startTls(this.socket, this.contexts.strict, ['tds/8.0']);
      this.run(secure, undefined);
    } else {
      this.clearPrelogin();
    }
  }

  private startTls(below: Duplex, secureContext: SecureContext, protocols: string[] | undefined): TLSSocket {
    const secure = new TLSSocket(below, {
      isServer: true,
      secureContext,
      requestCert: false,
      ...(protocols ? { ALPNProtocols: protocols } : {}),
    });
    secure.on('error', (error) => {
      this.log(`TLS: ${error.message}`);
      this.socket.destroy();
    });
    secure.on('close', () => this.socket.destroy());
    secure.once('secure', () => {
      this.sni = typeof secure.servername === 'string' ? secure.servername : '';
    });
    return secure;
  }

  /** PRELOGIN in clear, then TLS; a client without encryption gets the answer that says so and nothing more. */
  private clearPrelogin(): void {
    const found: Prelogin[] = [];
    const packets = new PacketReader(LOGIN_LIMIT, (message) => {
      if (message.type !== PacketType.prelogin) throw new ProtocolError('the first message must be PRELOGIN');
      found.push(parsePrelogin(message.body));
    });
    const onData = (chunk: Buffer): void => {
      this.bytesRead += chunk.length;
      try {
        let rest = chunk;
        while (found.length === 0 && rest.length > 0) rest = rest.subarray(packets.push(rest, true));
        const [prelogin] = found;
        if (!prelogin) return;
        this.socket.off('data', onData);
        this.socket.pause();
        if (rest.length > 0) this.socket.unshift(rest);
        this.answerPrelogin(prelogin);
      } catch (error) {
        this.fail(error);
      }
    };
    this.socket.on('data', onData);
    this.socket.resume();
  }

  private answerPrelogin(prelogin: Prelogin): void {
    const asked = (prelogin.encryption ?? Encryption.notSupported) & ENCRYPTION_MASK;
    const wants = asked === Encryption.on || asked === Encryption.required;
    const answer = encodePrelogin(wants ? Encryption.on : Encryption.required, prelogin);
    const cursor = { packetSize: 4096, packetId: 1, spid: 0 };
    const { bytes } = packetize(PacketType.response, answer, true, cursor);
    if (asked === Encryption.notSupported) {
      this.log('refused: the client does not encrypt');
      this.socket.end(bytes);
      this.socket.destroySoon();
      return;
    }
    this.socket.write(bytes);
    const transport = new PreloginTransport(this.socket);
    transport.on('error', (error) => this.log(`TLS transport: ${error.message}`));
    this.run(this.startTls(transport, this.contexts.wrapped, undefined), prelogin);
  }

  /** Everything above TLS. `prelogin` is undefined when it still has to come (TDS 8). */
  private run(stream: TLSSocket, prelogin: Prelogin | undefined): void {
    this.stream = stream;
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
      if (this.closing.signal.aborted) reject(new ConnectionClosed());
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
    packets.limit = this.options.maximumMessage ?? REQUEST_LIMIT;
    try {
      for (;;) {
        const message = await this.receive();
        this.executing = true;
        await this.answer(message, session, context);
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
      packetize(PacketType.response, tokens, true, { packetSize, packetId: 1, spid }).bytes,
    );
  }

  private async logIn(outbound: Outbound, prelogin: Prelogin): Promise<boolean> {
    try {
      const result = await performLogin(
        this.options,
        {
          clientAddress: this.clientAddress,
          sni: () => this.sni,
          receive: () => this.receive(),
          announced: async (login7) => {
            this.applicationName = login7.applicationName;
            this.hostName = login7.hostName;
            const fault = this.options.faults?.(this, 'login');
            outbound.begin(fault);
            if (await this.faultBefore(fault)) throw new ConnectionClosed();
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
      if (this.closing.signal.aborted) {
        await result.session.close();
        return false;
      }
      this.session = result.session;
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

  /** True when the fault has ended the conversation. */
  private async faultBefore(fault: Fault | undefined): Promise<boolean> {
    if (fault?.delayMs) await this.pause(fault.delayMs);
    if (fault?.dropBeforeReply) this.drop(fault.dropBeforeReply);
    return this.closing.signal.aborted;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const signal = this.attention?.signal ?? this.closing.signal;
      const timer = setTimeout(resolve, ms);
      signal.addEventListener(
        'abort',
        () => {
          clearTimeout(timer);
          resolve();
        },
        { once: true },
      );
    });
  }

  /** Executes one message and answers it completely. */
  private async answer(
    message: TdsMessage,
    session: BackendSession,
    context: ResponseContext,
  ): Promise<void> {
    this.requests += 1;
    const attention = new AbortController();
    this.attention = attention;
    const out = new ResponseStream(context);
    attention.signal.addEventListener('abort', () => out.discardRows(), { once: true });
    if (this.closing.signal.aborted || this.attentions > 0) attention.abort();
    try {
      if (message.reset !== 'no')
        await this.reset(message.reset === 'keepTransaction', session, context, out);
      if (!message.ignore) {
        await this.execute(message, session, context, out, attention.signal);
      }
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      this.report(error, out);
    } finally {
      this.attention = undefined;
    }
    if (message.type === PacketType.rpc) out.endProcedure();
    out.end();
    this.rows += out.rows;
  }

  private report(error: unknown, out: ResponseStream): void {
    if (error instanceof SqlError) {
      for (const one of [...error.others, error.detail]) out.message(one);
      return;
    }
    this.log(`internal error: ${error instanceof Error ? error.stack : String(error)}`);
    out.message({
      number: 0,
      state: 0,
      class: 11,
      message: 'A severe error occurred on the current command. The results, if any, should be discarded.',
      line: 0,
    });
  }

  private async reset(
    keepTransaction: boolean,
    session: BackendSession,
    context: ResponseContext,
    out: ResponseStream,
  ): Promise<void> {
    const from = session.database;
    await session.reset(keepTransaction);
    if (!keepTransaction && context.transaction !== 0n) out.environment({ type: 'rollbackTransaction' });
    if (session.database !== from) out.environment({ type: 'database', from, to: session.database });
    out.resetDone();
  }

  private async execute(
    message: TdsMessage,
    session: BackendSession,
    context: ResponseContext,
    out: ResponseStream,
    signal: AbortSignal,
  ): Promise<void> {
    if (session.relay) {
      await this.relay(message, session.relay.bind(session), context, out, signal);
      return;
    }
    if (message.type === PacketType.bulkLoad) {
      context.outbound.begin(undefined);
      const load = parseBulkLoad(message.body);
      if (!session.bulk) {
        throw new SqlError({
          number: 40_514,
          state: 1,
          class: 16,
          message: "'BULK INSERT' is not supported in this version of SQL Server.",
          line: 1,
        });
      }
      await session.bulk(load, out, signal);
      return;
    }
    const calls = parseRequests(message);
    for (const [i, request] of calls.entries()) {
      const fault = this.options.faults?.(this, request);
      context.outbound.begin(fault);
      if (await this.faultBefore(fault)) return;
      if (!signal.aborted) await session.execute(request, out, signal);
      if (fault?.dropAfterExecution) this.drop(fault.dropAfterExecution);
      if (i < calls.length - 1) out.endProcedure();
    }
  }

  private async relay(
    message: TdsMessage,
    relay: NonNullable<BackendSession['relay']>,
    context: ResponseContext,
    out: ResponseStream,
    signal: AbortSignal,
  ): Promise<void> {
    const kind = RELAYED[message.type];
    if (!kind) throw new ProtocolError(`packet type ${message.type} after login`);
    const stage = kind === 'batch' ? parseBatch(message.body) : undefined;
    const fault = stage && this.options.faults?.(this, stage);
    context.outbound.begin(fault);
    if ((await this.faultBefore(fault)) || signal.aborted) return;
    let answered = false;
    try {
      const write = (tokens: Uint8Array): Promise<void> | undefined => {
        answered = true;
        return out.tokens(tokens);
      };
      await relay({ kind, body: message.body }, write, signal);
    } catch (error) {
      if (error instanceof SqlError && !answered) throw error;
      // Half an answer cannot be completed by anyone else.
      throw new ProtocolError(`relay: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (fault?.dropAfterExecution) this.drop(fault.dropAfterExecution);
  }
}

const RELAYED: Record<number, RelayedRequest['kind']> = {
  [PacketType.batch]: 'batch',
  [PacketType.rpc]: 'rpc',
  [PacketType.transaction]: 'transaction',
  [PacketType.bulkLoad]: 'bulk',
};

function parseRequests(message: TdsMessage): ClientRequest[] {
  switch (message.type) {
    case PacketType.batch:
      return [parseBatch(message.body)];
    case PacketType.rpc:
      return parseRpc(message.body);
    case PacketType.transaction:
      return [parseTransaction(message.body)];
    default:
      throw new ProtocolError(`packet type ${message.type} after login`);
  }
}

/** The client went away; nothing to report. */
class ConnectionClosed extends Error {
  constructor() {
    super('connection closed');
    this.name = 'ConnectionClosed';
  }
}
