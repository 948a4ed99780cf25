// The two kinds of message between the results page and the extension: state to the page, intents to the host.
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
  /** Its number: what the page asks for is what this banner offered, never another one's. */
  banner: number;
  text: string;
  /** Titles of the buttons. The remedies themselves stay in the host: the page only says which one. */
  remedies: readonly string[];
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
  /** Said to screen readers. */
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
  | { kind: 'remedy'; banner: number; index: number }
  | { kind: 'dismissError' };

export interface ToHost {
  intent: GridIntent;
}

/** Nobody selects so many ranges by hand. */
const rangeLimit = 10_000;

/** What the page sent, when it is an intent as it should be; a webview's messages can be anything. */
export function readToHost(message: unknown): GridIntent | undefined {
  const intent = field(message, 'intent');
  const count = (name: string): number | undefined => wholeNumber(field(intent, name));
  const kind = field(intent, 'kind');
  switch (kind) {
    case 'ready':
    case 'cancel':
    case 'runAgain':
    case 'dismissError':
      return { kind };
    case 'show':
    case 'export': {
      const set = count('set');
      return set === undefined ? undefined : { kind, set };
    }
    case 'jump': {
      const line = count('line');
      return line === undefined ? undefined : { kind, line };
    }
    case 'remedy': {
      const [banner, index] = [count('banner'), count('index')];
      return banner === undefined || index === undefined ? undefined : { kind, banner, index };
    }
    case 'openCell': {
      const [set, row, column] = [count('set'), count('row'), count('column')];
      return set === undefined || row === undefined || column === undefined
        ? undefined
        : { kind, set, row, column };
    }
    case 'window': {
      const [request, set, start, rows] = [count('request'), count('set'), count('start'), count('count')];
      return request === undefined || set === undefined || start === undefined || rows === undefined
        ? undefined
        : { kind, request, set, start, count: rows };
    }
    case 'copy': {
      const set = count('set');
      const ranges = readRanges(field(intent, 'ranges'));
      const headers = field(intent, 'headers');
      return set === undefined || ranges === undefined || typeof headers !== 'boolean'
        ? undefined
        : { kind, set, ranges, headers };
    }
    default:
      return undefined;
  }
}

function readRanges(value: unknown): GridRange[] | undefined {
  if (!Array.isArray(value) || value.length > rangeLimit) return undefined;
  const ranges: GridRange[] = [];
  for (const range of value as unknown[]) {
    const corner = (name: string): number | undefined => wholeNumber(field(range, name));
    const [top, left, bottom, right] = [corner('top'), corner('left'), corner('bottom'), corner('right')];
    if (top === undefined || left === undefined || bottom === undefined || right === undefined)
      return undefined;
    if (top > bottom || left > right) return undefined;
    ranges.push({ top, left, bottom, right });
  }
  return ranges;
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function wholeNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
