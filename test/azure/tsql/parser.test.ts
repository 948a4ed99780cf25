// The parser on what tables of golden trees do not show: spans, depth, the lexer's edges, and any text at all.
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'vitest';
import { SqlError } from '../contract.ts';
import {
  parseBatch,
  parseDataTypeText,
  parseExpressionList,
  parseExpressionText,
  parseParameterDefinitions,
  parsePredicateText,
} from './parser.ts';
import { reservedWords } from './reservedWords.ts';
import { shape } from './shape.ts';

const samples = [
  'SELECT TOP (5) a.b, [c d] AS e, (1 + 2) * 3 FROM dbo.t AS a\nJOIN (SELECT 1 x) b ON a.i = b.x\nWHERE (a.i > 1 OR b.x IN (1, 2))\nORDER BY 1',
  "CREATE TABLE t (\n id int IDENTITY(1,1),\n CONSTRAINT pk PRIMARY KEY (id DESC),\n n nvarchar(10) DEFAULT (N'x') CHECK (n <> N''),\n c AS (id + 1)\n)",
  'BEGIN TRY\n  INSERT t (a) OUTPUT inserted.id VALUES (1), (2);\nEND TRY\nBEGIN CATCH\n  IF @@TRANCOUNT > 0 ROLLBACK;\n  THROW;\nEND CATCH',
  'CREATE USER [a@b.c] FROM EXTERNAL PROVIDER;\nALTER ROLE db_datareader ADD MEMBER [a@b.c];\nGRANT SELECT (x) ON OBJECT::dbo.t TO [a@b.c]',
  "DECLARE @a int = 1, @s nvarchar(max) = N'é';\nEXEC sp_executesql @s, N'@p int', @p = @a;\nEXEC ('SELECT ' + @s)",
  'WITH c AS (SELECT 1 a UNION ALL SELECT a + 1 FROM c) SELECT CASE WHEN a = 1 THEN 2 END, ROW_NUMBER() OVER (ORDER BY a) FROM c;\nMERGE t USING c ON t.a = c.a WHEN MATCHED THEN DELETE;',
];

interface SpanLike {
  start: number;
  end: number;
  line: number;
}

function isSpan(value: object): value is SpanLike {
  return 'start' in value && 'end' in value && 'line' in value;
}

/** Every node lies inside its parent, begins at a token and says the line on which it begins. */
function checkSpans(text: string, value: unknown, outer: { start: number; end: number }): number {
  if (value === null || typeof value !== 'object') return 0;
  if (Array.isArray(value))
    return value.reduce<number>((sum, each) => sum + checkSpans(text, each, outer), 0);
  let inner = outer;
  let count = 0;
  if (isSpan(value)) {
    const own = text.slice(value.start, value.end);
    assert.ok(
      value.start >= outer.start && value.end <= outer.end && value.start <= value.end,
      `${own} lies outside`,
    );
    assert.equal(own, own.trim());
    assert.equal(value.line, text.slice(0, value.start).split('\n').length, own);
    inner = value;
    count = 1;
  }
  return Object.values(value).reduce<number>((sum, each) => sum + checkSpans(text, each, inner), count);
}

/** Parses or refuses; anything else fails the test. */
function parses(text: string): boolean {
  try {
    parseBatch(text);
    return true;
  } catch (error) {
    if (error instanceof SqlError) return false;
    throw error;
  }
}

function numberOf(text: string): number {
  try {
    parseBatch(text);
  } catch (error) {
    if (error instanceof SqlError) return error.detail.number;
    throw error;
  }
  return 0;
}

describe('positions', () => {
  it.each(samples)('are right throughout %s', (text) => {
    const batch = parseBatch(text);
    assert.ok(checkSpans(text, batch.statements, batch) > 10);
  });
});

