// sp_getapplock and sp_releaseapplock: application locks are PostgreSQL's advisory locks.
import { argument } from './procedureArguments.ts';
import type { SystemProcedure } from './procedureArguments.ts';

export const lockProcedures: Readonly<Record<string, SystemProcedure>> = {
  sp_getapplock: async (interpreter, args) => {
    const resource = argument(args, '@resource', 0)?.value ?? '';
    const mode = (argument(args, '@lockmode', 1)?.value ?? '').toLowerCase();
    const owner = (argument(args, '@lockowner', 2)?.value ?? 'transaction').toLowerCase();
    const timeout = Number(argument(args, '@locktimeout', 3)?.value ?? -1);
    const shared = mode === 'shared' || mode === 'intentshared' ? '_shared' : '';
    if (owner === 'transaction' && interpreter.state.transactions === 0) return -999;
    const fn = `${timeout === 0 ? 'pg_try' : 'pg'}_advisory_${owner === 'session' ? '' : 'xact_'}lock${shared}`;
    const got = await interpreter.scalar(`SELECT ${fn}(hashtextextended($1, 7))`, [resource]);
    return got === 'f' ? -1 : 0;
  },
  sp_releaseapplock: async (interpreter, args) => {
    const resource = argument(args, '@resource', 0)?.value ?? '';
    const released = await interpreter.scalar('SELECT pg_advisory_unlock(hashtextextended($1, 7))', [
      resource,
    ]);
    return released === 't' ? 0 : -999;
  },
};
