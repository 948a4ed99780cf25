// Which variables a person is asked for.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { undeclaredVariables } from '../../../src/core/batchVariables.ts';

describe('undeclaredVariables', () => {
  const golden: [string, string[]][] = [
    ['SELECT * FROM t WHERE id = @id AND name LIKE @name', ['id', 'name']],
    ['SELECT @id, @ID, @Id', ['id']],
    ['SELECT @@ROWCOUNT, @@TRANCOUNT', []],
    ['SELECT \'@a\', [@b], "@c" -- @d\n/* @e */', []],
    ['DECLARE @a int = @b, @c nvarchar(10); SELECT @a, @c', ['b']],
    ['DECLARE @a int SELECT @a, @b AS x', ['b']],
    ['DECLARE @a decimal(10, 2) = (SELECT COUNT(*) FROM t WHERE x = @y), @z int = 1 SELECT @z', ['y']],
    ['DECLARE @t TABLE (id int, name nvarchar(10)); INSERT @t SELECT @id, 1', ['id']],
    ['DECLARE @t AS dbo.List; EXEC p @list = @t, @n = @value', ['value']],
    ['DECLARE @x [int]; SET @x = @y', ['y']],
    ['EXEC @result = dbo.p @arg = 1', ['result']],
    ['EXECUTE p @a', ['a']],
    ['UPDATE t SET a = @a, b = @b WHERE c = @c', ['a', 'b', 'c']],
    ['CREATE PROCEDURE p @a int AS SELECT @a', []],
    ['CREATE OR ALTER FUNCTION f(@a int) RETURNS int AS BEGIN RETURN @a END', []],
    ['SELECT @größe, @a$b#c_1', ['größe', 'a$b#c_1']],
    ['SELECT 1', []],
  ];
  for (const [batch, expected] of golden) {
    it(`asks for ${expected.length} in: ${batch}`, () =>
      assert.deepEqual(undeclaredVariables(batch), expected));
  }
});
