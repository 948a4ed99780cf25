// Each remedy as a button: its title, its icon and what it does. An exhaustive switch, so that a new kind does not compile until it is here.
import * as vscode from 'vscode';
import type { Remedy } from '../core/errors.ts';

/** Repeats what failed; rejects when it fails again. */
export type Retry = () => Promise<unknown>;
export type RunRemedy = (remedy: Remedy, retry: Retry | undefined) => Promise<void>;

/** What runs the remedies that concern the server rather than this extension. */
export interface ServerRemedies {
  /** Offers: copy the Azure CLI command, open the portal, retry until it works. */
  offer(
    remedy: Extract<Remedy, { kind: 'addFirewallRule' | 'enablePublicAccess' | 'setEntraAdmin' }>,
    retry: Retry | undefined,
  ): Promise<void>;
}

/** The text of the button, in the person's language. */
export function remedyTitle(remedy: Remedy): string {
  switch (remedy.kind) {
    case 'signIn':
      return vscode.l10n.t('Sign In');
    case 'chooseTenant':
      return vscode.l10n.t('Another Tenant…');
    case 'switchAccount':
      return vscode.l10n.t('Another Account…');
    case 'addFirewallRule':
      return vscode.l10n.t('Allow {0}…', remedy.ip);
    case 'enablePublicAccess':
      return vscode.l10n.t('Enable Public Access…');
    case 'setEntraAdmin':
      return vscode.l10n.t('Set Entra Admin…');
    case 'grantAccess':
      return vscode.l10n.t('Grant Access…');
    case 'createUser':
      return vscode.l10n.t('Create the User…');
    case 'editConnection':
      return vscode.l10n.t('Edit Connection…');
    case 'confirmHost':
      return vscode.l10n.t('Trust {0}…', remedy.host);
    case 'createTable':
      return vscode.l10n.t('Create It…');
    case 'retry':
      return vscode.l10n.t('Try Again');
    case 'checkOutcome':
      return vscode.l10n.t('Check…');
    case 'command':
    case 'openLink':
      return remedy.title;
    case 'showLog':
      return vscode.l10n.t('Show Log');
    default:
      return unknownRemedy(remedy);
  }
}

/** Codicon for a remedy that is shown as a tree node. */
export function remedyIcon(remedy: Remedy): vscode.ThemeIcon {
  switch (remedy.kind) {
    case 'signIn':
    case 'chooseTenant':
    case 'switchAccount':
      return new vscode.ThemeIcon('sign-in');
    case 'retry':
      return new vscode.ThemeIcon('refresh');
    case 'showLog':
      return new vscode.ThemeIcon('output');
    case 'openLink':
      return new vscode.ThemeIcon('link-external');
    default:
      return new vscode.ThemeIcon('lightbulb');
  }
}

/** Builds the function that carries a remedy out. */
export function createRemedyRunner(server: ServerRemedies, log: { show(): void }): RunRemedy {
  return async (remedy, retry) => {
    switch (remedy.kind) {
      case 'signIn':
      case 'chooseTenant':
      case 'switchAccount':
      case 'grantAccess':
      case 'editConnection':
      case 'confirmHost': {
        const done = await vscode.commands.executeCommand(`passwordlessSql.${remedy.kind}`, {
          target: { connectionId: remedy.connectionId },
          ...(remedy.kind === 'confirmHost' ? { host: remedy.host } : {}),
        });
        // Grants and edits are an end in themselves; the others end with an open door or with undefined.
        if (done === true && remedy.kind !== 'grantAccess' && remedy.kind !== 'editConnection')
          await retry?.();
        return;
      }
      case 'createUser':
        await vscode.commands.executeCommand('passwordlessSql.grantAccess', {
          target: { connectionId: remedy.connectionId },
        });
        return;
      case 'createTable':
        await vscode.commands.executeCommand('passwordlessSql.createTable', {
          target: { connectionId: remedy.connectionId, table: remedy.table },
        });
        return;
      case 'addFirewallRule':
      case 'enablePublicAccess':
      case 'setEntraAdmin':
        return server.offer(remedy, retry);
      case 'retry':
        await retry?.();
        return;
      case 'checkOutcome': {
        const again = await vscode.commands.executeCommand('passwordlessSql.checkOutcome', {
          target: { connectionId: remedy.connectionId },
          ...(remedy.check === undefined ? {} : { check: remedy.check }),
        });
        if (again === true) await retry?.();
        return;
      }
      case 'command':
        await vscode.commands.executeCommand(remedy.command, ...remedy.arguments);
        return;
      case 'openLink':
        await vscode.env.openExternal(vscode.Uri.parse(remedy.url, true));
        return;
      case 'showLog':
        log.show();
        return;
      default:
        unknownRemedy(remedy);
    }
  };
}

function unknownRemedy(remedy: never): never {
  throw new Error(`unknown remedy ${JSON.stringify(remedy)}`);
}
