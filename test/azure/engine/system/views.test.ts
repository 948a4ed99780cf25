// System views and catalog functions: every one can be read, and they tell the truth about a known table.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { SqlValue } from '../../contract.ts';
import { EngineFixture } from '../interpreter/engineFixture.ts';
import type { TestSession } from '../interpreter/engineFixture.ts';
import type { PgConnection } from '../postgres/connection.ts';
import { catalogFunctions } from './functions.ts';
import { catalogProcedures } from './procedures.ts';
import { defaultOptions } from '../interpreter/sessionOptions.ts';
import { SessionDirectory } from './sessions.ts';
import { systemObjects } from './views.ts';

let fixture: EngineFixture;
let session: TestSession;
let connection: PgConnection;

beforeAll(async () => {
  fixture = await EngineFixture.start();
  session = await fixture.open();
  connection = await fixture.cluster.connect('app');
  const { errors } =
    await session.run(`CREATE TABLE dbo.[user] (id int IDENTITY(1, 1) CONSTRAINT pk_user PRIMARY KEY, name nvarchar(50) NOT NULL CONSTRAINT df_name DEFAULT N'?', mail varchar(max) NULL,
    score decimal(9, 2) NULL, at datetime2(3) NULL, parent int CONSTRAINT fk_user REFERENCES dbo.[user] (id))`);
  assert.deepEqual(errors, []);
});

afterAll(async () => {
  await connection.close();
  await session.session.close();
  await fixture.stop();
});

async function rows(text: string): Promise<SqlValue[][]> {
  const answer = await session.run(text);
  assert.deepEqual(answer.errors, []);
  return answer.results.at(-1)?.rows ?? [];
}

describe('system views', () => {
  it('can all be read, every column', async () => {
    assert.ok(systemObjects.length > 40);
    for (const view of systemObjects) {
      await connection.query(
        `SELECT ${view.columns.map((column) => column.pgName).join(', ')} FROM ${view.pgName}`,
      );
    }
  });

  it('describe a table: sys.columns', async () => {
    assert.deepEqual(
      await rows(`SELECT c.name, t.name, c.max_length, c.[precision], c.scale, c.is_nullable, c.is_identity, c.collation_name FROM sys.columns c
        JOIN sys.types t ON t.user_type_id = c.user_type_id WHERE c.object_id = OBJECT_ID(N'[dbo].[user]') ORDER BY c.column_id`),
      [
        ['id', 'int', 4, 10, 0, false, true, null],
        ['name', 'nvarchar', 100, 0, 0, false, false, 'SQL_Latin1_General_CP1_CI_AS'],
        ['mail', 'varchar', -1, 0, 0, true, false, 'SQL_Latin1_General_CP1_CI_AS'],
        ['score', 'decimal', 5, 9, 2, true, false, null],
        ['at', 'datetime2', 7, 23, 3, true, false, null],
        ['parent', 'int', 4, 10, 0, true, false, null],
      ],
    );
  });

  it('describe a table: INFORMATION_SCHEMA.COLUMNS, names without case', async () => {
    assert.deepEqual(
      await rows(`SELECT column_name, data_type, column_default, is_nullable, character_maximum_length, numeric_precision, numeric_scale, datetime_precision
        FROM information_schema.columns WHERE table_schema = 'DBO' AND table_name = 'USER' ORDER BY ordinal_position`),
      [
        ['id', 'int', null, 'NO', null, 10, 0, null],
        ['name', 'nvarchar', "(N'?')", 'NO', 50, null, null, null],
        ['mail', 'varchar', null, 'YES', -1, null, null, null],
        ['score', 'decimal', null, 'YES', null, 9, 2, null],
        ['at', 'datetime2', null, 'YES', null, null, null, 3],
        ['parent', 'int', null, 'YES', null, 10, 0, null],
      ],
    );
  });

  it('know keys, foreign keys, indexes and row counts', async () => {
    await rows(`INSERT dbo.[user] (name) VALUES (N'a'), (N'b')`);
    assert.deepEqual(
      await rows(
        `SELECT name, type, is_system_named FROM sys.key_constraints WHERE parent_object_id = OBJECT_ID('user')`,
      ),
      [['pk_user', 'PK', false]],
    );
    assert.deepEqual(await rows(`SELECT name, delete_referential_action_desc FROM sys.foreign_keys`), [
      ['fk_user', 'NO_ACTION'],
    ]);
    assert.deepEqual(
      await rows(
        `SELECT i.name, i.type_desc, c.key_ordinal FROM sys.indexes i JOIN sys.index_columns c ON c.object_id = i.object_id AND c.index_id = i.index_id WHERE i.object_id = OBJECT_ID('user')`,
      ),
      [['pk_user', 'CLUSTERED', 1]],
    );
    assert.deepEqual(
      await rows(
        `SELECT SUM(row_count) FROM sys.dm_db_partition_stats WHERE object_id = OBJECT_ID('user') AND index_id IN (0, 1)`,
      ),
      [[2n]],
    );
    assert.deepEqual(await rows(`SELECT CAST(last_value AS int) FROM sys.identity_columns`), [[2]]);
  });

  it('list the databases of the server', async () => {
    assert.deepEqual(await rows('SELECT name, database_id FROM sys.databases ORDER BY database_id'), [
      ['master', 1],
      ['app', 5],
    ]);
  });

  it('list the sessions that the directory knows', async () => {
    const directory = new SessionDirectory();
    const facts = {
      login: 'ann',
      original: 'ann',
      program: 'p',
      host: 'h',
      address: '127.0.0.1',
      database: 'APP',
      started: '2024-01-01 00:00:00',
      status: 'running',
      transactions: 0,
      isolation: 4,
      protocol: 0x08000000,
      settings: defaultOptions(),
    } as const;
    directory.add(60, () => ({ ...facts, spid: 60 }));
    directory.add(52, () => ({ ...facts, spid: 52 }));
    directory.remove(60);
    await directory.publish(connection);
    const { rows: found } = await connection.query(
      'SELECT session_id, login_name, database_id, transaction_isolation_level AS level FROM sys.dm_exec_sessions',
    );
    assert.deepEqual(found, [{ session_id: 52, login_name: 'ann', database_id: 5, level: 4 }]);
    const { rows: connections } = await connection.query(
      'SELECT session_id, protocol_version, encrypt_option FROM sys.dm_exec_connections',
    );
    assert.deepEqual(connections, [{ session_id: 52, protocol_version: 0x08000000, encrypt_option: 'TRUE' }]);
  });
});

