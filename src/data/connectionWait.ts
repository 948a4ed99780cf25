// One request's wait for a connection of a pool: ended by the connection, by giving up, by the end of the pool, or by its patience.
import { cancelled, type AppError } from '../core/errors.ts';

/** Tells a waiting request that there will be no connection. */
export type Turnaway = (failure: unknown) => void;

export interface ConnectionWait<T> {
  /** `onQueue` is called when there is none free and none can be made. */
  acquire(onQueue: () => void): Promise<T>;
  /** A connection that comes after the request gave up. */
  unwanted(late: T): void;
  /** Who waits at the moment. */
  waiting: Set<Turnaway>;
  /** Milliseconds. */
  patience: number;
  /** What to say when the patience is over; undefined to go on, because some are still being made. */
  overdue(): AppError | undefined;
  signal: AbortSignal | undefined;
}

/** @throws AppError what `acquire` throws, what it is turned away with, cancelled */
export function waitForConnection<T>(wait: ConnectionWait<T>): Promise<T> {
  const { waiting, signal } = wait;
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let isOpen = true;
    const settle = (): void => {
      isOpen = false;
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      waiting.delete(turnAway);
    };
    const turnAway: Turnaway = (failure) => {
      if (!isOpen) return;
      settle();
      reject(failure);
    };
    const giveUp = (): void => turnAway(cancelled(signal?.reason));
    const watch = (): void => {
      if (!isOpen) return;
      timer = setTimeout(() => {
        const failure = wait.overdue();
        if (failure === undefined) watch();
        else turnAway(failure);
      }, wait.patience);
    };
    const take = (connection: T): void => {
      if (!isOpen) return wait.unwanted(connection);
      settle();
      resolve(connection);
    };
    if (signal?.aborted === true) return giveUp();
    waiting.add(turnAway);
    signal?.addEventListener('abort', giveUp, { once: true });
    wait.acquire(watch).then(take, turnAway);
  });
}
