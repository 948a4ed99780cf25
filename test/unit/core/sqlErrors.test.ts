import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import type { CredentialKind } from '../../../src/core/connection.ts';
import type { ErrorCode, ServerMessage } from '../../../src/core/errors.ts';
import {
  isTransient,
  loginError,
  statementError,
  transportError,
  type ErrorContext,
} from '../../../src/core/sqlErrors.ts';

const context: ErrorContext = {
  connectionId: 'c1',
  server: 'sql.example',
  database: 'appdb',
  credential: 'azureCli',
};
const server = (number: number, message: string, severity = 14): ServerMessage => ({
  number,
  state: 1,
  class: severity,
  message,
  line: 0,
});

describe('loginError', () => {
  const cases: readonly (readonly [string, ServerMessage[], ErrorCode, string[]])[] = [
    [
      'firewall',
      [
        server(
          40615,
          "Cannot open server 'x' requested by the login. Client with IP address '203.0.113.7' is not allowed to access the server.",
        ),
      ],
      'firewallBlocked',
      ['addFirewallRule', 'retry'],
    ],
    ['firewall without an address', [server(40615, 'Not allowed.')], 'firewallBlocked', ['retry']],
    ['subnet', [server(40914, 'x')], 'subnetBlocked', ['retry']],
    ['public access', [server(47073, 'x')], 'publicAccessDisabled', ['enablePublicAccess', 'retry']],
    ['unknown server', [server(40532, 'x')], 'serverNotFound', ['editConnection']],
    [
      'database, then 18456',
      [server(4060, 'x', 11), server(18456, "Login failed for user '<token-identified principal>'.")],
      'databaseNotFound',
      ['editConnection', 'grantAccess'],
    ],
    [
      'no user',
      [server(18456, "Login failed for user '<token-identified principal>'.")],
      'noUserInDatabase',
      ['chooseTenant', 'editConnection', 'grantAccess'],
    ],
    [
      'expired',
      [server(18456, "Login failed for user '<token-identified principal>'. Token is expired.")],
      'tokenExpired',
      ['signIn', 'retry'],
    ],
    [
      'wrong tenant',
      [server(18456, "Login failed for user '<token-identified principal>'. Incorrect or invalid token.")],
      'loginRejected',
      ['chooseTenant', 'signIn'],
    ],
    [
      'SQL login',
      [server(18456, "Login failed for user 'sa'.")],
      'loginRejected',
      ['signIn', 'chooseTenant', 'editConnection'],
    ],
    ['resuming', [server(40613, 'x', 17)], 'databaseUnavailable', ['retry']],
    ['busy', [server(10928, 'x', 20)], 'tooBusy', ['retry']],
    ['nothing said', [], 'loginRejected', ['retry', 'showLog']],
    [
      'only information',
      [server(5701, 'Changed database context.', 0)],
      'loginRejected',
      ['retry', 'showLog'],
    ],
  ];
  for (const [what, messages, code, remedies] of cases) {
    it(`knows ${what}`, () => {
      const error = loginError(messages, context);
      assert.equal(error.code, code);
      assert.deepEqual(
        error.remedies.map(({ kind }) => kind),
        remedies,
      );
      assert.ok(error.message.length > 20, error.message);
    });
  }
  it('offers another account where VS Code has them, never the same one again', () => {
    const noUser = [server(18456, "Login failed for user '<token-identified principal>'.")];
    const kinds = (credential: CredentialKind): string[] =>
      loginError(noUser, { ...context, credential }).remedies.map(({ kind }) => kind);
    assert.deepEqual(kinds('vscode'), ['chooseTenant', 'switchAccount', 'editConnection', 'grantAccess']);
    assert.deepEqual(kinds('azureCli'), ['chooseTenant', 'editConnection', 'grantAccess']);
  });
  it('takes IPv6 addresses too', () =>
    assert.deepEqual(
      loginError([server(40615, "Client with IP address '2001:db8::1' is not allowed")], context).remedies[0],
      {
        kind: 'addFirewallRule',
        connectionId: context.connectionId,
        server: 'sql.example',
        ip: '2001:db8::1',
      },
    ));
  it('knows what passes by itself', () => {
    assert.ok(isTransient(loginError([server(40613, 'x', 17)], context)));
    assert.ok(!isTransient(loginError([server(4060, 'x', 11)], context)));
    assert.ok(!isTransient(loginError([server(40544, 'x', 17)], context)));
  });
});

