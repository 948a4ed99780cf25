// Commands about users: insert, edit, delete and copy rows.
import * as vscode from 'vscode';
import type { TableName } from '../../core/connection.ts';
import { AppError, isAppError } from '../../core/errors.ts';
import type { ErrorCode } from '../../core/errors.ts';
import { withoutLinks } from '../../core/errorText.ts';
import { quoteTable } from '../../core/names.ts';
import { cellText, oneLine, rowIdentity, rowJson, rowLabel } from '../../core/rowLabel.ts';
import type { UserRow } from '../../core/rowPage.ts';
import type { TableShape } from '../../core/tableShape.ts';
import type { ConnectionService, SavedConnection } from '../../services/connectionService.ts';
import type { UserService } from '../../services/userService.ts';
import { chooseConnection } from '../prompt/chooseConnection.ts';
import { chooseTable } from '../prompt/chooseTable.ts';
import { askRow, draftValues } from '../prompt/rowDraft.ts';
import type { RowDraft, RowProblem } from '../prompt/rowDraft.ts';
import { askChoice } from '../prompt/steps.ts';
import type { CommandContext, CommandTable } from '../register.ts';
import { targetOf } from '../tree/treeNode.ts';

export interface UserCommandParts {
  connections: ConnectionService;
  users: UserService;
  /** Shows a row in the tree and selects it. */
  reveal(connectionId: string, shape: TableShape, row: UserRow): Promise<void>;
}

/** The server did not like a value: worth asking again with what was typed. */
const askAgain: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'valueTooLong',
  'valueInvalid',
  'constraintViolated',
  'duplicateKey',
  'sqlError',
]);

