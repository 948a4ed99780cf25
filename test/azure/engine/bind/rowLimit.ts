// How many rows a query answers: TOP, OFFSET and FETCH.
import type { Query, SelectBlock } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import { bindExpression } from './expressions.ts';
import { bigint } from './literals.ts';
import { raise } from './raise.ts';
import { Scope } from './scope.ts';

/** The block's text under its TOP. @throws SqlError 127, 1031, 1062. */
export function topSql(
  binder: Binder,
  scope: Scope,
  block: SelectBlock,
  sql: string,
  orderText: string,
  width: number,
): string {
  const top = block.top;
  if (top === undefined) return sql + orderText;
  const count = bindExpression(binder, new Scope(scope.parent), top.count);
  const literal = typeof count.literal === 'number' ? count.literal : undefined;
  if (literal !== undefined && literal < 0) {
    raise(127, 'A TOP N or FETCH rowcount value may not be negative.', top.line, 15);
  }
  if (top.withTies && orderText === '') {
    raise(
      1062,
      'The TOP N WITH TIES clause is not allowed without a corresponding ORDER BY clause.',
      top.line,
      15,
    );
  }
  if (top.percent) {
    if (literal !== undefined && literal > 100)
      raise(1031, 'Percent values must be between 0 and 100.', top.line, 15);
    const alias = binder.alias('t');
    const share = binder.convert(count, { name: 'float' }, top.line).sql;
    const names = Array.from({ length: width }, (_, i) => `c${String(i + 1)}`);
    const limit = `ceil((SELECT count(*) FROM (${sql}) AS ${alias}n) * ${share} / 100.0)::bigint`;
    return `SELECT ${names.join(', ')} FROM (${sql}${orderText} ${top.withTies ? `FETCH FIRST (${limit}) ROWS WITH TIES` : `LIMIT ${limit}`}) AS ${alias}(${names.join(', ')})`;
  }
  const limit = binder.convert(count, bigint, top.line).sql;
  if (top.withTies) return `${sql}${orderText} FETCH FIRST (${limit}) ROWS WITH TIES`;
  return `${sql}${orderText} LIMIT ${limit}`;
}

/** OFFSET and FETCH, to stand behind ORDER BY. @throws SqlError 10742, 10744. */
export function pagingSql(binder: Binder, node: Query, parent: Scope | undefined): string {
  if (node.offset === undefined) return '';
  const scope = new Scope(parent);
  const offset = binder.convert(bindExpression(binder, scope, node.offset), bigint, node.offset.line);
  if (typeof offset.literal === 'number' && offset.literal < 0) {
    raise(10742, 'The offset specified in a OFFSET clause may not be negative.', node.line, 15);
  }
  if (node.fetch === undefined) return ` OFFSET ${offset.sql}`;
  const fetch = binder.convert(bindExpression(binder, scope, node.fetch), bigint, node.fetch.line);
  if (typeof fetch.literal === 'number' && fetch.literal < 1) {
    raise(10744, 'The number of rows provided for a FETCH clause must be greater then zero.', node.line, 15);
  }
  return ` OFFSET ${offset.sql} LIMIT ${fetch.sql}`;
}
