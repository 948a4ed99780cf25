// What the parser refuses, in the server's numbers, lines and words.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { SqlError, type SqlMessage } from '../contract.ts';
import { parseBatch, parseParameterDefinitions } from './parser.ts';

function errorOf(parse: () => unknown): SqlError {
  try {
    parse();
  } catch (error) {
    if (error instanceof SqlError) return error;
    throw error;
  }
  return assert.fail('the text was accepted');
}

function detailOf(text: string): SqlMessage {
  return errorOf(() => parseBatch(text)).detail;
}

const syntax: [text: string, number: number, line: number, message: string][] = [
  ['SELECT FROM t', 156, 1, "Incorrect syntax near the keyword 'FROM'."],
  ['SELECT *\nfrom', 102, 2, "Incorrect syntax near 'from'."],
  ['SELECT * FROM t WHERE', 102, 1, "Incorrect syntax near 'WHERE'."],
  ['SELECT a, FROM t', 156, 1, "Incorrect syntax near the keyword 'FROM'."],
  ['SELECT (1', 102, 1, "Incorrect syntax near '1'."],
  ['SELECT 1)', 102, 1, "Incorrect syntax near ')'."],
  ['SELECT 1 + ', 102, 1, "Incorrect syntax near '+'."],
  ['SELECT a > 1 FROM t', 102, 1, "Incorrect syntax near '>'."],
  ['SELECT ? FROM t', 102, 1, "Incorrect syntax near '?'."],
  ['SELECT 1 FROM (SELECT 2)', 102, 1, "Incorrect syntax near ')'."],
  ['SELECT 1;\nSELCT 2', 102, 2, "Incorrect syntax near 'SELCT'."],
  ['SELCT * FROM t', 102, 1, "Incorrect syntax near '*'."],
  ['SELECT TOP @n * FROM t', 102, 1, "Incorrect syntax near '@n'."],
  ['SELECT * FROM t WHERE a = 1 b', 102, 1, "Incorrect syntax near 'b'."],
  ["INSERT INTO t VALUES ('a' 'b')", 102, 1, "Incorrect syntax near 'b'."],
  ['INSERT INTO t (a) VALUES', 102, 1, "Incorrect syntax near 'VALUES'."],
  ['CREATE TABLE t (a int,', 102, 1, "Incorrect syntax near ','."],
  ['CREATE TABLE t AS SELECT 1 a', 156, 1, "Incorrect syntax near the keyword 'SELECT'."],
  ['CREATE TABLE order (a int)', 156, 1, "Incorrect syntax near the keyword 'order'."],
  ['UPDATE t WHERE a = 1', 156, 1, "Incorrect syntax near the keyword 'WHERE'."],
  ['DELETE * FROM t', 102, 1, "Incorrect syntax near '*'."],
  ['IF 1 = 1', 102, 1, "Incorrect syntax near '1'."],
  ['IF 1 = 1 BEGIN\nSELECT 1', 102, 2, "Incorrect syntax near '1'."],
  ['BEGIN END', 156, 1, "Incorrect syntax near the keyword 'END'."],
  ['END', 156, 1, "Incorrect syntax near the keyword 'END'."],
  ['BEGIN TRY SELECT 1 END TRY; BEGIN CATCH END CATCH', 102, 1, "Incorrect syntax near ';'."],
  ['EXEC p 1 + 2', 102, 1, "Incorrect syntax near '+'."],
  ['PRINT 1 THROW 50001, N, 1', 102, 1, "Incorrect syntax near 'THROW'."],
  ['DECLARE @a', 102, 1, "Incorrect syntax near '@a'."],
  ["EXEC ('a' + QUOTENAME('b'))", 102, 1, "Incorrect syntax near 'QUOTENAME'."],
  [
    'SELECT * FROM t WHERE a',
    4145,
    1,
    "An expression of non-boolean type specified in a context where a condition is expected, near 'a'.",
  ],
  [
    'SELECT * FROM t WHERE a ORDER BY 1',
    4145,
    1,
    "An expression of non-boolean type specified in a context where a condition is expected, near 'ORDER'.",
  ],
  [
    'IF @a PRINT 1',
    4145,
    1,
    "An expression of non-boolean type specified in a context where a condition is expected, near 'PRINT'.",
  ],
  ["SELECT 'abc", 105, 1, "Unclosed quotation mark after the character string 'abc'."],
  ["SELECT 1,\n 'it''s", 105, 2, "Unclosed quotation mark after the character string 'it's'."],
  ['SELECT [abc', 105, 1, "Unclosed quotation mark after the character string 'abc'."],
  ['SELECT 1 /* a /* b */', 113, 1, "Missing end comment mark '*/'."],
  [
    'SELECT 1 WITH x AS (SELECT 1) SELECT * FROM x',
    319,
    1,
    "Incorrect syntax near the keyword 'with'. If this statement is a common table expression, an xmlnamespaces clause or a change tracking context clause, the previous statement must be terminated with a semicolon.",
  ],
  [
    'SELECT * FROM t WITH x AS (SELECT 1) SELECT * FROM x',
    336,
    1,
    "Incorrect syntax near 'x'. If this is intended to be a common table expression, you need to explicitly terminate the previous statement with a semi-colon.",
  ],
  [
    'SELECT @a = 1, b FROM t',
    141,
    1,
    'A SELECT statement that assigns a value to a variable must not be combined with data-retrieval operations.',
  ],
  [
    'SELECT a.b.c.d.e.f FROM t',
    117,
    1,
    "The number name 'a.b.c.d.e.f' contains more than the maximum number of prefixes. The maximum is 4.",
  ],
  [
    'SELECT 1 FROM a.b.c.d.e',
    117,
    1,
    "The object name 'a.b.c.d.e' contains more than the maximum number of prefixes. The maximum is 3.",
  ],
  [
    'SELECT 123456789012345678901234567890123456789',
    1007,
    1,
    "The number '123456789012345678901234567890123456789' is out of the range for numeric representation (maximum precision 38).",
  ],
  ['SELECT DATEPART(dayy, a) FROM t', 155, 1, "'dayy' is not a recognized datepart option."],
  ["SELECT DATEADD('day', 1, a) FROM t", 1023, 1, 'Invalid parameter 1 specified for dateadd.'],
  [
    'SELECT * FROM t WITH (NOLOK)',
    321,
    1,
    '"NOLOK" is not a recognized table hints option. If it is intended as a parameter to a table-valued function or to the CHANGETABLE function, ensure that your database compatibility mode is set to 90.',
  ],
  ['SET NOCUNT ON', 195, 1, "'NOCUNT' is not a recognized SET option."],
  ['DECLARE @a varchar(0)', 1001, 1, 'Line 1: Length or precision specification 0 is invalid.'],
  [
    'INSERT t VALUES (1, 2), (3)',
    10709,
    1,
    'The number of columns for each row in a table value constructor must be the same.',
  ],
  [
    'MERGE t USING s ON 1 = 1 WHEN MATCHED THEN DELETE',
    10713,
    1,
    'A MERGE statement must be terminated by a semi-colon (;).',
  ],
  ['BREAK', 135, 1, 'Cannot use a BREAK statement outside the scope of a WHILE statement.'],
  ['CONTINUE', 136, 1, 'Cannot use a CONTINUE statement outside the scope of a WHILE statement.'],
  ['RETURN 1', 178, 1, 'A RETURN statement with a return value cannot be used in this context.'],
  ['GOTO x', 133, 1, "A GOTO statement references the label 'x' but the label has not been declared."],
  [
    'x: PRINT 1 X: PRINT 2',
    132,
    1,
    "The label 'X' has already been declared. Label names must be unique within a query batch or stored procedure.",
  ],
  [
    'SELECT 1; THROW',
    10704,
    1,
    'To rethrow an error, a THROW statement must be used inside a CATCH block. Insert the THROW statement inside a CATCH block, or add error parameters to the THROW statement.',
  ],
  [
    'SELECT 1\nCREATE PROC p AS SELECT 1',
    111,
    2,
    "'CREATE/ALTER PROCEDURE' must be the first statement in a query batch.",
  ],
  [
    'SELECT 1; CREATE VIEW v AS SELECT 1 a',
    111,
    1,
    "'CREATE VIEW' must be the first statement in a query batch.",
  ],
  ['IF 1 = 1 CREATE VIEW v AS SELECT 1 a', 156, 1, "Incorrect syntax near the keyword 'VIEW'."],
  ['IF 1 = 1 CREATE SCHEMA s', 156, 1, "Incorrect syntax near the keyword 'SCHEMA'."],
  ['CREATE VIEW v AS SELECT 1 a SELECT 2', 156, 1, "Incorrect syntax near the keyword 'SELECT'."],
  [
    'CREATE VIEW d.s.v AS SELECT 1 a',
    166,
    1,
    "'CREATE/ALTER VIEW' does not allow specifying the database name as a prefix to the object name.",
  ],
  ['SELECT 1 OPTION (RECOMPILE x)', 102, 1, "Incorrect syntax near 'x'."],
  ['SELECT 1 OPTION (MAXDOP many)', 102, 1, "Incorrect syntax near 'many'."],
  ["SELECT 1 OPTION (USE HINT ('FASTER'))", 10715, 1, "'FASTER' is not a valid hint."],
  [
    'CREATE TABLE t (a int) WITH (DATA_COMPRESSION = SOME)',
    156,
    1,
    "Incorrect syntax near the keyword 'SOME'.",
  ],
  [
    'CREATE TABEL t (a int)',
    343,
    1,
    "Unknown object type 'TABEL' used in a CREATE, DROP, or ALTER statement.",
  ],
];

