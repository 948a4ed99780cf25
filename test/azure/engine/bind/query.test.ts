// Queries: T-SQL in, rows and announced columns out.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { SqlValue } from '../../contract.ts';
import { EngineFixture, showColumn } from '../interpreter/engineFixture.ts';
import type { TestSession } from '../interpreter/engineFixture.ts';

/** Query (one result), its rows. */
const cases: [string, SqlValue[][]][] = [
  ["SELECT id FROM city WHERE name = 'BERN  '", [[1]]],
  ["SELECT id FROM city WHERE name COLLATE Latin1_General_BIN2 = 'BERN'", []],
  ['SELECT TOP 2 id FROM city ORDER BY id DESC', [[4], [3]]],
  ['DECLARE @n int = 1; SELECT TOP (@n) id FROM city ORDER BY name', [[4]]],
  ['SELECT TOP 50 PERCENT id FROM city ORDER BY id', [[1], [2]]],
  ['SELECT TOP 1 WITH TIES country FROM city ORDER BY country', [[null]]],
  ['SELECT id FROM city ORDER BY id OFFSET 1 ROW FETCH NEXT 2 ROWS ONLY', [[2], [3]]],
  ['SELECT country FROM city ORDER BY country', [[null], ['ch'], ['CH'], ['it']]],
  ['SELECT DISTINCT UPPER(country) AS c FROM city ORDER BY c DESC', [['IT'], ['CH'], [null]]],
  ['SELECT country, COUNT(*) FROM city GROUP BY country HAVING COUNT(*) > 1', [['ch', 2]]],
  ['SELECT SUM(people), AVG(people), MIN(name), MAX(id) FROM city', [[430, 143, 'Atlantis', 4]]],
  ['SELECT COUNT(people), COUNT(DISTINCT country) FROM city', [[3, 2]]],
  [
    'SELECT country, SUM(people) FROM city GROUP BY ROLLUP(country) ORDER BY GROUPING(country), country',
    [
      [null, null],
      ['ch', 290],
      ['it', 140],
      [null, 430],
    ],
  ],
  [
    "SELECT STRING_AGG(name, '; ') WITHIN GROUP (ORDER BY name DESC) FROM city WHERE id < 3",
    [['Chur; Bern']],
  ],
  [
    'SELECT id, ROW_NUMBER() OVER (PARTITION BY country ORDER BY id DESC) FROM city WHERE id < 3 ORDER BY id',
    [
      [1, 2n],
      [2, 1n],
    ],
  ],
  [
    'SELECT id, SUM(people) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) FROM city WHERE id < 3',
    [
      [1, 250],
      [2, 290],
    ],
  ],
  ['SELECT LAG(id, 1, 0) OVER (ORDER BY id) FROM city WHERE id < 3', [[0], [1]]],
  [
    'SELECT a.id, b.id FROM city a LEFT JOIN city b ON b.id = a.id + 3 WHERE a.id < 3 ORDER BY a.id',
    [
      [1, 4],
      [2, null],
    ],
  ],
  [
    'SELECT c.id, x.n FROM city c CROSS APPLY (SELECT COUNT(*) AS n FROM city d WHERE d.id < c.id) x WHERE c.id < 3 ORDER BY c.id',
    [
      [1, 0],
      [2, 1],
    ],
  ],
  [
    'SELECT c.id, x.id FROM city c OUTER APPLY (SELECT TOP 1 id FROM city d WHERE d.id > c.id ORDER BY d.id) x WHERE c.id > 2 ORDER BY c.id',
    [
      [3, 4],
      [4, null],
    ],
  ],
  [
    "SELECT v.k, v.w FROM (VALUES (1, 'a'), (2, N'b')) AS v(k, w)",
    [
      [1, 'a'],
      [2, 'b'],
    ],
  ],
  ['WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT SUM(i) FROM n', [[10]]],
  ['WITH a AS (SELECT id FROM city), b AS (SELECT id FROM a WHERE id > 2) SELECT COUNT(*) FROM b', [[2]]],
  ["SELECT name FROM city WHERE id = 1 UNION SELECT 'BERN' UNION SELECT 'x' ORDER BY 1", [['Bern'], ['x']]],
  ['SELECT id FROM city EXCEPT SELECT 1 INTERSECT SELECT id FROM city ORDER BY id', [[2], [3], [4]]],
  ['SELECT 1 AS a UNION ALL SELECT 2.5 ORDER BY a DESC', [['2.5'], ['1.0']]],
  ['SELECT id FROM city WHERE id IN (1, 3) AND id NOT IN (SELECT 3)', [[1]]],
  ['SELECT id FROM city WHERE people >= ALL (SELECT people FROM city WHERE people IS NOT NULL)', [[1]]],
  [
    'SELECT id FROM city c WHERE EXISTS (SELECT * FROM city d WHERE d.id = c.id + 1) AND NOT id = 1 ORDER BY id',
    [[2], [3]],
  ],
  ["SELECT id FROM city WHERE name LIKE '[a-b]%' ORDER BY id", [[1], [4]]],
  ["SELECT id FROM city WHERE name LIKE '[^a-c]%'", [[3]]],
  ["SELECT 1 WHERE '50%' LIKE '50!%' ESCAPE '!' AND 'a_b' LIKE 'a[_]b' AND 'axb' NOT LIKE 'a[_]b'", [[1]]],
  ["SELECT 1 WHERE N'' = ' ' AND NULL IS NULL AND 'a' IS DISTINCT FROM NULL", [[1]]],
  ['SELECT (SELECT MAX(id) FROM city) - 1', [[3]]],
  [
    "SELECT value, ordinal FROM STRING_SPLIT('a,b', ',', 1)",
    [
      ['a', 1n],
      ['b', 2n],
    ],
  ],
  [
    'SELECT [key], value, type FROM OPENJSON(\'{"a":1,"b":"x"}\')',
    [
      ['a', '1', 2],
      ['b', 'x', 1],
    ],
  ],
  ['SELECT n, w FROM OPENJSON(\'[{"n":1,"o":{"w":"x"}}]\') WITH (n int, w varchar(5) \'$.o.w\')', [[1, 'x']]],
  [
    'SELECT id, name AS [n.a], people AS [n.p] FROM city WHERE id > 3 FOR JSON PATH',
    [['[{"id":4,"n":{"a":"Atlantis"}}]']],
  ],
  [
    "SELECT id FROM city WHERE id < 3 FOR JSON PATH, ROOT('r'), INCLUDE_NULL_VALUES",
    [['{"r":[{"id":1},{"id":2}]}']],
  ],
  [
    "SELECT STUFF((SELECT ',' + name FROM city WHERE id < 3 ORDER BY id FOR XML PATH('')), 1, 1, '')",
    [['Bern,Chur']],
  ],
  ['SELECT d.id FROM (SELECT TOP 1 id FROM city ORDER BY id DESC) AS d', [[4]]],
  ['SELECT app.dbo.city.id FROM app.dbo.city WHERE city.id = 1', [[1]]],
];

