// Commands of query editors: new, run, cancel, another connection, end a transaction, and the ready queries that find a user.
import * as vscode from 'vscode';
import { splitBatches, type Batch } from '../../core/batch.ts';
import { defaultTable } from '../../core/connection.ts';
import { AppError } from '../../core/errors.ts';
import type { Parameter } from '../../core/ports.ts';
import {
  containsPattern,
  findByIdScript,
  findByNameScript,
  idColumn,
  nameParameter,
} from '../../core/queryFindUser.ts';
import type { ConnectionService, SavedConnection } from '../../services/connectionService.ts';
import type { EndTransaction } from '../../services/queryEditor.ts';
import type { UserService } from '../../services/userService.ts';
import { chooseConnection } from '../prompt/chooseConnection.ts';
import { askChoice, askText } from '../prompt/steps.ts';
import type { QueryDocument, QueryDocuments } from '../queryDocuments.ts';
import { askValue } from '../queryParameters.ts';
import type { CommandContext, CommandTable } from '../register.ts';
import { textColumn } from '../resultsPlacement.ts';
import { targetOf } from '../tree/treeNode.ts';

export interface QueryCommandParts {
  documents: QueryDocuments;
  connections: ConnectionService;
  users: Pick<UserService, 'shape'>;
}

export function queryCommands(parts: QueryCommandParts): CommandTable {
  const { documents, connections } = parts;

  const open = async (connection: SavedConnection, content: string): Promise<QueryDocument> => {
    const text = await vscode.workspace.openTextDocument({ language: 'sql', content });
    const bound = await documents.bind(text, connection);
    await vscode.window.showTextDocument(text, { viewColumn: textColumn() });
    return bound;
  };

  /** The bound document, binding it to the active connection when it is not bound yet. */
  const bound = async (text: vscode.TextDocument): Promise<QueryDocument> =>
    documents.of(text) ?? documents.bind(text, await chooseConnection(connections, undefined));

  const runText = async (text: vscode.TextDocument, range: vscode.Range | undefined): Promise<void> => {
    const batches = shifted(splitBatches(text.getText(range)), range?.start.line ?? 0);
    if (batches.length === 0)
      throw new AppError('invalidInput', vscode.l10n.t('There is nothing to run here.'));
    await documents.run(await bound(text), batches);
  };

  const find = async (
    context: CommandContext,
    argument: unknown,
    how: (connection: SavedConnection) => Promise<{ script: string; parameters: readonly Parameter[] }>,
  ): Promise<void> => {
    const connection = await chooseConnection(connections, targetOf(argument));
    context.progress(vscode.l10n.t('Looking at the table…'));
    const { script, parameters } = await how(connection);
    const document = await open(connection, script);
    await documents.run(document, splitBatches(script), () => Promise.resolve(parameters));
  };

  const shapeOf = (context: CommandContext, connection: SavedConnection, argument: unknown) => {
    const table = targetOf(argument)?.table ?? connection.tables[0] ?? defaultTable;
    return parts.users.shape(connection, table, { signal: context.signal, gesture: true });
  };

  return {
    'passwordlessSql.newQuery': async (_context, argument) => {
      await open(await chooseConnection(connections, targetOf(argument)), '');
    },

    'passwordlessSql.runQuery': async () => {
      const editor = activeSqlEditor();
      await runText(editor.document, editor.selection.isEmpty ? undefined : editor.selection);
    },

    'passwordlessSql.runQueryFile': async (_context, argument) => {
      await runText(await sqlDocument(argument), undefined);
    },

    'passwordlessSql.runQueryBatch': async (_context, argument, firstLine) => {
      const text = await sqlDocument(argument);
      const line = typeof firstLine === 'number' ? firstLine : activeSqlEditor().selection.active.line;
      const batches = splitBatches(text.getText());
      const batch = batches.findLast((candidate) => candidate.line <= line) ?? batches[0];
      if (!batch) throw new AppError('invalidInput', vscode.l10n.t('There is nothing to run here.'));
      await documents.run(await bound(text), [batch]);
    },

    'passwordlessSql.cancelQuery': async (_context, argument) => {
      const document = argument instanceof vscode.Uri ? documents.of(await sqlDocument(argument)) : undefined;
      (document ?? documents.mostRecent())?.editor.cancel();
    },

    'passwordlessSql.changeQueryConnection': async (_context, argument) => {
      const text = await sqlDocument(argument);
      const before = documents.of(text);
      const connection = await chooseConnection(connections, undefined, { always: true });
      if (before?.editor.profile.id === connection.id) return;
      if (before && before.editor.openTransactions > 0) await endTransaction(before);
      await documents.bind(text, connection);
    },

    'passwordlessSql.endTransaction': async () => {
      const document = documents.mostRecent();
      if (document && document.editor.openTransactions > 0) await endTransaction(document);
    },

    'passwordlessSql.findUserById': (context, argument) =>
      find(context, argument, async (connection) => {
        const shape = await shapeOf(context, connection, argument);
        context.progress('');
        const { sqlType } = idColumn(shape);
        const place = { title: vscode.l10n.t('Find User by Id'), step: 1, totalSteps: 1 };
        const value = await askValue(place, { name: 'id', sqlType }, undefined);
        return { script: findByIdScript(shape), parameters: [{ name: 'id', value, sqlType }] };
      }),

    'passwordlessSql.findUserByName': (context, argument) =>
      find(context, argument, async (connection) => {
        const shape = await shapeOf(context, connection, argument);
        context.progress('');
        const script = findByNameScript(shape);
        const text = await askText(
          { title: vscode.l10n.t('Find User by Name'), step: 1, totalSteps: 1 },
          {
            prompt: vscode.l10n.t('Part of the name'),
            validate: (typed) =>
              containsPattern(typed).length > 4000 ? vscode.l10n.t('This is too long.') : undefined,
          },
        );
        return { script, parameters: [nameParameter(typeof text === 'string' ? text : '')] };
      }),
  };
}

/** Asks how and ends the open transaction. @throws AppError cancelled when the person wants neither */
async function endTransaction(document: QueryDocument): Promise<void> {
  const how = await askChoice<EndTransaction>(
    { title: vscode.l10n.t('Open Transaction of {0}', document.name), step: 1, totalSteps: 1 },
    {
      placeholder: vscode.l10n.t('How should it end?'),
      choices: [
        {
          label: vscode.l10n.t('Roll Back'),
          detail: vscode.l10n.t('Undoes every change since the transaction began.'),
          value: 'rollback',
        },
        {
          label: vscode.l10n.t('Commit'),
          detail: vscode.l10n.t('Makes its changes permanent.'),
          value: 'commit',
        },
      ],
    },
  );
  await document.editor.endTransaction(how);
}

/** Batches of a selection know their lines in the whole document. */
function shifted(batches: readonly Batch[], lines: number): Batch[] {
  return batches.map((batch) => ({ ...batch, line: batch.line + lines, firstLine: batch.firstLine + lines }));
}

function activeSqlEditor(): vscode.TextEditor {
  const editor = vscode.window.activeTextEditor;
  if (!editor || editor.document.languageId !== 'sql')
    throw new AppError('invalidInput', vscode.l10n.t('Open a query first: "New Query" opens one.'));
  return editor;
}

/** The document a CodeLens names, else the one in front. */
async function sqlDocument(argument: unknown): Promise<vscode.TextDocument> {
  return argument instanceof vscode.Uri
    ? vscode.workspace.openTextDocument(argument)
    : activeSqlEditor().document;
}
