// Hostile values in hostile columns: nvarchar keeps each exactly, varchar refuses what its code page has not, and nothing is changed that changed meanwhile.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { TableName } from '../../../src/core/connection.ts';
import type { Cell } from '../../../src/core/ports.ts';
import type { NewValues } from '../../../src/core/rowChange.ts';
import type { UserRow } from '../../../src/core/rowPage.ts';
import { readValue } from '../../../src/core/rowValue.ts';
import { createTableScript } from '../../../src/core/tableScript.ts';
import { UserService } from '../../../src/services/userService.ts';
import { spawnLocalAzure, type LocalAzureProcess } from '../../azure/process.ts';
import { failure, openDoor, type Door } from './hostileDoor.ts';
import { hostileNames } from './hostileNames.ts';

const unicode: TableName = { schema: 'dbo', name: 'Unicode' };
const narrow: TableName = { schema: 'dbo', name: 'Narrow' };
const wide: TableName = { schema: 'dbo', name: 'Wide' };

/** More values than names: what no name may be, or what only hurts as a value. */
const values: ReadonlyMap<string, string> = new Map([
  ...hostileNames,
  ['nothing', ''],
  ['one blank', ' '],
  ['a line feed alone', '\n'],
  ['4000 quotes', "'".repeat(4000)],
  ['4000 wildcards', '%'.repeat(4000)],
  ['2000 emoji', '😀'.repeat(2000)],
  ['what code page 1252 leaves open', '\u0081\u008D\u008F\u0090\u009D'],
  ['what code page 1252 has', 'Müller € “œ” ñ ÿ'],
]);

let azure: LocalAzureProcess;
let door: Door;
let users: UserService;

beforeAll(async () => {
  azure = await spawnLocalAzure();
  door = openDoor(azure);
  users = new UserService(door.sql);
  await door.rows(
    `CREATE TABLE [dbo].[Unicode] ([id] int IDENTITY PRIMARY KEY, [value] nvarchar(4000) NULL, [long] nvarchar(max) NULL, [fixed] nchar(10) NULL);
CREATE TABLE [dbo].[Narrow] ([id] int IDENTITY PRIMARY KEY, [value] varchar(8000) NULL, [utf8] varchar(8000) COLLATE Latin1_General_100_CI_AS_SC_UTF8 NULL);`,
  );
  await users.createTable(door.profile, wide, createTableScript(wide, 'varchar'));
});
afterAll(async () => {
  await door.sql.dispose();
  await azure.stop();
});

const given = (entries: Record<string, Cell>): NewValues =>
  new Map(Object.entries(entries).map(([name, value]) => [name, { kind: 'value', value }]));

/** What the product makes of a text that a person typed. */
async function typed(table: TableName, column: string, text: string): Promise<Cell | RegExp> {
  const shape = await users.shape(door.profile, table);
  const found = shape.columns.find(({ name }) => name === column);
  assert.ok(found);
  const read = readValue(found, text);
  return 'problem' in read ? new RegExp(read.problem.replaceAll(/\W/g, String.raw`\$&`)) : read.value;
}

async function inserted(table: TableName, entries: Record<string, Cell>): Promise<UserRow> {
  const row = await users.insert(door.profile, table, given(entries));
  assert.ok(row);
  return row;
}

