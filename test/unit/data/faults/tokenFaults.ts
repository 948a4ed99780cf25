// What happens to tokens: they end, are refused, come from a clock that is wrong, or do not come at all.
import { AppError } from '../../../../src/core/errors.ts';
import { all, cut, onLogin, onStatement, pass, type FaultRow, type Strike } from './faultRow.ts';
import { application, usualLife, worker, type World } from './world.ts';

const lost = 'connectionLost, session lost';
const tokenExpired = { number: 18_456, class: 14, message: 'Login failed. Token is expired.' };
/** Seconds: MSAL asks Entra for each token that lives less than five minutes, so the issuer is asked. */
const shortLife = 280;
const shortLived = (world: World): Promise<void> => world.azure.client.setTokens({ lifetime: shortLife });
const usualLived = (world: World): Promise<void> => world.azure.client.setTokens({ lifetime: usualLife });

/** Every door's account gives this from now on. */
const source =
  (token: (world: World) => Promise<string>) =>
  ({ world, doors }: Strike): Promise<void> => {
    for (const door of doors) door.token = () => token(world);
    return Promise.resolve();
  };
const personNeeded = source(() => Promise.reject(new AppError('signInRequired', 'Somebody must sign in.')));

export const tokenFaults: readonly FaultRow[] = [
  {
    name: '37396 on a statement',
    meaning:
      'The token of an open session has ended; the server says so instead of carrying the statement out.',
    begin: onStatement({ error: { number: 37_396, message: 'The access token has expired.' } }),
    expect: { everywhere: 'works', transaction: 'tokenExpired', streaming: 'tokenExpired' },
  },
  {
    name: '"Token is expired" at login',
    meaning: 'The server refuses a token that looked good, once; its source has another one.',
    begin: all(onLogin({ error: tokenExpired }), cut),
    expect: { everywhere: 'works', streaming: lost },
  },
  {
    name: 'tokens of four seconds',
    meaning: 'Every token lives four seconds only.',
    prepare: (world) => world.azure.client.setTokens({ lifetime: 4 }),
    begin: () => Promise.resolve(),
    end: usualLived,
    expect: { everywhere: 'works' },
  },
  {
    name: "issuer's clock two hours behind",
    meaning: "A new token has ended already by this computer's clock; one that is there is used.",
    begin: ({ world }) => world.azure.client.setTokens({ clockSkew: -7200 }),
    end: (world) => world.azure.client.setTokens({ clockSkew: 0 }),
    expect: { everywhere: 'works', connecting: 'signInRequired' },
  },
  {
    name: "issuer's clock two hours ahead",
    meaning:
      'The server refuses new tokens, which are not valid yet by its clock; what is connected goes on.',
    begin: ({ world }) => world.azure.client.setTokens({ clockSkew: 7200 }),
    end: (world) => world.azure.client.setTokens({ clockSkew: 0 }),
    expect: { everywhere: 'works', connecting: 'loginRejected' },
  },
  {
    name: 'issuer slow',
    meaning: 'A token takes longer than a connection may: it is there before anything is dialed.',
    credential: 'environment',
    prepare: shortLived,
    begin: all(
      ({ world }) => world.azure.client.setIssuerFault({ kind: 'slow', delayMs: 5500 }),
      pass(shortLife - 5),
    ),
    end: async (world) => {
      await world.azure.client.setIssuerFault(null);
      await usualLived(world);
    },
    sideBySide: true,
    expect: { everywhere: 'works' },
  },
  {
    name: 'issuer down',
    meaning: 'No token can be had; the one that is there is used as long as it lives.',
    credential: 'environment',
    prepare: shortLived,
    begin: all(({ world }) => world.azure.client.setIssuerFault({ kind: 'down' }), pass(shortLife - 26)),
    end: async (world) => {
      await world.azure.client.setIssuerFault(null);
      await usualLived(world);
    },
    sideBySide: true,
    expect: { everywhere: 'works', connecting: 'credentialUnavailable' },
  },
  ...(
    [
      [
        'issuer down when the token ends',
        { kind: 'down' },
        'No token can be had, and the last one has ended.',
      ],
      [
        'issuer throttles (429)',
        { kind: 'throttled', retryAfter: 1 },
        'Entra asks to come back later, again and again, and the last token has ended.',
      ],
      [
        'issuer demands a further check',
        { kind: 'claimsChallenge' },
        'Entra answers with a claims challenge (AADSTS50076), which an application cannot pass; the last token has ended.',
      ],
    ] as const
  ).map(([name, fault, meaning]): FaultRow => ({
    name,
    meaning,
    credential: 'environment',
    prepare: shortLived,
    begin: all(({ world }) => world.azure.client.setIssuerFault(fault), pass(shortLife + 5)),
    end: async (world) => {
      await world.azure.client.setIssuerFault(null);
      await usualLived(world);
    },
    sideBySide: true,
    expect: { everywhere: 'credentialUnavailable', streaming: 'works' },
  })),
  {
    name: 'account disabled',
    meaning: 'Entra issues no token for it any more, and the last one has ended.',
    credential: 'environment',
    prepare: shortLived,
    begin: all(({ world }) => world.azure.client.setAccountEnabled(application, false), pass(shortLife + 5)),
    end: async (world) => {
      await world.azure.client.setAccountEnabled(application, true);
      await usualLived(world);
    },
    sideBySide: true,
    expect: { everywhere: 'credentialUnavailable', streaming: 'works' },
  },
  {
    name: 'only a person can renew',
    meaning:
      'The source needs somebody at the keyboard, and the last token has ended: nothing pops up, the request says so.',
    begin: all(personNeeded, pass(usualLife + 5)),
    expect: { everywhere: 'signInRequired', streaming: 'works' },
  },
  {
    name: 'refused, and only a person can renew',
    meaning: 'The server refuses the token that is there, and the source needs somebody at the keyboard.',
    begin: all(personNeeded, onLogin({ error: tokenExpired }, 50), cut),
    expect: { everywhere: 'signInRequired', streaming: lost },
  },
  {
    name: 'token of another audience',
    meaning: 'The source gives a token for Microsoft Graph when the last one has ended: it is not sent.',
    begin: all(
      source(async (world) => {
        const order = { principal: worker, audience: 'https://graph.microsoft.com', lifetime: 3 * usualLife };
        return (await world.azure.client.token(order)).accessToken;
      }),
      pass(usualLife + 5),
    ),
    expect: { everywhere: 'wrongAudience', streaming: 'works' },
  },
];
