// Binds query expressions: SELECT blocks, set operations, ORDER BY and OFFSET.
import type { SqlType } from '../../contract.ts';
import type {
  Expression,
  GroupItem,
  OrderItem,
  Query,
  QueryBody,
  SelectBlock,
  SetOperation,
} from '../../tsql/ast.ts';
import { accumulates, bindAccumulation } from './accumulate.ts';
import type { Binder } from './binder.ts';
import { merge } from './binder.ts';
import type { Bound } from './bound.ts';
import { bindExpression } from './expressions.ts';
import { bindForClause } from './forClause.ts';
import { bindFrom } from './from.ts';
import { bigint } from './literals.ts';
import { bindPredicate, onlyOne } from './predicates.ts';
import { rowLockSql } from './hints.ts';
import type { RowLock } from './hints.ts';
import { raise } from './raise.ts';
import { Scope, sameName } from './scope.ts';
import { commonType, isCharacter, isLegacyLob, typeWord } from './sqlTypes.ts';

export interface OutputColumn {
  name: string;
  type: SqlType;
  nullable: boolean;
  identity?: boolean;
  computed?: boolean;
  untypedNull?: boolean;
  json?: boolean;
}

export interface BoundQuery {
  /** A complete SELECT (or VALUES, WITH …); its columns are called c1, c2, …. */
  sql: string;
  columns: OutputColumn[];
  /** Columns of the outer query that it uses and that are not grouped there. */
  loose: readonly string[];
  /** SELECT @v = …: one per column. */
  assignments?: { variable: string; line: number }[];
  /** One row came back for all of them; its last column says how many they were. */
  accumulated?: boolean;
}

export interface QueryOptions {
  columns?: number;
  /** What ORDER BY without TOP is refused in (1033), and what needs unique names. */
  role?: 'statement' | 'subquery' | 'exists' | 'derived' | 'view' | 'insert';
}

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

function setOrderPosition(columns: readonly OutputColumn[], item: OrderItem): number {
  const expression = item.expression;
  if (expression.kind === 'number' && expression.form === 'integer') {
    const position = Number(expression.text);
    if (position < 1 || position > columns.length) orderOutOfRange(position, item.line);
    return position - 1;
  }
  if (expression.kind === 'column') {
    const last = expression.name.parts.at(-1)?.name ?? '';
    const position = columns.findIndex((column) => sameName(column.name, last));
    if (position >= 0) return position;
    if (expression.name.parts.length === 1) raise(207, `Invalid column name '${last}'.`, item.line);
  }
  return raise(
    104,
    'ORDER BY items must appear in the select list if the statement contains a UNION, INTERSECT or EXCEPT operator.',
    item.line,
  );
}

function orderOutOfRange(position: number, line: number): never {
  raise(
    108,
    `The ORDER BY position number ${String(position)} is out of range of the number of items in the select list.`,
    line,
  );
}

/** `expression ASC|DESC` with NULLs lowest, as T-SQL has them. */
export function orderSql(binder: Binder, bound: Bound, descending: boolean): string {
  if (isLegacyLob(bound.type) || bound.type.name === 'xml') {
    raise(
      306,
      'The text, ntext, and image data types cannot be compared or sorted, except when using IS NULL or LIKE operator.',
    );
  }
  const key = isCharacter(bound.type)
    ? binder.storage.comparable(bound.sql, bound.type, bound.column !== undefined)
    : bound.type.name === 'uniqueidentifier'
      ? binder.storage.guidOrder(bound.sql)
      : bound.type.name === 'sql_variant'
        ? binder.storage.variantKey(bound.sql)
        : bound.sql;
  // A bare number would be an ordinal.
  const safe = /^\d+$/u.test(key) ? `(${key} + 0)` : key;
  return `${safe} ${descending ? 'DESC NULLS LAST' : 'ASC NULLS FIRST'}`;
}

