// A bound query: its PostgreSQL text, its columns, and what the query around it must know.
import type { SqlType } from '../../contract.ts';

export interface OutputColumn {
  name: string;
  type: SqlType;
  nullable: boolean;
  identity?: boolean;
  computed?: boolean;
  untypedNull?: boolean;
  json?: boolean;
}

export interface BoundQuery {
  /** A complete SELECT (or VALUES, WITH …); its columns are called c1, c2, …. */
  sql: string;
  columns: OutputColumn[];
  /** Columns of the outer query that it uses and that are not grouped there. */
  loose: readonly string[];
  /** SELECT @v = …: one per column. */
  assignments?: { variable: string; line: number }[];
  /** One row came back for all of them; its last column says how many they were. */
  accumulated?: boolean;
}

export interface QueryOptions {
  columns?: number;
  /** What ORDER BY without TOP is refused in (1033), and what needs unique names. */
  role?: 'statement' | 'subquery' | 'exists' | 'derived' | 'view' | 'insert';
}
