// The firewall's rules and the gateway's refusals, in the server's wording.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { SqlError, type SqlMessage } from '../contract.ts';
import { Gateway } from './gateway.ts';

const knock = {
  serverName: 'contoso.database.localhost',
  database: 'appdb',
  clientAddress: '::ffff:127.0.0.1',
};

function refusal(gateway: Gateway): SqlMessage | undefined {
  try {
    gateway.admit(knock);
    return undefined;
  } catch (error) {
    if (error instanceof SqlError) return error.detail;
    throw error;
  }
}

const open = (): Gateway => new Gateway([{ name: 'AllowLocal', start: '127.0.0.1', end: '127.0.0.1' }]);

describe('the gateway', () => {
  it('answers 40615 with the client’s address until a rule covers it', () => {
    const gateway = new Gateway();
    assert.deepEqual(refusal(gateway), {
      number: 40615,
      state: 1,
      class: 14,
      line: 1,
      message:
        "Cannot open server 'contoso' requested by the login. Client with IP address '127.0.0.1' is not allowed to access the server.  " +
        'To enable access, use the Azure Management Portal or run sp_set_firewall_rule on the master database to create a firewall rule ' +
        'for this IP address or address range.  It may take up to five minutes for this change to take effect.',
    });
    gateway.setRule({ name: 'office', start: '10.0.0.0', end: '10.0.0.255' });
    gateway.setRule({ name: 'AllowAllWindowsAzureIps', start: '0.0.0.0', end: '0.0.0.0' });
    assert.equal(refusal(gateway)?.number, 40615);
    gateway.setRule({ name: 'office', start: '127.0.0.0', end: '127.255.255.255' });
    assert.equal(refusal(gateway), undefined);
    gateway.removeRules('OFFICE');
    assert.equal(refusal(gateway)?.number, 40615);
  });

  it('refuses a rule that is no range', () => {
    assert.throws(() => open().setRule({ name: 'x', start: '10.0.0.2', end: '10.0.0.1' }));
    assert.throws(() => open().setRule({ name: 'x', start: '::1', end: '::1' }));
  });

  it('answers 40613 as often as it was told, then lets in', () => {
    const gateway = open();
    gateway.setResuming({ attempts: 2 });
    const first = refusal(gateway);
    assert.equal(first?.number, 40613);
    assert.equal(first?.class, 17);
    assert.match(
      first?.message ?? '',
      /^Database 'appdb' on server 'contoso' is not currently available\. {2}Please retry the connection later\. {2}If the problem persists, contact customer support, and provide them the session tracing ID of '\{[0-9A-F-]{36}\}'\.$/,
    );
    assert.equal(refusal(gateway)?.number, 40613);
    assert.equal(refusal(gateway), undefined);
  });

  it('answers 40613 while it resumes, and no longer once told so', () => {
    const gateway = open();
    gateway.setResuming({ seconds: 3600 });
    assert.equal(refusal(gateway)?.number, 40613);
    gateway.setResuming({});
    assert.equal(refusal(gateway), undefined);
  });

  it('answers 47073 before anything else when public access is off', () => {
    const gateway = new Gateway();
    gateway.publicAccess = false;
    assert.equal(refusal(gateway)?.number, 47073);
  });
});
