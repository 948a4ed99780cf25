// The composition root: the one place that builds everything, bottom to top.
import * as vscode from 'vscode';
import { readClouds, readPageSize } from './core/settings.ts';
import { AccessService } from './services/accessService.ts';
import { ConnectionHealth } from './services/connectionHealth.ts';
import { ConnectionService } from './services/connectionService.ts';
import { SignInService } from './services/signInService.ts';
import { UserPages } from './services/userPages.ts';
import { UserService } from './services/userService.ts';
import type { AskParameters } from './services/queryEditor.ts';
import type { CommandParts } from './ui/commandTables.ts';
import { ErrorBoundary } from './ui/errorBoundary.ts';
import type { QueryDocuments } from './ui/queryDocuments.ts';
import { GrantDocuments } from './ui/grantDocuments.ts';
import { queryFeature } from './ui/queryFeature.ts';
import { Previews } from './ui/preview.ts';
import { createRemedyRunner } from './ui/remedies.ts';
import { contributedCommands, lazyCommands, registerCommands } from './ui/register.ts';
import { accountWatch } from './ui/platform/accountWatch.ts';
import { ConfirmedHostList, GlobalMemory } from './ui/platform/globalMemory.ts';
import { lazySql } from './ui/platform/lazySql.ts';
import { OutputLog } from './ui/platform/outputLog.ts';
import { SettingsConnections } from './ui/platform/settingsConnections.ts';
import { systemClock } from './ui/platform/systemClock.ts';
import { VscodeTokenSource } from './ui/platform/vscodeTokenSource.ts';
import { createServerRemedies } from './ui/serverRemedies.ts';
import { SignInItem } from './ui/signInItem.ts';
import { StatusBar } from './ui/statusBar.ts';
import { accessNode } from './ui/tree/accessNodes.ts';
import type { TreeNode } from './ui/tree/treeNode.ts';
import { UsersTree } from './ui/tree/usersTree.ts';
import { waitingProgress } from './ui/waitingProgress.ts';

/** What `activate` returns: the view as VS Code reads it, so that tests can read it too. */
export interface ExtensionApi {
  users: vscode.TreeDataProvider<TreeNode>;
  queries: QueryDocuments;
}

