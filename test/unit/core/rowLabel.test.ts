// What rows are called.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { cellText, oneLine, rowIdentity, rowJson, rowKey, rowLabel } from '../../../src/core/rowLabel.ts';
import { column, shape, userTable } from './shapes.ts';

describe('row labels', () => {
  it('are first and last name, whatever is there of them', () => {
    assert.equal(rowLabel(userTable, { values: [7, 'Ada', 'Lovelace'] }), 'Ada Lovelace');
    assert.equal(rowLabel(userTable, { values: [7, 'Ada', null] }), 'Ada');
    assert.equal(rowLabel(userTable, { values: [7, '', null] }), 'id 7');
    assert.equal(rowIdentity(userTable, { values: [7, 'Ada', null] }), 'id 7');
  });

  it('find natural columns in any spelling, else the first short texts', () => {
    const camel = shape([
      column('id', 'int'),
      column('LastName', 'nvarchar(9)'),
      column('FirstName', 'nvarchar(9)'),
    ]);
    assert.equal(rowLabel(camel, { values: [1, 'L', 'F'] }), 'F L');
    const other = shape([
      column('id', 'int'),
      column('essay', 'nvarchar(max)'),
      column('street', 'nvarchar(9)'),
      column('town', 'nchar(9)'),
      column('land', 'char(2)'),
    ]);
    assert.equal(rowLabel(other, { values: [1, 'long', 'S', 'T', 'L'] }), 'S T');
  });

  it('stay on one line and are cut between characters', () => {
    assert.equal(oneLine('a\r\n\tb\u0000c', 10), 'a b c');
    assert.equal(oneLine('😀😀😀', 2), '😀…');
    assert.equal(oneLine(null, 10), 'NULL');
    assert.equal(cellText(Uint8Array.of(1, 171)), '0x01AB');
    assert.equal(cellText(null), '');
  });

  it('tell rows apart by their key, and by everything without one', () => {
    const keyless = { ...userTable, key: [] };
    const [one, two] = [{ values: [1, 'a', null] }, { values: [1, 'b', null] }];
    assert.equal(rowKey(userTable, one), rowKey(userTable, two));
    assert.notEqual(rowKey(keyless, one), rowKey(keyless, two));
  });

  it('become JSON with every column, also one named __proto__', () => {
    const odd = shape([
      column('id', 'int'),
      column('__proto__', 'nvarchar(9)'),
      column('b', 'bit'),
      column('x', 'binary(1)'),
    ]);
    const text = rowJson(odd, { values: [1, 'p"', true, Uint8Array.of(255)] });
    assert.equal(text, '{\n  "id": 1,\n  "__proto__": "p\\"",\n  "b": true,\n  "x": "0xFF"\n}');
    assert.match(rowJson(userTable, { values: [1, 'a', null] }), /"last_name": null/);
  });
});
