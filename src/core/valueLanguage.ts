// How the whole value of a cell is coloured when it is opened as a text.

/** Characters that are looked through for JSON: more would hold up every other extension. */
const parsed = 1_000_000;

/** What only looks like JSON is plain text: its faults would be among the problems of the workspace. */
export function valueLanguage(text: string): 'json' | 'xml' | 'plaintext' {
  const start = text.trimStart().charAt(0);
  if (start === '{' || start === '[') return isJson(text) ? 'json' : 'plaintext';
  return start === '<' ? 'xml' : 'plaintext';
}

function isJson(text: string): boolean {
  if (text.length > parsed) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
