// The results of one query editor in a webview panel: sends state, carries intents out, keeps nothing of its own but what was sent.
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { AppError, isAppError, type Remedy } from '../core/errors.ts';
import { cellText, isNumeric } from '../core/gridCell.ts';
import { tsvHeader, tsvRows } from '../core/gridCopy.ts';
import {
  readToHost,
  type GridIntent,
  type GridProblem,
  type GridSet,
  type GridState,
  type ToPage,
} from '../core/gridMessages.ts';
import { GridOffers } from '../core/gridOffers.ts';
import { packWindow } from '../core/gridWindow.ts';
import type { Clock, Disposable, Log } from '../core/ports.ts';
import type { NumberedSet, QueryEditor } from '../services/queryEditor.ts';
import { isCancellation } from './errorBoundary.ts';
import type { QueryValues } from './queryValues.ts';
import { remedyTitle, type RunRemedy } from './remedies.ts';
import { resultsPage } from './resultsPage.ts';

export interface ResultsPanelParts {
  extensionUri: vscode.Uri;
  log: Log;
  runRemedy: RunRemedy;
  values: QueryValues;
  /** Runs what ran last once more. */
  runAgain: () => Promise<void>;
  jump: (line: number) => Promise<void>;
  exportSet: (set: NumberedSet) => Promise<void>;
}

/** The clipboard is held in memory several times over; what is larger belongs into a file. */
const copyLimit = 64 * 1024 * 1024;
const copyBlock = 500;
/** The page asks for what fits on a screen; nobody needs more at once. */
const windowLimit = 1000;
/** Intents that have a failure of their own, which the next one of them takes away. */
const begins: ReadonlySet<GridIntent['kind']> = new Set(['copy', 'openCell', 'export', 'jump']);

export class ResultsPanel implements vscode.Disposable {
  readonly #panel: vscode.WebviewPanel;
  readonly #editor: QueryEditor;
  readonly #parts: ResultsPanelParts;
  readonly #subscriptions: Disposable[] = [];
  #ready = false;
  #sentRun = 0;
  #sentNotes = 0;
  #sentSets = new Map<number, string>();
  #shownSet: number | undefined;
  /** Of an intent that failed; the run's own is the editor's. */
  #problem: unknown;
  #dismissed: unknown;
  readonly #offers = new GridOffers();
  #disposed = false;