function pagingSql(binder: Binder, node: Query, parent: Scope | undefined): string {
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

interface Item {
  bound: Bound;
  name: string;
  line: number;
}

function bindBlock(
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
  const outer: string[] = [];
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
  const items: Item[] = [];
  const assignments: { variable: string; line: number }[] = [];
  for (const item of block.items) {
    if (item.kind === 'star') {
      if (role === 'exists' && item.qualifier === undefined) {
        items.push({
          bound: { sql: '1', type: { name: 'int' }, nullable: false, loose: [] },
          name: '',
          line: item.line,
        });
        continue;
      }
      for (const source of scope.star(item.qualifier, item.line)) {
        for (const column of source.columns) {
          if (column.hidden === true) continue;
          if (source.table !== undefined) {
            binder.markColumn(source.table.key, column.name);
          }
          const loose = [`${source.name}.${column.name}`];
          const bound: Bound = {
            sql: column.sql,
            type: column.type,
            nullable: column.nullable,
            column,
            loose,
          };
          items.push({
            bound: scope.grouping?.expressions.has(column.sql) === true ? { ...bound, loose: [] } : bound,
            name: column.name,
            line: item.line,
          });
        }
      }
      continue;
    }
    if (item.kind === 'assignment') {
      const type = binder.input.variables.get(item.variable.toLowerCase());
      if (type === undefined)
        raise(137, `Must declare the scalar variable "${item.variable}".`, item.line, 15);
      const expression: Expression =
        item.operator === '='
          ? item.expression
          : {
              kind: 'arithmetic',
              operator: arithmeticOf(item.operator),
              left: {
                kind: 'variable',
                name: item.variable,
                line: item.line,
                start: item.start,
                end: item.end,
              },
              right: item.expression,
              line: item.line,
              start: item.start,
              end: item.end,
            };
      const bound = binder.convert(bindExpression(binder, scope, expression), type, item.line);
      items.push({ bound, name: '', line: item.line });
      assignments.push({ variable: item.variable.toLowerCase(), line: item.line });
      continue;
    }
    const bound = bindExpression(binder, scope, item.expression);
    items.push({ bound, name: item.alias?.name ?? impliedName(item.expression), line: item.line });
  }
  if (assignments.length > 0 && assignments.length !== items.length) {
    raise(
      141,
      'A SELECT statement that assigns a value to a variable must not be combined with data-retrieval operations.',
      block.line,
      15,
    );
  }
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
    for (const item of items) ungrouped(8120, 'the select list', item.bound.loose, item.line, scope);
    ungrouped(8121, 'the HAVING clause', havingLoose, block.having?.line ?? block.line, scope);
    for (const [i, item] of order.entries()) {
      ungrouped(8127, 'the ORDER BY clause', item.bound.loose, orderBy[i]?.line ?? block.line, scope);
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
  return { sql, columns, loose: outer, ...(assignments.length > 0 ? { assignments } : {}) };
}

export function arithmeticOf(operator: string): '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' {
  return operator.slice(0, 1) as '+';
}

function impliedName(expression: Expression): string {
  if (expression.kind === 'column') return expression.name.parts.at(-1)?.name ?? '';
  if (expression.kind === 'mergeAction') return '$action';
  return '';
}

function ungrouped(
  number: number,
  where: string,
  loose: readonly string[],
  line: number,
  _scope: Scope,
): void {
  const first = loose[0];
  if (first === undefined) return;
  const end =
    number === 8120
      ? 'because it is not contained in either an aggregate function or the GROUP BY clause.'
      : 'because it is not contained in either an aggregate function or the GROUP BY clause.';
  raise(number, `Column '${first}' is invalid in ${where} ${end}`, line);
}

function bindOrder(
  binder: Binder,
  scope: Scope,
  item: OrderItem,
  items: readonly Item[],
  block: SelectBlock,
  index: number,
): { sql: string; bound: Bound } {
  const expression = item.expression;
  let found: Item | undefined;
  if (expression.kind === 'number' && expression.form === 'integer') {
    const position = Number(expression.text);
    if (position < 1 || position > items.length) orderOutOfRange(position, item.line);
    found = items[position - 1];
  } else if (expression.kind === 'column' && expression.name.parts.length === 1) {
    const name = expression.name.parts[0]?.name ?? '';
    const named = items.filter((candidate) => candidate.name !== '' && sameName(candidate.name, name));
    if (named.length > 1 && new Set(named.map((candidate) => candidate.bound.sql)).size > 1) {
      raise(209, `Ambiguous column name '${name}'.`, item.line);
    }
    found = named[0];
  } else if (isConstant(expression)) {
    raise(
      408,
      `A constant expression was encountered in the ORDER BY list, position ${String(index + 1)}.`,
      item.line,
    );
  }
  const bound = found?.bound ?? bindExpression(binder, scope, expression);
  if (block.distinct) {
    const position = items.findIndex((candidate) => candidate.bound.sql === bound.sql);
    if (position < 0) {
      raise(
        145,
        'ORDER BY items must appear in the select list if SELECT DISTINCT is specified.',
        item.line,
        15,
      );
    }
    // PostgreSQL compares texts of the list: the position says the same and cannot differ.
    return {
      sql: `${String(position + 1)} ${item.descending ? 'DESC NULLS LAST' : 'ASC NULLS FIRST'}`,
      bound,
    };
  }
  return { sql: orderSql(binder, bound, item.descending), bound };
}

const isConstant = (expression: Expression): boolean =>
  expression.kind === 'string' || (expression.kind === 'number' && expression.form !== 'integer');

function groupSql(binder: Binder, scope: Scope, item: GroupItem, keys: Set<string>): string {
  const key = (expression: Expression): string => {
    if (expression.kind === 'number' || expression.kind === 'string') {
      raise(
        164,
        'Each GROUP BY expression must contain at least one column that is not an outer reference.',
        expression.line,
        15,
      );
    }
    scope.aggregates = 'where';
    const bound = bindExpression(binder, scope, expression);
    scope.aggregates = 'allowed';
    if (bound.aggregate === true) {
      raise(
        144,
        'Cannot use an aggregate or a subquery in an expression used for the group by list of a GROUP BY clause.',
        expression.line,
        15,
      );
    }
    if (isLegacyLob(bound.type) || bound.type.name === 'xml') {
      raise(
        306,
        'The text, ntext, and image data types cannot be compared or sorted, except when using IS NULL or LIKE operator.',
        expression.line,
      );
    }
    keys.add(bound.sql);
    return bound.sql;
  };
  const elements = (lists: Expression[][]): string =>
    lists.map((list) => `(${list.map(key).join(', ')})`).join(', ');
  switch (item.kind) {
    case 'groupExpression':
      return key(item.expression);
    case 'rollup':
      return `ROLLUP (${elements(item.elements)})`;
    case 'cube':
      return `CUBE (${elements(item.elements)})`;
    case 'groupingSets':
      return `GROUPING SETS (${item.sets
        .map((set) =>
          Array.isArray(set)
            ? `(${set.map(key).join(', ')})`
            : `${set.kind === 'rollup' ? 'ROLLUP' : 'CUBE'} (${elements(set.elements)})`,
        )
        .join(', ')})`;
  }
}

function topSql(
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

/** One operand of a set operation, or a query's only block. */
export function bindBody(binder: Binder, body: QueryBody, parent: Scope | undefined): BoundQuery {
  return body.kind === 'selectBlock'
    ? bindBlock(binder, body, parent, undefined, 'subquery')
    : bindSetOperation(binder, body, parent);
}

function bindSetOperation(binder: Binder, node: SetOperation, parent: Scope | undefined): BoundQuery {
  const left = bindBody(binder, node.left, parent);
  const right = bindBody(binder, node.right, parent);
  return combine(binder, node, left, right);
}

function combine(binder: Binder, node: SetOperation, left: BoundQuery, right: BoundQuery): BoundQuery {
  if (left.columns.length !== right.columns.length) {
    raise(
      205,
      'All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.',
      node.line,
    );
  }
  const types = left.columns.map((column, i) => {
    const other = right.columns[i];
    if (other === undefined) return column.type;
    if (column.untypedNull === true) return other.type;
    if (other.untypedNull === true) return column.type;
    return commonType(column.type, other.type);
  });
  const dedupes = !(node.operator === 'union' && node.all);
  for (const [i, type] of types.entries()) {
    if (dedupes && (isLegacyLob(type) || type.name === 'xml')) {
      raise(
        5335,
        `The data type ${typeWord(type)} cannot be used as an operand to the UNION, INTERSECT or EXCEPT operators because it is not comparable.`,
        node.line + i * 0,
      );
    }
  }
  const side = (query: BoundQuery): string => {
    const alias = binder.alias('u');
    const names = query.columns.map((_, i) => `c${String(i + 1)}`);
    const list = query.columns.map((column, i) => {
      const type = types[i] ?? column.type;
      const bound: Bound = {
        sql: `${alias}.c${String(i + 1)}`,
        type: column.type,
        nullable: true,
        loose: [],
      };
      const cast =
        column.untypedNull === true
          ? `NULL::${binder.storage.pgType(type)}`
          : binder.convert(bound, type, node.line).sql;
      return `${dedupes && isCharacter(type) ? binder.storage.sortable(cast, type) : cast} AS c${String(i + 1)}`;
    });
    return `SELECT ${list.join(', ')} FROM (${query.sql}) AS ${alias}(${names.join(', ')})`;
  };
  const operator = `${node.operator.toUpperCase()}${node.all ? ' ALL' : ''}`;
  const columns = left.columns.map((column, i): OutputColumn => {
    const other = right.columns[i];
    return {
      name: column.name,
      type: types[i] ?? column.type,
      nullable: node.operator === 'union' ? column.nullable || other?.nullable === true : column.nullable,
      ...(column.untypedNull === true && other?.untypedNull === true ? { untypedNull: true } : {}),
    };
  });
  return {
    sql: `(${side(left)}) ${operator} (${side(right)})`,
    columns,
    loose: [...left.loose, ...right.loose],
  };
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
