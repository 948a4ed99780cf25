// An unexpected failure as text for the log: its stack and those of its causes.
import { isAppError } from './errors.ts';

/**
 * Stack and causes, each once: a cause may lead back to an error that was there already. Never an error's other properties, which may
 * carry rows or tokens.
 */
export function errorStack(error: unknown): string {
  const parts: string[] = [];
  const seen = new Set<unknown>();
  let next = error;
  while (next instanceof Error && !seen.has(next)) {
    seen.add(next);
    parts.push(withoutServerWords(next));
    next = next.cause;
  }
  if (seen.has(next)) parts.push('an error named above');
  else if (next !== undefined || parts.length === 0) parts.push(String(next));
  return parts.join('\ncaused by ');
}

/** A server's own words may quote values of rows (see errorText), whoever carries them: this product's errors or the driver's. */
function withoutServerWords(error: Error): string {
  const stack = error.stack ?? `${error.name}: ${error.message}`;
  const number =
    isAppError(error) && error.server !== undefined
      ? error.server.number
      : 'number' in error && typeof error.number === 'number'
        ? error.number
        : undefined;
  return number === undefined ? stack : stack.replace(error.message, () => `error ${number}`);
}
