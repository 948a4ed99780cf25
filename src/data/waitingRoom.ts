// Where requests wait for a database that is not there for the moment: together, seen by people, and given up by them.
import type { AppError } from '../core/errors.ts';
import type { Clock, Waiting } from '../core/ports.ts';
import { waitBefore } from '../core/retryPolicy.ts';
import { abortable } from './abortable.ts';

/** What one request waited so far. */
export interface Wait {
  /** When it first failed in a way that passes by itself; milliseconds since the epoch. */
  failingSince: number | undefined;
  /** How often it waited: the database may be there for a login each time, and too busy for the statement. */
  waits: number;
  /** It counts among those who wait. */
  waiting: boolean;
}

export const noWait = (): Wait => ({ failingSince: undefined, waits: 0, waiting: false });

/** The database is not there for the moment. */
interface Trouble {
  since: number;
  waits: number;
  /** Ends when it is tried again. */
  sleeping: Promise<void> | undefined;
  /** Who waits sees this. */
  told: Waiting | undefined;
}

export class WaitingRoom {
  readonly #connectionId: string;
  readonly #clock: Clock;
  readonly #tell: (waiting: Waiting | undefined) => void;
  #trouble: Trouble | undefined;
  /** Requests that wait, or have waited and try again. */
  #waiters = 0;
  /** Aborting it ends their waiting. */
  #stop = new AbortController();

  constructor(connectionId: string, clock: Clock, tell: (waiting: Waiting | undefined) => void) {
    this.#connectionId = connectionId;
    this.#clock = clock;
    this.#tell = tell;
  }

  /**
   * Whoever comes while others wait for the database waits with them; background work that somebody joins with a `gesture` becomes
   * theirs to cancel. What comes back ends this request's attempt: its own signal, and giving up for all once it is among those who wait.
   * @throws AppError cancelled
   */
  enter(
    wait: Wait,
    signal: AbortSignal | undefined,
    gesture: boolean,
  ): AbortSignal | undefined | Promise<AbortSignal> {
    if (this.#trouble !== undefined) this.#join(wait);
    const told = this.#trouble?.told;
    if (gesture && told !== undefined && !told.gesture) this.#say({ ...told, gesture });
    if (!wait.waiting) return signal;
    const both = signal === undefined ? this.#stop.signal : AbortSignal.any([this.#stop.signal, signal]);
    const sleeping = this.#trouble?.sleeping;
    return sleeping === undefined ? both : abortable(sleeping, both).then(() => both);
  }

  /** Prepares the wait after a failure; false when it is not worth one, or has lasted too long. Milliseconds else. */
  after(failure: AppError, wait: Wait, gesture: boolean): number | false {
    const now = this.#clock.now();
    const since = wait.failingSince ?? now;
    const waits = Math.max(this.#trouble?.waits ?? 0, wait.waits);
    const next = waitBefore(failure, waits, now - since);
    if (next === undefined) return false;
    this.#join(wait);
    wait.waits = waits + 1;
    if (this.#trouble?.sleeping !== undefined) return next.ms;
    const trouble = (this.#trouble ??= { since, waits: 0, sleeping: undefined, told: undefined });
    trouble.waits = wait.waits;
    this.#say({
      connectionId: this.#connectionId,
      reason: next.reason,
      since: trouble.since,
      until: now + next.ms,
      attempt: trouble.waits,
      gesture: gesture || trouble.told?.gesture === true,
    });
    trouble.sleeping = this.#sleep(trouble, next.ms);
    // Nobody may be there any more to hear that it was given up.
    trouble.sleeping.catch(() => undefined);
    return next.ms;
  }

  /** The database is there again: nobody who comes now has to wait. */
  over(): void {
    this.#trouble = undefined;
  }

  /** A request is done, in whatever way. */
  leave(wait: Wait): void {
    if (!wait.waiting) return;
    wait.waiting = false;
    if (--this.#waiters > 0) return;
    this.#trouble = undefined;
    this.#tell(undefined);
  }

  /** Ends all waiting. */
  cancel(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
  }

  #say(waiting: Waiting): void {
    if (this.#trouble !== undefined) this.#trouble.told = waiting;
    this.#tell(waiting);
  }

  /** The wait is everybody's: one caller's giving up does not end it, giving up for all does. */
  async #sleep(trouble: { sleeping: Promise<void> | undefined }, ms: number): Promise<void> {
    try {
      await this.#clock.sleep(ms, this.#stop.signal);
    } finally {
      trouble.sleeping = undefined;
    }
  }

  #join(wait: Wait): void {
    wait.failingSince ??= this.#clock.now();
    if (wait.waiting) return;
    wait.waiting = true;
    this.#waiters++;
  }
}
