// A cursor: its rows are taken when it is opened (as a STATIC one), and FETCH walks over them.
import type { SqlType } from '../../contract.ts';
import type { CursorDefinition } from '../../tsql/ast.ts';

export interface Cursor {
  name: string;
  definition: CursorDefinition;
  columns: { name: string; type: SqlType; nullable: boolean }[];
  /** Closed by ROLLBACK, as every cursor that the server would not have copied on OPEN. */
  closesOnRollback: boolean;
  /** PostgreSQL texts; undefined while closed. */
  rows: (string | null)[][] | undefined;
  /** Index of the current row: -1 before the first. */
  position: number;
}
