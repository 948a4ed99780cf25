// Remedies that lie with Azure: what is copied, which page opens, and how long is waited.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { builtInClouds } from '../../../src/core/cloud.ts';
import { AppError, isAppError } from '../../../src/core/errors.ts';
import { azureCliCommand, portalUrl } from '../../../src/services/remedyScript.ts';
import { waitUntilItWorks } from '../../../src/services/remedyWait.ts';
import { instantClock } from './fakes.ts';

const server = 'contoso.database.windows.net';
const connectionId = 'c';
const group = `"$(az sql server list --query "[?name=='contoso'].resourceGroup" --output tsv)"`;

describe('Azure CLI commands', () => {
  it('open the firewall for one address', () => {
    assert.equal(
      azureCliCommand({ kind: 'addFirewallRule', connectionId, server, ip: '203.0.113.7' }),
      `az sql server firewall-rule create --resource-group ${group} --server contoso --name "vscode-203-0-113-7" --start-ip-address 203.0.113.7 --end-ip-address 203.0.113.7`,
    );
  });

  it('enable public access', () => {
    assert.equal(
      azureCliCommand({ kind: 'enablePublicAccess', connectionId, server }),
      `az sql server update --resource-group ${group} --name contoso --enable-public-network true`,
    );
  });

  it('show the admin who would be replaced first', () => {
    const [first, second] = azureCliCommand({ kind: 'setEntraAdmin', connectionId, server }).split('\n');
    assert.match(first ?? '', /^az sql server ad-admin list /);
    assert.match(second ?? '', /^az sql server ad-admin create /);
  });

  it('never carry what a server could have made up into a shell', () => {
    for (const hostile of ['a$(id)', 'a;b', "a'b", '', 'a b'])
      assert.throws(
        () => azureCliCommand({ kind: 'enablePublicAccess', connectionId, server: hostile }),
        (error) => isAppError(error, 'invalidInput'),
      );
    assert.throws(
      () => azureCliCommand({ kind: 'addFirewallRule', connectionId, server, ip: '1.2.3.4; rm' }),
      (error) => isAppError(error, 'invalidInput'),
    );
  });

  it('have a portal in each cloud', () => {
    assert.deepEqual(
      builtInClouds.map((cloud) => new URL(portalUrl(cloud)).host),
      ['portal.azure.com', 'portal.azure.us', 'portal.azure.cn'],
    );
  });
});

describe('retry until it works', () => {
  const options = { signal: new AbortController().signal, interval: 10, limit: 100 };
  const blocked = () => new AppError('firewallBlocked', 'closed');

  it('tries again until the door is open', async () => {
    const clock = instantClock();
    let left = 3;
    const attempts: number[] = [];
    const result = await waitUntilItWorks(
      async () => {
        if (left-- > 0) throw blocked();
        return 'open';
      },
      { ...options, clock, onAttempt: (attempt) => attempts.push(attempt) },
    );
    assert.equal(result, 'open');
    assert.deepEqual(attempts, [1, 2, 3, 4]);
    assert.deepEqual(clock.slept, [10, 10, 10]);
  });

  it('ends at once with a failure that waiting does not mend', async () => {
    const clock = instantClock();
    await assert.rejects(
      waitUntilItWorks(() => Promise.reject(new AppError('signInRequired', 'who?')), { ...options, clock }),
      (error) => isAppError(error, 'signInRequired'),
    );
    assert.deepEqual(clock.slept, []);
  });

  it('gives up after its limit with the last failure', async () => {
    const clock = instantClock();
    await assert.rejects(
      waitUntilItWorks(() => Promise.reject(blocked()), { ...options, clock }),
      (error) => isAppError(error, 'firewallBlocked'),
    );
    assert.equal(clock.now(), 100);
  });
});
