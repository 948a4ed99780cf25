// Whether a statement can only read: only such a one may be sent a second time when its answer was lost.
import { lex } from './batchLexer.ts';

/** Words that change something, begin a transaction or hide what is run (Learn: T-SQL statements). NEXT VALUE FOR takes from a sequence. */
const changing = new Set(
  'INTO INSERT UPDATE DELETE MERGE TRUNCATE EXEC EXECUTE CREATE ALTER DROP GRANT DENY REVOKE BEGIN COMMIT ROLLBACK SAVE SET USE DBCC BACKUP RESTORE KILL SHUTDOWN RECONFIGURE BULK WRITETEXT UPDATETEXT OPENROWSET OPENQUERY OPENDATASOURCE NEXT DECLARE WAITFOR SEND RECEIVE ENABLE DISABLE RAISERROR THROW'.split(
    ' ',
  ),
);

/** True only for a SELECT, with or without WITH in front, that has no word in it which changes something; else it is taken for a write. */
export function onlyReads(text: string): boolean {
  let first: string | undefined;
  for (const { kind, start, end } of lex(text)) {
    if (kind === 'comment' || kind === 'newline') continue;
    if (kind !== 'word') {
      // Something before SELECT that is no word: ";WITH" and brackets.
      if (first === undefined && !';('.includes(text.slice(start, end))) return false;
      continue;
    }
    const word = text.slice(start, end).toUpperCase();
    first ??= word;
    if (changing.has(word)) return false;
  }
  return first === 'SELECT' || first === 'WITH';
}
