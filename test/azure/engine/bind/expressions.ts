// Binds scalar expressions: T-SQL node in, PostgreSQL text with its T-SQL type out. Here are the kinds of node and what each is handed to.
import { foldName } from '../catalog/foldName.ts';
import type { Expression, FunctionCall, SearchedCase, SimpleCase } from '../../tsql/ast.ts';
import { bindAggregateOrWindow, isAggregateName } from './aggregates.ts';
import { arithmetic, unary } from './arithmetic.ts';
import type { Binder } from './binder.ts';
import { merge } from './binder.ts';
import { plain } from './bound.ts';
import type { Bound, BoundPredicate } from './bound.ts';
import { explicitCast, textArgument, unify, varyingOf } from './conversions.ts';
import { bindFunction } from './functions/bindFunction.ts';
import { inlineScalar } from './inlineFunction.ts';
import { jsonArray, jsonObject } from './jsonText.ts';
import { bindBinary, bindNumber, bindString, int, nvarchar } from './literals.ts';
import { compareSql, bindPredicate } from './predicates.ts';
import { bindSubqueryScalar } from './query.ts';
import { raise, unsupported } from './raise.ts';
import { resolveType } from './resolveType.ts';
import { fullName } from './scope.ts';
import type { Scope } from './scope.ts';
import { bindGlobal, bindNiladic } from './systemValues.ts';
import { bindVariable } from './variableReference.ts';

export function bindExpression(binder: Binder, scope: Scope, node: Expression): Bound {
  const bound = bindNode(binder, scope, node);
  if (scope.grouping !== undefined && bound.loose.length > 0 && scope.grouping.expressions.has(bound.sql)) {
    return { ...bound, loose: [] };
  }
  return bound;
}

function bindNode(binder: Binder, scope: Scope, node: Expression): Bound {
  switch (node.kind) {
    case 'number':
      return bindNumber(node);
    case 'string':
      return bindString(binder, node);
    case 'binary':
      return bindBinary(node);
    case 'null':
      return { sql: 'NULL', type: int, nullable: true, untypedNull: true, loose: [] };
    case 'default':
      return raise(156, "Incorrect syntax near the keyword 'DEFAULT'.", node.line, 15);
    case 'column': {
      const { column, source, depth } = scope.column(node.name);
      if (source.table !== undefined) binder.markColumn(source.table.key, column.name);
      const loose =
        depth === 0 && !scope.insideAggregate
          ? [source.name === '' ? column.name : `${source.name}.${column.name}`]
          : [];
      return { sql: column.sql, type: column.type, nullable: column.nullable, column, loose };
    }
    case 'variable':
      return bindVariable(binder, node.name, node.line);
    case 'global':
      return bindGlobal(binder, node);
    case 'niladic':
      return bindNiladic(binder, node);
    case 'unary':
      return unary(binder, node.operator, bindExpression(binder, scope, node.operand), node.line);
    case 'arithmetic': {
      const left = bindExpression(binder, scope, node.left);
      const right = bindExpression(binder, scope, node.right);
      return arithmetic(binder, node.operator, left, right, node.line);
    }
    case 'simpleCase':
      return bindSimpleCase(binder, scope, node);
    case 'searchedCase':
      return bindSearchedCase(binder, scope, node);
    case 'iif':
      return bindSearchedCase(binder, scope, {
        kind: 'searchedCase',
        // oxlint-disable-next-line unicorn/no-thenable -- the tree calls a branch's result so
        branches: [{ when: node.condition, then: node.then }],
        otherwise: node.otherwise,
        line: node.line,
        start: node.start,
        end: node.end,
      });
    case 'cast':
    case 'parse': {
      const operand = bindExpression(binder, scope, node.operand);
      return explicitCast(binder, operand, resolveType(node.type, 30), node.attempt, undefined, node.line);
    }
    case 'convert': {
      const operand = bindExpression(binder, scope, node.operand);
      const style =
        node.style === undefined
          ? undefined
          : binder.convert(bindExpression(binder, scope, node.style), int, node.line);
      return explicitCast(binder, operand, resolveType(node.type, 30), node.attempt, style, node.line);
    }
    case 'call':
      return bindCall(binder, scope, node);
    case 'datePart':
      return raise(207, `Invalid column name '${node.name}'.`, node.line);
    case 'trim': {
      const operand = textArgument(binder, bindExpression(binder, scope, node.operand), node.line);
      const characters =
        node.characters === undefined
          ? undefined
          : textArgument(binder, bindExpression(binder, scope, node.characters), node.line);
      const name = { leading: 'ltrim', trailing: 'rtrim', both: 'btrim' }[node.side];
      const set = characters === undefined ? "' '" : characters.sql;
      return {
        ...merge(characters === undefined ? [operand] : [operand, characters]),
        sql: `${name}(${operand.sql}, ${set})`,
        type: varyingOf(operand.type),
        nullable: operand.nullable || characters?.nullable === true,
      };
    }
    case 'nextValue': {
      const found = binder.object(node.sequence.parts.map((part) => part.name));
      if (found === undefined || found.type !== 'SO') {
        raise(208, `Invalid object name '${fullName(node.sequence)}'.`, node.line);
      }
      binder.require('UPDATE', found);
      return {
        sql: `nextval('${found.pgName.replaceAll("'", "''")}'::regclass)`,
        type: found.columns[0]?.type ?? { name: 'bigint' },
        nullable: false,
        loose: [],
      };
    }
    case 'jsonObject': {
      const members = node.members.map(({ key, value }) => ({
        key: textArgument(binder, bindExpression(binder, scope, key), node.line),
        value: bindExpression(binder, scope, value),
      }));
      return jsonObject(binder, members, node.absentOnNull);
    }
    case 'jsonArray': {
      const values = node.values.map((value) => bindExpression(binder, scope, value));
      return jsonArray(binder, values, node.absentOnNull);
    }
    case 'mergeAction':
      return { sql: 'merge_action()', type: nvarchar(10), nullable: true, loose: [] };
    case 'subquery':
      return bindSubqueryScalar(binder, scope, node.query);
    case 'collate': {
      const operand = textArgument(binder, bindExpression(binder, scope, node.operand), node.line);
      return {
        ...plain(operand),
        sql: binder.storage.collate(operand.sql, node.collation, node.line),
        type: { ...operand.type, collation: node.collation },
      };
    }
    case 'atTimeZone':
      return bindFunction(
        binder,
        'AT_TIME_ZONE',
        [bindExpression(binder, scope, node.operand), bindExpression(binder, scope, node.zone)],
        node.line,
      );
  }
}

