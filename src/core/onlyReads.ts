// Whether a statement can only read: only such a one may be sent a second time when its answer was lost.
import { significant, type Part } from './batchLexer.ts';

/**
 * Words that change something, change the session, begin a transaction or hide what is run (Learn: T-SQL statements). Statements need
 * nothing between them, so each word that begins one counts wherever it stands.
 */
const changing = new Set(
  'INTO INSERT UPDATE DELETE MERGE TRUNCATE EXEC EXECUTE CREATE ALTER DROP ADD RENAME GRANT DENY REVOKE REVERT SETUSER BEGIN COMMIT ROLLBACK SAVE SET USE DBCC BACKUP RESTORE KILL SHUTDOWN RECONFIGURE CHECKPOINT BULK COPY WRITETEXT UPDATETEXT OPENROWSET OPENQUERY OPENDATASOURCE OPEN CLOSE DEALLOCATE DECLARE WAITFOR SEND RECEIVE MOVE GET CONVERSATION ENABLE DISABLE RAISERROR THROW'.split(
    ' ',
  ),
);
/** Where rows may come from a function; the built-in ones read only (Learn: "Rowset functions"). */
const sources = new Set(['FROM', 'JOIN', 'APPLY']);
const rowsets = new Set(
  'OPENJSON OPENXML STRING_SPLIT GENERATE_SERIES CHANGETABLE CONTAINSTABLE FREETEXTTABLE SEMANTICKEYPHRASETABLE SEMANTICSIMILARITYTABLE SEMANTICSIMILARITYDETAILSTABLE'.split(
    ' ',
  ),
);
/** A number takes only what is its own: `SELECT 1INTO t` makes a table. */
const number = /^(?:\d+(?:e\d*)?|0x[\da-f]*)$/i;
/** Whether these end a comment is not written down anywhere; NUL ends a text for some. */
const doubtful = /[\0\v\f\u0085\u2028\u2029]/;

/** How the server is asked for the parameters of a batch (queryParameter): it looks at the batch and runs nothing. */
const description = /^EXEC sys\.sp_describe_undeclared_parameters @tsql = @\w+;$/;
/** Of types that the server brings: how such a value is read. */
const methods = new Set(['TOSTRING']);

const begins = new Set(['SELECT', 'WITH']);

/**
 * True only for a SELECT, with or without WITH in front, that has no word in it which changes something; else it is taken for a write.
 * A function of a person's own is taken for one too: an extended procedure or CLR code in it may do anything.
 */
export function onlyReads(text: string): boolean {
  if (description.test(text)) return true;
  if (doubtful.test(text) || !begins.has(firstWord(text))) return false;
  const parts = significant(text);
  return !parts.some((part, at) => changes(part, at, parts));
}

/** What a text begins with, behind what may stand before SELECT: ";WITH" and brackets. */
function firstWord(text: string): string {
  for (let most = 8; ; most *= 8) {
    const parts = significant(text, most);
    const first = parts.find((part) => part.text !== ';' && part.text !== '(');
    if (first !== undefined || parts.length < most) return first?.text ?? '';
  }
}

function changes({ text, kind }: Part, at: number, parts: readonly Part[]): boolean {
  const before = parts[at - 1]?.text ?? '';
  if (kind === 'number') return !number.test(text);
  if (kind !== 'word' && kind !== 'name') return false;
  if (parts[at + 1]?.text === '(') {
    // "dbo.f(" and "t::f("; "FROM f("
    if (before === '.' || before === ':') return !methods.has(text);
    if (sources.has(before) && !rowsets.has(text)) return true;
  }
  // Of a page, "OFFSET 0 ROWS FETCH NEXT 5 ROWS ONLY"; else a cursor moves.
  if (text === 'FETCH') return before !== 'ROWS' && before !== 'ROW';
  // NEXT VALUE FOR takes from a sequence.
  return changing.has(text) || (text === 'VALUE' && before === 'NEXT');
}