describe('catalog functions', () => {
  it('can all be called with the fewest and the most arguments', async () => {
    const failed: string[] = [];
    for (const [name, found] of Object.entries(catalogFunctions)) {
      const values = found.args.map((argument) => (argument.name === 'int' ? '1' : `'name'::text`));
      const sql = `SELECT ${found.sql(values.slice(0, found.min))}, ${found.sql(values)}`;
      await connection.query(sql).catch((error: unknown) => failed.push(`${name}: ${String(error)}`));
    }
    assert.deepEqual(failed, []);
  });

  it('resolve names as T-SQL writes them', async () => {
    assert.deepEqual(
      await rows(`SELECT OBJECT_NAME(OBJECT_ID('[dbo].[user]')), OBJECT_NAME(OBJECT_ID('app.dbo.USER', 'U')), OBJECT_ID('user', 'V'), SCHEMA_NAME(), COL_LENGTH('dbo.user', 'name'),
        COLUMNPROPERTY(OBJECT_ID('user'), 'id', 'IsIdentity'), OBJECTPROPERTY(OBJECT_ID('user'), 'IsUserTable'), DB_NAME(), DB_ID('MASTER'), TYPE_NAME(231), QUOTENAME('a]b'), PARSENAME('a.[b.c]', 1)`),
      [['user', 'user', null, 'dbo', 100, 1, 1, 'app', 1, 'nvarchar', '[a]]b]', 'b.c']],
    );
  });
});

describe('catalog procedures', () => {
  it('can all be run without arguments', async () => {
    for (const found of Object.values(catalogProcedures)) {
      let width = -1;
      await connection.stream(
        found.sql,
        found.parameters.map(() => null),
        {
          onColumns: (count) => {
            width = count;
          },
          onRow: () => undefined,
        },
      );
      assert.equal(width, found.columns.length);
    }
  });
});
