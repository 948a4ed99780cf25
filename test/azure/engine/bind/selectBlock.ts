// Binds one SELECT block: FROM, WHERE, GROUP BY, the list, HAVING, ORDER BY and TOP, in the order in which names come into sight.
import type { Query, SelectBlock } from '../../tsql/ast.ts';
import { accumulates, bindAccumulation } from './accumulate.ts';
import type { Binder } from './binder.ts';
import type { BoundQuery, OutputColumn, QueryOptions } from './boundQuery.ts';
import { bindFrom } from './from.ts';
import { groupSql, refuseUngrouped } from './groupBy.ts';
import { rowLockSql } from './hints.ts';
import type { RowLock } from './hints.ts';
import { bindOrder } from './orderBy.ts';
import { bindPredicate } from './predicates.ts';
import { raise } from './raise.ts';
import { pagingSql, topSql } from './rowLimit.ts';
import { Scope } from './scope.ts';
import { bindItems } from './selectItems.ts';
import { isCharacter, isLegacyLob } from './sqlTypes.ts';

export function bindBlock(
  binder: Binder,
  block: SelectBlock,
  parent: Scope | undefined,
  query: Query | undefined,
  role: NonNullable<QueryOptions['role']>,
): BoundQuery {
  if (accumulates(block)) return bindAccumulation(binder, block, parent, query);
  const scope = new Scope(parent);
  const locks: RowLock[] = [];
  const from = bindFrom(binder, scope, block.from, locks);
  let where = '';
  if (block.where !== undefined) {
    scope.aggregates = 'where';
    where = ` WHERE ${bindPredicate(binder, scope, block.where).sql}`;
    scope.aggregates = 'allowed';
  }
  let group = '';
  if (block.groupBy.length > 0) {
    const keys = new Set<string>();
    const texts = block.groupBy.map((item) => groupSql(binder, scope, item, keys));
    group = ` GROUP BY ${texts.join(', ')}`;
    scope.grouping = { expressions: keys, implicit: false };
  }
  const { items, assignments } = bindItems(binder, scope, block, role);
  let having = '';
  let havingLoose: readonly string[] = [];
  let aggregated = group !== '' || items.some((item) => item.bound.aggregate === true);
  if (block.having !== undefined) {
    const bound = bindPredicate(binder, scope, block.having);
    having = ` HAVING ${bound.sql}`;
    havingLoose = bound.loose;
    aggregated = true;
  }
  const orderBy = query?.orderBy ?? [];
  const order = orderBy.map((item, index) => bindOrder(binder, scope, item, items, block, index));
  if (order.some((item) => item.bound.aggregate === true)) aggregated = true;
  if (aggregated) {
    for (const item of items) refuseUngrouped(8120, 'the select list', item.bound.loose, item.line);
    refuseUngrouped(8121, 'the HAVING clause', havingLoose, block.having?.line ?? block.line);
    for (const [i, item] of order.entries()) {
      refuseUngrouped(8127, 'the ORDER BY clause', item.bound.loose, orderBy[i]?.line ?? block.line);
    }
  }
  const columns: OutputColumn[] = items.map(({ bound, name }) => ({
    name,
    type: bound.type,
    nullable: bound.nullable,
    ...(bound.column?.identity === true ? { identity: true } : {}),
    ...(bound.column?.computed === true ? { computed: true } : {}),
    ...(bound.untypedNull === true ? { untypedNull: true } : {}),
    ...(bound.json === true ? { json: true } : {}),
  }));
  if (block.distinct) {
    for (const item of items) {
      if (isLegacyLob(item.bound.type)) {
        raise(
          421,
          `The ${item.bound.type.name} data type cannot be selected as DISTINCT because it is not comparable.`,
          item.line,
        );
      }
    }
  }
  const list = items.map(({ bound }, i) => {
    const sql = bound.untypedNull === true ? binder.cast(bound, { name: 'int' }).sql : bound.sql;
    const shown = block.distinct && isCharacter(bound.type) ? binder.storage.sortable(sql, bound.type) : sql;
    return `${shown} AS c${String(i + 1)}`;
  });
  let sql = `SELECT ${block.distinct ? 'DISTINCT ' : ''}${list.join(', ')}${from}${where}${group}${having}`;
  const orderTexts = order.map((item) => item.sql);
  const orderText = orderTexts.length === 0 ? '' : ` ORDER BY ${orderTexts.join(', ')}`;
  if (block.top !== undefined) {
    sql = topSql(binder, scope, block, sql, orderText, list.length);
  } else {
    sql += orderText;
    if (query !== undefined) sql += pagingSql(binder, query, parent);
  }
  sql += rowLockSql(binder, locks, !aggregated && !block.distinct && !sql.includes('row_number()'));
  return { sql, columns, loose: [], ...(assignments.length > 0 ? { assignments } : {}) };
}
