// The two kinds of message between the results page and the extension: state to the page, intents to the host.
import type { Remedy } from './errors.ts';
import type { GridRange } from './gridSelection.ts';

export interface GridColumn {
  name: string;
  /** As T-SQL writes it. */
  sqlType: string;
  numeric: boolean;
}

export interface GridSet {
  /** Never reused within a panel. */
  id: number;
  columns: readonly GridColumn[];
  rowCount: number;
  complete: boolean;
  /** The batch was cancelled or failed while rows arrived. */
  partial: boolean;
}

export interface GridNote {
  kind: 'info' | 'error' | 'done';
  text: string;
  /** 0-based line of the document; absent when there is none to jump to. */
  line?: number;
}

export type RunPhase = 'idle' | 'running' | 'cancelling' | 'done' | 'cancelled' | 'failed';

export interface GridRun {
  /** Changes with every run: the page then forgets sets and notes of the one before. */
  run: number;
  phase: RunPhase;
  /** Milliseconds so far, or in the end. */
  elapsed: number;
  title: string;
  connection: string;
  openTransactions: number;
}

/** Rows of one set, exactly as asked for; `data` is a UTF-8 columnar JSON of (string | null)[][] in a buffer of its own. */
export interface GridWindow {
  /** Of the intent it answers. */
  request: number;
  set: number;
  start: number;
  count: number;
  data: ArrayBuffer;
}

export interface GridProblem {
  text: string;
  remedies: readonly { title: string; remedy: Remedy }[];
}

/** What changed; what is absent stays as it was. */
export interface GridState {
  run?: GridRun;
  sets?: readonly GridSet[];
  /** Appended to those the page has, in order. */
  notes?: readonly GridNote[];
  window?: GridWindow;
  /** null takes the banner away. */
  error?: GridProblem | null;
  /** Said to screen readers and shown for a moment. */
  notice?: string;
}

export interface ToPage {
  state: GridState;
}

export type GridIntent =
  /** The page listens from now on: send everything. */
  | { kind: 'ready' }
  | { kind: 'window'; request: number; set: number; start: number; count: number }
  | { kind: 'copy'; set: number; ranges: readonly GridRange[]; headers: boolean }
  | { kind: 'openCell'; set: number; row: number; column: number }
  | { kind: 'jump'; line: number }
  | { kind: 'show'; set: number }
  | { kind: 'export'; set: number }
  | { kind: 'cancel' }
  | { kind: 'runAgain' }
  | { kind: 'remedy'; remedy: Remedy }
  | { kind: 'dismissError' };

export interface ToHost {
  intent: GridIntent;
}
