// System-versioned tables and rowversion columns: PostgreSQL triggers keep them, so that no statement can forget to.
import type { Name, PeriodForSystemTime } from '../../tsql/ast.ts';
import { fromTicks } from '../catalog/momentSql.ts';
import { columnPgType } from '../catalog/pgTypes.ts';
import type { CatalogColumn } from '../catalog/snapshot.ts';
import { lastMoment } from '../catalog/ticks.ts';
import { sqlError } from '../errors.ts';
import type { DdlContext } from './context.ts';
import { ensureFree, findObject, insertObject, look, newObjectId, newTarget, sameName } from './context.ts';
import { insertColumns } from './columns.ts';

/** The server's clock as a period's column holds it. */
const nowFor = (column: CatalogColumn): string =>
  fromTicks(`tsql.to_ticks(now() AT TIME ZONE 'utc')`, column.type);

export async function createRowversionTrigger(
  context: DdlContext,
  pgName: string,
  id: number,
  columns: readonly CatalogColumn[],
): Promise<void> {
  const column = columns.find((candidate) => candidate.rowversion);
  if (column === undefined) return;
  await context.connection
    .script(`CREATE OR REPLACE FUNCTION u.rowversion_${String(id)}() RETURNS trigger LANGUAGE plpgsql AS $tsql$
BEGIN NEW.${column.pgName} := tsql.next_rowversion(); RETURN NEW; END $tsql$;
CREATE TRIGGER a_rowversion BEFORE INSERT OR UPDATE ON ${pgName} FOR EACH ROW EXECUTE FUNCTION u.rowversion_${String(id)}()`);
}

/** PERIOD FOR SYSTEM_TIME: from now on the two columns are filled by the server. @throws SqlError 1911. */
export async function setPeriod(
  context: DdlContext,
  tableId: number,
  node: PeriodForSystemTime,
): Promise<void> {
  const table = (await look(context)).object(tableId);
  const from = table?.columns.find((column) => sameName(column.name, node.from.name));
  const to = table?.columns.find((column) => sameName(column.name, node.to.name));
  if (table === undefined || from === undefined || to === undefined) {
    throw sqlError(1911, [from === undefined ? node.from.name : node.to.name], { line: node.line });
  }
  if (from.generatedAs !== 'start') throw sqlError(13504, [], { line: node.line });
  if (to.generatedAs !== 'end') throw sqlError(13505, [], { line: node.line });
  await context.connection.query(
    'UPDATE catalog.object SET period_start = $2, period_end = $3 WHERE object_id = $1',
    [tableId, from.columnId, to.columnId],
  );
  const id = String(tableId);
  await context.connection.script(`CREATE FUNCTION u.period_${id}() RETURNS trigger LANGUAGE plpgsql AS $tsql$
BEGIN
  NEW.${from.pgName} := ${nowFor(from)}; NEW.${to.pgName} := ${lastMoment(to.type.scale ?? 7)}; RETURN NEW;
END $tsql$;
CREATE TRIGGER b_period BEFORE INSERT OR UPDATE ON ${table.pgName} FOR EACH ROW EXECUTE FUNCTION u.period_${id}()`);
  await context.catalog.changed(context.connection);
}

