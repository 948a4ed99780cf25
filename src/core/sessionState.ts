// What a server keeps for a session from one batch to the next, told from the batches that were run.
import { definesModule, significant, type Part } from './batchLexer.ts';

export type Kept =
  /** USE: the session is in another database than it began in. */
  | 'database'
  | 'temporaryTables'
  | 'setOptions'
  | 'context'
  | 'cursors'
  | 'impersonation'
  | 'locks'
  | 'keys'
  /** Whatever a procedure may have left; nobody can tell from here. */
  | 'procedures';

/** What SET sets for a session (Learn: "SET Statements"); after any other word it belongs to an UPDATE, or sets a variable. */
const options = new Set(
  'ANSI_DEFAULTS ANSI_NULL_DFLT_OFF ANSI_NULL_DFLT_ON ANSI_NULLS ANSI_PADDING ANSI_WARNINGS ARITHABORT ARITHIGNORE CONCAT_NULL_YIELDS_NULL CURSOR_CLOSE_ON_COMMIT DATEFIRST DATEFORMAT DEADLOCK_PRIORITY FIPS_FLAGGER FMTONLY FORCEPLAN IDENTITY_INSERT IMPLICIT_TRANSACTIONS LANGUAGE LOCK_TIMEOUT NOCOUNT NOEXEC NUMERIC_ROUNDABORT OFFSETS PARSEONLY QUERY_GOVERNOR_COST_LIMIT QUOTED_IDENTIFIER REMOTE_PROC_TRANSACTIONS RESULT_SET_CACHING ROWCOUNT SHOWPLAN_ALL SHOWPLAN_TEXT SHOWPLAN_XML STATISTICS TEXTSIZE TRANSACTION XACT_ABORT'.split(
    ' ',
  ),
);
/** What a statement begins with; anything else at the beginning of a batch is the name of a procedure. */
const beginnings = new Set(
  'ADD ALTER BACKUP BEGIN BREAK BULK CHECKPOINT CLOSE COMMIT CONTINUE COPY CREATE DBCC DEALLOCATE DECLARE DELETE DENY DISABLE DROP ENABLE END EXEC EXECUTE FETCH GET GOTO GRANT IF INSERT KILL MERGE MOVE OPEN PRINT RAISERROR READTEXT RECEIVE RECONFIGURE RENAME RESTORE RETURN REVERT REVOKE ROLLBACK SAVE SELECT SEND SET SETUSER SHUTDOWN THROW TRUNCATE UPDATE UPDATETEXT USE WAITFOR WHILE WITH WRITETEXT'.split(
    ' ',
  ),
);
/** Procedures of the server's own that leave nothing; a text that is run takes what it made with it when it ends. */
const harmless =
  /^SP_(?:HELP\w*|DESCRIBE_\w+|EXECUTESQL|WHO2?|SPACEUSED|COLUMNS|TABLES|RENAME|RELEASEAPPLOCK)$/;

/** Without any of these, wherever they stand, nothing is left; looking for them is quicker than reading a script of a million rows. */
const hint = /#|\b(?:CURSOR|EXEC|EXECUTE|OPEN|SET)\b/i;

/** What a batch may leave in its session, each once. */
export function keptBy(batch: string): Kept[] {
  const parts = significant(batch, hint.test(batch) ? Infinity : 8);
  if (definesModule(parts)) return [];
  const found = new Set(parts.map((_, at) => leftBy(parts, at)));
  const [first, second] = parts;
  const isName = first?.kind === 'name' || (first?.kind === 'word' && !beginnings.has(first.text));
  if (isName && second?.text !== ':') found.add(procedure(parts, 0));
  return [...found].filter((kept) => kept !== undefined);
}

function leftBy(parts: readonly Part[], at: number): Kept | undefined {
  const { kind, text } = parts[at] ?? { kind: 'symbol', text: '' };
  if (kind !== 'word') return undefined;
  const before = parts[at - 1]?.text;
  const next = parts[at + 1];
  switch (text) {
    case 'TABLE':
      return before === 'CREATE' && isTemporary(next) ? 'temporaryTables' : undefined;
    case 'INTO':
      return isTemporary(next) ? 'temporaryTables' : undefined;
    case 'SET':
      if (next?.text === 'CONTEXT_INFO') return 'context';
      // UPDATE t SET language = 1
      return options.has(next?.text ?? '') && parts[at + 2]?.text !== '=' ? 'setOptions' : undefined;
    case 'CURSOR':
      // DECLARE c [INSENSITIVE] [SCROLL] CURSOR; one in a variable ends with its batch.
      return parts.slice(Math.max(0, at - 4), at).some((one, index, few) => {
        const name = few[index + 1];
        return one.text === 'DECLARE' && (name?.kind === 'word' || name?.kind === 'name');
      })
        ? 'cursors'
        : undefined;
    case 'OPEN':
      return next?.text === 'SYMMETRIC' || next?.text === 'MASTER' ? 'keys' : undefined;
    case 'EXEC':
    case 'EXECUTE':
      // WITH EXECUTE AS belongs to a module.
      if (next?.text === 'AS') return before === 'WITH' ? undefined : 'impersonation';
      if (next?.text === '(') return undefined;
      return procedure(parts, next?.kind === 'variable' && parts[at + 2]?.text === '=' ? at + 3 : at + 1);
    default:
      return undefined;
  }
}

function isTemporary(name: Part | undefined): boolean {
  return name !== undefined && /^[["]?#/.test(name.text);
}

/** Whose name begins at `from`: its last part counts, as in "sys.sp_who" or "[dbo].[p]". */
function procedure(parts: readonly Part[], from: number): Kept | undefined {
  let at = from;
  while (parts[at + 1]?.text === '.' && parts[at + 2] !== undefined) at += 2;
  const name = parts[at]?.text.replaceAll(/^[["]|[\]"]$/g, '').toUpperCase() ?? '';
  if (name === 'SP_SET_SESSION_CONTEXT') return 'context';
  if (name === 'SP_GETAPPLOCK') return 'locks';
  return harmless.test(name) ? undefined : 'procedures';
}
