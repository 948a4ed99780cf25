// Binds predicates. T-SQL's three-valued logic is PostgreSQL's; what differs is how text is compared and what LIKE understands.
import { foldName } from '../catalog/foldName.ts';
import type { ComparisonOperator, Predicate } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import { merge } from './binder.ts';
import type { Bound, BoundPredicate } from './bound.ts';
import { textArgument } from './conversions.ts';
import { bindExpression } from './expressions.ts';
import { bindQuery } from './query.ts';
import { raise } from './raise.ts';
import type { Scope } from './scope.ts';
import { commonType, isCharacter, isLegacyLob, isUnicode, typeWord } from './sqlTypes.ts';

export function bindPredicate(binder: Binder, scope: Scope, node: Predicate): BoundPredicate {
  switch (node.kind) {
    case 'comparison': {
      const left = bindExpression(binder, scope, node.left);
      const right = bindExpression(binder, scope, node.right);
      return { ...merge([left, right]), sql: compareSql(binder, node.operator, left, right, node.line) };
    }
    case 'logical': {
      const left = bindPredicate(binder, scope, node.left);
      const right = bindPredicate(binder, scope, node.right);
      return { ...merge([left, right]), sql: `(${left.sql} ${node.operator.toUpperCase()} ${right.sql})` };
    }
    case 'not': {
      const operand = bindPredicate(binder, scope, node.operand);
      return { ...operand, sql: `(NOT ${operand.sql})` };
    }
    case 'between': {
      const operand = bindExpression(binder, scope, node.operand);
      const low = bindExpression(binder, scope, node.low);
      const high = bindExpression(binder, scope, node.high);
      const sql = `(${compareSql(binder, '>=', operand, low, node.line)} AND ${compareSql(binder, '<=', operand, high, node.line)})`;
      return { ...merge([operand, low, high]), sql: node.negated ? `(NOT ${sql})` : sql };
    }
    case 'inList': {
      const operand = bindExpression(binder, scope, node.operand);
      const values = node.values.map((value) => bindExpression(binder, scope, value));
      const tests = values.map((value) => compareSql(binder, '=', operand, value, node.line));
      const sql = `(${tests.join(' OR ')})`;
      return { ...merge([operand, ...values]), sql: node.negated ? `(NOT ${sql})` : sql };
    }
    case 'inQuery': {
      const operand = bindExpression(binder, scope, node.operand);
      const query = bindQuery(binder, node.query, scope, { columns: 1, role: 'subquery' });
      const column = query.columns[0];
      if (column === undefined) return raise(116, onlyOne, node.line);
      const alias = binder.alias('q');
      const inner: Bound = { sql: `${alias}.c1`, type: column.type, nullable: column.nullable, loose: [] };
      const [left, right] = comparands(binder, operand, inner, node.line);
      return {
        ...merge([operand, { loose: query.loose }]),
        sql: `(${left} ${node.negated ? 'NOT IN' : 'IN'} (SELECT ${right} FROM (${query.sql}) AS ${alias}(c1)))`,
      };
    }
    case 'quantified': {
      const operand = bindExpression(binder, scope, node.left);
      const query = bindQuery(binder, node.query, scope, { columns: 1, role: 'subquery' });
      const column = query.columns[0];
      if (column === undefined) return raise(116, onlyOne, node.line);
      const alias = binder.alias('q');
      const inner: Bound = { sql: `${alias}.c1`, type: column.type, nullable: column.nullable, loose: [] };
      const [left, right] = comparands(binder, operand, inner, node.line);
      return {
        ...merge([operand, { loose: query.loose }]),
        sql: `(${left} ${node.operator} ${node.quantifier.toUpperCase()} (SELECT ${right} FROM (${query.sql}) AS ${alias}(c1)))`,
      };
    }
    case 'like': {
      const operand = textArgument(binder, bindExpression(binder, scope, node.operand), node.line);
      const given = bindExpression(binder, scope, node.pattern);
      const pattern = textArgument(
        binder,
        given.undeclared === undefined ? given : binder.infer(given, patternType(operand)),
        node.line,
      );
      const escape =
        node.escape === undefined
          ? undefined
          : textArgument(binder, bindExpression(binder, scope, node.escape), node.line);
      if (typeof escape?.literal === 'string' && escape.literal.length !== 1) {
        raise(
          506,
          `The invalid escape character "${escape.literal}" was specified in a LIKE predicate.`,
          node.line,
        );
      }
      const sql = binder.storage.like(
        operand.sql,
        pattern.sql,
        escape?.sql ?? 'NULL::text',
        typeof pattern.literal === 'string' && (escape === undefined || typeof escape.literal === 'string')
          ? {
              pattern: pattern.literal,
              ...(typeof escape?.literal === 'string' ? { escape: escape.literal } : {}),
            }
          : undefined,
        operand.type.collation ?? pattern.type.collation,
      );
      return {
        ...merge(escape === undefined ? [operand, pattern] : [operand, pattern, escape]),
        sql: node.negated ? `(NOT ${sql})` : sql,
      };
    }
    case 'isNull': {
      const operand = bindExpression(binder, scope, node.operand);
      const sql = operand.untypedNull === true ? 'NULL::int' : operand.sql;
      return { ...merge([operand]), sql: `(${sql} IS ${node.negated ? 'NOT ' : ''}NULL)` };
    }
    case 'isDistinctFrom': {
      const left = bindExpression(binder, scope, node.left);
      const right = bindExpression(binder, scope, node.right);
      const [a, b] = comparands(binder, left, right, node.line);
      return { ...merge([left, right]), sql: `(${a} IS ${node.negated ? 'NOT ' : ''}DISTINCT FROM ${b})` };
    }
    case 'exists': {
      const query = bindQuery(binder, node.query, scope, { role: 'exists' });
      return { loose: query.loose, sql: `EXISTS (${query.sql})` };
    }
    case 'columnUpdated': {
      const updated = binder.input.transition?.updated.has(foldName(node.column.name)) === true;
      return { loose: [], sql: updated ? 'TRUE' : 'FALSE' };
    }
  }
}

