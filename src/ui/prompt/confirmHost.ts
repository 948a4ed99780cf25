// The question before a host outside every known cloud gets a token; whoever just presses Enter has said no.
import * as vscode from 'vscode';
import { cloudOfHost } from '../../core/cloud.ts';
import type { ConnectionProfile } from '../../core/connection.ts';
import { AppError, cancelled } from '../../core/errors.ts';
import type { ConnectionService } from '../../services/connectionService.ts';
import type { ConfirmedHostList } from '../platform/globalMemory.ts';
import { askChoice } from './steps.ts';

/**
 * A host outside the known clouds gets a token only after the person said so once, seeing host and audience.
 * @param host where a redirect leads, when it is not the connection's own server
 * @throws AppError cancelled when the answer is anything but a chosen yes
 */
export async function confirmHost(
  profile: ConnectionProfile,
  parts: { connections: ConnectionService; confirmedHosts: ConfirmedHostList },
  host: string = profile.server,
): Promise<void> {
  if (cloudOfHost(host, parts.connections.clouds())) return;
  const cloud = parts.connections.cloudFor(profile);
  if (!cloud)
    throw new AppError(
      'invalidInput',
      vscode.l10n.t('This connection names a cloud "{0}" that is not set up.', profile.cloud),
      { remedies: [{ kind: 'editConnection', connectionId: profile.id }] },
    );
  if (parts.confirmedHosts.has(host, cloud)) return;
  // A list rather than a dialog: the default button of a dialog is the one that agrees.
  const agreed = await askChoice(
    { title: vscode.l10n.t('Send tokens to {0}?', host), step: 1, totalSteps: 1 },
    {
      placeholder: vscode.l10n.t('{0} is not a server of {1}', host, cloud.label),
      choices: [
        {
          label: vscode.l10n.t('Do not send tokens'),
          detail:
            host === profile.server
              ? vscode.l10n.t('Nothing is sent to {0}.', host)
              : vscode.l10n.t('{0} wants to send this connection on to {1}.', profile.server, host),
          value: false,
        },
        {
          label: vscode.l10n.t('Send tokens to {0}', host),
          description: vscode.l10n.t('for {0}', cloud.audience),
          detail: vscode.l10n.t(
            'Whoever runs it could use them until they expire: only if you know it is your server.',
          ),
          value: true,
        },
      ],
      active: false,
    },
  );
  if (!agreed) throw cancelled();
  await parts.confirmedHosts.add(host, cloud);
}
