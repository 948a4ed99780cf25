// The commands that ask people things: a bundle of its own, loaded when the first of them is called.
import { connectionCommands } from './commands/connections.ts';
import type { ConnectionCommandParts } from './commands/connections.ts';
import { credentialCommands } from './commands/credential.ts';
import type { CredentialCommandParts } from './commands/credential.ts';
import { GrantService } from '../services/grantService.ts';
import type { Sql } from '../core/ports.ts';
import { diagnosticsCommands } from './commands/diagnostics.ts';
import type { DiagnosticsCommandParts } from './commands/diagnostics.ts';
import { exportCommands } from './commands/export.ts';
import { queryCommands } from './commands/query.ts';
import type { QueryCommandParts } from './commands/query.ts';
import { grantCommands } from './commands/grant.ts';
import type { GrantCommandParts } from './commands/grant.ts';
import { outcomeCommands } from './commands/outcome.ts';
import type { OutcomeCommandParts } from './commands/outcome.ts';
import { tableCommands } from './commands/tables.ts';
import type { TableCommandParts } from './commands/tables.ts';
import { userCommands } from './commands/users.ts';
import type { UserCommandParts } from './commands/users.ts';
import { viewCommands } from './commands/view.ts';
import type { ViewCommandParts } from './commands/view.ts';
import type { CommandTable } from './register.ts';

export { askAndExport } from './commands/export.ts';
export { chooseConnection } from './prompt/chooseConnection.ts';
export { parameterPrompt } from './queryParameters.ts';

export type CommandParts = ConnectionCommandParts &
  CredentialCommandParts &
  DiagnosticsCommandParts &
  OutcomeCommandParts &
  Omit<GrantCommandParts, 'grants'> &
  QueryCommandParts &
  UserCommandParts &
  TableCommandParts &
  ViewCommandParts & { sql: Sql };

export function commandTables(parts: CommandParts): CommandTable {
  return {
    ...connectionCommands(parts),
    ...credentialCommands(parts),
    ...diagnosticsCommands(parts),
    ...outcomeCommands(parts),
    // Built here and not in compose: nothing else grants, and it need not be there at activation.
    ...grantCommands({ ...parts, grants: new GrantService(parts.sql) }),
    ...queryCommands(parts),
    ...exportCommands(parts.documents),
    ...userCommands(parts),
    ...tableCommands(parts),
    ...viewCommands(parts),
  };
}
