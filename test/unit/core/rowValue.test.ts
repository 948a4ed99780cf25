// What people type for a column.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { readValue } from '../../../src/core/rowValue.ts';
import { column } from './shapes.ts';

const read = (sqlType: string, text: string) => {
  const result = readValue(column('c', sqlType), text);
  return 'problem' in result ? { refused: result.problem } : result.value;
};
const refused = (sqlType: string, text: string, why: RegExp) => {
  const result = read(sqlType, text);
  assert.ok(result && typeof result === 'object' && 'refused' in result, `${sqlType} took ${text}`);
  assert.match(result.refused, why);
};

describe('typed values', () => {
  it('keep text as it is and count UTF-16 units', () => {
    assert.equal(read('nvarchar(4)', ' a '), ' a ');
    assert.equal(read('nvarchar(2)', '😀'), '😀');
    refused('nvarchar(2)', '😀a', /At most 2 .* 3/);
    refused('nvarchar(9)', '\ud83d', /surrogate/);
  });

  it('hold no NUL, whatever the column', () => {
    for (const type of ['nvarchar(9)', 'varchar(9)', 'nvarchar(max)', 'xml', 'text'])
      refused(type, 'a\u0000b', /NUL character \(U\+0000\)/);
    for (const type of ['int', 'decimal(9, 2)', 'uniqueidentifier', 'date', 'varbinary(9)', 'bit'])
      assert.ok('problem' in readValue(column('c', type), '1\u0000'), type);
  });

  it('never lose a character to a code page', () => {
    assert.equal(read('varchar(4)', 'Žoë€'), 'Žoë€');
    refused('varchar(9)', 'Łódź', /"Ł" \(U\+0141\), "ź" \(U\+017A\)/);
    refused('varchar(9)', '😀', /U\+1F600/);
    refused('varchar(3)', 'abcd', /At most 3 bytes; these are 4/);
    const utf8 = column('c', 'varchar(4)', { codePage: 65_001 });
    assert.deepEqual(readValue(utf8, '😀'), { value: '😀' });
    assert.deepEqual(readValue(utf8, 'Łódź'), { problem: 'At most 4 bytes; these are 7.' });
    const greek = column('c', 'varchar(9)', { codePage: 1253 });
    assert.ok('problem' in readValue(greek, 'é'));
  });

  it('are whole numbers in the range of their type', () => {
    assert.equal(read('tinyint', '255'), 255);
    refused('tinyint', '256', /0 to 255/);
    refused('tinyint', '-1', /0 to 255/);
    assert.equal(read('int', '-2147483648'), -2_147_483_648);
    refused('int', '2147483648', /goes from/);
    assert.equal(read('bigint', '9223372036854775807'), '9223372036854775807');
    refused('bigint', '9223372036854775808', /goes from/);
    refused('int', '1.5', /whole number/i);
    refused('int', '1e3', /whole number/i);
  });

  it('are decimals that lose no digit', () => {
    assert.equal(
      read('decimal(38, 10)', '1234567890123456789012345678.0123456789'),
      '1234567890123456789012345678.0123456789',
    );
    assert.equal(read('decimal(5, 2)', '-007.500'), '-7.50');
    assert.equal(read('decimal(5, 2)', '.5'), '0.5');
    refused('decimal(5, 2)', '1234', /3 digits before/);
    refused('decimal(5, 2)', '1.234', /2 digits after/);
    refused('decimal(5, 2)', '1,5', /point/);
    refused('decimal(5, 2)', '.', /point/);
  });

  it('are money to the last ten-thousandth', () => {
    assert.equal(read('money', '922337203685477.5807'), '922337203685477.5807');
    refused('money', '922337203685477.5808', /Too large/);
    assert.equal(read('smallmoney', '-214748.3648'), '-214748.3648');
    refused('smallmoney', '214748.3648', /Too large/);
  });

  it('are dates that exist', () => {
    assert.equal(read('date', '2024-02-29'), '2024-02-29');
    refused('date', '2023-02-29', /There is no 2023-02-29/);
    refused('date', '29.2.2024', /Like 2026/);
    assert.equal(read('date', '0001-01-01'), '0001-01-01');
  });

  it('are moments no finer than their column', () => {
    assert.equal(read('datetime2(7)', '2026-03-31T14:05'), '2026-03-31 14:05:00');
    assert.equal(read('datetime2(7)', '2026-03-31 14:05:09.1234567'), '2026-03-31 14:05:09.1234567');
    refused('datetime2(3)', '2026-03-31 14:05:09.1234', /3 digits/);
    refused('datetime', '1752-12-31', /1753/);
    refused('smalldatetime', '2080-01-01', /2079/);
    refused('time(0)', '24:00', /There is no 24:00/);
    assert.equal(read('time(3)', '09:05:01.5'), '09:05:01.5');
    assert.equal(read('datetimeoffset(0)', '2026-03-31 14:05Z'), '2026-03-31 14:05:00 +00:00');
    assert.equal(read('datetimeoffset(0)', '2026-03-31 14:05 -03:30'), '2026-03-31 14:05:00 -03:30');
    refused('datetimeoffset(0)', '2026-03-31 14:05 +15:00', /-14:00 to/);
    refused('datetimeoffset(0)', '2026-03-31 14:05', /Like/);
  });

  it('are GUIDs, bits, floats and bytes', () => {
    assert.equal(
      read('uniqueidentifier', '{2ff8edf0-dccb-4148-a649-2c1154e1e129}'),
      '2FF8EDF0-DCCB-4148-A649-2C1154E1E129',
    );
    refused('uniqueidentifier', '2ff8edf0', /GUID/);
    assert.equal(read('bit', 'TRUE'), true);
    refused('bit', '2', /true or false/);
    assert.equal(read('float', '1e-3'), 0.001);
    refused('float', '1e999', /number/);
    refused('real', '1e39', /Too large/);
    assert.deepEqual(read('varbinary(2)', '0x01aB'), Uint8Array.of(1, 0xab));
    refused('varbinary(1)', '0x01AB', /At most 1/);
    refused('varbinary(2)', '0x1', /two digits/);
  });
});
