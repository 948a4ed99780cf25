// How a statement or transaction ends on a shared connection: what became of it, in what state it leaves the connection, and the way out.
import type { Connection } from 'tedious';
import type { ConnectionProfile } from '../core/connection.ts';
import { AppError, cancelled, isAppError, type Remedy } from '../core/errors.ts';
import type { ErrorContext } from '../core/sqlErrors.ts';
import { collect, runRequest, wasNotSent } from './runRequest.ts';

/**
 * @param patience once somebody gives up: how long the answer is still waited for, in milliseconds, before the connection is ended
 * @throws AppError outcomeUnknown when the answer never came, connectionLost when it was not even sent
 */
export async function commit(
  connection: Connection,
  context: ErrorContext,
  patience: number,
  signal?: AbortSignal,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const hurry = (): void => {
    timer = setTimeout(() => connection.close(), patience);
  };
  signal?.addEventListener('abort', hurry, { once: true });
  try {
    // Nobody may interrupt it: an answer that is not read leaves the outcome open.
    await runRequest(connection, { text: 'COMMIT TRANSACTION;' }, collect().sink, context);
  } catch (error) {
    // Its time was over, but the server says that it is done.
    if (isAppError(error, 'timeout') && !connection.inTransaction) return;
    if (isAppError(error) && wasNotSent(error)) throw uncommitted(error);
    if (isAppError(error, 'outcomeUnknown')) {
      throw new AppError(
        'outcomeUnknown',
        'The connection was lost while the change was being committed: it was either applied wholly or not at all. Look before trying again.',
        { remedies: error.remedies, cause: error },
      );
    }
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', hurry);
  }
}

/**
 * SET options and temp tables of one user must not reach the next: RESETCONNECTION (MS-TDS 2.2.3.1.2). False = do not reuse.
 * @param patience milliseconds, after which the connection is ended: whoever worked on it waits for this
 */
export function reset(connection: Connection, patience: number): Promise<boolean> {
  if (connection.closed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const timer = setTimeout(() => connection.close(), patience);
    connection.reset((error) => {
      clearTimeout(timer);
      resolve(!error);
    });
  });
}

/** What is open is undone with the connection when the server does not answer in time; milliseconds. */
export async function rollBack(
  connection: Connection,
  context: ErrorContext,
  patience: number,
): Promise<void> {
  const timer = setTimeout(() => connection.close(), patience);
  try {
    await runRequest(
      connection,
      { text: 'IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;' },
      collect().sink,
      context,
    );
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What became of a transaction that was stopped: whatever its statement had done already, the rollback undid.
 * @param isLost whether the connection had ended by itself
 */
export function undone(error: unknown, isLost: boolean, isGivenUp: boolean): unknown {
  const isOpen = isAppError(error, 'outcomeUnknown') || isAppError(error, 'connectionLost');
  if (isGivenUp && isOpen) return cancelled(error);
  if (isLost || !isAppError(error, 'outcomeUnknown')) return uncommitted(error);
  return new AppError(
    'timeout',
    'The server did not answer within the request time-out of this connection, so the transaction was undone.',
    { remedies: [{ kind: 'retry' }], cause: error },
  );
}

/** The server rolls back what was not committed when a connection ends (Learn, "Transactions"). */
function uncommitted(error: unknown): unknown {
  if (!isAppError(error, 'outcomeUnknown') && !isAppError(error, 'connectionLost')) return error;
  return new AppError(
    'connectionLost',
    'The connection was lost before the change was committed, so the server undid it: nothing was changed.',
    { remedies: [{ kind: 'retry' }], cause: error },
  );
}

/** What is known only here: whose sign-in it is. */
export function withRemedies(error: unknown, profile: ConnectionProfile): unknown {
  if (!isAppError(error) || error.remedies.length > 0) return error;
  const signIn: Remedy = { kind: 'signIn', connectionId: profile.id };
  const remedies: Partial<Record<AppError['code'], readonly Remedy[]>> = {
    signInRequired: [signIn],
    signInDeclined: [signIn],
    credentialUnavailable: [{ kind: 'retry' }, { kind: 'editConnection', connectionId: profile.id }],
    wrongAudience: [signIn, { kind: 'editConnection', connectionId: profile.id }],
    wrongTenant: [{ kind: 'chooseTenant', connectionId: profile.id }, signIn],
  };
  const found = remedies[error.code];
  if (found === undefined) return error;
  return new AppError(error.code, error.message, {
    remedies: found,
    cause: error,
    ...(error.server === undefined ? {} : { server: error.server }),
  });
}