export function compose(context: vscode.ExtensionContext): ExtensionApi {
  const keep = <T extends { dispose(): unknown }>(part: T): T => {
    context.subscriptions.push(part);
    return part;
  };

  // What core's ports need from VS Code.
  const log = keep(new OutputLog());
  const memory = new GlobalMemory(context.globalState);
  const confirmedHosts = new ConfirmedHostList(memory);
  const accounts = new VscodeTokenSource(vscode);
  const store = new SettingsConnections(log);
  // Only the user's own settings: a workspace cannot say where tokens go.
  const customClouds = () => {
    const { globalValue } =
      vscode.workspace.getConfiguration('passwordlessSql').inspect('customClouds') ?? {};
    return readClouds(globalValue);
  };
  const clouds = () => customClouds().clouds;
  // … nor what code is loaded.
  const visualStudioCodePlugin = () => {
    const { globalValue } =
      vscode.workspace.getConfiguration('passwordlessSql').inspect('visualStudioCodePlugin') ?? {};
    return typeof globalValue === 'string' ? globalValue : undefined;
  };
  // Only the user's own: a workspace cannot open more connections than the server or the person wants.
  const maxConnectionsPerServer = () => {
    const { globalValue } =
      vscode.workspace.getConfiguration('passwordlessSql').inspect('maxConnectionsPerServer') ?? {};
    return typeof globalValue === 'number' && globalValue >= 1 ? Math.floor(globalValue) : 30;
  };
  const reportClouds = () => {
    for (const problem of customClouds().problems) log.warn(`Settings: ${problem}`);
  };
  reportClouds();
  keep(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('passwordlessSql.customClouds')) reportClouds();
    }),
  );
  const sql = keep(
    lazySql(async () =>
      (await import('./data/main.ts')).createSql({
        clouds,
        confirmedHosts,
        log,
        clock: systemClock,
        vscodeTokenSource: accounts,
        visualStudioCodePlugin,
        memory,
        maxConnectionsPerServer,
      }),
    ),
  );

  // Use cases.
  const connections = keep(new ConnectionService({ store, memory, sql, clouds }));
  const health = keep(new ConnectionHealth(sql));
  const signIn = new SignInService(sql);
  const users = new UserService(sql);
  const pages = new UserPages(users, () =>
    readPageSize(vscode.workspace.getConfiguration('passwordlessSql').get('pageSize')),
  );
  users.onDidChangeUsers((change) => pages.apply(change));

  const access = new AccessService(sql);

  // What people see.
  const runRemedy = createRemedyRunner(createServerRemedies(connections, signIn, systemClock), log);
  const boundary = new ErrorBoundary(log, runRemedy);
  const tree = keep(
    new UsersTree({
      connections,
      signIn,
      health,
      sql,
      pages,
      forget: (id) => {
        pages.forget(id);
        access.forget(id);
      },
      access: (connection) => [accessNode(connection, access)],
      clock: systemClock,
      log,
    }),
  );
  keep(new SignInItem(health, connections));
  keep(waitingProgress({ health, connections, clock: systemClock, cancel: (id) => sql.cancelWaiting(id) }));
  keep(
    accountWatch({
      connections,
      accounts,
      signOut: async (id) => {
        await health.signOut(id);
        tree.refresh({ connectionId: id });
      },
      log,
    }),
  );
  keep(
    connections.onDidChangeConnections(() => {
      const left = new Set(connections.list().map(({ id }) => id));
      for (const id of health.needingSignIn()) if (!left.has(id)) health.forget(id);
    }),
  );
  keep(new StatusBar(connections, signIn, health, systemClock));
  const asking = () => import('./ui/commandTables.ts');
  let prompt: AskParameters | undefined;
  const queries = queryFeature({
    extensionUri: context.extensionUri,
    sql,
    rowStores: async () => (await import('./data/main.ts')).createRowStores(),
    clock: systemClock,
    log,
    boundary,
    runRemedy,
    askParameters: async (parameters) => (prompt ??= (await asking()).parameterPrompt())(parameters),
    connections,
    chooseConnection: async () => (await asking()).chooseConnection(connections, undefined, { always: true }),
    exportSet: async (set) => (await asking()).askAndExport(set),
  });
  for (const part of queries.disposables) keep(part);
  const refresh = (node: { connectionId?: string; nodeId?: string }) => tree.refresh(node);
  const showWelcome = () => {
    void vscode.commands.executeCommand(
      'setContext',
      'passwordlessSql.hasConnections',
      connections.list().length > 0,
    );
  };
  keep(connections.onDidChangeConnections(showWelcome));
  showWelcome();
  const parts: CommandParts = {
    connections,
    signIn,
    accounts,
    confirmedHosts,
    users,
    pages,
    clock: systemClock,
    runRemedy,
    refresh,
    showLog: () => log.show(),
    previews: keep(new Previews()),
    reveal: (id, shape, row) => tree.reveal(id, shape, row),
    onDidSignIn: (connectionId) => {
      health.signedIn(connectionId);
      refresh({ connectionId });
    },
    health,
    version: String(context.extension.packageJSON.version),
    sql,
    documents: queries.documents,
    grantDocuments: keep(new GrantDocuments()),
    onDidGrant: (connectionId) => refresh({ connectionId }),
  };
  const commands = lazyCommands(contributedCommands(context.extension.packageJSON, {}), async () =>
    (await asking()).commandTables(parts),
  );
  keep(registerCommands(commands, boundary));
  void vscode.commands.executeCommand('setContext', 'passwordlessSql.ready', true);
  return { users: tree.provider, queries: queries.documents };
}
