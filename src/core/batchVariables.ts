// Which variables of a batch nobody declares: those are the parameters a person is asked for.
import { definesModule, significant } from './batchLexer.ts';

/** Keywords that can begin a statement; a DECLARE or EXEC without a semicolon ends at one of them. */
const statementKeywords = new Set(
  `ALTER BEGIN BREAK BULK CLOSE COMMIT CONTINUE CREATE DEALLOCATE DELETE DENY DROP ELSE END EXEC EXECUTE FETCH GOTO GRANT
   IF INSERT MERGE OPEN PRINT RAISERROR RECONFIGURE RETURN REVOKE ROLLBACK SAVE SELECT SET THROW TRUNCATE UPDATE USE
   WAITFOR WHILE WITH DECLARE`
    .split(/\s+/)
    .filter((word) => word !== ''),
);

/**
 * Names without '@', as first written, each once (names compare case-insensitively), in order of appearance. Empty for a
 * batch that creates or alters a module, whose variables are its own.
 */
export function undeclaredVariables(batch: string): string[] {
  const items = significant(batch);
  if (definesModule(items)) return [];
  const declared = new Set<string>();
  const used = new Map<string, string>();
  let mode: 'none' | 'declare' | 'execute' = 'none';
  let depth = 0;
  items.forEach((item, index) => {
    const before = items[index - 1];
    const after = items[index + 1];
    if (item.text === '(') depth++;
    else if (item.text === ')') depth--;
    else if (item.text === ';') mode = 'none';
    else if (item.kind === 'word' && depth <= 0 && statementKeywords.has(item.text)) {
      mode = modeOf(item.text);
      depth = 0;
    } else if (item.kind === 'variable' && !item.text.startsWith('@@')) {
      const key = item.text.toLowerCase();
      const opens = before?.text === 'DECLARE' || (depth <= 0 && before?.text === ',');
      if (mode === 'declare' && opens && (after?.kind === 'word' || after?.kind === 'name'))
        declared.add(key);
      // EXEC p @name = value names a parameter of p; EXEC @result = p is a variable of ours.
      else if (
        mode === 'execute' &&
        after?.text === '=' &&
        before?.text !== 'EXEC' &&
        before?.text !== 'EXECUTE'
      )
        return;
      else if (!used.has(key)) used.set(key, item.text.slice(1));
    }
  });
  return [...used].filter(([key]) => !declared.has(key)).map(([, name]) => name);
}

function modeOf(keyword: string): 'none' | 'declare' | 'execute' {
  if (keyword === 'DECLARE') return 'declare';
  return keyword === 'EXEC' || keyword === 'EXECUTE' ? 'execute' : 'none';
}
