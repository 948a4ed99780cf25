// Remedies that lie with Azure: offers the filled-in CLI command and the portal, then waits visibly until the door is open.
import * as vscode from 'vscode';
import { withoutIcons, withoutLinks } from '../core/errorText.ts';
import type { Clock } from '../core/ports.ts';
import type { ConnectionService } from '../services/connectionService.ts';
import { azureCliCommand, portalUrl } from '../services/remedyScript.ts';
import type { AzureRemedy } from '../services/remedyScript.ts';
import { waitUntilItWorks } from '../services/remedyWait.ts';
import type { SignInService } from '../services/signInService.ts';
import type { Retry, ServerRemedies } from './remedies.ts';

const interval = 10_000;
/** Learn, "Azure SQL Database IP firewall rules": up to five minutes; twice that, for whoever clicks slowly. */
const limit = 600_000;

export function createServerRemedies(
  connections: ConnectionService,
  signIn: SignInService,
  clock: Clock,
): ServerRemedies {
  return {
    async offer(remedy, retry) {
      const connection = connections.get(remedy.connectionId);
      const command = azureCliCommand(remedy);
      const url = portalUrl(connection && connections.cloudFor(connection));
      const chosen = await vscode.window.showQuickPick(
        [
          {
            id: 'copy',
            label: `$(copy) ${vscode.l10n.t('Copy the Azure CLI Command')}`,
            detail: withoutIcons(command),
          },
          { id: 'portal', label: `$(link-external) ${vscode.l10n.t('Open the Azure Portal')}`, detail: url },
          {
            id: 'wait',
            label: `$(sync) ${vscode.l10n.t('Retry until It Works')}`,
            detail: vscode.l10n.t('When somebody else makes the change, or it is already made.'),
          },
        ] as const,
        { title: question(remedy), ignoreFocusOut: true },
      );
      if (!chosen) return;
      if (chosen.id === 'copy') await vscode.env.clipboard.writeText(command);
      if (chosen.id === 'portal') await vscode.env.openExternal(vscode.Uri.parse(url, true));
      if (!connection) {
        await retry?.();
        return;
      }
      await vscode.window.withProgress(
        {
          location: vscode.ProgressLocation.Notification,
          cancellable: true,
          title: withoutLinks(
            chosen.id === 'copy'
              ? vscode.l10n.t(
                  'Copied. Run it in a terminal; waiting for {0} to let you in',
                  connection.server,
                )
              : vscode.l10n.t('Waiting for {0} to let you in', connection.server),
          ),
        },
        (progress, token) => {
          const abort = new AbortController();
          token.onCancellationRequested(() => abort.abort());
          return waitUntilItWorks(() => signIn.probe(connection, abort.signal), {
            clock,
            signal: abort.signal,
            interval,
            limit,
            onAttempt: (attempt) => progress.report({ message: vscode.l10n.t('attempt {0}', attempt) }),
          });
        },
      );
      await repeat(connection.server, retry);
    },
  };
}

async function repeat(server: string, retry: Retry | undefined): Promise<void> {
  void vscode.window.showInformationMessage(withoutLinks(vscode.l10n.t('{0} lets you in now.', server)));
  await retry?.();
}

function question(remedy: AzureRemedy): string {
  switch (remedy.kind) {
    case 'addFirewallRule':
      return vscode.l10n.t('The firewall of {0} must allow {1}', remedy.server, remedy.ip);
    case 'enablePublicAccess':
      return vscode.l10n.t('{0} must allow public network access', remedy.server);
    default:
      return vscode.l10n.t('{0} needs a Microsoft Entra admin', remedy.server);
  }
}
