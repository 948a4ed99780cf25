// Aggregates and window functions: their T-SQL result types, and how PostgreSQL computes them.
import type { SqlType } from '../../contract.ts';
import type { FrameBound, FunctionCall, Window } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import { merge } from './binder.ts';
import type { Bound } from './bound.ts';
import { textArgument } from './conversions.ts';
import { bindExpression } from './expressions.ts';
import { bigint, float, int, nvarchar } from './literals.ts';
import { orderSql } from './orderBy.ts';
import { raise, unsupported } from './raise.ts';
import type { Scope } from './scope.ts';
import { familyOf, isCharacter, isLegacyLob, isNumeric, typeWord } from './sqlTypes.ts';

const aggregateNames = new Set([
  'COUNT',
  'COUNT_BIG',
  'SUM',
  'AVG',
  'MIN',
  'MAX',
  'STRING_AGG',
  'STDEV',
  'STDEVP',
  'VAR',
  'VARP',
  'APPROX_COUNT_DISTINCT',
  'GROUPING',
  'GROUPING_ID',
]);

export const isAggregateName = (name: string): boolean => aggregateNames.has(name);

export function bindAggregateOrWindow(binder: Binder, scope: Scope, node: FunctionCall, name: string): Bound {
  const over = node.over;
  if (name === 'GROUPING' || name === 'GROUPING_ID') return grouping(binder, scope, node, name);
  const isAggregate = isAggregateName(name);
  if (isAggregate && over === undefined) {
    if (scope.aggregates === 'where') {
      raise(
        147,
        'An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING clause or a select list, and the column being aggregated is an outer reference.',
        node.line,
        15,
      );
    }
    if (scope.insideAggregate) {
      raise(
        130,
        'Cannot perform an aggregate function on an expression containing an aggregate or a subquery.',
        node.line,
      );
    }
  }
  const bindArguments = (): Bound[] =>
    node.arguments.map((argument) => bindExpression(binder, scope, argument));
  let args: Bound[];
  if (isAggregate && over === undefined) {
    scope.insideAggregate = true;
    try {
      args = bindArguments();
    } finally {
      scope.insideAggregate = false;
    }
  } else {
    args = bindArguments();
  }
  const clause = over === undefined ? undefined : windowClause(binder, scope, over);
  const suffix = clause === undefined ? '' : ` OVER (${clause.sql})`;
  const flags =
    over === undefined
      ? { loose: [], aggregate: true }
      : { ...merge([...args, ...(clause === undefined ? [] : clause.parts)]), windowed: true };
  const distinct = node.distinct ? 'DISTINCT ' : '';
  const first = args[0];
  const result = (sql: string, type: SqlType, nullable: boolean): Bound => ({
    ...flags,
    sql,
    type,
    nullable,
  });
  switch (name) {
    case 'COUNT':
    case 'COUNT_BIG':
    case 'APPROX_COUNT_DISTINCT': {
      const operand =
        node.star || first === undefined
          ? '*'
          : `${name === 'APPROX_COUNT_DISTINCT' ? 'DISTINCT ' : distinct}${distinct !== '' ? keyed(binder, first) : first.sql}`;
      const counted = `count(${operand})${suffix}`;
      return name === 'COUNT' ? result(`(${counted})::int`, int, true) : result(`(${counted})`, bigint, true);
    }
    case 'SUM':
    case 'AVG': {
      const operand = one(first, name, node.line);
      if (!isNumeric(operand.type) || operand.type.name === 'bit') {
        const word = name === 'SUM' ? 'sum' : 'avg';
        raise(
          8117,
          `Operand data type ${operand.untypedNull === true ? 'NULL' : typeWord(operand.type)} is invalid for ${word} operator.`,
          node.line,
        );
      }
      const family = familyOf(operand.type);
      const call = `${name.toLowerCase()}(${distinct}${operand.sql})${suffix}`;
      if (family === 'integer') {
        const type: SqlType = operand.type.name === 'bigint' ? bigint : int;
        return result(
          `(${name === 'AVG' ? `trunc(${call})` : call})::${binder.storage.pgType(type)}`,
          type,
          true,
        );
      }
      if (family === 'float') return result(`(${call})::float8`, float, true);
      if (family === 'money')
        return result(`(${name === 'AVG' ? `trunc(${call}, 4)` : call})`, { name: 'money' }, true);
      const scale = operand.type.scale ?? 0;
      if (name === 'SUM') return result(`(${call})`, { name: operand.type.name, precision: 38, scale }, true);
      const wide = Math.max(6, scale);
      return result(
        `trunc((sum(${distinct}${operand.sql})${suffix})::numeric(1000, ${String(wide + 3)}) / nullif(count(${distinct}${operand.sql})${suffix}, 0), ${String(wide)})`,
        { name: operand.type.name, precision: 38, scale: wide },
        true,
      );
    }
    case 'MIN':
    case 'MAX': {
      const operand = one(first, name, node.line);
      if (operand.type.name === 'bit' || isLegacyLob(operand.type) || operand.type.name === 'xml') {
        raise(
          8117,
          `Operand data type ${typeWord(operand.type)} is invalid for ${name.toLowerCase()} operator.`,
          node.line,
        );
      }
      if (isCharacter(operand.type)) {
        return result(
          `${name.toLowerCase()}(${binder.storage.sortable(operand.sql, operand.type)})${suffix}`,
          operand.type,
          true,
        );
      }
      if (operand.type.name === 'uniqueidentifier') {
        return result(`(${name.toLowerCase()}(${operand.sql}::text)${suffix})::uuid`, operand.type, true);
      }
      return result(`${name.toLowerCase()}(${operand.sql})${suffix}`, operand.type, true);
    }
    case 'STRING_AGG': {
      const operand = textArgument(binder, one(first, name, node.line), node.line);
      const separator = textArgument(binder, one(args[1], name, node.line), node.line);
      const order =
        node.withinGroup === undefined || node.withinGroup.length === 0
          ? ''
          : ` ORDER BY ${node.withinGroup.map((item) => orderSql(binder, inAggregate(binder, scope, item.expression), item.descending)).join(', ')}`;
      const wide = familyOf(operand.type) === 'unicode';
      const type: SqlType =
        operand.type.length === -1
          ? { name: wide ? 'nvarchar' : 'varchar', length: -1 }
          : wide
            ? nvarchar(4000)
            : { name: 'varchar', length: 8000 };
      return result(`string_agg(${operand.sql}, ${separator.sql}${order})${suffix}`, type, true);
    }
    case 'STDEV':
    case 'STDEVP':
    case 'VAR':
    case 'VARP': {
      const operand = one(first, name, node.line);
      const pg = { STDEV: 'stddev_samp', STDEVP: 'stddev_pop', VAR: 'var_samp', VARP: 'var_pop' }[name];
      return result(
        `(${pg}(${distinct}${binder.convert(operand, float, node.line).sql})${suffix})`,
        float,
        true,
      );
    }
    default:
  }
  if (over === undefined) {
    if (windowNames.has(name)) {
      raise(10753, `The function '${name}' must have an OVER clause.`, node.line, 15);
    }
    return unsupported(`function ${name}`, node.line);
  }
  const needsOrder = (): void => {
    if (over.orderBy.length === 0) {
      raise(4112, `The function '${name}' must have an OVER clause with ORDER BY.`, node.line);
    }
  };
  switch (name) {
    case 'ROW_NUMBER':
    case 'RANK':
    case 'DENSE_RANK':
      needsOrder();
      return result(`${name.toLowerCase()}()${suffix}`, bigint, name !== 'ROW_NUMBER');
    case 'NTILE':
      needsOrder();
      return result(
        `(ntile(${binder.cast(one(first, name, node.line), int).sql})${suffix})::bigint`,
        bigint,
        true,
      );
    case 'PERCENT_RANK':
    case 'CUME_DIST':
      needsOrder();
      return result(`${name.toLowerCase()}()${suffix}`, float, true);
    case 'LAG':
    case 'LEAD': {
      needsOrder();
      const operand = one(first, name, node.line);
      const offset = args[1] === undefined ? '1' : binder.convert(args[1], int, node.line).sql;
      const fallback = args[2] === undefined ? undefined : binder.convert(args[2], operand.type, node.line);
      if (node.nullTreatment === 'ignore') return unsupported('IGNORE NULLS', node.line);
      return result(
        `${name.toLowerCase()}(${operand.sql}, ${offset}${fallback === undefined ? '' : `, ${fallback.sql}`})${suffix}`,
        operand.type,
        true,
      );
    }
    case 'FIRST_VALUE':
    case 'LAST_VALUE': {
      needsOrder();
      const operand = one(first, name, node.line);
      if (node.nullTreatment === 'ignore') return unsupported('IGNORE NULLS', node.line);
      return result(`${name.toLowerCase()}(${operand.sql})${suffix}`, operand.type, true);
    }
    default:
      return unsupported(`window function ${name}`, node.line);
  }
}

