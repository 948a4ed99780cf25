// When a failure that passes by itself is tried again: which, after how long, and for how long in all.
import type { AppError } from './errors.ts';

const second = 1000;
/** A serverless database resumes within about a minute; who waits longer than this is told instead (facts section 5). */
const patience = 120 * second;
/** First after 5 s, then twice as long each time, at most 60 s (Learn: "Transient fault errors", retry logic). */
const first = 5 * second;
const longest = 60 * second;

export interface Wait {
  /** Milliseconds. */
  ms: number;
  reason: 'resuming' | 'busy';
}

/** "Come back in ten seconds" is in the server's own words. */
const tenSeconds = new Set([40501]);

/**
 * How long to wait before the next attempt; undefined when it is not worth one. Only what the server itself said counts: what merely
 * did not answer is for the person to try again. 4060 is not waited for: nearly always it is a wrong name or a missing user.
 * @param waits how often it was waited for already; `elapsed` since the first failure, in milliseconds
 */
export function waitBefore(error: AppError, waits: number, elapsed: number): Wait | undefined {
  if (error.server === undefined) return undefined;
  if (error.code !== 'databaseUnavailable' && error.code !== 'tooBusy') return undefined;
  const base = tenSeconds.has(error.server.number) ? 2 * first : first;
  const ms = Math.min(base * 2 ** waits, longest);
  if (elapsed >= patience) return undefined;
  return {
    // The last wait is cut so that the last attempt comes when patience ends.
    ms: Math.max(second, Math.min(ms, patience - elapsed)),
    reason: error.code === 'databaseUnavailable' ? 'resuming' : 'busy',
  };
}
