// What the tree holds of each table: the rows read so far, how they are filtered and sorted, their count, and what was just added.
import type { ConnectionProfile, TableName } from '../core/connection.ts';
import type { Event } from '../core/ports.ts';
import { rowKey } from '../core/rowLabel.ts';
import type { RowView, UserRow } from '../core/rowPage.ts';
import { hasKey } from '../core/tableShape.ts';
import type { TableShape } from '../core/tableShape.ts';
import type { Asking, UserService, UsersChange } from './userService.ts';

export interface UserPage {
  shape: TableShape;
  /** Rows of the view in its order, without those just added. */
  rows: readonly UserRow[];
  /** Newest first; shown wherever they would stand in the view, also outside the rows read, until the table is read anew. */
  justAdded: readonly UserRow[];
  /** Rows of the view in the database when it was last counted, kept up with our own changes. */
  total: number;
  /** Whether the database has rows of this view that were not read. */
  more: boolean;
}

interface Entry {
  view: RowView;
  page: UserPage | undefined;
  loading: Promise<UserPage> | undefined;
  /** Why the first page could not be read. Kept until `forget`: a tree that draws itself again must not knock again. */
  failure: { error: unknown } | undefined;
  /** Added before the first page was read, newest first: they go on top of it. */
  addedBefore: readonly UserRow[];
  /** Rows taken from the database, also those that were since deleted or moved to the top. */
  offset: number;
}

export class UserPages {
  readonly #users: Pick<UserService, 'page' | 'count' | 'forget'>;
  readonly #pageSize: () => number;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<(place: { connectionId: string; table: TableName }) => void>();

  constructor(users: Pick<UserService, 'page' | 'count' | 'forget'>, pageSize: () => number) {
    this.#users = users;
    this.#pageSize = pageSize;
  }

  /** Fires when rows, count or view of a table changed. */
  readonly onDidChangePage: Event<{ connectionId: string; table: TableName }> = (listener) => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  /** What is held without asking anybody. */
  known(connectionId: string, table: TableName): UserPage | undefined {
    return this.#entries.get(entryKey(connectionId, table))?.page;
  }

  view(connectionId: string, table: TableName): RowView {
    return this.#entries.get(entryKey(connectionId, table))?.view ?? {};
  }

  /** The page held, else the first one read. What it throws it throws again until `forget` or `setView`. @throws AppError */
  async page(profile: ConnectionProfile, table: TableName, asking: Asking = {}): Promise<UserPage> {
    const entry = this.#entry(profile.id, table);
    if (entry.page) return entry.page;
    if (entry.failure) throw entry.failure.error;
    entry.loading ??= this.#first(profile, table, entry, asking);
    try {
      return await entry.loading;
    } catch (error) {
      entry.failure = { error };
      throw error;
    } finally {
      entry.loading = undefined;
    }
  }

  /** Reads the next rows of the view. @throws AppError */
  async loadMore(profile: ConnectionProfile, table: TableName, asking: Asking = {}): Promise<void> {
    const entry = this.#entry(profile.id, table);
    const held = entry.page ?? (await this.page(profile, table, asking));
    const limit = this.#pageSize();
    const { shape, rows } = await this.#users.page(
      profile,
      table,
      { ...entry.view, offset: entry.offset, limit },
      asking,
    );
    entry.offset += rows.length;
    const seen = new Set([...held.rows, ...held.justAdded].map((row) => rowKey(shape, row)));
    const fresh = shape.key.length > 0 ? rows.filter((row) => !seen.has(rowKey(shape, row))) : rows;
    entry.page = { ...held, shape, rows: [...held.rows, ...fresh], more: rows.length === limit };
    this.#fire(profile.id, table);
  }

  /** Filters or sorts; the rows are read again when they are next asked for. */
  setView(connectionId: string, table: TableName, view: RowView): void {
    this.#entries.set(entryKey(connectionId, table), { ...empty(), view });
    this.#fire(connectionId, table);
  }

  /** Drops the rows of a connection, keeping how each table is filtered and sorted. */
  forget(connectionId: string): void {
    this.#users.forget(connectionId);
    for (const [key, entry] of this.#entries)
      if (key.startsWith(`${connectionId}\n`)) this.#entries.set(key, { ...empty(), view: entry.view });
  }

  /** Takes over a change without asking the database again. */
  apply({ connectionId, table, change }: UsersChange): void {
    const key = entryKey(connectionId, table);
    const entry = this.#entries.get(key);
    if (change.kind === 'table') {
      if (entry) this.#entries.set(key, { ...empty(), view: entry.view });
    } else if (entry?.page) {
      entry.page = changed(entry.page, change);
    } else if (change.kind === 'inserted' && change.row) {
      const waiting = this.#entry(connectionId, table);
      waiting.addedBefore = [change.row, ...waiting.addedBefore];
    }
    this.#fire(connectionId, table);
  }

  async #first(
    profile: ConnectionProfile,
    table: TableName,
    entry: Entry,
    asking: Asking,
  ): Promise<UserPage> {
    const limit = this.#pageSize();
    const { shape, rows } = await this.#users.page(
      profile,
      table,
      { ...entry.view, offset: 0, limit },
      asking,
    );
    // Fewer rows than asked for are all there are: no need to count.
    const total =
      rows.length < limit ? rows.length : await this.#users.count(profile, table, entry.view, asking);
    entry.offset = rows.length;
    // Without a key nobody could tell whether it is among the rows already.
    const justAdded = hasKey(shape) ? entry.addedBefore : [];
    entry.addedBefore = [];
    entry.page = { shape, rows, justAdded, total, more: rows.length === limit && total > rows.length };
    this.#fire(profile.id, table);
    return entry.page;
  }

  #entry(connectionId: string, table: TableName): Entry {
    const key = entryKey(connectionId, table);
    const entry = this.#entries.get(key) ?? empty();
    this.#entries.set(key, entry);
    return entry;
  }

  #fire(connectionId: string, table: TableName): void {
    for (const listener of this.#listeners) listener({ connectionId, table });
  }
}

function changed(page: UserPage, change: Exclude<UsersChange['change'], { kind: 'table' }>): UserPage {
  if (change.kind === 'inserted') {
    const justAdded = change.row ? [change.row, ...page.justAdded] : page.justAdded;
    return { ...page, justAdded, total: page.total + 1 };
  }
  const target = rowKey(page.shape, change.kind === 'updated' ? change.old : change.row);
  const replace = (rows: readonly UserRow[]) =>
    rows.flatMap((row) => {
      if (rowKey(page.shape, row) !== target) return [row];
      return change.kind === 'updated' ? [change.row] : [];
    });
  return {
    ...page,
    rows: replace(page.rows),
    justAdded: replace(page.justAdded),
    total: change.kind === 'deleted' ? Math.max(0, page.total - 1) : page.total,
  };
}

function empty(): Entry {
  return { view: {}, page: undefined, loading: undefined, failure: undefined, addedBefore: [], offset: 0 };
}

function entryKey(connectionId: string, table: TableName): string {
  return `${connectionId}\n${JSON.stringify([table.schema, table.name])}`;
}
