// Which requests were carried out: the server's own count of a write, for tests that must know it was not done twice.
import type { ClientRequest } from '../contract.ts';
import type { Fault } from '../tds/faults.ts';
import { requestText } from './faultPlan.ts';

/** The last so many are remembered. */
const most = 5000;

export class RequestLog {
  readonly #texts: string[] = [];

  /** Called when a request is about to be carried out, or to suffer `fault`. */
  add(request: ClientRequest, fault: Fault | undefined): void {
    if (fault?.error !== undefined || fault?.dropBeforeReply !== undefined) return;
    this.#texts.push(requestText(request));
    if (this.#texts.length > most) this.#texts.shift();
  }

  /** How many requests that were carried out hold this text, in the batch, the procedure or a parameter. */
  count(text: string): number {
    return this.#texts.filter((one) => one.includes(text)).length;
  }
}
