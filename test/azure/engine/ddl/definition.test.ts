// Definition statements as T-SQL against the whole engine: what they make, what they refuse and in which words, and that they roll back.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { SqlValue } from '../../contract.ts';
import { EngineFixture } from '../interpreter/engineFixture.ts';
import type { TestSession } from '../interpreter/engineFixture.ts';

let fixture: EngineFixture;
let session: TestSession;

beforeAll(async () => {
  fixture = await EngineFixture.start();
  session = await fixture.open();
});

afterAll(async () => {
  await session.session.close();
  await fixture.stop();
});

async function run(text: string): Promise<void> {
  const { errors } = await session.run(text);
  assert.deepEqual(errors, []);
}

/** The last result's rows. */
async function rows(text: string): Promise<SqlValue[][]> {
  const answer = await session.run(text);
  assert.deepEqual(answer.errors, []);
  return answer.results.at(-1)?.rows ?? [];
}

/** Errors as `number state: text`. */
async function errors(text: string): Promise<string[]> {
  const answer = await session.run(text);
  return answer.errors.map((error) => `${String(error.number)} ${String(error.state)}: ${error.message}`);
}

describe('CREATE TABLE', () => {
  it('makes identity, defaults, computed columns, keys and checks that hold', async () => {
    await run(`CREATE TABLE dbo.person (id int IDENTITY(10, 5) CONSTRAINT pk_person PRIMARY KEY, name nvarchar(20) NOT NULL CONSTRAINT uq_name UNIQUE,
      code varchar(5) DEFAULT 'x', amount decimal(10, 2) CONSTRAINT ck_amount CHECK (amount > 0), twice AS (amount * 2))`);
    await run(`INSERT INTO person (name, amount) VALUES (N'Ann ', 1.5), (N'Bob', NULL)`);
    assert.deepEqual(
      await rows('SELECT id, name, code, amount, twice, DATALENGTH(name) FROM person ORDER BY id'),
      [
        [10, 'Ann ', 'x', '1.50', '3.00', 8],
        [15, 'Bob', 'x', null, null, 6],
      ],
    );
    assert.deepEqual(await errors(`INSERT INTO person (name) VALUES (N'aNN')`), [
      "2627 1: Violation of UNIQUE KEY constraint 'uq_name'. Cannot insert duplicate key in object 'dbo.person'. The duplicate key value is (aNN).",
    ]);
    assert.deepEqual(await errors(`INSERT INTO person (name, amount) VALUES (N'c', -1)`), [
      '547 0: The INSERT statement conflicted with the CHECK constraint "ck_amount". The conflict occurred in database "app", table "dbo.person", column \'amount\'.',
    ]);
    assert.deepEqual(await errors('UPDATE person SET name = NULL'), [
      "515 2: Cannot insert the value NULL into column 'name', table 'app.dbo.person'; column does not allow nulls. UPDATE fails.",
    ]);
    assert.deepEqual(await errors(`INSERT INTO person (name, code) VALUES (N'c', 'abcdefg')`), [
      "2628 1: String or binary data would be truncated in table 'app.dbo.person', column 'code'. Truncated value: 'abcde'.",
    ]);
    // The refused rows used up their identity values.
    await run(`INSERT INTO person (name) VALUES (N'gap')`);
    assert.notDeepEqual(await rows(`SELECT id FROM person WHERE name = 'GAP'`), [[20]]);
  });

  it('guards both sides of a foreign key', async () => {
    await run('CREATE TABLE parent (id int PRIMARY KEY); INSERT parent VALUES (1), (2)');
    await run(
      'CREATE TABLE child (id int PRIMARY KEY, parent int CONSTRAINT fk_child REFERENCES parent (id))',
    );
    await run('INSERT child VALUES (1, 1), (2, NULL)');
    assert.deepEqual(await errors('INSERT child VALUES (3, 9)'), [
      '547 0: The INSERT statement conflicted with the FOREIGN KEY constraint "fk_child". The conflict occurred in database "app", table "dbo.parent", column \'id\'.',
    ]);
    assert.deepEqual(await errors('DELETE parent WHERE id = 1'), [
      '547 0: The DELETE statement conflicted with the REFERENCE constraint "fk_child". The conflict occurred in database "app", table "dbo.child", column \'parent\'.',
    ]);
    await run('DELETE parent WHERE id = 2');
    assert.deepEqual(await errors('DROP TABLE parent'), [
      "3726 1: Could not drop object 'parent' because it is referenced by a FOREIGN KEY constraint.",
    ]);
  });

  it('takes names of anything and keeps them exactly', async () => {
    await run(`CREATE SCHEMA [s ' "]`);
    const name = `[we]]ird ' " -- 😀 \u05d0${'x'.repeat(100)}]`;
    await run(`CREATE TABLE [s ' "].${name} ([a ]] b] nvarchar(10), ["';] int)`);
    await run(`INSERT [s ' "].${name} VALUES (N'😀', 1)`);
    assert.deepEqual(await rows(`SELECT [a ]] b], ["';] FROM [s ' "].${name}`), [['😀', 1]]);
    assert.deepEqual(
      await rows(
        `SELECT c.name FROM sys.columns c JOIN sys.tables t ON t.object_id = c.object_id WHERE SCHEMA_NAME(t.schema_id) = 's '' "' ORDER BY column_id`,
      ),
      [['a ] b'], [`"';`]],
    );
  });

  it("says what is wrong in the server's words", async () => {
    assert.deepEqual(await errors('CREATE TABLE twice (a int, A int)'), [
      "2705 3: Column names in each table must be unique. Column name 'A' in table 'twice' is specified more than once.",
    ]);
    assert.deepEqual(await errors('CREATE TABLE parent (id int)'), [
      "2714 6: There is already an object named 'parent' in the database.",
    ]);
    assert.deepEqual(await errors('CREATE TABLE nowhere.t (id int)'), [
      '2760 1: The specified schema name "nowhere" either does not exist or you do not have permission to use it.',
    ]);
    assert.deepEqual(await errors('CREATE TABLE odd (id foo)'), [
      '2715 6: Column, parameter, or variable #1: Cannot find data type foo.',
    ]);
    assert.deepEqual(await errors('CREATE TABLE lost (id int CONSTRAINT fk_lost REFERENCES nope (id))'), [
      "1767 0: Foreign key 'fk_lost' references invalid table 'nope'.",
      '1750 1: Could not create constraint or index. See previous errors.',
    ]);
    assert.deepEqual(await rows(`SELECT OBJECT_ID('lost')`), [[null]]);
  });

  it('is gone with its transaction, data and catalog alike', async () => {
    assert.deepEqual(
      await rows(
        `BEGIN TRAN; CREATE TABLE fleeting (i int); INSERT fleeting VALUES (1); ROLLBACK; SELECT OBJECT_ID('fleeting'), (SELECT COUNT(*) FROM sys.tables WHERE name = 'fleeting')`,
      ),
      [[null, 0]],
    );
  });

  it('is seen by others only after the commit', async () => {
    const other = await fixture.open();
    await run('BEGIN TRAN; CREATE TABLE hidden (i int)');
    assert.deepEqual((await other.run(`SELECT OBJECT_ID('hidden')`)).results[0]?.rows, [[null]]);
    await run('COMMIT');
    assert.deepEqual((await other.run('SELECT COUNT(*) FROM hidden')).results[0]?.rows, [[0]]);
    await other.session.close();
  });
});