const refusals: [string, number, string][] = [
  ['SELECT nope FROM city', 207, "Invalid column name 'nope'."],
  ['SELECT x.id FROM city', 4104, 'The multi-part identifier "x.id" could not be bound.'],
  ['SELECT id FROM city a, city b', 209, "Ambiguous column name 'id'."],
  ['SELECT * FROM dbo.nosuch', 208, "Invalid object name 'dbo.nosuch'."],
  [
    'SELECT * FROM city a, city a',
    1011,
    "The correlation name 'a' is specified multiple times in a FROM clause.",
  ],
  [
    'SELECT name, COUNT(*) FROM city',
    8120,
    "Column 'city.name' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.",
  ],
  [
    'SELECT id FROM city WHERE COUNT(*) > 1',
    147,
    'An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING clause or a select list, and the column being aggregated is an outer reference.',
  ],
  [
    'SELECT DISTINCT name FROM city ORDER BY id',
    145,
    'ORDER BY items must appear in the select list if SELECT DISTINCT is specified.',
  ],
  [
    'SELECT id FROM city ORDER BY 2',
    108,
    'The ORDER BY position number 2 is out of range of the number of items in the select list.',
  ],
  [
    'SELECT 1 UNION SELECT 1, 2',
    205,
    'All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.',
  ],
  [
    'SELECT 1 WHERE 1 IN (SELECT 1, 2)',
    116,
    'Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.',
  ],
  [
    'SELECT (SELECT id FROM city)',
    512,
    'Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= or when the subquery is used as an expression.',
  ],
  [
    'SELECT * FROM (SELECT id FROM city ORDER BY id) d',
    1033,
    'The ORDER BY clause is invalid in views, inline functions, derived tables, subqueries, and common table expressions, unless TOP, OFFSET or FOR XML is also specified.',
  ],
  ['SELECT * FROM (SELECT 1) d', 8155, "No column name was specified for column 1 of 'd'."],
  [
    "WITH n AS (SELECT 1 AS i UNION ALL SELECT 'x' FROM n) SELECT * FROM n",
    240,
    'Types don\'t match between the anchor and the recursive part in column "i" of recursive query "n".',
  ],
  [
    'SELECT ROW_NUMBER() OVER (PARTITION BY id) FROM city',
    4112,
    "The function 'ROW_NUMBER' must have an OVER clause with ORDER BY.",
  ],
];