describe('the lexer', () => {
  it('nests comments and knows line comments', () => {
    assert.equal(
      parseBatch('SELECT /* a /* b */ c */ 1 -- x\r\n, 2 -- y').statements.map(shape).join(),
      'select(query: query(body: selectBlock(items: [integer:1, integer:2])))',
    );
    assert.equal(parseBatch("-- only ' a comment").statements.length, 0);
    assert.equal(parseBatch('').statements.length, 0);
    assert.equal(parseBatch(' ;; ;').statements.length, 0);
  });

  it('reads "x" by QUOTED_IDENTIFIER', () => {
    assert.equal(shape(parseExpressionText('"a""b"')), '[a"b]');
    assert.equal(shape(parseExpressionText('"a""b"', { quotedIdentifier: false })), `'a"b'`);
    assert.equal(shape(parseExpressionText('"it\'s"', { quotedIdentifier: false })), "'it's'");
  });

  it('takes names in any script, and words in any case', () => {
    assert.equal(
      shape(parseExpressionText('größe + 名前 + _a#$@1 + #t.x')),
      'arithmetic(operator: + left: arithmetic(operator: + left: arithmetic(operator: + left: größe right: 名前) right: _a#$@1) right: #t.x)',
    );
    assert.equal(parseBatch('sElEcT 1 fRoM t').statements[0]?.kind, 'select');
  });

  it('takes comparisons with a blank inside', () => {
    assert.equal(
      shape(parsePredicateText('a < > b AND c ! = d AND e > = f')),
      'logical(operator: and left: logical(operator: and left: comparison(operator: <> left: a right: b) right: comparison(operator: <> left: c right: d)) right: comparison(operator: >= left: e right: f))',
    );
  });

  it('keeps reserved words out of names unless they are quoted', () => {
    for (const word of reservedWords) {
      assert.notEqual(numberOf(`SELECT 1 AS ${word}`), 0, word);
      assert.equal(numberOf(`SELECT 1 AS [${word}]`), 0, word);
    }
  });
});

describe('fragments', () => {
  it('reads the parameters of sp_executesql', () => {
    assert.equal(
      shape(
        parseParameterDefinitions(
          "@a int, @b nvarchar(10) = N'1' output, @c dbo.tt READONLY, @d decimal(10, 2) out",
        ),
      ),
      "[parameter(name: @a type: {name:int}), parameter(name: @b type: {name:nvarchar,length:10} default: N'1' output: true), parameter(name: @c type: dbo.tt readOnly: true), parameter(name: @d type: {name:decimal,precision:10,scale:2} output: true)]",
    );
    assert.deepEqual(parseParameterDefinitions('  '), []);
  });

  it('reads lists and types', () => {
    assert.equal(parseExpressionList("1, a, 'x'").length, 3);
    assert.deepEqual(parseDataTypeText('VARCHAR (max)').system, { name: 'varchar', length: -1 });
    assert.deepEqual(parseDataTypeText('sys.[int]').system, { name: 'int' });
    assert.deepEqual(parseDataTypeText('rowversion').system, { name: 'timestamp' });
    assert.equal(parseDataTypeText('dbo.int').system, undefined);
    assert.deepEqual(parseDataTypeText('datetime2(3)').system, { name: 'datetime2', scale: 3 });
    assert.deepEqual(parseDataTypeText('character varying(5)').system, { name: 'varchar', length: 5 });
  });
});

