// Names that break whatever glues text together instead of quoting it; every test of this folder walks the same list.

/** Two children, two parents: one picture made of seven code points, eleven UTF-16 units. */
export const family = '👨\u200D👩\u200D👧\u200D👦';

/** What it is → the name. All of them are names that SQL Server takes: at most 128 UTF-16 units, no NUL, no half a character. */
export const hostileNames: ReadonlyMap<string, string> = new Map([
  ['a closing bracket', ']'],
  ['brackets', '[a]b]]c[d'],
  ['a quote', "'"],
  ['quotes', "o''brien's"],
  ['double quotes', '"a""b"'],
  ['a statement after a bracket', 'x]; DROP TABLE [dbo].[canary]; --'],
  ['a statement after a quote', "x'); DROP TABLE [dbo].[canary]; --"],
  ['a line comment', '-- nothing'],
  ['an open block comment', '/* open'],
  ['a closing block comment', '*/ closed /**/'],
  ['a line feed', 'line\nfeed'],
  ['a carriage return and a line feed', 'line\r\nfeed'],
  ['GO on its own line', 'a\nGO\nDROP TABLE [dbo].[canary]\nGO 3\nb'],
  ['a tab', 'tab\ttab'],
  ['an emoji', '😀'],
  ['a family of emoji', `family ${family}`],
  ['right-to-left', 'שלום عليكم'],
  ['a right-to-left override', 'user\u202Egnp.exe\u202C'],
  ['combining characters', 'e\u0301\u0323\u0308 z\u0335\u0336\u0337'],
  ['a leading blank', ' leading'],
  ['trailing blanks', 'trailing  '],
  ['wildcards', '%_[a-z]^\\%'],
  ['a variable', '@p0 $(x) :r @@ROWCOUNT'],
  ['dots', 'a.b..c'],
  ['a prototype', '__proto__'],
  ['a keyword', 'SELECT'],
  ['invisible characters', '\u200B\uFEFFinvisible\u00AD\u2060'],
  ['a line separator', 'line\u2028separator\u2029'],
  ['control characters', '\u0001\u001B[31mred\u0007\u007F'],
  ['128 letters', 'n'.repeat(128)],
  ['128 closing brackets', ']'.repeat(128)],
  ['128 quotes', "'".repeat(128)],
  ['64 emoji', '😀'.repeat(64)],
]);

/** What it is → the name → why it is refused. */
export const refusedNames: readonly (readonly [what: string, name: string, why: RegExp])[] = [
  ['nothing', '', /is empty/],
  ['129 letters', 'n'.repeat(129), /129 characters; SQL Server allows 128/],
  ['65 emoji', '😀'.repeat(65), /130 characters; SQL Server allows 128/],
  ['the first half of an emoji', 'a\uD83D', /half of a surrogate pair/],
  ['the second half of an emoji', '\uDE00a', /half of a surrogate pair/],
  ['a NUL', 'a\u0000b', /a NUL character/],
];
