// Options of definitions: what they change, and that one which would change nothing is refused and said on the console.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { EngineFixture } from '../interpreter/engineFixture.ts';
import type { TestSession } from '../interpreter/engineFixture.ts';

let fixture: EngineFixture;
let session: TestSession;

beforeAll(async () => {
  fixture = await EngineFixture.start();
  session = await fixture.open();
  await session.run('CREATE TABLE items (id int NOT NULL, name varchar(20) NULL)');
});
afterAll(() => fixture.stop());

const errors = async (text: string): Promise<string[]> =>
  (await session.run(text)).errors.map(({ number, message }) => `${String(number)}: ${message}`);
const refused = (what: string): string =>
  `40517: Keyword or statement option '${what}' is not supported in this version of SQL Server.`;

describe('What the engine does not do', () => {
  it('is said on the console, once, also when the statement catches it', async () => {
    const said = vi.spyOn(console, 'error').mockReturnValue();
    try {
      assert.deepEqual(await errors('ALTER DATABASE CURRENT SET READ_ONLY'), [refused('READ_ONLY')]);
      await session.run('BEGIN TRY CHECKPOINT END TRY BEGIN CATCH END CATCH');
      await session.run('SELECT 1 OPTION (QUERYTRACEON 1)');
      await session.run('USE master');
      assert.deepEqual(
        said.mock.calls.map(([text]) => String(text).slice(0, 20)),
        ['local Azure: 40517: ', 'local Azure: 40517: ', 'local Azure: 40517: ', 'local Azure: 40508: '],
      );
    } finally {
      said.mockRestore();
    }
  });
});

describe('ALTER DATABASE', () => {
  it('takes what every database here is, or what no answer shows', async () => {
    for (const option of [
      'SET READ_COMMITTED_SNAPSHOT ON, ALLOW_SNAPSHOT_ISOLATION ON WITH ROLLBACK IMMEDIATE',
      'SET COMPATIBILITY_LEVEL = 160',
      'SET AUTO_UPDATE_STATISTICS OFF',
      'SET PARAMETERIZATION FORCED',
      "MODIFY (EDITION = 'GeneralPurpose', SERVICE_OBJECTIVE = 'GP_S_Gen5_1')",
    ]) {
      assert.deepEqual(await errors(`ALTER DATABASE app ${option}`), [], option);
    }
    assert.deepEqual(
      await errors('ALTER DATABASE SCOPED CONFIGURATION SET LEGACY_CARDINALITY_ESTIMATION = OFF'),
      [],
    );
  });

  it('refuses what it would have to change', async () => {
    for (const [option, what] of [
      ['SET READ_COMMITTED_SNAPSHOT OFF', 'READ_COMMITTED_SNAPSHOT = OFF'],
      ['SET COMPATIBILITY_LEVEL = 110', 'COMPATIBILITY_LEVEL = 110'],
      ['SET SINGLE_USER', 'SINGLE_USER'],
      ['SET ANSI_NULLS OFF', 'ANSI_NULLS = OFF'],
      ['SET NONSENSE ON', 'NONSENSE = ON'],
      ["MODIFY (SERVICE_OBJECTIVE = 'S3')", 'SERVICE_OBJECTIVE = S3'],
      ['COLLATE Latin1_General_CI_AS', 'COLLATE'],
    ] as const) {
      assert.deepEqual(await errors(`ALTER DATABASE app ${option}`), [refused(what)]);
    }
    assert.deepEqual(await errors('ALTER DATABASE SCOPED CONFIGURATION SET MAXDOP = 1'), [
      refused('MAXDOP = 1'),
    ]);
  });

  it('CREATE DATABASE likewise, before there is one', async () => {
    const master = await fixture.open('master');
    const tell = async (text: string): Promise<number[]> =>
      (await master.run(text)).errors.map(({ number }) => number);
    assert.deepEqual(await tell('CREATE DATABASE other COLLATE Chinese_PRC_CI_AS'), [40517]);
    assert.deepEqual(await tell("CREATE DATABASE other (EDITION = 'Basic')"), [40517]);
    assert.equal(fixture.cluster.database('other'), undefined);
    assert.deepEqual(await tell('CREATE DATABASE other COLLATE SQL_Latin1_General_CP1_CI_AS'), []);
    assert.deepEqual(await tell('DROP DATABASE other'), []);
  });
});

describe('Indexes and statistics', () => {
  it('DROP_EXISTING takes the place of an index that must be there', async () => {
    assert.deepEqual(await errors('CREATE INDEX ix ON items (id) WITH (DROP_EXISTING = ON)'), [
      "7999: Could not find any index named 'ix' for table 'items'.",
    ]);
    assert.deepEqual(await errors('CREATE INDEX ix ON items (id)'), []);
    assert.deepEqual(
      await errors('CREATE UNIQUE INDEX ix ON items (name) WITH (DROP_EXISTING = ON, FILLFACTOR = 80)'),
      [],
    );
    const { results } = await session.run(
      "SELECT i.is_unique, COL_NAME(c.object_id, c.column_id) FROM sys.indexes i JOIN sys.index_columns c ON c.object_id = i.object_id AND c.index_id = i.index_id WHERE i.name = 'ix'",
    );
    assert.deepEqual(results[0]?.rows, [[true, 'name']]);
  });

  it('UPDATE STATISTICS asks for a table that is there', async () => {
    assert.deepEqual(await errors('UPDATE STATISTICS items'), []);
    assert.deepEqual(await errors('UPDATE STATISTICS nothing'), ["2706: Table 'nothing' does not exist."]);
  });

  it('CACHE of a sequence shows in sys.sequences', async () => {
    assert.deepEqual(
      await errors(
        'CREATE SEQUENCE s1 NO CACHE; CREATE SEQUENCE s2 CACHE 10; CREATE SEQUENCE s3; ALTER SEQUENCE s2 CACHE 20',
      ),
      [],
    );
    const { results } = await session.run(
      'SELECT name, is_cached, cache_size FROM sys.sequences ORDER BY name',
    );
    assert.deepEqual(results[0]?.rows, [
      ['s1', false, null],
      ['s2', true, 20],
      ['s3', true, null],
    ]);
  });
});

describe('Options of modules', () => {
  it('SCHEMABINDING is refused: nothing would hold what the module is bound to', async () => {
    assert.deepEqual(await errors('CREATE VIEW v WITH SCHEMABINDING AS SELECT id FROM dbo.items'), [
      refused('SCHEMABINDING'),
    ]);
  });

  it('EXECUTE AS is refused where it would run as somebody else', async () => {
    const modules = [
      'CREATE PROCEDURE p WITH EXECUTE AS OWNER AS SELECT 1',
      'CREATE FUNCTION f () RETURNS int WITH EXECUTE AS OWNER AS BEGIN RETURN 1 END',
      'CREATE TRIGGER t ON items WITH EXECUTE AS SELF AFTER INSERT AS SELECT 1',
    ];
    for (const text of modules) assert.deepEqual(await errors(text), [refused('EXECUTE AS')]);
    assert.deepEqual(await errors('CREATE PROCEDURE p WITH RECOMPILE, EXECUTE AS CALLER AS SELECT 1'), []);
  });
});
