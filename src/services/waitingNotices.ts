// One notice for each connection that waits: opened, kept up to date and closed as the waiting goes.
import type { Clock, Disposable, Waiting } from '../core/ports.ts';
import type { ConnectionHealth } from './connectionHealth.ts';

/** A progress that people see. */
export interface Notice {
  report(waiting: Waiting, now: number): void;
  close(): void;
}

export interface WaitingNoticeParts {
  health: Pick<ConnectionHealth, 'waiting' | 'onDidChange'>;
  clock: Pick<Clock, 'now'>;
  /** Shows a notice: one that can be cancelled when `gesture`, else one that stays out of the way. */
  open(connectionId: string, gesture: boolean): Notice;
  /** Calls every second until it is disposed. */
  everySecond(call: () => void): Disposable;
}

export class WaitingNotices implements Disposable {
  readonly #parts: WaitingNoticeParts;
  readonly #open = new Map<string, { gesture: boolean; notice: Notice }>();
  readonly #subscription: Disposable;
  #seconds: Disposable | undefined;

  constructor(parts: WaitingNoticeParts) {
    this.#parts = parts;
    this.#subscription = parts.health.onDidChange(({ connectionId }) => this.#update(connectionId));
  }

  dispose(): void {
    this.#subscription.dispose();
    for (const id of this.#open.keys()) this.#close(id);
  }

  #update(id: string): void {
    const waiting = this.#parts.health.waiting(id);
    if (!waiting) return this.#close(id);
    const shown = this.#open.get(id);
    // Background work that somebody joins becomes theirs to cancel.
    if (shown && shown.gesture !== waiting.gesture) this.#close(id);
    let current = this.#open.get(id);
    if (!current) {
      current = { gesture: waiting.gesture, notice: this.#parts.open(id, waiting.gesture) };
      this.#open.set(id, current);
      this.#seconds ??= this.#parts.everySecond(() => this.#reportAll());
    }
    current.notice.report(waiting, this.#parts.clock.now());
  }

  #reportAll(): void {
    for (const [id, { notice }] of this.#open) {
      const waiting = this.#parts.health.waiting(id);
      if (waiting) notice.report(waiting, this.#parts.clock.now());
    }
  }

  #close(id: string): void {
    const shown = this.#open.get(id);
    if (!shown) return;
    this.#open.delete(id);
    shown.notice.close();
    if (this.#open.size > 0) return;
    this.#seconds?.dispose();
    this.#seconds = undefined;
  }
}
