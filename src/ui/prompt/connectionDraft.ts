// The questions that make or change a connection: server, database, who signs in, which tenant, where it is kept.
import * as vscode from 'vscode';
import { cloudOfHost } from '../../core/cloud.ts';
import { readConnectionString } from '../../core/connectionString.ts';
import type { Cloud } from '../../core/cloud.ts';
import type { ConnectionProfile, CredentialChoice } from '../../core/connection.ts';
import { defaultName, readServerAddress } from '../../core/serverAddress.ts';
import { isTenant } from '../../core/settings.ts';
import type { ConnectionService } from '../../services/connectionService.ts';
import type { ConfirmedHostList } from '../platform/globalMemory.ts';
import type { VscodeTokenSource } from '../platform/vscodeTokenSource.ts';
import { askClientId, credentialKinds } from './credentialChoice.ts';
import { askChoice, askText, runSteps } from './steps.ts';
import type { Step } from './steps.ts';

export interface DraftParts {
  connections: ConnectionService;
  accounts: VscodeTokenSource;
  confirmedHosts: ConfirmedHostList;
}

/** A profile while it is being asked for; `name` stays empty when it should follow server and database. */
export interface ConnectionDraft {
  profile: ConnectionProfile;
  scope: 'user' | 'workspace';
  /** What a pasted connection string held and we do not keep, for people: "Password". */
  dropped: readonly string[];
}

const notOneLine = /[\r\n\0]/;

/** Asks everything; `draft` is filled in place, so that what was typed survives a failure. @throws AppError cancelled */
export async function askConnection(
  title: string,
  draft: ConnectionDraft,
  parts: DraftParts,
  options: { editing: boolean; skipServer?: boolean },
): Promise<void> {
  const { profile } = draft;
  const steps = (): Step[] => {
    const list: Step[] = [
      async (place) => {
        const text = await askText(place, {
          prompt: vscode.l10n.t('Server, or a whole connection string'),
          value: profile.server,
          placeholder: 'myserver.database.windows.net',
          validate: (value) => serverProblem(value, parts.connections.clouds()),
        });
        if (typeof text !== 'string') return;
        const read = readConnectionString(text);
        if (read) {
          Object.assign(profile, read.settings);
          draft.dropped = read.dropped;
        } else Object.assign(profile, readServerAddress(text, parts.connections.clouds()));
        profile.cloud = cloudOfHost(profile.server, parts.connections.clouds())?.id ?? profile.cloud;
      },
      async (place) => {
        const text = await askText(place, {
          prompt: vscode.l10n.t('Database on {0}', profile.server),
          value: profile.database,
          keep: (typed) => {
            profile.database = typed.trim();
          },
          validate: (value) =>
            value.trim() === ''
              ? vscode.l10n.t('A database is needed: users live in databases, not on the server.')
              : value.length > 128 || notOneLine.test(value)
                ? vscode.l10n.t('A database name has at most 128 characters on one line.')
                : undefined,
        });
        if (typeof text === 'string') profile.database = text.trim();
      },
    ];
    if (profile.server !== '' && !cloudOfHost(profile.server, parts.connections.clouds()))
      list.push(async (place) => {
        profile.cloud = await askChoice(place, {
          placeholder: vscode.l10n.t(
            '{0} belongs to no cloud that is known. Which one issues its tokens?',
            profile.server,
          ),
          choices: parts.connections
            .clouds()
            .map((cloud) => ({ label: cloud.label, description: cloud.audience, value: cloud.id })),
          active: profile.cloud,
        });
      });
    list.push(async (place) => {
      const kind = await askChoice(place, {
        placeholder: vscode.l10n.t('How do you sign in?'),
        choices: credentialKinds(),
        active: profile.credential.kind,
      });
      if (kind !== profile.credential.kind) profile.credential = { kind };
    });
    list.push(...credentialSteps(profile, parts));
    if (options.editing)
      list.push(async (place) => {
        const text = await askText(place, {
          prompt: vscode.l10n.t('Name in the tree'),
          value: profile.name,
          placeholder: defaultName(profile),
        });
        if (typeof text === 'string') profile.name = text.trim();
      });
    if (vscode.workspace.workspaceFolders && vscode.workspace.isTrusted)
      list.push(async (place) => {
        draft.scope = await askChoice(place, {
          placeholder: vscode.l10n.t('Where is the connection kept? It holds no secret.'),
          choices: [
            {
              label: vscode.l10n.t('My settings'),
              description: vscode.l10n.t('in every window'),
              value: 'user',
            },
            {
              label: vscode.l10n.t('This workspace'),
              description: vscode.l10n.t('shared with whoever opens it'),
              value: 'workspace',
            },
          ],
          active: draft.scope,
        });
      });
    return list;
  };
  await runSteps(title, steps, options.skipServer ? (profile.database ? 2 : 1) : 0);
  if (profile.name === '') profile.name = defaultName(profile);
}