describe('ALTER TABLE', () => {
  it('adds columns with defaults for the rows that are there', async () => {
    await run('CREATE TABLE grow (id int); INSERT grow VALUES (1), (2)');
    await run('ALTER TABLE grow ADD extra int NOT NULL CONSTRAINT df_extra DEFAULT 7, other varchar(3)');
    assert.deepEqual(await rows('SELECT * FROM grow ORDER BY id'), [
      [1, 7, null],
      [2, 7, null],
    ]);
    assert.deepEqual(await errors('ALTER TABLE grow ADD must int NOT NULL'), [
      "4901 1: ALTER TABLE only allows columns to be added that can contain nulls, or have a DEFAULT definition specified, or the column being added is an identity or timestamp column, or alternatively if none of the previous conditions are satisfied the table must be empty to allow addition of this column. Column 'must' cannot be added to non-empty table 'grow' because it does not satisfy these conditions.",
    ]);
    assert.deepEqual(await errors('ALTER TABLE grow DROP COLUMN extra'), [
      "5074 1: The object 'df_extra' is dependent on column 'extra'.",
      '4922 9: ALTER TABLE DROP COLUMN extra failed because one or more objects access this column.',
    ]);
    await run('ALTER TABLE grow DROP CONSTRAINT df_extra; ALTER TABLE grow DROP COLUMN extra');
    assert.deepEqual(await rows('SELECT * FROM grow ORDER BY id'), [
      [1, null],
      [2, null],
    ]);
  });

  it('gives a default to the rows that are there WITH VALUES only, when the column may be NULL', async () => {
    await run('CREATE TABLE filled (id int); INSERT filled VALUES (1)');
    await run(
      'ALTER TABLE filled ADD without int NULL DEFAULT 7, given int NULL CONSTRAINT df_given DEFAULT (8) WITH VALUES',
    );
    assert.deepEqual(await rows('SELECT without, given FROM filled'), [[null, 8]]);
  });

  it('changes types and checks the rows', async () => {
    await run(`CREATE TABLE change (a varchar(10), b int); INSERT change VALUES ('12', 1), (NULL, 2)`);
    await run('ALTER TABLE change ALTER COLUMN a int');
    assert.deepEqual(await rows('SELECT a + 1 FROM change ORDER BY b'), [[13], [null]]);
    assert.deepEqual(await errors('ALTER TABLE change ALTER COLUMN a int NOT NULL'), [
      "515 2: Cannot insert the value NULL into column 'a', table 'app.dbo.change'; column does not allow nulls. UPDATE fails.",
    ]);
    assert.deepEqual(await errors('ALTER TABLE change ADD CONSTRAINT ck_b CHECK (b > 1)'), [
      '547 0: The ALTER TABLE statement conflicted with the CHECK constraint "ck_b". The conflict occurred in database "app", table "dbo.change", column \'b\'.',
    ]);
    assert.deepEqual(await errors('ALTER TABLE nope ADD a int'), [
      '4902 1: Cannot find the object "nope" because it does not exist or you do not have permissions.',
    ]);
    assert.deepEqual(await errors('ALTER TABLE change DROP COLUMN nope'), [
      "4924 1: ALTER TABLE DROP COLUMN failed because column 'nope' does not exist in table 'change'.",
    ]);
    assert.deepEqual(await errors('ALTER TABLE change DROP CONSTRAINT nope'), [
      "3728 1: 'nope' is not a constraint.",
      '3727 0: Could not drop constraint. See previous errors.',
    ]);
  });
});

