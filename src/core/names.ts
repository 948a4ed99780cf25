// The one place where identifiers and literals become T-SQL text; values are parameters everywhere else.
import type { TableName } from './connection.ts';
import { AppError } from './errors.ts';

/** Longest identifier in UTF-16 code units: sysname is nvarchar(128) (Learn, "Database identifiers"). */
export const maxNameLength = 128;

/** Doubling is the only escape that T-SQL knows, in names and in literals. */
const double = (text: string, character: string): string => text.split(character).join(character + character);

/**
 * Why a name cannot be an identifier, in plain words; undefined when it can. Only what the server itself refuses: empty,
 * longer than 128 UTF-16 code units, U+0000 (ends names in several system procedures), and half a surrogate pair (cannot
 * be sent).
 */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'The name is empty.';
  if (name.length > maxNameLength) {
    return `The name has ${name.length} characters; SQL Server allows ${maxNameLength}.`;
  }
  if (name.includes('\u0000')) return 'The name contains a NUL character.';
  if (!name.isWellFormed()) return 'The name contains half of a surrogate pair, which is not a character.';
  return undefined;
}

/**
 * A delimited identifier: `a]b` becomes `[a]]b]`.
 * @throws AppError invalidInput for a name that no server would accept (see {@link nameProblem})
 */
export function quoteName(name: string): string {
  const problem = nameProblem(name);
  if (problem !== undefined) throw new AppError('invalidInput', problem);
  return `[${double(name, ']')}]`;
}

/** `[schema].[name]`. @throws AppError invalidInput as {@link quoteName} */
export function quoteTable(table: TableName): string {
  return `${quoteName(table.schema)}.${quoteName(table.name)}`;
}

/**
 * A Unicode literal `N'…'`, only for statements that take no parameters (DDL, DEFAULT clauses, scripts that people read and run
 * themselves). Everything else passes values as parameters.
 * @throws AppError invalidInput for half a surrogate pair or a NUL character
 */
export function quoteLiteral(value: string): string {
  if (!value.isWellFormed()) {
    throw new AppError(
      'invalidInput',
      'The text contains half of a surrogate pair, which is not a character.',
    );
  }
  if (value.includes('\u0000')) throw new AppError('invalidInput', 'The text contains a NUL character.');
  return `N'${double(value, "'")}'`;
}

/** For people: `dbo.user`, brackets only where a part is no plain word. Never for statements. */
export function displayTable(table: TableName): string {
  const part = (name: string): string =>
    /^[\p{L}_][\p{L}\p{N}_@$#]*$/u.test(name) ? name : `[${double(name, ']')}]`;
  return `${part(table.schema)}.${part(table.name)}`;
}
