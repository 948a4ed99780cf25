// A second backend behind the same front: Entra logins here, a real SQL Server reached by a SQL login there.
import type { Backend, Caller, LoginRequest, TokenClaims } from '../contract.ts';
import { tokenLoginFailed } from '../tds/loginError.ts';
import { TdsClient } from '../tds/tdsClient.ts';
import { guidBytes } from '../tds/guid.ts';
import { rewriteExternalUsers } from './externalUsers.ts';
import type { PrincipalDirectory } from './externalUsers.ts';
import { mapRequestText } from './requestText.ts';
import { StandIns } from './standIns.ts';
import type { Run } from './standIns.ts';
import { readAnswer } from './responseReader.ts';
import { runBatch, throwFirst, UpstreamSession } from './upstreamSession.ts';

export interface UpstreamOptions {
  host: string;
  port: number;
  /** The SQL login that everything is relayed under; it must be able to impersonate every user of the databases. */
  user: string;
  password: string;
  /** PEM of the CA that signed upstream's certificate; the system's CAs when left out. There is no way to skip the check. */
  ca?: string;
  /** Name in upstream's certificate when it is not `host`. */
  serverName?: string;
  directory: PrincipalDirectory;
  /** The server's Entra admin stays the relay's own login. */
  isAdmin: (claims: TokenClaims) => boolean;
  log?: (line: string) => void;
}

const DEFAULT_PACKET = 4096;

/** Relays whole request messages and the token streams that answer them; transaction descriptors pass through untouched. */
export function createUpstreamBackend(options: UpstreamOptions): Backend {
  const log = options.log ?? ((): void => undefined);
  const standIns = new StandIns();
  return {
    open: async (login) => {
      const client = await dial(options);
      try {
        const { database, spid } = await logIn(client, options, login);
        const entra = login.caller.kind === 'entra';
        const session = new UpstreamSession({
          client,
          database,
          spid,
          rewrite: (request) =>
            mapRequestText(request, (text) => rewriteExternalUsers(text, options.directory, entra)),
          log,
        });
        await becomeCaller(session, login.caller, options, standIns);
        return { session, messages: [] };
      } catch (error) {
        client.close();
        throw error;
      }
    },
  };
}

function dial(options: UpstreamOptions): Promise<TdsClient> {
  return TdsClient.open({
    host: options.host,
    port: options.port,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.serverName === undefined ? {} : { serverName: options.serverName }),
  });
}

/** @throws SqlError in upstream's words: 4060 for a database that is not there … */
async function logIn(
  client: TdsClient,
  options: UpstreamOptions,
  login: Pick<LoginRequest, 'caller' | 'database' | 'applicationName' | 'hostName'>,
): Promise<{ database: string; spid: number }> {
  const { caller } = login;
  client.login({
    user: caller.kind === 'sql' ? caller.user : options.user,
    password: caller.kind === 'sql' ? caller.password : options.password,
    database: login.database,
    applicationName: login.applicationName,
    hostName: login.hostName,
    serverName: options.serverName ?? options.host,
    packetSize: DEFAULT_PACKET,
  });
  const answer = readAnswer(await client.message());
  throwFirst(answer.errors);
  if (!answer.loggedIn) throw new Error('upstream answered the login with neither LOGINACK nor an error');
  client.packetSize = answer.packetSize ?? DEFAULT_PACKET;
  const rows = await runBatch(client, 'SELECT DB_NAME(), @@SPID;');
  const [name, spid] = rows[0] ?? [];
  return {
    database: typeof name === 'string' ? name : (answer.database ?? login.database),
    spid: Number(spid ?? 0),
  };
}

/** @throws SqlError 18456 when the database has no user for the caller, nor for a group of the caller's. */
async function becomeCaller(
  session: UpstreamSession,
  caller: Caller,
  options: UpstreamOptions,
  standIns: StandIns,
): Promise<void> {
  if (caller.kind === 'sql' || options.isAdmin(caller.claims)) return;
  const { claims } = caller;
  // A service principal or managed identity is known by its application id, a person by the object id.
  const own = claims.idtyp === 'app' ? (claims.appid ?? claims.oid) : claims.oid;
  const sid = guidBytes(own).toString('hex');
  const rows = await session.run(
    `SELECT name FROM sys.database_principals WHERE type = 'E' AND sid = 0x${sid} ORDER BY principal_id;`,
  );
  const name = rows[0]?.[0];
  if (typeof name === 'string') {
    await session.impersonate(name);
    return;
  }
  const standIn = await standIns.enter(session.database, claims, (text) => session.run(text));
  if (standIn === undefined) {
    options.log?.(`upstream: ${session.database} has no user for ${own} and its groups`);
    throw tokenLoginFailed();
  }
  session.onClose(() => standIns.leave(session.database, standIn, () => relayRun(options, session.database)));
  await session.impersonate(standIn);
}

/** A connection under the relay's own login that ends after one batch. */
async function relayRun(options: UpstreamOptions, database: string): Promise<Run> {
  const client = await dial(options);
  const caller = { kind: 'sql', user: options.user, password: options.password } as const;
  try {
    await logIn(client, options, { caller, database, applicationName: 'relay', hostName: '' });
  } catch (error) {
    client.close();
    throw error;
  }
  return async (text) => {
    try {
      return await runBatch(client, text);
    } finally {
      client.close();
    }
  };
}
