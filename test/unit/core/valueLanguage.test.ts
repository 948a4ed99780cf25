// How the whole value of a cell is coloured.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { valueLanguage } from '../../../src/core/valueLanguage.ts';

describe('the language of a value', () => {
  for (const [text, language] of [
    ['{"a": 1}', 'json'],
    ['\n [1, 2]', 'json'],
    ['{"a": 1} {"a": 1}', 'plaintext'],
    ['[a](command:x)', 'plaintext'],
    [`["${'x'.repeat(1_000_000)}"]`, 'plaintext'],
    ['<a/>', 'xml'],
    ['', 'plaintext'],
    ['Ada', 'plaintext'],
  ] as const)
    it(`of ${text.slice(0, 20).trim() || 'nothing'} is ${language}`, () => {
      assert.equal(valueLanguage(text), language);
    });
});