export function userCommands(parts: UserCommandParts): CommandTable {
  const { connections, users } = parts;
  /** What was typed for rows that were not written yet, by connection and table. Memory only. */
  const drafts = new Map<string, RowDraft>();

  const rowOf = async (context: CommandContext, argument: unknown) => {
    const target = targetOf(argument);
    if (!target?.table || !target.row)
      throw new AppError('invalidInput', vscode.l10n.t('Choose a row in the tree first.'));
    const connection = connections.require(target.connectionId);
    const shape = await shapeOf(context, connection, target.table);
    return { connection, table: target.table, row: target.row, shape };
  };

  const shapeOf = async (context: CommandContext, connection: SavedConnection, table: TableName) => {
    context.progress(vscode.l10n.t('Reading the columns of {0}…', table.name));
    try {
      return await users.shape(connection, table, { signal: context.signal, gesture: true });
    } finally {
      context.progress('');
    }
  };

  /** Asks, writes, and asks again where the server objected to a value. */
  const askAndWrite = async <T>(
    context: CommandContext,
    title: string,
    shape: TableShape,
    draft: RowDraft,
    old: UserRow | undefined,
    write: () => Promise<T>,
  ): Promise<T> => {
    let problem: RowProblem | undefined;
    for (;;) {
      context.progress('');
      await askRow(title, shape, draft, old, problem);
      context.progress(vscode.l10n.t('Writing to {0}…', shape.table.name));
      try {
        return await write();
      } catch (error) {
        if (!isAppError(error) || !askAgain.has(error.code)) throw error;
        problem = { column: columnOf(error), message: error.message };
      } finally {
        context.progress('');
      }
    }
  };

  const edit = async (
    context: CommandContext,
    place: { connection: SavedConnection; table: TableName; shape: TableShape },
    old: UserRow,
    draft: RowDraft,
  ): Promise<void> => {
    const { connection, table, shape } = place;
    const title = vscode.l10n.t('Edit {0}', rowLabel(shape, old));
    const outcome = await askAndWrite(context, title, shape, draft, old, () =>
      users.update(connection, table, old, draftValues(shape, draft, old), {
        signal: context.signal,
        gesture: true,
      }),
    );
    if (outcome.kind === 'done') return parts.reveal(connection.id, shape, outcome.row);
    const current = outcome.current;
    if (!current) throw gone();
    const again = vscode.l10n.t('Edit the Current Row');
    const answer = await vscode.window.showWarningMessage(
      vscode.l10n.t('Somebody changed this row meanwhile, so nothing was written.'),
      { modal: true, detail: vscode.l10n.t('It is now:\n{0}', describe(shape, current)) },
      again,
    );
    if (answer !== again) return;
    // Only what was really typed: the rest would quietly undo what the other person wrote.
    const typed = draftValues(shape, draft, old);
    const kept: RowDraft = new Map([...draft].filter(([name]) => typed.has(name)));
    await edit(context, place, current, kept);
  };

  return {
    'passwordlessSql.insertUser': async (context, argument) => {
      const target = targetOf(argument);
      const connection = await chooseConnection(connections, target);
      const table = await chooseTable(connection, target);
      const shape = await shapeOf(context, connection, table);
      const key = JSON.stringify([connection.id, table]);
      const draft = drafts.get(key) ?? new Map();
      drafts.set(key, draft);
      const title = vscode.l10n.t('Insert into {0}', quoteTable(table));
      const row = await askAndWrite(context, title, shape, draft, undefined, () =>
        users.insert(connection, table, draftValues(shape, draft, undefined), {
          signal: context.signal,
          gesture: true,
        }),
      );
      drafts.delete(key);
      if (row) await parts.reveal(connection.id, shape, row);
      // With its key, so that it is found again when the tree has been refreshed and it stands outside the first page.
      const identity = row ? rowIdentity(shape, row) : '';
      const message = identity
        ? vscode.l10n.t('Inserted into {0}: {1}.', quoteTable(table), identity)
        : vscode.l10n.t('Inserted into {0}.', quoteTable(table));
      void vscode.window.showInformationMessage(withoutLinks(message));
    },

    'passwordlessSql.editUser': async (context, argument) => {
      const { row, ...place } = await rowOf(context, argument);
      await edit(context, place, row, new Map());
    },

    'passwordlessSql.deleteUser': async (context, argument) => {
      const { connection, table, row, shape } = await rowOf(context, argument);
      const yes = vscode.l10n.t('Delete');
      const answer = await vscode.window.showWarningMessage(
        withoutLinks(vscode.l10n.t('Delete {0}?', rowLabel(shape, row))),
        {
          modal: true,
          detail: vscode.l10n.t(
            '{0} in {1} of {2}. This cannot be undone.',
            rowIdentity(shape, row),
            quoteTable(table),
            connection.database,
          ),
        },
        yes,
      );
      if (answer !== yes) return;
      context.progress(vscode.l10n.t('Deleting…'));
      const outcome = await users.delete(connection, table, row, { signal: context.signal, gesture: true });
      context.progress('');
      if (outcome.kind === 'done') return;
      if (!outcome.current) throw gone();
      throw new AppError(
        'rowChanged',
        vscode.l10n.t(
          'Somebody changed this row meanwhile, so it was not deleted. The tree shows it as it is now.',
        ),
      );
    },

    'passwordlessSql.copyValue': async (context, argument) => {
      const { row, shape } = await rowOf(context, argument);
      const value = await askChoice(
        { title: vscode.l10n.t('Copy Value'), step: 1, totalSteps: 1 },
        {
          placeholder: vscode.l10n.t('Which value?'),
          choices: shape.columns.map((column, index) => ({
            label: column.name,
            description: oneLine(row.values[index] ?? null, 60),
            value: row.values[index] ?? null,
          })),
        },
      );
      await vscode.env.clipboard.writeText(cellText(value));
    },

    'passwordlessSql.copyRow': async (context, argument) => {
      const { row, shape } = await rowOf(context, argument);
      await vscode.env.clipboard.writeText(rowJson(shape, row));
    },
  };
}

function gone(): AppError {
  return new AppError(
    'rowChanged',
    vscode.l10n.t('This row no longer exists: somebody deleted it meanwhile.'),
  );
}

function describe(shape: TableShape, row: UserRow): string {
  return shape.columns
    .slice(0, 20)
    .map((column, index) => `${column.name}: ${oneLine(row.values[index] ?? null, 80)}`)
    .join('\n');
}

/** 515, 547, 2628 and their like name the column in quotes after the word. */
function columnOf(error: AppError): string | undefined {
  return /\bcolumn '([^']+)'/i.exec(error.server?.message ?? '')?.[1];
}
