// Batch splitting: golden cases of GO, and properties that hold for any script.
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'vitest';
import { batchAt, scriptLine, splitBatches } from '../../../src/core/batch.ts';

const texts = (script: string): string[] => splitBatches(script).map((batch) => batch.text);

describe('splitBatches', () => {
  const golden: [string, string, string[]][] = [
    ['no GO', 'SELECT 1;\nSELECT 2;', ['SELECT 1;\nSELECT 2;']],
    ['GO on its own line', 'SELECT 1\nGO\nSELECT 2\n', ['SELECT 1\n', 'SELECT 2\n']],
    ['CRLF', 'SELECT 1\r\nGO\r\nSELECT 2', ['SELECT 1\r\n', 'SELECT 2']],
    ['any case, blanks around', 'SELECT 1\n \tgO  \nSELECT 2', ['SELECT 1\n', 'SELECT 2']],
    ['a comment behind GO', 'SELECT 1\nGO -- next\nSELECT 2', ['SELECT 1\n', 'SELECT 2']],
    ['GO in a string', "PRINT '\nGO\n'", ["PRINT '\nGO\n'"]],
    ['GO behind an escaped quote', "PRINT 'a''\nGO\n'\nGO\nPRINT 2", ["PRINT 'a''\nGO\n'\n", 'PRINT 2']],
    ['GO in a bracketed name', 'SELECT 1 AS [a]]\nGO\n]', ['SELECT 1 AS [a]]\nGO\n]']],
    ['GO in a quoted name', 'SELECT 1 AS "a""\nGO\n"', ['SELECT 1 AS "a""\nGO\n"']],
    ['GO in a nested comment', '/* a /* b */\nGO\n*/ SELECT 1', ['/* a /* b */\nGO\n*/ SELECT 1']],
    ['quote in a line comment', "SELECT 1 -- it's\nGO\nSELECT 2", ["SELECT 1 -- it's\n", 'SELECT 2']],
    ['not alone on its line', 'SELECT 1 AS x GO\nSELECT 2', ['SELECT 1 AS x GO\nSELECT 2']],
    ['behind a comment on its line', '/* x */ GO\nSELECT 2', ['/* x */ GO\nSELECT 2']],
    ['GOTO and GO;', 'GOTO done\ndone: PRINT 1\nGO;\n', ['GOTO done\ndone: PRINT 1\nGO;\n']],
    ['unterminated string', "PRINT 'x\nGO\nSELECT 2", ["PRINT 'x\nGO\nSELECT 2"]],
    ['only blanks and comments between', 'SELECT 1\nGO\n\n-- nothing\nGO\n/* */\nGO', ['SELECT 1\n']],
    ['GO first and last', 'GO\nSELECT 1\nGO', ['SELECT 1\n']],
    ['nothing', ' \n-- x\n', []],
  ];
  for (const [name, script, expected] of golden) {
    it(`splits: ${name}`, () => assert.deepEqual(texts(script), expected));
  }

  it('reads the count', () => {
    const counts = splitBatches('SELECT 1\nGO 5\nSELECT 2\nGO 0\nSELECT 3').map((batch) => batch.count);
    assert.deepEqual(counts, [5, 0, 1]);
  });

  it('knows where each batch begins', () => {
    const [first, second] = splitBatches('\nSELECT 1\nGO\n-- two\n\nSELECT 2\nGO\n');
    assert.deepEqual([first?.line, first?.firstLine], [0, 1]);
    assert.deepEqual([second?.line, second?.firstLine, second?.start], [3, 5, 13]);
  });

  it('maps a line of the server to the script, and an unknown one to the first statement', () => {
    const second = splitBatches('SELECT 1\nGO\n\nSELECT 1/0')[1];
    assert.ok(second);
    assert.equal(scriptLine(second, 2), 3);
    assert.equal(scriptLine(second, 0), 3);
  });

  it('finds the batch at an offset', () => {
    const batches = splitBatches('SELECT 1\nGO\nSELECT 2\nGO\n\n\n');
    assert.equal(batchAt(batches, 3)?.text, 'SELECT 1\n');
    assert.equal(batchAt(batches, 14)?.text, 'SELECT 2\n');
    assert.equal(batchAt(batches, 24)?.text, 'SELECT 2\n');
  });

  const piece = fc.constantFrom(
    "'",
    '"',
    '[',
    ']',
    '/*',
    '*/',
    '--',
    '\n',
    '\r\n',
    'GO',
    ' ',
    'x',
    '@a',
    '1',
    ';',
    '🙂',
  );
  it('loses nothing and names true offsets and lines', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const script = pieces.join('');
        let before = 0;
        for (const batch of splitBatches(script)) {
          assert.equal(script.slice(batch.start, batch.end), batch.text);
          assert.ok(batch.start >= before);
          before = batch.end;
          assert.equal(batch.line, script.slice(0, batch.start).split('\n').length - 1);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('gives quoted text to the server unchanged, whatever it holds', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const literal = `'${pieces.join('').replaceAll("'", "''")}'`;
        assert.deepEqual(texts(`PRINT ${literal}\nGO\nPRINT 2`), [`PRINT ${literal}\n`, 'PRINT 2']);
        const name = `[${pieces.join('').replaceAll(']', ']]')}]`;
        assert.deepEqual(texts(`PRINT ${name}\nGO\nPRINT 2`), [`PRINT ${name}\n`, 'PRINT 2']);
      }),
    );
  });
});
