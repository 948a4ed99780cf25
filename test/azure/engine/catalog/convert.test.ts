// Conversions and assignments on the real engine: values, and the server's errors in its own words.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { SqlType } from '../../contract.ts';
import { Cluster } from '../postgres/cluster.ts';
import type { PgConnection } from '../postgres/connection.ts';
import { PgError } from '../postgres/pgError.ts';
import { toCodePage } from './codePage.ts';
import { assignSql, castSql } from './convert.ts';
import { storage } from './storage.ts';
import { decoder, encodeParameter } from './values.ts';

let cluster: Cluster;
let connection: PgConnection;

beforeAll(async () => {
  cluster = await Cluster.start();
  connection = await cluster.connect('master');
});

afterAll(async () => {
  await connection.close();
  await cluster.stop();
});

function type(text: string): SqlType {
  const [, name = '', first, second] = /^(\w+)(?:\((max|\d+)(?:,(\d+))?\))?$/u.exec(text) ?? [];
  const size = first === 'max' ? -1 : Number(first);
  if (first === undefined) return { name: name as SqlType['name'] };
  if (name === 'decimal') return { name, precision: size, scale: Number(second ?? 0) };
  if (['time', 'datetime2', 'datetimeoffset'].includes(name))
    return { name: name as SqlType['name'], scale: size };
  return { name: name as SqlType['name'], length: size };
}

/** A value as the engine holds it, through the conversion, as a client would get it. */
async function convert(
  value: string | boolean | Uint8Array | null,
  from: string,
  to: string,
  style?: string,
  attempt = false,
) {
  const source = type(from);
  const target = type(to);
  const sql = castSql(`$1::${storage.pgType(source)}`, source, target, {
    ...(style === undefined ? {} : { style }),
    attempt,
  });
  let result: unknown;
  await connection.stream(`SELECT ${sql}`, [encodeParameter(source, value)], {
    onRow: ([text]) => {
      result = text === null || text === undefined ? null : (decoder(target)?.(text) ?? text);
      return undefined;
    },
  });
  return result;
}

const values: [
  value: string | boolean | Uint8Array,
  from: string,
  to: string,
  style: string | undefined,
  expected: unknown,
][] = [
  ['  12 ', 'varchar(10)', 'int', undefined, 12],
  ['', 'varchar(10)', 'int', undefined, 0],
  ['1.555', 'decimal(10,3)', 'decimal(5,2)', undefined, '1.56'],
  ['-5.7', 'decimal(10,1)', 'int', undefined, -5],
  ['5.5', 'money', 'int', undefined, 6],
  ['3.99', 'float', 'int', undefined, 3],
  ['$1,234.567', 'varchar(20)', 'money', undefined, '1234.5670'],
  ['TRUE', 'varchar(5)', 'bit', undefined, true],
  ['7', 'int', 'bit', undefined, true],
  ['1234567', 'float', 'varchar(30)', undefined, '1.23457e+006'],
  ['0.1', 'float', 'varchar(30)', undefined, '0.1'],
  ['1234567.5', 'money', 'varchar(30)', '1', '1,234,567.50'],
  ['12345', 'int', 'varchar(3)', undefined, '*'],
  ['abc', 'varchar(3)', 'char(5)', undefined, 'abc  '],
  ['abcdef', 'nvarchar(10)', 'nvarchar(3)', undefined, 'abc'],
  ['a😀b', 'nvarchar(10)', 'nvarchar(3)', undefined, 'a😀'],
  ['Ā😀é€', 'nvarchar(10)', 'varchar(10)', undefined, '???é€'],
  ['abc', 'varchar(3)', 'varbinary(10)', undefined, Buffer.from('abc')],
  ['a€', 'nvarchar(3)', 'varbinary(10)', undefined, Buffer.from([0x61, 0, 0xac, 0x20])],
  ['0x0aFF', 'varchar(10)', 'varbinary(10)', '1', Buffer.from([0x0a, 0xff])],
  [new Uint8Array([0x0a, 0xff]), 'varbinary(2)', 'varchar(10)', '1', '0x0AFF'],
  [new Uint8Array([0x0a, 0xff]), 'varbinary(2)', 'varchar(10)', '2', '0AFF'],
  ['258', 'int', 'binary(3)', undefined, Buffer.from([0, 1, 2])],
  [new Uint8Array([1, 2]), 'varbinary(2)', 'int', undefined, 258],
  [
    '2ff8edf0-dccb-4148-a649-2c1154e1e129',
    'uniqueidentifier',
    'varbinary(16)',
    undefined,
    Buffer.from('F0EDF82FCBDC4841A6492C1154E1E129', 'hex'),
  ],
  [
    Buffer.from('F0EDF82FCBDC4841A6492C1154E1E129', 'hex'),
    'varbinary(16)',
    'uniqueidentifier',
    undefined,
    '2FF8EDF0-DCCB-4148-A649-2C1154E1E129',
  ],
  ['2024-02-03 14:05:06.123', 'datetime', 'varchar(30)', undefined, 'Feb  3 2024  2:05PM'],
  ['2024-02-03 14:05:06.123', 'datetime', 'varchar(30)', '101', '02/03/2024'],
  ['2024-02-03 14:05:06.123', 'datetime', 'varchar(30)', '103', '03/02/2024'],
  ['2024-02-03 14:05:06.123', 'datetime', 'varchar(30)', '112', '20240203'],
  ['2024-02-03 14:05:06.123', 'datetime', 'varchar(30)', '109', 'Feb  3 2024  2:05:06:123PM'],
  ['2024-02-03 14:05:06.123', 'datetime', 'varchar(30)', '114', '14:05:06:123'],
  ['2024-02-03 14:05:06.123', 'datetime', 'varchar(30)', '120', '2024-02-03 14:05:06'],
  ['2024-02-03 14:05:06.123', 'datetime', 'varchar(30)', '126', '2024-02-03T14:05:06.123'],
  ['2024-02-03 14:05:06.5', 'datetime2(7)', 'varchar(30)', undefined, '2024-02-03 14:05:06.5000000'],
  ['2024-02-03', 'date', 'varchar(30)', undefined, '2024-02-03'],
  ['2024-02-03 14:05:06 +05:30', 'datetimeoffset(0)', 'varchar(40)', undefined, '2024-02-03 14:05:06 +05:30'],
  ['2024-02-03 14:05:06 +05:30', 'datetimeoffset(0)', 'varchar(40)', '127', '2024-02-03T08:35:06Z'],
  ['03/02/2024', 'varchar(10)', 'date', '103', '2024-02-03'],
  ['Feb  3 2024  2:05PM', 'varchar(30)', 'datetime', undefined, '2024-02-03 14:05:00'],
  [
    '2024-02-03T14:05:06.1234567Z',
    'varchar(40)',
    'datetimeoffset(7)',
    undefined,
    '2024-02-03 14:05:06.1234567 +00:00',
  ],
  ['2024-01-01 00:00:00.002', 'datetime2(3)', 'datetime', undefined, '2024-01-01 00:00:00.003'],
  ['2024-01-01 12:00:30', 'datetime2(3)', 'smalldatetime', undefined, '2024-01-01 12:01:00'],
  ['1.5', 'float', 'datetime', undefined, '1900-01-02 12:00:00'],
];

