// Binds DELETE with FROM, TOP and OUTPUT: one PostgreSQL statement.
import type { Delete } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import { returnRows, transitionScope } from './changeResult.ts';
import type { BoundChange, ChangeContext } from './changeResult.ts';
import {
  addTarget,
  bindOnly,
  findTarget,
  lockSql,
  matchTarget,
  readsTarget,
  skipsLocked,
  targetText,
  topCount,
  whereSql,
} from './changeTarget.ts';
import { bindFrom } from './from.ts';
import type { RowLock } from './hints.ts';
import { bindCommonTables } from './commonTables.ts';
import { Scope } from './scope.ts';
import type { Source } from './scope.ts';
import { updatableTarget } from './updatable.ts';

export function bindDelete(binder: Binder, node: Delete, context: ChangeContext): BoundChange {
  const common = bindCommonTables(binder, node.with);
  const through = updatableTarget(binder, node.with, node.target, node.from);
  const object = through?.base ?? findTarget(binder, node.target, node.from);
  binder.require('DELETE', through?.secured ?? object);
  readsTarget(binder, through?.secured ?? object, node.where !== undefined);
  const scope = new Scope();
  let text: string;
  let withSql = common.sql;
  let others: Source[] = [];
  if (through !== undefined) {
    scope.sources.push(through.source);
    const where = whereSql(binder, scope, node.where, node.line);
    const limit = node.top === undefined ? '' : ` LIMIT ${topCount(binder, node.top)}`;
    const source = `src AS (SELECT ${through.rid} AS rid${through.from}${where}${limit})`;
    withSql = common.sql === '' ? `WITH ${source} ` : `${common.sql.trimEnd()}, ${source} `;
    text = `DELETE FROM ${object.pgName} AS s0 USING src WHERE s0.ctid = src.rid`;
  } else if (node.from.length === 0 && node.top === undefined && !skipsLocked(node.target)) {
    bindOnly(scope, object, node.target);
    text = `DELETE FROM ${object.pgName} AS s0${whereSql(binder, scope, node.where, node.line)}`;
  } else {
    const locks: RowLock[] = [];
    const from =
      node.from.length === 0
        ? bindOnly(scope, object, node.target)
        : bindFrom(binder, scope, node.from, locks);
    const target = matchTarget(scope, object, node.target);
    const all = target === undefined ? addTarget(scope, object, node.target, from) : from;
    const own = target ?? scope.sources.at(-1);
    const where = whereSql(binder, scope, node.where, node.line);
    const limit =
      (node.top === undefined ? '' : ` LIMIT ${topCount(binder, node.top)}`) +
      lockSql(binder, node.target, own, locks);
    const extra: string[] = [];
    if (node.output.length > 0) {
      others = scope.sources
        .filter((source) => source !== own)
        .map((source) => ({
          ...source,
          columns: source.columns.map((column) => {
            extra.push(`${column.sql} AS x${String(extra.length + 1)}`);
            return { ...column, sql: `src.x${String(extra.length)}` };
          }),
        }));
    }
    const source = `src AS (SELECT ${[`${own?.pgAlias ?? 's0'}.ctid AS rid`, ...extra].join(', ')}${all}${where}${limit})`;
    withSql = common.sql === '' ? `WITH ${source} ` : `${common.sql.trimEnd()}, ${source} `;
    text = `DELETE FROM ${object.pgName} AS s0 USING src WHERE s0.ctid = src.rid`;
  }
  const sql = returnRows(binder, {
    kind: 'delete',
    object,
    withSql,
    text,
    output: node.output,
    outputScope: () => transitionScope(object, true, false, others),
    assignments: [],
    identity: undefined,
    capture: context.capture,
    line: node.line,
  });
  common.end();
  return { ...sql, kind: 'delete', target: object, targetName: targetText(node.target), updated: new Set() };
}
