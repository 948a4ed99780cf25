// Changing rows through a view or a common table expression over one table: the query also yields each row's place in that table.
import type {
  CommonTable,
  DmlTarget,
  Identifier,
  Name,
  Query,
  SetClause,
  TableSource,
} from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import { parseView } from './moduleText.ts';
import type { ObjectColumn, ResolvedObject } from './ports.ts';
import { bindCommonTables } from './commonTables.ts';
import { lockTarget, readHints } from './hints.ts';
import { bindQuery } from './query.ts';
import { raise, unsupported } from './raise.ts';
import { sameName } from './scope.ts';
import type { Source } from './scope.ts';

/** A name that no T-SQL column can have: PostgreSQL's ctid, hidden in every table's source. */
export const rowPlace = '\u0000ctid';

export interface Updatable {
  /** The table whose rows change. */
  base: ResolvedObject;
  /** What the permission is asked on: the view, or the table behind a common table expression. */
  secured: ResolvedObject;
  /** FROM item: the query with its columns, `rid` the last. */
  from: string;
  /** The name and columns that WHERE and SET see. */
  source: Source;
  rid: string;
  /** What a column of it is in the table; undefined for an expression. */
  baseColumn(name: string): ObjectColumn | undefined;
}

/** undefined: the target is a table. @throws SqlError 4405 (more than one table), 40517 */
export function updatableTarget(
  binder: Binder,
  tables: readonly CommonTable[],
  target: DmlTarget,
  from: readonly TableSource[],
): Updatable | undefined {
  if (target.kind !== 'table') return undefined;
  const name = target.name.parts.at(-1)?.name ?? '';
  const common =
    target.name.parts.length === 1 ? tables.find((table) => sameName(table.name.name, name)) : undefined;
  if (common !== undefined) {
    if (from.length > 0) unsupported('FROM beside a common table expression that is changed', target.line);
    return over(binder, common.query, common.columns, name, target, undefined);
  }
  const object = binder.object(
    target.name.parts.map((part) => part.name),
    target.line,
  );
  if (object?.type !== 'V' || object.definition === undefined) return undefined;
  if (from.length > 0) unsupported('FROM beside a view that is changed', target.line);
  const view = parseView(object.definition);
  if (view.checkOption) unsupported('changing a view WITH CHECK OPTION', target.line);
  const settings = binder.input.settings;
  binder.chain.push(object);
  binder.input.settings = { ...settings, defaultSchema: object.schema };
  try {
    const inner = bindCommonTables(binder, view.with);
    if (inner.sql !== '') unsupported('changing a view with common table expressions', target.line);
    inner.end();
    return over(binder, view.query, view.columns, target.alias?.name ?? object.name, target, object);
  } finally {
    binder.input.settings = settings;
    binder.chain.pop();
  }
}

