// Binds SET of UPDATE and MERGE: columns, variables and compound operators.
import type { SqlType } from '../../contract.ts';
import type { Expression, SetClause } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import type { Bound } from './bound.ts';
import { assigned, columnOf, defaultSql } from './changeTarget.ts';
import { arithmetic } from './arithmetic.ts';
import { bindExpression } from './expressions.ts';
import type { ObjectColumn, ResolvedObject } from './ports.ts';
import { arithmeticOf } from './compoundOperator.ts';
import { raise } from './raise.ts';
import { Scope } from './scope.ts';

export interface SetValue {
  column: ObjectColumn | undefined;
  variable: { name: string; type: SqlType } | undefined;
  sql: string;
}

export function bindSet(
  binder: Binder,
  scope: Scope,
  object: ResolvedObject,
  clauses: readonly SetClause[],
): SetValue[] {
  const seen = new Set<ObjectColumn>();
  return clauses.map((clause): SetValue => {
    const variableType =
      clause.variable === undefined ? undefined : binder.input.variables.get(clause.variable.toLowerCase());
    if (clause.variable !== undefined && variableType === undefined) {
      raise(137, `Must declare the scalar variable "${clause.variable}".`, clause.line, 15, 1);
    }
    const variable =
      clause.variable === undefined || variableType === undefined
        ? undefined
        : { name: clause.variable.toLowerCase(), type: variableType };
    if (clause.column === undefined) {
      const right = compound(
        binder,
        scope,
        clause,
        clause.variable === undefined
          ? undefined
          : {
              kind: 'variable',
              name: clause.variable,
              line: clause.line,
              start: clause.start,
              end: clause.end,
            },
      );
      return {
        column: undefined,
        variable,
        sql: binder.convert(right, variableType ?? right.type, clause.line).sql,
      };
    }
    const name = clause.column.parts.at(-1);
    const column = name === undefined ? undefined : columnOf(object, name);
    if (column === undefined) raise(207, "Invalid column name ''.", clause.line);
    if (seen.has(column)) {
      raise(
        264,
        `The column name '${column.name}' is specified more than once in the SET clause or column list of an INSERT. A column cannot be assigned more than one value in the same clause. Modify the clause to make sure that a column is updated only once. If this statement updates or inserts columns into a view, column aliasing can conceal the duplication in your code.`,
        clause.line,
      );
    }
    seen.add(column);
    if (column.identity) raise(8102, `Cannot update identity column '${column.name}'.`, clause.line);
    if (column.computed)
      raise(
        271,
        `The column "${column.name}" cannot be modified because it is either a computed column or is the result of a UNION operator.`,
        clause.line,
      );
    if (column.type.name === 'timestamp') raise(272, 'Cannot update a timestamp column.', clause.line);
    if (column.generated)
      raise(
        13537,
        `Cannot update GENERATED ALWAYS columns in table '${binder.displayName(object)}'.`,
        clause.line,
      );
    binder.require('UPDATE', object, column.name);
    if (clause.expression.kind === 'default')
      return { column, variable, sql: defaultSql(binder, object, column) };
    const right = compound(binder, scope, clause, {
      kind: 'column',
      name: clause.column,
      line: clause.line,
      start: clause.start,
      end: clause.end,
    });
    return { column, variable, sql: assigned(binder, object, column, right, clause.line) };
  });
}

function compound(binder: Binder, scope: Scope, clause: SetClause, left: Expression | undefined): Bound {
  const right = bindExpression(binder, scope, clause.expression);
  if (clause.operator === '=' || left === undefined) return right;
  return arithmetic(
    binder,
    arithmeticOf(clause.operator),
    bindExpression(binder, scope, left),
    right,
    clause.line,
  );
}

/** UPDATE t SET @v = …: PostgreSQL must set something, so a column is set to itself. */
export function noColumn(object: ResolvedObject): string {
  const column = object.columns.find(
    (candidate) => !candidate.computed && candidate.type.name !== 'timestamp' && !candidate.generated,
  );
  return `${column?.pgName ?? ''} = s0.${column?.pgName ?? ''}`;
}
