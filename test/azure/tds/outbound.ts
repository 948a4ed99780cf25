// The way out: writes to the socket, tells when the backend has to wait, and carries out ordered faults.
import type { Duplex } from 'node:stream';
import type { Fault } from './faults.ts';

/** One per connection, above TLS. */
export class Outbound {
  bytesWritten = 0;
  private readonly stream: Duplex;
  private readonly drop: (how: 'fin' | 'rst') => void;
  private waiting: (() => void)[] = [];
  private full = false;
  private closed = false;
  private fault: Fault | undefined;
  private replyBytes = 0;
  private silent = false;

  /** `drop` cuts the connection below TLS. */
  constructor(stream: Duplex, drop: (how: 'fin' | 'rst') => void) {
    this.stream = stream;
    this.drop = drop;
    stream.on('drain', () => {
      this.full = false;
      this.release();
    });
  }

  /** A new reply begins, with these faults or none. */
  begin(fault: Fault | undefined): void {
    this.fault = fault;
    this.replyBytes = 0;
    if (fault?.halfOpen) this.silent = true;
  }

  write(bytes: Buffer): void {
    if (this.closed || this.silent || bytes.length === 0) return;
    const fault = this.fault;
    const left = (fault?.dropAfterBytes ?? Infinity) - this.replyBytes;
    const piece = bytes.length < left ? bytes : bytes.subarray(0, Math.max(0, left));
    this.replyBytes += piece.length;
    this.bytesWritten += piece.length;
    const step = fault?.splitEvery && fault.splitEvery > 0 ? fault.splitEvery : piece.length;
    for (let at = 0; at < piece.length; at += step) {
      if (!this.stream.write(piece.subarray(at, at + step))) this.full = true;
    }
    if (bytes.length >= left) this.cut();
  }

  /** Rows after which the connection is cut by order; undefined for a reply that is not to be disturbed so. */
  get rowLimit(): number | undefined {
    return this.fault?.dropAfterRows;
  }

  /** Cuts the connection once everything written so far is with the system. */
  cut(): void {
    if (this.closed) return;
    this.close();
    this.stream.write(Buffer.alloc(0), () => this.drop('rst'));
  }

  /** Resolves when the socket takes more, when the connection is gone, or when release() is called; undefined when nobody has to wait. */
  room(): Promise<void> | undefined {
    if (!this.full || this.closed) return undefined;
    return new Promise((resolve) => {
      this.waiting.push(resolve);
    });
  }

  /** Lets everyone who waits go on (attention, close). */
  release(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  close(): void {
    this.closed = true;
    this.release();
  }
}
