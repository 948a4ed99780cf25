// The one file that knows SQL Server error numbers: what each means for a person, and the way out as data.
import { isApplication, type CredentialKind } from './connection.ts';
import { AppError, type ErrorCode, type Remedy, type ServerMessage } from './errors.ts';

/** Whose failure it is, for messages and remedies. */
export interface ErrorContext {
  connectionId: string;
  /** Host name. */
  server: string;
  database: string;
  /** Whose accounts there are to choose from depends on it. */
  credential: CredentialKind;
}

interface Meaning {
  code: ErrorCode;
  /** What happened and why; the server's own words follow in the log, not here. */
  text: string;
  remedies: readonly Remedy[];
}

type Row = (message: ServerMessage, context: ErrorContext) => Meaning;

const retry: Remedy = { kind: 'retry' };
const edit = (context: ErrorContext): Remedy => ({
  kind: 'editConnection',
  connectionId: context.connectionId,
});
const signIn = (context: ErrorContext): Remedy => ({ kind: 'signIn', connectionId: context.connectionId });
const chooseTenant = ({ credential, connectionId }: ErrorContext): Remedy[] =>
  isApplication(credential) ? [] : [{ kind: 'chooseTenant', connectionId }];
const switchAccount = (context: ErrorContext): Remedy => ({
  kind: 'switchAccount',
  connectionId: context.connectionId,
});
const grantAccess = (context: ErrorContext): Remedy => ({
  kind: 'grantAccess',
  connectionId: context.connectionId,
});

const busy =
  (text: string): Row =>
  () => ({ code: 'tooBusy', text, remedies: [retry] });
const unavailable: Row = (_, { database }) => ({
  code: 'databaseUnavailable',
  text: `Database "${database}" is not available at the moment. A serverless database that was paused is resuming; that takes about a minute.`,
  remedies: [retry],
});
/** The server's own sentence says it best. */
const own =
  (code: ErrorCode, remedies: (context: ErrorContext) => readonly Remedy[] = () => []): Row =>
  (message, context) => ({ code, text: message.message, remedies: remedies(context) });

/** What the server says on an open session, instead of carrying a batch out, when its token has ended. */
const tokenRefusal = 37396;