describe.each([...values])('a value of %s', (_, value) => {
  it('is kept exactly by nvarchar, at any length, and is itself when it is asked for', async () => {
    assert.equal(await typed(unicode, 'value', value), value);
    const row = await inserted(unicode, { value, long: value.repeat(3) });
    assert.deepEqual(row.values, [row.values[0], value, value.repeat(3), null]);
    const [stored] = await door.rows(
      'SELECT DATALENGTH([value]), DATALENGTH([long]) FROM [dbo].[Unicode] WHERE [id] = @id;',
      [{ name: 'id', value: row.values[0] ?? null, sqlType: 'int' }],
    );
    assert.deepEqual(stored?.map(Number), [value.length * 2, value.length * 6]);
    const changed = await users.update(door.profile, unicode, row, given({ fixed: 'x' }));
    assert.deepEqual(changed, { kind: 'done', row: { values: [...row.values.slice(0, 3), 'x         '] } });
    assert.ok(changed.kind === 'done');
    assert.equal((await users.delete(door.profile, unicode, changed.row)).kind, 'done');
  });

  it('is kept exactly by varchar, or refused with the characters that would be lost', async () => {
    const lost = /[^\p{ASCII}\u00A0-\u00FFŒœ€“”]/u.exec(value)?.[0];
    const read = await typed(narrow, 'value', value);
    if (lost === undefined) {
      const row = await inserted(narrow, { value: value });
      assert.equal(row.values[1], value);
      assert.equal((await users.delete(door.profile, narrow, row)).kind, 'done');
    } else {
      assert.ok(read instanceof RegExp, 'it is refused');
      const code = (lost.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      assert.match(read.source, new RegExp(`U\\\\\\+${code}`));
      assert.match(read.source, /1252/);
    }
  });

  it('is kept exactly by a UTF-8 varchar', async () => {
    if (new TextEncoder().encode(value).length > 8000) {
      assert.ok((await typed(narrow, 'utf8', value)) instanceof RegExp);
      return;
    }
    assert.equal(await typed(narrow, 'utf8', value), value);
    const row = await inserted(narrow, { utf8: value });
    // By way of nvarchar: what is tested is what was stored, not how a server sends UTF-8.
    const stored = await door.rows(
      'SELECT CONVERT(nvarchar(4000), [utf8]) FROM [dbo].[Narrow] WHERE [id] = @id;',
      [{ name: 'id', value: row.values[0] ?? null, sqlType: 'int' }],
    );
    assert.deepEqual(stored, [[value]]);
  });
});

describe('a value that is refused', () => {
  it.each([
    ['the first half of an emoji', 'a\uD83D', /lone surrogate/],
    ['the second half of an emoji', '\uDE00', /lone surrogate/],
    ['31 characters for 30', 'n'.repeat(31), /At most 30/],
  ])('%s', async (_, text, why) => {
    const read = await typed(wide, 'first_name', text);
    assert.ok(read instanceof RegExp);
    assert.match(read.source.replaceAll('\\', ''), why);
  });

  it('too long a text that slipped through is refused by the server and nothing is written', async () => {
    const before = await users.count(door.profile, wide, {});
    const error = await failure(inserted(wide, { first_name: 'n'.repeat(31) }));
    assert.equal(error.server?.number, 2628);
    assert.equal(await users.count(door.profile, wide, {}), before);
  });
});

/** Two texts that `=` takes for one, by the collation: a change of one to the other is a change all the same. */
const alike: readonly (readonly [what: string, before: string, after: string])[] = [
  ['only in its case', 'Ada', 'ADA'],
  ['only in blanks at its end', 'Ada', 'Ada  '],
];

describe.each(alike)('a value that was changed meanwhile, %s', (_, before, after) => {
  it.each([unicode, narrow])('stops an edit and a delete in $name', async (table) => {
    const old = await inserted(table, { value: before });
    const id = { name: 'id', value: old.values[0] ?? null, sqlType: 'int' };
    await door.rows(`UPDATE [dbo].[${table.name}] SET [value] = @value WHERE [id] = @id;`, [
      id,
      { name: 'value', value: after, sqlType: 'nvarchar(4000)' },
    ]);
    const now = { values: [old.values[0], after, ...old.values.slice(2)] };
    const edited = await users.update(door.profile, table, old, given({ value: 'mine' }));
    assert.deepEqual(edited, { kind: 'changed', current: now });
    assert.deepEqual(await users.delete(door.profile, table, old), { kind: 'changed', current: now });
    assert.deepEqual(await door.rows(`SELECT [value] FROM [dbo].[${table.name}] WHERE [id] = @id;`, [id]), [
      [after],
    ]);
  });
});

describe('a filter', () => {
  it('longer than LIKE takes finds nothing or what has it, and is no error', async () => {
    await inserted(unicode, { value: 'n'.repeat(4000) });
    assert.equal(await users.count(door.profile, unicode, { filter: 'n'.repeat(3990) }), 1);
    assert.equal(await users.count(door.profile, unicode, { filter: 'n'.repeat(3999) }), 1);
    assert.equal(await users.count(door.profile, unicode, { filter: '%'.repeat(3000) }), 0);
    assert.equal(await users.count(door.profile, unicode, { filter: 'n'.repeat(5000) }), 0);
  });
});
