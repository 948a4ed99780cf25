// Tables, changes to their rows, procedures, triggers: T-SQL in, rows and errors out.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, beforeEach, describe, it } from 'vitest';
import { EngineFixture } from '../interpreter/engineFixture.ts';
import type { TestSession } from '../interpreter/engineFixture.ts';

let fixture: EngineFixture;
let session: TestSession;

beforeAll(async () => {
  fixture = await EngineFixture.start();
  session = await fixture.open();
});
afterAll(() => fixture.stop());

/** Rows of the last result; fails on any error. */
async function rows(text: string): Promise<unknown[][] | undefined> {
  const { results, errors } = await session.run(text);
  assert.deepEqual(errors, []);
  return results.at(-1)?.rows;
}

async function failure(text: string): Promise<[number, string] | undefined> {
  const { errors } = await session.run(text);
  const [error] = errors;
  return error === undefined ? undefined : [error.number, error.message];
}

beforeEach(async () => {
  await rows(`DROP TABLE IF EXISTS dbo.pet; DROP TABLE IF EXISTS dbo.person;`);
  await rows(`CREATE TABLE dbo.person (
    id int IDENTITY(1,1) CONSTRAINT PK_person PRIMARY KEY,
    name nvarchar(20) NOT NULL,
    email varchar(20) NULL CONSTRAINT UQ_email UNIQUE,
    age int NULL CONSTRAINT CK_age CHECK (age > 0),
    created datetime2(0) NOT NULL DEFAULT '2024-01-01',
    doubled AS (age * 2))`);
  await rows(
    'CREATE TABLE dbo.pet (id int NOT NULL PRIMARY KEY, owner int NOT NULL CONSTRAINT FK_owner REFERENCES dbo.person (id))',
  );
  await rows("INSERT dbo.person (name, email, age) VALUES (N'Ann', 'ann@x', 30), (N'Bob', 'bob@x', 40)");
});

