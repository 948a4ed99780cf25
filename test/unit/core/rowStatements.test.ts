// The T-SQL for pages and changes of rows, as golden text.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import {
  deleteStatement,
  insertStatement,
  rowStatement,
  updateStatement,
} from '../../../src/core/rowChange.ts';
import type { NewValue } from '../../../src/core/rowChange.ts';
import { countStatement, pageStatement } from '../../../src/core/rowPage.ts';
import { column, shape, userTable } from './shapes.ts';

const values = (entries: Record<string, NewValue>) => new Map(Object.entries(entries));
const ada = { values: [7, 'Ada', null] };

describe('pages of rows', () => {
  it('are ordered by the key', () => {
    const { text, parameters } = pageStatement(userTable, {}, 100, 50);
    assert.equal(
      text,
      `SELECT [id], [first_name], [last_name]
FROM [dbo].[user]
ORDER BY [id]
OFFSET @offset ROWS FETCH NEXT @limit ROWS ONLY`,
    );
    assert.deepEqual(parameters, [
      { name: 'offset', value: 100, sqlType: 'int' },
      { name: 'limit', value: 50, sqlType: 'int' },
    ]);
  });

  it('are filtered by a parameter in which LIKE finds nothing special', () => {
    const { text, parameters } = countStatement(userTable, { filter: String.raw`50%_[a]\'` });
    assert.equal(
      text,
      `SELECT COUNT(*) AS row_count FROM [dbo].[user]
WHERE CONVERT(nvarchar(60), [id]) LIKE @filter ESCAPE N'\\' OR [first_name] LIKE @filter ESCAPE N'\\' OR [last_name] LIKE @filter ESCAPE N'\\'`,
    );
    assert.equal(parameters?.[0]?.value, String.raw`%50\%\_\[a]\\'%`);
  });

  it('are sorted by a column and then the key', () => {
    const { text } = pageStatement(userTable, { sort: { column: 'last_name', descending: true } }, 0, 100);
    assert.match(text, /ORDER BY \[last_name\] DESC, \[id\]\n/);
  });

  it('never sort by a name the table does not have', () => {
    const { text } = pageStatement(userTable, { sort: { column: 'id]; DROP', descending: false } }, 0, 100);
    assert.match(text, /ORDER BY \[id\]\n/);
  });

  it('sort a table without a key by its columns', () => {
    const keyless = shape([column('a', 'int'), column('b', 'nvarchar(max)'), column('c', 'date')], {
      key: [],
    });
    assert.match(pageStatement(keyless, {}, 0, 1).text, /ORDER BY \[a\], \[c\]\n/);
  });

  it('read as text what JavaScript cannot hold', () => {
    const exact = shape([
      column('id', 'bigint'),
      column('at', 'datetime2(7)'),
      column('price', 'decimal(38, 10)'),
      column('fee', 'money'),
      column('place', 'geography'),
    ]);
    assert.match(
      pageStatement(exact, {}, 0, 1).text,
      /^SELECT CONVERT\(nvarchar\(40\), \[id\]\) AS \[id\], CONVERT\(nvarchar\(40\), \[at\], 121\) AS \[at\], CONVERT\(nvarchar\(40\), \[price\]\) AS \[price\], CONVERT\(nvarchar\(40\), \[fee\], 2\) AS \[fee\], \[place\]\.ToString\(\) AS \[place\]\n/,
    );
  });

  it('quote hostile names', () => {
    const hostile = shape([column("a]b'--", 'int')], {
      table: { schema: 's]', name: "t'" },
      key: ["a]b'--"],
    });
    assert.equal(
      pageStatement(hostile, {}, 0, 1).text.split('\nOFFSET')[0],
      "SELECT [a]]b'--]\nFROM [s]]].[t']\nORDER BY [a]]b'--]",
    );
  });
});

