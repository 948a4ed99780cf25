// T-SQL's types: what expressions are announced as, and what they are worth.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { SqlValue } from '../../contract.ts';
import { EngineFixture, showColumn } from '../interpreter/engineFixture.ts';
import type { TestSession } from '../interpreter/engineFixture.ts';

/** Expression, its announced type, its value. */
const cases: [string, string, SqlValue][] = [
  ['1', 'int not null', 1],
  ['2147483648', 'numeric(10,0) not null', '2147483648'],
  ['0.50', 'numeric(2,2) not null', '0.50'],
  ['1e3', 'float not null', 1000],
  ['$5.5', 'money not null', '5.5000'],
  ["''", 'varchar(1) not null', ''],
  ["'abc'", 'varchar(3) not null', 'abc'],
  ["N'abc'", 'nvarchar(3) not null', 'abc'],
  ["'Ж'", 'varchar(1) not null', '?'],
  ['0x4142', 'varbinary(2) not null', Buffer.from('AB')],
  ['7 / 2', 'int not null', 3],
  ['-7 / 2', 'int not null', -3],
  ['-7 % 3', 'int not null', -1],
  ['10 / 3.0', 'numeric(9,6) not null', '3.333333'],
  ['2 / 3.0', 'numeric(8,6) not null', '0.666666'],
  ['CAST(2 AS decimal(10,4)) * CAST(3 AS decimal(5,2))', 'decimal(16,6) not null', '6.000000'],
  ['CAST(1 AS decimal(38,10)) * CAST(1 AS decimal(38,10))', 'decimal(38,6) not null', '1.000000'],
  ['CAST(1 AS tinyint) + CAST(2 AS smallint)', 'smallint not null', 3],
  ['CAST(1 AS bigint) + 1', 'bigint not null', 2n],
  ["'5' + 1", 'int not null', 6],
  ["'a' + 'bc'", 'varchar(3) not null', 'abc'],
  ["'a' + N'bc'", 'nvarchar(3) not null', 'abc'],
  ["N'a' || 'b'", 'nvarchar(2) not null', 'ab'],
  ['1 + NULL', 'int', null],
  ['5 & 3', 'int not null', 1],
  ['5 ^ 1', 'int not null', 4],
  ['~5', 'int not null', -6],
  ['CASE WHEN 1 = 1 THEN 1 ELSE 2.5 END', 'numeric(2,1) not null', '1.0'],
  ["CASE WHEN 1 = 2 THEN 'a' END", 'varchar(1)', null],
  ["IIF('a' = 'A ', 'equal', N'different')", 'nvarchar(9) not null', 'equal'],
  ['COALESCE(NULL, 1, 2.5)', 'numeric(2,1) not null', '1.0'],
  ["ISNULL(CAST(NULL AS varchar(2)), 'abc')", 'varchar(2) not null', 'ab'],
  ['NULLIF(1, 1)', 'int', null],
  ["CHOOSE(2, 'a', 'bb')", 'varchar(2)', 'bb'],
  ["CAST('2024-02-03' AS date)", 'date not null', '2024-02-03'],
  ["CAST('2024-02-03 10:20:30.123' AS datetime)", 'datetime not null', '2024-02-03 10:20:30.123'],
  ["CAST('12:34:56.5' AS time(1))", 'time(1) not null', '12:34:56.5'],
  ["CAST('x' AS char(3)) + '|'", 'varchar(4) not null', 'x  |'],
  ["TRY_CAST('x' AS int)", 'int', null],
  ["CONVERT(varchar(10), CAST('2024-02-03' AS date), 120)", 'varchar(10) not null', '2024-02-03'],
  ['CONVERT(varchar(30), 0x4142, 1)', 'varchar(30) not null', '0x4142'],
  [
    "CAST('2ff8edf0-dccb-4148-a649-2c1154e1e129' AS uniqueidentifier)",
    'uniqueidentifier not null',
    '2FF8EDF0-DCCB-4148-A649-2C1154E1E129',
  ],
  [
    "CAST(CAST('2ff8edf0-dccb-4148-a649-2c1154e1e129' AS uniqueidentifier) AS varbinary(16))",
    'varbinary(16) not null',
    Buffer.from('F0EDF82FCBDC4841A6492C1154E1E129', 'hex'),
  ],
  ["LEN('abc  ')", 'int not null', 3],
  ["LEN(N'😀')", 'int not null', 2],
  ["DATALENGTH(N'abc ')", 'int not null', 8],
  ["SUBSTRING('hello', 2, 3)", 'varchar(3) not null', 'ell'],
  ["LEFT(N'hello', 2)", 'nvarchar(2) not null', 'he'],
  ["RIGHT('hello', 2)", 'varchar(2) not null', 'lo'],
  ["UPPER('é')", 'varchar(1) not null', 'É'],
  ["CHARINDEX('L', 'hello')", 'int not null', 3],
  ["CHARINDEX('l', 'hello', 4)", 'int not null', 4],
  ["PATINDEX('%l[lm]%', 'hello')", 'int not null', 3],
  ["REPLACE('AbcaBC', 'B', 'x')", 'varchar(8000)', 'AxcaxC'],
  ["STUFF('abc', 2, 1, 'ZZ')", 'varchar(8000)', 'aZZc'],
  ["REPLICATE('ab', 3)", 'varchar(6)', 'ababab'],
  ["QUOTENAME('a]b')", 'nvarchar(258)', '[a]]b]'],
  ["CONCAT('a', 1)", 'varchar(13) not null', 'a1'],
  ["CONCAT_WS('-', 'a', NULL, 'b')", 'varchar(3) not null', 'a-b'],
  ["TRIM('  x ')", 'varchar(4) not null', 'x'],
  ["TRANSLATE('2*[3]', '[]', '()')", 'varchar(5) not null', '2*(3)'],
  ["FORMAT(1234.5, 'N2')", 'nvarchar(4000)', '1,234.50'],
  ["FORMAT(CAST('2024-02-03' AS date), 'yyyy-MM-dd')", 'nvarchar(4000)', '2024-02-03'],
  ["ASCII('A')", 'int', 65],
  ['CHAR(65)', 'char(1)', 'A'],
  ['NCHAR(8364)', 'nchar(1)', '€'],
  ["UNICODE(N'€')", 'int', 8364],
  ["CONVERT(varchar(32), HASHBYTES('MD5', 'a'), 2)", 'varchar(32)', '0CC175B9C0F1B6A831C399E269772661'],
  [
    "CONVERT(varchar(64), HASHBYTES('SHA2_256', N'a'), 2)",
    'varchar(64)',
    'FFE9AAEAA2A2D5048174DF0B80599EF0197EC024C4B051BC9860CFF58EF7F9F3',
  ],
  ["DATEADD(month, 1, CAST('2024-01-31' AS date))", 'date', '2024-02-29'],
  ["DATEDIFF(year, '2023-12-31', '2024-01-01')", 'int not null', 1],
  ["DATEDIFF(week, '2024-01-06', '2024-01-07')", 'int not null', 1],
  ["DATEDIFF_BIG(second, '2024-01-01', '2024-01-02')", 'bigint not null', 86400n],
  ["DATEPART(weekday, '2024-01-07')", 'int not null', 1],
  ["DATEPART(iso_week, '2024-01-01')", 'int not null', 1],
  ["DATENAME(month, '2024-02-01')", 'nvarchar(30) not null', 'February'],
  ["EOMONTH('2024-02-10')", 'date', '2024-02-29'],
  ['DATEFROMPARTS(2024, 2, 3)', 'date not null', '2024-02-03'],
  [
    "DATETRUNC(month, CAST('2024-02-15 10:00' AS datetime2(0)))",
    'datetime2(0) not null',
    '2024-02-01 00:00:00',
  ],
  ["ISDATE('2024-02-30')", 'int not null', 0],
  [
    "SWITCHOFFSET(CAST('2024-01-01 10:00 +00:00' AS datetimeoffset(0)), '+02:00')",
    'datetimeoffset(0) not null',
    '2024-01-01 12:00:00 +02:00',
  ],
  [
    "CAST('2024-07-01 12:00' AS datetime2(0)) AT TIME ZONE 'W. Europe Standard Time'",
    'datetimeoffset(0) not null',
    '2024-07-01 12:00:00 +02:00',
  ],
  ['ABS(-5)', 'int not null', 5],
  ['CEILING(1.2)', 'numeric(2,0) not null', '2'],
  ['ROUND(2.567, 2)', 'numeric(4,3)', '2.570'],
  ['POWER(2, 10)', 'int not null', 1024],
  ['SQRT(16)', 'float not null', 4],
  ['SIGN(-2)', 'int not null', -1],
  ["ISNUMERIC('1e5')", 'int not null', 1],
  ['JSON_VALUE(\'{"a":{"b":"x"}}\', \'$.a.b\')', 'nvarchar(4000)', 'x'],
  ['JSON_QUERY(\'{"a":{"b":1}}\', \'$.a\')', 'nvarchar(max)', '{"b":1}'],
  ["ISJSON('[1]')", 'int not null', 1],
  ["JSON_MODIFY('{\"a\":1}', '$.a', 2)", 'nvarchar(max)', '{"a":2}'],
  ['@@TRANCOUNT', 'int not null', 0],
  ['XACT_STATE()', 'smallint', 0],
  ['APP_NAME()', 'nvarchar(128)', 'test'],
];

