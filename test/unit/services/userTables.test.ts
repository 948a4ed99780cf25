// The user service on a real connection to the local Azure: what it writes is what is there, whatever it is called.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { builtInClouds } from '../../../src/core/cloud.ts';
import type { TableName } from '../../../src/core/connection.ts';
import { isAppError } from '../../../src/core/errors.ts';
import { quoteLiteral, quoteName, quoteTable } from '../../../src/core/names.ts';
import type { Cell, Sql } from '../../../src/core/ports.ts';
import type { NewValue } from '../../../src/core/rowChange.ts';
import { readValue } from '../../../src/core/rowValue.ts';
import { createTableScript } from '../../../src/core/tableScript.ts';
import { createSql } from '../../../src/data/main.ts';
import { UserService } from '../../../src/services/userService.ts';
import { systemClock } from '../../../src/ui/platform/systemClock.ts';
import { spawnLocalAzure } from '../../azure/process.ts';
import type { LocalAzureProcess } from '../../azure/process.ts';
import { profile as plainProfile } from './fakes.ts';
import { localCloud } from '../../localCloud.ts';

let azure: LocalAzureProcess;
let sql: Sql;
let users: UserService;
const ignore = () => {};
const profile = () =>
  plainProfile({ server: 'localhost', port: azure.tds.port, database: 'appdb', cloud: 'local' });
const dbo = (name: string): TableName => ({ schema: 'dbo', name });
const values = (entries: Record<string, Cell>) =>
  new Map(
    Object.entries(entries).map(([name, value]): [string, NewValue] => [name, { kind: 'value', value }]),
  );
const run = (text: string) => sql.query(profile(), { text });

beforeAll(async () => {
  azure = await spawnLocalAzure({ sample: true });
  const local = localCloud(azure);
  sql = createSql({
    log: { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore },
    clock: systemClock,
    clouds: () => [local, ...builtInClouds],
    confirmedHosts: { has: () => false },
    vscodeTokenSource: {
      getToken: async () => ({
        token: (await azure.client.token({ principal: 'ada@contoso.example' })).accessToken,
      }),
    },
  });
  users = new UserService(sql);
});

afterAll(async () => {
  await sql?.dispose();
  await azure?.stop();
});

