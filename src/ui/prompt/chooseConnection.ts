// Which connection a command means: the node it was called on, else the active one, else the person chooses.
import * as vscode from 'vscode';
import { AppError } from '../../core/errors.ts';
import type { ConnectionService, SavedConnection } from '../../services/connectionService.ts';
import type { NodeTarget } from '../tree/treeNode.ts';
import { askChoice } from './steps.ts';

/**
 * @param options.always asks even when the active connection is clear
 * @throws AppError invalidInput when there are no connections (with the way to add one), cancelled
 */
export async function chooseConnection(
  connections: ConnectionService,
  target: NodeTarget | undefined,
  options: { always?: boolean } = {},
): Promise<SavedConnection> {
  if (target) return connections.require(target.connectionId);
  const list = connections.list();
  const active = connections.active();
  if (!active)
    throw new AppError('invalidInput', vscode.l10n.t('There is no connection yet.'), {
      remedies: [
        {
          kind: 'command',
          command: 'passwordlessSql.addConnection',
          title: vscode.l10n.t('Add Connection…'),
          arguments: [],
        },
      ],
    });
  if (!options.always) return active;
  return askChoice(
    { title: vscode.l10n.t('Connection'), step: 1, totalSteps: 1 },
    {
      placeholder: vscode.l10n.t('Which connection is the active one?'),
      choices: list.map((connection) => ({
        label: connection.name,
        description: connection.id === active.id ? vscode.l10n.t('active') : '',
        detail: `${connection.database} · ${connection.server}`,
        value: connection,
      })),
      active: list.find(({ id }) => id === active.id) ?? active,
    },
  );
}
