// One request message from arrival to the last packet of its answer, by executing it or by relaying it.
import type { BackendSession, ClientRequest, RelayedRequest } from '../contract.ts';
import { SqlError } from '../contract.ts';
import { parseBulkLoad } from './bulkLoad.ts';
import { ProtocolError } from './byteReader.ts';
import { faultBefore } from './faults.ts';
import type { Fault, FaultTarget } from './faults.ts';
import { PacketType } from './packetReader.ts';
import type { TdsMessage } from './packetReader.ts';
import { parseBatch, parseRpc, parseTransaction } from './requests.ts';
import { ResponseStream } from './responseStream.ts';
import type { ResponseContext } from './responseStream.ts';

/** What a request must know of its connection. */
export interface RequestHost extends FaultTarget {
  /** TdsServerOptions.faults for this connection. */
  faultFor(request: ClientRequest): Fault | undefined;
  log(line: string): void;
}

/** The requests of one session, one after the other. */
export class RequestRunner {
  private readonly session: BackendSession;
  private readonly context: ResponseContext;
  private readonly host: RequestHost;

  constructor(session: BackendSession, context: ResponseContext, host: RequestHost) {
    this.session = session;
    this.context = context;
    this.host = host;
  }

  /**
   * Executes one message and answers it completely; `attention` stops it early. Resolves with the number of rows sent.
   * @throws ProtocolError when the message is malformed: nothing can be answered then.
   */
  async run(message: TdsMessage, attention: AbortSignal): Promise<number> {
    const out = new ResponseStream(this.context);
    attention.addEventListener('abort', () => out.discardRows(), { once: true });
    try {
      if (message.reset !== 'no') await this.reset(message.reset === 'keepTransaction', out);
      if (!message.ignore) await this.execute(message, out, attention);
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      this.report(error, out);
    }
    if (message.type === PacketType.rpc) out.endProcedure();
    out.end();
    return out.rows;
  }

  private report(error: unknown, out: ResponseStream): void {
    if (error instanceof SqlError) {
      this.host.log(`refused: ${error.detail.number} ${error.detail.message}`);
      for (const one of [...error.others, error.detail]) out.message(one);
      return;
    }
    this.host.log(`internal error: ${error instanceof Error ? error.stack : String(error)}`);
    out.message({
      number: 0,
      state: 0,
      class: 11,
      message: 'A severe error occurred on the current command. The results, if any, should be discarded.',
      line: 0,
    });
  }

  private async reset(keepTransaction: boolean, out: ResponseStream): Promise<void> {
    const { session, context } = this;
    const from = session.database;
    await session.reset(keepTransaction);
    if (!keepTransaction && context.transaction !== 0n) out.environment({ type: 'rollbackTransaction' });
    if (session.database !== from) out.environment({ type: 'database', from, to: session.database });
    out.resetDone();
  }

  private async execute(message: TdsMessage, out: ResponseStream, signal: AbortSignal): Promise<void> {
    const { session, context } = this;
    if (session.relay) {
      await this.relay(message, session.relay.bind(session), out, signal);
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
      const fault = this.host.faultFor(request);
      context.outbound.begin(fault);
      if (await faultBefore(fault, this.host, signal)) return;
      if (!signal.aborted) await session.execute(request, out, signal);
      if (fault?.dropAfterExecution) this.host.drop(fault.dropAfterExecution);
      if (i < calls.length - 1) out.endProcedure();
    }
  }

  private async relay(
    message: TdsMessage,
    relay: NonNullable<BackendSession['relay']>,
    out: ResponseStream,
    signal: AbortSignal,
  ): Promise<void> {
    const kind = RELAYED[message.type];
    if (!kind) throw new ProtocolError(`packet type ${message.type} after login`);
    const stage = kind === 'batch' ? parseBatch(message.body) : undefined;
    const fault = stage && this.host.faultFor(stage);
    this.context.outbound.begin(fault);
    if ((await faultBefore(fault, this.host, signal)) || signal.aborted) return;
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
    if (fault?.dropAfterExecution) this.host.drop(fault.dropAfterExecution);
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
