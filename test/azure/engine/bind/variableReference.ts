// A variable in an expression: a parameter of the PostgreSQL statement, or what an inlined function was given for it.
import type { Binder } from './binder.ts';
import type { Bound } from './bound.ts';
import { int } from './literals.ts';
import { raise } from './raise.ts';

/** @throws SqlError 137 for a variable that is not declared. */
export function bindVariable(binder: Binder, name: string, line: number): Bound {
  const key = name.toLowerCase();
  if (binder.substitutions !== undefined) {
    const value = binder.substitutions.get(key);
    if (value !== undefined) return value;
  }
  const type = binder.input.variables.get(key);
  if (type === undefined) {
    if (binder.input.undeclared !== undefined) {
      const known = binder.input.undeclared.get(key);
      if (!binder.input.undeclared.has(key)) binder.input.undeclared.set(key, undefined);
      return {
        sql: 'NULL',
        type: known ?? int,
        nullable: true,
        untypedNull: known === undefined,
        undeclared: key,
        loose: [],
      };
    }
    if (binder.input.tableVariables.has(key)) {
      raise(137, `Must declare the scalar variable "${name}".`, line, 15, 1);
    }
    raise(137, `Must declare the scalar variable "${name}".`, line, 15, 2);
  }
  return {
    sql: binder.parameter({ kind: 'variable', name: key, type }),
    type,
    nullable: true,
    variable: true,
    loose: [],
  };
}
