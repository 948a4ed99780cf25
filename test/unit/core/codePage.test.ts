import assert from 'node:assert/strict';
import iconv from 'iconv-lite';
import { describe, it } from 'vitest';
import { lostCharacters, survivesCodePage } from '../../../src/core/codePage.ts';

describe('lostCharacters', () => {
  it('agrees with a table nobody here wrote, for every character of the basic plane', () => {
    const differing: string[] = [];
    for (let code = 0; code < 0x10000; code++) {
      // Surrogates are no characters; the five C1 controls are kept by Windows and not by iconv, whose U+FFFD means "undefined".
      if ((code >= 0xd800 && code <= 0xdfff) || [0x81, 0x8d, 0x8f, 0x90, 0x9d, 0xfffd].includes(code))
        continue;
      const character = String.fromCharCode(code);
      const survives = iconv.decode(iconv.encode(character, 'win1252'), 'win1252') === character;
      if (survivesCodePage(character) !== survives) differing.push(code.toString(16));
    }
    assert.deepEqual(differing, []);
  });
  it('names each lost character once, pairs whole', () =>
    assert.deepEqual(lostCharacters('Łódź 😀 Ł€'), ['Ł', 'ź', '😀']));
  it('loses nothing in UTF-8', () => assert.deepEqual(lostCharacters('Ł😀', 65001), []));
  it('promises only ASCII of an unknown page', () => {
    assert.deepEqual(lostCharacters('aé', 1250), ['é']);
    assert.ok(survivesCodePage('plain', 1250));
  });
});
