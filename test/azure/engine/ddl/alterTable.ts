// ALTER TABLE.
import type {
  AddDefault,
  AlterTable,
  AlterTableAction,
  ColumnDefinition,
  ComputedColumn,
  TableConstraint,
  TableElement,
} from '../../tsql/ast.ts';
import { assignSql, castSql } from '../catalog/convert.ts';
import { columnPgType, isTextType } from '../catalog/pgTypes.ts';
import type { CatalogObject } from '../catalog/snapshot.ts';
import { lastMoment } from '../catalog/ticks.ts';
import { sqlError } from '../errors.ts';
import { PgError } from '../postgres/pgError.ts';
import { addConstraints, addDefaultTo, foreignKeySql } from './constraints.ts';
import type { DdlContext } from './context.ts';
import { findObject, fullName, look, quoteText, sameName, touch } from './context.ts';
import { columnSql, identitySequenceSql, insertColumns, planColumns } from './columns.ts';
import { columnType } from './columnType.ts';
import { dependents, dropColumn, dropConstraint } from './dropFromTable.ts';
import { alterable } from './indexes.ts';
import {
  createRowversionTrigger,
  dropPeriod,
  setPeriod,
  startVersioning,
  stopVersioning,
} from './temporal.ts';

/** @throws SqlError 4902, 4909, 4924, 4901, 5074 with 4922, 3728 … */
export async function alterTable(node: AlterTable, context: DdlContext): Promise<void> {
  const table = findObject(await look(context), node.table, context);
  if (table === undefined) throw sqlError(4902, [fullName(node.table)], { line: node.line });
  if (table.type !== 'U' && table.type !== 'TT')
    throw sqlError(4909, [fullName(node.table)], { line: node.line });
  await alterable(context, table);
  await act(node.action, table, context, node.line);
  await touch(context, table.objectId);
  await context.catalog.changed(context.connection);
}

async function act(
  action: AlterTableAction,
  table: CatalogObject,
  context: DdlContext,
  line: number,
): Promise<void> {
  const id = table.objectId;
  switch (action.kind) {
    case 'add':
      await add(action.elements, table, context, action.noCheck, line);
      return;
    case 'alterColumn':
      await alterColumn(action, table, context, line);
      return;
    case 'alterColumnProperty': {
      const column = table.columns.find((candidate) => sameName(candidate.name, action.column.name));
      if (column === undefined)
        throw sqlError(4924, ['ALTER TABLE ALTER COLUMN', action.column.name, table.name], { line });
      if (action.property === 'ROWGUIDCOL' || action.property === 'HIDDEN') {
        const field = action.property === 'HIDDEN' ? 'hidden' : 'row_guid';
        await context.connection.query(
          `UPDATE catalog.column SET ${field} = $3 WHERE object_id = $1 AND column_id = $2`,
          [id, column.columnId, action.add],
        );
        return;
      }
      throw sqlError(40517, [action.property], { line });
    }
    case 'drop':
      for (const item of action.items) {
        const current = (await look(context)).object(id) ?? table;
        if (item.kind === 'period') await dropPeriod(context, id);
        else if (item.kind === 'column')
          await dropColumn(context, current, item.name.name, item.ifExists, line);
        else await dropConstraint(context, current, item.name.name, item.ifExists, line);
      }
      return;
    case 'checkConstraint':
      await switchConstraints(action, table, context, line);
      return;
    case 'trigger':
      await switchTriggers(
        context,
        table,
        action.names.map((name) => name.name),
        action.enable,
        line,
      );
      return;
    case 'option':
      if (action.option.kind === 'storage') return;
      if (action.option.enabled) await startVersioning(context, id, action.option.history);
      else await stopVersioning(context, id);
  }
}

async function add(
  elements: readonly (TableElement | AddDefault)[],
  table: CatalogObject,
  context: DdlContext,
  noCheck: boolean,
  line: number,
): Promise<void> {
  const id = table.objectId;
  const definitions = elements.filter(
    (element): element is ColumnDefinition | ComputedColumn =>
      element.kind === 'columnDefinition' || element.kind === 'computedColumn',
  );
  const constraints = elements.filter(
    (element): element is TableConstraint =>
      element.kind === 'keyConstraint' || element.kind === 'foreignKey' || element.kind === 'checkConstraint',
  );
  if (definitions.length > 0) await addColumns(definitions, constraints, table, context, line);
  for (const element of elements) {
    if (element.kind === 'addDefault')
      await addDefaultTo(context, id, element.column.name, element.constraint);
    if (element.kind === 'period') await setPeriod(context, id, element);
  }
  await addConstraints(
    context,
    id,
    [...definitions.flatMap((column) => column.constraints), ...constraints],
    noCheck,
  );
}

