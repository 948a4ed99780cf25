// Saved connections, which one is active, and when pools are closed.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { builtInClouds } from '../../../src/core/cloud.ts';
import { isAppError } from '../../../src/core/errors.ts';
import { ConnectionService } from '../../../src/services/connectionService.ts';
import { memory, profile, store } from './fakes.ts';

function service(...saved: Parameters<typeof store>) {
  const settings = store(...saved);
  const closed: string[] = [];
  const connections = new ConnectionService({
    store: settings,
    memory: memory(),
    sql: { close: async (id) => void closed.push(id) },
    clouds: () => builtInClouds,
  });
  const touched: (readonly string[])[] = [];
  connections.onDidChangeConnections((change) => touched.push(change.touched));
  return { connections, settings, closed, touched };
}

describe('the connection service', () => {
  it('takes the first connection for active until one is chosen', async () => {
    const { connections, touched } = service(profile({ id: 'a' }), profile({ id: 'b' }));
    assert.equal(connections.active()?.id, 'a');
    await connections.setActive('b');
    assert.equal(connections.active()?.id, 'b');
    assert.deepEqual(touched, [[]]);
  });

  it('falls back when the active connection is removed, and closes its pool', async () => {
    const { connections, closed } = service(profile({ id: 'a' }), profile({ id: 'b' }));
    await connections.setActive('b');
    await connections.remove('b');
    assert.equal(connections.active()?.id, 'a');
    assert.ok(closed.includes('b'));
  });

  it('has no active connection when there is none', () => {
    const { connections } = service();
    assert.equal(connections.active(), undefined);
    assert.throws(
      () => connections.require('x'),
      (error) => isAppError(error, 'invalidInput'),
    );
  });

  it('makes a saved connection active without closing the pool that was just opened for it', async () => {
    const { connections, closed, touched } = service(profile({ id: 'a' }));
    await connections.save(profile({ id: 'n' }), 'user');
    assert.equal(connections.active()?.id, 'n');
    assert.deepEqual(closed, []);
    assert.ok(touched.some((ids) => ids.includes('n')));
  });

  it('closes the pool of a connection that somebody changed in the settings, and of no other', async () => {
    const { settings, closed, touched } = service(profile({ id: 'a' }), profile({ id: 'b' }));
    settings.edit(profile({ id: 'b', database: 'other' }));
    await Promise.resolve();
    assert.deepEqual(closed, ['b']);
    assert.deepEqual(touched, [['b']]);
  });

  it('gives a host its cloud by name, whatever the profile says', () => {
    const { connections } = service();
    const cloudOf = (server: string, cloud: string) => connections.cloudFor({ server, cloud })?.id;
    assert.equal(cloudOf('x.database.windows.net', 'china'), 'public');
    assert.equal(cloudOf('x.database.usgovcloudapi.net', 'public'), 'usgov');
    assert.equal(cloudOf('sql.contoso.example', 'china'), 'china');
    assert.equal(cloudOf('x.database.windows.net.evil.example', 'none'), undefined);
  });
});
