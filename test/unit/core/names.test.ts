import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'vitest';
import { displayTable, nameProblem, quoteLiteral, quoteName, quoteTable } from '../../../src/core/names.ts';

/** What a T-SQL reader makes of a delimited identifier; undefined when the text is not exactly one. */
function readQuoted(text: string): string | undefined {
  const match = /^\[((?:[^\]]|\]\])+)\]$/su.exec(text);
  return match?.[1]?.replaceAll(']]', ']');
}

describe('quoteName', () => {
  for (const [name, quoted] of [
    ['user', '[user]'],
    ['a]b', '[a]]b]'],
    [']', '[]]]'],
    ["o'brien", "[o'brien]"],
    ['x]; DROP TABLE [user]; --', '[x]]; DROP TABLE [user]]; --]'],
    ['line\nbreak', '[line\nbreak]'],
    ['😀', '[😀]'],
    ['שם', '[שם]'],
    ['a'.repeat(128), `[${'a'.repeat(128)}]`],
    ['😀'.repeat(64), `[${'😀'.repeat(64)}]`],
  ] as const) {
    it(`quotes ${JSON.stringify(name)}`, () => assert.equal(quoteName(name), quoted));
  }

  for (const [name, why] of [
    ['', /empty/],
    ['a'.repeat(129), /129 characters; SQL Server allows 128/],
    ['😀'.repeat(65), /130 characters/],
    ['a\u0000b', /NUL/],
    ['\ud83d', /surrogate/],
  ] as const) {
    it(`refuses ${JSON.stringify(name).slice(0, 20)}`, () => {
      assert.match(nameProblem(name) ?? '', why);
      assert.throws(() => quoteName(name), { name: 'AppError', code: 'invalidInput', message: why });
    });
  }

  it('reads back as one identifier, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), (name) => {
        fc.pre(nameProblem(name) === undefined);
        assert.equal(readQuoted(quoteName(name)), name);
      }),
    );
  });
});

describe('quoteTable', () => {
  it('quotes both parts', () =>
    assert.equal(quoteTable({ schema: 'my schema', name: 'us]er' }), '[my schema].[us]]er]'));
});

describe('displayTable', () => {
  it('brackets only what needs them', () => {
    assert.equal(displayTable({ schema: 'dbo', name: 'user' }), 'dbo.user');
    assert.equal(displayTable({ schema: 'dbo', name: 'us.er' }), 'dbo.[us.er]');
  });
});

describe('quoteLiteral', () => {
  it('doubles quotes only', () => assert.equal(quoteLiteral("it's ]\n--"), "N'it''s ]\n--'"));
  it('refuses what cannot be sent', () => {
    assert.throws(() => quoteLiteral('\udc00'), { code: 'invalidInput' });
    assert.throws(() => quoteLiteral('\u0000'), { code: 'invalidInput' });
  });
  it('is one literal, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!text.includes('\u0000') && text.isWellFormed());
        const match = /^N'((?:[^']|'')*)'$/su.exec(quoteLiteral(text));
        assert.equal(match?.[1]?.replaceAll("''", "'"), text);
      }),
    );
  });
});
