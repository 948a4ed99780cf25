// "Retry until it works": asks again until a change made in Azure has arrived, which takes up to five minutes for firewall rules.
import { isAppError } from '../core/errors.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';

/** Failures that a change in Azure, or its arrival, makes go away; any other ends the waiting. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'firewallBlocked',
  'subnetBlocked',
  'publicAccessDisabled',
  'loginRejected',
  'noUserInDatabase',
  'databaseUnavailable',
  'tooBusy',
  'connectionLost',
  'hostUnreachable',
  'timeout',
]);

export interface WaitOptions {
  clock: Clock;
  signal: AbortSignal;
  /** Between two attempts, milliseconds. */
  interval: number;
  /** After this many milliseconds the last failure is thrown. */
  limit: number;
  /** Before each attempt; the first is 1. */
  onAttempt?: (attempt: number) => void;
}

/**
 * Calls `attempt` until it succeeds and returns its result.
 * @throws whatever `attempt` threw when waiting cannot help or took too long; AppError cancelled when the signal aborts.
 */
export async function waitUntilItWorks<T>(attempt: () => Promise<T>, options: WaitOptions): Promise<T> {
  const { clock, signal, interval, limit, onAttempt } = options;
  const end = clock.now() + limit;
  for (let count = 1; ; count++) {
    onAttempt?.(count);
    try {
      return await attempt();
    } catch (error) {
      if (!isAppError(error) || !passing.has(error.code) || clock.now() + interval > end) throw error;
    }
    await clock.sleep(interval, signal);
  }
}
