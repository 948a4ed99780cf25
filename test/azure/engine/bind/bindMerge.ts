// Binds MERGE with OUTPUT: PostgreSQL has it too.
import { foldName } from '../catalog/foldName.ts';
import type { Merge } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import { returnRows, transitionScope } from './changeResult.ts';
import type { BoundChange, ChangeContext } from './changeResult.ts';
import { assigned, columnOf, defaultSql, findTarget, targetSource, targetText } from './changeTarget.ts';
import { bindExpression } from './expressions.ts';
import { bindSource } from './from.ts';
import { lockWhole } from './hints.ts';
import type { RowLock } from './hints.ts';
import { bindPredicate } from './predicates.ts';
import { bindCommonTables } from './commonTables.ts';
import { raise, unsupported } from './raise.ts';
import { Scope } from './scope.ts';
import { bindSet } from './setClauses.ts';

export function bindMerge(binder: Binder, node: Merge, context: ChangeContext): BoundChange {
  if (node.top !== undefined) unsupported('TOP in MERGE', node.line);
  const common = bindCommonTables(binder, node.with);
  const object = findTarget(binder, node.target);
  if (object.type === 'V') return unsupported(`MERGE into the view ${object.name}`, node.line);
  binder.require('SELECT', object);
  const targetName =
    node.target.alias?.name ?? (node.target.kind === 'table' ? object.name : node.target.variable);
  const target = targetSource(
    object,
    targetName,
    node.target.kind === 'table' && node.target.alias === undefined ? object.schema : undefined,
    's0',
  );
  const sourceScope = new Scope();
  const locks: RowLock[] = [];
  const using = bindSource(binder, sourceScope, node.using, locks, false);
  lockWhole(binder, locks);
  const both = (): Scope => {
    const scope = new Scope();
    scope.sources.push(target, ...sourceScope.sources);
    return scope;
  };
  const on = bindPredicate(binder, both(), node.on).sql;
  const updated = new Set<string>();
  let inserts = false;
  const clauses = node.clauses.map((clause) => {
    const scope = new Scope();
    if (clause.match !== 'notMatchedByTarget') scope.sources.push(target);
    if (clause.match !== 'notMatchedBySource') scope.sources.push(...sourceScope.sources);
    const condition =
      clause.condition === undefined ? '' : ` AND ${bindPredicate(binder, scope, clause.condition).sql}`;
    const when = {
      matched: 'WHEN MATCHED',
      notMatchedByTarget: 'WHEN NOT MATCHED',
      notMatchedBySource: 'WHEN NOT MATCHED BY SOURCE',
    }[clause.match];
    const action = clause.action;
    if (action.kind === 'delete') {
      binder.require('DELETE', object);
      return `${when}${condition} THEN DELETE`;
    }
    if (action.kind === 'update') {
      const sets = bindSet(binder, scope, object, action.set);
      if (sets.some((one) => one.variable !== undefined)) unsupported('variables in MERGE', clause.line);
      for (const one of sets) if (one.column !== undefined) updated.add(foldName(one.column.name));
      return `${when}${condition} THEN UPDATE SET ${sets.map((one) => `${one.column?.pgName ?? ''} = ${one.sql}`).join(', ')}`;
    }
    inserts = true;
    binder.require('INSERT', object);
    if (action.values === undefined) return unsupported('INSERT DEFAULT VALUES in MERGE', clause.line);
    const columns =
      action.columns.length > 0
        ? action.columns.map((name) => columnOf(object, name))
        : object.columns.filter(
            (column) =>
              !column.computed && !column.identity && !column.generated && column.type.name !== 'timestamp',
          );
    if (columns.length !== action.values.length) {
      raise(
        action.values.length > columns.length ? 110 : 109,
        `There are ${action.values.length > columns.length ? 'fewer' : 'more'} columns in the INSERT statement than values specified in the VALUES clause. The number of values in the VALUES clause must match the number of columns specified in the INSERT statement.`,
        clause.line,
        15,
      );
    }
    const values = action.values.map((expression, i) => {
      const column = columns[i];
      if (column === undefined) return 'NULL';
      if (expression.kind === 'default') return defaultSql(binder, object, column);
      if (column.identity && context.identityInsert !== object.objectId) {
        raise(
          544,
          `Cannot insert explicit value for identity column in table '${object.name}' when IDENTITY_INSERT is set to OFF.`,
          clause.line,
        );
      }
      return assigned(binder, object, column, bindExpression(binder, scope, expression), expression.line);
    });
    const defaulted = object.columns.filter(
      (column) => column.defaultText !== undefined && !columns.includes(column),
    );
    const all = [...values, ...defaulted.map((column) => defaultSql(binder, object, column))];
    return `${when}${condition} THEN INSERT (${[...columns, ...defaulted].map((column) => column.pgName).join(', ')}) VALUES (${all.join(', ')})`;
  });
  const identity = inserts ? object.columns.find((column) => column.identity)?.pgName : undefined;
  const sql = returnRows(binder, {
    kind: 'merge',
    object,
    withSql: common.sql,
    text: `MERGE INTO ${object.pgName} AS s0 USING ${using} ON ${on} ${clauses.join(' ')}`,
    output: node.output,
    outputScope: () => transitionScope(object, true, true, sourceScope.sources),
    assignments: [],
    identity,
    capture: context.capture,
    line: node.line,
  });
  common.end();
  return { ...sql, kind: 'merge', target: object, targetName: targetText(node.target), updated };
}
