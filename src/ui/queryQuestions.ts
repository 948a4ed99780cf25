// What a person is asked before a running batch or an open transaction of a query is ended.
import * as vscode from 'vscode';
import { withoutLinks } from '../core/errorText.ts';
import type { EndTransaction } from '../services/queryEditor.ts';

/** Not answering keeps the query. */
export async function askAboutRunning(name: string): Promise<'wait' | 'cancel' | 'keep'> {
  const keep = inPlaceOfCancel(vscode.l10n.t('Keep the Query Open'));
  const wait = { title: vscode.l10n.t('Let It Finish') };
  const cancel = { title: vscode.l10n.t('Cancel and Roll Back') };
  const chosen = await vscode.window.showWarningMessage<vscode.MessageItem>(
    withoutLinks(vscode.l10n.t('The query {0} was closed while it is running.', name)),
    {
      modal: true,
      detail: vscode.l10n.t(
        'It goes on running until you answer. Let it finish closes it afterwards. Cancel stops it and undoes what it has not committed. Keep opens the query again.',
      ),
    },
    keep,
    wait,
    cancel,
  );
  if (chosen === wait) return 'wait';
  return chosen === cancel ? 'cancel' : 'keep';
}

/** `detail` says what not answering means; `keep` is the button for it, in place of the dialog's own. */
export async function askAboutTransaction(
  message: string,
  detail: string,
  keep: string | undefined,
): Promise<EndTransaction | 'keep'> {
  const commit = { title: vscode.l10n.t('Commit') };
  const rollBack = { title: vscode.l10n.t('Roll Back') };
  const how = vscode.l10n.t('Commit makes its changes permanent. Roll back undoes them.');
  const chosen = await vscode.window.showWarningMessage<vscode.MessageItem>(
    withoutLinks(message),
    { modal: true, detail: `${how} ${detail}` },
    ...(keep === undefined ? [] : [inPlaceOfCancel(keep)]),
    rollBack,
    commit,
  );
  if (chosen === commit) return 'commit';
  return chosen === rollBack ? 'rollback' : 'keep';
}

/** The dialog's own Cancel beside it would leave open what is cancelled: the question, the closing or the query. */
function inPlaceOfCancel(title: string): vscode.MessageItem {
  return { title, isCloseAffordance: true };
}