describe('indexes', () => {
  it('keep values unique, NULL included, and say so by name', async () => {
    await run('CREATE TABLE ix (a varchar(10), b int); CREATE UNIQUE INDEX ux ON ix (a) INCLUDE (b)');
    await run(`INSERT ix VALUES ('A ', 1), (NULL, 2)`);
    assert.deepEqual(await errors(`INSERT ix VALUES ('a', 3)`), [
      "2601 1: Cannot insert duplicate key row in object 'dbo.ix' with unique index 'ux'. The duplicate key value is (a).",
    ]);
    assert.deepEqual(await errors('INSERT ix VALUES (NULL, 3)'), [
      "2601 1: Cannot insert duplicate key row in object 'dbo.ix' with unique index 'ux'. The duplicate key value is (<NULL>).",
    ]);
    assert.deepEqual(await errors('CREATE INDEX ux ON ix (b)'), [
      "1913 1: The operation failed because an index or statistics with name 'ux' already exists on table 'dbo.ix'.",
    ]);
    await run('DROP INDEX ux ON ix');
    await run(`INSERT ix VALUES ('a', 3)`);
    assert.deepEqual(await errors('CREATE UNIQUE INDEX ux ON ix (a)'), [
      "1505 1: The CREATE UNIQUE INDEX statement terminated because a duplicate key was found for the object name 'dbo.ix' and the index name 'ux'. The duplicate key value is (A ).",
    ]);
  });
});

describe('filtered indexes', () => {
  it('hold for the rows of the filter alone, and show it as the server does', async () => {
    await run(
      `CREATE TABLE fx (a int, b varchar(10)); CREATE UNIQUE INDEX fx1 ON fx (a) WHERE b IS NOT NULL AND a >= 5 AND b IN ('x', 'y')`,
    );
    await run(`INSERT fx VALUES (5, NULL), (5, 'z'), (5, 'X')`);
    assert.deepEqual(await errors(`INSERT fx VALUES (5, 'y')`), [
      "2601 1: Cannot insert duplicate key row in object 'dbo.fx' with unique index 'fx1'. The duplicate key value is (5).",
    ]);
    assert.deepEqual(await rows(`SELECT filter_definition FROM sys.indexes WHERE name = 'fx1'`), [
      ["([b] IS NOT NULL AND [a]>=(5) AND ([b]='x' OR [b]='y'))"],
    ]);
  });
});

describe('temporary tables', () => {
  it('belong to one connection and are gone with it', async () => {
    const other = await fixture.open();
    await run(`CREATE TABLE #mine (i int IDENTITY PRIMARY KEY, n varchar(3)); INSERT #mine (n) VALUES ('a')`);
    assert.deepEqual(await rows('SELECT * FROM #MINE'), [[1, 'a']]);
    assert.equal((await other.run('SELECT * FROM #mine')).errors[0]?.number, 208);
    assert.deepEqual(
      (await other.run('CREATE TABLE #mine (x int); SELECT COUNT(*) FROM #mine')).results[0]?.rows,
      [[0]],
    );
    await other.session.close();
    await run('DROP TABLE #mine');
    assert.deepEqual(await rows(`SELECT OBJECT_ID('tempdb..#mine')`), [[null]]);
    assert.deepEqual(await errors('CREATE TABLE ##all (i int)'), [
      "40517 1: Keyword or statement option '##all' is not supported in this version of SQL Server.",
    ]);
  });
});