describe('INSERT', () => {
  it('gives identities, defaults and computed values', async () => {
    assert.deepEqual(await rows('SELECT id, name, email, age, created, doubled FROM person ORDER BY id'), [
      [1, 'Ann', 'ann@x', 30, '2024-01-01 00:00:00', 60],
      [2, 'Bob', 'bob@x', 40, '2024-01-01 00:00:00', 80],
    ]);
  });

  it('returns OUTPUT and remembers the identity', async () => {
    const { results, counts } = await session.run(
      "INSERT person (name) OUTPUT inserted.id, inserted.name AS n VALUES ('Cy'); SELECT SCOPE_IDENTITY(), @@IDENTITY, @@ROWCOUNT",
    );
    assert.deepEqual(
      results.map((result) => result.rows),
      [[[3, 'Cy']], [['3', '3', 1]]],
    );
    assert.deepEqual(
      results[0]?.columns.map((column) => column.name),
      ['id', 'n'],
    );
    assert.deepEqual(counts, [1, 1]);
  });

  const refused: [string, number, string][] = [
    [
      'INSERT person (name) VALUES (NULL)',
      515,
      "Cannot insert the value NULL into column 'name', table 'app.dbo.person'; column does not allow nulls. INSERT fails.",
    ],
    [
      "INSERT person (name, email) VALUES ('x', 'ANN@X ')",
      2627,
      "Violation of UNIQUE KEY constraint 'UQ_email'. Cannot insert duplicate key in object 'dbo.person'. The duplicate key value is (ANN@X ).",
    ],
    [
      "INSERT person (name, age) VALUES ('x', -1)",
      547,
      'The INSERT statement conflicted with the CHECK constraint "CK_age". The conflict occurred in database "app", table "dbo.person", column \'age\'.',
    ],
    [
      'INSERT pet VALUES (1, 99)',
      547,
      'The INSERT statement conflicted with the FOREIGN KEY constraint "FK_owner". The conflict occurred in database "app", table "dbo.person", column \'id\'.',
    ],
    [
      "INSERT person (name) VALUES (REPLICATE('y', 21))",
      2628,
      "String or binary data would be truncated in table 'app.dbo.person', column 'name'. Truncated value: 'yyyyyyyyyyyyyyyyyyyy'.",
    ],
    [
      "INSERT person (id, name) VALUES (9, 'x')",
      544,
      "Cannot insert explicit value for identity column in table 'person' when IDENTITY_INSERT is set to OFF.",
    ],
    ["INSERT person (name, nosuch) VALUES ('x', 1)", 207, "Invalid column name 'nosuch'."],
    [
      "INSERT person (name, name) VALUES ('x', 'y')",
      264,
      "The column name 'name' is specified more than once in the SET clause or column list of an INSERT. A column cannot be assigned more than one value in the same clause. Modify the clause to make sure that a column is updated only once. If this statement updates or inserts columns into a view, column aliasing can conceal the duplication in your code.",
    ],
    [
      "INSERT person (name, age) VALUES ('x')",
      109,
      'There are more columns in the INSERT statement than values specified in the VALUES clause. The number of values in the VALUES clause must match the number of columns specified in the INSERT statement.',
    ],
    [
      "INSERT person (name) VALUES ('x', 1)",
      110,
      'There are fewer columns in the INSERT statement than values specified in the VALUES clause. The number of values in the VALUES clause must match the number of columns specified in the INSERT statement.',
    ],
    [
      "INSERT person (name, age) SELECT 'x'",
      120,
      'The select list for the INSERT statement contains fewer items than the insert list. The number of SELECT values must match the number of INSERT columns.',
    ],
    [
      'INSERT person (doubled) VALUES (1)',
      271,
      'The column "doubled" cannot be modified because it is either a computed column or is the result of a UNION operator.',
    ],
    [
      'INSERT pet VALUES (1)',
      213,
      'Column name or number of supplied values does not match table definition.',
    ],
    ['INSERT nosuch VALUES (1)', 208, "Invalid object name 'nosuch'."],
  ];
  it.each(refused)('%s: %i', async (text, number, message) => {
    assert.deepEqual(await failure(text), [number, message]);
  });

  it('takes explicit identities while IDENTITY_INSERT is on, and goes on after them', async () => {
    await rows(
      "SET IDENTITY_INSERT person ON; INSERT person (id, name, email) VALUES (50, 'fifty', 'f'); SET IDENTITY_INSERT person OFF",
    );
    assert.deepEqual(await rows("INSERT person (name) VALUES ('next'); SELECT SCOPE_IDENTITY()"), [['51']]);
  });

  it('takes the rows of EXEC', async () => {
    await rows("INSERT person (name, email) EXEC('SELECT ''one'', ''1'' UNION ALL SELECT ''two'', ''2''')");
    assert.deepEqual(await rows('SELECT name FROM person WHERE id > 2 ORDER BY id'), [['one'], ['two']]);
  });
});

