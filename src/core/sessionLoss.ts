// What a person is told when a query editor's session is gone: everything the server kept for it, each thing by its name.
import type { ConnectionProfile } from './connection.ts';

export interface SessionLoss {
  /** A transaction was open. */
  hadTransaction: boolean;
  /** A batch has run in it, so there may be temporary tables and SET options. */
  hadState: boolean;
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
    ...(loss.hadState ? [stateGone] : []),
    ...(now.rows ? ['The rows shown here are kept.'] : []),
    'The next run opens a new session.',
  ].join(' ');
}

/** Said by the run that opens the next session: what was noted of the loss goes with the messages of the run before. */
export function newSessionText(why: 'lost' | 'edited', loss: SessionLoss): string | undefined {
  if (!loss.hadTransaction && !loss.hadState) return undefined;
  return [
    why === 'lost'
      ? 'This run uses a new session, because the one before ended.'
      : 'This run uses a new session, because the connection was changed.',
    ...(loss.hadTransaction ? [rolledBack(false)] : []),
    ...(loss.hadState ? [stateGone] : []),
  ].join(' ');
}

/** Whether a session of one profile is good for the other: names, tables and pool sizes make no difference to it. */
export function sameSession(one: ConnectionProfile, other: ConnectionProfile): boolean {
  return sessionFacts(one) === sessionFacts(other);
}

const stateGone = 'Temporary tables are gone. SET options are back at their defaults.';

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
