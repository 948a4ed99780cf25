// What a person's "send tokens to this host" covers, and which redirects may even be offered to a person.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { builtInClouds, type Cloud } from '../../../src/core/cloud.ts';
import { isAppError, type AppError } from '../../../src/core/errors.ts';
import { TrustedHosts } from '../../../src/data/trustedHosts.ts';
import { ConfirmedHostList } from '../../../src/ui/platform/globalMemory.ts';
import { memory, profile as make } from '../services/fakes.ts';

const [publicCloud, governmentCloud] = builtInClouds;
assert.ok(publicCloud && governmentCloud);
const host = 'sql.corp.example';
const profile = make();

async function confirmedFor(cloud: Cloud): Promise<TrustedHosts> {
  const list = new ConfirmedHostList(memory());
  await list.add(host, cloud);
  return new TrustedHosts(() => builtInClouds, list);
}

function refusal(action: () => unknown): AppError {
  try {
    action();
  } catch (error) {
    assert.ok(isAppError(error, 'hostNotConfirmed'), String(error));
    return error;
  }
  throw new Error('it was allowed');
}

describe('a confirmed host', () => {
  it('gets tokens of the cloud that the person saw, however the name is spelled', async () => {
    const hosts = await confirmedFor(publicCloud);
    assert.equal(hosts.cloudOf({ ...profile, server: host, cloud: 'public' }), publicCloud);
    assert.equal(hosts.cloudOf({ ...profile, server: 'SQL.Corp.Example.', cloud: 'public' }), publicCloud);
    hosts.check(host, publicCloud, profile);
  });

  it('gets none of another cloud, whatever a workspace’s connection says', async () => {
    const hosts = await confirmedFor(publicCloud);
    const error = refusal(() => hosts.cloudOf({ ...profile, server: host, cloud: 'usgov' }));
    assert.equal(error.code, 'hostNotConfirmed');
  });

  it('gets none of another cloud by a redirect', async () => {
    const hosts = await confirmedFor(publicCloud);
    const error = refusal(() => hosts.check(host, governmentCloud, profile));
    assert.equal(error.code, 'hostNotConfirmed');
  });
});

describe('a redirect', () => {
  it('to what is no host name is refused, and nobody is asked to confirm it', async () => {
    const hosts = await confirmedFor(publicCloud);
    for (const target of [
      'evil.example\u0000.database.windows.net',
      'evil.example#.database.windows.net',
      'evil.example\n\nAll is well.database.windows.net',
      'evil.example/.database.windows.net',
      'evil。database.windows.net',
      '',
    ]) {
      const error = refusal(() => hosts.check(target, publicCloud, profile));
      assert.deepEqual(error.remedies, [], target);
      assert.ok(!error.message.includes('evil'), error.message);
    }
  });

  it('into another cloud is refused for good: confirming would not change it', async () => {
    const hosts = await confirmedFor(publicCloud);
    const error = refusal(() => hosts.check('a.database.usgovcloudapi.net', publicCloud, profile));
    assert.deepEqual(error.remedies, []);
  });

  it('to a lookalike of the cloud asks a person', async () => {
    const hosts = await confirmedFor(publicCloud);
    for (const target of ['evildatabase.windows.net', 'database.windows.net.evil.example']) {
      const error = refusal(() => hosts.check(target, publicCloud, profile));
      assert.deepEqual(error.remedies, [{ kind: 'confirmHost', connectionId: profile.id, host: target }]);
    }
  });

  it('inside the cloud is followed', async () => {
    const hosts = await confirmedFor(publicCloud);
    assert.doesNotThrow(() => hosts.check('dc1.WORKER.database.windows.net.', publicCloud, profile));
  });
});
