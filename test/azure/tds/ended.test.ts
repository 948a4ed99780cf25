// A session that the server ends by itself: its client loses the connection, idle or in the middle of a request.
import assert from 'node:assert/strict';
import type { Connection } from 'tedious';
import { afterEach, beforeEach, describe, it } from 'vitest';
import type { Backend } from '../contract.ts';
import { connect, fakeBackend, query, startTestServer, until } from './testServer.ts';
import type { FakeBackend, TestServer } from './testServer.ts';

describe('A session ended by the server', () => {
  let fixture: TestServer;
  let inner: FakeBackend;
  let ending: AbortController;
  let connection: Connection;

  beforeEach(async () => {
    inner = fakeBackend();
    ending = new AbortController();
    const backend: Backend = {
      open: async (login) => {
        const { session, messages } = await inner.open(login);
        return { session: { ...session, ended: ending.signal }, messages };
      },
    };
    fixture = await startTestServer({ backend });
    connection = await connect(fixture.config());
  });
  afterEach(async () => {
    connection.close();
    await fixture.server.close();
  });

  it('cuts a connection that waits for requests, and frees the session', async () => {
    const gone = new Promise<void>((resolve) => {
      connection.on('end', () => {
        resolve();
      });
    });
    assert.equal(fixture.server.connections.length, 1);
    ending.abort();
    await gone;
    await until(() => inner.closed === 1);
  });

  it('stops a request that runs; its client hears that the connection is lost', async () => {
    let stopped = false;
    inner.execute = (_request, _out, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          stopped = true;
          resolve();
        });
        ending.abort();
      });
    await assert.rejects(query(connection, 'SELECT 1'), { code: /^(?:ECONNRESET|ESOCKET)$/u });
    await until(() => stopped && inner.closed === 1);
  });
});
