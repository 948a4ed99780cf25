// What a soak is told to do, what it tells of, and how many tokens it may ask for.

export interface SoakOrder {
  azure: {
    port: number;
    caFile: string;
    authority: string;
    audience: string;
    tenant: string;
    control: { url: string; key: string };
    /** A person's tokens come as VS Code's accounts give them, the application's through @azure/identity. */
    person: string;
    application: string;
  };
  seconds: number;
  workers: number;
  /** Connections that may be open to the server. */
  cap: number;
  /** Seconds that a token lives. */
  lifetime: number;
}

export interface SoakReport {
  reads: number;
  /** Rows that the workers were told were written. */
  written: number;
  transactions: number;
  sessions: number;
  /** Codes or texts of failures, each as often as it came. */
  failures: Record<string, number>;
  unhandled: string[];
  /** Rows in the table at the end, and how many different ones. */
  rows: number;
  distinct: number;
  /** Most connections that the server counted at a time, and those that were left at the end. */
  mostConnections: number;
  leftConnections: number;
  created: number;
  retired: Record<string, number>;
  /** Bytes of heap in use after a collection, in order. */
  heap: number[];
  /** Milliseconds since the epoch of the first and the last request. */
  from: number;
  to: number;
}

/** What a token is renewed below, as a share of its life: facts section 7 with the least jitter, which the soak asks for. */
const renewBelow = 0.9 * 0.25;

/**
 * Token requests of one key over a time in which requests never pause: one at the start, then one whenever the token has less than
 * `renewBelow` of its life left. Entra counts in whole seconds, so a token's life is counted from the last whole second.
 * @param from milliseconds since the epoch of the first token; `to` of the last request; `lifetime` in seconds
 */
export function refreshWindows(from: number, to: number, lifetime: number): number {
  let count = 0;
  for (let at = from; at <= to; at = Math.floor(at / 1000) * 1000 + lifetime * 1000 * (1 - renewBelow))
    count++;
  return count;
}

/** Median heap of the last third against that of the first after the start, in bytes: what was kept that should not have been. */
export function heapGrowth(heap: readonly number[]): number {
  const settled = heap.slice(Math.floor(heap.length / 10));
  const third = Math.floor(settled.length / 3);
  return middle(settled.slice(-third)) - middle(settled.slice(0, third));
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
