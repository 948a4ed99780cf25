// Commands about a connection's health: copy its diagnostics for a bug report, and sign in again where it is needed.
import * as vscode from 'vscode';
import { diagnosticsText } from '../../core/diagnosticsText.ts';
import type { Sql } from '../../core/ports.ts';
import type { ConnectionHealth } from '../../services/connectionHealth.ts';
import type { ConnectionService } from '../../services/connectionService.ts';
import { chooseConnection } from '../prompt/chooseConnection.ts';
import { askChoice } from '../prompt/steps.ts';
import type { CommandTable } from '../register.ts';
import { targetOf } from '../tree/treeNode.ts';

export interface DiagnosticsCommandParts {
  connections: ConnectionService;
  sql: Pick<Sql, 'diagnostics'>;
  health: Pick<ConnectionHealth, 'needingSignIn'>;
  /** Of this extension. */
  version: string;
}

export function diagnosticsCommands(parts: DiagnosticsCommandParts): CommandTable {
  const { connections, sql, health, version } = parts;
  return {
    'passwordlessSql.copyDiagnostics': async (_context, argument) => {
      const connection = await chooseConnection(connections, targetOf(argument));
      const names = await askChoice(
        { title: vscode.l10n.t('Copy diagnostics of {0}', connection.name), step: 1, totalSteps: 1 },
        {
          placeholder: vscode.l10n.t('No token and no data is copied either way'),
          choices: [
            {
              label: vscode.l10n.t('Without names'),
              detail: vscode.l10n.t('<server>, <database>, <who> and <tenant> stand for them'),
              value: false,
            },
            { label: vscode.l10n.t('With names'), value: true },
          ],
        },
      );
      const text = diagnosticsText(connection, sql.diagnostics(connection), { names, version });
      await vscode.env.clipboard.writeText(text);
      vscode.window.setStatusBarMessage(vscode.l10n.t('Copied'), 3000);
    },

    'passwordlessSql.signInAgain': async () => {
      const needing = health.needingSignIn();
      const found = connections.list().filter(({ id }) => needing.includes(id));
      const [first] = found;
      if (!first) return;
      const id =
        found.length === 1
          ? first.id
          : await askChoice(
              { title: vscode.l10n.t('Sign in again'), step: 1, totalSteps: 1 },
              {
                placeholder: vscode.l10n.t('Which connection?'),
                choices: found.map((one) => ({
                  label: one.name,
                  description: one.credential.account?.label ?? '',
                  detail: `${one.database} · ${one.server}`,
                  value: one.id,
                })),
              },
            );
      return vscode.commands.executeCommand('passwordlessSql.signIn', { target: { connectionId: id } });
    },
  };
}
