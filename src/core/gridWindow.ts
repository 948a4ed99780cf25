// Windows of rows on their way to the page: how they are packed, and which of those asked for are still worth fetching.
import { cellText, type CellColumn } from './gridCell.ts';
import type { Row } from './resultSet.ts';

/** Longer texts are cut in the grid (not on the clipboard, in exports or in the value view). */
export const gridTextLimit = 400;

/** Columns of texts as UTF-8 JSON in a buffer of exactly its size: a view over a pooled buffer would ship the whole pool. */
export function packWindow(rows: readonly Row[], columns: readonly CellColumn[]): ArrayBuffer {
  const data = columns.map((column, index) =>
    rows.map((row) => gridText(cellText(row[index] ?? null, column))),
  );
  const bytes = new TextEncoder().encode(JSON.stringify(data));
  const exact = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(exact).set(bytes);
  return exact;
}

/** The other end of `packWindow`: texts by column, null for NULL. */
export function unpackWindow(data: ArrayBuffer): (string | null)[][] {
  return JSON.parse(new TextDecoder().decode(data)) as (string | null)[][];
}

function gridText(text: string | null): string | null {
  if (text === null || text.length <= gridTextLimit) return text;
  // A cut in the middle of a surrogate pair would show a replacement character.
  const cut = text.slice(0, gridTextLimit).replace(/[\uD800-\uDBFF]$/, '');
  return `${cut}…`;
}

export interface WindowRequest {
  request: number;
  set: number;
  start: number;
  count: number;
}

/**
 * Asks for windows: at most `limit` under way, the newest first. One that waits is dropped when a newer one is asked for,
 * because the grid shows one window at a time; its answer, were it to come, would not be drawn.
 */
export class WindowQueue {
  readonly #send: (request: WindowRequest) => void;
  readonly #limit: number;
  readonly #underWay = new Set<number>();
  #waiting: WindowRequest | undefined;
  #next = 1;

  constructor(send: (request: WindowRequest) => void, limit = 2) {
    this.#send = send;
    this.#limit = limit;
  }

  /** Returns the request's number. */
  ask(set: number, start: number, count: number): number {
    const request = { request: this.#next++, set, start, count };
    if (this.#underWay.size < this.#limit) this.#start(request);
    else this.#waiting = request;
    return request.request;
  }

  /** An answer came, good or bad. */
  answered(request: number): void {
    this.#underWay.delete(request);
    const waiting = this.#waiting;
    if (!waiting || this.#underWay.size >= this.#limit) return;
    this.#waiting = undefined;
    this.#start(waiting);
  }

  /** A new run: whatever is under way no longer matters. */
  clear(): void {
    this.#underWay.clear();
    this.#waiting = undefined;
  }

  #start(request: WindowRequest): void {
    this.#underWay.add(request.request);
    this.#send(request);
  }
}