describe('rows on the server', () => {
  it('are inserted, changed and deleted by key and old values', async () => {
    const table = dbo('user');
    const row = await users.insert(profile(), table, values({ first_name: 'Edith', last_name: null }));
    assert.ok(row);
    assert.deepEqual(row.values.slice(1), ['Edith', null]);
    const changed = await users.update(profile(), table, row, values({ last_name: "O'Clarke" }));
    assert.equal(changed.kind, 'done');
    // The old row no longer says what is there.
    const late = await users.update(profile(), table, row, values({ last_name: 'Late' }));
    assert.deepEqual(late, { kind: 'changed', current: { values: [row.values[0], 'Edith', "O'Clarke"] } });
    assert.equal((await users.delete(profile(), table, row)).kind, 'changed');
    assert.ok(late.kind === 'changed' && late.current);
    assert.equal((await users.delete(profile(), table, late.current)).kind, 'done');
    assert.deepEqual(await users.delete(profile(), table, late.current), {
      kind: 'changed',
      current: undefined,
    });
  });

  it('are filtered, counted and paged in a stable order', async () => {
    const table = dbo('user');
    const all = await users.count(profile(), table, {});
    const some = await users.count(profile(), table, { filter: 'lovelace' });
    assert.ok(some > 0 && some < all);
    assert.equal(await users.count(profile(), table, { filter: '%' }), 0);
    const view = { filter: 'lovelace', sort: { column: 'first_name', descending: true } };
    const whole = await users.page(profile(), table, { ...view, offset: 0, limit: 100 });
    const first = await users.page(profile(), table, { ...view, offset: 0, limit: 2 });
    const rest = await users.page(profile(), table, { ...view, offset: 2, limit: 100 });
    assert.equal(whole.rows.length, some);
    assert.deepEqual([...first.rows, ...rest.rows], whole.rows);
  });

  it('of a table with a trigger and a computed column come back as the server made them', async () => {
    const table = dbo('product');
    const shape = await users.shape(profile(), table);
    assert.equal(shape.triggers, true);
    assert.deepEqual(shape.key, ['code']);
    const row = await users.insert(profile(), table, values({ code: 'BOX-0001', name: 'Box', net: '10.00' }));
    assert.ok(row);
    assert.deepEqual(row.values.slice(0, 3), ['BOX-0001', 'Box', '10.00']);
    assert.equal(Number(row.values[3]), 12);
    const changed = await users.update(profile(), table, row, values({ net: '20.00' }));
    assert.ok(changed.kind === 'done');
    // The trigger wrote into "changed" after our own statement.
    assert.match(String(changed.row.values[4]), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    assert.equal((await users.delete(profile(), table, changed.row)).kind, 'done');
  });

  it('get defaults that nobody named, and NULL or DEFAULT when asked', async () => {
    const table = dbo('person');
    const row = await users.insert(profile(), table, values({ full_name: 'Default Person' }));
    assert.ok(row);
    assert.deepEqual(row.values.slice(1), ['Default Person', null, true, null]);
    const off = await users.update(profile(), table, row, values({ active: false, born: '1990-02-28' }));
    assert.ok(off.kind === 'done');
    assert.deepEqual(off.row.values.slice(2, 4), ['1990-02-28', false]);
    const on = await users.update(
      profile(),
      table,
      off.row,
      new Map([['active', { kind: 'default' as const }]]),
    );
    assert.ok(on.kind === 'done');
    assert.equal(on.row.values[3], true);
  });

  it('without a key can be read and added, not changed', async () => {
    const table = dbo('event_log');
    const at = '2026-03-01 10:00:00.123';
    assert.ok(await users.insert(profile(), table, values({ at, message: 'x' })));
    const { rows } = await users.page(profile(), table, { filter: 'x', offset: 0, limit: 10 });
    const row = rows.find(({ values: [when] }) => when === at);
    assert.ok(row);
    await assert.rejects(users.delete(profile(), table, row), (error) => isAppError(error, 'tableReadOnly'));
  });

  it('keep every digit of exact types', async () => {
    const table = dbo('exact');
    await run(`CREATE TABLE ${quoteTable(table)} ([id] bigint NOT NULL PRIMARY KEY, [d] decimal(38, 10) NULL, [m] money NULL,
      [t] datetime2(7) NULL, [o] datetimeoffset(7) NULL, [g] uniqueidentifier NULL, [b] varbinary(8) NULL, [f] float NULL)`);
    const written: Cell[] = [
      '9223372036854775807',
      '1234567890123456789012345678.0123456789',
      '-922337203685477.5808',
      // The local Azure keeps microseconds; SQL Server's seventh digit would come back too.
      '2026-03-31 14:05:09.1234560',
      '2026-03-31 14:05:09.1234560 -03:30',
      '2FF8EDF0-DCCB-4148-A649-2C1154E1E129',
      Uint8Array.of(0, 255, 7),
      0.1,
    ];
    const names = ['id', 'd', 'm', 't', 'o', 'g', 'b', 'f'];
    const row = await users.insert(
      profile(),
      table,
      values(Object.fromEntries(names.map((name, index) => [name, written[index] ?? null]))),
    );
    assert.ok(row);
    const plain = (cell: Cell) => (cell instanceof Uint8Array ? Array.from(cell) : cell);
    assert.deepEqual(row.values.map(plain), written.map(plain));
    // Every one of them is compared again as an old value.
    const changed = await users.update(profile(), table, row, values({ f: 0.2 }));
    assert.equal(changed.kind, 'done');
  });

  it('come into a table made by the shown script', async () => {
    const table = dbo('made');
    await assert.rejects(users.shape(profile(), table), (error) => isAppError(error, 'tableNotFound'));
    await users.createTable(profile(), table, createTableScript(table, 'nvarchar'));
    const row = await users.insert(profile(), table, values({ first_name: '渡辺', last_name: 'سارة' }));
    assert.deepEqual(row?.values, [1, '渡辺', 'سارة']);
    const listed = await users.tables(profile());
    assert.equal(listed.find(({ table: { name } }) => name === 'made')?.rows, 1);
  });
});

const hostile: readonly [string, string][] = [
  ['brackets', 'a]b[c]]'],
  ['quotes', `it's "quoted"`],
  ['comment', '-- DROP TABLE [user]; /*'],
  ['newline', 'a\r\nb\tc'],
  ['emoji', '😀👩‍👩‍👧'],
  ['right to left', 'سارة \u202Ereversed\u202C'],
  ['128 characters', ']'.repeat(64) + "'".repeat(64)],
  ['like pattern', String.raw`50%_[x]\y`],
];

describe('hostile names and values', () => {
  for (const [what, name] of hostile) {
    it(`round-trip: ${what}`, async () => {
      const table = { schema: 'dbo', name };
      const column = `${name.slice(0, 126)}.c`;
      await run(
        `CREATE TABLE ${quoteTable(table)} ([id] int IDENTITY(1, 1) NOT NULL PRIMARY KEY, ${quoteName(column)} nvarchar(200) NOT NULL)`,
      );
      const row = await users.insert(profile(), table, values({ [column]: name }));
      assert.deepEqual(row?.values, [1, name]);
      const found = await users.page(profile(), table, { filter: name, offset: 0, limit: 10 });
      assert.deepEqual(
        found.shape.columns.map((each) => each.name),
        ['id', column],
      );
      assert.deepEqual(found.rows, [{ values: [1, name] }]);
      const changed = await users.update(
        profile(),
        table,
        { values: [1, name] },
        values({ [column]: `${name}!` }),
      );
      assert.deepEqual(changed, { kind: 'done', row: { values: [1, `${name}!`] } });
      assert.ok((await users.tables(profile())).some((entry) => entry.table.name === name));
    });

    it(`are kept by varchar or refused with a reason: ${what}`, async () => {
      const table = dbo(`varchar ${what}`);
      await run(
        `CREATE TABLE ${quoteTable(table)} ([id] int IDENTITY(1, 1) NOT NULL PRIMARY KEY, [v] varchar(200) NOT NULL)`,
      );
      const { columns } = await users.shape(profile(), table);
      const column = columns[1];
      assert.equal(column?.codePage, 1252);
      const read = readValue(column, name);
      const server = await run(`SELECT CONVERT(varchar(200), ${quoteLiteral(name)}) AS v`);
      // Refused exactly when the server would have changed it.
      assert.equal('problem' in read, server.rows[0]?.[0] !== name);
      if ('problem' in read) return assert.match(read.problem, /cannot hold .*U\+/);
      const row = await users.insert(profile(), table, values({ v: read.value }));
      assert.equal(row?.values[1], name);
    });
  }
});