describe('CAST and CONVERT', () => {
  for (const [value, from, to, style, expected] of values) {
    it(`${typeof value === 'object' ? 'bytes' : String(value)} ${from} -> ${to}${style === undefined ? '' : ` style ${style}`}`, async () => {
      assert.deepEqual(await convert(value, from, to, style), expected);
    });
  }
});

const failures: [value: string, from: string, to: string, number: number, message: string][] = [
  [
    '12x',
    'varchar(5)',
    'int',
    245,
    "Conversion failed when converting the varchar value '12x' to data type int.",
  ],
  [
    '99999999999',
    'nvarchar(20)',
    'int',
    248,
    "The conversion of the nvarchar value '99999999999' overflowed an int column.",
  ],
  [
    '300',
    'varchar(5)',
    'tinyint',
    244,
    "The conversion of the varchar value '300' overflowed an INT1 column. Use a larger integer column.",
  ],
  ['x', 'varchar(5)', 'bigint', 8114, 'Error converting data type varchar to bigint.'],
  ['300', 'int', 'tinyint', 220, 'Arithmetic overflow error for data type tinyint, value = 300.'],
  ['3000000000', 'bigint', 'int', 8115, 'Arithmetic overflow error converting expression to data type int.'],
  ['x', 'varchar(5)', 'decimal(5,2)', 8114, 'Error converting data type varchar to numeric.'],
  ['1000', 'int', 'decimal(5,2)', 8115, 'Arithmetic overflow error converting int to data type numeric.'],
  [
    'x',
    'varchar(5)',
    'money',
    235,
    'Cannot convert a char value to money. The char value has incorrect syntax.',
  ],
  [
    'x',
    'varchar(5)',
    'datetime',
    241,
    'Conversion failed when converting date and/or time from character string.',
  ],
  [
    '2024-02-30',
    'varchar(10)',
    'datetime',
    242,
    'The conversion of a varchar data type to a datetime data type resulted in an out-of-range value.',
  ],
  [
    'x',
    'varchar(5)',
    'uniqueidentifier',
    8169,
    'Conversion failed when converting from a character string to uniqueidentifier.',
  ],
  [
    '12345',
    'int',
    'nvarchar(3)',
    8115,
    'Arithmetic overflow error converting expression to data type nvarchar.',
  ],
];

