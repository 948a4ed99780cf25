// A plain tedious client for the tests of the whole: a token, a database, batches; errors with their number.
import { Connection, Request, type ConnectionConfiguration } from 'tedious';

/** Number and text of the first error of a login or request. */
export class Refused extends Error {
  readonly number: number;
  constructor(number: number, message: string) {
    super(message);
    this.number = number;
  }
}

export interface Target {
  port: number;
  /** PEM. */
  ca: string;
  database: string;
}

type Authentication = NonNullable<ConnectionConfiguration['authentication']>;

/** Verifies the server's certificate against `ca` (PEM). @throws Refused */
export function connectWithToken(target: Target & { token: string }): Promise<Connection> {
  return connect(target, { type: 'azure-active-directory-access-token', options: { token: target.token } });
}

/** As above, by SQL login. @throws Refused */
export function connectWithPassword(
  target: Target & { user: string; password: string },
): Promise<Connection> {
  return connect(target, { type: 'default', options: { userName: target.user, password: target.password } });
}

function connect(target: Target, authentication: Authentication): Promise<Connection> {
  const connection = new Connection({
    server: 'localhost',
    authentication,
    options: {
      port: target.port,
      database: target.database,
      encrypt: true,
      trustServerCertificate: false,
      cryptoCredentialsDetails: { ca: target.ca },
      rowCollectionOnRequestCompletion: true,
      maxRetriesOnTransientErrors: 0,
    },
  });
  // Tests cut connections: the request that suffers says so.
  connection.on('error', () => undefined);
  return new Promise((resolve, reject) => {
    let number = 0;
    connection.on('errorMessage', (message) => {
      if (number === 0) number = message.number;
    });
    connection.connect((error) => {
      if (error === undefined || error === null) resolve(connection);
      else reject(new Refused(number, error.message));
    });
  });
}

/** All rows of a batch. @throws Refused */
export function query(connection: Connection, text: string): Promise<unknown[][]> {
  return new Promise((resolve, reject) => {
    const request = new Request(text, (error, _count, rows: { value: unknown }[][]) => {
      if (error === undefined || error === null) resolve(rows.map((row) => row.map(({ value }) => value)));
      else reject(new Refused('number' in error ? Number(error.number) : 0, error.message));
    });
    connection.execSqlBatch(request);
  });
}

/** Number and text of the refusal; [0, 'not refused'] when there was none. */
export async function refusal(work: Promise<unknown>): Promise<[number, string]> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Refused) return [error.number, error.message];
    throw error;
  }
  return [0, 'not refused'];
}