/** Learn: "Database Engine events and errors", "Troubleshoot common connection issues to Azure SQL Database"; facts section 5. */
const meanings: ReadonlyMap<number, Row> = new Map<number, Row>([
  [
    40615,
    (message, { server, connectionId }) => {
      const ip = /IP address '([0-9a-f.:]+)'/i.exec(message.message)?.[1];
      return {
        code: 'firewallBlocked',
        text: `The firewall of ${server} does not let this computer in${ip === undefined ? '' : ` (the server sees it as ${ip})`}. A new rule can take up to five minutes to apply.`,
        remedies: [
          ...(ip === undefined ? [] : [{ kind: 'addFirewallRule' as const, connectionId, server, ip }]),
          retry,
        ],
      };
    },
  ],
  [
    40914,
    (_, { server }) => ({
      code: 'subnetBlocked',
      text: `The firewall of ${server} does not let this subnet in: it needs a virtual-network rule.`,
      remedies: [retry],
    }),
  ],
  [
    47073,
    (_, { server, connectionId }) => ({
      code: 'publicAccessDisabled',
      text: `${server} refuses every connection from outside its private network: public network access is disabled. Connect through a private endpoint, or enable public access.`,
      remedies: [{ kind: 'enablePublicAccess', connectionId, server }, retry],
    }),
  ],
  ...[40531, 40532].map((number): [number, Row] => [
    number,
    (_, context) => ({
      code: 'serverNotFound',
      text: `The gateway does not know a server "${context.server}". Use its full name, as in myserver.database.windows.net.`,
      remedies: [edit(context)],
    }),
  ]),
  [
    40544,
    (_, { database }) => ({
      code: 'sqlError',
      text: `Database "${database}" has reached its size quota: delete data or raise its maximum size.`,
      remedies: [],
    }),
  ],
  ...[40613, 40197, 926, 615, 42108, 42109].map((number): [number, Row] => [number, unavailable]),
  ...[49918, 49919, 49920, 4221].map((number): [number, Row] => [
    number,
    busy('The server is busy with other operations; try again in a few seconds.'),
  ]),
  [40501, busy('The server is too busy to take this request; try again in ten seconds.')],
  ...[10928, 10929, 10936].map((number): [number, Row] => [
    number,
    busy('The database has reached the number of requests or sessions that its service tier allows.'),
  ]),
  [
    4060,
    (_, context) => ({
      code: 'databaseNotFound',
      text: `Database "${context.database}" cannot be opened on ${context.server}: either it does not exist there, or this identity has no user in it.`,
      remedies: [edit(context), grantAccess(context)],
    }),
  ],
  [
    916,
    (_, context) => ({
      code: 'noUserInDatabase',
      text: `This identity has no user in the database that the statement needs. Each database has its own users.`,
      remedies: [grantAccess(context)],
    }),
  ],
  [
    tokenRefusal,
    (_, context) => ({
      code: 'tokenExpired',
      text: 'The access token of this connection has expired.',
      remedies: [signIn(context), retry],
    }),
  ],
  [
    40623,
    (_, context) => ({
      code: 'tokenExpired',
      text: 'The server could not confirm the identity of this connection again and ended it.',
      remedies: [signIn(context), retry],
    }),
  ],
  [
    47072,
    (_, context) => ({
      code: 'loginRejected',
      text: `${context.server} demands a newer TLS version than this computer offered.`,
      remedies: [],
    }),
  ],
  [
    33130,
    (message) => ({
      code: 'principalNotFound',
      text: `The directory has no ${quotedName(message, 'such principal')}. Check the name: people by user principal name, groups and applications by display name.`,
      remedies: [],
    }),
  ],
  [
    33131,
    (message) => ({
      code: 'principalAmbiguous',
      text: `More than one principal in the directory is called ${quotedName(message, 'that')}. Name it by its object id.`,
      remedies: [],
    }),
  ],
  [
    33134,
    (message) => ({
      code: 'directoryLookupFailed',
      text: `The server could not look up ${quotedName(message, 'the principal')} in the directory. Its own identity needs the role Directory Readers; or create the user by its id (SID), which asks nobody.`,
      remedies: [],
    }),
  ],
  [
    33159,
    (_, context) => ({
      code: 'notEntraConnection',
      text: 'Only a connection made with Entra may create Entra users.',
      remedies: [signIn(context)],
    }),
  ],
  ...[33162, 33163, 33168, 33169, 33170, 33197, 33198, 37545].map((number): [number, Row] => [
    number,
    own('invalidInput'),
  ]),
  ...[229, 230, 262, 297, 300, 15247, 15151, 15410, 33084].map((number): [number, Row] => [
    number,
    own('permissionDenied', (context) => [grantAccess(context)]),
  ]),
  [208, own('tableNotFound')],
  ...[2601, 2627].map((number): [number, Row] => [number, own('duplicateKey')]),
  ...[515, 547].map((number): [number, Row] => [number, own('constraintViolated')]),
  ...[2628, 8152].map((number): [number, Row] => [number, own('valueTooLong')]),
  ...[241, 242, 245, 248, 8114, 8115, 8169, 220].map((number): [number, Row] => [
    number,
    own('valueInvalid'),
  ]),
  [
    1205,
    () => ({
      code: 'deadlock',
      text: 'Two transactions waited for each other and the server chose this one to give up. Nothing of it was applied.',
      remedies: [retry],
    }),
  ],
]);

function quotedName(message: ServerMessage, otherwise: string): string {
  const name = /'([^']+)'/.exec(message.message)?.[1];
  return name === undefined ? otherwise : `"${name}"`;
}

/**
 * Login failed. 18456 has no number to tell its cases apart for a token: text and state do. "token-identified principal" is a valid
 * token without a user in that database.
 */
function loginFailed(message: ServerMessage, context: ErrorContext): Meaning {
  const text = message.message;
  if (/token is expired|expired/i.test(text)) {
    return {
      code: 'tokenExpired',
      text: 'The server refused the access token because it has expired.',
      remedies: [signIn(context), retry],
    };
  }
  if (/not currently configured to accept/i.test(text)) {
    // A server without an Entra admin takes no token at all.
    const { connectionId, server } = context;
    return {
      code: 'loginRejected',
      text: `${server} does not accept this token: it is of another tenant than the server's, or the server has no Microsoft Entra admin yet.`,
      remedies: [...chooseTenant(context), signIn(context), { kind: 'setEntraAdmin', connectionId, server }],
    };
  }
  if (/incorrect or invalid token|tenant|could not be validated/i.test(text)) {
    return {
      code: 'loginRejected',
      text: `${context.server} does not accept this token: it is of another tenant than the server's, or for another audience.`,
      remedies: [...chooseTenant(context), signIn(context)],
    };
  }
  if (text.includes('<token-identified principal>')) {
    return {
      code: 'noUserInDatabase',
      text: `You are signed in, but database "${context.database}" on ${context.server} has no user for this identity. Somebody who administers it must create one; or the database, the account or the tenant is not the one you meant.`,
      // The token is fine, so signing in again would only bring the same one: another tenant or another account may. A grant last:
      // whoever has no user here can run it only once the connection is somebody else's.
      remedies: [
        ...chooseTenant(context),
        ...(context.credential === 'vscode' ? [switchAccount(context)] : []),
        edit(context),
        grantAccess(context),
      ],
    };
  }
  return {
    code: 'loginRejected',
    text: `${context.server} refused the login to database "${context.database}".`,
    remedies: [signIn(context), ...chooseTenant(context), edit(context)],
  };
}