function over(
  binder: Binder,
  query: Query,
  aliases: readonly Identifier[],
  name: string,
  target: DmlTarget & { kind: 'table' },
  view: ResolvedObject | undefined,
): Updatable {
  const { body } = query;
  const [table, more] = body.kind === 'selectBlock' ? body.from : [];
  if (
    body.kind !== 'selectBlock' ||
    table?.kind !== 'table' ||
    more !== undefined ||
    body.distinct ||
    body.groupBy.length > 0 ||
    body.having !== undefined
  ) {
    return raise(
      4405,
      `View or function '${name}' is not updatable because the modification affects multiple base tables.`,
      target.line,
    );
  }
  const base = binder.table(table.name);
  if (base.type === 'V' || base.type === 'S')
    return unsupported(`changing ${name}, which is over a view`, target.line);
  lockTarget(binder, base, target.hints);
  if (readHints(target.hints).wait === 'skip') unsupported(`READPAST on ${name}`, target.line);
  const at = { line: target.line, start: target.start, end: target.end };
  const place: Name = {
    kind: 'name',
    parts: [{ kind: 'identifier', name: rowPlace, quoted: true, ...at }],
    ...at,
  };
  const bound = bindQuery(
    binder,
    {
      ...query,
      body: {
        ...body,
        items: [
          ...body.items,
          { kind: 'expressionItem', expression: { kind: 'column', name: place, ...at }, ...at },
        ],
      },
    },
    undefined,
    { role: 'view' },
  );
  const pgAlias = binder.alias();
  const columns = bound.columns.slice(0, -1).map((column, i) => ({
    name: aliases[i]?.name ?? column.name,
    sql: `${pgAlias}.c${String(i + 1)}`,
    type: column.type,
    nullable: column.nullable,
  }));
  // Which table column stands at each place: a plain reference, or what a star gave.
  const behind: (ObjectColumn | undefined)[] = body.items.flatMap((item) => {
    if (item.kind === 'star') return base.columns.filter((column) => !column.hidden);
    if (item.kind !== 'expressionItem' || item.expression.kind !== 'column') return [undefined];
    const last = item.expression.name.parts.at(-1)?.name ?? '';
    return [base.columns.find((column) => sameName(column.name, last))];
  });
  const names = bound.columns.map((_, i) => `c${String(i + 1)}`);
  return {
    base,
    secured: view ?? base,
    from: ` FROM (${bound.sql}) AS ${pgAlias}(${names.join(', ')})`,
    source: { name, pgAlias, columns },
    rid: `${pgAlias}.c${String(bound.columns.length)}`,
    baseColumn: (wanted) => behind[columns.findIndex((column) => sameName(column.name, wanted))],
  };
}

/** The table that a change of `target` changes, without binding anything: for its triggers. */
export function baseOf(
  binder: Binder,
  tables: readonly CommonTable[],
  target: DmlTarget,
): ResolvedObject | undefined {
  if (target.kind !== 'table') return undefined;
  const name = target.name.parts.at(-1)?.name ?? '';
  const common =
    target.name.parts.length === 1 ? tables.find((table) => sameName(table.name.name, name)) : undefined;
  const object = common === undefined ? binder.object(target.name.parts.map((part) => part.name)) : undefined;
  const query =
    common?.query ??
    (object?.type === 'V' && object.definition !== undefined
      ? parseView(object.definition).query
      : undefined);
  const table = query?.body.kind === 'selectBlock' ? query.body.from[0] : undefined;
  return table?.kind === 'table' ? binder.object(table.name.parts.map((part) => part.name)) : undefined;
}

/** SET through the view's names: each becomes the table's column. @throws SqlError 207, 4406 */
export function baseSetClauses(updatable: Updatable, clauses: readonly SetClause[]): SetClause[] {
  return clauses.map((clause) => {
    if (clause.column === undefined) return clause;
    const own = clause.column.parts.at(-1);
    if (own === undefined) return clause;
    const column = baseIdentifier(updatable, own);
    const at = { line: clause.line, start: clause.start, end: clause.end };
    const name: Name = { kind: 'name', parts: [column], ...at };
    if (clause.operator === '=') return { ...clause, column: name };
    return {
      ...clause,
      column: name,
      operator: '=',
      expression: {
        kind: 'arithmetic',
        operator: clause.operator.slice(0, 1) as '+',
        left: { kind: 'column', name: clause.column, ...at },
        right: clause.expression,
        ...at,
      },
    };
  });
}

/** The table's name of a view's column. @throws SqlError 207, 4406 */
export function baseIdentifier(updatable: Updatable, own: Identifier): Identifier {
  if (!updatable.source.columns.some((column) => sameName(column.name, own.name))) {
    raise(207, `Invalid column name '${own.name}'.`, own.line);
  }
  const column = updatable.baseColumn(own.name);
  if (column === undefined) {
    return raise(
      4406,
      `Update or insert of view or function '${updatable.source.name}' failed because it contains a derived or constant field.`,
      own.line,
    );
  }
  return { ...own, name: column.name };
}
