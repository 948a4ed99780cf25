// Which editors are query editors: each bound document has its QueryEditor and, from its first run, its results panel.
import * as vscode from 'vscode';
import type { Batch } from '../core/batch.ts';
import type { ConnectionProfile } from '../core/connection.ts';
import { cancelled } from '../core/errors.ts';
import type { Log } from '../core/ports.ts';
import {
  QueryEditor,
  type AskParameters,
  type NumberedSet,
  type QueryEditorParts,
} from '../services/queryEditor.ts';
import { sameSession } from '../core/sessionLoss.ts';
import { closeQuery } from '../services/closeQuery.ts';
import type { ConnectionService } from '../services/connectionService.ts';
import type { ErrorBoundary } from './errorBoundary.ts';
import { askAboutRunning, askAboutTransaction } from './queryQuestions.ts';
import type { QueryValues } from './queryValues.ts';
import type { RunRemedy } from './remedies.ts';
import { ResultsPanel } from './resultsPanel.ts';
import { columnOf, ResultsPlacement } from './resultsPlacement.ts';

export interface QueryDocumentsParts extends QueryEditorParts {
  extensionUri: vscode.Uri;
  log: Log;
  boundary: ErrorBoundary;
  runRemedy: RunRemedy;
  values: QueryValues;
  askParameters: AskParameters;
  connections: Pick<ConnectionService, 'get'>;
  /** @throws AppError cancelled */
  chooseConnection: () => Promise<ConnectionProfile>;
  exportSet: (set: NumberedSet) => Promise<void>;
}

export class QueryDocument {
  uri: vscode.Uri;
  readonly editor: QueryEditor;
  panel: ResultsPanel | undefined;
  lastBatches: readonly Batch[] = [];
  /** The text as it was last seen, to open it again when closing it is taken back. */
  text = '';

  constructor(uri: vscode.Uri, editor: QueryEditor) {
    this.uri = uri;
    this.editor = editor;
  }

  get name(): string {
    return this.uri.path.split('/').at(-1) ?? this.uri.path;
  }
}

const boundKey = 'passwordlessSql.queryBound';
/** Times 50 ms that a file may take to open in place of the untitled query that was saved. */
const savedTurns = 10;
/** Milliseconds after a click within which VS Code has noticed that a webview has the focus: it looks now and then (webview's pre/index.html, trackFocus). */
const lateFocus = 500;
const runningKey = 'passwordlessSql.queryRunning';

export class QueryDocuments implements vscode.Disposable {
  readonly #parts: QueryDocumentsParts;
  readonly #placement: ResultsPlacement;
  readonly #documents = new Map<string, QueryDocument>();
  /** Their text was closed, and what becomes of a batch or a transaction is not answered yet. */
  readonly #closing = new Set<QueryDocument>();
  #disposed = false;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[];
  #shownContext = '';
  #lastRun: QueryDocument | undefined;
  /** Bindings, runs, cancels and transactions: whatever CodeLens and status bar show. */
  readonly onDidChange = this.#changed.event;

