// Users as a use case: pages of a table's rows, inserting, changing and deleting one, and telling everybody that something changed.
import type { ConnectionProfile, TableName } from '../core/connection.ts';
import { AppError, isAppError } from '../core/errors.ts';
import { quoteTable } from '../core/names.ts';
import { deleteCheck, insertCheck, updateCheck } from '../core/outcomeCheck.ts';
import type { OutcomeCheck } from '../core/outcomeCheck.ts';
import type { Event, QueryResult, Sql, SqlStatement } from '../core/ports.ts';
import { deleteStatement, insertStatement, rowStatement, updateStatement } from '../core/rowChange.ts';
import type { NewValues } from '../core/rowChange.ts';
import { countStatement, pageStatement } from '../core/rowPage.ts';
import type { RowView, UserRow } from '../core/rowPage.ts';
import { tablesStatement } from '../core/tableScript.ts';
import { columnsStatement, hasKey, keysStatement, readShape } from '../core/tableShape.ts';
import type { TableShape } from '../core/tableShape.ts';

export interface Asking {
  signal?: AbortSignal;
  /** A person asked for it just now, so a sign-in prompt is allowed. */
  gesture?: boolean;
}

export interface UsersChange {
  connectionId: string;
  table: TableName;
  change:
    | { kind: 'inserted'; row: UserRow | undefined }
    | { kind: 'updated'; old: UserRow; row: UserRow }
    | { kind: 'deleted'; row: UserRow }
    /** The table itself: created, or found to be different. */
    | { kind: 'table' };
}

/** A change by key and old values. 'changed': somebody was faster; `current` is the row now, undefined when it is gone. */
export type ChangeOutcome =
  | { kind: 'done'; row: UserRow }
  | { kind: 'changed'; current: UserRow | undefined };

export interface TableSize {
  table: TableName;
  rows: number;
}

export class UserService {
  readonly #sql: Pick<Sql, 'query'>;
  readonly #shapes = new Map<string, TableShape>();
  readonly #listeners = new Set<(change: UsersChange) => void>();

  constructor(sql: Pick<Sql, 'query'>) {
    this.#sql = sql;
  }

  readonly onDidChangeUsers: Event<UsersChange> = (listener) => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  /**
   * What the table is made of; remembered until `forget`.
   * @throws AppError tableNotFound with createTable as remedy
   */
  async shape(profile: ConnectionProfile, table: TableName, asking: Asking = {}): Promise<TableShape> {
    const key = shapeKey(profile.id, table);
    const known = this.#shapes.get(key);
    if (known) return known;
    const columns = await this.#query(profile, columnsStatement(table), asking);
    const keys = columns.rows.length > 0 ? await this.#query(profile, keysStatement(table), asking) : columns;
    const shape = readShape(table, columns.rows, keys.rows);
    if (!shape) throw missing(profile, table);
    this.#shapes.set(key, shape);
    return shape;
  }