async function addColumns(
  definitions: readonly (ColumnDefinition | ComputedColumn)[],
  constraints: readonly TableConstraint[],
  table: CatalogObject,
  context: DdlContext,
  line: number,
): Promise<void> {
  const id = table.objectId;
  const snapshot = await look(context);
  const { rows } = await context.connection.query(
    `SELECT coalesce(max(attnum), 0)::int AS last, EXISTS (SELECT FROM ${table.pgName}) AS filled FROM pg_attribute WHERE attrelid = '${table.pgName}'::regclass`,
  );
  // A dropped column's number is never used again.
  const first = Math.max(Number(rows[0]?.['last']), ...table.columns.map((column) => column.columnId)) + 1;
  const filled = rows[0]?.['filled'] === true;
  const planned = await planColumns(
    context,
    snapshot,
    table.name,
    definitions,
    constraints,
    table.columns,
    first,
  );
  const sequence = table.pgName.replace(/\.t(\d+)$/u, '.i$1');
  await insertColumns(context, id, planned);
  for (const [i, column] of planned.entries()) {
    const node = definitions[i];
    const given = node?.kind === 'columnDefinition' ? node.default : undefined;
    const generated = column.generatedAs !== undefined;
    if (
      filled &&
      !column.nullable &&
      given === undefined &&
      !column.identity &&
      !column.rowversion &&
      !generated &&
      !column.computed
    ) {
      throw sqlError(4901, [column.name, table.name], { line });
    }
    if (column.identity)
      await context.connection.script(identitySequenceSql(column, sequence, table.type === 'TT'));
    const text = columnSql(column, sequence);
    if (generated && filled) {
      const value = column.generatedAs === 'start' ? '0' : lastMoment(column.type.scale ?? 7);
      await context.connection.script(
        `ALTER TABLE ${table.pgName} ADD COLUMN ${text} DEFAULT ${value}; ALTER TABLE ${table.pgName} ALTER ${column.pgName} DROP DEFAULT`,
      );
    } else if (
      filled &&
      given !== undefined &&
      (!column.nullable || (node?.kind === 'columnDefinition' && node.defaultWithValues === true))
    ) {
      const value = await context.binder.constant(given.expression, column.type);
      await context.connection.script(
        `ALTER TABLE ${table.pgName} ADD COLUMN ${text.replace(/ NOT NULL$/u, '')}; UPDATE ${table.pgName} SET ${column.pgName} = ${value}` +
          (column.nullable ? '' : `; ALTER TABLE ${table.pgName} ALTER ${column.pgName} SET NOT NULL`),
      );
    } else {
      await context.connection.script(`ALTER TABLE ${table.pgName} ADD COLUMN ${text}`);
    }
    if (column.rowversion) await createRowversionTrigger(context, table.pgName, id, planned);
  }
  await context.catalog.changed(context.connection);
  for (const definition of definitions) {
    if (definition.kind === 'columnDefinition' && definition.default !== undefined) {
      await addDefaultTo(context, id, definition.name.name, definition.default);
    }
  }
}

async function alterColumn(
  action: Extract<AlterTableAction, { kind: 'alterColumn' }>,
  table: CatalogObject,
  context: DdlContext,
  line: number,
): Promise<void> {
  const snapshot = await look(context);
  const column = table.columns.find((candidate) => sameName(candidate.name, action.column.name));
  if (column === undefined)
    throw sqlError(4924, ['ALTER TABLE ALTER COLUMN', action.column.name, table.name], { line });
  if (column.computed) throw sqlError(4928, [column.name, 'COMPUTED'], { line });
  if (column.rowversion) throw sqlError(4928, [column.name, 'timestamp'], { line });
  const declared = columnType(
    snapshot,
    action.type,
    column.columnId,
    action.collation ?? column.type.collation,
  );
  const { type } = declared;
  const nullable = action.nullable ?? declared.nullable ?? true;
  const widened =
    type.name === column.type.name &&
    type.collation === column.type.collation &&
    (type.length === -1 || (type.length ?? 0) >= (column.type.length ?? 0)) &&
    (type.precision ?? 0) >= (column.type.precision ?? 0) &&
    type.scale === column.type.scale;
  if (!widened) {
    const found = dependents(snapshot, table, column.columnId).filter((entry) => entry.kind !== 'default');
    if (found.length > 0) {
      throw sqlError(4922, ['ALTER TABLE ALTER COLUMN', column.name], {
        line,
        before: found.map((entry) => sqlError(5074, [entry.word, entry.name, column.name], { line })),
      });
    }
  }
  const shown = `${context.database}.${table.schema}.${table.name}`;
  const changes = [];
  if (!widened || columnPgType(type) !== columnPgType(column.type)) {
    const place = { table: shown, column: column.name };
    const value = isTextType(type)
      ? assignSql(column.pgName, column.type, type, place)
      : castSql(column.pgName, column.type, type);
    const fallback = column.identity ? `ALTER ${column.pgName} DROP DEFAULT, ` : '';
    changes.push(
      `ALTER TABLE ${table.pgName} ${fallback}ALTER ${column.pgName} TYPE ${columnPgType(type)} USING ${value}`,
    );
    if (column.identity) {
      changes.push(
        `ALTER TABLE ${table.pgName} ALTER ${column.pgName} SET DEFAULT nextval(${quoteText(column.identity ? (table.identitySequence ?? '') : '')})`,
      );
    }
  }
  if (nullable !== column.nullable) {
    if (
      nullable &&
      snapshot
        .indexes(table.objectId)
        .some(
          (index) =>
            index.kind === 'primary' && index.columns.some((key) => key.columnId === column.columnId),
        )
    ) {
      throw sqlError(4922, ['ALTER TABLE ALTER COLUMN', column.name], { line });
    }
    changes.push(`ALTER TABLE ${table.pgName} ALTER ${column.pgName} ${nullable ? 'DROP' : 'SET'} NOT NULL`);
  }
  try {
    for (const change of changes) await context.connection.script(change);
  } catch (error) {
    if (error instanceof PgError && error.code === '23502')
      throw sqlError(515, [column.name, shown, 'UPDATE'], { line });
    throw error;
  }
  await context.connection.query(
    'UPDATE catalog.column SET type = $3::jsonb, nullable = $4, user_type = $5 WHERE object_id = $1 AND column_id = $2',
    [table.objectId, column.columnId, JSON.stringify(type), nullable, declared.userType ?? null],
  );
}

