// Export formats: golden texts, and readers that get the same values back.
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'vitest';
import { csvHeader, csvRows } from '../../../src/core/exportCsv.ts';
import { jsonEnd, jsonKeys, jsonRows, jsonStart } from '../../../src/core/exportJson.ts';

const text = { name: 'text', sqlType: 'nvarchar(max)', baseType: 'nvarchar' };
const columns = [
  { name: 'id', sqlType: 'int', baseType: 'int' },
  { name: 'big', sqlType: 'bigint', baseType: 'bigint' },
  { name: 'price', sqlType: 'decimal(10, 2)', baseType: 'decimal' },
  text,
];

/** A reader of RFC 4180 of its own, so that the writer is not judged by itself; null = empty unquoted field. */
function readCsv(csv: string): (string | null)[][] {
  const rows: (string | null)[][] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  let row: (string | null)[] = [];
  while (field.lastIndex < csv.length) {
    const match = field.exec(csv);
    assert.ok(match, 'not RFC 4180');
    row.push(match[1] === undefined ? match[2] || null : match[1].replaceAll('""', '"'));
    if (match[3] === '\r\n') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

describe('CSV', () => {
  it('writes a header and quotes only what needs it', () => {
    assert.equal(csvHeader([{ name: 'id' }, { name: 'a "b", c' }, { name: '' }]), 'id,"a ""b"", c",""\r\n');
    assert.equal(
      csvRows(
        [
          [1, 9007199254740993n, '0.10', '=1+1'],
          [2, null, 12.5, ''],
          [3, null, null, 'two\nlines'],
        ],
        columns,
      ),
      '1,9007199254740993,0.10,=1+1\r\n2,,12.50,""\r\n3,,,"two\nlines"\r\n',
    );
  });

  it('gives every text back, and tells NULL from the empty text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.option(fc.string()), fc.option(fc.string())), { minLength: 1 }),
        (rows) => {
          assert.deepEqual(readCsv(csvRows(rows, [text, text])), rows);
        },
      ),
    );
  });
});

describe('JSON', () => {
  it('names every property once', () => {
    const keys = jsonKeys(['a', '', 'a', 'a_2', ''].map((name) => ({ name })));
    assert.deepEqual(keys, ['a', 'column2', 'a_2', 'a_2_2', 'column5']);
  });

  it('writes an object a line, exact numbers as numbers and the others as texts', () => {
    const rows = jsonRows([[1, 9007199254740993n, '0.10', null]], columns, jsonKeys(columns), true);
    assert.equal(
      jsonStart + rows + jsonEnd,
      '[\n  { "id": 1, "big": "9007199254740993", "price": "0.10", "text": null }\n]\n',
    );
  });

  it('is one valid document over several blocks', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.option(fc.string()), { minLength: 1, maxLength: 3 })), (blocks) => {
        let out = jsonStart;
        let first = true;
        for (const block of blocks) {
          out += jsonRows(
            block.map((value) => [value]),
            [text],
            ['text'],
            first,
          );
          first = false;
        }
        const expected = blocks.flat().map((value) => ({ text: value }));
        assert.deepEqual(JSON.parse(out + jsonEnd), expected);
      }),
    );
  });
});
