// Whole values of cells in read-only editors: the grid cuts long ones.
import * as vscode from 'vscode';
import { valueLanguage } from '../core/valueLanguage.ts';

export const valueScheme = 'passwordless-sql-value';
/** Texts kept for editors that may still be open. */
const kept = 20;

export class QueryValues implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #registration: vscode.Disposable;
  #next = 1;

  constructor() {
    this.#registration = vscode.workspace.registerTextDocumentContentProvider(valueScheme, this);
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.query) ?? '';
  }

  /** Opens a text beside the results, coloured as JSON or XML when it looks like it. */
  async show(title: string, text: string, options: { language?: string } = {}): Promise<void> {
    const id = String(this.#next++);
    this.#texts.set(id, text);
    for (const old of [...this.#texts.keys()].slice(0, -kept)) this.#texts.delete(old);
    const name = title.replaceAll(/[/\\?#]/g, '_');
    const uri = vscode.Uri.from({ scheme: valueScheme, path: `/${name}`, query: id });
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.languages.setTextDocumentLanguage(document, options.language ?? valueLanguage(text));
    await vscode.window.showTextDocument(document, { preview: true });
  }

  dispose(): void {
    this.#registration.dispose();
    this.#texts.clear();
  }
}
