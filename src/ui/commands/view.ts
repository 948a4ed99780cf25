// Commands about the view itself: refresh, remedies of error nodes, the status menu, diagnostics and the log.
import * as vscode from 'vscode';
import type { Remedy } from '../../core/errors.ts';
import { diagnosticLines } from '../../core/diagnosticsText.ts';
import type { Clock, Sql } from '../../core/ports.ts';
import type { ConnectionService } from '../../services/connectionService.ts';
import { minutesLeft } from '../../services/signInService.ts';
import type { SignInService } from '../../services/signInService.ts';
import { chooseConnection } from '../prompt/chooseConnection.ts';
import { askChoice } from '../prompt/steps.ts';
import type { Previews } from '../preview.ts';
import type { CommandTable } from '../register.ts';
import type { RunRemedy } from '../remedies.ts';
import { runRemedyCommand } from '../tree/errorNodes.ts';
import { targetOf } from '../tree/treeNode.ts';

export interface ViewCommandParts {
  connections: ConnectionService;
  signIn: SignInService;
  sql: Pick<Sql, 'diagnostics'>;
  clock: Clock;
  showLog: () => void;
  previews: Previews;
  runRemedy: RunRemedy;
  /** Reads a node again, with everything that is remembered of it dropped; undefined = the whole tree. */
  refresh: (node: { connectionId?: string; nodeId?: string }) => void;
}

export function viewCommands(parts: ViewCommandParts): CommandTable {
  const { connections, signIn, sql, clock, showLog, previews, runRemedy, refresh } = parts;
  return {
    'passwordlessSql.refresh': (_context, argument) => {
      const target = targetOf(argument);
      const nodeId = nodeIdOf(argument);
      refresh({
        ...(target ? { connectionId: target.connectionId } : {}),
        ...(nodeId === undefined ? {} : { nodeId }),
      });
    },

    [runRemedyCommand]: async (_context, remedy, nodeId) => {
      if (!isRemedy(remedy)) return;
      const id = typeof nodeId === 'string' ? nodeId : undefined;
      await runRemedy(remedy, async () => refresh(id === undefined ? {} : { nodeId: id }));
    },

    'passwordlessSql.showLog': () => showLog(),

    'passwordlessSql.connectionMenu': async () => {
      const connection = await chooseConnection(connections, undefined);
      const commands = [
        ['passwordlessSql.setActiveConnection', 'check', vscode.l10n.t('Another connection…')],
        ['passwordlessSql.signIn', 'sign-in', vscode.l10n.t('Sign in again')],
        ['passwordlessSql.switchAccount', 'account', vscode.l10n.t('Switch account…')],
        ['passwordlessSql.chooseTenant', 'organization', vscode.l10n.t('Another tenant…')],
        ['passwordlessSql.testConnection', 'plug', vscode.l10n.t('Test the connection')],
        ['passwordlessSql.showDiagnostics', 'info', vscode.l10n.t('Diagnostics')],
      ] as const;
      const command = await askChoice<string>(
        { title: connection.name, step: 1, totalSteps: 1 },
        {
          placeholder: vscode.l10n.t('{0} on {1}', connection.database, connection.server),
          choices: commands.map(([value, icon, label]) => ({ icon, label, value })),
        },
      );
      const target =
        command === 'passwordlessSql.setActiveConnection'
          ? []
          : [{ target: { connectionId: connection.id } }];
      await vscode.commands.executeCommand(command, ...target);
    },

    'passwordlessSql.showDiagnostics': async (_context, argument) => {
      const connection = await chooseConnection(connections, targetOf(argument));
      const cloud = connections.cloudFor(connection);
      const token = signIn.tokenFacts(connection);
      const diagnostics = sql.diagnostics(connection);
      const { kind, account, tenant, clientId } = connection.credential;
      const lines: [string, string | undefined][] = [
        [vscode.l10n.t('Connection'), connection.name],
        [vscode.l10n.t('Server'), `${connection.server}:${connection.port}`],
        [vscode.l10n.t('Database'), connection.database],
        [vscode.l10n.t('Encryption'), connection.encryption],
        [vscode.l10n.t('Cloud'), cloud && `${cloud.label} (${cloud.hostSuffix})`],
        [vscode.l10n.t('Audience of tokens'), cloud?.audience],
        [vscode.l10n.t('Authority'), cloud?.authority],
        [vscode.l10n.t('Credential'), kind],
        [vscode.l10n.t('Account chosen'), account?.label],
        [vscode.l10n.t('Tenant chosen'), tenant],
        [vscode.l10n.t('Client id'), clientId],
        [vscode.l10n.t('Signed in as'), token?.who ?? vscode.l10n.t('nobody yet')],
        [vscode.l10n.t('Object id'), token?.objectId],
        [vscode.l10n.t('Tenant of the token'), token?.tenant],
        [vscode.l10n.t('Audience of the token'), token?.audience],
        [vscode.l10n.t('Minutes left'), token && String(minutesLeft(token, clock.now()))],
        ...(diagnostics ? diagnosticLines(diagnostics) : []),
      ];
      const width = Math.max(...lines.map(([name]) => name.length));
      const content = lines
        .flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(width)}  ${value}`]))
        .join('\n');
      await previews.show(`${connection.name}.txt`, `${content}\n`);
    },
  };
}

function nodeIdOf(argument: unknown): string | undefined {
  if (typeof argument !== 'object' || argument === null || !('id' in argument)) return undefined;
  return typeof argument.id === 'string' ? argument.id : undefined;
}

/** Remedies reach this command only from our own nodes, but any extension may call a command. */
function isRemedy(value: unknown): value is Remedy {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';
}
