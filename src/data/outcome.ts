// How a statement or transaction ends on a shared connection: what became of it, in what state it leaves the connection, and the way out.
import type { Connection } from 'tedious';
import type { ConnectionProfile } from '../core/connection.ts';
import { AppError, isAppError, type Remedy } from '../core/errors.ts';
import type { ErrorContext } from '../core/sqlErrors.ts';
import { collect, runRequest, wasNotSent } from './runRequest.ts';

/** @throws AppError outcomeUnknown when the answer never came, connectionLost when it was not even sent */
export async function commit(connection: Connection, context: ErrorContext): Promise<void> {
  try {
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
  }
}

/** SET options and temp tables of one user must not reach the next: RESETCONNECTION (MS-TDS 2.2.3.1.2). False = do not reuse. */
export function reset(connection: Connection): Promise<boolean> {
  if (connection.closed) return Promise.resolve(false);
  return new Promise((resolve) => {
    connection.reset((error) => resolve(!error));
  });
}

/** The server rolls back what was not committed when a connection ends (Learn, "Transactions"). */
export function uncommitted(error: unknown): unknown {
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
