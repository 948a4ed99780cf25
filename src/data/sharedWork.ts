// Work that several wait for: it goes on while anybody does, and ends when the last one gives up.
import { abortable } from './abortable.ts';

export class SharedWork<T> {
  readonly #stop = new AbortController();
  readonly #result: Promise<T>;
  readonly #over: () => void;
  #waiting = 0;

  /** `over` is called once it is done, or once nobody may join it any more because everybody gave up. */
  constructor(work: (signal: AbortSignal) => Promise<T>, over: () => void) {
    this.#over = over;
    this.#result = work(this.#stop.signal).finally(over);
  }

  /** @throws what the work throws; AppError cancelled as soon as the signal aborts */
  async join(signal?: AbortSignal): Promise<T> {
    this.#waiting++;
    try {
      return await abortable(this.#result, signal);
    } finally {
      if (--this.#waiting === 0 && signal?.aborted === true) {
        // Nobody hears any more how it ends.
        this.#result.catch(() => undefined);
        this.#over();
        this.abort();
      }
    }
  }

  /** Tells the work that nobody wants its result. */
  abort(): void {
    this.#stop.abort();
  }
}