describe('statementError', () => {
  for (const [number, code] of [
    [229, 'permissionDenied'],
    [15247, 'permissionDenied'],
    [208, 'tableNotFound'],
    [2627, 'duplicateKey'],
    [2601, 'duplicateKey'],
    [547, 'constraintViolated'],
    [515, 'constraintViolated'],
    [2628, 'valueTooLong'],
    [8152, 'valueTooLong'],
    [245, 'valueInvalid'],
    [1205, 'deadlock'],
    [37396, 'tokenExpired'],
    [33130, 'principalNotFound'],
    [33131, 'principalAmbiguous'],
    [33134, 'directoryLookupFailed'],
    [33159, 'notEntraConnection'],
    [33169, 'invalidInput'],
    [102, 'sqlError'],
  ] as const) {
    it(`${number} is ${code}`, () => {
      const message = server(number, "Something about 'app-orders'.");
      const error = statementError(message, context);
      assert.equal(error.code, code);
      assert.deepEqual(error.server, message);
    });
  }
  it('keeps the server’s words for what it does not know', () =>
    assert.equal(statementError(server(99_999, 'Words.'), context).message, 'Words.'));
  it('names the principal that was not found', () =>
    assert.match(
      statementError(server(33130, "Principal 'app-x' could not be found."), context).message,
      /"app-x"/,
    ));
});

describe('transportError', () => {
  for (const [code, expected] of [
    ['ENOTFOUND', 'hostUnreachable'],
    ['ECONNREFUSED', 'hostUnreachable'],
    ['ETIMEDOUT', 'hostUnreachable'],
    ['ETIMEOUT', 'hostUnreachable'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'certificateNotTrusted'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificateNotTrusted'],
    ['EENCRYPT', 'encryptionDeclined'],
    ['ECONNRESET', 'connectionLost'],
  ] as const) {
    it(`${code} is ${expected}`, () => {
      const error = transportError(code, context);
      assert.equal(error.code, expected);
      assert.match(error.message, /sql\.example/);
    });
  }
});

describe('an identity that has no user', () => {
  const refused: ServerMessage = {
    number: 18_456,
    state: 1,
    class: 14,
    message: "Login failed for user '<token-identified principal>'.",
    line: 0,
  };
  const kinds = (credential: ErrorContext['credential']): string[] =>
    loginError([refused], { connectionId: 'c', server: 's', database: 'app', credential }).remedies.map(
      ({ kind }) => kind,
    );

  it('is offered another tenant when it is a person, not when it is an app', () => {
    assert.ok(kinds('azureCli').includes('chooseTenant'));
    for (const app of ['managedIdentity', 'workloadIdentity', 'environment'] as const)
      assert.ok(!kinds(app).includes('chooseTenant'), app);
  });
});

describe('a token of another tenant, or of a server without an Entra admin', () => {
  it('is told from a missing user, though the server names the principal in both; the admin comes last', () => {
    const message =
      "Login failed for user '<token-identified principal>'. The server is not currently configured to accept this token.";
    const error = loginError([{ number: 18_456, state: 1, class: 14, message, line: 0 }], {
      connectionId: 'c',
      server: 's',
      database: 'app',
      credential: 'vscode',
    });
    assert.equal(error.code, 'loginRejected');
    assert.deepEqual(
      error.remedies.map(({ kind }) => kind),
      ['chooseTenant', 'signIn', 'setEntraAdmin'],
    );
  });
});
