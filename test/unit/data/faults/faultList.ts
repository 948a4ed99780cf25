// Every fault of the matrix: how it is begun, in which situations it can strike, and what must come of it there.
import { AppError } from '../../../../src/core/errors.ts';
import type { FaultOrder } from '../../../azure/control/faultPlan.ts';
import { statementText, type Situation } from './situations.ts';
import { worker, type Door, type World } from './world.ts';

export interface FaultRow {
  name: string;
  /** What it is, for the table's reader. */
  meaning: string;
  begin(world: World, door: Door, situation: Situation, application: string): Promise<void>;
  end?(world: World, door: Door): Promise<void>;
  /** Outcome by situation; a situation that is left out cannot meet this fault. */
  expect: Partial<Record<Situation, string>>;
  /** Milliseconds after which the person gives up. */
  patience?: number;
}

type Fault = FaultOrder['fault'];

/** Strikes replies to this door's statements, once, or as often as said. */
const onStatement =
  (fault: Fault, times = 1) =>
  async (world: World, _door: Door, situation: Situation, application: string): Promise<void> => {
    const text =
      situation === 'idle'
        ? {}
        : {
            text:
              situation === 'write' || situation === 'transaction' ? statementText.write : statementText.read,
          };
    const orders: FaultOrder[] = [
      { on: 'request', applicationName: application, fault, times, ...text },
      // Many at once: reads and writes alike.
      ...(situation === '32 at once'
        ? [{ on: 'request' as const, applicationName: application, fault, times, text: statementText.write }]
        : []),
    ];
    await world.azure.client.setFaults(orders);
  };

const onLogin =
  (fault: Fault, times = 1) =>
  (world: World, _door: Door, _situation: Situation, application: string): Promise<void> =>
    world.azure.client.setFaults([{ on: 'login', applicationName: application, fault, times }]);

/** All of a door's connections are cut, as when a server restarts. */
async function cut(world: World, application: string): Promise<void> {
  const mine = (await world.azure.client.connections()).filter(
    ({ applicationName }) => applicationName === application,
  );
  await world.azure.client.killConnections(mine.map(({ id }) => id));
}

const lostRead = { read: 'works', streaming: 'connectionLost, session lost' } as const;

