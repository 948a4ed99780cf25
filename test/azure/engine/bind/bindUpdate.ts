// Binds UPDATE with FROM, TOP and OUTPUT: one PostgreSQL statement.
import { foldName } from '../catalog/foldName.ts';
import type { Update } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import { returnRows, transitionScope } from './changeResult.ts';
import type { BoundChange, ChangeContext } from './changeResult.ts';
import {
  addTarget,
  bindOnly,
  findTarget,
  lockSql,
  matchTarget,
  readsColumns,
  readsTarget,
  skipsLocked,
  targetSource,
  targetText,
  topCount,
  whereSql,
} from './changeTarget.ts';
import { bindFrom } from './from.ts';
import type { RowLock } from './hints.ts';
import { bindCommonTables } from './commonTables.ts';
import { Scope } from './scope.ts';
import type { Source } from './scope.ts';
import { bindSet, noColumn } from './setClauses.ts';
import type { SetValue } from './setClauses.ts';
import { baseSetClauses, updatableTarget } from './updatable.ts';

export function bindUpdate(binder: Binder, node: Update, context: ChangeContext): BoundChange {
  const common = bindCommonTables(binder, node.with);
  const through = updatableTarget(binder, node.with, node.target, node.from);
  const object = through?.base ?? findTarget(binder, node.target, node.from);
  binder.require('UPDATE', through?.secured ?? object);
  readsTarget(
    binder,
    through?.secured ?? object,
    node.where !== undefined || readsColumns(node.set.map((clause) => clause.expression)),
  );
  const scope = new Scope();
  let text: string;
  let withSql = common.sql;
  let sets: SetValue[];
  let others: Source[] = [];
  const set = (values: readonly SetValue[], value: (one: SetValue, i: number) => string): string =>
    values
      .flatMap((one, i) => (one.column === undefined ? [] : [`${one.column.pgName} = ${value(one, i)}`]))
      .join(', ');
  if (through !== undefined) {
    scope.sources.push(through.source);
    if (through.secured !== object) binder.chain.push(through.secured);
    sets = bindSet(binder, scope, object, baseSetClauses(through, node.set));
    if (through.secured !== object) binder.chain.pop();
    const where = whereSql(binder, scope, node.where, node.line);
    const limit = node.top === undefined ? '' : ` LIMIT ${topCount(binder, node.top)}`;
    const values = sets.map((one, i) => `${one.sql} AS v${String(i)}`);
    const source = `src AS (SELECT ${[`${through.rid} AS rid`, ...values].join(', ')}${through.from}${where}${limit})`;
    withSql = common.sql === '' ? `WITH ${source} ` : `${common.sql.trimEnd()}, ${source} `;
    text = `UPDATE ${object.pgName} AS s0 SET ${set(sets, (_one, i) => `src.v${String(i)}`) || noColumn(object)} FROM src WHERE s0.ctid = src.rid`;
    sets = sets.map((one, i) =>
      one.variable !== undefined && one.column === undefined ? { ...one, sql: `src.v${String(i)}` } : one,
    );
  } else if (node.from.length === 0 && node.top === undefined && !skipsLocked(node.target)) {
    const name = node.target.kind === 'table' ? object.name : node.target.variable;
    scope.sources.push(
      targetSource(object, name, node.target.kind === 'table' ? object.schema : undefined, 's0'),
    );
    sets = bindSet(binder, scope, object, node.set);
    const where = whereSql(binder, scope, node.where, node.line);
    text = `UPDATE ${object.pgName} AS s0 SET ${set(sets, (one) => one.sql) || noColumn(object)}${where}`;
  } else {
    const locks: RowLock[] = [];
    const from =
      node.from.length === 0
        ? bindOnly(scope, object, node.target)
        : bindFrom(binder, scope, node.from, locks);
    const target = matchTarget(scope, object, node.target);
    const all = target === undefined ? addTarget(scope, object, node.target, from) : from;
    const own = target ?? scope.sources.at(-1);
    sets = bindSet(binder, scope, object, node.set);
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
    const values = sets.map((one, i) => [`${one.sql} AS v${String(i)}`]).flat();
    const source = `src AS (SELECT ${[`${own?.pgAlias ?? 's0'}.ctid AS rid`, ...values, ...extra].join(', ')}${all}${where}${limit})`;
    withSql = common.sql === '' ? `WITH ${source} ` : `${common.sql.trimEnd()}, ${source} `;
    text = `UPDATE ${object.pgName} AS s0 SET ${set(sets, (one, i) => `src.v${String(i)}`) || noColumn(object)} FROM src WHERE s0.ctid = src.rid`;
    sets = sets.map((one, i) =>
      one.variable !== undefined && one.column === undefined ? { ...one, sql: `src.v${String(i)}` } : one,
    );
  }
  const assignments = sets.flatMap((one) =>
    one.variable === undefined
      ? []
      : [
          {
            variable: one.variable.name,
            type: one.variable.type,
            sql:
              one.column === undefined
                ? one.sql.replaceAll(/\bs0\./gu, 'old.')
                : binder.storage.cast(`new.${one.column.pgName}`, one.column.type, one.variable.type),
          },
        ],
  );
  const sql = returnRows(binder, {
    kind: 'update',
    object,
    withSql,
    text,
    output: node.output,
    outputScope: () => transitionScope(object, true, true, others),
    assignments,
    identity: undefined,
    capture: context.capture,
    line: node.line,
  });
  common.end();
  const updated = new Set(
    sets.flatMap((one) => (one.column === undefined ? [] : [foldName(one.column.name)])),
  );
  return { ...sql, kind: 'update', target: object, targetName: targetText(node.target), updated };
}