function bindSimpleCase(binder: Binder, scope: Scope, node: SimpleCase): Bound {
  const input = bindExpression(binder, scope, node.input);
  const conditions = node.branches.map(({ when }) => {
    const value = bindExpression(binder, scope, when);
    return { sql: compareSql(binder, '=', input, value, node.line), ...merge([input, value]) };
  });
  return bindResults(binder, scope, node, conditions);
}

function bindSearchedCase(binder: Binder, scope: Scope, node: SearchedCase): Bound {
  const conditions = node.branches.map(({ when }) => bindPredicate(binder, scope, when));
  return bindResults(binder, scope, node, conditions);
}

/** CASE with the conditions of its branches bound: what it results in. @throws SqlError 8133. */
function bindResults(
  binder: Binder,
  scope: Scope,
  node: SimpleCase | SearchedCase,
  conditions: readonly BoundPredicate[],
): Bound {
  const results = node.branches.map(({ then }) => bindExpression(binder, scope, then));
  const last = node.otherwise === undefined ? undefined : bindExpression(binder, scope, node.otherwise);
  const all = last === undefined ? results : [...results, last];
  if (all.every((bound) => bound.untypedNull === true)) {
    raise(
      8133,
      'At least one of the result expressions in a CASE specification must be an expression other than the NULL constant.',
      node.line,
    );
  }
  const { type, values } = unify(binder, all, node.line);
  const branches = conditions.map((condition, i) => `WHEN ${condition.sql} THEN ${values[i]?.sql ?? 'NULL'}`);
  const end = last === undefined ? '' : ` ELSE ${values.at(-1)?.sql ?? 'NULL'}`;
  return {
    ...merge([...conditions, ...all]),
    sql: `(CASE ${branches.join(' ')}${end} END)`,
    type,
    nullable: last === undefined || all.some((bound) => bound.nullable),
  };
}

function bindCall(binder: Binder, scope: Scope, node: FunctionCall): Bound {
  const last = node.name.parts.at(-1);
  const name = last?.name.toUpperCase() ?? '';
  if (node.name.parts.length > 1) {
    const schema = foldName(node.name.parts.at(-2)?.name ?? '');
    if (schema !== 'sys') return bindUserFunction(binder, scope, node);
  }
  if (node.over !== undefined || isAggregateName(name) || node.withinGroup !== undefined) {
    return bindAggregateOrWindow(binder, scope, node, name);
  }
  const datePart = node.arguments[0];
  if (datePart !== undefined && datePart.kind === 'datePart') {
    const rest = node.arguments.slice(1).map((argument) => bindExpression(binder, scope, argument));
    return bindFunction(binder, name, rest, node.line, datePart.name);
  }
  const args = node.arguments.map((argument) => bindExpression(binder, scope, argument));
  return bindFunction(binder, name, args, node.line);
}

function bindUserFunction(binder: Binder, scope: Scope, node: FunctionCall): Bound {
  const parts = node.name.parts.map((part) => part.name);
  const found = binder.object(parts);
  if (found === undefined || found.type !== 'FN') {
    const prefix = parts.slice(0, -1).join('.');
    raise(
      4121,
      `Cannot find either column "${parts[0] ?? ''}" or the user-defined function or aggregate "${prefix}.${parts.at(-1) ?? ''}", or the name is ambiguous.`,
      node.line,
    );
  }
  binder.require('EXECUTE', found);
  const args = node.arguments.map((argument) =>
    argument.kind === 'default' ? undefined : bindExpression(binder, scope, argument),
  );
  const inlined = inlineScalar(binder, found, args, node.line);
  if (inlined === undefined) return unsupported(`user-defined function ${parts.join('.')}`, node.line);
  return { ...inlined, ...merge(args.filter((argument) => argument !== undefined)) };
}