describe('UPDATE, DELETE and MERGE', () => {
  it('updates through a join and shows what was', async () => {
    assert.deepEqual(
      await rows(
        'UPDATE p SET age += x.years OUTPUT deleted.age, inserted.age, x.years FROM person p JOIN (VALUES (1, 5)) x(id, years) ON x.id = p.id',
      ),
      [[30, 35, 5]],
    );
  });

  it('deletes with TOP and a variable gets the value', async () => {
    assert.deepEqual(
      await rows("DECLARE @n nvarchar(20); UPDATE person SET @n = name = name + '!' WHERE id = 2; SELECT @n"),
      [['Bob!']],
    );
    await rows('DELETE TOP (1) FROM person');
    assert.deepEqual(await rows('SELECT COUNT(*) FROM person'), [[1]]);
  });

  it('takes from a queue past what others have locked', async () => {
    const other = await fixture.open();
    await other.run('BEGIN TRAN; UPDATE person SET age = 1 WHERE id = 1');
    assert.deepEqual(await rows('UPDATE TOP (1) person WITH (READPAST) SET age = 2 OUTPUT inserted.id'), [
      [2],
    ]);
    assert.deepEqual(
      await rows(
        'WITH next AS (SELECT TOP (1) * FROM person WITH (UPDLOCK, READPAST) ORDER BY id) DELETE next OUTPUT deleted.id',
      ),
      [[2]],
    );
    await other.session.close();
  });

  it('refuses what may not change', async () => {
    assert.deepEqual(await failure('UPDATE person SET id = 5'), [
      8102,
      "Cannot update identity column 'id'.",
    ]);
    assert.equal((await failure("UPDATE person SET name = 'a', name = 'b'"))?.[0], 264);
  });

  it('refuses to delete what is referenced', async () => {
    await rows('INSERT pet VALUES (1, 1)');
    assert.deepEqual(await failure('DELETE person WHERE id = 1'), [
      547,
      'The DELETE statement conflicted with the REFERENCE constraint "FK_owner". The conflict occurred in database "app", table "dbo.pet", column \'owner\'.',
    ]);
  });

  it('merges', async () => {
    const merged =
      await rows(`MERGE person AS t USING (VALUES ('ann', 31), ('zoe', 20)) AS s(name, age) ON t.name = s.name
        WHEN MATCHED THEN UPDATE SET age = s.age WHEN NOT MATCHED THEN INSERT (name, age) VALUES (s.name, s.age)
        WHEN NOT MATCHED BY SOURCE THEN DELETE OUTPUT $action, inserted.name, deleted.name;`);
    // No order is promised.
    assert.deepEqual(
      merged?.map((row) => row.join(' ')).toSorted((a, b) => a.localeCompare(b)),
      ['DELETE  Bob', 'INSERT zoe ', 'UPDATE Ann Ann'],
    );
  });

  it('puts OUTPUT INTO a table variable', async () => {
    assert.deepEqual(
      await rows(
        'DECLARE @t TABLE (id int, name nvarchar(20)); DELETE person OUTPUT deleted.id, deleted.name INTO @t WHERE id = 1; SELECT * FROM @t',
      ),
      [[1, 'Ann']],
    );
  });
});

describe('tables of the session', () => {
  it('keeps #temp tables for the session and resets them', async () => {
    await rows('CREATE TABLE #t (a int); INSERT #t VALUES (1)');
    assert.deepEqual(await rows('SELECT a FROM #t'), [[1]]);
    const other = await fixture.open();
    assert.equal((await other.run('SELECT a FROM #t')).errors[0]?.number, 208);
    await other.session.close();
    await session.session.reset(false);
    assert.equal((await failure('SELECT a FROM #t'))?.[0], 208);
  });

  it('makes tables by SELECT INTO', async () => {
    assert.deepEqual(
      await rows('SELECT id, name INTO #n FROM person; SELECT COUNT(*) FROM #n; DROP TABLE #n; SELECT 1'),
      [[1]],
    );
  });
});

