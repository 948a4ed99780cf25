// Query editors, results and export, put together from what compose hands in.
import type * as vscode from 'vscode';
import type { Clock, Log, Sql } from '../core/ports.ts';
import type { RowStores } from '../core/resultSet.ts';
import type { ConnectionService } from '../services/connectionService.ts';
import type { UserService } from '../services/userService.ts';
import { askAndExport, exportCommands } from './commands/export.ts';
import { queryCommands } from './commands/query.ts';
import type { ErrorBoundary } from './errorBoundary.ts';
import { QueryDocuments } from './queryDocuments.ts';
import { parameterPrompt } from './queryParameters.ts';
import { queryCodeLenses, queryStatusBar } from './queryStatus.ts';
import { QueryValues } from './queryValues.ts';
import type { CommandTable } from './register.ts';
import type { RunRemedy } from './remedies.ts';

export interface QueryFeatureParts {
  extensionUri: vscode.Uri;
  sql: Pick<Sql, 'openSession' | 'query'>;
  rowStores: () => Promise<RowStores>;
  clock: Clock;
  log: Log;
  boundary: ErrorBoundary;
  runRemedy: RunRemedy;
  connections: ConnectionService;
  users: Pick<UserService, 'shape'>;
}

export interface QueryFeature {
  commands: CommandTable;
  documents: QueryDocuments;
  values: QueryValues;
  disposables: readonly vscode.Disposable[];
}

export function queryFeature(parts: QueryFeatureParts): QueryFeature {
  const values = new QueryValues();
  const documents = new QueryDocuments({
    ...parts,
    values,
    askParameters: parameterPrompt(),
    exportSet: askAndExport,
  });
  return {
    commands: {
      ...queryCommands({ documents, connections: parts.connections, users: parts.users }),
      ...exportCommands(documents),
    },
    documents,
    values,
    disposables: [values, documents, queryCodeLenses(documents), queryStatusBar(documents)],
  };
}
