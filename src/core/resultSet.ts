// A result set as the query editor holds it: column metadata in memory, rows in a store that may spill them to a file.
import type { Cell, ColumnMeta } from './ports.ts';

export type Row = readonly Cell[];

/**
 * Rows of one result set, in the order of arrival. Implemented in src/data (spilled to a temporary file), created through
 * `RowStores`. Cells come back exactly as they were appended, a Date with its `nanosecondsDelta` when the driver set one.
 */
export interface RowStore {
  /** Rows appended so far; they are readable as soon as `append` returned. */
  readonly count: number;
  /** Keeps the rows (the array is the store's from now on). A returned promise is back-pressure. @throws AppError when the disk is full */
  append(rows: readonly Row[]): void | Promise<void>;
  /** Rows `start` … `start + count - 1`, fewer at the end, none beyond it. Works while rows are still appended. @throws AppError invalidInput after `dispose` */
  window(start: number, count: number): Promise<readonly Row[]>;
  /** Gives the temporary file back. Idempotent; what is appended afterwards is dropped. */
  dispose(): Promise<void>;
}

/** Makes row stores; `createRowStores` of `src/data/main.ts` implements it. */
export interface RowStores {
  create(columns: readonly ColumnMeta[]): RowStore;
}

/** A Date of the driver: `nanosecondsDelta` is the part below a millisecond, in seconds (tedious). */
export interface DriverDate extends Date {
  nanosecondsDelta?: number;
}

/** One result set of one batch. */
export interface ResultSet {
  readonly columns: readonly ColumnMeta[];
  readonly rows: RowStore;
  /** False while rows may still arrive. */
  complete: boolean;
  /** The batch was cancelled or failed while rows were arriving: there may be more on the server. */
  partial: boolean;
}