describe('what cannot be converted', () => {
  for (const [value, from, to, number, message] of failures) {
    it(`${value} ${from} -> ${to}: ${String(number)}, and NULL for TRY_`, async () => {
      await assert.rejects(
        convert(value, from, to),
        (error) => error instanceof PgError && error.sql?.number === number && error.message === message,
      );
      assert.equal(await convert(value, from, to, undefined, true), null);
    });
  }
});

describe('assignment to a column', () => {
  const assign = async (value: string, from: string, to: string): Promise<unknown> => {
    const sql = assignSql(`$1::${storage.pgType(type(from))}`, type(from), type(to), {
      table: 'db.dbo.t',
      column: 'c',
    });
    return (await connection.query(`SELECT (${sql})::text AS v`, [value])).rows[0]?.['v'];
  };
  const tooLong = (cut: string) => (error: unknown) =>
    error instanceof PgError &&
    error.sql?.number === 2628 &&
    error.message ===
      `String or binary data would be truncated in table 'db.dbo.t', column 'c'. Truncated value: '${cut}'.`;

  it('refuses what is too long and shows what would be left', async () => {
    await assert.rejects(assign('abcdef', 'varchar(10)', 'varchar(3)'), tooLong('abc'));
  });
  it('counts UTF-16 units for nvarchar', async () => {
    assert.equal(await assign('😀😀', 'nvarchar(10)', 'nvarchar(4)'), '😀😀');
    await assert.rejects(assign('😀😀', 'nvarchar(10)', 'nvarchar(3)'), tooLong('😀'));
  });
  it('drops trailing blanks that do not fit, and keeps those that do', async () => {
    assert.equal(await assign('ab    ', 'varchar(10)', 'varchar(3)'), 'ab ');
    assert.equal(await assign('ab ', 'varchar(10)', 'varchar(5)'), 'ab ');
  });
  it('loses to ? what the code page of varchar lacks', async () => {
    assert.equal(await assign('日本é', 'nvarchar(10)', 'varchar(5)'), '??é');
    assert.equal(toCodePage('日本é€😀'), '??é€??');
  });
  it('pads char', async () => {
    assert.equal(await assign('é', 'nvarchar(10)', 'char(3)'), 'é  ');
  });
});

describe('values no text of PostgreSQL can hold', () => {
  it('keep NUL, beside the picture of NUL', async () => {
    assert.equal(await convert('a\u0000b\u2400', 'nvarchar(10)', 'nvarchar(max)'), 'a\u0000b\u2400');
    assert.deepEqual(await convert('a\u0000', 'varchar(10)', 'varbinary(10)'), Buffer.from([0x61, 0]));
    assert.equal(await convert(new Uint8Array([0x61, 0]), 'varbinary(2)', 'varchar(10)'), 'a\u0000');
  });
});

describe('comparison', () => {
  const answer = async (sql: string): Promise<unknown> =>
    (await connection.query(`SELECT ${sql} AS v`)).rows[0]?.['v'];
  const text: SqlType = { name: 'varchar', length: 10 };
  it('ignores case and trailing blanks and minds accents', async () => {
    const equal = (a: string, b: string): Promise<unknown> =>
      answer(`${storage.comparable(`'${a}'::text`, text)} = ${storage.comparable(`'${b}'::text`, text)}`);
    assert.equal(await equal('Abc  ', 'aBC'), true);
    assert.equal(await equal('ÄÖ', 'äö'), true);
    assert.equal(await equal('é', 'e'), false);
    assert.equal(await equal(' a', 'a'), false);
  });
  it('finds patterns with sets, escapes and wildcards without case', async () => {
    const like = (value: string, pattern: string, escape?: string): Promise<unknown> =>
      answer(
        storage.like(
          `'${value}'::text`,
          `'${pattern}'::text`,
          escape === undefined ? 'NULL::text' : `'${escape}'::text`,
          { pattern, ...(escape === undefined ? {} : { escape }) },
          undefined,
        ),
      );
    assert.equal(await like('Hello', 'h%L_'), true);
    assert.equal(await like('Hello', '[f-i]ello'), true);
    assert.equal(await like('Hello', '[^h]ello'), false);
    assert.equal(await like('50%', '50!%', '!'), true);
    assert.equal(await like('501', '50!%', '!'), false);
    assert.equal(await like('a\\b', 'a\\b'), true);
    assert.equal(await like('a.c', 'a[.]c'), true);
    assert.equal(await like('abc', 'a.c'), false);
  });
  it('compares datetimeoffset by its instant', async () => {
    // Ticks of 100 ns: an hour is 36 000 000 000 of them.
    assert.equal(await answer(`tsql.dto(360000000000, 60) = tsql.dto(324000000000, 0)`), true);
    assert.equal(await answer(`tsql.dto(360000000000, 60) < tsql.dto(324000000000, -1)`), true);
  });
});
