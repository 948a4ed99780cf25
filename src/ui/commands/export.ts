// Commands that save a result set as CSV or JSON.
import * as path from 'node:path';
import * as vscode from 'vscode';
import { AppError } from '../../core/errors.ts';
import { withoutLinks } from '../../core/errorText.ts';
import { exportSet, type ExportFormat } from '../../services/exportService.ts';
import type { NumberedSet } from '../../services/queryEditor.ts';
import { askChoice } from '../prompt/steps.ts';
import type { QueryDocuments } from '../queryDocuments.ts';
import { openExportFile } from '../queryExportFile.ts';
import { withCommandProgress, type CommandContext, type CommandTable } from '../register.ts';
import { giveWay } from '../resultsPanel.ts';
import { textColumn } from '../resultsPlacement.ts';

export function exportCommands(documents: QueryDocuments): CommandTable {
  const front = (): NumberedSet => {
    const panel = documents.mostRecent()?.panel;
    if (!panel || panel.disposed)
      throw new AppError(
        'invalidInput',
        vscode.l10n.t('There are no results to export. Run a query that returns rows.'),
      );
    return panel.frontSet();
  };
  return {
    'passwordlessSql.exportResults': async (context) => {
      const set = front();
      await exportTo(context, set, await askFormat());
    },
    'passwordlessSql.exportResultsAsCsv': (context) => exportTo(context, front(), 'csv'),
    'passwordlessSql.exportResultsAsJson': (context) => exportTo(context, front(), 'json'),
  };
}

/** What the page's Export button does. @throws AppError cancelled */
export async function askAndExport(set: NumberedSet): Promise<void> {
  const format = await askFormat();
  await withCommandProgress((context) => exportTo(context, set, format));
}

function askFormat(): Promise<ExportFormat> {
  return askChoice<ExportFormat>(
    { title: vscode.l10n.t('Export Results'), step: 1, totalSteps: 1 },
    {
      placeholder: vscode.l10n.t('As what?'),
      choices: [
        {
          label: 'CSV',
          detail: vscode.l10n.t(
            'For spreadsheets: UTF-8 with byte order mark, NULL as an empty field. Values that look like formulas are kept as they are.',
          ),
          value: 'csv',
        },
        {
          label: 'JSON',
          detail: vscode.l10n.t(
            'For programs: an array of objects; bigint and decimal as text, so that no digit is lost.',
          ),
          value: 'json',
        },
      ],
    },
  );
}

async function exportTo(context: CommandContext, set: NumberedSet, format: ExportFormat): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const uri = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Export Results'),
    saveLabel: vscode.l10n.t('Export'),
    filters: format === 'csv' ? { CSV: ['csv'] } : { JSON: ['json'] },
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, `results.${format}`) } : {}),
  });
  if (!uri) return;
  const name = path.posix.basename(uri.path);
  context.progress(vscode.l10n.t('Exporting to {0}…', name));
  const total = set.rows.count;
  const rows = await exportSet(set, format, await openExportFile(uri), {
    signal: context.signal,
    onProgress: (done) =>
      context.progress(vscode.l10n.t('Exporting to {0}: {1} %', name, Math.floor((done / total) * 100))),
    giveWay,
  });
  context.progress('');
  const message =
    rows === 1
      ? vscode.l10n.t('Exported 1 row to {0}.', name)
      : vscode.l10n.t('Exported {0} rows to {1}.', rows.toLocaleString('en-US'), name);
  void offerToOpen(uri, message);
}

async function offerToOpen(uri: vscode.Uri, message: string): Promise<void> {
  const open = vscode.l10n.t('Open');
  if ((await vscode.window.showInformationMessage(withoutLinks(message), open)) === open)
    await vscode.window.showTextDocument(uri, { preview: true, viewColumn: textColumn() });
}
