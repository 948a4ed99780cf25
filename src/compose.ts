// The composition root: the one place that builds everything, bottom to top.
import * as vscode from 'vscode';
import { ConnectionService } from './services/connectionService.ts';
import { SignInService } from './services/signInService.ts';
import { connectionCommands } from './ui/commands/connections.ts';
import { ErrorBoundary } from './ui/errorBoundary.ts';
import { createRemedyRunner } from './ui/remedies.ts';
import { registerCommands } from './ui/register.ts';
import { ConfirmedHostList, GlobalMemory } from './ui/platform/globalMemory.ts';
import { lazySql } from './ui/platform/lazySql.ts';
import { OutputLog } from './ui/platform/outputLog.ts';
import { readClouds } from './ui/platform/readProfile.ts';
import { SettingsConnections } from './ui/platform/settingsConnections.ts';
import { systemClock } from './ui/platform/systemClock.ts';
import { VscodeTokenSource } from './ui/platform/vscodeTokenSource.ts';
import { createServerRemedies } from './ui/serverRemedies.ts';
import { connectionNode } from './ui/tree/connectionNode.ts';
import { TreeProvider } from './ui/tree/treeProvider.ts';

export function compose(context: vscode.ExtensionContext): void {
  const keep = <T extends { dispose(): unknown }>(part: T): T => {
    context.subscriptions.push(part);
    return part;
  };

  // What core's ports need from VS Code.
  const log = keep(new OutputLog());
  const memory = new GlobalMemory(context.globalState);
  const confirmedHosts = new ConfirmedHostList(memory);
  const accounts = new VscodeTokenSource();
  const store = new SettingsConnections(log);
  const clouds = () =>
    readClouds(vscode.workspace.getConfiguration('passwordlessSql').inspect('customClouds')?.globalValue);
  const sql = keep(
    lazySql(async () =>
      (await import('./data/main.ts')).createSql({
        clouds,
        confirmedHosts,
        log,
        clock: systemClock,
        vscodeTokenSource: accounts,
      }),
    ),
  );

  // Use cases.
  const connections = keep(new ConnectionService({ store, memory, sql, clouds }));
  const signIn = new SignInService(sql);

  // What people see.
  const remedy = createRemedyRunner(createServerRemedies(connections, signIn, systemClock), log);
  const boundary = new ErrorBoundary(log, remedy);
  const tree = keep(
    new TreeProvider(
      'passwordlessSql.users',
      () =>
        connections.list().map((connection) =>
          connectionNode({
            connection,
            active: connection.id === connections.active()?.id,
            token: signIn.tokenFacts(connection),
            now: systemClock.now(),
            children: () => [],
          }),
        ),
      log,
    ),
  );
  keep(connections.onDidChangeConnections(() => tree.refresh()));
  keep(
    vscode.window.createTreeView('passwordlessSql.users', { treeDataProvider: tree, showCollapseAll: true }),
  );
  keep(
    registerCommands({ ...connectionCommands({ connections, signIn, accounts, confirmedHosts }) }, boundary),
  );
}
