// What a person is told when a query editor's session is gone: everything the server kept for it, each thing by its name.
import type { ConnectionProfile } from './connection.ts';
import type { Kept } from './sessionState.ts';

export interface SessionLoss {
  /** A transaction was open. */
  hadTransaction: boolean;
  /** What the server kept for it. */
  kept: readonly Kept[];
}

/**
 * Nothing can be recovered (there is no session recovery in the driver), so at least everything lost is named.
 * @param now.running a batch was on its way, so nobody knows whether it had committed
 * @param now.rows rows are on the screen
 */
export function sessionLossText(
  loss: SessionLoss & { reason: string },
  now: { running: boolean; rows: boolean },
): string {
  return [
    `The session ended: ${loss.reason.replace(/\.$/, '')}.`,
    ...(loss.hadTransaction ? [rolledBack(now.running)] : []),
    ...gone(loss),
    ...(now.rows ? ['The rows shown here are kept.'] : []),
    'The next run opens a new session.',
  ].join(' ');
}

/** Said by the run that opens the next session: what was noted of the loss goes with the messages of the run before. */
export function newSessionText(why: 'lost' | 'edited', loss: SessionLoss): string | undefined {
  if (!loss.hadTransaction && loss.kept.length === 0) return undefined;
  return [
    why === 'lost'
      ? 'This run uses a new session, because the one before ended.'
      : 'This run uses a new session, because the connection was changed.',
    ...(loss.hadTransaction ? [rolledBack(false)] : []),
    ...gone(loss),
  ].join(' ');
}

/** Whether a session of one profile is good for the other: names, tables and pool sizes make no difference to it. */
export function sameSession(one: ConnectionProfile, other: ConnectionProfile): boolean {
  return sessionFacts(one) === sessionFacts(other);
}

/** In the order in which they are told. */
const sentences: readonly (readonly [Kept, string])[] = [
  ['temporaryTables', 'Temporary tables are gone.'],
  ['setOptions', 'SET options are back at their defaults.'],
  ['database', "It begins in the connection's database again, whatever USE said."],
  ['context', 'Its session context is empty again.'],
  ['impersonation', 'EXECUTE AS has ended.'],
  ['cursors', 'Cursors are closed.'],
  ['locks', 'Application locks are released.'],
  ['keys', 'Keys that were opened are closed.'],
  ['procedures', 'What procedures may have left in it is gone.'],
];

function gone({ kept }: SessionLoss): string[] {
  return sentences.filter(([one]) => kept.includes(one)).map(([, sentence]) => sentence);
}

function rolledBack(running: boolean): string {
  return running
    ? 'The server rolls back the transaction that was open, unless the batch that was running had committed it: look before you run it again.'
    : 'The server rolls back the transaction that was open: its changes are undone.';
}

function sessionFacts(profile: ConnectionProfile): string {
  const { server, port, database, cloud, encryption, requestTimeout, applicationName } = profile;
  const credential = Object.entries(profile.credential).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    server.toLowerCase(),
    port,
    database,
    cloud,
    encryption,
    requestTimeout,
    applicationName ?? '',
    credential,
  ]);
}