const windowNames = new Set([
  'ROW_NUMBER',
  'RANK',
  'DENSE_RANK',
  'NTILE',
  'LAG',
  'LEAD',
  'FIRST_VALUE',
  'LAST_VALUE',
  'PERCENT_RANK',
  'CUME_DIST',
]);

function one(argument: Bound | undefined, name: string, line: number): Bound {
  if (argument === undefined) {
    raise(174, `The ${name.toLowerCase()} function requires 1 argument(s).`, line, 15);
  }
  return argument;
}

function keyed(binder: Binder, bound: Bound): string {
  return isCharacter(bound.type)
    ? binder.storage.comparable(bound.sql, bound.type, bound.column !== undefined)
    : bound.sql;
}

function inAggregate(binder: Binder, scope: Scope, expression: FunctionCall['arguments'][number]): Bound {
  const before = scope.insideAggregate;
  scope.insideAggregate = true;
  try {
    return bindExpression(binder, scope, expression);
  } finally {
    scope.insideAggregate = before;
  }
}

function grouping(binder: Binder, scope: Scope, node: FunctionCall, name: string): Bound {
  const args = node.arguments.map((argument) => bindExpression(binder, scope, argument));
  const type: SqlType = name === 'GROUPING' ? { name: 'tinyint' } : int;
  return {
    loose: [],
    aggregate: true,
    sql: binder.storage.cast(`grouping(${args.map((argument) => argument.sql).join(', ')})`, int, type),
    type,
    nullable: false,
  };
}