export const faultList: readonly FaultRow[] = [
  {
    name: 'nothing',
    meaning: 'No fault: what every row is compared with.',
    begin: () => Promise.resolve(),
    expect: {
      idle: 'works',
      connecting: 'works',
      read: 'works',
      write: 'works',
      transaction: 'works',
      streaming: 'works',
      '32 at once': 'works',
    },
  },
  {
    name: 'sockets cut',
    meaning: 'Every open connection is reset while nothing runs on it: a server restart, a network change.',
    begin: (world, _door, _situation, application) => cut(world, application),
    expect: {
      idle: 'works',
      read: 'works',
      write: 'works',
      transaction: 'works',
      streaming: 'connectionLost, session lost',
      '32 at once': 'works',
    },
  },
  {
    name: 'dropped before the reply',
    meaning: 'The connection is reset when the statement arrives; it is not carried out.',
    begin: onStatement({ dropBeforeReply: 'rst' }),
    expect: {
      ...lostRead,
      write: 'outcomeUnknown',
      transaction: 'connectionLost',
      '32 at once': 'outcomeUnknown or works',
    },
  },
  {
    name: 'dropped after it was carried out',
    meaning: 'The statement is carried out, then the connection is reset before the first byte of the reply.',
    begin: onStatement({ dropAfterExecution: 'rst' }),
    expect: {
      ...lostRead,
      write: 'outcomeUnknown',
      transaction: 'connectionLost',
      '32 at once': 'outcomeUnknown or works',
    },
  },
  {
    name: 'dropped after 100 rows',
    meaning: 'The connection is reset in the middle of the rows.',
    begin: onStatement({ dropAfterRows: 100 }),
    expect: { streaming: 'connectionLost, session lost' },
  },
  {
    name: 'dropped after 5000 bytes',
    meaning: 'The connection is reset in the middle of a packet.',
    begin: onStatement({ dropAfterBytes: 5000 }),
    expect: { streaming: 'connectionLost, session lost' },
  },
  {
    name: 'dropped while logging in',
    meaning: 'The connection is reset after LOGIN7.',
    begin: onLogin({ dropBeforeReply: 'rst' }),
    expect: { connecting: 'works', streaming: 'works', '32 at once': 'works' },
  },
  {
    name: 'half-open',
    meaning: 'The server answers no more, and the socket stays open; the person cancels.',
    begin: onStatement({ halfOpen: true }),
    patience: 300,
    expect: {
      read: 'cancelled',
      write: 'outcomeUnknown',
      transaction: 'connectionLost',
      streaming: 'cancelled, session lost',
      '32 at once': 'cancelled or outcomeUnknown or works',
    },
  },
  {
    name: 'slow',
    meaning: 'Every reply takes 200 ms longer.',
    begin: onStatement({ delayMs: 200 }, 100),
    expect: {
      idle: 'works',
      read: 'works',
      write: 'works',
      transaction: 'works',
      streaming: 'works',
      '32 at once': 'works',
    },
  },
  {
    name: 'split at every byte',
    meaning: 'Every byte of a reply comes alone.',
    begin: onStatement({ splitEvery: 1 }, 100),
    expect: {
      idle: 'works',
      read: 'works',
      write: 'works',
      transaction: 'works',
      streaming: 'works',
      '32 at once': 'works',
    },
  },
  {
    name: '40613 for three logins',
    meaning: 'A serverless database resumes.',
    begin: async (world, _door, situation, application) => {
      if (situation !== 'connecting' && situation !== 'streaming') await cut(world, application);
      await world.azure.client.setResuming({ attempts: 3 });
    },
    end: (world) => world.azure.client.setResuming({}),
    expect: {
      idle: 'works',
      connecting: 'works',
      read: 'works',
      write: 'works',
      transaction: 'works',
      '32 at once': 'works',
    },
  },
  {
    name: '40613 for ever',
    meaning: 'A database that never comes: after two minutes of waiting the person is told.',
    begin: async (world, _door, _situation, application) => {
      await cut(world, application);
      await world.azure.client.setResuming({ attempts: 100_000 });
    },
    end: (world) => world.azure.client.setResuming({}),
    expect: { idle: 'databaseUnavailable', connecting: 'databaseUnavailable', write: 'databaseUnavailable' },
  },
  {
    name: 'firewall closed',
    meaning: '40615: the rule for this address is taken away.',
    begin: async (world, _door, _situation, application) => {
      await world.azure.client.removeFirewallRules();
      await cut(world, application);
    },
    end: (world) => world.azure.client.addFirewallRule(),
    expect: {
      idle: 'firewallBlocked',
      connecting: 'firewallBlocked',
      read: 'firewallBlocked',
      write: 'firewallBlocked',
      transaction: 'firewallBlocked',
      '32 at once': 'firewallBlocked',
    },
  },
  {
    name: 'public access disabled',
    meaning: '47073.',
    begin: async (world, _door, _situation, application) => {
      await world.azure.client.setPublicAccess(false);
      await cut(world, application);
    },
    end: (world) => world.azure.client.setPublicAccess(true),
    expect: {
      idle: 'publicAccessDisabled',
      connecting: 'publicAccessDisabled',
      write: 'publicAccessDisabled',
    },
  },
  {
    name: '37396 on a statement',
    meaning:
      'The token of an open session has expired; the server says so instead of carrying the statement out.',
    begin: onStatement({ error: { number: 37_396, message: 'The access token has expired.' } }),
    expect: {
      read: 'works',
      write: 'works',
      transaction: 'tokenExpired',
      streaming: 'tokenExpired',
      '32 at once': 'works',
    },
  },
  {
    name: '"Token is expired" at login',
    meaning: 'The server refuses a token that looked good, once; its source has another one.',
    begin: async (world, door, situation, application) => {
      await onLogin({ error: { number: 18_456, class: 14, message: 'Login failed. Token is expired.' } })(
        world,
        door,
        situation,
        application,
      );
      if (situation !== 'connecting' && situation !== 'streaming') await cut(world, application);
    },
    expect: {
      idle: 'works',
      connecting: 'works',
      read: 'works',
      write: 'works',
      transaction: 'works',
      '32 at once': 'works',
    },
  },
  ...(
    [
      [40_501, 'The service is currently busy. Retry the request after 10 seconds.'],
      [10_928, 'Resource ID: 1. The request limit for the database is 30 and has been reached.'],
      [10_929, 'Resource ID: 1. The server is currently too busy to support requests.'],
      [49_918, 'Cannot process request. Not enough resources to process request.'],
      [40_197, 'The service has encountered an error processing your request. Please try again.'],
    ] as const
  ).map(([number, message]): FaultRow => ({
    name: `${number} at three logins`,
    meaning: message,
    begin: async (world, door, situation, application) => {
      await onLogin({ error: { number, message } }, 3)(world, door, situation, application);
      if (situation !== 'connecting') await cut(world, application);
    },
    expect: {
      idle: 'works',
      connecting: 'works',
      write: 'works',
      transaction: 'works',
      '32 at once': 'works',
    },
  })),
  {
    name: '4060 at login',
    meaning: 'The database cannot be opened: nearly always a wrong name, so it is not waited for.',
    begin: async (world, door, situation, application) => {
      await onLogin({ error: { number: 4060, class: 11, message: 'Cannot open database "appdb".' } })(
        world,
        door,
        situation,
        application,
      );
      if (situation !== 'connecting') await cut(world, application);
    },
    expect: { idle: 'databaseNotFound', connecting: 'databaseNotFound', write: 'databaseNotFound' },
  },
  {
    name: '40501 on a statement',
    meaning:
      'The server is too busy for this statement: a read waits and is sent again, a write is for the person to repeat.',
    begin: onStatement({
      error: {
        number: 40_501,
        message: 'The service is currently busy. Retry the request after 10 seconds.',
      },
    }),
    expect: { read: 'works', write: 'tooBusy', transaction: 'tooBusy', streaming: 'tooBusy' },
  },
  {
    name: '1205 on a statement',
    meaning: 'The server chose this transaction as the victim of a deadlock.',
    begin: onStatement({
      error: {
        number: 1205,
        class: 13,
        message: 'Transaction was deadlocked and has been chosen as the deadlock victim.',
      },
    }),
    expect: { read: 'works', write: 'deadlock', transaction: 'deadlock', streaming: 'deadlock' },
  },
  {
    name: 'tokens of four seconds',
    meaning: 'Every token lives four seconds only.',
    begin: (world) => world.azure.client.setTokens({ lifetime: 4 }),
    end: (world) => world.azure.client.setTokens({ lifetime: 3900 }),
    expect: {
      idle: 'works',
      connecting: 'works',
      read: 'works',
      write: 'works',
      transaction: 'works',
      streaming: 'works',
      '32 at once': 'works',
    },
  },
  {
    name: "issuer's clock two hours behind",
    meaning: "A fresh token has expired already by this computer's clock.",
    begin: (world) => world.azure.client.setTokens({ clockSkew: -7200 }),
    end: (world) => world.azure.client.setTokens({ clockSkew: 0 }),
    expect: { connecting: 'signInRequired' },
  },
  {
    name: "issuer's clock two hours ahead",
    meaning: 'The server refuses tokens that are not valid yet by its clock; what is connected goes on.',
    begin: (world) => world.azure.client.setTokens({ clockSkew: 7200 }),
    end: (world) => world.azure.client.setTokens({ clockSkew: 0 }),
    expect: { connecting: 'loginRejected', write: 'works' },
  },
  {
    name: 'issuer slow',
    meaning: 'A token takes longer than the connection may: it is there before anything is dialed.',
    begin: (world, door) => {
      door.token = async () => {
        await new Promise((resolve) => setTimeout(resolve, 5500));
        return (await world.azure.client.token({ principal: worker })).accessToken;
      };
      return Promise.resolve();
    },
    expect: { connecting: 'works' },
  },
  {
    name: 'issuer down',
    meaning: 'No token can be had; what is there is used as long as it lives.',
    begin: (_world, door) => {
      door.token = () => Promise.reject(new AppError('credentialUnavailable', 'The issuer does not answer.'));
      return Promise.resolve();
    },
    expect: {
      idle: 'works',
      connecting: 'credentialUnavailable',
      read: 'works',
      write: 'works',
      transaction: 'works',
      '32 at once': 'works',
    },
  },
  {
    name: 'only a person can renew',
    meaning: 'The source needs somebody at the keyboard: nothing pops up, the request says so.',
    begin: async (world, door, _situation, application) => {
      door.token = () => Promise.reject(new AppError('signInRequired', 'Somebody must sign in.'));
      await onLogin({ error: { number: 18_456, class: 14, message: 'Login failed. Token is expired.' } }, 50)(
        world,
        door,
        'connecting',
        application,
      );
      await cut(world, application);
    },
    expect: {
      idle: 'signInRequired',
      connecting: 'signInRequired',
      write: 'signInRequired',
      transaction: 'signInRequired',
      '32 at once': 'signInRequired',
    },
  },
  {
    name: 'token of another audience',
    meaning: 'The source gives a token for Microsoft Graph: it is not sent.',
    begin: async (world, door) => {
      const { accessToken } = await world.azure.client.token({
        principal: worker,
        audience: 'https://graph.microsoft.com',
      });
      door.token = () => Promise.resolve(accessToken);
    },
    expect: { connecting: 'wrongAudience' },
  },
  {
    name: 'redirect',
    meaning: 'The gateway sends the login on to another port (ENVCHANGE routing).',
    begin: (world) => world.azure.client.setRoute({ host: 'localhost', port: world.azure.tds.port }),
    end: (world) => world.azure.client.setRoute(null),
    expect: { connecting: 'serverNotFound' },
  },
  {
    name: 'redirect elsewhere',
    meaning: 'The server sends the login on to a host outside the cloud: no token goes there.',
    begin: (world) => world.azure.client.setRoute({ host: 'evil.example', port: 1433 }),
    end: (world) => world.azure.client.setRoute(null),
    expect: { connecting: 'hostNotConfirmed' },
  },
  {
    name: 'user dropped',
    meaning: 'Somebody drops the database user while it is connected: the next login is refused.',
    begin: async (world, _door, _situation, application) => {
      await world.run(`DROP USER [${worker}];`);
      await cut(world, application);
    },
    end: async (world) => {
      await world.run(`CREATE USER [${worker}] FROM EXTERNAL PROVIDER;`);
      await world.run(`GRANT SELECT, INSERT ON dbo.cell TO [${worker}];`);
      await world.run(`GRANT SELECT ON dbo.many TO [${worker}];`);
    },
    expect: {
      idle: 'noUserInDatabase',
      connecting: 'noUserInDatabase',
      read: 'noUserInDatabase',
      write: 'noUserInDatabase',
      '32 at once': 'noUserInDatabase',
    },
  },
  {
    name: 'right taken away',
    meaning: 'The right to insert is revoked while it is connected.',
    begin: (world) => world.run(`REVOKE INSERT ON dbo.cell FROM [${worker}];`),
    end: (world) => world.run(`GRANT INSERT ON dbo.cell TO [${worker}];`),
    expect: { read: 'works', write: 'permissionDenied', transaction: 'permissionDenied' },
  },
];