export const onlyOne =
  'Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.';

/** Both sides as PostgreSQL may compare them. @throws SqlError 206, 257, 402. */
export function comparands(binder: Binder, first: Bound, second: Bound, line: number): [string, string] {
  let left = first;
  let right = second;
  if (left.undeclared !== undefined) left = binder.infer(left, inferredFrom(right));
  if (right.undeclared !== undefined) right = binder.infer(right, inferredFrom(left));
  if (left.untypedNull === true) left = binder.cast(left, right.type);
  if (right.untypedNull === true) right = binder.cast(right, left.type);
  for (const side of [left, right]) {
    if (isLegacyLob(side.type) || side.type.name === 'xml') {
      const other = side === left ? right : left;
      raise(
        402,
        `The data types ${typeWord(left.type)} and ${typeWord(right === other ? other.type : right.type)} are incompatible in the equal to operator.`,
        line,
      );
    }
  }
  if (isCharacter(left.type) && isCharacter(right.type)) {
    const collation = left.type.collation ?? right.type.collation;
    const type = collation === undefined ? left.type : { ...left.type, collation };
    return [
      binder.storage.comparable(
        left.sql,
        left.column !== undefined && left.type.collation === type.collation ? left.type : type,
        left.column !== undefined,
      ),
      binder.storage.comparable(
        right.sql,
        right.column !== undefined ? right.type : type,
        right.column !== undefined,
      ),
    ];
  }
  const type = commonType(left.type, right.type, { a: left.digits, b: right.digits });
  if (isNumberLike(left) && isNumberLike(right)) {
    // PostgreSQL compares numbers of different types itself, and can then use an index.
    return [left.sql, right.sql];
  }
  const a = binder.convert(left, type, line);
  const b = binder.convert(right, type, line);
  if (type.name === 'sql_variant') {
    return [binder.storage.variantKey(a.sql), binder.storage.variantKey(b.sql)];
  }
  return isCharacter(type)
    ? [binder.storage.comparable(a.sql, a.type, false), binder.storage.comparable(b.sql, b.type, false)]
    : [a.sql, b.sql];
}

/** An undeclared parameter as LIKE's pattern: as wide as can be. */
const patternType = (operand: Bound): Bound['type'] =>
  isUnicode(operand.type) ? { name: 'nvarchar', length: 4000 } : { name: 'varchar', length: 8000 };

const isNumberLike = (bound: Bound): boolean =>
  ['tinyint', 'smallint', 'int', 'bigint', 'decimal', 'numeric', 'money', 'smallmoney'].includes(
    bound.type.name,
  );

function inferredFrom(other: Bound): Bound['type'] {
  if (other.type.name === 'varchar' && other.column === undefined) return { name: 'varchar', length: 8000 };
  if (other.type.name === 'nvarchar' && other.column === undefined) return { name: 'nvarchar', length: 4000 };
  return other.type;
}

export function compareSql(
  binder: Binder,
  operator: ComparisonOperator,
  left: Bound,
  right: Bound,
  line: number,
): string {
  if (left.untypedNull === true && right.untypedNull === true && left.undeclared === undefined) {
    if (binder.input.settings.ansiNulls || (operator !== '=' && operator !== '<>')) return 'NULL::boolean';
    return operator === '=' ? 'TRUE' : 'FALSE';
  }
  const [a, b] = comparands(binder, left, right, line);
  const plainly = `(${a} ${operator} ${b})`;
  if (binder.input.settings.ansiNulls || (operator !== '=' && operator !== '<>')) return plainly;
  // SET ANSI_NULLS OFF: NULL equals NULL where one side is the literal or a variable that holds it (Learn: "SET ANSI_NULLS").
  const maybeNull = isNullish(right) ? [b, a] : isNullish(left) ? [a, b] : undefined;
  if (maybeNull === undefined) return plainly;
  const [given, other] = maybeNull as [string, string];
  return `(CASE WHEN ${given} IS NULL THEN ${other} IS ${operator === '=' ? '' : 'NOT '}NULL ELSE ${plainly} END)`;
}

const isNullish = (bound: Bound): boolean => bound.untypedNull === true || bound.variable === true;
