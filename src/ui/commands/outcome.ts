// The command behind "Check…": finds out whether a change whose reply was lost is there.
import * as vscode from 'vscode';
import { AppError } from '../../core/errors.ts';
import { withoutLinks } from '../../core/errorText.ts';
import { onlyReads } from '../../core/onlyReads.ts';
import type { OutcomeCheck } from '../../core/outcomeCheck.ts';
import type { Sql } from '../../core/ports.ts';
import type { ConnectionService } from '../../services/connectionService.ts';
import { chooseConnection } from '../prompt/chooseConnection.ts';
import type { CommandTable } from '../register.ts';
import { targetOf } from '../tree/treeNode.ts';

export interface OutcomeCommandParts {
  connections: ConnectionService;
  sql: Pick<Sql, 'query'>;
  refresh: (node: { connectionId?: string }) => void;
}

export function outcomeCommands({ connections, sql, refresh }: OutcomeCommandParts): CommandTable {
  return {
    // True when nothing was changed and the person wants to try again.
    'passwordlessSql.checkOutcome': async (context, argument) => {
      const connection = await chooseConnection(connections, targetOf(argument));
      const check = checkOf(argument);
      if (!check) {
        await vscode.commands.executeCommand('passwordlessSql.newQuery', {
          target: { connectionId: connection.id },
        });
        return false;
      }
      // Any extension may call a command; this one only looks.
      if (!onlyReads(check.text))
        throw new AppError(
          'invalidInput',
          vscode.l10n.t('Only a statement that reads can check an outcome.'),
        );
      context.progress(vscode.l10n.t('Looking into {0}…', connection.name));
      const { rows } = await sql.query(connection, check, { signal: context.signal, gesture: true });
      context.progress('');
      refresh({ connectionId: connection.id });
      const found = Number(rows[0]?.[0] ?? 0);
      if (found > 0 && check.whenFound === 'unclear') {
        void vscode.window.showWarningMessage(
          withoutLinks(
            vscode.l10n.t(
              '{0} row(s) with these values exist. One of them may be the change, or they were there before: look before you repeat it.',
              found,
            ),
          ),
        );
        return false;
      }
      if (found > 0 === (check.whenFound === 'notApplied')) {
        const again = vscode.l10n.t('Try Again');
        const text = vscode.l10n.t('It was not applied: nothing changed.');
        return (await vscode.window.showWarningMessage(withoutLinks(text), again)) === again;
      }
      void vscode.window.showInformationMessage(vscode.l10n.t('It was applied.'));
      return false;
    },
  };
}

function checkOf(argument: unknown): OutcomeCheck | undefined {
  if (typeof argument !== 'object' || argument === null || !('check' in argument)) return undefined;
  const { check } = argument;
  if (typeof check !== 'object' || check === null || !('text' in check)) return undefined;
  return typeof check.text === 'string' ? (check as OutcomeCheck) : undefined;
}
