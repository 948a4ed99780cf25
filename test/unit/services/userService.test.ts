// What the user service asks of the database, and what it makes of the answers.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { defaultTable } from '../../../src/core/connection.ts';
import { AppError, isAppError } from '../../../src/core/errors.ts';
import type { Cell, Sql, SqlStatement } from '../../../src/core/ports.ts';
import { UserService } from '../../../src/services/userService.ts';
import type { UsersChange } from '../../../src/services/userService.ts';
import { profile } from './fakes.ts';

const columns: Cell[][] = [
  ['id', 'int', 4, 10, 0, false, true, false, 0, null, null, 'U ', 0, null],
  [
    'first_name',
    'varchar',
    30,
    0,
    0,
    false,
    false,
    false,
    0,
    null,
    'SQL_Latin1_General_CP1_CI_AS',
    'U ',
    0,
    1252,
  ],
  ['created', 'datetime2', 8, 27, 7, false, false, false, 0, '(sysutcdatetime())', null, 'U ', 0, null],
];
const keys: Cell[][] = [[1, 'id']];

/** A database that answers by what a statement begins with. */
function database(answers: Record<string, Cell[][] | Error>): Pick<Sql, 'query'> & { asked: SqlStatement[] } {
  const asked: SqlStatement[] = [];
  return {
    asked,
    query: async (_profile, statement) => {
      asked.push(statement);
      const found = Object.entries(answers).find(([start]) => statement.text.startsWith(start));
      if (!found) throw new Error(`unexpected ${statement.text}`);
      if (found[1] instanceof Error) throw found[1];
      return { columns: [], rows: found[1] };
    },
  };
}

const shapeAnswers = { 'SELECT c.[name], COALESCE': columns, 'SELECT i.index_id': keys };
const row = { values: [7, 'Ada', '2026-01-02 03:04:05.1234567'] };

function watched(users: UserService): UsersChange['change'][] {
  const seen: UsersChange['change'][] = [];
  users.onDidChangeUsers(({ change }) => seen.push(change));
  return seen;
}

