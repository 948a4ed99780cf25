// What is known of one saved connection while the extension runs: its pool, whose token it uses, and what it went through.
import type { Cloud } from '../core/cloud.ts';
import type { ConnectionProfile } from '../core/connection.ts';
import type { ConnectionDiagnostics } from '../core/ports.ts';
import type { TokenOwner } from './tokenCache.ts';
import type { PoolCounts } from './connectionLives.ts';
import type { TokenPool } from './tokenPool.ts';
import type { WaitingRoom } from './waitingRoom.ts';

export interface ConnectionState {
  id: string;
  pool?: TokenPool | undefined;
  /** For whom and what the pool was made: another one replaces it. */
  made?: { profile: ConnectionProfile; cloud: Cloud; key: string; objectId: string; tenant: string };
  /** Whose token was used last. */
  owner?: TokenOwner;
  registration?: { dispose(): void } | undefined;
  /** Pools that end when the work on them is done. */
  ending: Set<TokenPool>;
  counts: PoolCounts;
  retries: number;
  lastFailure?: ConnectionDiagnostics['lastFailure'];
  room: WaitingRoom;
  needsSignIn: boolean;
  /** How often everything was ended at once: what began before that does not go on after it. */
  endings: number;
}

export function emptyCounts(): PoolCounts {
  return {
    created: 0,
    failedLogins: 0,
    retired: { age: 0, token: 0, broken: 0, idle: 0, evicted: 0, closed: 0 },
  };
}

/** Of the pool, and of those before it on which work is still done. */
export function poolNumbers({ pool, ending }: ConnectionState): TokenPool['numbers'] {
  const sum = { inUse: 0, idle: 0, waiting: 0 };
  for (const { numbers } of [...(pool === undefined ? [] : [pool]), ...ending]) {
    sum.inUse += numbers.inUse;
    sum.idle += numbers.idle;
    sum.waiting += numbers.waiting;
  }
  return sum;
}
