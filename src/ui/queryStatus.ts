// What is visible of a query editor outside its text: links above its batches, and its connection and open transaction in the status bar.
import * as vscode from 'vscode';
import { splitBatches } from '../core/batch.ts';
import { withoutIcons } from '../core/errorText.ts';
import { oneLine } from '../core/rowLabel.ts';
import type { QueryDocuments } from './queryDocuments.ts';
import { roomForName } from './statusBar.ts';

export function queryCodeLenses(documents: QueryDocuments): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  const provider: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses: (document) => lenses(documents, document),
  };
  return vscode.Disposable.from(
    changed,
    documents.onDidChange(() => changed.fire()),
    vscode.languages.registerCodeLensProvider({ language: 'sql' }, provider),
  );
}

function lenses(documents: QueryDocuments, document: vscode.TextDocument): vscode.CodeLens[] {
  const bound = documents.of(document);
  if (!bound) return [];
  const at = (line: number, title: string, command: string, ...args: unknown[]): vscode.CodeLens =>
    new vscode.CodeLens(new vscode.Range(line, 0, line, 0), { title, command, arguments: args });
  const top = bound.editor.running
    ? [at(0, `$(stop-circle) ${vscode.l10n.t('Cancel')}`, 'passwordlessSql.cancelQuery', document.uri)]
    : [at(0, `$(run-all) ${vscode.l10n.t('Run file')}`, 'passwordlessSql.runQueryFile', document.uri)];
  const name = bound.editor.profile.name;
  top.push(at(0, `$(database) ${name}`, 'passwordlessSql.changeQueryConnection', document.uri));
  if (bound.editor.running) return top;
  const batches = splitBatches(document.getText()).map((batch) =>
    at(
      batch.firstLine,
      batch.count === 1
        ? `$(play) ${vscode.l10n.t('Run batch')}`
        : `$(play) ${vscode.l10n.t('Run batch {0} times', batch.count)}`,
      'passwordlessSql.runQueryBatch',
      document.uri,
      batch.firstLine,
    ),
  );
  return [...top, ...batches];
}

export function queryStatusBar(documents: QueryDocuments): vscode.Disposable {
  const connection = vscode.window.createStatusBarItem(
    'queryConnection',
    vscode.StatusBarAlignment.Right,
    110,
  );
  connection.name = vscode.l10n.t('Connection of This Query');
  connection.command = 'passwordlessSql.changeQueryConnection';
  const transaction = vscode.window.createStatusBarItem(
    'queryTransaction',
    vscode.StatusBarAlignment.Right,
    111,
  );
  transaction.name = vscode.l10n.t('Open Transaction');
  transaction.command = 'passwordlessSql.endTransaction';
  transaction.backgroundColor = new vscode.ThemeColor('statusBarItem.warningBackground');
  const show = (): void => {
    const bound = documents.inFront();
    if (!bound) {
      connection.hide();
      transaction.hide();
      return;
    }
    const { profile, running, openTransactions } = bound.editor;
    connection.text = `${running ? '$(sync~spin)' : '$(database)'} ${withoutIcons(oneLine(profile.name, roomForName))}`;
    connection.tooltip = vscode.l10n.t(
      'This query runs on {0}, database {1}. Click to change it.',
      profile.server,
      profile.database,
    );
    connection.show();
    transaction.text =
      openTransactions === 1
        ? `$(warning) ${vscode.l10n.t('1 open transaction')}`
        : `$(warning) ${vscode.l10n.t('{0} open transactions', openTransactions)}`;
    transaction.tooltip = vscode.l10n.t(
      'This query holds locks until its transaction ends. Click to commit or roll back.',
    );
    if (openTransactions > 0) transaction.show();
    else transaction.hide();
  };
  show();
  return vscode.Disposable.from(
    connection,
    transaction,
    documents.onDidChange(show),
    vscode.window.onDidChangeActiveTextEditor(show),
  );
}