  constructor(panel: vscode.WebviewPanel, editor: QueryEditor, parts: ResultsPanelParts) {
    this.#panel = panel;
    this.#editor = editor;
    this.#parts = parts;
    const media = vscode.Uri.joinPath(parts.extensionUri, 'dist', 'media');
    panel.webview.options = { enableScripts: true, localResourceRoots: [media] };
    this.#subscriptions.push(
      panel.webview.onDidReceiveMessage((message: unknown) => void this.#receive(message)),
      panel.onDidDispose(() => this.#end()),
      editor.onDidChange(() => this.#send()),
    );
    panel.webview.html = resultsPage({
      script: String(panel.webview.asWebviewUri(vscode.Uri.joinPath(media, 'results.js'))),
      style: String(panel.webview.asWebviewUri(vscode.Uri.joinPath(media, 'results.css'))),
      cspSource: panel.webview.cspSource,
      nonce: randomBytes(16).toString('hex'),
    });
  }

  get active(): boolean {
    // VS Code throws when a panel that was closed is asked.
    return !this.#disposed && this.#panel.active;
  }
  get disposed(): boolean {
    return this.#disposed;
  }
  get viewColumn(): vscode.ViewColumn | undefined {
    return this.#disposed ? undefined : this.#panel.viewColumn;
  }

  /** The set in front, else the first. @throws AppError invalidInput when there is none */
  frontSet(): NumberedSet {
    const sets = this.#editor.sets;
    const found = sets.find((set) => set.id === this.#shownSet) ?? sets[0];
    if (!found)
      throw new AppError(
        'invalidInput',
        vscode.l10n.t('There are no results to export. Run a query that returns rows.'),
      );
    return found;
  }

  /** Whether the results come to the front within so many milliseconds. */
  async activatedWithin(ms: number, clock: Pick<Clock, 'sleep'>): Promise<boolean> {
    if (this.#disposed) return false;
    let stop = (): void => undefined;
    const activated = new Promise<boolean>((resolve) => {
      const listening = this.#panel.onDidChangeViewState(({ webviewPanel }) => {
        if (webviewPanel.active) resolve(true);
      });
      stop = () => listening.dispose();
    });
    try {
      return await Promise.race([activated, clock.sleep(ms).then(() => false)]);
    } finally {
      stop();
    }
  }

  reveal(): void {
    this.#panel.reveal(undefined, true);
  }

  dispose(): void {
    this.#panel.dispose();
  }

  #end(): void {
    this.#disposed = true;
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #post(state: GridState): void {
    if (!this.#ready || this.#disposed) return;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a webview's has no such argument
    void this.#panel.webview.postMessage({ state } satisfies ToPage);
  }

  /** What changed since the last time. */
  #send(): void {
    if (!this.#ready) return;
    const editor = this.#editor;
    if (this.#sentRun !== editor.runNumber) {
      this.#sentRun = editor.runNumber;
      this.#sentNotes = 0;
      this.#sentSets.clear();
      this.#problem = undefined;
      this.#dismissed = undefined;
    }
    const notes = editor.notes.slice(this.#sentNotes);
    this.#sentNotes = editor.notes.length;
    const sets = editor.sets.filter((set) => this.#changed(set)).map(describeSet);
    this.#post({
      run: {
        run: editor.runNumber,
        phase: editor.phase,
        elapsed: editor.elapsed,
        title: this.#panel.title,
        connection: editor.profile.name,
        openTransactions: editor.openTransactions,
      },
      ...(sets.length > 0 ? { sets } : {}),
      ...(notes.length > 0 ? { notes } : {}),
      error: this.#banner(),
    });
  }

  #changed(set: NumberedSet): boolean {
    const now = `${set.rows.count} ${set.complete} ${set.partial}`;
    if (this.#sentSets.get(set.id) === now) return false;
    this.#sentSets.set(set.id, now);
    return true;
  }

  #banner(): GridProblem | null {
    const problem = this.#problem ?? this.#editor.problem;
    if (problem === undefined || problem === this.#dismissed) {
      this.#offers.clear();
      return null;
    }
    const { text, remedies } = describeProblem(problem);
    const banner = this.#offers.offer(problem, remedies);
    return { banner, text, remedies: remedies.map(remedyTitle) };
  }

  async #receive(message: unknown): Promise<void> {
    const intent = readToHost(message);
    if (!intent) {
      this.#parts.log.debug('A message of the results page was ignored: it is not an intent.');
      return;
    }
    try {
      if (begins.has(intent.kind)) this.#forgetProblem();
      await this.#carryOut(intent);
    } catch (error) {
      if (intent.kind === 'window') this.#answerWindow(intent, new ArrayBuffer(0));
      if (isCancellation(error)) return;
      if (!isAppError(error)) this.#parts.log.error('The results page could not be served', error);
      this.#problem = error;
      this.#post({ error: this.#banner() });
    }
  }

