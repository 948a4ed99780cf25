// One row of a table as it is shown: enough to label it, to find it again and to notice that somebody changed it.
import type { Cell } from './ports.ts';

/** Values in the order of the table's columns, exact ones as text (see rowText). */
export interface UserRow {
  values: readonly Cell[];
}
