// What may be sent a second time.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { onlyReads } from '../../../src/core/onlyReads.ts';

describe('only reads', () => {
  for (const text of [
    'SELECT 1',
    '  -- a comment that says DELETE\nSELECT [delete], [into] FROM [update];',
    ";WITH t AS (SELECT 1 AS x) SELECT 'INSERT INTO t' FROM t",
    '(SELECT 1) UNION ALL (SELECT 2)',
    '/* INSERT */ select * from dbo.[user] order by id offset 0 rows fetch next_row',
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
    'EXEC dbo.change',
    'dbo.change',
    '[dbo].[change]',
    "SELECT * FROM OPENQUERY(other, 'DELETE FROM t')",
    'IF 1 = 1 SELECT 1',
    'SELECT 1\nupdate t set x = 1',
    'DECLARE @x int; SELECT @x',
    'BEGIN TRAN; SELECT 1',
  ]) {
    it(`no: ${JSON.stringify(text)}`, () => assert.equal(onlyReads(text), false));
  }
});
