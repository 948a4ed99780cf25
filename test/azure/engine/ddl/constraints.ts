// Adds constraints to a table: keys, foreign keys, checks and defaults.
import type {
  CheckConstraint,
  DefaultConstraint,
  ForeignKey,
  KeyConstraint,
  ReferentialAction,
  TableConstraint,
} from '../../tsql/ast.ts';
import { SqlError } from '../../contract.ts';
import type { CatalogColumn, CatalogObject, Snapshot } from '../catalog/snapshot.ts';
import { sqlError } from '../errors.ts';
import type { DdlContext } from './context.ts';
import {
  enforcing,
  ensureFree,
  findObject,
  fullName,
  insertObject,
  look,
  namedColumns,
  newObjectId,
  sameName,
  shownName,
  systemName,
} from './context.ts';
import { insertIndex, keyColumns, nextIndexId } from './indexes.ts';

/** Keys first, then what may refer to them. @throws SqlError 2714, 1750 after 1767 … 1785, 1779, 1902 … */
export async function addConstraints(
  context: DdlContext,
  tableId: number,
  constraints: readonly TableConstraint[],
  noCheck: boolean,
): Promise<void> {
  const order = { keyConstraint: 0, checkConstraint: 1, foreignKey: 2 };
  for (const node of [...constraints].sort((a, b) => order[a.kind] - order[b.kind])) {
    const snapshot = await look(context);
    const table = snapshot.object(tableId);
    if (table === undefined) throw sqlError(4902, ['']);
    // A temporary table has no foreign keys: the server skips them (1766 as information).
    if (node.kind === 'foreignKey' && table.type === 'TT') continue;
    const id = await newObjectId(context);
    if (node.name !== undefined && table.type !== 'TT') {
      const taken = snapshot.raw.objects.some(
        (object) => object.schema_id === table.schemaId && sameName(object.name, node.name?.name ?? ''),
      );
      if (taken) {
        throw sqlError(1750, [], {
          line: node.line,
          before: [sqlError(2714, [node.name.name], { line: node.line, state: 5 })],
        });
      }
      ensureFree(snapshot, table.schemaId, node.name.name, node.line);
    }
    switch (node.kind) {
      case 'keyConstraint':
        await addKey(context, snapshot, table, node, id);
        break;
      case 'foreignKey':
        await addForeignKey(context, snapshot, table, node, id, noCheck);
        break;
      case 'checkConstraint':
        await addCheck(context, snapshot, table, node, id, noCheck);
        break;
    }
    await context.catalog.changed(context.connection);
  }
}

async function constraintObject(
  context: DdlContext,
  table: CatalogObject,
  id: number,
  name: string,
  type: string,
  systemNamed: boolean,
): Promise<void> {
  await insertObject(context, {
    id,
    schemaId: table.schemaId,
    name,
    type,
    parentId: table.objectId,
    systemNamed,
    ...(table.type === 'TT' ? { session: context.connection.pid } : {}),
  });
}

/** What is wrong with a key's columns, and then that there is no key. */
export const keyRefused = (reason: SqlError, line: number): SqlError =>
  sqlError(1750, [], { line, before: [reason] });

async function addKey(
  context: DdlContext,
  snapshot: Snapshot,
  table: CatalogObject,
  node: KeyConstraint,
  id: number,
): Promise<void> {
  const { line } = node;
  const existing = snapshot.indexes(table.objectId);
  if (node.primary && existing.some((index) => index.kind === 'primary')) {
    throw sqlError(1750, [], { line, before: [sqlError(1779, [table.name], { line })] });
  }
  const clustered = node.clustered ?? (node.primary && !existing.some((index) => index.clustered));
  if (clustered && existing.some((index) => index.clustered)) throw sqlError(8112, [table.name], { line });
  let keys: ReturnType<typeof keyColumns>;
  try {
    keys = keyColumns(table, node.columns, node.primary ? 'primary key' : 'unique key');
  } catch (error) {
    throw error instanceof SqlError ? keyRefused(error, line) : error;
  }
  const nullable = keys.find(({ column }) => column.nullable);
  if (node.primary && nullable !== undefined) {
    throw sqlError(1750, [], { line, before: [sqlError(8111, [table.name], { line })] });
  }
  const name = node.name?.name ?? systemName(node.primary ? 'PK' : 'UQ', [table.name], id, 16);
  const pgName = `k${String(id)}`;
  const list = keys.map(({ column }) => column.pgName).join(', ');
  const sql = `ALTER TABLE ${table.pgName} ADD CONSTRAINT ${pgName} ${node.primary ? 'PRIMARY KEY' : 'UNIQUE NULLS NOT DISTINCT'} (${list})`;
  const facts = {
    kind: node.primary ? 'primary' : 'unique',
    name,
    table: shownName(table),
    columns: [],
  } as const;
  await enforcing(context, snapshot, facts, () => context.connection.script(sql));
  await constraintObject(context, table, id, name, node.primary ? 'PK' : 'UQ', node.name === undefined);
  await insertIndex(context, table.objectId, {
    indexId: nextIndexId(snapshot, table.objectId, clustered),
    name,
    pgName,
    unique: true,
    kind: node.primary ? 'primary' : 'unique',
    clustered,
    constraintId: id,
    columns: keys.map(({ column, descending }) => ({ columnId: column.columnId, descending })),
    included: [],
  });
}

