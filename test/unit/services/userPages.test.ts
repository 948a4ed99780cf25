// What the tree holds of a table while it is read, filtered and changed.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { defaultTable } from '../../../src/core/connection.ts';
import { AppError, isAppError } from '../../../src/core/errors.ts';
import type { RowView, UserRow } from '../../../src/core/rowPage.ts';
import { UserPages } from '../../../src/services/userPages.ts';
import type { UsersChange } from '../../../src/services/userService.ts';
import { userTable } from '../core/shapes.ts';
import { profile } from './fakes.ts';

const row = (id: number, name = `n${id}`): UserRow => ({ values: [id, name, null] });
const ids = (rows: readonly UserRow[]) => rows.map(({ values }) => values[0]);

function table(size: number) {
  const rows = Array.from({ length: size }, (_, index) => row(index + 1));
  const asked: (RowView & { offset: number })[] = [];
  let counted = 0;
  const state = { failing: undefined as Error | undefined };
  const pages = new UserPages(
    {
      page: async (_profile, _table, view) => {
        asked.push(view);
        if (state.failing) throw state.failing;
        return { shape: userTable, rows: rows.slice(view.offset, view.offset + view.limit) };
      },
      count: async () => {
        counted++;
        return rows.length;
      },
      forget: () => {},
    },
    () => 2,
  );
  const apply = (change: UsersChange['change']) =>
    pages.apply({ connectionId: 'c1', table: defaultTable, change });
  return {
    pages,
    rows,
    asked,
    apply,
    state,
    counted: () => counted,
    page: () => pages.page(profile(), defaultTable),
  };
}

describe('pages of users', () => {
  it('read the first page once and count only when there may be more', async () => {
    const small = table(1);
    const first = await small.page();
    assert.deepEqual([first.total, first.more, small.counted()], [1, false, 0]);
    const large = table(5);
    await Promise.all([large.page(), large.page()]);
    assert.equal(large.asked.length, 1);
    assert.deepEqual([(await large.page()).total, (await large.page()).more], [5, true]);
  });

  it('load more until the end', async () => {
    const { pages, page } = table(5);
    await page();
    await pages.loadMore(profile(), defaultTable);
    assert.deepEqual(ids((await page()).rows), [1, 2, 3, 4]);
    await pages.loadMore(profile(), defaultTable);
    assert.deepEqual([ids((await page()).rows), (await page()).more], [[1, 2, 3, 4, 5], false]);
  });

  it('pin a new row on top and do not show it twice when its page comes', async () => {
    const { pages, rows, apply, page } = table(3);
    await page();
    const added = row(4);
    rows.push(added);
    apply({ kind: 'inserted', row: added });
    assert.deepEqual([ids((await page()).justAdded), (await page()).total], [[4], 4]);
    await pages.loadMore(profile(), defaultTable);
    assert.deepEqual([ids((await page()).justAdded), ids((await page()).rows)], [[4], [1, 2, 3]]);
  });

  it('pin a row that was added before the table was read, also when it stands outside the first page', async () => {
    const { pages, rows, apply, page } = table(3);
    const added = row(4);
    rows.push(added);
    apply({ kind: 'inserted', row: added });
    assert.deepEqual([ids((await page()).justAdded), ids((await page()).rows)], [[4], [1, 2]]);
    assert.equal((await page()).total, 4);
    pages.forget('c1');
    assert.deepEqual(ids((await page()).justAdded), [], 'a refresh shows the table as it is');
  });

  it('follow changes and deletions without asking again', async () => {
    const { apply, asked, page } = table(2);
    await page();
    apply({ kind: 'updated', old: row(1), row: row(1, 'new') });
    apply({ kind: 'deleted', row: row(2) });
    const held = await page();
    assert.deepEqual(held.rows, [row(1, 'new')]);
    assert.equal(held.total, 1);
    assert.equal(asked.length, 1);
  });

  it('ask again with a new filter', async () => {
    const { pages, asked, page } = table(3);
    await page();
    pages.setView('c1', defaultTable, { filter: 'ada' });
    await page();
    assert.deepEqual(
      asked.map(({ filter, offset }) => [filter, offset]),
      [
        [undefined, 0],
        ['ada', 0],
      ],
    );
  });

  it('knock once at a closed door until told to try again', async () => {
    const { pages, asked, state, page } = table(1);
    state.failing = new AppError('firewallBlocked', 'closed');
    await assert.rejects(page(), (error) => isAppError(error, 'firewallBlocked'));
    await assert.rejects(page(), (error) => isAppError(error, 'firewallBlocked'));
    assert.equal(asked.length, 1);
    state.failing = undefined;
    pages.forget('c1');
    assert.equal((await page()).total, 1);
  });

  it('say that something changed', async () => {
    const { pages, page } = table(1);
    const seen: string[] = [];
    pages.onDidChangePage(({ table: { name } }) => seen.push(name));
    await page();
    pages.setView('c1', defaultTable, {});
    assert.deepEqual(seen, ['user', 'user']);
  });
});
