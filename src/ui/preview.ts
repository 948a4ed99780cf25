// Texts that are only shown: read-only documents that never ask to be saved.
import * as vscode from 'vscode';
import { textColumn } from './resultsPlacement.ts';

const scheme = 'passwordlessSql-preview';

export class Previews implements vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #registration = vscode.workspace.registerTextDocumentContentProvider(scheme, {
    onDidChange: this.#changed.event,
    provideTextDocumentContent: (uri) => this.#texts.get(uri.path) ?? '',
  });

  /** Shows `text` in a tab called `title`, whose ending decides the language; a tab of that title is reused. */
  async show(title: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme, path: `/${title.replaceAll(/[\\/:*?"<>|]/g, ' ')}` });
    this.#texts.set(uri.path, text);
    this.#changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true, viewColumn: textColumn() });
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }
}
