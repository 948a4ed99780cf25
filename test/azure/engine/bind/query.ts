// Binds query expressions: a SELECT block or a set operation, with ORDER BY, OFFSET and FOR; and subqueries as values.
import type { Query } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import { merge } from './binder.ts';
import type { Bound } from './bound.ts';
import type { BoundQuery, QueryOptions } from './boundQuery.ts';
import { bindForClause } from './forClause.ts';
import { bigint } from './literals.ts';
import { orderSql, setOrderPosition } from './orderBy.ts';
import { onlyOne } from './predicates.ts';
import { raise } from './raise.ts';
import { pagingSql } from './rowLimit.ts';
import type { Scope } from './scope.ts';
import { bindBlock } from './selectBlock.ts';
import { bindSetOperation } from './setOperation.ts';

export function bindQuery(
  binder: Binder,
  node: Query,
  parent: Scope | undefined,
  options: QueryOptions = {},
): BoundQuery {
  const role = options.role ?? 'statement';
  const nested = role !== 'statement' && role !== 'insert';
  if (
    nested &&
    node.orderBy.length > 0 &&
    node.offset === undefined &&
    node.forClause === undefined &&
    !(node.body.kind === 'selectBlock' && node.body.top !== undefined)
  ) {
    raise(
      1033,
      'The ORDER BY clause is invalid in views, inline functions, derived tables, subqueries, and common table expressions, unless TOP, OFFSET or FOR XML is also specified.',
      node.orderBy[0]?.line ?? node.line,
      15,
    );
  }
  if (node.body.kind === 'selectBlock') {
    const block = bindBlock(binder, node.body, parent, node, role);
    if (options.columns === 1 && block.columns.length !== 1) raise(116, onlyOne, node.line);
    return node.forClause === undefined ? block : bindForClause(binder, block, node);
  }
  const united = bindSetOperation(binder, node.body, parent);
  if (options.columns === 1 && united.columns.length !== 1) raise(116, onlyOne, node.line);
  let sql = united.sql;
  if (node.orderBy.length > 0 || node.offset !== undefined) {
    const alias = binder.alias('u');
    const names = united.columns.map((_, i) => `c${String(i + 1)}`);
    const order = node.orderBy.map((item) => {
      const position = setOrderPosition(united.columns, item);
      const column = united.columns[position];
      const bound: Bound = {
        sql: `${alias}.c${String(position + 1)}`,
        type: column?.type ?? bigint,
        nullable: true,
        loose: [],
      };
      return orderSql(binder, bound, item.descending);
    });
    sql = `SELECT ${names.map((name) => `${alias}.${name}`).join(', ')} FROM (${sql}) AS ${alias}(${names.join(', ')}) ORDER BY ${order.join(', ')}${pagingSql(binder, node, parent)}`;
  }
  const result = { ...united, sql };
  return node.forClause === undefined ? result : bindForClause(binder, result, node);
}

export function bindSubqueryScalar(binder: Binder, scope: Scope, query: Query): Bound {
  const inner = bindQuery(binder, query, scope, { columns: 1, role: 'subquery' });
  const column = inner.columns[0];
  if (column === undefined) return raise(116, onlyOne, query.line);
  return {
    ...merge([{ loose: inner.loose }]),
    sql: `(${inner.sql})`,
    type: column.type,
    nullable: true,
    ...(column.json === true ? { json: true } : {}),
  };
}
