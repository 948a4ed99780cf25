// Faults that tests order: the network and server trouble that a client must survive.
import { SqlError } from '../contract.ts';

/** What goes wrong with one reply. Fields combine; those left out do nothing. */
export interface Fault {
  /** Waits before the request is looked at, milliseconds. */
  delayMs?: number;
  /** Cuts the connection instead of answering; the request is not executed. */
  dropBeforeReply?: 'fin' | 'rst';
  /** Executes the request, then cuts the connection before the first byte of the answer. */
  dropAfterExecution?: 'fin' | 'rst';
  /** Cuts the connection (with RST) once that many rows were written. */
  dropAfterRows?: number;
  /** Cuts the connection (with RST) once that many bytes of the answer were written. */
  dropAfterBytes?: number;
  /** Answers with this error instead; the request is not executed. Only the number and the words are needed. */
  error?: { number: number; message: string; state?: number; class?: number };
  /** Stops answering for good, with the connection left open. */
  halfOpen?: boolean;
  /** Splits what is written into pieces of that many bytes, each its own write to the socket (TLS records when encrypted). */
  splitEvery?: number;
}

/** What a fault can do to its connection before there is an answer. */
export interface FaultTarget {
  /** Aborted when the connection is gone. */
  readonly closing: AbortSignal;
  drop(how: 'fin' | 'rst'): void;
}

/** Carries out what happens before the answer; `cancelled` cuts a delay short. True when the conversation is over. @throws SqlError as ordered */
export async function faultBefore(
  fault: Fault | undefined,
  target: FaultTarget,
  cancelled: AbortSignal = target.closing,
): Promise<boolean> {
  if (fault?.delayMs) await delay(fault.delayMs, cancelled);
  if (fault?.dropBeforeReply) target.drop(fault.dropBeforeReply);
  if (fault?.error) throw new SqlError({ state: 1, class: 16, line: 1, ...fault.error });
  return target.closing.aborted;
}

function delay(ms: number, cancelled: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const cut = (): void => {
      clearTimeout(timer);
      resolve();
    };
    if (cancelled.aborted) cut();
    cancelled.addEventListener('abort', cut, { once: true });
  });
}
