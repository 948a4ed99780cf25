// The questions of the grant wizard: who, how the server finds them, and which rights, with a plain explanation of each.
import * as vscode from 'vscode';
import type { ConnectionProfile } from '../core/connection.ts';
import { AppError } from '../core/errors.ts';
import type { GrantIdentity, GrantRequest, GrantRight } from '../core/grantPlan.ts';
import { nameProblem } from '../core/names.ts';
import { askChoice, askChoices, askText, runSteps, type Step } from './prompt/steps.ts';

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function guidProblem(text: string): string | undefined {
  return guid.test(text.trim())
    ? undefined
    : vscode.l10n.t(
        'An id is 32 hexadecimal digits in five groups, like 2ff8edf0-dccb-4148-a649-2c1154e1e129.',
      );
}

/** Names of roles from a comma-separated line. */
export function roleNames(text: string): string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return [...new Set(names)];
}

/** @throws AppError invalidInput for master */
export function refuseMaster(connection: Pick<ConnectionProfile, 'id' | 'database'>): void {
  if (connection.database.toLowerCase() !== 'master') return;
  throw new AppError(
    'invalidInput',
    vscode.l10n.t(
      'An app gets its user in the database that it works with, not in master: a user in master would not let it into any other database, and roles there concern the whole server. Choose a connection to the database of the app.',
    ),
    { remedies: [{ kind: 'editConnection', connectionId: connection.id }] },
  );
}

/** Asks everything; `answers` keeps what was typed, so that a second attempt starts from it. @throws AppError cancelled */
export async function askGrant(answers: GrantRequest, connection: ConnectionProfile): Promise<GrantRequest> {
  const draft = { ...answers };
  let how: GrantIdentity['kind'] | 'group' | 'user' =
    draft.identity.kind === 'sid' && draft.identity.of !== 'app' ? draft.identity.of : draft.identity.kind;
  let id = draft.identity.kind === 'name' ? '' : draft.identity.id;

  const askName: Step = async (place) => {
    const text = await askText(place, {
      prompt: vscode.l10n.t(
        'Name of the identity. System-assigned: the name of the app; of a slot: app/slots/slot. User-assigned: its own name. Group: its display name. Person: the sign-in name.',
      ),
      placeholder: 'app-orders',
      value: draft.principal,
      validate: (typed) => nameProblem(typed.trim()),
    });
    draft.principal = typeof text === 'string' ? text.trim() : draft.principal;
  };

  const askHow: Step = async (place) => {
    how = await askChoice(place, {
      placeholder: vscode.l10n.t('How does the server find {0}?', draft.principal),
      active: how,
      choices: [
        {
          label: vscode.l10n.t('By its name'),
          detail: vscode.l10n.t('The server asks Microsoft Entra. Right for most.'),
          value: 'name',
        },
        {
          label: vscode.l10n.t('By name and object id'),
          detail: vscode.l10n.t('The directory has more than one of this name (errors 33131, 33130).'),
          value: 'objectId',
        },
        {
          label: vscode.l10n.t('An app or managed identity by its client id'),
          detail: vscode.l10n.t(
            'The server cannot look names up (error 33134). It checks nothing: the application (client) id must be right; not the object id.',
          ),
          value: 'sid',
        },
        {
          label: vscode.l10n.t('A group by its object id'),
          detail: vscode.l10n.t('The same for a group.'),
          value: 'group',
        },
        {
          label: vscode.l10n.t('A person by their object id'),
          detail: vscode.l10n.t('The same for a person.'),
          value: 'user',
        },
      ],
    });
  };

  const askId: Step = async (place) => {
    const text = await askText(place, {
      prompt:
        how === 'sid'
          ? vscode.l10n.t('Application (client) id of {0}', draft.principal)
          : vscode.l10n.t('Object id of {0}', draft.principal),
      placeholder: '2ff8edf0-dccb-4148-a649-2c1154e1e129',
      value: id,
      validate: guidProblem,
    });
    id = typeof text === 'string' ? text.trim().toLowerCase() : id;
  };

  const askRights: Step = async (place) => {
    const chosen = await askChoices<GrantRight>(place, {
      placeholder: vscode.l10n.t(
        'What may {0} do in {1}? Give as little as it needs.',
        draft.principal,
        connection.database,
      ),
      selected: draft.rights,
      choices: [
        {
          label: vscode.l10n.t('Read'),
          description: 'db_datareader',
          detail: vscode.l10n.t('Reads every table and view. Cannot change anything.'),
          value: 'read',
        },
        {
          label: vscode.l10n.t('Write'),
          description: 'db_datawriter',
          detail: vscode.l10n.t(
            'Inserts, updates and deletes rows in every table. Usually together with Read.',
          ),
          value: 'write',
        },
        {
          label: vscode.l10n.t('Execute'),
          description: 'GRANT EXECUTE',
          detail: vscode.l10n.t(
            'Runs every stored procedure and function, which may do more than the app itself could.',
          ),
          value: 'execute',
        },
        {
          label: vscode.l10n.t('Roles of my own…'),
          detail: vscode.l10n.t('Membership of roles of this database that you name next.'),
          value: 'custom',
        },
      ],
    });
    draft.rights = chosen;
    if (chosen.length === 0)
      throw new AppError('invalidInput', vscode.l10n.t('Nothing was chosen, so there is nothing to grant.'));
  };

  const askRoles: Step = async (place) => {
    const text = await askText(place, {
      prompt: vscode.l10n.t('Names of the roles, with commas between them'),
      value: draft.customRoles.join(', '),
      validate: (typed) => {
        const names = roleNames(typed);
        if (names.length === 0) return vscode.l10n.t('Name at least one role.');
        return names.map(nameProblem).find((problem) => problem !== undefined);
      },
    });
    draft.customRoles = typeof text === 'string' ? roleNames(text) : draft.customRoles;
  };

  await runSteps(vscode.l10n.t('Grant Access in {0}', connection.name), () => [
    askName,
    askHow,
    ...(how === 'name' ? [] : [askId]),
    askRights,
    ...(draft.rights.includes('custom') ? [askRoles] : []),
  ]);
  if (!draft.rights.includes('custom')) draft.customRoles = [];
  draft.identity = identityOf(how, id);
  return draft;
}

function identityOf(how: GrantIdentity['kind'] | 'group' | 'user', id: string): GrantIdentity {
  if (how === 'name') return { kind: 'name' };
  if (how === 'objectId') return { kind: 'objectId', id };
  return { kind: 'sid', of: how === 'sid' ? 'app' : how, id };
}
