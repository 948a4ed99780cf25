// Diagnostics as they are pasted into a bug report.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { diagnosticsText } from '../../../src/core/diagnosticsText.ts';
import type { ConnectionDiagnostics } from '../../../src/core/ports.ts';
import { profile } from '../services/fakes.ts';

const diagnostics: ConnectionDiagnostics = {
  connectionId: 'c1',
  inUse: 2,
  idle: 1,
  waiting: 3,
  sessions: 1,
  maxPoolSize: 10,
  created: 7,
  failedLogins: 1,
  retired: { age: 1, token: 2, broken: 0, idle: 0, evicted: 0, closed: 0 },
  serverConnections: 4,
  serverLimit: 30,
  token: {
    who: 'ada@contoso.example',
    tenant: 'tenant-one',
    audience: 'https://database.windows.net/',
    objectId: 'object-one',
    expiresOn: 0,
    source: 'VS Code account',
    minutesLeft: 42,
    refreshes: 3,
  },
  serverTenant: 'tenant-two',
  retries: 5,
  lastFailure: { code: 'databaseUnavailable', number: 40613, at: 0 },
};

const pool = `In use                2 of 10
Idle                  1
Waiting               3
Query sessions        1
Created               7, failed logins 1
Retired               3 (age 1, token 2)
Server connections    4 of 30
Retries               5
Token                 VS Code account, 42 minutes left, refreshed 3 times
Last failure          databaseUnavailable (40613) at 1970-01-01T00:00:00.000Z
`;

describe('diagnostics as text', () => {
  it('names nobody unless asked to', () => {
    assert.equal(
      diagnosticsText(profile(), diagnostics, { names: false, version: '1.2.3' }),
      `Passwordless SQL      1.2.3
Server                <server>
Database              <database>
Cloud                 public
Credential            vscode
Who                   <who>
Tenant of the token   <tenant>
Tenant of the server  <another tenant>
${pool}`,
    );
  });

  it('has the names when asked to, and never the object id', () => {
    const text = diagnosticsText(profile(), diagnostics, { names: true, version: '1.2.3' });
    assert.equal(
      text,
      `Passwordless SQL      1.2.3
Server                contoso.database.windows.net
Database              app
Cloud                 public
Credential            vscode
Who                   ada@contoso.example
Tenant of the token   tenant-one
Tenant of the server  tenant-two
${pool}`,
    );
  });

  it('says that a connection was never used', () => {
    const text = diagnosticsText(profile(), undefined, { names: false, version: '1' });
    assert.match(text, /^Pool +never used$/m);
    assert.match(text, /^Who +unknown$/m);
  });
});