const notOffered: [text: string, number: 40510 | 40517, what: string][] = [
  ["BACKUP DATABASE d TO DISK = 'x'", 40510, 'BACKUP DATABASE'],
  ["BULK INSERT t FROM 'x'", 40510, 'BULK INSERT'],
  ['SHUTDOWN', 40510, 'SHUTDOWN'],
  ['CREATE FULLTEXT CATALOG c', 40510, 'CREATE FULLTEXT CATALOG'],
  ["CREATE MASTER KEY ENCRYPTION BY PASSWORD = 'x'", 40510, 'CREATE MASTER KEY'],
  ['SELECT * FROM t TABLESAMPLE (10 PERCENT)', 40517, 'TABLESAMPLE'],
  ['SELECT * FROM t PIVOT (SUM(a) FOR b IN ([1])) p', 40517, 'PIVOT'],
  ["SELECT * FROM OPENROWSET(BULK 'x', SINGLE_CLOB) t", 40517, 'OPENROWSET'],
  ["EXEC ('SELECT 1') AT linked", 40517, 'AT'],
  ['EXEC p WITH RESULT SETS NONE', 40517, 'RESULT SETS'],
  ['CREATE TABLE t (a int) ON fg', 40517, 'FILEGROUP'],
  ['SELECT @x.value(1)', 40517, '@x.value'],
  ['BEGIN DISTRIBUTED TRAN', 40517, 'DISTRIBUTED'],
  ['CREATE PROC p WITH ENCRYPTION AS SELECT 1', 40517, 'ENCRYPTION'],
  ['SELECT 1 OPTION (QUERYTRACEON 4199)', 40517, 'QUERYTRACEON'],
  ['SELECT SUM(a) OVER w FROM t WINDOW w AS (ORDER BY b)', 40517, 'WINDOW'],
  ['CREATE USER u FROM CERTIFICATE c', 40517, 'CERTIFICATE'],
  ['ALTER DATABASE d SET QUERY_STORE (OPERATION_MODE = READ_ONLY)', 40517, 'QUERY_STORE'],
  ['CREATE TABLE t (a int SPARSE)', 40517, 'SPARSE'],
  ['CREATE TABLE t (a int PRIMARY KEY WITH (IGNORE_DUP_KEY = ON))', 40517, 'IGNORE_DUP_KEY'],
  ['CREATE UNIQUE INDEX i ON t (a) WITH (FILLFACTOR = 80, IGNORE_DUP_KEY = ON)', 40517, 'IGNORE_DUP_KEY'],
  ['CREATE STATISTICS s ON t (a)', 40517, 'STATISTICS'],
  ['DROP STATISTICS t.s', 40517, 'STATISTICS'],
  [
    'CREATE FUNCTION f (@a int) RETURNS int WITH RETURNS NULL ON NULL INPUT AS BEGIN RETURN 1 END',
    40517,
    'RETURNS',
  ],
  ['CREATE PROC p WITH SCHEMABINDING AS SELECT 1', 40517, 'SCHEMABINDING'],
  ["SELECT PARSE('1,5' AS decimal(5, 1) USING 'de-DE')", 40517, 'PARSE … USING'],
  ['CREATE USER u WITHOUT LOGIN WITH DEFAULT_LANGUAGE = German', 40517, 'DEFAULT_LANGUAGE'],
  ["SELECT 1 OPTION (USE PLAN N'x')", 40517, 'USE PLAN'],
  ["SELECT 1 OPTION (LABEL = 'x')", 40517, 'LABEL'],
];