const actions: Record<ReferentialAction, string> = {
  noAction: 'NO ACTION',
  cascade: 'CASCADE',
  setNull: 'SET NULL',
  setDefault: 'SET DEFAULT',
};

async function addForeignKey(
  context: DdlContext,
  snapshot: Snapshot,
  table: CatalogObject,
  node: ForeignKey,
  id: number,
  noCheck: boolean,
): Promise<void> {
  const { line } = node;
  const first = node.columns[0]?.name ?? '';
  const name = node.name?.name ?? systemName('FK', [table.name, first], id, 8);
  const refuse = (number: number, args: readonly string[]): Error =>
    sqlError(1750, [], { line, before: [sqlError(number, args, { line })] });
  const referenced = findObject(snapshot, node.table, context);
  if (referenced === undefined || referenced.type !== 'U') throw refuse(1767, [name, fullName(node.table)]);
  const shown = `${referenced.schema}.${referenced.name}`;
  await context.check('REFERENCES', {
    class: 'object',
    schema: referenced.schema,
    name: referenced.name,
    type: referenced.type,
    objectId: referenced.objectId,
  });
  const own = node.columns.map((column) => {
    const found = table.columns.find((candidate) => sameName(candidate.name, column.name));
    if (found === undefined) throw refuse(1769, [name, column.name, table.name]);
    return found;
  });
  const keys = snapshot
    .indexes(referenced.objectId)
    .filter((index) => index.is_unique && index.filter === null);
  let others: CatalogColumn[];
  if (node.references.length === 0) {
    const primary = keys.find((index) => index.kind === 'primary');
    if (primary === undefined) throw refuse(1773, [name, shown]);
    others = primary.columns.flatMap(({ columnId }) =>
      referenced.columns.filter((column) => column.columnId === columnId),
    );
    if (others.length !== own.length) throw refuse(1774, [name, shown]);
  } else {
    others = node.references.map((column) => {
      const found = referenced.columns.find((candidate) => sameName(candidate.name, column.name));
      if (found === undefined) throw refuse(1770, [name, column.name, shown]);
      return found;
    });
  }
  const wanted = others.map((column) => column.columnId).sort((a, b) => a - b);
  const key = keys.find((index) => {
    const have = index.columns
      .filter((column) => !column.included)
      .map((column) => column.columnId)
      .sort((a, b) => a - b);
    return have.length === wanted.length && have.every((columnId, i) => columnId === wanted[i]);
  });
  if (key === undefined || own.length !== others.length) throw refuse(1776, [shown, name]);
  for (const [i, column] of own.entries()) {
    const other = others[i];
    if (
      other !== undefined &&
      other.type.name.replace('numeric', 'decimal') !== column.type.name.replace('numeric', 'decimal')
    ) {
      throw refuse(1778, [shown, other.name, table.name, column.name, name]);
    }
  }
  const sql = foreignKeySql(
    table.pgName,
    id,
    own,
    referenced.pgName,
    others,
    actions[node.onDelete],
    actions[node.onUpdate],
    noCheck,
  );
  const facts = {
    kind: 'foreign',
    name,
    table: shownName(table),
    referenced: shown,
    columns: own.map((column) => column.name),
    referencedColumns: others.map((column) => column.name),
  } as const;
  await enforcing(context, snapshot, facts, () => context.connection.script(sql));
  await constraintObject(context, table, id, name, 'F', node.name === undefined);
  await context.connection.query(
    `INSERT INTO catalog.foreign_key VALUES ($1, $2, $3, $4, $5, $6, false, $7)`,
    [
      id,
      table.objectId,
      referenced.objectId,
      key.index_id,
      actions[node.onDelete],
      actions[node.onUpdate],
      !noCheck,
    ],
  );
  for (const [i, column] of own.entries()) {
    await context.connection.query('INSERT INTO catalog.foreign_key_column VALUES ($1, $2, $3, $4)', [
      id,
      i + 1,
      column.columnId,
      others[i]?.columnId ?? 0,
    ]);
  }
}

