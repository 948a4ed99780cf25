// Bulk load by a real client: INSERT BULK and the rows after it, what they may be, and who may send them.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { TYPES, type BulkLoad, type Connection } from 'tedious';
import { afterAll, beforeAll, beforeEach, describe, it } from 'vitest';
import { spawnLocalAzure, type LocalAzureProcess } from '../process.ts';
import { connectWithToken, query, Refused, refusal } from './tediousClient.ts';

type BulkOptions = NonNullable<Parameters<Connection['newBulkLoad']>[1]> & object;
type Column = [name: string, type: Parameters<BulkLoad['addColumn']>[1], length?: number];

describe('bulk load', () => {
  let azure: LocalAzureProcess;
  let ca: string;
  let connection: Connection;
  const open: Connection[] = [];

  async function connect(principal: string): Promise<Connection> {
    const { accessToken: token } = await azure.client.token({ principal });
    const opened = await connectWithToken({ port: azure.tds.port, ca, token, database: 'emptydb' });
    open.push(opened);
    return opened;
  }

  beforeAll(async () => {
    azure = await spawnLocalAzure();
    ca = await readFile(azure.caFile, 'utf8');
    connection = await connect('ada@contoso.example');
    await query(connection, 'CREATE USER [grace@contoso.example] FROM EXTERNAL PROVIDER');
    await query(connection, 'CREATE TABLE dbo.kind (id int NOT NULL PRIMARY KEY)');
    await query(connection, 'INSERT dbo.kind VALUES (1)');
    await query(connection, 'CREATE TABLE dbo.seen (n int NOT NULL)');
  });
  afterAll(async () => {
    for (const one of open) one.close();
    await azure.stop();
  });

  beforeEach(async () => {
    await query(connection, 'DROP TABLE IF EXISTS dbo.item; DELETE dbo.seen');
    await query(
      connection,
      `CREATE TABLE dbo.item (
        id int IDENTITY(10, 1) CONSTRAINT PK_item PRIMARY KEY,
        name nvarchar(20) NULL DEFAULT N'unnamed',
        price decimal(9, 2) NULL CONSTRAINT CK_price CHECK (price >= 0),
        kind int NULL CONSTRAINT FK_kind REFERENCES dbo.kind (id),
        doubled AS (price * 2))`,
    );
  });

  const name: Column = ['name', TYPES.NVarChar, 20];
  const price: Column = ['price', TYPES.Decimal];
  const kind: Column = ['kind', TYPES.Int];
  const all = 'SELECT id, name, price, kind, doubled FROM dbo.item ORDER BY id';

  /** The count of the DONE. @throws Refused */
  function load(
    columns: readonly Column[],
    rows: Iterable<unknown[]> | AsyncIterable<unknown[]>,
    { by = connection, into = 'dbo.item', ...options }: BulkOptions & { by?: Connection; into?: string } = {},
    started: (bulk: BulkLoad) => void = () => undefined,
  ): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const bulk = by.newBulkLoad(into, options, (error, count) => {
        if (error === undefined || error === null) resolve(count);
        else reject(new Refused('number' in error ? Number(error.number) : 0, error.message));
      });
      for (const [column, type, length] of columns) {
        bulk.addColumn(column, type, {
          nullable: true,
          ...(length !== undefined && { length }),
          ...(type === TYPES.Decimal && { precision: 9, scale: 2 }),
        });
      }
      by.execBulkLoad(bulk, rows);
      started(bulk);
    });
  }

  it('puts rows in, with identity, defaults and computed values', async () => {
    const rows = [
      ['Ünïcode', 1.25, 1],
      [null, 3, null],
    ];
    assert.equal(await load([name, price, kind], rows), 2);
    assert.deepEqual(await query(connection, all), [
      [10, 'Ünïcode', 1.25, 1, 2.5],
      [11, 'unnamed', 3, null, 6],
    ]);
  });

  it('puts in more rows than one packet, and than are gathered at once', async () => {
    const rows = Array.from({ length: 2500 }, (_, i) => [`row ${String(i)}`, i]);
    assert.equal(await load([name, price], rows), 2500);
    assert.deepEqual(await query(connection, 'SELECT COUNT(*), MIN(id), MAX(id), SUM(price) FROM dbo.item'), [
      [2500, 10, 2509, 3_123_750],
    ]);
  });

  it('keeps NULL with KEEP_NULLS, and identities that are sent', async () => {
    assert.equal(await load([['id', TYPES.Int], name], [[70, null]], { keepNulls: true }), 1);
    assert.equal(await load([name], [['next']]), 1);
    assert.deepEqual(await query(connection, 'SELECT id, name FROM dbo.item ORDER BY id'), [
      [70, null],
      [71, 'next'],
    ]);
  });

  it('asks constraints only when told to, and does not trust them afterwards', async () => {
    const trust = `SELECT name, is_not_trusted, is_disabled FROM sys.check_constraints UNION ALL
      SELECT name, is_not_trusted, is_disabled FROM sys.foreign_keys ORDER BY name`;
    const checked = { checkConstraints: true };
    const [check] = await refusal(load([price], [[1], [-1]], checked));
    assert.equal(check, 547);
    assert.equal((await refusal(load([kind], [[2]], checked)))[0], 547);
    assert.deepEqual(await query(connection, 'SELECT COUNT(*) FROM dbo.item'), [[0]]);
    assert.equal(await load([price], [[1]], checked), 1);
    assert.deepEqual(await query(connection, trust), [
      ['CK_price', false, false],
      ['FK_kind', false, false],
    ]);
    assert.equal(await load([price, kind], [[-1, 2]]), 1);
    assert.deepEqual(await query(connection, trust), [
      ['CK_price', true, false],
      ['FK_kind', true, false],
    ]);
    assert.equal((await refusal(query(connection, 'INSERT dbo.item (price) VALUES (-2)')))[0], 547);
  });

  it('fires triggers only when told to', async () => {
    await query(
      connection,
      'CREATE TRIGGER dbo.watch ON dbo.item AFTER INSERT AS INSERT dbo.seen SELECT COUNT(*) FROM inserted',
    );
    const seen = 'SELECT n FROM dbo.seen';
    assert.equal(await load([name], [['a'], ['b']]), 2);
    assert.deepEqual(await query(connection, seen), []);
    await load([name, price], [['c', -1]], { fireTriggers: true });
    assert.deepEqual(await query(connection, seen), [[1]]);
    assert.deepEqual(await query(connection, 'SELECT COUNT(*) FROM dbo.item'), [[3]]);
  });

  it('belongs to the transaction it is sent in', async () => {
    await query(connection, 'CREATE TABLE #mine (name nvarchar(20) NULL)');
    await query(connection, 'BEGIN TRANSACTION');
    assert.equal(await load([name], [['a']], { into: '#mine' }), 1);
    assert.equal(await load([name], [['a']]), 1);
    await query(connection, 'ROLLBACK');
    assert.deepEqual(await query(connection, 'SELECT name FROM #mine'), []);
    assert.deepEqual(await query(connection, 'SELECT name FROM dbo.item'), []);
    await query(connection, 'DROP TABLE #mine');
  });

  it('leaves nothing of what the client cancels', async () => {
    let bulk: BulkLoad | undefined;
    async function* rows(): AsyncGenerator<unknown[]> {
      for (let i = 0; i < 5000; i++) yield [`row ${String(i)}`];
      bulk?.cancel();
      await new Promise((resolve) => setImmediate(resolve));
      yield ['last'];
    }
    const cancelled = load([name], rows(), {}, (started) => {
      bulk = started;
    });
    assert.deepEqual(await refusal(cancelled), [0, 'Canceled.']);
    assert.deepEqual(await query(connection, 'SELECT COUNT(*) FROM dbo.item'), [[0]]);
  });

  it('refuses what the table does not take', async () => {
    assert.equal((await refusal(load([name], [['a']], { into: 'dbo.nowhere' })))[0], 208);
    assert.match((await refusal(load([['nothing', TYPES.Int]], [[1]])))[1], /schema of the BulkLoad/);
    await query(connection, 'ALTER TABLE dbo.item ADD code varchar(3) NULL');
    assert.equal((await refusal(load([['code', TYPES.VarChar, 10]], [['abcdef']])))[0], 2628);
    await query(connection, 'ALTER TABLE dbo.item ADD must int NOT NULL');
    assert.equal((await refusal(load([name], [['a']])))[0], 515);
    assert.deepEqual(await query(connection, 'SELECT COUNT(*) FROM dbo.item'), [[0]]);
  });

  it('refuses rows that are not in the order of the clustered index as announced', async () => {
    const id: Column = ['id', TYPES.Int];
    assert.equal(await load([id], [[1], [2]], { order: { id: 'ASC' } }), 2);
    assert.deepEqual(await refusal(load([id], [[6], [5]], { order: { id: 'ASC' } })), [
      4819,
      'Cannot bulk load. The bulk data stream was incorrectly specified as sorted or the data violates a uniqueness constraint imposed by the target table. Sort order incorrect for the following two rows: primary key of first row: (6), primary key of second row: (5).',
    ]);
    assert.equal(
      await load(
        [id, name],
        [
          [8, 'b'],
          [7, 'a'],
        ],
        { order: { name: 'ASC' } },
      ),
      2,
    );
  });

  it('sorts rows whose keys come in another type than the column has', async () => {
    await query(connection, 'CREATE TABLE #sorted (name nvarchar(20) NOT NULL PRIMARY KEY)');
    const options = { into: '#sorted', order: { name: 'ASC' as const } };
    const rows = [['Venusaur'], ['Charizard']];
    assert.equal((await refusal(load([name], rows, options)))[0], 4819);
    assert.equal(await load([['name', TYPES.NVarChar, 40]], rows, options), 2);
    await query(connection, 'DROP TABLE #sorted');
  });

  it('takes INSERT, and ALTER where triggers, constraints or the identity are passed over', async () => {
    const grace = await connect('grace@contoso.example');
    const as = { by: grace };
    const denied = "The INSERT permission was denied on the object 'item', database 'emptydb', schema 'dbo'.";
    await query(connection, 'GRANT SELECT ON dbo.item TO [grace@contoso.example]');
    assert.deepEqual(await refusal(load([name], [['a']], as)), [229, denied]);
    await query(connection, 'GRANT INSERT ON dbo.item TO [grace@contoso.example]');
    const [number, message] = await refusal(load([name], [['a']], as));
    assert.equal(number, 5304);
    assert.match(message, /User does not have ALTER TABLE permission on table 'item'/);
    assert.equal(await load([name], [['a']], { ...as, checkConstraints: true }), 1);
    const kept = load([['id', TYPES.Int]], [[1]], { ...as, checkConstraints: true });
    assert.equal((await refusal(kept))[0], 5304);
    await query(connection, 'GRANT ALTER ON dbo.item TO [grace@contoso.example]');
    assert.equal(await load([name], [['b']], as), 1);
    assert.deepEqual(await query(connection, 'SELECT name FROM dbo.item ORDER BY id'), [['a'], ['b']]);
  });
});
