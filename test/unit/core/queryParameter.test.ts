// Typed parameter values: accepted, refused with a reason, and read back the same.
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'vitest';
import { parseParameter, typedText } from '../../../src/core/queryParameter.ts';

describe('parseParameter', () => {
  const accepted: [string, string, unknown][] = [
    ['NULL', 'int', null],
    ['null', 'nvarchar(10)', null],
    ["'NULL'", 'nvarchar(10)', 'NULL'],
    ['', 'nvarchar(10)', ''],
    [" it's ", 'nvarchar(10)', " it's "],
    ['+42', 'int', 42],
    ['9223372036854775807', 'bigint', 9223372036854775807n],
    ['TRUE', 'bit', true],
    ['0', 'bit', false],
    ['-12345678901234567.89', 'decimal(19, 2)', '-12345678901234567.89'],
    ['.5', 'money', '.5'],
    ['1e3', 'float', 1000],
    ['2024-02-29', 'date', new Date('2024-02-29T00:00:00Z')],
    ['2024-02-29 23:59:59.123', 'datetime2(3)', new Date('2024-02-29T23:59:59.123Z')],
    ['2024-02-29T10:00+02:00', 'datetimeoffset(7)', new Date('2024-02-29T08:00:00Z')],
    ['07:30', 'time(0)', new Date('1970-01-01T07:30:00Z')],
    ['0x00fF', 'varbinary(10)', new Uint8Array([0, 255])],
    ['6F9619FF-8b86-d011-b42d-00c04fc964ff', 'uniqueidentifier', '6F9619FF-8b86-d011-b42d-00c04fc964ff'],
  ];
  for (const [text, type, expected] of accepted) {
    it(`${type}: ${text}`, () => assert.deepEqual(parseParameter(text, type), { ok: true, value: expected }));
  }

  const refused: [string, string, RegExp][] = [
    ['2147483648', 'int', /holds -2147483648 to 2147483647/],
    ['256', 'tinyint', /0 to 255/],
    ['1.5', 'int', /whole number/],
    ['', 'int', /whole number/],
    ['2', 'bit', /1, 0, true or false/],
    ['123.456', 'decimal(5, 2)', /2 digits after/],
    ['1234', 'decimal(5, 2)', /3 digits before/],
    ['.', 'decimal(5, 2)', /number like/],
    ['Infinity', 'float', /number like/],
    ['2023-02-29', 'date', /no such date/],
    ['2024-01-01 24:00:00', 'datetime', /no such date/],
    ['31.1.2024', 'date', /2026-01-31/],
    ['2024-01-01T00:00:00Z', 'datetime2(7)', /no time zone/],
    ['0xF', 'varbinary(10)', /hexadecimal/],
    ['not-a-guid', 'uniqueidentifier', /GUID/],
    ['abcdef', 'nvarchar(5)', /holds 5 characters, this is 6/],
  ];
  for (const [text, type, reason] of refused) {
    it(`${type} refuses ${JSON.stringify(text)}`, () => {
      const typed = parseParameter(text, type);
      assert.ok(!typed.ok);
      assert.match(typed.problem, reason);
    });
  }

  it('keeps the ticks below a millisecond', () => {
    const typed = parseParameter('2024-01-01 00:00:00.1234567', 'datetime2(7)');
    assert.ok(typed.ok && typed.value instanceof Date);
    assert.equal(typed.value.getUTCMilliseconds(), 123);
    assert.equal(typedText(typed.value, 'datetime2(7)'), '2024-01-01 00:00:00.1234567');
  });

  it('reads back any text it offers again, and any integer', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom('NULL', 'null', "'NULL'", ' null ')), (text) => {
        const typed = parseParameter(typedText(text, 'nvarchar(max)'), 'nvarchar(max)');
        assert.deepEqual(typed, { ok: true, value: text });
      }),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (number) => {
        const typed = parseParameter(typedText(number, 'bigint'), 'bigint');
        assert.deepEqual(typed, { ok: true, value: number });
      }),
    );
  });
});