  constructor(parts: QueryDocumentsParts) {
    this.#parts = parts;
    this.#placement = new ResultsPlacement(parts.clock);
    this.#subscriptions = [
      this.#changed,
      vscode.window.onDidChangeActiveTextEditor(() => this.#showContext()),
      vscode.window.tabGroups.onDidChangeTabs((event) => {
        for (const tab of event.closed) this.#tabClosed(tab);
      }),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        const bound = this.of(document);
        const text = document.getText();
        // Closing without saving empties an untitled document first; what was there may be wanted again.
        if (bound && text !== '') bound.text = text;
      }),
    ];
  }

  of(document: vscode.TextDocument | undefined): QueryDocument | undefined {
    return document && this.#documents.get(document.uri.toString());
  }

  /** The query document of the editor or of the results panel in front. */
  inFront(): QueryDocument | undefined {
    const panel = [...this.#documents.values(), ...this.#closing].find((document) => document.panel?.active);
    return panel ?? this.of(vscode.window.activeTextEditor?.document);
  }

  /** The one in front, else the one that ran last and still shows its results. */
  mostRecent(): QueryDocument | undefined {
    const last = this.#lastRun;
    return this.inFront() ?? (last?.panel && !last.panel.disposed ? last : undefined);
  }

  /** Makes a document a query editor of a connection, or gives it another one. @throws AppError tooBusy while it runs */
  async bind(document: vscode.TextDocument, profile: ConnectionProfile): Promise<QueryDocument> {
    const key = document.uri.toString();
    let bound = this.#documents.get(key);
    if (bound) {
      await bound.editor.rebind(profile);
    } else {
      bound = new QueryDocument(document.uri, new QueryEditor(this.#parts, profile));
      const { editor } = bound;
      let shown = '';
      editor.onDidChange(() => {
        // Not for every block of rows: CodeLens would never come to rest.
        const now = `${editor.running} ${editor.profile.name} ${editor.openTransactions}`;
        if (now === shown) return;
        shown = now;
        this.#showContext();
        this.#changed.fire();
      });
      this.#documents.set(key, bound);
    }
    bound.text = document.getText();
    this.#showContext();
    this.#changed.fire();
    return bound;
  }

  /** Runs batches in a document's session and shows the results; `parameters` answers instead of asking. */
  async run(
    document: QueryDocument,
    batches: readonly Batch[],
    ask = this.#parts.askParameters,
  ): Promise<void> {
    if (!document.editor.running) {
      await this.#refreshProfile(document);
      document.lastBatches = batches;
      this.#lastRun = document;
      await this.#showPanel(document);
    }
    await document.editor.run(batches, ask);
  }

  /** The connection may have been edited or removed since the last run. @throws AppError cancelled */
  async #refreshProfile(document: QueryDocument): Promise<void> {
    const { editor } = document;
    const now = this.#parts.connections.get(editor.profile.id);
    if (now && sameSession(now, editor.profile)) return editor.refresh(now);
    if (editor.openTransactions > 0) {
      const how = await askAboutTransaction(
        vscode.l10n.t('The connection of {0} was changed while a transaction is open.', document.name),
        vscode.l10n.t(
          'The next run needs a new session. To keep the transaction open, cancel and do not run.',
        ),
        undefined,
      );
      if (how === 'keep') throw cancelled();
      await editor.endTransaction(how);
    }
    await editor.refresh(now ?? (await this.#parts.chooseConnection()));
  }

  dispose(): void {
    this.#disposed = true;
    vscode.Disposable.from(...this.#subscriptions).dispose();
    for (const document of [...this.#documents.values(), ...this.#closing]) {
      document.panel?.dispose();
      void document.editor.dispose();
    }
    this.#documents.clear();
    this.#closing.clear();
  }

  async #showPanel(document: QueryDocument): Promise<void> {
    if (document.panel && !document.panel.disposed) {
      document.panel.reveal();
      return;
    }
    const title = vscode.l10n.t('Results: {0}', document.name);
    const panel = await this.#placement.open(title, document.uri, (column) => this.#resultsColumn(column));
    document.panel = new ResultsPanel(panel, document.editor, {
      ...this.#parts,
      runAgain: () => this.run(document, document.lastBatches),
      jump: (line) => this.jump(document, line),
    });
  }

  /** Where queries of a group have their results already. */
  #resultsColumn(column: vscode.ViewColumn | undefined): vscode.ViewColumn | undefined {
    const documents = [...this.#documents.values()];
    return documents.find(({ uri, panel }) => panel && !panel.disposed && columnOf(uri) === column)?.panel
      ?.viewColumn;
  }

  /**
   * Puts the cursor into a line, and the keys with it. The line is not selected: a selection is what runs next, and a single line
   * of a batch does something else than the batch, or leaves a transaction open.
   */
  async jump(document: QueryDocument, line: number): Promise<void> {
    const open = vscode.window.visibleTextEditors.find(
      (shown) => shown.document.uri.toString() === document.uri.toString(),
    );
    const text = await vscode.workspace.openTextDocument(document.uri);
    const { firstNonWhitespaceCharacterIndex: column } = text.lineAt(Math.min(line, text.lineCount - 1));
    const place = new vscode.Position(Math.min(line, text.lineCount - 1), column);
    const show = async (): Promise<void> => {
      const editor = await vscode.window.showTextDocument(text, {
        ...(open?.viewColumn === undefined ? {} : { viewColumn: open.viewColumn }),
        selection: new vscode.Range(place, place),
      });
      editor.revealRange(editor.selection, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    };
    await show();
    // The click on the line gave the results the focus, and VS Code may learn of that only now.
    if (await document.panel?.activatedWithin(lateFocus, this.#parts.clock)) await show();
  }

  #tabClosed(tab: vscode.Tab): void {
    if (!(tab.input instanceof vscode.TabInputText)) return;
    const uri = tab.input.uri.toString();
    const bound = this.#documents.get(uri);
    const elsewhere = vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .some((other) => other.input instanceof vscode.TabInputText && other.input.uri.toString() === uri);
    if (!bound || elsewhere) return;
    // At once: the next new query may get the same untitled name.
    this.#documents.delete(uri);
    this.#closing.add(bound);
    void this.#parts.boundary.run(async () => {
      try {
        if (!(await this.#savedAsFile(bound))) await this.#closed(bound);
      } finally {
        this.#closing.delete(bound);
      }
    });
  }

  /** Saving an untitled query closes it and then opens the file: the session goes with the text. */
  async #savedAsFile(bound: QueryDocument): Promise<boolean> {
    if (bound.uri.scheme !== 'untitled' || bound.text === '') return false;
    for (let turn = 0; turn < savedTurns; turn++) {
      const saved = vscode.window.visibleTextEditors
        .map((editor) => editor.document)
        .find(
          (document) =>
            document.uri.scheme === 'file' && !this.of(document) && document.getText() === bound.text,
        );
      if (saved) {
        bound.uri = saved.uri;
        this.#documents.set(saved.uri.toString(), bound);
        this.#showContext();
        this.#changed.fire();
        return true;
      }
      await this.#parts.clock.sleep(50);
    }
    return false;
  }

  /** VS Code tells of a closed tab, it does not ask: what goes on in the session is asked about right afterwards. */
  async #closed(document: QueryDocument): Promise<void> {
    let over = false;
    try {
      over = await closeQuery(document.editor, {
        running: () => askAboutRunning(document.name),
        transaction: () =>
          askAboutTransaction(
            vscode.l10n.t('The query {0} was closed while a transaction is open.', document.name),
            vscode.l10n.t(
              'Keep opens the query again with its transaction, which goes on holding its locks.',
            ),
            vscode.l10n.t('Keep the Query Open'),
          ),
      });
    } finally {
      // What was asked for did not happen, or was not wanted: the query is not over.
      if (!over && !this.#disposed) await this.#reopen(document);
    }
    if (!over || this.#disposed) return;
    document.panel?.dispose();
    this.#showContext();
    this.#changed.fire();
  }

  async #reopen(document: QueryDocument): Promise<void> {
    const text = await this.#textAgain(document);
    document.uri = text.uri;
    this.#documents.set(text.uri.toString(), document);
    // Closing the only text of its group has moved the results there, and they must not be covered.
    if (document.panel?.viewColumn === vscode.ViewColumn.One) {
      await vscode.commands.executeCommand('workbench.action.focusFirstEditorGroup');
      await vscode.commands.executeCommand('workbench.action.newGroupAbove');
    }
    // By its number: which group is the active one may change meanwhile, when the results take the focus back.
    const show = () => vscode.window.showTextDocument(text, { viewColumn: vscode.ViewColumn.One });
    await show();
    this.#showContext();
    this.#changed.fire();
    // The question gives the focus back to what had it, the results, and VS Code may learn of that only now.
    if (await document.panel?.activatedWithin(lateFocus, this.#parts.clock)) await show();
  }

  /** The file, or its text without one when there is none, when it is gone, or when another query has it by now. */
  async #textAgain({ uri, text }: QueryDocument): Promise<vscode.TextDocument> {
    if (uri.scheme !== 'untitled' && !this.#documents.has(uri.toString())) {
      try {
        return await vscode.workspace.openTextDocument(uri);
      } catch {
        this.#parts.log.debug('The file of a closed query is gone: its text opens without a name.');
      }
    }
    return vscode.workspace.openTextDocument({ language: 'sql', content: text });
  }

  #showContext(): void {
    const active = vscode.window.activeTextEditor?.document;
    // While the results have the focus the keys stay as they are: setting a context takes a moment, and coming back is quick.
    if (!active) return;
    const document = this.of(active);
    const running = document?.editor.running ?? false;
    const shown = `${document !== undefined} ${running}`;
    if (shown === this.#shownContext) return;
    this.#shownContext = shown;
    void vscode.commands.executeCommand('setContext', boundKey, document !== undefined);
    void vscode.commands.executeCommand('setContext', runningKey, running);
  }
}
