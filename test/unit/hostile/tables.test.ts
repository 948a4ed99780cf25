// Schemas, tables and columns with hostile names, through everything the product does with a table's rows.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { splitBatches } from '../../../src/core/batch.ts';
import type { TableName } from '../../../src/core/connection.ts';
import { quoteName, quoteTable } from '../../../src/core/names.ts';
import type { Cell, Parameter } from '../../../src/core/ports.ts';
import { findByIdScript, findByNameScript, nameParameter } from '../../../src/core/queryFindUser.ts';
import type { NewValues } from '../../../src/core/rowChange.ts';
import { createTableScript } from '../../../src/core/tableScript.ts';
import { createRowStores } from '../../../src/data/main.ts';
import { exportSet, type ExportFormat } from '../../../src/services/exportService.ts';
import { QueryEditor } from '../../../src/services/queryEditor.ts';
import { UserPages } from '../../../src/services/userPages.ts';
import { UserService } from '../../../src/services/userService.ts';
import { spawnLocalAzure, type LocalAzureProcess } from '../../azure/process.ts';
import { failure, openDoor, type Door } from './hostileDoor.ts';
import { hostileNames, refusedNames } from './hostileNames.ts';
import { readCsv } from './readCsv.ts';

let azure: LocalAzureProcess;
let door: Door;
let users: UserService;

beforeAll(async () => {
  azure = await spawnLocalAzure();
  door = openDoor(azure);
  users = new UserService(door.sql);
  await door.rows(
    'CREATE TABLE [dbo].[canary] ([alive] int NOT NULL); INSERT INTO [dbo].[canary] VALUES (1);',
  );
});
afterAll(async () => {
  const alive = await door.rows('SELECT [alive] FROM [dbo].[canary];');
  await door.sql.dispose();
  await azure.stop();
  assert.deepEqual(alive, [[1]], 'a name was run as a statement');
});

const given = (entries: readonly (readonly [string, Cell])[]): NewValues =>
  new Map(entries.map(([name, value]) => [name, { kind: 'value', value }]));

