// Code page 1252, which varchar has under SQL_Latin1_General_CP1_CI_AS.

/** What the bytes 0x80 to 0x9F hold; the others above 0x7F are the code points of the same number. */
const special = '€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ';

let latin = '';
for (let code = 0xa0; code <= 0xff; code++) latin += String.fromCodePoint(code);

/** Every character of the code page above ASCII. The five unassigned bytes are C1 controls, as Windows maps them. */
export const cp1252Characters = `${special}\u0081\u008D\u008F\u0090\u009D${latin}`;

/**
 * Stands for NUL inside PostgreSQL, whose text cannot hold it: one of Unicode's noncharacters, one UTF-16 unit as NUL is, which no text
 * that is meant to be read contains.
 */
export const nulStandIn = '\uFDEF';

const held = new Set(cp1252Characters);

/** `text` as varchar can hold it: '?' for each UTF-16 unit of a character outside the code page. NUL's stand-in is kept. */
export function toCodePage(text: string): string {
  let lossless = true;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7f) {
      lossless = false;
      break;
    }
  }
  if (lossless) return text;
  let result = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    result +=
      code < 0x80 || character === nulStandIn || held.has(character) ? character : code > 0xffff ? '??' : '?';
  }
  return result;
}
