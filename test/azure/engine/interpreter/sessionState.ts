// What a session remembers between statements and requests.
import type { LoginRequest, SqlMessage, SqlType } from '../../contract.ts';
import type { InsertBulk } from '../../tsql/ast.ts';
import type { SecurityContext } from '../session.ts';
import { defaultOptions } from './sessionOptions.ts';
import type { SessionOptions } from './sessionOptions.ts';
import type { Cursor } from './cursor.ts';

export interface PreparedStatement {
  text: string;
  parameters: { name: string; type: SqlType; output: boolean; default: string | null }[];
}

export class SessionState {
  options: SessionOptions = defaultOptions();
  rowCount = 0n;
  error = 0;
  /** @@IDENTITY: PostgreSQL text. */
  identity: string | null = null;
  /** SCOPE_IDENTITY() of the batches. */
  batchIdentity: string | null = null;
  /** @@TRANCOUNT. */
  transactions = 0;
  /** XACT_STATE() = -1: only a rollback is possible. */
  doomed = false;
  transactionName: string | undefined;
  /** The isolation level that the open transaction began with. */
  begunAt: SessionOptions['isolation'] = 2;
  readonly savepoints: string[] = [];
  /** Errors of the CATCH blocks that run now, innermost last. */
  readonly caught: SqlMessage[] = [];
  /** How many TRY blocks are around what runs. */
  tries = 0;
  nesting = 0;
  triggerDepth = 0;
  fetchStatus = 0;
  /** IDENTITY_INSERT: one table of the session, by object id. */
  identityInsert: { objectId: number; name: string } | undefined;
  readonly contexts: SecurityContext[];
  readonly sessionContext = new Map<string, string | null>();
  /** The INSERT BULK whose rows are to come with the next message. */
  bulk: InsertBulk | undefined;
  readonly prepared = new Map<number, PreparedStatement>();
  nextHandle = 1;
  /** GLOBAL cursors by name; LOCAL ones are their frame's. */
  readonly cursors = new Map<string, Cursor>();
  readonly openCursors = new Set<Cursor>();
  readonly login: LoginRequest;

  constructor(login: LoginRequest, context: SecurityContext) {
    this.login = login;
    this.contexts = [context];
  }

  get context(): SecurityContext {
    const last = this.contexts.at(-1);
    if (last === undefined) throw new Error('A session without a security context');
    return last;
  }

  /** sp_reset_connection: as after the login. Transactions and temp tables are the caller's affair. */
  reset(): void {
    this.options = defaultOptions();
    this.rowCount = 0n;
    this.error = 0;
    this.identity = null;
    this.batchIdentity = null;
    this.identityInsert = undefined;
    this.contexts.splice(1);
    this.sessionContext.clear();
    this.bulk = undefined;
    this.prepared.clear();
    this.cursors.clear();
    this.openCursors.clear();
    this.caught.length = 0;
    this.tries = 0;
    this.nesting = 0;
    this.triggerDepth = 0;
    this.fetchStatus = 0;
  }
}
