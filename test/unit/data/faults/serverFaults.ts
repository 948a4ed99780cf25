// What the server says: resuming, too busy, deadlocks, and rights that somebody took away.
import { all, cut, onLogin, onStatement, type FaultRow } from './faultRow.ts';
import { group, groupMember, role, worker } from './world.ts';

const lost = 'connectionLost, session lost';

export const serverFaults: readonly FaultRow[] = [
  {
    name: '40613 for three logins',
    meaning: 'A serverless database resumes: the first three logins are refused.',
    begin: async (strike) => {
      await strike.world.azure.client.setResuming({ attempts: 3 });
      await cut(strike);
    },
    end: (world) => world.azure.client.setResuming({}),
    expect: { everywhere: 'works', streaming: lost },
  },
  {
    name: '40613 for a while',
    meaning: 'So are all logins of the next 200 ms, which are 20 seconds to the one who waits here.',
    begin: async (strike) => {
      await strike.world.azure.client.setResuming({ seconds: 0.2 });
      await cut(strike);
    },
    end: (world) => world.azure.client.setResuming({}),
    expect: { everywhere: 'works', streaming: lost },
  },
  {
    name: '40613 for ever',
    meaning: 'A database that never comes: after two minutes of waiting the person is told.',
    begin: async (strike) => {
      await strike.world.azure.client.setResuming({ attempts: 100_000 });
      await cut(strike);
    },
    end: (world) => world.azure.client.setResuming({}),
    sideBySide: true,
    expect: { everywhere: 'databaseUnavailable', streaming: lost },
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
    begin: all(onLogin({ error: { number, message } }, 3), cut),
    expect: { everywhere: 'works', streaming: lost },
  })),
  {
    name: '4060 at login',
    meaning: 'The database cannot be opened: nearly always a wrong name, so it is not waited for.',
    begin: all(
      onLogin({ error: { number: 4060, class: 11, message: 'Cannot open database "appdb".' } }, 50),
      cut,
    ),
    expect: { everywhere: 'databaseNotFound', streaming: lost },
  },
  ...(
    [
      [40_501, 'The service is currently busy. Retry the request after 10 seconds.'],
      [10_928, 'Resource ID: 1. The request limit for the database is 30 and has been reached.'],
    ] as const
  ).map(([number, message]): FaultRow => ({
    name: `${number} on a statement`,
    meaning:
      'The server is too busy for this statement: a read waits and is sent again, a write is for the person to repeat.',
    begin: onStatement({ error: { number, message } }),
    expect: {
      everywhere: 'works',
      write: 'tooBusy',
      transaction: 'tooBusy',
      streaming: 'tooBusy',
      '32 at once': 'tooBusy or works',
    },
  })),
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
    expect: {
      everywhere: 'works',
      write: 'deadlock',
      transaction: 'deadlock',
      streaming: 'deadlock',
      '32 at once': 'deadlock or works',
    },
  },
  {
    name: 'user dropped',
    meaning: 'Somebody drops the database user, and whoever is connected has to log in again.',
    begin: async (strike) => {
      await strike.world.run(`DROP USER [${worker}];`);
      await cut(strike);
    },
    end: async (world) => {
      await world.run(`CREATE USER [${worker}] FROM EXTERNAL PROVIDER;`);
      await world.run(`GRANT SELECT, INSERT ON dbo.cell TO [${worker}];`);
      await world.run(`GRANT SELECT ON dbo.many TO [${worker}];`);
    },
    expect: { everywhere: 'noUserInDatabase', streaming: lost },
  },
  {
    name: 'removed from the group',
    meaning: 'A person with no user of their own leaves the group that has one; the next token says so.',
    principal: groupMember,
    begin: async (strike) => {
      await strike.world.azure.client.setMember(group, groupMember, false);
      for (const door of strike.doors) await door.sql.signOut(door.profile.id);
    },
    end: (world) => world.azure.client.setMember(group, groupMember, true),
    expect: { everywhere: 'noUserInDatabase', streaming: lost },
  },
  {
    name: 'role taken away',
    meaning: 'The role that may write loses its member while they are connected.',
    principal: 'grace@contoso.example',
    prepare: (world) => world.run(`ALTER ROLE ${role} ADD MEMBER [grace@contoso.example];`),
    begin: ({ world }) => world.run(`ALTER ROLE ${role} DROP MEMBER [grace@contoso.example];`),
    expect: {
      everywhere: 'works',
      write: 'permissionDenied',
      transaction: 'permissionDenied',
      '32 at once': 'permissionDenied or works',
    },
  },
  {
    name: 'right taken away',
    meaning: 'The right to write is revoked while they are connected.',
    begin: ({ world }) => world.run(`REVOKE INSERT ON dbo.cell FROM [${worker}];`),
    end: (world) => world.run(`GRANT INSERT ON dbo.cell TO [${worker}];`),
    expect: {
      everywhere: 'works',
      write: 'permissionDenied',
      transaction: 'permissionDenied',
      '32 at once': 'permissionDenied or works',
    },
  },
];