function windowClause(binder: Binder, scope: Scope, window: Window): { sql: string; parts: Bound[] } {
  const parts: Bound[] = [];
  const bits: string[] = [];
  if (window.partitionBy.length > 0) {
    const keys = window.partitionBy.map((expression) => {
      const bound = bindExpression(binder, scope, expression);
      parts.push(bound);
      return keyed(binder, bound);
    });
    bits.push(`PARTITION BY ${keys.join(', ')}`);
  }
  if (window.orderBy.length > 0) {
    const items = window.orderBy.map((item) => {
      if (item.expression.kind === 'number') {
        raise(
          5308,
          'Windowed functions, aggregates and NEXT VALUE FOR functions do not support integer indices as ORDER BY clause expressions.',
          item.line,
        );
      }
      const bound = bindExpression(binder, scope, item.expression);
      parts.push(bound);
      return orderSql(binder, bound, item.descending);
    });
    bits.push(`ORDER BY ${items.join(', ')}`);
  }
  if (window.frame !== undefined) {
    const { unit, from, to } = window.frame;
    bits.push(
      `${unit.toUpperCase()} BETWEEN ${frameBound(binder, scope, from)} AND ${frameBound(binder, scope, to)}`,
    );
  }
  return { sql: bits.join(' '), parts };
}

function frameBound(binder: Binder, scope: Scope, bound: FrameBound): string {
  switch (bound.kind) {
    case 'unboundedPreceding':
      return 'UNBOUNDED PRECEDING';
    case 'unboundedFollowing':
      return 'UNBOUNDED FOLLOWING';
    case 'currentRow':
      return 'CURRENT ROW';
    case 'preceding':
      return `${bindExpression(binder, scope, bound.rows).sql} PRECEDING`;
    case 'following':
      return `${bindExpression(binder, scope, bound.rows).sql} FOLLOWING`;
  }
}
