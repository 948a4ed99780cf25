// Golden trees of queries and changes of rows.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { parseBatch } from './parser.ts';
import { shape } from './shape.ts';

const cases: [text: string, statements: string[]][] = [
  [
    "SELECT TOP (5) WITH TIES a AS x, [b c], 'q' = c, d 'lit', t.*, db..t.* FROM dbo.t AS t WITH (NOLOCK, INDEX(ix)) ORDER BY a DESC, b",
    [
      'select(query: query(body: selectBlock(top: top(count: integer:5 withTies: true) items: [expressionItem(expression: a alias: x), [b c], expressionItem(expression: c alias: [q]), expressionItem(expression: d alias: [lit]), star(qualifier: t), star(qualifier: db..t)] from: [table(name: dbo.t alias: t hints: [tableHint(name: NOLOCK), tableHint(name: INDEX arguments: [ix])])]) orderBy: [orderItem(expression: a descending: true), orderItem(expression: b)]))',
    ],
  ],
  [
    'SELECT DISTINCT TOP 10 PERCENT * INTO #x FROM t',
    [
      'select(query: query(body: selectBlock(distinct: true top: top(count: integer:10 percent: true) items: [star()] into: #x from: [t])))',
    ],
  ],
  [
    'SELECT a FROM t ORDER BY a OFFSET @o ROWS FETCH NEXT 10 ROWS ONLY',
    [
      'select(query: query(body: selectBlock(items: [a] from: [t]) orderBy: [orderItem(expression: a)] offset: @o fetch: integer:10))',
    ],
  ],
  [
    'SELECT 1 UNION ALL SELECT 2 EXCEPT SELECT 3 INTERSECT SELECT 4',
    [
      'select(query: query(body: setOperation(operator: except left: setOperation(operator: union all: true left: selectBlock(items: [integer:1]) right: selectBlock(items: [integer:2])) right: setOperation(operator: intersect left: selectBlock(items: [integer:3]) right: selectBlock(items: [integer:4])))))',
    ],
  ],
  [
    'WITH a (x) AS (SELECT 1), b AS (SELECT * FROM a) SELECT * FROM b OPTION (MAXRECURSION 10, RECOMPILE)',
    [
      'select(with: [commonTable(name: a columns: [x] query: query(body: selectBlock(items: [integer:1]))), commonTable(name: b query: query(body: selectBlock(items: [star()] from: [a])))] query: query(body: selectBlock(items: [star()] from: [b])) options: [MAXRECURSION 10, RECOMPILE])',
    ],
  ],
  [
    'SELECT n FROM t ORDER BY n OPTION (RECOMPILE) FOR JSON AUTO',
    [
      'select(query: query(body: selectBlock(items: [n] from: [t]) orderBy: [orderItem(expression: n)] forClause: forJson(mode: auto)) options: [RECOMPILE])',
    ],
  ],
  [
    'SELECT * FROM a JOIN b ON a.i = b.i LEFT OUTER JOIN c JOIN d ON 1=1 ON c.i = d.i CROSS APPLY f(a.x) AS g(y) OUTER APPLY (SELECT 1 z) h, e',
    [
      'select(query: query(body: selectBlock(items: [star()] from: [apply(outer: true left: apply(left: join(join: left left: join(join: inner left: a right: b on: comparison(operator: = left: a.i right: b.i)) right: join(join: inner left: c right: d on: comparison(operator: = left: integer:1 right: integer:1)) on: comparison(operator: = left: c.i right: d.i)) right: tableFunction(name: f arguments: [a.x] alias: g columns: [y])) right: derivedTable(query: query(body: selectBlock(items: [expressionItem(expression: integer:1 alias: z)])) alias: h)), e])))',
    ],
  ],
  [
    "SELECT * FROM (VALUES (1, N'a'), (2, NULL)) AS v(i, n)",
    [
      "select(query: query(body: selectBlock(items: [star()] from: [valuesTable(rows: [[integer:1, N'a'], [integer:2, null()]] alias: v columns: [i, n])])))",
    ],
  ],
  [
    "SELECT * FROM OPENJSON(@j, '$.a') WITH (id int '$.id', n nvarchar(max), o nvarchar(max) AS JSON) AS j",
    [
      "select(query: query(body: selectBlock(items: [star()] from: [tableFunction(name: OPENJSON arguments: [@j, '$.a'] alias: j schema: [openJsonColumn(name: id type: {name:int} path: $.id), openJsonColumn(name: n type: {name:nvarchar,length:-1}), openJsonColumn(name: o type: {name:nvarchar,length:-1} asJson: true)])])))",
    ],
  ],
  [
    'SELECT a, COUNT(*), COUNT(DISTINCT b) FROM t GROUP BY a, ROLLUP(b, (c, d)) HAVING COUNT(*) > 1',
    [
      'select(query: query(body: selectBlock(items: [a, call(name: COUNT star: true), call(name: COUNT arguments: [b] distinct: true)] from: [t] groupBy: [groupExpression(expression: a), rollup(elements: [[b], [c, d]])] having: comparison(operator: > left: call(name: COUNT star: true) right: integer:1))))',
    ],
  ],
  [
    'SELECT a FROM t GROUP BY GROUPING SETS ((a, b), (), CUBE(c))',
    [
      'select(query: query(body: selectBlock(items: [a] from: [t] groupBy: [groupingSets(sets: [[a, b], [], cube(elements: [[c]])])])))',
    ],
  ],
  [
    'SELECT a FROM t GROUP BY a, b WITH ROLLUP',
    ['select(query: query(body: selectBlock(items: [a] from: [t] groupBy: [rollup(elements: [[a], [b]])])))'],
  ],
  [
    'SELECT ROW_NUMBER() OVER (PARTITION BY a ORDER BY b DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING), LAG(x) IGNORE NULLS OVER (ORDER BY y) FROM t',
    [
      'select(query: query(body: selectBlock(items: [call(name: ROW_NUMBER over: window(partitionBy: [a] orderBy: [orderItem(expression: b descending: true)] frame: windowFrame(unit: rows from: unboundedPreceding() to: following(rows: integer:1)))), call(name: LAG arguments: [x] nullTreatment: ignore over: window(orderBy: [orderItem(expression: y)]))] from: [t])))',
    ],
  ],
  [
    "SELECT STRING_AGG(n, ',') WITHIN GROUP (ORDER BY n) FROM t FOR JSON PATH, ROOT('r'), INCLUDE_NULL_VALUES",
    [
      "select(query: query(body: selectBlock(items: [call(name: STRING_AGG arguments: [n, ','] withinGroup: [orderItem(expression: n)])] from: [t]) forClause: forJson(mode: path includeNullValues: true root: r)))",
    ],
  ],
  [
    "SELECT -a + b * c % d & 1 | ~e, 'x' + N'y' COLLATE Latin1_General_BIN, d AT TIME ZONE 'UTC' AT TIME ZONE @z",
    [
      "select(query: query(body: selectBlock(items: [arithmetic(operator: | left: arithmetic(operator: & left: arithmetic(operator: + left: unary(operator: - operand: a) right: arithmetic(operator: % left: arithmetic(operator: * left: b right: c) right: d)) right: integer:1) right: unary(operator: ~ operand: e)), arithmetic(operator: + left: 'x' right: collate(operand: N'y' collation: Latin1_General_BIN)), atTimeZone(operand: atTimeZone(operand: d zone: 'UTC') zone: @z)])))",
    ],
  ],
  [
    "SELECT CAST(a AS decimal(10, 2)), TRY_CONVERT(national char varying(5), b, 126), PARSE(c AS date USING 'en-US'), CONVERT(double precision, 1), CAST(x AS dbo.mytype)",
    [
      'select(query: query(body: selectBlock(items: [cast(operand: a type: {name:decimal,precision:10,scale:2}), convert(attempt: true type: {name:nvarchar,length:5} operand: b style: integer:126), parse(operand: c type: {name:date}), convert(type: {name:float} operand: integer:1), cast(operand: x type: dbo.mytype)])))',
    ],
  ],
  [
    "SELECT IIF(a > 1 OR b IS NULL, 1, 0), CASE x WHEN 1 THEN 'a' ELSE 'b' END, CASE WHEN NOT a BETWEEN 1 AND 2 THEN 1 END",
    [
      "select(query: query(body: selectBlock(items: [iif(condition: logical(operator: or left: comparison(operator: > left: a right: integer:1) right: isNull(operand: b)) then: integer:1 otherwise: integer:0), simpleCase(input: x branches: [{when: integer:1 then: 'a'}] otherwise: 'b'), searchedCase(branches: [{when: not(operand: between(operand: a low: integer:1 high: integer:2)) then: integer:1}])])))",
    ],
  ],
  [
    "SELECT DATEADD(day, 1, GETDATE()), TRIM(LEADING 'x' FROM y), TRIM(z), NEXT VALUE FOR dbo.s, JSON_OBJECT('a': 1, 'b': 2 ABSENT ON NULL), JSON_ARRAY(1, 2), CURRENT_TIMESTAMP, LEFT(a, 1), COALESCE(a, b)",
    [
      "select(query: query(body: selectBlock(items: [call(name: DATEADD arguments: [datePart(name: day), integer:1, call(name: GETDATE)]), trim(side: leading characters: 'x' operand: y), trim(side: both operand: z), nextValue(sequence: dbo.s), jsonObject(members: [{key: 'a' value: integer:1}, {key: 'b' value: integer:2}] absentOnNull: true), jsonArray(values: [integer:1, integer:2] absentOnNull: true), niladic(name: CURRENT_TIMESTAMP), call(name: LEFT arguments: [a, integer:1]), call(name: COALESCE arguments: [a, b])])))",
    ],
  ],
  [
    "SELECT * FROM t WHERE a IN (1, 2) AND b NOT IN (SELECT c FROM u) OR d LIKE 'x!%%' ESCAPE '!' AND EXISTS (SELECT 1) AND e >= ALL (SELECT 1) AND f IS NOT DISTINCT FROM g AND (h !< 1 AND (i) <> (1 + 1))",
    [
      "select(query: query(body: selectBlock(items: [star()] from: [t] where: logical(operator: or left: logical(operator: and left: inList(operand: a values: [integer:1, integer:2]) right: inQuery(negated: true operand: b query: query(body: selectBlock(items: [c] from: [u])))) right: logical(operator: and left: logical(operator: and left: logical(operator: and left: like(operand: d pattern: 'x!%%' escape: '!') right: exists(query: query(body: selectBlock(items: [integer:1])))) right: quantified(operator: >= quantifier: all left: e query: query(body: selectBlock(items: [integer:1])))) right: logical(operator: and left: isDistinctFrom(negated: true left: f right: g) right: logical(operator: and left: comparison(operator: >= left: h right: integer:1) right: comparison(operator: <> left: i right: arithmetic(operator: + left: integer:1 right: integer:1)))))))))",
    ],
  ],
  [
    'SELECT 1., .5, 1e3, 0x, 0xABC, $-1, £2.5, -9223372036854775808, @@ROWCOUNT, @a',
    [
      'select(query: query(body: selectBlock(items: [decimal:1., decimal:.5, float:1e3, binary(hex: ), binary(hex: 0ABC), arithmetic(operator: - left: money: right: integer:1), money:2.5, unary(operator: - operand: integer:9223372036854775808), @@ROWCOUNT, @a])))',
    ],
  ],
  [
    'SELECT * FROM dbo.h FOR SYSTEM_TIME AS OF @t AS x WHERE 1 = 1',
    [
      'select(query: query(body: selectBlock(items: [star()] from: [table(name: dbo.h alias: x systemTime: asOf(at: @t))] where: comparison(operator: = left: integer:1 right: integer:1))))',
    ],
  ],
  [
    'SELECT a = b, c FROM t',
    ['select(query: query(body: selectBlock(items: [expressionItem(expression: b alias: a), c] from: [t])))'],
  ],
  ['SELECT "a""b", [c]]d], [e"f]', ['select(query: query(body: selectBlock(items: [[a"b], [c]d], [e"f]])))']],
  [
    '((SELECT 1) UNION (SELECT 2)) ORDER BY 1',
    [
      'select(query: query(body: setOperation(operator: union left: selectBlock(items: [integer:1]) right: selectBlock(items: [integer:2])) orderBy: [orderItem(expression: integer:1)]))',
    ],
  ],
  [
    "INSERT INTO dbo.t WITH (TABLOCK) (a, [b]) OUTPUT inserted.id, inserted.* INTO @ids (i) OUTPUT inserted.a VALUES (1, DEFAULT), (@p, N'é')",
    [
      "insert(target: table(name: dbo.t hints: [tableHint(name: TABLOCK)]) columns: [a, [b]] output: [output(items: [inserted.id, star(qualifier: inserted)] into: {target: tableVariable(variable: @ids) columns: [i]}), output(items: [inserted.a])] source: values(rows: [[integer:1, default()], [@p, N'é']]))",
    ],
  ],
  ['INSERT t DEFAULT VALUES', ['insert(target: t source: defaultValues())']],
  [
    'INSERT TOP (3) INTO t SELECT * FROM u',
    [
      'insert(top: top(count: integer:3) target: t source: query(query: query(body: selectBlock(items: [star()] from: [u]))))',
    ],
  ],
  [
    'INSERT INTO t (a) EXEC dbo.p 1',
    [
      'insert(target: t columns: [a] source: execute(execute: execute(procedure: dbo.p arguments: [executeArgument(value: integer:1)])))',
    ],
  ],
  [
    'INSERT t (SELECT 1)',
    ['insert(target: t source: query(query: query(body: selectBlock(items: [integer:1]))))'],
  ],
  [
    'UPDATE TOP (1) x SET a = 1, x.b += 2, @v = c = c + 1, d = DEFAULT OUTPUT deleted.a, inserted.b FROM t AS x JOIN u ON x.i = u.i WHERE x.i = 3',
    [
      'update(top: top(count: integer:1) target: x set: [setClause(column: a operator: = expression: integer:1), setClause(column: x.b operator: += expression: integer:2), setClause(column: c variable: @v operator: = expression: arithmetic(operator: + left: c right: integer:1)), setClause(column: d operator: = expression: default())] output: [output(items: [deleted.a, inserted.b])] from: [join(join: inner left: table(name: t alias: x) right: u on: comparison(operator: = left: x.i right: u.i))] where: comparison(operator: = left: x.i right: integer:3))',
    ],
  ],
  [
    'DELETE FROM t WHERE a = 1',
    ['delete(target: t where: comparison(operator: = left: a right: integer:1))'],
  ],
  [
    'DELETE x FROM t x INNER JOIN u ON u.i = x.i',
    [
      'delete(target: x from: [join(join: inner left: table(name: t alias: x) right: u on: comparison(operator: = left: u.i right: x.i))])',
    ],
  ],
  [
    'WITH c AS (SELECT * FROM t) DELETE FROM c OUTPUT deleted.*',
    [
      'delete(with: [commonTable(name: c query: query(body: selectBlock(items: [star()] from: [t])))] target: c output: [output(items: [star(qualifier: deleted)])])',
    ],
  ],
  [
    'MERGE INTO t WITH (HOLDLOCK) AS a USING (SELECT 1 i) AS s ON a.i = s.i WHEN MATCHED AND s.i > 0 THEN UPDATE SET a.x = 1 WHEN NOT MATCHED BY TARGET THEN INSERT (i) VALUES (s.i) WHEN NOT MATCHED BY SOURCE THEN DELETE OUTPUT $action, inserted.i;',
    [
      'merge(target: table(name: t hints: [tableHint(name: HOLDLOCK)] alias: a) using: derivedTable(query: query(body: selectBlock(items: [expressionItem(expression: integer:1 alias: i)])) alias: s) on: comparison(operator: = left: a.i right: s.i) clauses: [mergeClause(match: matched condition: comparison(operator: > left: s.i right: integer:0) action: update(set: [setClause(column: a.x operator: = expression: integer:1)])), mergeClause(match: notMatchedByTarget action: insert(columns: [i] values: [s.i])), mergeClause(match: notMatchedBySource action: delete())] output: [output(items: [mergeAction(), inserted.i])])',
    ],
  ],
  ['TRUNCATE TABLE dbo.t', ['truncate(table: dbo.t)']],
  [
    "EXEC sp_rename 'a.b', N'c', 'COLUMN'",
    [
      "execute(procedure: sp_rename arguments: [executeArgument(value: 'a.b'), executeArgument(value: N'c'), executeArgument(value: 'COLUMN')])",
    ],
  ],
  [
    'EXECUTE @r = dbo.p @a = 1, @b = @x OUTPUT, @c = DEFAULT, @d = -5, @e = word',
    [
      "execute(status: @r procedure: dbo.p arguments: [executeArgument(name: @a value: integer:1), executeArgument(name: @b value: @x output: true), executeArgument(name: @c value: default()), executeArgument(name: @d value: unary(operator: - operand: integer:5)), executeArgument(name: @e value: N'word')])",
    ],
  ],
  ["EXEC ('SELECT ' + @x + N' 1')", ["executeText(parts: ['SELECT ', @x, N' 1'])"]],
  ['sp_who active', ["execute(procedure: sp_who arguments: [executeArgument(value: N'active')])"]],
  [
    'EXEC @p NULL WITH RECOMPILE',
    ['execute(procedure: @p arguments: [executeArgument(value: null())] options: [RECOMPILE])'],
  ],
];

describe('the parser: queries and changes of rows', () => {
  it.each(cases)('%s', (text, statements) => {
    assert.deepEqual(parseBatch(text).statements.map(shape), statements);
  });
});
