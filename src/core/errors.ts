// The one error type that crosses layers, and remedies as data: the same remedy is a button, a tree node, a banner or a doctor's fix.

/** Every way out of a failure that the product can offer. Data only: the ui decides how each is shown and run. */
export type Remedy =
  /** Ask the person to sign in again (or as somebody else) for a connection. */
  | { kind: 'signIn'; connectionId: string }
  | { kind: 'chooseTenant'; connectionId: string }
  /** Another of VS Code's Microsoft accounts, which the connection keeps; only for connections of the kind 'vscode'. */
  | { kind: 'switchAccount'; connectionId: string }
  /** 40615: `ip` is the address that the server saw. */
  | { kind: 'addFirewallRule'; connectionId: string; server: string; ip: string }
  | { kind: 'enablePublicAccess'; connectionId: string; server: string }
  | { kind: 'setEntraAdmin'; connectionId: string; server: string }
  | { kind: 'grantAccess'; connectionId: string }
  | { kind: 'createUser'; connectionId: string }
  | { kind: 'editConnection'; connectionId: string }
  | { kind: 'confirmHost'; connectionId: string; host: string }
  | { kind: 'createTable'; connectionId: string; table: { schema: string; name: string } }
  | { kind: 'retry' }
  /** After an outcome that is unknown: look whether the change is there. Without a statement, a new query editor is opened to look. */
  | {
      kind: 'checkOutcome';
      connectionId: string;
      /** Counts the rows that are there if and only if the change was applied; values are parameters. */
      check?: {
        text: string;
        parameters: readonly {
          name: string;
          value: string | number | bigint | boolean | null | Date | Uint8Array;
          sqlType?: string;
        }[];
        /** What a count above zero means; unclear: such rows may have been there before. Zero always means the opposite or "not applied". */
        whenFound: 'applied' | 'notApplied' | 'unclear';
      };
    }
  /** A command of this extension, for the rare remedy that has no kind of its own. */
  | { kind: 'command'; command: string; title: string; arguments: readonly unknown[] }
  | { kind: 'openLink'; title: string; url: string }
  | { kind: 'showLog' };

export type ErrorCode =
  | 'signInRequired'
  | 'signInDeclined'
  | 'credentialUnavailable'
  | 'wrongAudience'
  | 'wrongTenant'
  | 'hostNotConfirmed'
  | 'hostUnreachable'
  | 'certificateNotTrusted'
  | 'encryptionDeclined'
  | 'loginRejected'
  | 'noUserInDatabase'
  | 'tokenExpired'
  | 'firewallBlocked'
  | 'subnetBlocked'
  | 'publicAccessDisabled'
  | 'serverNotFound'
  | 'databaseNotFound'
  | 'databaseUnavailable'
  | 'tooBusy'
  | 'connectionLost'
  | 'outcomeUnknown'
  | 'timeout'
  | 'permissionDenied'
  | 'principalNotFound'
  | 'principalAmbiguous'
  | 'directoryLookupFailed'
  | 'notEntraConnection'
  | 'tableNotFound'
  | 'tableReadOnly'
  | 'rowChanged'
  | 'duplicateKey'
  | 'constraintViolated'
  | 'valueTooLong'
  | 'valueInvalid'
  | 'deadlock'
  | 'sqlError'
  | 'invalidInput'
  | 'notSupported'
  | 'cancelled';

/** A statement error as the server sent it. */
export interface ServerMessage {
  number: number;
  state: number;
  class: number;
  message: string;
  /** 1-based line in the batch; 0 when unknown. */
  line: number;
  procedure?: string;
}

/**
 * A failure somebody can do something about. `message` says what happened and why in one or two sentences without numbers;
 * `remedies` are offered in order. Guard by `code`, never by text.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly remedies: readonly Remedy[];
  readonly server: ServerMessage | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { remedies?: readonly Remedy[]; cause?: unknown; server?: ServerMessage } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.remedies = options.remedies ?? [];
    this.server = options.server;
  }
}

/**
 * Whether an error is a known failure, optionally of one code. By name, not instanceof: the entry bundle and the data
 * bundle each carry this class.
 */
export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  if (!(error instanceof Error) || error.name !== 'AppError' || !('code' in error)) return false;
  return code === undefined || error.code === code;
}

/** The one way to say "the person or the caller gave up": silent everywhere. */
export function cancelled(cause?: unknown): AppError {
  return new AppError('cancelled', 'Cancelled.', cause === undefined ? {} : { cause });
}
