// The remedies that the banner of a results page offers: the page says which one, only what is offered now can be had.
import type { Remedy } from './errors.ts';

export class GridOffers {
  #problem: unknown;
  #banner = 0;
  #remedies: readonly Remedy[] = [];

  /** Offers the remedies of a problem in place of those before; the same problem keeps its number. */
  offer(problem: unknown, remedies: readonly Remedy[]): number {
    if (problem !== this.#problem || this.#remedies.length !== remedies.length) this.#banner++;
    this.#problem = problem;
    this.#remedies = remedies;
    return this.#banner;
  }

  /** Nothing is offered any more. */
  clear(): void {
    this.#problem = undefined;
    this.#remedies = [];
  }

  /** undefined when that banner is gone or never offered it. */
  find(banner: number, index: number): Remedy | undefined {
    return banner === this.#banner ? this.#remedies[index] : undefined;
  }
}
