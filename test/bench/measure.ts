// Medians with their spread, event-loop delay and memory: how every benchmark here measures and prints.
import { monitorEventLoopDelay } from 'node:perf_hooks';

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** "12.3 (11.9-14.0)": the median and its spread. */
export function figure(values: readonly number[], digits = 1): string {
  const range = `${Math.min(...values).toFixed(digits)}-${Math.max(...values).toFixed(digits)}`;
  return `${median(values).toFixed(digits)} (${range})`;
}

/** "0.93", and whether a goal was met: a missed one is said, not hidden. */
export function ratio(
  ours: readonly number[],
  theirs: readonly number[],
  goal?: { atMost?: number; atLeast?: number },
): string {
  const value = median(ours) / median(theirs);
  const text = value.toFixed(2);
  if (goal?.atMost !== undefined)
    return `${text} (goal at most ${goal.atMost}: ${value <= goal.atMost ? 'met' : 'MISSED'})`;
  if (goal?.atLeast !== undefined)
    return `${text} (goal at least ${goal.atLeast}: ${value >= goal.atLeast ? 'met' : 'MISSED'})`;
  return text;
}

export interface LoopAndMemory {
  /** Milliseconds. */
  loopP99: number;
  /** Largest resident set above the one at the start, MiB. */
  peakMemory: number;
}

/** Watches this process's event loop and memory while `work` runs. */
export async function watched<T>(work: () => Promise<T>): Promise<{ result: T } & LoopAndMemory> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let peak = before;
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  try {
    const result = await work();
    peak = Math.max(peak, process.memoryUsage.rss());
    return { result, loopP99: delay.percentile(99) / 1e6, peakMemory: (peak - before) / 1024 / 1024 };
  } finally {
    delay.disable();
    clearInterval(sampler);
  }
}
