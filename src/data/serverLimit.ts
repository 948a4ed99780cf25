// How many connections this extension opens to one server over all its databases; who comes first is served first.
import type { ConnectionProfile } from '../core/connection.ts';
import { AppError, cancelled } from '../core/errors.ts';

/** What the cap counts by. */
export function serverKey({ server, port }: ConnectionProfile): string {
  return `${server.toLowerCase()}:${port}`;
}

/** Whoever holds connections that may have to make room. */
export interface Evictable {
  /** Closes one connection that nobody uses. False when there is none. */
  evictIdle(): boolean;
}

/** Milliseconds. */
const lookAgain = 50;

interface Waiter {
  holder: Evictable;
  /** Milliseconds. */
  since: number;
  admit(): void;
}

interface Server {
  /** Looks again for unused connections while somebody waits. */
  looking: NodeJS.Timeout | undefined;
  open: number;
  queue: Waiter[];
  holders: Set<Evictable>;
}

export class ServerLimit {
  readonly #max: () => number;
  readonly #servers = new Map<string, Server>();

  /** `max`: connections per server, at least 1; asked each time, so a changed setting counts at once. */
  constructor(max: () => number) {
    this.#max = max;
  }

  get max(): number {
    return Math.max(1, this.#max());
  }

  /** Connections to a server that are open or being opened. */
  open(server: string): number {
    return this.#servers.get(server)?.open ?? 0;
  }

  /** Requests that wait for a place at a server. */
  waiting(server: string): number {
    return this.#servers.get(server)?.queue.length ?? 0;
  }

  /** `holder` may be asked to make room from now on. */
  register(server: string, holder: Evictable): { dispose(): void } {
    const entry = this.#server(server);
    entry.holders.add(holder);
    return { dispose: () => entry.holders.delete(holder) };
  }

  /**
   * A place for one connection; call what comes back once when it has ended.
   * @param timeout milliseconds
   * @throws AppError tooBusy after the time-out, cancelled
   */
  async enter(server: string, holder: Evictable, timeout: number, signal?: AbortSignal): Promise<() => void> {
    if (signal?.aborted === true) throw cancelled(signal.reason);
    const entry = this.#server(server);
    if (entry.open < this.max && entry.queue.length === 0) entry.open++;
    else await this.#queue(entry, server, holder, timeout, signal);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      entry.open--;
      this.#next(entry);
    };
  }

  /** Whether somebody else than `holder` has waited for a place for so many milliseconds. */
  wants(server: string, holder: Evictable, patience: number): boolean {
    const now = performance.now();
    const queue = this.#servers.get(server)?.queue ?? [];
    return queue.some((waiter) => waiter.holder !== holder && now - waiter.since >= patience);
  }

  #queue(
    entry: Server,
    server: string,
    holder: Evictable,
    timeout: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        entry.queue = entry.queue.filter((other) => other !== waiter);
      };
      const waiter: Waiter = {
        holder,
        since: performance.now(),
        admit: () => {
          settle();
          entry.open++;
          resolve();
        },
      };
      const giveUp = (): void => {
        settle();
        reject(cancelled(signal?.reason));
      };
      const timer = setTimeout(() => {
        settle();
        reject(
          new AppError(
            'tooBusy',
            `All ${this.max} connections that may be open to ${server.replace(/:\d+$/, '')} are in use. Close a query editor or wait for a running statement; the setting passwordlessSql.maxConnectionsPerServer allows more.`,
            { remedies: [{ kind: 'retry' }] },
          ),
        );
      }, timeout);
      signal?.addEventListener('abort', giveUp, { once: true });
      entry.queue.push(waiter);
      this.#makeRoom(entry);
    });
  }

  /** A place that somebody keeps warm for later is worth less than one that is needed now. */
  #makeRoom(entry: Server): void {
    // Whoever waited may have been served meanwhile.
    if (entry.queue.length === 0) return;
    for (const holder of entry.holders) if (holder.evictIdle()) break;
    this.#next(entry);
    clearTimeout(entry.looking);
    if (entry.queue.length > 0) entry.looking = setTimeout(() => this.#makeRoom(entry), lookAgain);
  }

  #next(entry: Server): void {
    while (entry.open < this.max) {
      const [waiter] = entry.queue;
      if (waiter === undefined) return;
      waiter.admit();
    }
  }

  #server(server: string): Server {
    let entry = this.#servers.get(server);
    if (entry === undefined) {
      entry = { looking: undefined, open: 0, queue: [], holders: new Set() };
      this.#servers.set(server, entry);
    }
    return entry;
  }
}