describe('what is no T-SQL', () => {
  it.each(syntax)('%s', (text, number, line, message) => {
    const state = number === 1038 || number === 103 ? 4 : 1;
    assert.deepEqual(detailOf(text), { number, state, class: 15, message, line });
  });

  it.each(notOffered)('%s: not offered here', (text, number, what) => {
    const subject = number === 40510 ? 'Statement' : 'Keyword or statement option';
    assert.deepEqual(detailOf(text), {
      number,
      state: 1,
      class: 16,
      message: `${subject} '${what}' is not supported in this version of SQL Server.`,
      line: 1,
    });
  });

  it('refuses names of more than 128 characters with the first 128', () => {
    const long = 'é'.repeat(129);
    for (const text of [`SELECT ${long}`, `SELECT [${long}]`, `SELECT "${long}"`]) {
      const detail = detailOf(text);
      assert.equal(detail.number, 103);
      assert.equal(detail.state, 4);
      assert.equal(
        detail.message,
        `The identifier that starts with '${'é'.repeat(128)}' is too long. Maximum length is 128.`,
      );
    }
    assert.equal(parseBatch(`SELECT [${'é'.repeat(128)}]`).statements.length, 1);
    assert.equal(detailOf(`DECLARE @${'a'.repeat(128)} int`).number, 103);
  });

  it('refuses empty names', () => {
    for (const text of ['SELECT [] FROM t', 'SELECT 1 AS ""', "SELECT 1 AS ''"]) {
      assert.deepEqual([detailOf(text).number, detailOf(text).state], [1038, 4]);
    }
  });

  it('says first that a quotation mark is open when that leads to another error', () => {
    const error = errorOf(() => parseBatch("INSERT t VALUES ('abc"));
    assert.equal(error.detail.message, "Incorrect syntax near 'abc'.");
    assert.deepEqual(
      error.others.map((other) => other.number),
      [105],
    );
  });

  it('has no GO', () => {
    assert.deepEqual(
      [detailOf('SELECT 1;\nGO\nSELECT 2').message, detailOf('SELECT 1;\nGO\nSELECT 2').line],
      ["Incorrect syntax near 'GO'.", 2],
    );
    assert.equal(detailOf('CREATE TABLE t (a int)\nGO').message, "Incorrect syntax near 'GO'.");
    assert.equal(detailOf('SELECT 1 AS a\nGO').message, "Incorrect syntax near 'GO'.");
    // Alone it is the name of a procedure, behind a column without alias it is the alias: so does the server read it.
    assert.equal(parseBatch('GO').statements[0]?.kind, 'execute');
    assert.equal(parseBatch('SELECT 1\nGO').statements.length, 1);
  });

  it('takes at most 1000 rows in VALUES', () => {
    const rows = (count: number): string => `INSERT t VALUES ${Array(count).fill('(1)').join(',')}`;
    assert.equal(parseBatch(rows(1000)).statements.length, 1);
    assert.equal(detailOf(rows(1001)).number, 10738);
  });

  it('checks the parameters of sp_executesql', () => {
    assert.equal(errorOf(() => parseParameterDefinitions('@a int,')).detail.number, 102);
    assert.equal(
      errorOf(() => parseParameterDefinitions('a int')).detail.message,
      "Incorrect syntax near 'a'.",
    );
    assert.equal(
      errorOf(() => parseParameterDefinitions('@a int) SELECT 1')).detail.message,
      "Incorrect syntax near ')'.",
    );
  });
});