describe('procedures', () => {
  it('returns rows, OUTPUT parameters and a status', async () => {
    await rows('DROP PROCEDURE IF EXISTS dbo.older');
    await rows(
      'CREATE PROCEDURE dbo.older @than int, @count int OUTPUT AS BEGIN SET NOCOUNT ON; SELECT name FROM person WHERE age > @than; SELECT @count = COUNT(*) FROM person; RETURN 7; END',
    );
    const { results } = await session.run(
      'DECLARE @c int, @rc int; EXEC @rc = older 35, @c OUTPUT; SELECT @c, @rc',
    );
    assert.deepEqual(
      results.map((result) => result.rows),
      [[['Bob']], [[2, 7]]],
    );
    const answer = await session.call('dbo.older', [
      { name: '@than', type: { name: 'int' }, value: 0 },
      { name: '@count', type: { name: 'int' }, value: null, output: true },
    ]);
    assert.equal(answer.status, 7);
    assert.deepEqual(answer.returned, { '@count': 2 });
    assert.deepEqual(await failure('EXEC older'), [
      201,
      "Procedure or function 'older' expects parameter '@than', which was not supplied.",
    ]);
    assert.deepEqual(await failure('EXEC nosuch'), [2812, "Could not find stored procedure 'nosuch'."]);
  });

  it('runs sp_executesql, sp_prepare and sp_execute', async () => {
    const nvarchar = { name: 'nvarchar', length: 4000 } as const;
    const direct = await session.call('sp_executesql', [
      { type: nvarchar, value: 'SELECT name FROM person WHERE id = @id; SET @id = 9' },
      { type: nvarchar, value: '@id int output' },
      { name: '@id', type: { name: 'int' }, value: 1, output: true },
    ]);
    assert.deepEqual([direct.results[0]?.rows, direct.returned, direct.status], [[['Ann']], { '@id': 9 }, 0]);
    const prepared = await session.call('sp_prepare', [
      { name: '@handle', type: { name: 'int' }, value: null, output: true },
      { type: nvarchar, value: '@n nvarchar(20)' },
      { type: nvarchar, value: 'SELECT id FROM person WHERE name = @n' },
    ]);
    const handle = Number(prepared.returned['@handle']);
    const run = await session.call('sp_execute', [
      { type: { name: 'int' }, value: handle },
      { type: { name: 'nvarchar', length: 20 }, value: 'BOB' },
    ]);
    assert.deepEqual(run.results[0]?.rows, [[2]]);
    await session.call('sp_unprepare', [{ type: { name: 'int' }, value: handle }]);
    const gone = await session.call('sp_execute', [{ type: { name: 'int' }, value: handle }]);
    assert.equal(gone.errors[0]?.number, 8179);
  });

  it('describes undeclared parameters by where they stand', async () => {
    const { results } = await session.run(
      "EXEC sp_describe_undeclared_parameters N'INSERT person (name, age) VALUES (@n, @a); SELECT * FROM person WHERE email LIKE @e AND created > @when'",
    );
    assert.deepEqual(
      results[0]?.rows.map((row) => [row[1], row[3]]),
      [
        ['@n', 'nvarchar(20)'],
        ['@a', 'int'],
        ['@e', 'varchar(8000)'],
        ['@when', 'datetime2(0)'],
      ],
    );
  });
});

describe('triggers', () => {
  it('see inserted and deleted, and may roll back', async () => {
    await rows(
      'CREATE TRIGGER dbo.watch ON dbo.person AFTER UPDATE AS IF UPDATE(age) SELECT i.age, d.age FROM inserted i JOIN deleted d ON d.id = i.id',
    );
    assert.deepEqual(await rows('UPDATE person SET age = 31 WHERE id = 1'), [[31, 30]]);
    assert.deepEqual(await failure('UPDATE person SET age = 1 OUTPUT inserted.id'), [
      334,
      "The target table 'person' of the DML statement cannot have any enabled triggers if the statement contains an OUTPUT clause without INTO clause.",
    ]);
    await rows('ALTER TRIGGER dbo.watch ON dbo.person AFTER UPDATE AS ROLLBACK TRANSACTION');
    const { errors, messages } = await session.run(
      "UPDATE person SET age = 99 WHERE id = 1; PRINT 'not reached'",
    );
    assert.deepEqual(
      errors.map((error) => error.number),
      [3609],
    );
    assert.deepEqual(messages, []);
    await rows('ALTER TRIGGER dbo.watch ON dbo.person AFTER UPDATE AS INSERT dbo.pet VALUES (1, 999)');
    const broken = await session.run(
      "BEGIN TRAN; UPDATE person SET age = 98 WHERE id = 1; PRINT 'not reached'",
    );
    assert.deepEqual(
      broken.errors.map((error) => [error.number, error.procedure]),
      [[547, 'watch']],
    );
    assert.deepEqual(broken.environment, ['beginTransaction', 'rollbackTransaction']);
    assert.deepEqual(
      await rows(
        'BEGIN TRY UPDATE person SET age = 97 WHERE id = 1 END TRY BEGIN CATCH SELECT ERROR_NUMBER(), XACT_STATE() END CATCH',
      ),
      [[547, 0]],
    );
    await rows('DROP TRIGGER dbo.watch');
    assert.deepEqual(await rows('SELECT age FROM person WHERE id = 1'), [[31]]);
  });
});

