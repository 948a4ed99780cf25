// How VS Code is asked for tokens: which account, which scopes, what may prompt, and what its failures mean.
import assert from 'node:assert/strict';
import type { AuthenticationGetSessionOptions, QuickPickItem } from 'vscode';
import { describe, it } from 'vitest';
import { builtInClouds, type Cloud } from '../../../src/core/cloud.ts';
import type { CredentialChoice } from '../../../src/core/connection.ts';
import type { TokenRequest } from '../../../src/core/ports.ts';
import { VscodeTokenSource, type Account } from '../../../src/ui/platform/vscodeTokenSource.ts';
import { failure } from '../data/fakeServer.ts';

const home = '2ff8edf0-dccb-4148-a649-2c1154e1e129';
const guest = '99999999-2222-4333-8444-555555555555';
const ada: Account = { id: `11111111-0000-0000-0000-000000000001.${home}`, label: 'ada@contoso.example' };
const bo: Account = { id: `11111111-0000-0000-0000-000000000002.${home}`, label: 'bo@contoso.example' };
const personal: Account = { id: '0-0.9188040d-6c67-4c5b-b112-36a304b66dad', label: 'eve@outlook.example' };

const cloud = (id: string): Cloud => {
  const found = builtInClouds.find((one) => one.id === id);
  assert.ok(found);
  return found;
};

interface Asked {
  provider: string;
  scopes: readonly string[];
  options: AuthenticationGetSessionOptions;
}

/** VS Code with these accounts; `answer` says who comes back from a question. */
function build(
  accounts: readonly Account[],
  answer: (asked: Asked) => Promise<Account | undefined> = ({ options }) =>
    Promise.resolve(options.account ?? accounts[0]),
) {
  const asked: Asked[] = [];
  const state = { accounts, picks: 0 };
  const source = new VscodeTokenSource(
    {
      authentication: {
        getAccounts: () => Promise.resolve(state.accounts),
        getSession: async (provider, scopes, options) => {
          const question = { provider, scopes, options };
          asked.push(question);
          const account = await answer(question);
          return account && { id: 'session', accessToken: `token of ${account.label}`, account, scopes };
        },
      },
      window: {
        showQuickPick: <T extends QuickPickItem>(items: readonly T[]) => {
          state.picks++;
          return Promise.resolve(items[1]);
        },
      },
      l10n: {
        t: (message, ...args) => message.replace(/\{(\d)\}/g, (_, at: string) => args[Number(at)] ?? ''),
      },
    },
    20,
  );
  const ask = (mode: TokenRequest['mode'], credential: Partial<CredentialChoice> = {}, id = 'public') =>
    source.getToken({ cloud: cloud(id), credential: { kind: 'vscode', ...credential }, mode });
  return { source, asked, ask, state };
}