/** SYSTEM_VERSIONING = ON: makes the history table when there is none. @throws SqlError 13510, 13553, 13591. */
export async function startVersioning(
  context: DdlContext,
  tableId: number,
  history: Name | undefined,
): Promise<void> {
  const snapshot = await look(context);
  const table = snapshot.object(tableId);
  if (table === undefined) throw sqlError(4902, ['']);
  const shown = `${context.database}.${table.schema}.${table.name}`;
  if (table.period === undefined) throw sqlError(13510);
  if (table.temporal === 'versioned') throw sqlError(13591, ['ON', shown]);
  if (!snapshot.indexes(tableId).some((index) => index.kind === 'primary')) throw sqlError(13553, [shown]);
  let historyId: number;
  let pgHistory: string;
  const existing = history === undefined ? undefined : findObject(snapshot, history, context);
  if (existing === undefined) {
    historyId = await newObjectId(context);
    const target = history === undefined ? undefined : newTarget(snapshot, history, context);
    const name = target?.name ?? `MSSQL_TemporalHistoryFor_${String(tableId)}`;
    const schemaId = target?.schemaId ?? table.schemaId;
    ensureFree(snapshot, schemaId, name, history?.line ?? 0);
    pgHistory = `u.t${String(historyId)}`;
    await insertObject(context, { id: historyId, schemaId, name, type: 'U', pgName: pgHistory });
    const columns = table.columns.map((column) => {
      const {
        identitySeed: _seed,
        identityIncrement: _step,
        generatedAs: _row,
        computedText: _text,
        defaultText: _default,
        ...kept
      } = column;
      return { ...kept, identity: false, computed: false, generated: false, hasDefault: false };
    });
    await insertColumns(context, historyId, columns);
    await context.connection.script(
      `CREATE TABLE ${pgHistory} (${columns.map((column) => `${column.pgName} ${column.rowversion ? 'bytea' : columnPgType(column.type)}`).join(', ')})`,
    );
  } else {
    if (existing.temporal !== 'none') throw sqlError(13593, [`${existing.schema}.${existing.name}`]);
    historyId = existing.objectId;
    pgHistory = existing.pgName;
  }
  const end = table.columns.find((column) => column.columnId === table.period?.end);
  if (end === undefined) throw sqlError(13510);
  // Columns pair by name: an older history table may have them in another order.
  const historyColumns = existing?.columns ?? table.columns;
  const pairs = table.columns.flatMap((column) => {
    const twin = historyColumns.find((candidate) => sameName(candidate.name, column.name));
    return twin === undefined ? [] : [{ own: column.pgName, theirs: twin.pgName }];
  });
  const id = String(tableId);
  await context.connection
    .script(`CREATE OR REPLACE FUNCTION u.history_${id}() RETURNS trigger LANGUAGE plpgsql AS $tsql$
BEGIN
  OLD.${end.pgName} := ${nowFor(end)};
  INSERT INTO ${pgHistory} (${pairs.map((pair) => pair.theirs).join(', ')}) VALUES (${pairs.map((pair) => `OLD.${pair.own}`).join(', ')});
  RETURN NULL;
END $tsql$;
CREATE TRIGGER c_history AFTER UPDATE OR DELETE ON ${table.pgName} FOR EACH ROW EXECUTE FUNCTION u.history_${id}()`);
  await context.connection.query(
    'UPDATE catalog.object SET temporal = 2, history_id = $2 WHERE object_id = $1',
    [tableId, historyId],
  );
  await context.connection.query('UPDATE catalog.object SET temporal = 1 WHERE object_id = $1', [historyId]);
  await context.catalog.changed(context.connection);
}

/** SYSTEM_VERSIONING = OFF: both become ordinary tables, the period stays. @throws SqlError 13591. */
export async function stopVersioning(context: DdlContext, tableId: number): Promise<void> {
  const table = (await look(context)).object(tableId);
  if (table === undefined || table.temporal !== 'versioned') {
    throw sqlError(13591, [
      'OFF',
      table === undefined ? '' : `${context.database}.${table.schema}.${table.name}`,
    ]);
  }
  await context.connection.script(
    `DROP TRIGGER c_history ON ${table.pgName}; DROP FUNCTION u.history_${String(tableId)}()`,
  );
  await context.connection.query(
    'UPDATE catalog.object SET temporal = 0, history_id = NULL WHERE object_id = $1 OR object_id = $2',
    [tableId, table.historyId ?? 0],
  );
  await context.catalog.changed(context.connection);
}

/** ALTER TABLE … DROP PERIOD FOR SYSTEM_TIME: the columns stay, as ordinary ones. */
export async function dropPeriod(context: DdlContext, tableId: number): Promise<void> {
  const table = (await look(context)).object(tableId);
  if (table?.period === undefined) throw sqlError(13510);
  await context.connection.script(
    `DROP TRIGGER b_period ON ${table.pgName}; DROP FUNCTION u.period_${String(tableId)}()`,
  );
  await context.connection.query(
    'UPDATE catalog.object SET period_start = NULL, period_end = NULL WHERE object_id = $1',
    [tableId],
  );
  await context.connection.query('UPDATE catalog.column SET generated = 0 WHERE object_id = $1', [tableId]);
  await context.catalog.changed(context.connection);
}
