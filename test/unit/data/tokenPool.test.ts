import assert from 'node:assert/strict';
import mssql from 'mssql';
import { describe, it } from 'vitest';
import { isPoolTimeout } from '../../../src/data/poolFailure.ts';

describe('a pool whose connections are all in use', () => {
  it('is recognized by what mssql makes of it', async () => {
    // mssql's own pool, with a driver that never connects: only its time-out is of interest.
    class Stuck extends mssql.ConnectionPool {
      #first = true;
      override _poolCreate(): ReturnType<mssql.ConnectionPool['_poolCreate']> {
        if (!this.#first) return new Promise(() => undefined);
        this.#first = false;
        return super._poolCreate().catch(() => Promise.reject(new Error('no server')));
      }
    }
    const pool = new Stuck({ server: '127.0.0.1', port: 1, pool: { max: 1, acquireTimeoutMillis: 20 } });
    pool.on('error', () => undefined);
    await assert.rejects(pool.connect(), (error) => !isPoolTimeout(error));
    // What connect() would have made (mssql 12.7.14, base/connection-pool.js): the same message comes from _acquire.
    const { Pool } = await import('tarn');
    Object.assign(pool, {
      pool: new Pool({
        create: () => new Promise(() => undefined),
        destroy: () => undefined,
        min: 0,
        max: 1,
        acquireTimeoutMillis: 20,
      }),
    });
    await assert.rejects(pool.acquire(pool), isPoolTimeout);
  });
});
