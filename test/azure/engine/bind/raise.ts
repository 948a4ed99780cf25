// Errors in the server's words, with the line where the statement stands.
import { SqlError } from '../../contract.ts';

/** The line 0 means "the statement's own", which the interpreter fills in. */
export function raise(number: number, message: string, line = 0, level = 16, state = 1): never {
  throw new SqlError({ number, state, class: level, message, line });
}

/** What the engine does not do; `tellUnsupported` says it on the console. */
export function unsupported(what: string, line = 0): never {
  throw new SqlError({
    number: 40517,
    state: 1,
    class: 16,
    message: `Keyword or statement option '${what}' is not supported in this version of SQL Server.`,
    line,
  });
}
