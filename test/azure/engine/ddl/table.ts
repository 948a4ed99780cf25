// CREATE TABLE.
import type { ColumnDefinition, ComputedColumn, CreateTable, TableConstraint } from '../../tsql/ast.ts';
import { sqlError } from '../errors.ts';
import { addConstraints, addDefaultTo } from './constraints.ts';
import type { DdlContext } from './context.ts';
import { ensureFree, insertObject, look, newObjectId, newTarget } from './context.ts';
import { columnSql, identitySequenceSql, insertColumns, planColumns } from './columns.ts';
import { addIndex } from './indexes.ts';
import { createRowversionTrigger, setPeriod, startVersioning } from './temporal.ts';

/** @throws SqlError 2714, 2705, 2760, 262 … */
export async function createTable(node: CreateTable, context: DdlContext): Promise<number> {
  const snapshot = await look(context);
  const target = newTarget(snapshot, node.name, context);
  if (!target.temporary) {
    await context.check('CREATE TABLE', { class: 'database' });
    await context.check('ALTER', { class: 'schema', schema: target.schema });
  }
  ensureFree(snapshot, target.schemaId, target.name, node.line, target.temporary);
  const definitions = node.elements.filter(
    (element): element is ColumnDefinition | ComputedColumn =>
      element.kind === 'columnDefinition' || element.kind === 'computedColumn',
  );
  const constraints = node.elements.filter(
    (element): element is TableConstraint =>
      element.kind === 'keyConstraint' || element.kind === 'foreignKey' || element.kind === 'checkConstraint',
  );
  const all = [...definitions.flatMap((column) => column.constraints), ...constraints];
  if (all.filter((constraint) => constraint.kind === 'keyConstraint' && constraint.primary).length > 1) {
    throw sqlError(8110, [target.name], { line: node.line });
  }
  const columns = await planColumns(context, snapshot, target.name, definitions, constraints, [], 1);
  const id = await newObjectId(context);
  const schema = target.temporary ? 'pg_temp' : 'u';
  const pgName = `${schema}.t${String(id)}`;
  const sequence = `${schema}.i${String(id)}`;
  await insertObject(context, {
    id,
    schemaId: target.schemaId,
    name: target.name,
    type: target.temporary ? 'TT' : 'U',
    pgName,
    ...(target.temporary ? { session: context.connection.pid } : {}),
  });
  await insertColumns(context, id, columns);
  const identity = columns.find((column) => column.identity);
  if (identity !== undefined)
    await context.connection.script(identitySequenceSql(identity, sequence, target.temporary));
  await context.connection.script(
    `CREATE ${target.temporary ? 'TEMP ' : ''}TABLE ${target.temporary ? `t${String(id)}` : pgName} (${columns.map((column) => columnSql(column, sequence)).join(', ')})`,
  );
  if (identity !== undefined) {
    await context.connection.script(`ALTER SEQUENCE ${sequence} OWNED BY ${pgName}.${identity.pgName}`);
  }
  if (columns.some((column) => column.rowversion))
    await createRowversionTrigger(context, pgName, id, columns);
  await context.catalog.changed(context.connection);
  for (const definition of definitions) {
    if (definition.kind === 'columnDefinition' && definition.default !== undefined) {
      await addDefaultTo(context, id, definition.name.name, definition.default);
    }
  }
  await addConstraints(context, id, all, false);
  for (const element of node.elements) {
    if (element.kind === 'inlineIndex') await addIndex(context, id, element);
    if (element.kind === 'columnDefinition' && element.index !== undefined)
      await addIndex(context, id, element.index);
    if (element.kind === 'period') await setPeriod(context, id, element);
  }
  for (const option of node.options) {
    if (option.kind === 'systemVersioning' && option.enabled)
      await startVersioning(context, id, option.history);
  }
  return id;
}
