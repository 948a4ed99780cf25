// Commands about connections: add, edit, remove, which is active, and who signs in.
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { defaultTable, isApplication } from '../../core/connection.ts';
import { readConnectionString } from '../../core/connectionString.ts';
import { AppError, isAppError } from '../../core/errors.ts';
import type { ErrorCode, Remedy } from '../../core/errors.ts';
import { withoutLinks } from '../../core/errorText.ts';
import { defaultName } from '../../core/serverAddress.ts';
import type { SavedConnection } from '../../services/connectionService.ts';
import type { SignedIn, SignInService } from '../../services/signInService.ts';
import { askConnectionString } from '../prompt/askConnectionString.ts';
import { chooseConnection } from '../prompt/chooseConnection.ts';
import { confirmHost } from '../prompt/confirmHost.ts';
import { askAccount, askConnection, askTenant } from '../prompt/connectionDraft.ts';
import type { ConnectionDraft, DraftParts } from '../prompt/connectionDraft.ts';
import type { CommandContext, CommandTable } from '../register.ts';
import { targetOf } from '../tree/treeNode.ts';

export interface ConnectionCommandParts extends DraftParts {
  signIn: SignInService;
  /** The door is open: what the tree could not read before, it can now. */
  onDidSignIn(connectionId: string): void;
}

const onePlace = { step: 1, totalSteps: 1 };

export function connectionCommands(parts: ConnectionCommandParts): CommandTable {
  const { connections, signIn } = parts;
  /** What was typed for a connection that was not saved; the next attempt starts from it. */
  let unsaved: ConnectionDraft | undefined;

  const targeted = (argument: unknown): Promise<SavedConnection> =>
    chooseConnection(connections, targetOf(argument));

  const connect = async (context: CommandContext, connection: SavedConnection): Promise<SignedIn> => {
    context.progress('');
    await confirmHost(connection, parts);
    context.progress(vscode.l10n.t('Connecting to {0} on {1}…', connection.database, connection.server));
    try {
      return await signIn.signIn(connection, context.signal);
    } catch (error) {
      throw withTenantOffer(error, connection);
    } finally {
      context.progress('');
    }
  };

  const connectAndSay = async (context: CommandContext, connection: SavedConnection): Promise<true> => {
    const { token } = await connect(context, connection);
    parts.onDidSignIn(connection.id);
    void vscode.window.showInformationMessage(withoutLinks(vscode.l10n.t('Connected as {0}', token.who)));
    return true;
  };

  /** Saved whether or not it connects, but only then: the tree would ask for the token at the same time. */
  const saveAndConnect = async (
    context: CommandContext,
    { profile, scope }: Pick<ConnectionDraft, 'profile' | 'scope'>,
  ): Promise<true> => {
    await signIn.forget(profile.id);
    try {
      return await connectAndSay(context, { ...profile, scope });
    } finally {
      await connections.save(profile, scope);
      // Also when the firewall remedy repeats it: by then the connection is in the tree and needs no questions.
      // As it is by then: a remedy may have given it another tenant or another account.
      context.repeatFrom((next) => connectAndSay(next, connections.require(profile.id)));
    }
  };

  const finish = async (context: CommandContext, draft: ConnectionDraft): Promise<true> => {
    await confirmHost(draft.profile, parts);
    unsaved = undefined;
    return saveAndConnect(context, draft);
  };

  return {
    'passwordlessSql.addConnection': async (context) => {
      const draft = unsaved ?? newDraft();
      // Of what was given up, everything but the name: it followed a server that may be another one now.
      draft.profile.name = '';
      unsaved = draft;
      await askConnection(vscode.l10n.t('Add Connection'), draft, parts, { editing: false });
      sayDropped(draft);
      return finish(context, draft);
    },

    'passwordlessSql.addConnectionFromString': async (context) => {
      const draft = newDraft();
      const text = await askConnectionString();
      if (!text?.trim()) return undefined;
      const read = readConnectionString(text);
      if (!read) return undefined;
      Object.assign(draft.profile, read.settings);
      draft.dropped = read.dropped;
      draft.profile.cloud = connections.cloudFor(draft.profile)?.id ?? draft.profile.cloud;
      sayDropped(draft);
      unsaved = draft;
      await askConnection(vscode.l10n.t('Add Connection'), draft, parts, {
        editing: false,
        skipServer: true,
      });
      return finish(context, draft);
    },

    'passwordlessSql.editConnection': async (context, argument) => {
      const { scope, ...profile } = await targeted(argument);
      const draft: ConnectionDraft = { profile, scope, dropped: [] };
      if (profile.name === defaultName(profile)) profile.name = '';
      await askConnection(vscode.l10n.t('Edit Connection'), draft, parts, { editing: true });
      sayDropped(draft);
      return finish(context, draft);
    },

    'passwordlessSql.removeConnection': async (_context, argument) => {
      const connection = await targeted(argument);
      const yes = vscode.l10n.t('Remove');
      const answer = await vscode.window.showWarningMessage(
        withoutLinks(vscode.l10n.t('Remove the connection "{0}"?', connection.name)),
        {
          modal: true,
          detail: vscode.l10n.t('Only this entry goes; nothing changes in the database.'),
        },
        yes,
      );
      if (answer === yes) await connections.remove(connection.id);
    },

    'passwordlessSql.setActiveConnection': async (_context, argument) => {
      const target = targetOf(argument);
      const connection = target
        ? connections.require(target.connectionId)
        : await chooseConnection(connections, undefined, { always: true });
      await connections.setActive(connection.id);
    },

    'passwordlessSql.confirmHost': async (_context, argument) => {
      const connection = await targeted(argument);
      await confirmHost(connection, parts, hostOf(argument));
      return true;
    },

    'passwordlessSql.signIn': async (context, argument) => connectAndSay(context, await targeted(argument)),

    'passwordlessSql.testConnection': async (context, argument) => {
      const connection = await targeted(argument);
      const { user, token, serverVersion } = await connect(context, connection);
      void vscode.window.showInformationMessage(
        withoutLinks(
          vscode.l10n.t(
            'Connected to {0} as {1} (user {2} there), tenant {3}, by {4}: {5}',
            connection.database,
            token.who,
            user,
            token.tenant,
            token.source,
            serverVersion.split('\n')[0] ?? '',
          ),
        ),
      );
      return true;
    },

    'passwordlessSql.chooseTenant': async (context, argument) => {
      const { scope, ...profile } = await targeted(argument);
      await askTenant({ title: vscode.l10n.t('Another Tenant'), ...onePlace }, profile);
      return saveAndConnect(context, { profile, scope });
    },

    'passwordlessSql.switchAccount': async (context, argument) => {
      const { scope, ...profile } = await targeted(argument);
      const cloud = connections.cloudFor(profile);
      if (!cloud) return undefined;
      const account = await askAccount(
        { title: vscode.l10n.t('Switch Account'), ...onePlace },
        cloud,
        parts.accounts,
        profile.credential.account?.id,
      );
      // The other account's home tenant is a better guess than the tenant chosen for this one.
      profile.credential = { kind: 'vscode', account };
      return saveAndConnect(context, { profile, scope });
    },

    'passwordlessSql.signOut': async (_context, argument) => {
      const connection = await targeted(argument);
      await signIn.forget(connection.id);
      const { kind, account } = connection.credential;
      if (kind !== 'vscode' || !account) {
        void vscode.window.showInformationMessage(
          vscode.l10n.t('Disconnected. This connection’s identity is not VS Code’s to sign out.'),
        );
        return;
      }
      // VS Code's own dialog: it lists the extensions that use the account and asks.
      await vscode.commands.executeCommand('_signOutOfAccount', {
        providerId: connections.cloudFor(connection)?.vscodeProvider ?? 'microsoft',
        accountLabel: account.label,
      });
    },
  };
}