/** Batch and the error's number and text. */
const refusals: [string, number, string][] = [
  [
    "SELECT CAST('x' AS int)",
    245,
    "Conversion failed when converting the varchar value 'x' to data type int.",
  ],
  ["SELECT 'abc' + 1", 245, "Conversion failed when converting the varchar value 'abc' to data type int."],
  ['SELECT 1 / 0', 8134, 'Divide by zero error encountered.'],
  ['SELECT CAST(300 AS tinyint)', 220, 'Arithmetic overflow error for data type tinyint, value = 300.'],
  [
    "SELECT CAST('2024-13-01' AS date)",
    241,
    'Conversion failed when converting date and/or time from character string.',
  ],
  ['SELECT CAST(GETDATE() AS date) + 1', 206, 'Operand type clash: date is incompatible with int'],
  ['SELECT CAST(1 AS bit) + CAST(1 AS bit)', 8117, 'Operand data type bit is invalid for add operator.'],
  ["SELECT 'a' - 'b'", 8117, 'Operand data type varchar is invalid for subtract operator.'],
  [
    'SELECT NULLIF(NULL, 1)',
    4151,
    'The type of the first argument to NULLIF cannot be the NULL constant because the type of the first argument has to be known.',
  ],
  ['SELECT nosuch(1)', 195, "'nosuch' is not a recognized built-in function name."],
  ['SELECT LEN()', 174, 'The len function requires 1 argument(s).'],
  [
    'SELECT CAST(1 AS varchar(9000))',
    131,
    "The size (9000) given to the type 'varchar' exceeds the maximum allowed (8000).",
  ],
  ['SELECT @x', 137, 'Must declare the scalar variable "@x".'],
  [
    'DECLARE @x int; DECLARE @x int',
    134,
    "The variable name '@x' has already been declared. Variable names must be unique within a query batch or stored procedure.",
  ],
];

describe('expressions', () => {
  let fixture: EngineFixture;
  let session: TestSession;
  beforeAll(async () => {
    fixture = await EngineFixture.start();
    session = await fixture.open();
  });
  afterAll(() => fixture.stop());

  it.each(cases)('%s is %s', async (expression, type, value) => {
    const { results, errors } = await session.run(`SELECT ${expression}`);
    assert.deepEqual(errors, []);
    const [result] = results;
    assert.deepEqual(result?.columns.map(showColumn), [type]);
    assert.deepEqual(result?.rows, [[value]]);
  });

  it.each(refusals)('%s is refused with %i', async (text, number, message) => {
    const { errors } = await session.run(text);
    assert.deepEqual(
      errors.map((error) => [error.number, error.message]),
      [[number, message]],
    );
  });

  it('counts lines within the batch', async () => {
    const { errors } = await session.run("SELECT 1;\n\nSELECT CAST('x' AS int)");
    assert.equal(errors[0]?.line, 3);
  });
});
