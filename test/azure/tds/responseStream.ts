// The ResponseWriter a backend gets: tokens into packets, with DONE bits, cursors for MORE, and back-pressure.
import type { ResponseWriter, ResultColumn, SqlMessage, SqlType, SqlValue } from '../contract.ts';
import { ByteWriter } from './byteWriter.ts';
import type { Outbound } from './outbound.ts';
import { packetize } from './packets.ts';
import type { PacketCursor } from './packets.ts';
import { PacketType } from './packetReader.ts';
import { RowEncoder } from './rowEncoder.ts';
import {
  DoneStatus,
  lacksDateTypes,
  Token,
  writeBytesChange,
  writeDone,
  writeMessage,
  writeTextChange,
} from './tokens.ts';
import { writeTypeInfo } from './typeInfo.ts';
import { nullEncoding, valueEncoder } from './valueEncoder.ts';

/** Bytes gathered before they are cut into packets and handed to the socket. */
const FLUSH = 32 * 1024;

/** What a response must know of its connection. */
export interface ResponseContext {
  readonly outbound: Outbound;
  readonly cursor: PacketCursor;
  readonly tdsVersion: number;
  readonly serverName: string;
  /** 0n outside a transaction. */
  transaction: bigint;
  nextTransaction(): bigint;
}

interface PendingDone {
  token: number;
  status: number;
  command: number;
  rowCount: number | bigint;
}

const DONE_TOKEN = {
  statement: Token.done,
  inProcedure: Token.doneInProcedure,
  procedure: Token.doneProcedure,
} as const;

export class ResponseStream implements ResponseWriter {
  rows = 0;
  private readonly context: ResponseContext;
  private readonly out = new ByteWriter();
  private readonly encoders = new WeakMap<ResultColumn[], RowEncoder>();
  private current: RowEncoder | undefined;
  private pending: PendingDone | undefined;
  private errorSeen = false;
  private discarding = false;
  private ended = false;
  private relayed = false;

  constructor(context: ResponseContext) {
    this.context = context;
    context.cursor.packetId = 1;
  }

  columns(columns: ResultColumn[], order: readonly number[] = []): void {
    this.before();
    this.current = this.encoderFor(columns);
    this.current.writeMetadata(this.out);
    if (order.length === 0) return;
    this.out.uint8(Token.order);
    this.out.uint16(order.length * 2);
    for (const column of order) this.out.uint16(column);
  }

  row(values: SqlValue[]): Promise<void> | undefined {
    if (this.discarding) return undefined;
    if (!this.current) throw new Error('row() before columns()');
    this.before();
    this.current.writeRow(this.out, values);
    return this.counted(1);
  }

  encodedRows(tokens: Uint8Array, count: number): Promise<void> | undefined {
    if (this.discarding) return undefined;
    this.before();
    this.out.raw(tokens);
    return this.counted(count);
  }

  /** Part of an answer that another server made: passed on as it is. */
  tokens(tokens: Uint8Array): Promise<void> | undefined {
    this.before();
    this.relayed = true;
    this.out.raw(tokens);
    return this.counted(0);
  }

  done(end: Parameters<ResponseWriter['done']>[0]): void {
    this.before();
    let status = 0;
    if (end.rowCount !== undefined) status |= DoneStatus.count;
    if (end.error) status |= DoneStatus.error;
    this.pending = {
      token: DONE_TOKEN[end.kind],
      status,
      command: end.command ?? (end.rowCount === undefined ? 0 : 0xc1),
      rowCount: end.rowCount ?? 0,
    };
    this.current = undefined;
    this.errorSeen = false;
  }

  message(message: SqlMessage): void {
    this.before();
    if (message.class >= 11) this.errorSeen = true;
    writeMessage(this.out, message, this.context.serverName);
  }

  /** A packet may be shorter than the agreed size, also when others follow: its header says how long it is. */
  flush(): void {
    this.send('part');
  }

  returnStatus(value: number): void {
    this.before();
    this.out.uint8(Token.returnStatus);
    this.out.uint32(value);
  }

