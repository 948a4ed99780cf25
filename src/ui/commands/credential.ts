// The command that tries a connection's credential: what its token says, to be read and copied, never the token.
import * as vscode from 'vscode';
import type { Clock, TokenFacts } from '../../core/ports.ts';
import type { ConnectionService } from '../../services/connectionService.ts';
import { minutesLeft } from '../../services/signInService.ts';
import type { SignInService } from '../../services/signInService.ts';
import { chooseConnection } from '../prompt/chooseConnection.ts';
import { askChoice } from '../prompt/steps.ts';
import type { CommandTable } from '../register.ts';
import { targetOf } from '../tree/treeNode.ts';

export interface CredentialCommandParts {
  connections: ConnectionService;
  signIn: SignInService;
  clock: Clock;
}

export function credentialCommands({ connections, signIn, clock }: CredentialCommandParts): CommandTable {
  return {
    'passwordlessSql.testCredential': async (context, argument) => {
      const connection = await chooseConnection(connections, targetOf(argument));
      context.progress(vscode.l10n.t('Getting a token for {0}…', connection.name));
      const facts = await signIn.testCredential(connection, context.signal);
      context.progress('');
      const lines = tokenLines(facts, clock.now());
      const all = lines.map(({ name, value }) => `${name}: ${value}`).join('\n');
      const text = await askChoice(
        { title: vscode.l10n.t('The token for {0}', connection.name), step: 1, totalSteps: 1 },
        {
          placeholder: vscode.l10n.t('Choose what to copy; Escape closes'),
          choices: [
            ...lines.map(({ name, value }) => ({ label: name, description: value, value })),
            { icon: 'copy', label: vscode.l10n.t('Copy all'), value: all },
          ],
        },
      );
      await vscode.env.clipboard.writeText(text);
      vscode.window.setStatusBarMessage(vscode.l10n.t('Copied'), 3000);
      return true;
    },
  };
}

/** What may be shown of a token, as name and value; the claims by their names, for whoever compares them. */
function tokenLines(facts: TokenFacts, now: number): { name: string; value: string }[] {
  return [
    { name: vscode.l10n.t('Who'), value: facts.who },
    { name: vscode.l10n.t('Source'), value: facts.source },
    { name: vscode.l10n.t('Audience (aud)'), value: facts.audience },
    { name: vscode.l10n.t('Tenant (tid)'), value: facts.tenant },
    { name: vscode.l10n.t('Object id (oid)'), value: facts.objectId },
    {
      name: vscode.l10n.t('Expires (exp)'),
      value: vscode.l10n.t(
        '{0}, in {1} minutes',
        new Date(facts.expiresOn).toLocaleString(),
        minutesLeft(facts, now),
      ),
    },
  ];
}
