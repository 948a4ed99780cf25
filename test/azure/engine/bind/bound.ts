// A bound expression: its PostgreSQL text, and what T-SQL knows about it.
import type { SqlType } from '../../contract.ts';
import type { SourceColumn } from './scope.ts';

export interface Bound {
  /** Complete in itself: may stand as an operand of anything. */
  sql: string;
  type: SqlType;
  nullable: boolean;
  /** The literal NULL, which takes any type. */
  untypedNull?: boolean;
  /** A literal's value, for messages and for what must be known at bind time. */
  literal?: string | number;
  /** Digits of an integer literal: beside a decimal it counts as decimal(digits, 0). */
  digits?: number;
  /** Straight from a column: identity, collation and name travel with it. */
  column?: SourceColumn;
  /** Columns of the query's own sources outside aggregates that GROUP BY does not cover, as `table.column`. */
  loose: readonly string[];
  /** Holds an aggregate of this query. */
  aggregate?: boolean;
  /** A variable itself, not an expression around one: SET ANSI_NULLS OFF asks. */
  variable?: boolean;
  /** An undeclared parameter (sp_describe_undeclared_parameters), by its key. */
  undeclared?: string;
  /** Already JSON text (JSON_QUERY, FOR JSON). */
  json?: boolean;
  /** Bound around a window function. */
  windowed?: boolean;
}

/** Without what belongs only to the column or literal itself. */
export function plain(bound: Bound): Bound {
  const {
    column: _column,
    digits: _digits,
    literal: _literal,
    untypedNull: _untyped,
    variable: _variable,
    ...rest
  } = bound;
  return rest;
}

/** Where a parameter's value comes from when the statement runs. */
export type ParameterSource =
  | { kind: 'variable'; name: string; type: SqlType }
  /** Session state: @@ROWCOUNT, ERROR_MESSAGE(), GETDATE() … by name. */
  | { kind: 'session'; name: string; type: SqlType }
  | { kind: 'principal'; name: string; args: readonly ParameterSource[]; type: SqlType }
  | { kind: 'constant'; value: string | number | null; type: SqlType };

/** A predicate: T-SQL has no boolean values, so it is not an expression. */
export interface BoundPredicate {
  sql: string;
  loose: readonly string[];
  aggregate?: boolean;
}