/** A redirect may lead to another host than the connection names. */
function hostOf(argument: unknown): string | undefined {
  if (typeof argument !== 'object' || argument === null || !('host' in argument)) return undefined;
  return typeof argument.host === 'string' ? argument.host : undefined;
}

function newDraft(): ConnectionDraft {
  return {
    profile: {
      id: randomUUID(),
      name: '',
      server: '',
      port: 1433,
      database: '',
      cloud: 'public',
      credential: { kind: 'vscode' },
      encryption: 'tls',
      connectTimeout: 15,
      requestTimeout: 0,
      maxPoolSize: 10,
      tables: [defaultTable],
    },
    scope: 'user',
    dropped: [],
  };
}

function sayDropped(draft: ConnectionDraft): void {
  if (draft.dropped.length === 0) return;
  void vscode.window.showWarningMessage(
    withoutLinks(vscode.l10n.t('Not taken over from the connection string: {0}.', draft.dropped.join(', '))),
  );
}

const refusals: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'loginRejected',
  'wrongTenant',
  'noUserInDatabase',
]);

/** A login that was refused may simply have come from the wrong tenant. */
function withTenantOffer(error: unknown, connection: SavedConnection): unknown {
  if (!isAppError(error) || !refusals.has(error.code)) return error;
  if (isApplication(connection.credential.kind)) return error;
  if (error.remedies.some(({ kind }) => kind === 'chooseTenant')) return error;
  const offer: Remedy = { kind: 'chooseTenant', connectionId: connection.id };
  return new AppError(error.code, error.message, {
    remedies: [...error.remedies, offer],
    cause: error,
    ...(error.server ? { server: error.server } : {}),
  });
}