/** Runs a script as the query editor does, GO lines and parameters included. */
async function runInEditor(
  script: string,
  answers: readonly Parameter[],
): Promise<{ editor: QueryEditor; asked: string[] }> {
  const asked: string[] = [];
  const editor = new QueryEditor(
    {
      sql: door.sql,
      rowStores: () => Promise.resolve(createRowStores()),
      clock: { now: () => Date.now(), sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
    },
    door.profile,
  );
  await editor.run(splitBatches(script), (parameters) => {
    asked.push(...parameters.map(({ name }) => name));
    return Promise.resolve(answers);
  });
  return { editor, asked };
}

async function exported(editor: QueryEditor, format: ExportFormat): Promise<string> {
  const set = editor.sets[0];
  assert.ok(set, JSON.stringify(editor.notes));
  let text = '';
  await exportSet(
    set,
    format,
    {
      write: (part) => {
        text += part;
        return Promise.resolve();
      },
      finish: () => Promise.resolve(),
      discard: () => Promise.resolve(),
    },
    { signal: new AbortController().signal, onProgress: () => undefined, giveWay: () => Promise.resolve() },
  );
  return text;
}

describe.each([...hostileNames])('named with %s', (_, name) => {
  const table: TableName = { schema: name, name };

  it('a schema and a table are created, and listed exactly so', async () => {
    await door.rows(`CREATE SCHEMA ${quoteName(name)};`);
    await users.createTable(door.profile, table, createTableScript(table, 'nvarchar'));
    const listed = (await users.tables(door.profile)).filter((size) => size.table.schema === name);
    assert.deepEqual(listed, [{ table, rows: 0 }]);
    const stored = await door.rows(
      'SELECT DATALENGTH(s.[name]), DATALENGTH(t.[name]) FROM sys.tables AS t JOIN sys.schemas AS s ON s.schema_id = t.schema_id WHERE t.[object_id] = OBJECT_ID(@name);',
      [{ name: 'name', value: quoteTable(table), sqlType: 'nvarchar(517)' }],
    );
    assert.deepEqual(stored, [[name.length * 2, name.length * 2]]);
  });

  it('a table takes, pages, changes and loses rows', async () => {
    const [first, changed] = [name.slice(0, 30), name.slice(0, 28)].map((text) =>
      text.isWellFormed() ? text : text.slice(0, -1),
    );
    assert.ok(first !== undefined && changed !== undefined);
    const row = await users.insert(
      door.profile,
      table,
      given([
        ['first_name', first],
        ['last_name', null],
      ]),
    );
    assert.deepEqual(row, { values: [1, first, null] });
    const page = { offset: 0, limit: 10 };
    assert.deepEqual((await users.page(door.profile, table, page)).rows, [row]);
    const outcome = await users.update(door.profile, table, row, given([['last_name', `${changed}'`]]));
    assert.deepEqual(outcome, { kind: 'done', row: { values: [1, first, `${changed}'`] } });
    assert.ok(outcome.kind === 'done');
    assert.deepEqual(
      await users.delete(door.profile, table, row),
      { kind: 'changed', current: outcome.row },
      'the row is not as it was, so it stays',
    );
    assert.deepEqual((await users.delete(door.profile, table, outcome.row)).kind, 'done');
    assert.deepEqual((await users.page(door.profile, table, page)).rows, []);
  });

  it('a column holds its own name, as value, as key, as filter and as order', async () => {
    const keyed: TableName = { schema: 'dbo', name };
    await door.rows(
      `CREATE TABLE ${quoteTable(keyed)} (${quoteName(name)} nvarchar(128) NOT NULL PRIMARY KEY, [note] nvarchar(400) NULL);`,
    );
    const shape = await users.shape(door.profile, keyed);
    assert.deepEqual(
      shape.columns.map((column) => column.name),
      [name, 'note'],
    );
    assert.deepEqual(shape.key, [name]);

    const other = { values: ['other', null] };
    const mine = { values: [name, `note of ${name}`] };
    assert.deepEqual(await users.insert(door.profile, keyed, given([[name, 'other']])), other);
    assert.deepEqual(
      await users.insert(
        door.profile,
        keyed,
        given([
          [name, name],
          ['note', `note of ${name}`],
        ]),
      ),
      mine,
    );

    const pages = new UserPages(users, () => 10);
    pages.setView(door.profile.id, keyed, { filter: name });
    const found = await pages.page(door.profile, keyed);
    assert.deepEqual(found.rows, [mine], 'the filter finds the name and nothing else');
    assert.equal(await users.count(door.profile, keyed, { filter: name }), 1);
    pages.setView(door.profile.id, keyed, { sort: { column: name, descending: true } });
    const descending = (await pages.page(door.profile, keyed)).rows;
    pages.setView(door.profile.id, keyed, { sort: { column: name, descending: false } });
    assert.deepEqual((await pages.page(door.profile, keyed)).rows, descending.toReversed());

    const byId = await runInEditor(findByIdScript(shape), [
      { name: 'id', value: name, sqlType: 'nvarchar(128)' },
    ]);
    assert.deepEqual(byId.asked, ['id'], 'no other variable is seen in the script');
    assert.equal(byId.editor.sets.length, 1, JSON.stringify(byId.editor.notes));
    assert.deepEqual(await byId.editor.sets[0]?.rows.window(0, 10), [mine.values]);
    const csv = await exported(byId.editor, 'csv');
    assert.equal(csv.charCodeAt(0), 0xfeff);
    assert.deepEqual(readCsv(csv.slice(1)), [[name, 'note'], mine.values]);
    const json = JSON.parse(await exported(byId.editor, 'json')) as Record<string, unknown>[];
    assert.deepEqual(
      json.map((record) => Object.entries(record)),
      [
        [
          [name, name],
          ['note', mine.values[1]],
        ],
      ],
    );
    await byId.editor.dispose();

    const byName = await runInEditor(findByNameScript(shape), [nameParameter(name)]);
    assert.deepEqual(byName.asked, ['name']);
    assert.deepEqual(await byName.editor.sets[0]?.rows.window(0, 10), [mine.values]);
    await byName.editor.dispose();

    const next = `${name.slice(String.fromCodePoint(name.codePointAt(0) ?? 0).length)}!`;
    const renamed = await users.update(door.profile, keyed, mine, given([[name, next]]));
    assert.ok(renamed.kind === 'done' && renamed.row.values[0] === next);
    assert.equal((await users.delete(door.profile, keyed, renamed.row)).kind, 'done');
    assert.deepEqual((await users.page(door.profile, keyed, { offset: 0, limit: 10 })).rows, [other]);
  });

  it('a table with a trigger gives its rows back all the same', async () => {
    const watched: TableName = { schema: 'dbo', name: `${name.slice(0, 60)}, watched`.toWellFormed() };
    await door.rows(
      `CREATE TABLE ${quoteTable(watched)} (${quoteName(name)} nvarchar(128) NOT NULL PRIMARY KEY, [note] nvarchar(400) NULL);`,
    );
    await door.rows(
      `CREATE TRIGGER ${quoteName(`on ${name.slice(0, 60)}`.toWellFormed())} ON ${quoteTable(watched)} AFTER INSERT, UPDATE, DELETE AS SET NOCOUNT ON;`,
    );
    assert.equal((await users.shape(door.profile, watched)).triggers, true);
    const row = await users.insert(door.profile, watched, given([[name, name]]));
    assert.deepEqual(row, { values: [name, null] });
    const changed = await users.update(door.profile, watched, row, given([['note', name]]));
    assert.deepEqual(changed, { kind: 'done', row: { values: [name, name] } });
    assert.ok(changed.kind === 'done');
    assert.equal((await users.delete(door.profile, watched, changed.row)).kind, 'done');
  });
});

describe.each(refusedNames)('a name of %s', (_, name, why) => {
  it('is refused for a table, a schema and a column, before anything is sent', async () => {
    for (const table of [
      { schema: 'dbo', name },
      { schema: name, name: 't' },
    ]) {
      assert.throws(() => createTableScript(table, 'nvarchar'), { code: 'invalidInput', message: why });
      const error = await failure(users.shape(door.profile, table));
      assert.equal(error.code, 'invalidInput');
      assert.match(error.message, why);
    }
  });
});