describe('a token of a VS Code account', () => {
  it('is asked for with one spelling of the scope, the tenant, and always the account', async () => {
    const { ask, asked } = build([bo, ada]);
    await ask('silent', { account: ada });
    await ask('interactive', { account: ada, tenant: guest });
    await ask('renew', { account: ada });
    const scope = 'https://database.windows.net/.default';
    assert.deepEqual(asked, [
      {
        provider: 'microsoft',
        scopes: [scope, `VSCODE_TENANT:${home}`],
        options: { account: ada, silent: true },
      },
      {
        provider: 'microsoft',
        scopes: [scope, `VSCODE_TENANT:${guest}`],
        options: { account: ada, createIfNone: true },
      },
      {
        provider: 'microsoft',
        scopes: [scope, `VSCODE_TENANT:${home}`],
        options: { account: ada, forceNewSession: true },
      },
    ]);
  });

  it('comes from the provider of its cloud, and never of the tenant of personal accounts', async () => {
    const { ask, asked } = build([personal]);
    await ask('silent', { account: personal }, 'usgov');
    assert.deepEqual(
      asked.map(({ provider, scopes }) => [provider, scopes]),
      [['microsoft-sovereign-cloud', ['https://database.usgovcloudapi.net/.default']]],
    );
  });

  it('is never asked for silently when it would be anybody’s', async () => {
    for (const accounts of [[], [ada, bo]]) {
      const { ask, asked } = build(accounts);
      assert.equal((await failure(ask('silent'))).code, 'signInRequired');
      assert.deepEqual(asked, []);
    }
  });

  it('stays with the account that was chosen once, also in the background', async () => {
    const { ask, asked, state, source } = build([ada, bo]);
    await ask('interactive');
    await ask('silent');
    await ask('interactive', { tenant: guest });
    assert.equal(state.picks, 1);
    assert.deepEqual(
      asked.map(({ options }) => options.account),
      [bo, bo, bo],
    );
    assert.equal(source.usedBy(cloud('public'), { kind: 'vscode' }), bo);
    state.accounts = [ada, personal];
    assert.equal((await failure(ask('silent'))).code, 'signInRequired', 'that account is gone');
  });

  it('is not of somebody else than the connection names', async () => {
    const { ask, source } = build([ada], () => Promise.resolve(bo));
    const error = await failure(ask('interactive', { account: ada }));
    assert.equal(error.code, 'signInRequired');
    assert.match(error.message, /signed in as bo@.*is for ada@/);
    assert.equal(source.usedBy(cloud('public'), { kind: 'vscode', account: ada }), undefined);
  });

  it('is waited for a while when nobody was prompted, and as long as it takes when somebody was', async () => {
    let finish: ((account: Account) => void) | undefined;
    const { ask } = build([ada], () => new Promise((resolve) => (finish = resolve)));
    const error = await failure(ask('silent'));
    assert.equal(error.code, 'credentialUnavailable');
    assert.match(error.message, /sign-in that is open/);
    const prompted = ask('interactive');
    await new Promise((resolve) => setTimeout(resolve, 60));
    finish?.(ada);
    assert.equal((await prompted).token, `token of ${ada.label}`);
  });
});

describe('a failure of VS Code’s sign-in', () => {
  const failing = (message: string, id = 'public') =>
    failure(build([ada], () => Promise.reject(new Error(message))).ask('interactive', { account: ada }, id));

  for (const [message, id, code, says, setting] of [
    ['User did not consent to login.', 'public', 'signInDeclined', /declined/, undefined],
    ['user_cancelled: User cancelled the flow.', 'public', 'signInDeclined', /declined/, undefined],
    ['Canceled', 'public', 'signInDeclined', /declined/, undefined],
    [
      "Timed out waiting for authentication provider 'microsoft-sovereign-cloud' to register.",
      'china',
      'credentialUnavailable',
      /Azure China only when the setting "microsoft-sovereign-cloud\.environment"/,
      'microsoft-sovereign-cloud.environment',
    ],
    [
      "Timed out waiting for authentication provider 'microsoft' to register.",
      'public',
      'credentialUnavailable',
      /built-in extension disabled/,
      undefined,
    ],
    [
      'endpoints_resolution_error: getaddrinfo ENOTFOUND',
      'public',
      'credentialUnavailable',
      /network/,
      undefined,
    ],
    [
      'Unexpected: (pii) Error Code: -2147023584, Tag: tag_7cisv',
      'public',
      'credentialUnavailable',
      /"microsoft-authentication\.implementation" to "msal-no-broker"/,
      'microsoft-authentication.implementation',
    ],
    [
      'Keychain find status: -25300',
      'public',
      'credentialUnavailable',
      /msal-no-broker/,
      'microsoft-authentication.implementation',
    ],
    [
      'AADSTS50020: User account does not exist in tenant.',
      'public',
      'signInRequired',
      /AADSTS50020/,
      undefined,
    ],
  ] as const) {
    it(`is told as what it is: ${message}`, async () => {
      const error = await failing(message, id);
      assert.equal(error.code, code);
      assert.match(error.message, says);
      const opened = error.remedies.flatMap((one) => (one.kind === 'command' ? one.arguments : []));
      assert.deepEqual(opened, setting === undefined ? [] : [setting]);
    });
  }
});