  /** What a person begins anew takes the trouble of the one before away. */
  #forgetProblem(): void {
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    this.#post({ error: this.#banner() });
  }

  async #carryOut(intent: GridIntent): Promise<void> {
    switch (intent.kind) {
      case 'ready':
        this.#ready = true;
        this.#sentNotes = 0;
        this.#sentSets.clear();
        return this.#send();
      case 'window':
        return this.#sendWindow(intent);
      case 'copy':
        return this.#copy(intent);
      case 'openCell':
        return this.#openCell(intent);
      case 'show':
        this.#shownSet = intent.set;
        return;
      case 'jump':
        return this.#parts.jump(intent.line);
      case 'export':
        return this.#parts.exportSet(this.#editor.set(intent.set));
      case 'cancel':
        return this.#editor.cancel();
      case 'runAgain':
        return this.#parts.runAgain();
      case 'remedy':
        return this.#runRemedy(intent.banner, intent.index);
      case 'dismissError':
        this.#dismissed = this.#problem ?? this.#editor.problem;
        return this.#post({ error: this.#banner() });
      default:
        return unknownIntent(intent);
    }
  }

  /** Only what the banner that is shown offered: the page must not be able to ask for anything else. */
  async #runRemedy(banner: number, index: number): Promise<void> {
    const remedy = this.#offers.find(banner, index);
    if (remedy) await this.#parts.runRemedy(remedy, this.#parts.runAgain);
    else this.#parts.log.debug('A remedy of the results page was ignored: it is not offered.');
  }

  async #sendWindow(intent: Extract<GridIntent, { kind: 'window' }>): Promise<void> {
    const set = this.#editor.set(intent.set);
    const rows = await set.rows.window(intent.start, Math.min(intent.count, windowLimit));
    this.#answerWindow({ ...intent, count: rows.length }, packWindow(rows, set.columns));
  }

  #answerWindow(intent: Extract<GridIntent, { kind: 'window' }>, data: ArrayBuffer): void {
    const { request, set, start } = intent;
    const count = data.byteLength === 0 ? 0 : intent.count;
    this.#post({ window: { request, set, start, count, data } });
  }

  async #copy({ set: id, ranges, headers }: Extract<GridIntent, { kind: 'copy' }>): Promise<void> {
    const set = this.#editor.set(id);
    const parts: string[] = [];
    let length = 0;
    let cells = 0;
    for (const { top, left, ...far } of ranges) {
      const bottom = Math.min(far.bottom, set.rows.count - 1);
      const right = Math.min(far.right, set.columns.length - 1);
      if (headers) parts.push(tsvHeader(set.columns.slice(left, right + 1)));
      for (let start = top; start <= bottom; start += copyBlock) {
        const rows = await set.rows.window(start, Math.min(copyBlock, bottom - start + 1));
        const text = tsvRows(rows, set.columns, left, right);
        parts.push(text);
        length += text.length;
        cells += rows.length * (right - left + 1);
        if (length > copyLimit)
          throw new AppError(
            'invalidInput',
            vscode.l10n.t('This is too much for the clipboard. Export it to a file instead.'),
          );
        await giveWay();
      }
    }
    await vscode.env.clipboard.writeText(parts.join('\n'));
    const notice =
      cells === 1
        ? vscode.l10n.t('Copied 1 cell.')
        : vscode.l10n.t('Copied {0} cells.', cells.toLocaleString('en-US'));
    this.#post({ notice });
  }

  async #openCell(intent: Extract<GridIntent, { kind: 'openCell' }>): Promise<void> {
    const set = this.#editor.set(intent.set);
    const [row] = await set.rows.window(intent.row, 1);
    const column = set.columns[intent.column];
    if (!row || !column) throw new AppError('invalidInput', vscode.l10n.t('This row is no longer there.'));
    await this.#parts.values.show(
      vscode.l10n.t('{0}, row {1}', column.name || vscode.l10n.t('value'), intent.row + 1),
      cellText(row[intent.column] ?? null, column) ?? 'NULL',
    );
  }
}

/** Lets everything else that waits in the extension host run. */
export function giveWay(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function describeSet(set: NumberedSet): GridSet {
  return {
    id: set.id,
    columns: set.columns.map((column) => ({
      name: column.name,
      sqlType: column.sqlType,
      numeric: isNumeric(column),
    })),
    rowCount: set.rows.count,
    complete: set.complete,
    partial: set.partial,
  };
}

function describeProblem(problem: unknown): { text: string; remedies: readonly Remedy[] } {
  if (isAppError(problem)) return { text: problem.message, remedies: problem.remedies };
  return {
    text: vscode.l10n.t('Something went wrong. The log has the details.'),
    remedies: [{ kind: 'showLog' }],
  };
}

function unknownIntent(intent: never): never {
  throw new Error(`unknown intent ${JSON.stringify(intent)}`);
}
