// The script for a users' table that is missing.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { checkNewTable, createTableScript } from '../../../src/core/tableScript.ts';

describe('the script for a missing table', () => {
  it('quotes the names and keeps every character in nvarchar', () => {
    assert.equal(
      createTableScript({ schema: 'dbo', name: 'us]er' }, 'nvarchar'),
      `CREATE TABLE [dbo].[us]]er] (
  [id] int IDENTITY(1, 1) NOT NULL CONSTRAINT [PK_us]]er] PRIMARY KEY,
  [first_name] nvarchar(30) NOT NULL,
  [last_name] nvarchar(30) NULL
);
`,
    );
  });

  it('is not written for a temporary table, which would be gone at once', () => {
    for (const name of ['#user', '##user', '#']) {
      const refusal = { code: 'invalidInput', message: /begins with #/ };
      assert.throws(() => checkNewTable({ schema: 'dbo', name }), refusal);
      assert.throws(() => createTableScript({ schema: 'dbo', name }, 'varchar'), refusal);
    }
    for (const table of [
      { schema: 'dbo', name: 'user#' },
      { schema: '#dbo', name: 'user' },
    ])
      assert.doesNotThrow(() => checkNewTable(table));
  });
});