function credentialSteps(profile: ConnectionProfile, parts: DraftParts): Step[] {
  const cloud = parts.connections.cloudFor(profile);
  const set = (change: Partial<CredentialChoice>) => {
    profile.credential = { ...profile.credential, ...change };
  };
  switch (profile.credential.kind) {
    case 'vscode':
      return [
        async (place) => {
          if (cloud)
            set({ account: await askAccount(place, cloud, parts.accounts, profile.credential.account?.id) });
        },
        (place) => askTenant(place, profile),
      ];
    case 'managedIdentity':
      return [
        (place) =>
          askClientId(
            place,
            profile,
            vscode.l10n.t('Client id of a user-assigned identity; leave empty for the system-assigned one'),
          ),
      ];
    case 'workloadIdentity':
      return [
        (place) =>
          askTenant(
            place,
            profile,
            undefined,
            vscode.l10n.t('Tenant of the application: a domain or a GUID; leave empty for AZURE_TENANT_ID'),
          ),
        (place) =>
          askClientId(
            place,
            profile,
            vscode.l10n.t('Client id of the application; leave empty for AZURE_CLIENT_ID'),
          ),
      ];
    case 'environment':
      // Its variables name tenant and application.
      return [];
    case 'default':
      return [
        (place) => askTenant(place, profile),
        (place) =>
          askClientId(
            place,
            profile,
            vscode.l10n.t('Client id of a user-assigned identity, if there is one; leave empty otherwise'),
          ),
      ];
    default:
      return [(place) => askTenant(place, profile)];
  }
}

/** Picks one of VS Code's Microsoft accounts, or adds one. */
export async function askAccount(
  place: { title: string; step: number; totalSteps: number },
  cloud: Cloud,
  source: VscodeTokenSource,
  current: string | undefined,
): Promise<{ id: string; label: string }> {
  const accounts = (await source.accounts(cloud)).map(({ id, label }) => ({ id, label }));
  const chosen = await askChoice<{ id: string; label: string } | undefined>(place, {
    placeholder: vscode.l10n.t('Which account?'),
    choices: [
      ...accounts.map((account) => ({
        icon: 'account',
        label: account.label,
        ...(account.id === current ? { description: vscode.l10n.t('in use here') } : {}),
        value: account as { id: string; label: string } | undefined,
      })),
      { icon: 'add', label: vscode.l10n.t('Sign in with another account…'), value: undefined },
    ],
    // Who just presses Enter signs in as somebody who is there already.
    active: accounts.find(({ id }) => id === current) ?? accounts[0],
  });
  if (chosen) return chosen;
  const { id, label } = await source.addAccount(cloud);
  return { id, label };
}

/** Asks for the tenant: the account's own or another, as domain or GUID. */
export async function askTenant(
  place: { title: string; step: number; totalSteps: number },
  profile: ConnectionProfile,
  problem?: string,
  prompt = vscode.l10n.t('Tenant of the database: a domain or a GUID; leave empty for the account’s own'),
): Promise<void> {
  const text = await askText(place, {
    prompt,
    value: profile.credential.tenant ?? '',
    placeholder: vscode.l10n.t('home tenant'),
    ...(problem ? { problem } : {}),
    validate: (value) =>
      value.trim() === '' || isTenant(value.trim())
        ? undefined
        : vscode.l10n.t('A tenant is a domain like contoso.com, or a GUID.'),
  });
  if (typeof text !== 'string') return;
  const { tenant: _, ...rest } = profile.credential;
  profile.credential = text.trim() === '' ? rest : { ...rest, tenant: text.trim() };
}

function serverProblem(value: string, clouds: readonly Cloud[]): string | undefined {
  const text = value.trim();
  if (text === '') return vscode.l10n.t('Which server?');
  if (/^https?:\/\//i.test(text))
    return vscode.l10n.t('Only the host name, without {0} before it and without a path.', 'https://');
  if (text.includes('=') || text.includes('://'))
    return readConnectionString(text)
      ? undefined
      : vscode.l10n.t('This is not a connection string with a server in it.');
  if (readServerAddress(text, clouds)) return undefined;
  return readServerAddress(text.replace(/[,:]\s*\d+$/, ''), clouds)
    ? vscode.l10n.t('A port is a number from 1 to 65535.')
    : vscode.l10n.t('A server is a host name like myserver.database.windows.net, without spaces.');
}
