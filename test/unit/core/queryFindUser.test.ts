// The ready queries: golden T-SQL, and patterns that find exactly what was typed.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { isAppError } from '../../../src/core/errors.ts';
import { containsPattern, findByIdScript, findByNameScript } from '../../../src/core/queryFindUser.ts';
import type { TableColumn, TableShape } from '../../../src/core/tableShape.ts';

const column = (name: string, baseType: string): TableColumn => ({
  name,
  baseType,
  sqlType: baseType,
  maxLength: 30,
  precision: 0,
  scale: 0,
  nullable: false,
  identity: false,
  computed: false,
  generated: false,
  defaultText: undefined,
  collation: undefined,
  codePage: undefined,
});
const shape = (columns: TableColumn[], key: string[]): TableShape => ({
  table: { schema: 'dbo', name: 'us]er' },
  columns,
  key,
  triggers: false,
  kind: 'table',
});

describe('find user', () => {
  it('by id uses the key, quoted', () => {
    const users = shape([column('i]d', 'int'), column('name', 'nvarchar')], ['i]d']);
    assert.equal(findByIdScript(users), 'SELECT * FROM [dbo].[us]]er] WHERE [i]]d] = @id;\n');
  });

  it('by id refuses a table without a single key column', () => {
    for (const key of [[], ['a', 'b']]) {
      assert.throws(
        () => findByIdScript(shape([column('a', 'int'), column('b', 'int')], key)),
        (error) => isAppError(error, 'notSupported'),
      );
    }
  });

  it('by name looks at the columns that sound like a name, else at every text', () => {
    const users = shape(
      [column('id', 'int'), column('first_name', 'varchar'), column('notes', 'nvarchar')],
      ['id'],
    );
    assert.equal(
      findByNameScript(users),
      `-- @name is a LIKE pattern: % is any text, _ any character; \\ before them takes them literally.
SELECT * FROM [dbo].[us]]er]
WHERE [first_name] LIKE @name ESCAPE N'\\';
`,
    );
    const texts = shape([column('a', 'char'), column('b', 'nchar')], []);
    assert.match(findByNameScript(texts), /\[a\] LIKE .*\n {3}OR \[b\] LIKE /);
    assert.throws(
      () => findByNameScript(shape([column('id', 'int')], ['id'])),
      /no column that could hold a name/,
    );
  });

  it('takes every character of LIKE literally', () => {
    assert.equal(containsPattern(String.raw`50%_[a]\^-`), String.raw`%50\%\_\[a]\\^-%`);
    assert.equal(containsPattern(''), '%%');
  });
});