describe('the user service', () => {
  it('reads what a table is made of once', async () => {
    const sql = database(shapeAnswers);
    const users = new UserService(sql);
    const shape = await users.shape(profile(), defaultTable);
    await users.shape(profile(), defaultTable);
    assert.equal(sql.asked.length, 2);
    assert.deepEqual(sql.asked[0]?.parameters, [
      { name: 'table', value: '[dbo].[user]', sqlType: 'nvarchar(517)' },
    ]);
    assert.deepEqual(shape.key, ['id']);
    assert.equal(shape.kind, 'table');
    assert.deepEqual(
      shape.columns.map(({ name, sqlType, identity, defaultText }) => [name, sqlType, identity, defaultText]),
      [
        ['id', 'int', true, undefined],
        ['first_name', 'varchar(30)', false, undefined],
        ['created', 'datetime2(7)', false, '(sysutcdatetime())'],
      ],
    );
  });

  it('says that a table is missing and offers to create it', async () => {
    const users = new UserService(database({ 'SELECT c.[name], COALESCE': [] }));
    await assert.rejects(users.page(profile(), defaultTable, { offset: 0, limit: 9 }), (error) => {
      assert.ok(isAppError(error, 'tableNotFound'));
      assert.match(error.message, /^Table \[dbo\]\.\[user\] is missing/);
      assert.deepEqual(error.remedies, [{ kind: 'createTable', connectionId: 'c1', table: defaultTable }]);
      return true;
    });
  });

  it('names a missing table as it would stand in a statement', async () => {
    const users = new UserService(database({ 'SELECT c.[name], COALESCE': [] }));
    await assert.rejects(users.shape(profile(), { schema: 'a]b', name: 'c]]d' }), {
      message: /^Table \[a\]\]b\]\.\[c\]\]\]\]d\] is missing/,
    });
  });

  it('takes a unique index without NULLs for the key when there is no primary one', async () => {
    const nullable = columns.map((column) => (column[0] === 'created' ? column.with(5, true) : column));
    const sql = database({
      'SELECT c.[name], COALESCE': nullable,
      'SELECT i.index_id': [
        [2, 'created'],
        [3, 'first_name'],
        [3, 'id'],
      ],
    });
    const shape = await new UserService(sql).shape(profile(), defaultTable);
    assert.deepEqual(shape.key, ['first_name', 'id']);
  });

  it('looks again when the table is no longer what it was', async () => {
    let calls = 0;
    const inner = database(shapeAnswers);
    const sql: Pick<Sql, 'query'> = {
      query: (who, statement, options) => {
        if (!statement.text.startsWith('SELECT [id]')) return inner.query(who, statement, options);
        calls++;
        if (calls > 1) return Promise.resolve({ columns: [], rows: [row.values] });
        const server = { number: 207, state: 1, class: 16, message: 'Invalid column name', line: 1 };
        return Promise.reject(new AppError('sqlError', 'Invalid column name', { server }));
      },
    };
    const users = new UserService(sql);
    await users.shape(profile(), defaultTable);
    const page = await users.page(profile(), defaultTable, { offset: 0, limit: 1 });
    assert.equal(page.rows.length, 1);
    assert.equal(inner.asked.length, 4);
  });

  it('inserts, returns the row as the server kept it and tells everybody', async () => {
    const users = new UserService(database({ ...shapeAnswers, 'INSERT INTO [dbo].[user]': [row.values] }));
    const seen = watched(users);
    const values = new Map([['first_name', { kind: 'value' as const, value: 'Ada' }]]);
    assert.deepEqual(await users.insert(profile(), defaultTable, values), row);
    assert.deepEqual(seen, [{ kind: 'inserted', row }]);
  });

  it('says that a row was changed meanwhile and what it is now', async () => {
    const current = { values: [7, 'Eda', row.values[2] ?? null] };
    const users = new UserService(
      database({ ...shapeAnswers, 'UPDATE [dbo].[user]': [], 'SELECT [id]': [current.values] }),
    );
    const seen = watched(users);
    const values = new Map([['first_name', { kind: 'value' as const, value: 'Ida' }]]);
    assert.deepEqual(await users.update(profile(), defaultTable, row, values), { kind: 'changed', current });
    assert.deepEqual(seen, [{ kind: 'updated', old: row, row: current }]);
  });

  it('says that a row to delete is gone', async () => {
    const users = new UserService(
      database({ ...shapeAnswers, 'DELETE FROM [dbo].[user]': [], 'SELECT [id]': [] }),
    );
    assert.deepEqual(await users.delete(profile(), defaultTable, row), {
      kind: 'changed',
      current: undefined,
    });
  });

  it('sends nothing when nothing was changed', async () => {
    const sql = database(shapeAnswers);
    assert.deepEqual(await new UserService(sql).update(profile(), defaultTable, row, new Map()), {
      kind: 'done',
      row,
    });
    assert.ok(sql.asked.every(({ text }) => text.startsWith('SELECT')));
  });

  it('changes no row of a table without a key', async () => {
    const sql = database({ 'SELECT c.[name], COALESCE': columns, 'SELECT i.index_id': [] });
    const users = new UserService(sql);
    await assert.rejects(users.delete(profile(), defaultTable, row), (error) =>
      isAppError(error, 'tableReadOnly'),
    );
    await assert.rejects(users.update(profile(), defaultTable, row, new Map()), (error) =>
      isAppError(error, 'tableReadOnly'),
    );
    assert.ok(sql.asked.every(({ text }) => text.startsWith('SELECT')));
  });

  it('passes on whether a person asked', async () => {
    const seen: (boolean | undefined)[] = [];
    const sql: Pick<Sql, 'query'> = {
      query: async (_profile, statement, options) => {
        seen.push(options?.gesture);
        return { columns: [], rows: statement.text.startsWith('SELECT c.[name]') ? columns : keys };
      },
    };
    const users = new UserService(sql);
    await users.shape(profile(), defaultTable);
    users.forget('c1');
    await users.shape(profile(), defaultTable, { gesture: true });
    assert.deepEqual(seen, [undefined, undefined, true, true]);
  });
});
