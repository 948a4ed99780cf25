// Scripts of grants in read-only editors: what is about to run, what was done, and what would undo it, with links that do so.
import * as vscode from 'vscode';
import { textColumn } from './resultsPlacement.ts';

export const grantScheme = 'passwordless-sql-grant';
const previewKey = 'passwordlessSql.grantPreview';

/** What an editor of this scheme stands for. */
export type GrantDocument =
  | { kind: 'preview'; script: string; run: () => Promise<void> }
  | { kind: 'done'; script: string; undo: (() => Promise<void>) | undefined };

export class GrantDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #documents = new Map<string, GrantDocument>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscription: vscode.Disposable;
  #next = 1;

  constructor() {
    this.#subscription = vscode.Disposable.from(
      this.#changed,
      vscode.workspace.registerTextDocumentContentProvider(grantScheme, this),
      vscode.languages.registerCodeLensProvider(
        { scheme: grantScheme },
        {
          onDidChangeCodeLenses: this.#changed.event,
          provideCodeLenses: (document) => this.#lenses(document.uri),
        },
      ),
      vscode.window.onDidChangeActiveTextEditor(() => this.#showContext()),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#documents.delete(uri.toString())),
    );
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#documents.get(uri.toString())?.script ?? '';
  }

  async open(title: string, document: GrantDocument): Promise<vscode.Uri> {
    const name = title.replaceAll(/[/\\?#]/g, '_');
    const uri = vscode.Uri.from({ scheme: grantScheme, path: `/${name}.sql`, query: String(this.#next++) });
    this.#documents.set(uri.toString(), document);
    const text = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(text, { preview: false, viewColumn: textColumn() });
    this.#changed.fire();
    this.#showContext();
    return uri;
  }

  /** The script a command means: the one a link names, else the one in front. */
  find(argument: unknown): GrantDocument | undefined {
    const uri = argument instanceof vscode.Uri ? argument : vscode.window.activeTextEditor?.document.uri;
    return uri && this.#documents.get(uri.toString());
  }

  /** Closes the editors of a script that has been run, so that nobody runs it twice. */
  async close(document: GrantDocument): Promise<void> {
    const uris = [...this.#documents].filter(([, entry]) => entry === document).map(([uri]) => uri);
    const tabs = vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .filter((tab) => tab.input instanceof vscode.TabInputText && uris.includes(tab.input.uri.toString()));
    await vscode.window.tabGroups.close(tabs);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#documents.clear();
  }

  #lenses(uri: vscode.Uri): vscode.CodeLens[] {
    const document = this.#documents.get(uri.toString());
    if (!document) return [];
    const lens = (title: string, command: string): vscode.CodeLens =>
      new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), { title, command, arguments: [uri] });
    const copy = lens(`$(copy) ${vscode.l10n.t('Copy')}`, 'passwordlessSql.copyGrantScript');
    if (document.kind === 'preview')
      return [lens(`$(play) ${vscode.l10n.t('Run this script')}`, 'passwordlessSql.runGrant'), copy];
    if (!document.undo) return [copy];
    return [lens(`$(discard) ${vscode.l10n.t('Undo this grant…')}`, 'passwordlessSql.undoGrant'), copy];
  }

  #showContext(): void {
    const document = this.find(undefined);
    void vscode.commands.executeCommand('setContext', previewKey, document?.kind === 'preview');
  }
}
