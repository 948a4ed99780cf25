// An unexpected failure as text for the log: its stack and those of its causes.

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
    parts.push(next.stack ?? `${next.name}: ${next.message}`);
    next = next.cause;
  }
  if (seen.has(next)) parts.push('an error named above');
  else if (next !== undefined || parts.length === 0) parts.push(String(next));
  return parts.join('\ncaused by ');
}