describe('views and functions', () => {
  it('expands them', async () => {
    await rows(
      'DROP VIEW IF EXISTS dbo.adult; DROP FUNCTION IF EXISTS dbo.twice; DROP FUNCTION IF EXISTS dbo.named',
    );
    await rows('CREATE VIEW dbo.adult AS SELECT id, name AS who FROM dbo.person WHERE age >= 18');
    await rows('CREATE FUNCTION dbo.twice (@n int) RETURNS int AS BEGIN RETURN @n * 2 END');
    await rows(
      'CREATE FUNCTION dbo.named (@like nvarchar(20)) RETURNS TABLE AS RETURN (SELECT id, name FROM dbo.person WHERE name LIKE @like)',
    );
    assert.deepEqual(
      await rows(
        "SELECT a.who, dbo.twice(a.id), n.id FROM adult a CROSS APPLY dbo.named(a.who) n WHERE a.who LIKE '[A-B]%' ORDER BY a.id DESC",
      ),
      [
        ['Bob', 4, 2],
        ['Ann', 2, 1],
      ],
    );
  });

  it('change rows through views and common table expressions', async () => {
    await rows('DROP VIEW IF EXISTS dbo.aged');
    await rows(
      'CREATE VIEW dbo.aged AS SELECT id AS number, name AS who, age FROM dbo.person WHERE age IS NOT NULL',
    );
    await rows(
      "UPDATE aged SET who = who + '!', age += 1 WHERE number = 1; INSERT aged (who, age) VALUES ('Via', 5); DELETE aged WHERE who = 'bob'",
    );
    assert.deepEqual(await rows('SELECT name, age FROM person ORDER BY id'), [
      ['Ann!', 31],
      ['Via', 5],
    ]);
    await rows("INSERT person (name, email) VALUES ('Via', 'again')");
    await rows(
      'WITH twice AS (SELECT id, ROW_NUMBER() OVER (PARTITION BY name ORDER BY id) AS n FROM person) DELETE twice WHERE n > 1',
    );
    assert.deepEqual(await rows("SELECT COUNT(*) FROM person WHERE name = 'via'"), [[1]]);
  });
});

describe('temporal tables', () => {
  it('fill their period and show what was', async () => {
    await rows(`CREATE TABLE dbo.price (id int NOT NULL PRIMARY KEY, amount int NOT NULL, since datetime2 GENERATED ALWAYS AS ROW START NOT NULL,
      until datetime2 GENERATED ALWAYS AS ROW END NOT NULL, PERIOD FOR SYSTEM_TIME (since, until)) WITH (SYSTEM_VERSIONING = ON (HISTORY_TABLE = dbo.price_history))`);
    await rows('INSERT price VALUES (1, 10, DEFAULT, DEFAULT)');
    await rows('UPDATE price SET amount = 11');
    assert.deepEqual(await rows('SELECT amount FROM price FOR SYSTEM_TIME ALL ORDER BY amount'), [
      [10],
      [11],
    ]);
    assert.deepEqual(await rows("SELECT amount FROM price FOR SYSTEM_TIME AS OF '2000-01-01'"), []);
    assert.equal((await failure("INSERT price VALUES (2, 1, '2000-01-01', DEFAULT)"))?.[0], 13536);
    assert.equal((await failure('UPDATE price SET since = GETDATE()'))?.[0], 13537);
    assert.equal((await failure('SELECT * FROM person FOR SYSTEM_TIME ALL'))?.[0], 13544);
  });
});
