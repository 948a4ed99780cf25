// Finds out what a driver's error is about: mssql, tedious and Node wrap one another in three different ways.
import { AppError, isAppError, type ServerMessage } from '../core/errors.ts';
import { loginError, transportError, type ErrorContext } from '../core/sqlErrors.ts';

/** The error and everything it wraps, outermost first: `cause`, mssql's `originalError`, an AggregateError's `errors`. */
export function errorChain(error: unknown): Error[] {
  const found: Error[] = [];
  const visit = (value: unknown): void => {
    if (!(value instanceof Error) || found.includes(value) || found.length > 50) return;
    found.push(value);
    if ('originalError' in value) visit(value.originalError);
    if (value instanceof AggregateError) for (const inner of value.errors) visit(inner);
    visit(value.cause);
  };
  visit(error);
  return found;
}

/** Codes with which drivers wrap whatever went wrong: they say where, not what. */
const wrappers = new Set([
  'ESOCKET',
  'ELOGIN',
  'EFEDAUTH',
  'EREQUEST',
  'EINSTLOOKUP',
  'ECONNCLOSED',
  'ENOTOPEN',
]);

/** The most telling `code` of an error: the innermost that is not a wrapper's, else the outermost wrapper's. */
export function errorCode(error: unknown): string | undefined {
  const codes = errorChain(error).flatMap((part) =>
    'code' in part && typeof part.code === 'string' ? [part.code] : [],
  );
  return codes.findLast((code) => !wrappers.has(code)) ?? codes[0];
}

/** What a failed attempt to connect means. `messages` are what the server said meanwhile: tedious' login errors carry no number. */
export function connectError(
  error: unknown,
  messages: readonly ServerMessage[],
  context: ErrorContext,
): AppError {
  const known = errorChain(error).find((part) => isAppError(part));
  if (known !== undefined && isAppError(known)) return known;
  if (messages.some((message) => message.class > 10)) return loginError(messages, context, error);
  const code = errorCode(error);
  if (code === undefined || code === 'ELOGIN') return loginError(messages, context, error);
  return transportError(code, context, error);
}
