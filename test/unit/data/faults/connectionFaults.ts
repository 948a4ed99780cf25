// What happens to the connection itself: cut, silent, slow, in pieces, without TLS, sent elsewhere.
import { all, cut, onLogin, onStatement, whileItRuns, type FaultRow } from './faultRow.ts';

const noConnection = { never: 'There is no connection yet; see "dropped while logging in".' };
const noRows = { never: 'The fault waits for rows, and neither SELECT 2 nor an INSERT sends so many.' };
const short = { never: 'The reply is shorter than 5000 bytes.' };
const lost = 'connectionLost, session lost';

/** What comes of a reply that never came or never ended. */
const lostReply = {
  everywhere: 'works',
  write: 'outcomeUnknown',
  transaction: 'connectionLost',
  streaming: lost,
  '32 at once': 'outcomeUnknown or works',
} as const;

export const connectionFaults: readonly FaultRow[] = [
  {
    name: 'sockets cut',
    meaning: 'Every open connection is reset while nothing runs on it: a server restart, a network change.',
    begin: cut,
    expect: { everywhere: 'works', connecting: noConnection, streaming: lost },
  },
  {
    name: 'sockets cut while it runs',
    meaning: 'Every open connection is reset while the statement is under way.',
    begin: whileItRuns(cut),
    sideBySide: true,
    expect: { ...lostReply, '32 at once': 'outcomeUnknown or works' },
  },
  {
    name: 'dropped before the reply',
    meaning: 'The connection is reset when the statement arrives; it is not carried out.',
    begin: onStatement({ dropBeforeReply: 'rst' }),
    expect: lostReply,
  },
  {
    name: 'dropped after it was carried out',
    meaning: 'The statement is carried out, then the connection is reset before the first byte of the reply.',
    begin: onStatement({ dropAfterExecution: 'rst' }),
    expect: lostReply,
  },
  {
    name: 'dropped after 10 bytes',
    meaning: 'The connection is reset in the middle of the first packet of the reply.',
    begin: onStatement({ dropAfterBytes: 10 }),
    expect: lostReply,
  },
  {
    name: 'dropped after 5000 bytes',
    meaning: 'The connection is reset in the middle of a later packet, when rows have come already.',
    begin: onStatement({ dropAfterBytes: 5000 }, 1, 'read'),
    expect: { ...lostReply, idle: short, write: short, '32 at once': 'works' },
  },
  {
    name: 'dropped after 100 rows',
    meaning: 'The connection is reset in the middle of the rows.',
    begin: onStatement({ dropAfterRows: 100 }, 1, 'read'),
    expect: { ...lostReply, idle: noRows, write: noRows, '32 at once': 'works' },
  },
  {
    name: 'dropped while logging in',
    meaning: 'Whoever had a connection has lost it, and the next one is reset after LOGIN7.',
    begin: all(onLogin({ dropBeforeReply: 'rst' }), cut),
    expect: { everywhere: 'works', streaming: lost },
  },
  {
    name: 'half-open',
    meaning: 'The server answers no more, and the socket stays open; the person cancels.',
    begin: onStatement({ halfOpen: true }),
    patience: 1500,
    sideBySide: true,
    expect: {
      everywhere: 'cancelled',
      write: 'outcomeUnknown',
      transaction: 'cancelled',
      streaming: 'cancelled, session lost',
      '32 at once': 'cancelled or outcomeUnknown or works',
    },
  },
  {
    name: 'half-open while logging in',
    meaning: 'The server never answers LOGIN7, and the socket stays open; the person cancels.',
    begin: all(onLogin({ halfOpen: true }, 50), cut),
    patience: 300,
    sideBySide: true,
    expect: { everywhere: 'cancelled', streaming: lost },
  },
  {
    name: 'slow',
    meaning: 'Every reply takes 200 ms longer.',
    begin: onStatement({ delayMs: 200 }, 100),
    sideBySide: true,
    expect: { everywhere: 'works' },
  },
  {
    name: 'split at every byte',
    meaning: 'Every byte of a reply comes alone.',
    begin: onStatement({ splitEvery: 1 }, 100),
    expect: { everywhere: 'works' },
  },
  {
    name: 'split at every byte from the first on',
    meaning: 'So does every byte of PRELOGIN, the TLS handshake and the login, on new connections.',
    begin: async (strike) => {
      await strike.world.azure.client.setWire({ splitEvery: 1 });
      await cut(strike);
    },
    end: (world) => world.azure.client.setWire({}),
    sideBySide: true,
    expect: { everywhere: 'works', streaming: lost },
  },
  {
    name: 'TLS declined',
    meaning: 'Whoever connects anew finds a server that does not encrypt: nothing is sent to it.',
    begin: async (strike) => {
      await strike.world.azure.client.setWire({ tls: 'declined' });
      await cut(strike);
    },
    end: (world) => world.azure.client.setWire({}),
    sideBySide: true,
    expect: { everywhere: 'encryptionDeclined', streaming: lost },
  },
  {
    name: 'certificate of another name',
    meaning: 'Whoever connects anew finds a server that shows the certificate of another host.',
    begin: async (strike) => {
      await strike.world.azure.client.setWire({ tls: 'otherName' });
      await cut(strike);
    },
    end: (world) => world.azure.client.setWire({}),
    sideBySide: true,
    expect: { everywhere: 'certificateNotTrusted', streaming: lost },
  },
  {
    name: 'redirect',
    meaning: 'The gateway sends logins on to the node that serves the database (ENVCHANGE routing).',
    begin: async (strike) => {
      const { azure } = strike.world;
      await azure.client.setRoute(azure.node);
      await cut(strike);
    },
    end: (world) => world.azure.client.setRoute(null),
    expect: { everywhere: 'works', streaming: lost },
  },
  {
    name: 'redirect in a circle',
    meaning: 'The gateway sends logins on to itself, without end.',
    begin: async (strike) => {
      const { azure } = strike.world;
      await azure.client.setRoute({ host: 'localhost', port: azure.tds.port });
      await cut(strike);
    },
    end: (world) => world.azure.client.setRoute(null),
    sideBySide: true,
    expect: { everywhere: 'serverNotFound', streaming: lost },
  },
  {
    name: 'redirect elsewhere',
    meaning: 'The server sends logins on to a host outside the cloud: no token goes there.',
    begin: async (strike) => {
      await strike.world.azure.client.setRoute({ host: 'evil.example', port: 1433 });
      await cut(strike);
    },
    end: (world) => world.azure.client.setRoute(null),
    sideBySide: true,
    expect: { everywhere: 'hostNotConfirmed', streaming: lost },
  },
  {
    name: 'firewall closed while connected',
    meaning: 'The rule for this address is taken away; who is connected stays so.',
    begin: ({ world }) => world.azure.client.removeFirewallRules(),
    end: (world) => world.azure.client.addFirewallRule(),
    expect: { everywhere: 'works', connecting: 'firewallBlocked', '32 at once': 'firewallBlocked or works' },
  },
  {
    name: 'firewall closed',
    meaning: '40615: the rule is taken away, and whoever is connected has to log in again.',
    begin: async (strike) => {
      await strike.world.azure.client.removeFirewallRules();
      await cut(strike);
    },
    end: (world) => world.azure.client.addFirewallRule(),
    expect: { everywhere: 'firewallBlocked', streaming: lost },
  },
  {
    name: 'public access disabled',
    meaning: '47073, when somebody has to log in again.',
    begin: async (strike) => {
      await strike.world.azure.client.setPublicAccess(false);
      await cut(strike);
    },
    end: (world) => world.azure.client.setPublicAccess(true),
    expect: { everywhere: 'publicAccessDisabled', streaming: lost },
  },
];