describe('queries', () => {
  let fixture: EngineFixture;
  let session: TestSession;
  beforeAll(async () => {
    fixture = await EngineFixture.start();
    session = await fixture.open();
    const { errors } =
      await session.run(`CREATE TABLE city (id int NOT NULL PRIMARY KEY, name nvarchar(20) NOT NULL, country char(2) NULL, people int NULL);
      INSERT city VALUES (1, 'Bern', 'ch', 250), (2, 'Chur', 'CH', 40), (3, 'Roma', 'it', 140), (4, 'Atlantis', NULL, NULL)`);
    assert.deepEqual(errors, []);
  });
  afterAll(() => fixture.stop());

  it.each(cases)('%s', async (text, rows) => {
    const { results, errors } = await session.run(text);
    assert.deepEqual(errors, []);
    assert.deepEqual(results.at(-1)?.rows, rows);
  });

  it.each(refusals)('%s: %i', async (text, number, message) => {
    const { errors } = await session.run(text);
    assert.deepEqual(
      errors.map((error) => [error.number, error.message]),
      [[number, message]],
    );
  });

  it('announces columns with type, nullability and identity', async () => {
    await session.run(
      'CREATE TABLE kinds (id bigint IDENTITY NOT NULL, d decimal(10,2) NULL, w datetime2(3) NOT NULL, x AS (id + 1))',
    );
    const { results } = await session.run(
      'SELECT * FROM kinds; SELECT k.d FROM city c LEFT JOIN kinds k ON 1 = 0',
    );
    assert.deepEqual(results[0]?.columns.map(showColumn), [
      'id bigint not null',
      'd decimal(10,2)',
      'w datetime2(3) not null',
      'x bigint',
    ]);
    assert.deepEqual(
      results[0].columns.map(({ identity, computed }) => [identity === true, computed === true]),
      [
        [true, false],
        [false, false],
        [false, false],
        [false, true],
      ],
    );
    assert.equal(results[1]?.columns[0]?.nullable, true);
  });
});

describe('rows encoded before', () => {
  it('are replayed for the texts that were asked for, and for no others', async () => {
    const fixture = await EngineFixture.start({ preEncode: (text) => text.startsWith('-- bench') });
    try {
      const session = await fixture.open();
      await session.run('CREATE TABLE n (i int); INSERT n VALUES (1), (2)');
      const first = await session.run('-- bench\nSELECT i FROM n');
      assert.deepEqual(first.counts, [2]);
      await session.run('INSERT n VALUES (3)');
      assert.deepEqual((await session.run('-- bench\nSELECT i FROM n')).counts, [2]);
      assert.deepEqual((await session.run('SELECT i FROM n')).counts, [3]);
    } finally {
      await fixture.stop();
    }
  });
});
