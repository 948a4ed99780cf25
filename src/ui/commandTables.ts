// The commands that ask people things: a bundle of its own, loaded when the first of them is called.
import { connectionCommands } from './commands/connections.ts';
import type { ConnectionCommandParts } from './commands/connections.ts';
import { tableCommands } from './commands/tables.ts';
import type { TableCommandParts } from './commands/tables.ts';
import { userCommands } from './commands/users.ts';
import type { UserCommandParts } from './commands/users.ts';
import { viewCommands } from './commands/view.ts';
import type { ViewCommandParts } from './commands/view.ts';
import type { CommandTable } from './register.ts';

export type CommandParts = ConnectionCommandParts & UserCommandParts & TableCommandParts & ViewCommandParts;

export function commandTables(parts: CommandParts): CommandTable {
  return {
    ...connectionCommands(parts),
    ...userCommands(parts),
    ...tableCommands(parts),
    ...viewCommands(parts),
  };
}
