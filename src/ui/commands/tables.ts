// Commands about the tables under "Users": which ones, how their rows are filtered and sorted, and making a missing one.
import * as vscode from 'vscode';
import { defaultTable, isSameTable, tablesInOrder } from '../../core/connection.ts';
import { AppError } from '../../core/errors.ts';
import { withoutLinks } from '../../core/errorText.ts';
import { quoteTable } from '../../core/names.ts';
import type { RowOrder } from '../../core/rowPage.ts';
import { isComparable } from '../../core/rowText.ts';
import { checkNewTable, createTableScript } from '../../core/tableScript.ts';
import type { ConnectionService } from '../../services/connectionService.ts';
import type { UserPages } from '../../services/userPages.ts';
import type { UserService } from '../../services/userService.ts';
import { chooseConnection } from '../prompt/chooseConnection.ts';
import type { Previews } from '../preview.ts';
import { askChoice, askChoices } from '../prompt/steps.ts';
import type { CommandTable } from '../register.ts';
import { targetOf } from '../tree/treeNode.ts';

export interface TableCommandParts {
  connections: ConnectionService;
  users: UserService;
  pages: UserPages;
  previews: Previews;
}

const onePlace = { step: 1, totalSteps: 1 };

export function tableCommands({ connections, users, pages, previews }: TableCommandParts): CommandTable {
  const tableOf = (argument: unknown) => {
    const target = targetOf(argument);
    if (!target?.table)
      throw new AppError('invalidInput', vscode.l10n.t('Choose a table in the tree first.'));
    return { connection: connections.require(target.connectionId), table: target.table };
  };

  return {
    'passwordlessSql.chooseTables': async (context, argument) => {
      const { scope, ...profile } = await chooseConnection(connections, targetOf(argument));
      context.progress(vscode.l10n.t('Reading the tables of {0}…', profile.database));
      const sizes = await users.tables(profile, { signal: context.signal, gesture: true });
      context.progress('');
      const known = sizes.map(({ table, rows }) => ({
        label: quoteTable(table),
        description: vscode.l10n.t('{0} rows', rows),
        value: table,
      }));
      const chosen = await askChoices(
        { title: vscode.l10n.t('Choose Tables'), ...onePlace },
        {
          placeholder: vscode.l10n.t('Tables shown under Users; the first is the one "Insert User" means'),
          choices: known,
          selected: known
            .map(({ value }) => value)
            .filter((table) => profile.tables.some((shown) => isSameTable(shown, table))),
        },
      );
      const tables = tablesInOrder(chosen, profile.tables);
      await connections.save({ ...profile, tables: tables.length > 0 ? tables : [defaultTable] }, scope);
    },

    'passwordlessSql.createTable': async (context, argument) => {
      const { connection, table } = tableOf(argument);
      checkNewTable(table);
      const name = quoteTable(table);
      const text = await askChoice<'nvarchar' | 'varchar'>(
        { title: vscode.l10n.t('Create {0}', name), ...onePlace },
        {
          placeholder: vscode.l10n.t('How are names kept?'),
          choices: [
            {
              label: 'nvarchar(30)',
              description: vscode.l10n.t('recommended'),
              detail: vscode.l10n.t('Every name in every script'),
              value: 'nvarchar',
            },
            {
              label: 'varchar(30)',
              detail: vscode.l10n.t('Only what the database’s code page has; anything else would become "?"'),
              value: 'varchar',
            },
          ],
        },
      );
      const script = createTableScript(table, text);
      await previews.show(`${table.name}.sql`, script);
      const yes = vscode.l10n.t('Create');
      const answer = await vscode.window.showInformationMessage(
        withoutLinks(vscode.l10n.t('Create {0} in {1}?', name, connection.database)),
        { modal: true, detail: script },
        yes,
      );
      if (answer !== yes) return;
      context.progress(vscode.l10n.t('Creating {0}…', name));
      await users.createTable(connection, table, script, { signal: context.signal, gesture: true });
    },

    'passwordlessSql.loadMore': async (context, argument) => {
      const { connection, table } = tableOf(argument);
      context.progress(vscode.l10n.t('Reading more rows of {0}…', table.name));
      await pages.loadMore(connection, table, { signal: context.signal, gesture: true });
    },

    'passwordlessSql.filterUsers': async (_context, argument) => {
      const { connection, table } = tableOf(argument);
      const view = pages.view(connection.id, table);
      const filter = await vscode.window.showInputBox({
        title: vscode.l10n.t('Filter {0}', quoteTable(table)),
        prompt: vscode.l10n.t('Rows with this text in any column; empty shows all'),
        value: view.filter ?? '',
      });
      if (filter === undefined) return;
      pages.setView(connection.id, table, { ...view, filter });
    },

    'passwordlessSql.clearFilter': (_context, argument) => {
      const { connection, table } = tableOf(argument);
      pages.setView(connection.id, table, { ...pages.view(connection.id, table), filter: '' });
    },

    'passwordlessSql.sortUsers': async (context, argument) => {
      const { connection, table } = tableOf(argument);
      context.progress(vscode.l10n.t('Reading the columns of {0}…', table.name));
      const shape = await users.shape(connection, table, { signal: context.signal, gesture: true });
      context.progress('');
      const { filter = '' } = pages.view(connection.id, table);
      const sort = await askChoice<RowOrder | undefined>(
        { title: vscode.l10n.t('Sort {0}', quoteTable(table)), ...onePlace },
        {
          placeholder: vscode.l10n.t('Sort by'),
          choices: [
            { label: vscode.l10n.t('Key'), value: undefined },
            ...shape.columns.filter(isComparable).flatMap(({ name }) => [
              {
                label: name,
                description: vscode.l10n.t('ascending'),
                value: { column: name, descending: false },
              },
              {
                label: name,
                description: vscode.l10n.t('descending'),
                value: { column: name, descending: true },
              },
            ]),
          ],
        },
      );
      pages.setView(connection.id, table, { filter, ...(sort ? { sort } : {}) });
    },
  };
}