  /** Forgets what is known of a connection's tables; the next question reads them again. */
  forget(connectionId: string): void {
    for (const key of this.#shapes.keys()) if (key.startsWith(`${connectionId}\n`)) this.#shapes.delete(key);
  }

  /** @throws AppError tableNotFound */
  async page(
    profile: ConnectionProfile,
    table: TableName,
    view: RowView & { offset: number; limit: number },
    asking: Asking = {},
  ): Promise<{ shape: TableShape; rows: UserRow[] }> {
    return this.#withTable(profile, table, async () => {
      const shape = await this.shape(profile, table, asking);
      const page = await this.#query(profile, pageStatement(shape, view, view.offset, view.limit), asking);
      return { shape, rows: page.rows.map((values) => ({ values })) };
    });
  }

  /** How many rows a view has. @throws AppError tableNotFound */
  async count(
    profile: ConnectionProfile,
    table: TableName,
    view: RowView,
    asking: Asking = {},
  ): Promise<number> {
    return this.#withTable(profile, table, async () => {
      const shape = await this.shape(profile, table, asking);
      const result = await this.#query(profile, countStatement(shape, view), asking);
      return Number(result.rows[0]?.[0] ?? 0);
    });
  }

  /** Every table one may see with its row count. */
  async tables(profile: ConnectionProfile, asking: Asking = {}): Promise<TableSize[]> {
    const { rows } = await this.#query(profile, tablesStatement, asking);
    return rows.map(([schema, name, count]) => ({
      table: { schema: String(schema), name: String(name) },
      rows: Number(count),
    }));
  }

  /** Runs the script that creates a table, as it was shown. */
  async createTable(
    profile: ConnectionProfile,
    table: TableName,
    script: string,
    asking: Asking = {},
  ): Promise<void> {
    await this.#query(profile, { text: script }, asking);
    this.#changed({ connectionId: profile.id, table, change: { kind: 'table' } });
  }

  /** @returns the row as the server kept it; undefined when it cannot be found again (a trigger and no key) */
  async insert(
    profile: ConnectionProfile,
    table: TableName,
    values: NewValues,
    asking: Asking = {},
  ): Promise<UserRow | undefined> {
    const shape = await this.shape(profile, table, asking);
    if (shape.kind === 'view') throw readOnly(table, 'it is a view');
    const check = () => insertCheck(shape, values);
    const result = await this.#write(profile, insertStatement(shape, values), check, asking);
    const row = firstRow(result, shape);
    this.#changed({ connectionId: profile.id, table, change: { kind: 'inserted', row } });
    return row;
  }

  /** Changes the row that has the key and all values of `old`. @throws AppError tableReadOnly */
  async update(
    profile: ConnectionProfile,
    table: TableName,
    old: UserRow,
    values: NewValues,
    asking: Asking = {},
  ): Promise<ChangeOutcome> {
    const shape = await this.#writable(profile, table, asking);
    if (values.size === 0) return { kind: 'done', row: old };
    const check = () => updateCheck(shape, old, values);
    const result = await this.#write(profile, updateStatement(shape, old, values), check, asking);
    const row = firstRow(result, shape);
    if (!row) return this.#changedMeanwhile(profile, shape, old, asking);
    this.#changed({ connectionId: profile.id, table, change: { kind: 'updated', old, row } });
    return { kind: 'done', row };
  }

  /** Deletes the row that has the key and all values of `row`. @throws AppError tableReadOnly */
  async delete(
    profile: ConnectionProfile,
    table: TableName,
    row: UserRow,
    asking: Asking = {},
  ): Promise<ChangeOutcome> {
    const shape = await this.#writable(profile, table, asking);
    const check = () => deleteCheck(shape, row);
    const result = await this.#write(profile, deleteStatement(shape, row), check, asking);
    if (result.rows.length === 0) return this.#changedMeanwhile(profile, shape, row, asking);
    this.#changed({ connectionId: profile.id, table, change: { kind: 'deleted', row } });
    return { kind: 'done', row };
  }

  async #writable(profile: ConnectionProfile, table: TableName, asking: Asking): Promise<TableShape> {
    const shape = await this.shape(profile, table, asking);
    if (!hasKey(shape)) throw readOnly(table, 'it has no primary key and no unique index without NULLs');
    return shape;
  }

  async #changedMeanwhile(
    profile: ConnectionProfile,
    shape: TableShape,
    old: UserRow,
    asking: Asking,
  ): Promise<ChangeOutcome> {
    const current = firstRow(await this.#query(profile, rowStatement(shape, old), asking), shape);
    const change = current
      ? { kind: 'updated' as const, old, row: current }
      : { kind: 'deleted' as const, row: old };
    this.#changed({ connectionId: profile.id, table: shape.table, change });
    return { kind: 'changed', current };
  }

  /** A table that changed under a remembered shape (207, 208) is looked at once more. */
  async #withTable<T>(profile: ConnectionProfile, table: TableName, action: () => Promise<T>): Promise<T> {
    const key = shapeKey(profile.id, table);
    const remembered = this.#shapes.has(key);
    try {
      return await action();
    } catch (error) {
      if (!remembered || !isNameError(error)) throw error;
      this.#shapes.delete(key);
      return action();
    }
  }

  /** A change whose reply was lost comes with the way to find out what became of it. */
  async #write(
    profile: ConnectionProfile,
    statement: SqlStatement,
    check: () => OutcomeCheck | undefined,
    asking: Asking,
  ): Promise<QueryResult> {
    try {
      return await this.#query(profile, statement, asking);
    } catch (error) {
      if (!isAppError(error, 'outcomeUnknown')) throw error;
      throw withCheck(error, profile.id, check());
    }
  }

  #query(profile: ConnectionProfile, statement: SqlStatement, asking: Asking): Promise<QueryResult> {
    return this.#sql.query(profile, statement, asking);
  }

  #changed(change: UsersChange): void {
    if (change.change.kind === 'table') this.#shapes.delete(shapeKey(change.connectionId, change.table));
    for (const listener of this.#listeners) listener(change);
  }
}

function shapeKey(connectionId: string, table: TableName): string {
  return `${connectionId}\n${JSON.stringify([table.schema, table.name])}`;
}

function firstRow(result: QueryResult, shape: TableShape): UserRow | undefined {
  const values = result.rows[0];
  return values && values.length === shape.columns.length ? { values } : undefined;
}

function withCheck(error: AppError, connectionId: string, check: OutcomeCheck | undefined): AppError {
  const others = error.remedies.filter(({ kind }) => kind !== 'checkOutcome' && kind !== 'retry');
  return new AppError('outcomeUnknown', error.message, {
    remedies: [{ kind: 'checkOutcome', connectionId, ...(check ? { check } : {}) }, ...others],
    cause: error,
    ...(error.server ? { server: error.server } : {}),
  });
}

/** "Invalid column name" and "Invalid object name": the table is not what it was. */
function isNameError(error: unknown): boolean {
  return isAppError(error) && (error.server?.number === 207 || error.server?.number === 208);
}

function missing(profile: ConnectionProfile, table: TableName): AppError {
  return new AppError(
    'tableNotFound',
    `Table ${quoteTable(table)} is missing in ${profile.database}, or you have no right to see it.`,
    { remedies: [{ kind: 'createTable', connectionId: profile.id, table }] },
  );
}

function readOnly(table: TableName, why: string): AppError {
  return new AppError('tableReadOnly', `Rows of ${quoteTable(table)} cannot be changed here: ${why}.`);
}
