// Which table a command means: the node it was called on, else the connection's first.
import { defaultTable } from '../../core/connection.ts';
import type { ConnectionProfile, TableName } from '../../core/connection.ts';
import type { NodeTarget } from '../tree/treeNode.ts';

export async function chooseTable(
  connection: ConnectionProfile,
  target: NodeTarget | undefined,
): Promise<TableName> {
  return target?.table ?? connection.tables[0] ?? defaultTable;
}
