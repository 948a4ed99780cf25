// User-defined functions put in place of their calls: scalar ones whose body is one RETURN, and inline table-valued ones.
import type { CreateFunction, Expression, Statement } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import type { Bound } from './bound.ts';
import { bindExpression } from './expressions.ts';
import { resolveType } from './resolveType.ts';
import { parseFunction } from './moduleText.ts';
import type { ResolvedObject } from './ports.ts';
import { bindCommonTables } from './commonTables.ts';
import { bindQuery } from './query.ts';
import type { BoundQuery } from './boundQuery.ts';
import { raise } from './raise.ts';
import { Scope } from './scope.ts';

/** undefined: the body is more than one RETURN. @throws SqlError 313, 8144, 217 */
export function inlineScalar(
  binder: Binder,
  object: ResolvedObject,
  args: readonly (Bound | undefined)[],
  line: number,
): Bound | undefined {
  const definition = parseFunction(object.definition ?? '');
  if (definition.returns.kind !== 'scalar') return undefined;
  const result = onlyReturn(definition.returns.body);
  if (result === undefined) return undefined;
  const type = resolveType(definition.returns.type, 1);
  return inside(binder, object, definition, args, line, () => {
    const bound = binder.convert(bindExpression(binder, new Scope(), result), type, line);
    return { ...bound, nullable: true };
  });
}

/** @throws SqlError 313, 8144, 217 */
export function inlineTable(
  binder: Binder,
  object: ResolvedObject,
  args: readonly (Bound | undefined)[],
  line: number,
): BoundQuery | undefined {
  const definition = parseFunction(object.definition ?? '');
  const { returns } = definition;
  if (returns.kind !== 'inline') return undefined;
  return inside(binder, object, definition, args, line, () => {
    const common = bindCommonTables(binder, returns.with);
    const query = bindQuery(binder, returns.query, undefined, { role: 'view' });
    common.end();
    return { ...query, sql: common.sql + query.sql };
  });
}

function onlyReturn(body: readonly Statement[]): Expression | undefined {
  const [only, more] = body;
  if (only === undefined || more !== undefined) return undefined;
  if (only.kind === 'block') return onlyReturn(only.statements);
  return only.kind === 'return' ? only.value : undefined;
}

/** Binds in the function's own world: its parameters, its schema, its owner's rights. */
function inside<T>(
  binder: Binder,
  object: ResolvedObject,
  definition: CreateFunction,
  args: readonly (Bound | undefined)[],
  line: number,
  bind: () => T,
): T {
  if (binder.viewDepth > 32) {
    raise(
      217,
      'Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).',
      line,
    );
  }
  if (args.length > definition.parameters.length) {
    raise(
      8144,
      `Procedure or function ${object.schema}.${object.name} has too many arguments specified.`,
      line,
      16,
      3,
    );
  }
  const outer = binder.substitutions;
  const values = new Map<string, Bound>();
  for (const [i, parameter] of definition.parameters.entries()) {
    const given =
      args[i] ??
      (parameter.default === undefined ? undefined : bindExpression(binder, new Scope(), parameter.default));
    if (given === undefined || i >= args.length) {
      raise(
        313,
        `An insufficient number of arguments were supplied for the procedure or function ${object.schema}.${object.name}.`,
        line,
      );
    }
    const type = resolveType(parameter.type, 1);
    const converted = binder.convert(given, type, line);
    values.set(parameter.name.toLowerCase(), {
      sql: converted.sql,
      type,
      nullable: true,
      loose: converted.loose,
    });
  }
  const settings = binder.input.settings;
  const ctes = binder.ctes.splice(0);
  binder.substitutions = values;
  binder.input.settings = { ...settings, defaultSchema: object.schema };
  binder.chain.push(object);
  binder.viewDepth += 1;
  try {
    return bind();
  } finally {
    binder.viewDepth -= 1;
    binder.chain.pop();
    binder.input.settings = settings;
    binder.ctes.splice(0, binder.ctes.length, ...ctes);
    binder.substitutions = outer;
  }
}
