// What may be sent a second time.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { principalStatement, rolesStatement } from '../../../src/core/grantState.ts';
import { onlyReads } from '../../../src/core/onlyReads.ts';
import { principalsStatement } from '../../../src/core/principal.ts';
import { describeParameters } from '../../../src/core/queryParameter.ts';
import {
  deleteStatement,
  insertStatement,
  rowStatement,
  updateStatement,
} from '../../../src/core/rowChange.ts';
import { countStatement, pageStatement } from '../../../src/core/rowPage.ts';
import { tablesStatement } from '../../../src/core/tableScript.ts';
import { columnsStatement, keysStatement } from '../../../src/core/tableShape.ts';
import { column, shape } from './shapes.ts';

describe('only reads', () => {
  for (const text of [
    'SELECT 1',
    '  -- a comment that says DELETE\nSELECT [delete], [into] FROM [update];',
    ";WITH t AS (SELECT 1 AS x) SELECT 'INSERT INTO t' FROM t",
    '(SELECT 1) UNION ALL (SELECT 2)',
    'SELECT id FROM dbo.[user] ORDER BY id OFFSET 0 ROWS FETCH NEXT 5 ROWS ONLY',
    'SELECT id FROM t ORDER BY id OFFSET @o ROW FETCH FIRST 1 ROW ONLY',
    'SELECT 1e5, 0x1F, 1.5e3, -2 FROM t WHERE x = 1',
    'SELECT "INTO" FROM t',
    '/* one /* inside DELETE */ the other */ SELECT 1',
    "SELECT CASE WHEN x IN (1, 2) THEN 1 END FROM dbo.t AS t JOIN (SELECT 2 AS y) AS u ON (t.x = u.y) WHERE t.x LIKE 'a'",
    'SELECT [value] FROM OPENJSON(@json)',
    'SELECT next FROM t',
    'SELECT COUNT(*) FROM t WITH (UPDLOCK, HOLDLOCK)',
  ]) {
    it(`yes: ${text}`, () => assert.equal(onlyReads(text), true));
  }
  for (const text of [
    '',
    'INSERT INTO t VALUES (1)',
    'SELECT * INTO copy FROM t',
    'WITH t AS (SELECT 1 AS x) DELETE FROM t',
    'SELECT 1; DROP TABLE t',
    'SELECT NEXT VALUE FOR dbo.numbers',
    'SELECT NEXT /* and */ VALUE\nFOR dbo.numbers',
    'EXEC dbo.change',
    'dbo.change',
    'change',
    '[dbo].[change]',
    "SELECT * FROM OPENQUERY(other, 'DELETE FROM t')",
    "SELECT * FROM OPENROWSET(BULK 'file', SINGLE_CLOB) AS f",
    'IF 1 = 1 SELECT 1',
    'SELECT 1\nupdate t set x = 1',
    'DECLARE @x int; SELECT @x',
    'BEGIN TRAN; SELECT 1',
    'SELECT 1INTO t',
    'SELECT * FROM t WHERE x = 1DELETE FROM t',
    'SELECT 1e5INTO t',
    'SELECT 0x1FINTO t',
    "SELECT 'a'INTO t",
    'SELECT [a]INTO t',
    'SELECT dbo.f(1)',
    'SELECT [dbo].[f](1)',
    'SELECT dbo . /* a function */ f\n(1)',
    'SELECT * FROM f(1)',
    'SELECT * FROM t CROSS APPLY [f](t.x)',
    'SELECT type::make(1)',
    'SELECT * FROM (DELETE FROM t OUTPUT deleted.x) AS d',
    'SELECT 1 FETCH NEXT FROM c',
    'SELECT 1 FETCH c',
    "SELECT 1 ADD SENSITIVITY CLASSIFICATION TO dbo.t.x WITH (LABEL = 'x')",
    'SELECT 1 RENAME OBJECT t TO u',
    'SELECT 1 END CONVERSATION @h',
    'SELECT 1 REVERT',
    "SELECT 1 WAITFOR DELAY '00:00:01'",
    'SELECT 1 --\u2028DELETE FROM t',
    '{call dbo.change}',
    'EXEC sys.sp_describe_undeclared_parameters @tsql = @a; DROP TABLE t',
  ]) {
    it(`no: ${JSON.stringify(text)}`, () => assert.equal(onlyReads(text), false));
  }

  it('knows the statements of this product', () => {
    const users = shape([
      column('id', 'int'),
      column('born', 'date'),
      column('balance', 'decimal(10, 2)'),
      column('place', 'geography'),
      column('name', 'nvarchar(30)', { collation: 'Latin1_General_CI_AS', codePage: 1252 }),
    ]);
    const { table } = users;
    const row = { values: [1, '2000-01-01', '1.00', null, 'ada'] };
    const values = new Map([['name', { kind: 'value' as const, value: 'bo' }]]);
    for (const { text } of [
      columnsStatement(table),
      keysStatement(table),
      tablesStatement,
      pageStatement(users, { filter: 'a' }, 0, 100),
      countStatement(users, { filter: 'a' }),
      rowStatement(users, row),
      principalsStatement,
      principalStatement('ada'),
      rolesStatement(['db_datareader']),
      describeParameters('DELETE FROM t WHERE x = @x'),
    ])
      assert.equal(onlyReads(text), true, text);
    for (const { text } of [
      insertStatement(users, values),
      updateStatement(users, row, values),
      deleteStatement(users, row),
      insertStatement({ ...users, triggers: true }, values),
    ])
      assert.equal(onlyReads(text), false, text);
  });
});