async function switchConstraints(
  action: Extract<AlterTableAction, { kind: 'checkConstraint' }>,
  table: CatalogObject,
  context: DdlContext,
  line: number,
): Promise<void> {
  const snapshot = await look(context);
  const mine = [...snapshot.raw.foreignKeys, ...snapshot.raw.checks].filter(
    (entry) => entry.parent_id === table.objectId,
  );
  const named = mine.map((entry) => ({
    entry,
    name: snapshot.raw.objects.find((object) => object.object_id === entry.object_id)?.name ?? '',
  }));
  for (const name of action.names) {
    if (!named.some((candidate) => sameName(candidate.name, name.name)))
      throw sqlError(4917, [name.name], { line });
  }
  for (const { entry, name } of named) {
    if (action.names.length > 0 && !action.names.some((wanted) => sameName(wanted.name, name))) continue;
    const id = String(entry.object_id);
    const foreign = 'referenced_id' in entry;
    if (action.enable) {
      const validity = action.withCheck ? '' : ' NOT VALID';
      if (!entry.disabled) {
        if (action.withCheck)
          await context.connection.script(`ALTER TABLE ${table.pgName} VALIDATE CONSTRAINT k${id}`);
      } else if (foreign) {
        const other = snapshot.object(entry.referenced_id);
        const pairs = snapshot.raw.foreignKeyColumns.filter((pair) => pair.object_id === entry.object_id);
        const sql = foreignKeySql(
          table.pgName,
          entry.object_id,
          pairs.map((pair) => ({ pgName: `c${String(pair.parent_column_id)}` })),
          other?.pgName ?? '',
          pairs.map((pair) => ({ pgName: `c${String(pair.referenced_column_id)}` })),
          entry.on_delete,
          entry.on_update,
          !action.withCheck,
        );
        await context.connection.script(sql);
      } else {
        await context.connection.script(
          `ALTER TABLE ${table.pgName} ADD CONSTRAINT k${id} CHECK (${entry.sql})${validity}`,
        );
      }
    } else if (!entry.disabled) {
      await context.connection.script(`ALTER TABLE ${table.pgName} DROP CONSTRAINT k${id}`);
    }
    await context.connection.query(
      `UPDATE catalog.${foreign ? 'foreign_key' : 'check_constraint'} SET disabled = $2, trusted = $3 WHERE object_id = $1`,
      [entry.object_id, !action.enable, action.enable && action.withCheck],
    );
  }
}

/** ENABLE and DISABLE TRIGGER; no names: all. @throws SqlError 1088. */
export async function switchTriggers(
  context: DdlContext,
  table: CatalogObject,
  names: readonly string[],
  enable: boolean,
  line: number,
): Promise<void> {
  const snapshot = await look(context);
  const mine = snapshot.raw.triggers.filter((trigger) => trigger.parent_id === table.objectId);
  const nameOf = (id: number): string =>
    snapshot.raw.objects.find((object) => object.object_id === id)?.name ?? '';
  for (const name of names) {
    if (!mine.some((trigger) => sameName(nameOf(trigger.object_id), name)))
      throw sqlError(1088, [name], { line });
  }
  for (const trigger of mine) {
    if (names.length > 0 && !names.some((name) => sameName(nameOf(trigger.object_id), name))) continue;
    await context.connection.query('UPDATE catalog.trigger SET disabled = $2 WHERE object_id = $1', [
      trigger.object_id,
      !enable,
    ]);
  }
  await context.catalog.changed(context.connection);
}