export function foreignKeySql(
  pgTable: string,
  id: number,
  own: readonly { pgName: string }[],
  pgReferenced: string,
  others: readonly { pgName: string }[],
  onDelete: string,
  onUpdate: string,
  noCheck: boolean,
): string {
  const list = (columns: readonly { pgName: string }[]): string =>
    columns.map((column) => column.pgName).join(', ');
  return `ALTER TABLE ${pgTable} ADD CONSTRAINT k${String(id)} FOREIGN KEY (${list(own)}) REFERENCES ${pgReferenced} (${list(others)}) ON DELETE ${onDelete} ON UPDATE ${onUpdate}${noCheck ? ' NOT VALID' : ''}`;
}

async function addCheck(
  context: DdlContext,
  snapshot: Snapshot,
  table: CatalogObject,
  node: CheckConstraint,
  id: number,
  noCheck: boolean,
): Promise<void> {
  const sql = await context.binder.predicate(node.condition, table.columns);
  const named = namedColumns(node.condition).map(
    (column) => table.columns.find((candidate) => sameName(candidate.name, column.name))?.columnId ?? 0,
  );
  const columns = [...new Set(named)].filter((columnId) => columnId > 0);
  const only = columns.length === 1 ? (columns[0] ?? 0) : 0;
  const column = table.columns.find((candidate) => candidate.columnId === only);
  const name =
    node.name?.name ??
    systemName('CK', column === undefined ? [table.name] : [table.name, column.name], id, 8);
  const facts = {
    kind: 'check',
    name,
    table: shownName(table),
    columns: column === undefined ? [] : [column.name],
  } as const;
  await enforcing(context, snapshot, facts, () =>
    context.connection.script(
      `ALTER TABLE ${table.pgName} ADD CONSTRAINT k${String(id)} CHECK (${sql})${noCheck ? ' NOT VALID' : ''}`,
    ),
  );
  await constraintObject(context, table, id, name, 'C', node.name === undefined);
  await context.connection.query(
    'INSERT INTO catalog.check_constraint VALUES ($1, $2, $3, $4, $5::int[], $6, false, $7)',
    [id, table.objectId, only, `(${node.text.trim()})`, columns, sql, !noCheck],
  );
}

/** @throws SqlError 2714, 1781 (there is one already). */
export async function addDefaultTo(
  context: DdlContext,
  tableId: number,
  columnName: string,
  node: DefaultConstraint,
): Promise<void> {
  const snapshot = await look(context);
  const table = snapshot.object(tableId);
  const column = table?.columns.find((candidate) => sameName(candidate.name, columnName));
  if (table === undefined || column === undefined) {
    throw sqlError(1750, [], {
      line: node.line,
      before: [sqlError(1752, [columnName, table?.name ?? ''], { line: node.line })],
    });
  }
  if (column.hasDefault) {
    throw sqlError(1750, [], { line: node.line, before: [sqlError(1781, [], { line: node.line })] });
  }
  if (node.name !== undefined && table.type !== 'TT')
    ensureFree(snapshot, table.schemaId, node.name.name, node.line);
  const id = await newObjectId(context);
  const name = node.name?.name ?? systemName('DF', [table.name, column.name], id, 8);
  await constraintObject(context, table, id, name, 'D', node.name === undefined);
  const text = node.text.trim();
  const shown =
    text.startsWith('(') && text.endsWith(')')
      ? text
      : /^[-+]?[\d.]+$/u.test(text)
        ? `((${text}))`
        : `(${text})`;
  await context.connection.query('INSERT INTO catalog.default_constraint VALUES ($1, $2, $3, $4)', [
    id,
    table.objectId,
    column.columnId,
    shown,
  ]);
  await context.catalog.changed(context.connection);
}
