// Asks for a whole connection string; the one on the clipboard is offered, but never shown when it holds a secret.
import * as vscode from 'vscode';
import { readConnectionString } from '../../core/connectionString.ts';
import { secretIn, type SecretKind } from '../../core/connectionStringSecrets.ts';
import { askChoice } from './steps.ts';

/** @returns undefined when the person gives up at the box. @throws AppError cancelled at the choice before it */
export async function askConnectionString(): Promise<string | undefined> {
  const title = vscode.l10n.t('Add Connection from String');
  const clipboard = (await vscode.env.clipboard.readText()).trim();
  const offered = readConnectionString(clipboard);
  const secret = offered && secretIn(clipboard);
  if (offered && secret) {
    const useIt = await askChoice(
      { title, step: 1, totalSteps: 1 },
      {
        placeholder: vscode.l10n.t('There is a connection string on the clipboard'),
        choices: [
          {
            label: useLabel(secret),
            ...(offered.settings.server ? { detail: offered.settings.server } : {}),
            value: true,
          },
          { label: vscode.l10n.t('Type or paste one'), value: false },
        ],
      },
    );
    if (useIt) return clipboard;
  }
  return vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('ADO.NET, ODBC, JDBC, SQLAlchemy or mssql; a password in it is dropped'),
    value: offered && !secret ? clipboard : '',
    placeHolder: 'Server=tcp:myserver.database.windows.net,1433;Database=app;Authentication=…',
    ignoreFocusOut: true,
    validateInput: (value) =>
      value.trim() === '' || readConnectionString(value)
        ? undefined
        : vscode.l10n.t('This is not a connection string with a server in it.'),
  });
}

function useLabel(secret: SecretKind): string {
  switch (secret) {
    case 'password':
      return vscode.l10n.t('Use the connection string on the clipboard (its password is dropped)');
    case 'accessToken':
      return vscode.l10n.t('Use the connection string on the clipboard (its access token is dropped)');
    case 'key':
      return vscode.l10n.t('Use the connection string on the clipboard (its key is dropped)');
  }
}