describe('changes of rows', () => {
  it('insert values as parameters and return the row', () => {
    const { text, parameters } = insertStatement(
      userTable,
      values({ first_name: { kind: 'value', value: "O'Neil" }, last_name: { kind: 'value', value: null } }),
    );
    assert.equal(
      text,
      'INSERT INTO [dbo].[user] ([first_name], [last_name]) OUTPUT inserted.[id] AS [id], inserted.[first_name] AS [first_name], inserted.[last_name] AS [last_name] VALUES (@p0, @p1)',
    );
    assert.deepEqual(parameters, [
      { name: 'p0', value: "O'Neil", sqlType: 'nvarchar(4000)' },
      { name: 'p1', value: null, sqlType: 'nvarchar(4000)' },
    ]);
  });

  it('insert nothing but defaults', () => {
    assert.match(insertStatement(userTable, new Map()).text, / DEFAULT VALUES$/);
    assert.match(
      insertStatement(userTable, values({ last_name: { kind: 'default' } })).text,
      /\(\[last_name\]\) OUTPUT .* VALUES \(DEFAULT\)$/,
    );
  });

  it('go through a table variable where triggers forbid OUTPUT', () => {
    const { text } = insertStatement(
      { ...userTable, triggers: true },
      values({ first_name: { kind: 'value', value: 'Ada' } }),
    );
    assert.equal(
      text,
      `DECLARE @changed TABLE ([id] int NOT NULL);
INSERT INTO [dbo].[user] ([first_name]) OUTPUT inserted.[id] INTO @changed VALUES (@p0);
SELECT r.[id] AS [id], r.[first_name] AS [first_name], r.[last_name] AS [last_name] FROM [dbo].[user] AS r JOIN @changed AS c ON c.[id] = r.[id]`,
    );
  });

  it('update by key and old values', () => {
    const { text, parameters } = updateStatement(
      userTable,
      ada,
      values({ first_name: { kind: 'value', value: 'Eda' } }),
    );
    assert.equal(
      text,
      'UPDATE [dbo].[user] SET [first_name] = @p0 OUTPUT inserted.[id] AS [id], inserted.[first_name] AS [first_name], inserted.[last_name] AS [last_name] WHERE [id] = @o0 AND CONVERT(varbinary(8000), CONVERT(nvarchar(4000), [first_name])) = CONVERT(varbinary(8000), @o1) AND [last_name] IS NULL',
    );
    assert.deepEqual(
      parameters?.map(({ name, value }) => [name, value]),
      [
        ['p0', 'Eda'],
        ['o0', 7],
        ['o1', 'Ada'],
      ],
    );
  });

  it('compare a rowversion instead of every value', () => {
    const versioned = shape([column('id', 'int'), column('name', 'nvarchar(9)'), column('v', 'timestamp')]);
    const { text } = deleteStatement(versioned, { values: [1, 'x', new Uint8Array(8)] });
    assert.equal(text, 'DELETE FROM [dbo].[user] OUTPUT deleted.[id] WHERE [id] = @o0 AND [v] = @o1');
  });

  it('leave out of the comparison what = does not take, and what is computed', () => {
    const rich = shape([
      column('id', 'int'),
      column('doc', 'xml'),
      column('big', 'nvarchar(max)'),
      column('sum', 'int', { computed: true }),
      column('at', 'datetime'),
    ]);
    const { text } = deleteStatement(rich, { values: [1, '<a/>', 'x', 3, '2026-01-02 03:04:05.123'] });
    assert.equal(
      text,
      'DELETE FROM [dbo].[user] OUTPUT deleted.[id] WHERE [id] = @o0 AND [at] = CONVERT(datetime, @o1, 121)',
    );
  });

  it('delete through a table variable where triggers forbid OUTPUT', () => {
    assert.equal(
      deleteStatement({ ...userTable, triggers: true }, ada).text,
      `DECLARE @changed TABLE ([id] int NOT NULL);
DELETE FROM [dbo].[user] OUTPUT deleted.[id] INTO @changed WHERE [id] = @o0 AND CONVERT(varbinary(8000), CONVERT(nvarchar(4000), [first_name])) = CONVERT(varbinary(8000), @o1) AND [last_name] IS NULL;
SELECT [id] FROM @changed`,
    );
  });

  it('find a row again by its key alone', () => {
    assert.equal(
      rowStatement(userTable, ada).text,
      'SELECT [id], [first_name], [last_name] FROM [dbo].[user] WHERE [id] = @k0',
    );
  });
});
