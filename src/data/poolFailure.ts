// What mssql and tarn say when a pool gives no connection.
import { errorChain } from './errorChain.ts';

/** tarn's TimeoutError has no name or code of its own; mssql puts this in front of it (mssql 12.7.14, base/connection-pool.js, _acquire). */
export function isPoolTimeout(error: unknown): boolean {
  return errorChain(error).some(({ message }) =>
    message.startsWith('Failed to acquire a connection from the pool'),
  );
}

/** Their words for a pool that is being closed (base/connection-pool.js; tarn, Pool.js). */
export function isClosing(error: unknown): boolean {
  return errorChain(error).some(
    (part) =>
      ('code' in part && part.code === 'ENOTOPEN') || /aborted|is closing|destroyed/i.test(part.message),
  );
}

/** Without whatever else it carries. */
export function describe(error: unknown): string {
  return error instanceof Error ? `${error.name} ${error.message.split('\n')[0] ?? ''}` : 'unknown failure';
}