  returnValue(name: string, ordinal: number, type: SqlType, value: SqlValue): void {
    this.before();
    const out = this.out;
    const start = out.length;
    try {
      out.uint8(Token.returnValue);
      out.uint16(ordinal);
      out.shortText(name);
      out.uint8(0x01); // an output parameter
      out.uint32(0);
      out.uint16(0x01);
      const legacy = lacksDateTypes(this.context.tdsVersion);
      writeTypeInfo(out, type, legacy);
      if (value === null) out.raw(nullEncoding(type, legacy));
      else valueEncoder(type, legacy)(out, value);
    } catch (error) {
      out.length = start;
      throw error;
    }
  }

  environment(change: Parameters<ResponseWriter['environment']>[0]): void {
    this.before();
    switch (change.type) {
      case 'database':
      case 'language':
        return writeTextChange(this.out, change.type, change.to, change.from);
      case 'beginTransaction':
        this.context.transaction = this.context.nextTransaction();
        return writeBytesChange(this.out, 'begin', descriptor(this.context.transaction), new Uint8Array());
      case 'commitTransaction':
      case 'rollbackTransaction': {
        const old = descriptor(this.context.transaction);
        this.context.transaction = 0n;
        return writeBytesChange(
          this.out,
          change.type === 'commitTransaction' ? 'commit' : 'rollback',
          new Uint8Array(),
          old,
        );
      }
    }
  }

  encodeRow(columns: ResultColumn[], values: SqlValue[]): Uint8Array {
    const out = new ByteWriter(256);
    this.encoderFor(columns).writeRow(out, values);
    return out.copy();
  }

  /** ENVCHANGE 18: the connection was reset, first in the response to the request that asked for it. */
  resetDone(): void {
    this.before();
    writeBytesChange(this.out, 'reset', new Uint8Array(), new Uint8Array());
  }

  /** Rows that still come are dropped: the client has cancelled. */
  discardRows(): void {
    this.discarding = true;
    this.context.outbound.release();
  }

  /** Another procedure of the same message follows, or the message ends here: makes sure that a procedure ended with DONEPROC. */
  endProcedure(): void {
    if (!this.relayed && this.pending?.token !== Token.doneProcedure)
      this.done({ kind: 'procedure', error: this.errorSeen });
  }

  /** Ends the message. An open statement is closed with DONE. */
  end(): void {
    if (this.ended) return;
    if (!this.relayed && (!this.pending || this.pending.token === Token.doneInProcedure)) {
      this.done({ kind: 'statement', error: this.errorSeen });
    }
    this.flushPending(0);
    this.ended = true;
    this.send('end');
  }

  /** The whole of an attention's acknowledgement: a message of its own. */
  attention(): void {
    this.ended = true;
    writeDone(this.out, Token.done, DoneStatus.attention | this.inTransaction(), 0, 0);
    this.send('end');
  }

  private encoderFor(columns: ResultColumn[]): RowEncoder {
    const known = this.encoders.get(columns);
    if (known) return known;
    const made = new RowEncoder(columns, this.context.tdsVersion);
    this.encoders.set(columns, made);
    return made;
  }

  private counted(count: number): Promise<void> | undefined {
    this.rows += count;
    const limit = this.context.outbound.rowLimit;
    if (limit !== undefined && this.rows >= limit) {
      this.send('part');
      this.context.outbound.cut();
      return undefined;
    }
    if (this.out.length < FLUSH) return undefined;
    this.send('full');
    return this.context.outbound.room();
  }

  /** Every token but the last DONE says that more follows; so a DONE waits here until it is known which one it is. */
  private before(): void {
    if (this.ended) throw new Error('the response has ended');
    if (this.pending) this.flushPending(DoneStatus.more);
  }

  private flushPending(more: number): void {
    const pending = this.pending;
    if (!pending) return;
    this.pending = undefined;
    const status = pending.status | more | this.inTransaction();
    writeDone(this.out, pending.token, status, pending.command, pending.rowCount);
  }

  private inTransaction(): number {
    return this.context.transaction === 0n ? 0 : DoneStatus.inTransaction;
  }

  private send(until: Parameters<typeof packetize>[2]): void {
    const out = this.out;
    const { bytes, used } = packetize(
      PacketType.response,
      out.bytes.subarray(0, out.length),
      until,
      this.context.cursor,
    );
    out.bytes.copyWithin(0, used, out.length);
    out.length -= used;
    this.context.outbound.write(bytes);
  }
}

function descriptor(transaction: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(transaction);
  return bytes;
}
