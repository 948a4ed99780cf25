// Commands of the grant wizard: ask, show the script, run it, show what the server says afterwards, and offer to take it back.
import * as vscode from 'vscode';
import { AppError } from '../../core/errors.ts';
import { withoutLinks } from '../../core/errorText.ts';
import type { GrantRequest } from '../../core/grantPlan.ts';
import type { ConnectionService, SavedConnection } from '../../services/connectionService.ts';
import type { DoneGrant, GrantService } from '../../services/grantService.ts';
import type { GrantDocument, GrantDocuments } from '../grantDocuments.ts';
import { askGrant, refuseMaster } from '../grantWizard.ts';
import { chooseConnection } from '../prompt/chooseConnection.ts';
import { withCommandProgress, type CommandContext, type CommandTable } from '../register.ts';
import { targetOf } from '../tree/treeNode.ts';

export interface GrantCommandParts {
  connections: ConnectionService;
  grants: Pick<GrantService, 'plan'>;
  grantDocuments: GrantDocuments;
  /** Principals changed: the tree reads them again. */
  onDidGrant(connectionId: string): void;
}

export function grantCommands(parts: GrantCommandParts): CommandTable {
  const { connections, grantDocuments: documents } = parts;
  /** What was typed for a grant that was not run; the next attempt starts from it. */
  let unfinished: GrantRequest | undefined;
  let lastDone: Extract<GrantDocument, { kind: 'done' }> | undefined;

  const preview = async (
    title: string,
    script: string,
    message: string,
    run: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> => {
    let running = false;
    const document: GrantDocument = {
      kind: 'preview',
      script,
      run: async () => {
        if (running) throw new AppError('tooBusy', vscode.l10n.t('This script is running already.'));
        running = true;
        try {
          await withCommandProgress(async (context) => {
            context.progress(vscode.l10n.t('Running the script…'));
            await run(context.signal);
          });
        } finally {
          running = false;
        }
        await documents.close(document);
      },
    };
    const uri = await documents.open(title, document);
    void offer(message, [
      [vscode.l10n.t('Run'), 'passwordlessSql.runGrant', uri],
      [vscode.l10n.t('Copy'), 'passwordlessSql.copyGrantScript', uri],
    ]);
  };

  const show = async (connection: SavedConnection, done: DoneGrant): Promise<void> => {
    parts.onDidGrant(connection.id);
    const undo = done.undo;
    const document: GrantDocument = {
      kind: 'done',
      script: done.report,
      undo: undo && (() => previewUndo(connection, undo)),
    };
    lastDone = document;
    const uri = await documents.open(vscode.l10n.t('Grant in {0}', connection.database), document);
    void offer(
      done.summary,
      document.undo ? [[vscode.l10n.t('Undo…'), 'passwordlessSql.undoGrant', uri]] : [],
      !done.complete,
    );
  };

  const previewUndo = (connection: SavedConnection, undo: NonNullable<DoneGrant['undo']>): Promise<void> =>
    preview(
      vscode.l10n.t('Undo the grant in {0}', connection.database),
      undo.script,
      vscode.l10n.t('This removes only what the grant added. Run it?'),
      async (signal) => {
        const summary = await undo.run(signal);
        lastDone = undefined;
        parts.onDidGrant(connection.id);
        void vscode.window.showInformationMessage(withoutLinks(summary));
      },
    );

  /** `prepared` answers instead of asking; it is judged like anything that was typed. */
  const grant = async (context: CommandContext, argument: unknown, prepared: unknown): Promise<void> => {
    const connection = await chooseConnection(connections, targetOf(argument));
    refuseMaster(connection);
    const answers = isRequest(prepared) ? prepared : await askGrant(unfinished ?? leastRights, connection);
    unfinished = answers;
    context.progress(vscode.l10n.t('Looking at {0}…', connection.database));
    const planned = await parts.grants.plan(connection, answers, context.signal);
    context.progress('');
    await preview(
      vscode.l10n.t('Grant to {0} in {1}', answers.principal, connection.database),
      planned.script,
      vscode.l10n.t('This is what would run, in one transaction. Nothing has been changed yet.'),
      async (signal) => {
        const done = await planned.run(signal);
        if (done.complete) unfinished = undefined;
        await show(connection, done);
      },
    );
  };

  return {
    'passwordlessSql.grantAccess': grant,

    'passwordlessSql.runGrant': async (_context, argument) => {
      const document = documents.find(argument);
      if (document?.kind !== 'preview') throw noScript();
      await document.run();
    },

    'passwordlessSql.copyGrantScript': async (_context, argument) => {
      const document = documents.find(argument);
      if (!document) throw noScript();
      await vscode.env.clipboard.writeText(document.script);
    },

    'passwordlessSql.undoGrant': async (_context, argument) => {
      const named = documents.find(argument);
      const document = named?.kind === 'done' ? named : lastDone;
      if (!document?.undo)
        throw new AppError('invalidInput', vscode.l10n.t('There is no grant of this session to undo.'));
      await document.undo();
    },
  };
}

const leastRights: GrantRequest = {
  principal: '',
  identity: { kind: 'name' },
  rights: ['read'],
  customRoles: [],
};

function isRequest(value: unknown): value is GrantRequest {
  return (
    typeof value === 'object' &&
    value !== null &&
    'principal' in value &&
    'identity' in value &&
    'rights' in value
  );
}

function noScript(): AppError {
  return new AppError(
    'invalidInput',
    vscode.l10n.t('Open the script of a grant first: "Grant Access" shows one.'),
  );
}

async function offer(
  message: string,
  choices: readonly (readonly [title: string, command: string, uri: vscode.Uri])[],
  isWarning = false,
): Promise<void> {
  const notify = isWarning ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
  const chosen = await notify(withoutLinks(message), ...choices.map(([title]) => title));
  const choice = choices.find(([title]) => title === chosen);
  if (choice) await vscode.commands.executeCommand(choice[1], choice[2]);
}