describe('size and depth', () => {
  const deep: [string, (levels: number) => string][] = [
    ['parentheses', (n) => `SELECT ${'('.repeat(n)}1${')'.repeat(n)}`],
    ['parentheses of conditions', (n) => `SELECT 1 WHERE ${'('.repeat(n)}1=1${')'.repeat(n)}`],
    ['signs', (n) => `SELECT ${'- '.repeat(n)}1`],
    ['NOT', (n) => `SELECT 1 WHERE ${'NOT '.repeat(n)}1=1`],
    ['CASE', (n) => `SELECT ${'CASE WHEN 1=1 THEN '.repeat(n)}1${' END'.repeat(n)}`],
    ['calls', (n) => `SELECT ${'f('.repeat(n)}1${')'.repeat(n)}`],
    ['subqueries', (n) => `SELECT ${'(SELECT '.repeat(n)}1${')'.repeat(n)}`],
    ['derived tables', (n) => `SELECT 1 FROM ${'(SELECT 1 a FROM '.repeat(n)}t${') x'.repeat(n)}`],
    ['joins', (n) => `SELECT 1 FROM ${'('.repeat(n)}t JOIN u ON 1=1${')'.repeat(n)}`],
    ['open joins', (n) => `SELECT 1 FROM t ${'JOIN u '.repeat(n)}`],
    ['queries', (n) => `${'('.repeat(n)}SELECT 1${')'.repeat(n)}`],
    ['blocks', (n) => `${'BEGIN '.repeat(n)}SELECT 1${' END'.repeat(n)}`],
    ['IF', (n) => `${'IF 1=1 '.repeat(n)}SELECT 1`],
    ['ELSE IF', (n) => `${'IF 1=1 SELECT 1 ELSE '.repeat(n)}SELECT 1`],
    ['additions', (n) => `SELECT 1${'+1'.repeat(n)}`],
    ['unions', (n) => `SELECT 1${' UNION ALL SELECT 1'.repeat(n)}`],
    ['cross joins', (n) => `SELECT 1 FROM t${' CROSS JOIN u'.repeat(n)}`],
    ['collations', (n) => `SELECT a${' COLLATE b'.repeat(n)}`],
  ];
  it.each(deep)('%s: a few are fine, tens of thousands are error 191', (_, text) => {
    assert.notEqual(numberOf(text(15)), 191);
    assert.equal(numberOf(text(20_000)), 191);
  });

  it('joins thousands of conditions in a shallow tree', () => {
    const text = Array.from({ length: 5000 }, (_, at) => `a = ${at}`).join(' OR ');
    const depth = (value: unknown): number =>
      value !== null && typeof value === 'object' ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0;
    const predicate = parsePredicateText(text);
    assert.ok(depth(predicate) < 30);
    assert.equal(shape(predicate).match(/integer:/g)?.length, 5000);
  });
});

describe('any text', () => {
  const words = fc.constantFrom(
    ...[...reservedWords].flatMap((word) => [word, ` ${word.toLowerCase()} `]),
    'a',
    '[b]',
    '"c"',
    '@d',
    '@@e',
    '#f',
    "'g'",
    "N'h'",
    '1',
    '1.5',
    '1e',
    '0xF',
    '$1',
    '(',
    ')',
    ',',
    '.',
    ';',
    ':',
    '::',
    '*',
    '=',
    '<',
    '>',
    '+',
    '-',
    '+=',
    "'",
    '[',
    '"',
    '/*',
    '*/',
    '--',
    '\n',
    'THROW',
    'TRY',
    'CATCH',
    'OUTPUT',
    'USING',
    'APPLY',
    'OFFSET',
    'MATCHED',
    'ROLE',
    'MEMBER',
    'PROVIDER',
    'TYPE',
    'SID',
    'nvarchar(10)',
    'int',
    'max',
    'ROWS',
    'NEXT',
    'JSON',
    'PATH',
    'GENERATED',
  );

  it('is parsed or refused', () => {
    let runs = 0;
    fc.assert(
      fc.property(fc.array(words, { maxLength: 40 }), (parts) => {
        parses(parts.join(' '));
        runs++;
      }),
      { numRuns: 5000 },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        parses(text);
        runs++;
      }),
      { numRuns: 2000 },
    );
    assert.equal(runs, 7000);
  });

  it('is parsed or refused when a good batch loses, gains or swaps some of its words', () => {
    const answers = new Set<boolean>();
    const pieces = samples.map((text) => text.split(/(\s+|(?<=[(),.;])|(?=[(),.;]))/));
    fc.assert(
      fc.property(
        fc.constantFrom(...pieces),
        fc.array(fc.tuple(fc.nat(), fc.option(words)), { minLength: 1, maxLength: 4 }),
        (sample, edits) => {
          const parts = [...sample];
          for (const [at, word] of edits)
            parts.splice(at % parts.length, word === null ? 1 : 0, ...(word === null ? [] : [word]));
          answers.add(parses(parts.join('')));
        },
      ),
      { numRuns: 5000 },
    );
    assert.ok(answers.has(true) && answers.has(false));
  });

  it('survives as the content of strings and names', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (value) => {
        const literal = parseExpressionText(`N'${value.replaceAll("'", "''")}'`);
        assert.ok(literal.kind === 'string' && literal.value === value && literal.national);
        if (value.length === 0 || value.length > 128) return;
        const column = parseExpressionText(`[${value.replaceAll(']', ']]')}]`);
        assert.ok(column.kind === 'column' && column.name.parts[0]?.name === value);
      }),
      { numRuns: 1000 },
    );
  });
});