const failed = (meaning: Meaning, message: ServerMessage | undefined, cause: unknown): AppError =>
  new AppError(meaning.code, meaning.text, {
    remedies: meaning.remedies,
    ...(message === undefined ? {} : { server: message }),
    ...(cause === undefined ? {} : { cause }),
  });

/** A statement's error. Unknown numbers keep the server's words. */
export function statementError(message: ServerMessage, context: ErrorContext, cause?: unknown): AppError {
  const meaning = meanings.get(message.number)?.(message, context);
  return failed(meaning ?? { code: 'sqlError', text: message.message, remedies: [] }, message, cause);
}

/** A login that the server refused; `messages` in the order they came, the last one that is known decides. */
export function loginError(
  messages: readonly ServerMessage[],
  context: ErrorContext,
  cause?: unknown,
): AppError {
  // 4060 is followed by an 18456 that says less; 18456 is preceded by informational ones.
  const errors = messages.filter((message) => message.class > 10);
  const known = errors.find((message) => message.number !== 18456 && meanings.has(message.number));
  const chosen = known ?? errors.find((message) => message.number === 18456) ?? errors.at(-1);
  if (chosen === undefined) {
    return failed(
      {
        code: 'loginRejected',
        text: `${context.server} ended the login without saying why.`,
        remedies: [retry, { kind: 'showLog' }],
      },
      undefined,
      cause,
    );
  }
  if (known !== undefined) return statementError(known, context, cause);
  if (chosen.number === 18456) return failed(loginFailed(chosen, context), chosen, cause);
  return failed({ code: 'loginRejected', text: chosen.message, remedies: [retry] }, chosen, cause);
}

const certificateCodes = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_UNTRUSTED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
]);

/** A failure below TDS: name, network, TLS. `code` as Node or the driver gives it. */
export function transportError(code: string, context: ErrorContext, cause?: unknown): AppError {
  const { server } = context;
  const make = (error: ErrorCode, text: string, remedies: readonly Remedy[]): AppError =>
    failed({ code: error, text, remedies }, undefined, cause);
  if (certificateCodes.has(code)) {
    return make(
      'certificateNotTrusted',
      `The certificate of ${server} is not trusted (${code}). Nothing was sent. A proxy that opens TLS, a wrong server name or a missing certificate authority are the usual reasons.`,
      [edit(context), { kind: 'showLog' }],
    );
  }
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return make(
        'hostUnreachable',
        `There is no server called ${server} as far as this network knows. Check the name, the VPN and the DNS.`,
        [edit(context), retry],
      );
    case 'ECONNREFUSED':
      return make('hostUnreachable', `${server} is there, but nothing listens on that port.`, [
        edit(context),
        retry,
      ]);
    case 'ETIMEOUT':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return make(
        'hostUnreachable',
        `${server} did not answer in time. A firewall on the way may block port 1433 (and 11000-11999 where the server redirects).`,
        [retry, edit(context)],
      );
    case 'EENCRYPT':
      return make(
        'encryptionDeclined',
        `${server} declined to encrypt the connection, so nothing was sent. This is not how Azure SQL behaves.`,
        [edit(context)],
      );
    default:
      return make('connectionLost', `The connection to ${server} was lost (${code}).`, [retry]);
  }
}

/** Errors of a login that pass by themselves (Learn: "Transient fault error codes"; facts section 5). */
export function isTransient(error: AppError): boolean {
  return error.code === 'databaseUnavailable' || error.code === 'tooBusy';
}

/** Whether the server says that the token, not the statement, is the trouble: 37396, or an expired one at login. */
export function isTokenRefused(error: AppError): boolean {
  return error.code === 'tokenExpired';
}

/** Whether this is the number with which an open session refuses a batch because its token has ended. */
export function isTokenRefusal(number: number): boolean {
  return number === tokenRefusal;
}

/** 2571 and its kind: the statement cannot run inside a user transaction (574, 226 in Azure SQL and SQL Server). */
export function isRefusedInTransaction(error: AppError): boolean {
  return error.server !== undefined && [226, 574, 3930].includes(error.server.number);
}