describe('DROP', () => {
  it('refuses what is not there, unless told', async () => {
    assert.deepEqual(await errors('DROP TABLE nope'), [
      "3701 5: Cannot drop the table 'nope', because it does not exist or you do not have permission.",
    ]);
    await run('DROP TABLE IF EXISTS nope');
    assert.deepEqual(await errors('DROP SCHEMA nope'), [
      "15151 1: Cannot drop the schema 'nope', because it does not exist or you do not have permission.",
    ]);
  });
});

describe('sp_rename', () => {
  it('changes the name of a table, a column, an index and a constraint, and nothing else', async () => {
    await run(
      'CREATE TABLE old (a int CONSTRAINT pk_old PRIMARY KEY, b int); CREATE INDEX ix_old ON old (b); INSERT old VALUES (1, 2)',
    );
    await run(
      `EXEC sp_rename 'old.b', 'c]d', 'COLUMN'; EXEC sp_rename 'dbo.old.ix_old', 'ix_new', 'INDEX'; EXEC sp_rename 'pk_old', 'pk_new'; EXEC sp_rename 'dbo.old', 'new'`,
    );
    assert.deepEqual(await rows('SELECT a, [c]]d] FROM new'), [[1, 2]]);
    assert.deepEqual(
      await rows(`SELECT name FROM sys.indexes WHERE object_id = OBJECT_ID('new') ORDER BY index_id`),
      [['pk_new'], ['ix_new']],
    );
    assert.match(
      (await errors('INSERT new VALUES (1, 1)'))[0] ?? '',
      /^2627 1: Violation of PRIMARY KEY constraint 'pk_new'.*'dbo\.new'/u,
    );
    assert.deepEqual(await errors(`EXEC sp_rename 'nope', 'x'`), [
      "15225 1: No item by the name of 'nope' could be found in the current database 'app', given that @itemtype was input as '(null)'.",
    ]);
    assert.deepEqual(await errors(`EXEC sp_rename 'new', 'grow'`), [
      "15335 1: Error: The new name 'grow' is already in use as a object name and would cause a duplicate that is not permitted.",
    ]);
  });
});

describe('what runs out', () => {
  it('is told of identities and sequences', async () => {
    await run(
      'CREATE TABLE few (a tinyint IDENTITY(255, 1)); INSERT few DEFAULT VALUES; CREATE SEQUENCE short AS tinyint START WITH 255',
    );
    assert.deepEqual(await errors('INSERT few DEFAULT VALUES'), [
      '8115 1: Arithmetic overflow error converting IDENTITY to data type tinyint.',
    ]);
    await rows('SELECT NEXT VALUE FOR short');
    assert.deepEqual(await errors('SELECT NEXT VALUE FOR short'), [
      "11728 1: The sequence object 'dbo.short' has reached its minimum or maximum value. Restart the sequence object to allow new values to be generated.",
    ]);
  });
});

describe('temporal tables and rowversion', () => {
  it('keep the rows of before', async () => {
    await run(`CREATE TABLE past (id int PRIMARY KEY, v int, s datetime2 GENERATED ALWAYS AS ROW START HIDDEN NOT NULL, e datetime2 GENERATED ALWAYS AS ROW END HIDDEN NOT NULL,
      PERIOD FOR SYSTEM_TIME (s, e)) WITH (SYSTEM_VERSIONING = ON (HISTORY_TABLE = dbo.past_history))`);
    await run('INSERT past (id, v) VALUES (1, 1); UPDATE past SET v = 2; DELETE past');
    assert.deepEqual(await rows('SELECT id, v FROM past_history ORDER BY v'), [
      [1, 1],
      [1, 2],
    ]);
    assert.deepEqual(await errors('DROP TABLE past'), [
      "13552 1: Drop table operation failed on table 'app.dbo.past' because it is not a supported operation on system-versioned temporal tables.",
    ]);
  });

  it('count every change', async () => {
    await run('CREATE TABLE counted (id int, v rowversion); INSERT counted (id) VALUES (1)');
    assert.deepEqual(
      await rows(
        'DECLARE @before binary(8) = (SELECT v FROM counted); UPDATE counted SET id = 2; SELECT CASE WHEN v > @before THEN 1 ELSE 0 END FROM counted',
      ),
      [[1]],
    );
  });
});
