// What the engine asks of the principals (users, roles, permissions), and one client's session on the engine.
import { SqlError } from '../contract.ts';
import type {
  BackendSession,
  BulkLoad,
  Caller,
  ClientRequest,
  LoginRequest,
  ResponseWriter,
  RpcParameter,
  SqlType,
} from '../contract.ts';
import { parseBatch } from '../tsql/parser.ts';
import { splitName } from './bind/nameText.ts';
import { encodeParameter } from './catalog/values.ts';
import type { EngineServices } from './interpreter/engineServices.ts';
import { Attention, BatchAborted, ScopeEnded, TriggerRollback } from './interpreter/flow.ts';
import { Frame } from './interpreter/frame.ts';
import { Interpreter } from './interpreter/interpreter.ts';
import { SessionState } from './interpreter/sessionState.ts';
import type { PgConnection } from './postgres/connection.ts';
import { recordRows, replayRows } from './statements/encodedRows.ts';
import { loadRows } from './statements/bulkLoad.ts';
import { dropTemporary } from './statements/dropTemporary.ts';
import { callProcedure } from './statements/execute.ts';
import type { Argument } from './statements/execute.ts';
import {
  beginTransaction,
  commitTransaction,
  rollbackTransaction,
  saveTransaction,
} from './statements/transaction.ts';

/**
 * Who runs a statement: made by `Authorization.login`, changed by EXECUTE AS and REVERT. The engine reads these names and hands the
 * object back; everything else in it is the principals' own.
 */
export interface SecurityContext {
  /** ORIGINAL_LOGIN(). */
  readonly originalLogin: string;
  /** SUSER_SNAME(), SYSTEM_USER. */
  readonly loginName: string;
  /** USER_NAME(), CURRENT_USER, SESSION_USER. */
  readonly userName: string;
  /** Principal id of the user in the current database (dbo is 1). */
  readonly userId: number;
  readonly defaultSchema: string;
}

/** What a permission is asked on. Names are in the catalog's spelling. */
export type Securable =
  | { class: 'database' }
  | { class: 'schema'; schema: string }
  | {
      class: 'object';
      schema: string;
      name: string;
      /** sys.objects.type: U, V, P, FN, IF, TF, SO, SN … */
      type: string;
      objectId: number;
      /** Columns the statement touches, for column-level permissions; undefined: all. */
      columns?: readonly string[];
    };

/** An object as far as its owner goes. */
export interface OwnedObject {
  objectId: number;
  schema: string;
}

/** One query on the session's own PostgreSQL connection, in its transaction. */
export interface AuthorizationConnection {
  query(text: string, parameters?: readonly unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

/**
 * Implemented by test/azure/principals. Errors are SqlError with the server's number and wording and line 0: the interpreter puts in
 * the line and procedure. Where the connection is needed it is the session's own, so that a rolled back GRANT is gone.
 */
export interface Authorization {
  /** @throws SqlError 18456 (nobody), 916 (no user in this database). The database is known to exist. */
  login(caller: Caller, database: string): Promise<SecurityContext>;
  /**
   * @param permission 'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'EXECUTE', 'REFERENCES', 'ALTER', 'CONTROL', 'VIEW DEFINITION',
   * 'CREATE TABLE', 'CREATE SCHEMA', …: as GRANT spells it.
   * @throws SqlError 229 (object), 230 (column), 262 (CREATE … in database), 15247 and so on. For ALTER on an object the engine catches
   * 229 and answers 1088/3701 itself where the server does.
   */
  check(
    context: SecurityContext,
    connection: AuthorizationConnection,
    permission: string,
    securable: Securable,
  ): Promise<void>;
  /**
   * CREATE/ALTER/DROP USER|ROLE|LOGIN|APPLICATION ROLE, ALTER ROLE … ADD MEMBER, GRANT, DENY, REVOKE, ALTER AUTHORIZATION: the
   * parser's statement node. Messages (not errors) go to `out`.
   */
  executeDcl(
    statement: { kind: string },
    context: SecurityContext,
    connection: AuthorizationConnection,
    out: ResponseWriter,
  ): Promise<void>;
  /** Before a statement reads the catalog view sys.`view` about principals: what of them the caller may see. */
  readsCatalog?(context: SecurityContext, connection: AuthorizationConnection, view: string): Promise<void>;
  /** Whether the caller sees other sessions than the own one in sys.dm_exec_sessions and sys.dm_exec_requests; absent: yes. */
  seesSessions?(context: SecurityContext, connection: AuthorizationConnection): Promise<boolean>;
  /**
   * Whether a reference from a module or view reaches an object without asking the caller's permission: both have one owner; absent: yes.
   * https://learn.microsoft.com/sql/relational-databases/tutorial-ownership-chains-and-context-switching
   */
  chains?(
    context: SecurityContext,
    connection: AuthorizationConnection,
    from: OwnedObject,
    to: OwnedObject,
  ): Promise<boolean>;
  /** EXECUTE AS USER/LOGIN = name: the new context; the engine keeps the stack. @throws SqlError 15517. */
  executeAs(
    context: SecurityContext,
    connection: AuthorizationConnection,
    kind: 'user' | 'login',
    name: string,
  ): Promise<SecurityContext>;
  /** What REVERT returns to. */
  revert(context: SecurityContext): SecurityContext;
  /**
   * The scalar functions about principals: 'user_name', 'user_id', 'suser_sname', 'suser_id', 'suser_sid', 'is_member', 'is_rolemember',
   * 'is_srvrolemember', 'has_perms_by_name', 'database_principal_id', 'has_dbaccess', 'permissions'. Arguments are already values.
   */
  scalar(
    name: string,
    args: readonly (string | number | null)[],
    context: SecurityContext,
    connection: AuthorizationConnection,
  ): Promise<string | number | Uint8Array | null>;
}

export interface EngineSessionInput {
  connection: PgConnection;
  services: EngineServices;
  /** In its canonical spelling. */
  database: string;
  spid: number;
  login: LoginRequest;
  context: SecurityContext;
  onClose: () => void;
}

/** One client's session: one PostgreSQL connection, one request at a time. */
export class EngineSession implements BackendSession {
  readonly database: string;
  readonly spid: number;
  readonly connection: PgConnection;
  readonly state: SessionState;
  private readonly services: EngineServices;
  private readonly onClose: () => void;
  /** A request runs. */
  busy = false;
  private closed = false;
  private readonly ending = new AbortController();
  readonly ended: AbortSignal = this.ending.signal;

  constructor(input: EngineSessionInput) {
    this.database = input.database;
    this.spid = input.spid;
    this.connection = input.connection;
    this.services = input.services;
    this.onClose = input.onClose;
    this.state = new SessionState(input.login, input.context);
  }

  async execute(request: ClientRequest, out: ResponseWriter, signal: AbortSignal): Promise<void> {
    // Only the message right after INSERT BULK has its rows.
    this.state.bulk = undefined;
    const cacheable = request.kind === 'batch' && this.services.preEncode?.(request.text) === true;
    if (cacheable && (await replayRows(this.services, this.database, request.text, out))) return;
    const writer = cacheable ? recordRows(this.services, this.database, request.text, out) : out;
    await this.serve(writer, signal, request.kind !== 'rpc', (interpreter) =>
      this.run(interpreter, request, signal),
    );
  }

  async bulk(load: BulkLoad, out: ResponseWriter, signal: AbortSignal): Promise<void> {
    await this.serve(out, signal, true, (interpreter) => loadRows(interpreter, load));
  }

  /** One request: what it throws is told to the client, and the attention stops it. @param ends whether a DONE must end it */
  private async serve(
    out: ResponseWriter,
    signal: AbortSignal,
    ends: boolean,
    work: (interpreter: Interpreter) => Promise<void>,
  ): Promise<void> {
    const interpreter = new Interpreter({
      connection: this.connection,
      state: this.state,
      services: this.services,
      database: this.database,
      spid: this.spid,
      out,
      signal,
    });
    const stop = (): void => {
      // The statement's own rejection says what happened; a failing cancel leaves it to run to its end.
      this.connection.cancel().catch((error: unknown) => {
        console.error(`local Azure: cancel failed: ${String(error)}`);
      });
    };
    signal.addEventListener('abort', stop);
    this.busy = true;
    this.state.tries = 0;
    this.state.caught.length = 0;
    this.state.nesting = 0;
    this.state.triggerDepth = 0;
    try {
      await work(interpreter);
    } catch (error) {
      if (error instanceof Attention) {
        if (this.state.options.xactAbort) await interpreter.rollbackAll();
        return;
      }
      if (error instanceof BatchAborted || error instanceof TriggerRollback || error instanceof ScopeEnded) {
        // Already told.
      } else {
        const located = interpreter.located(error, interpreter.line, new Frame('batch'));
        this.state.error = located.detail.number;
        await interpreter.report(located);
      }
    } finally {
      signal.removeEventListener('abort', stop);
      this.busy = false;
    }
    if (this.state.doomed) {
      await interpreter.report(
        new SqlError({
          number: 3998,
          state: 1,
          class: 16,
          message:
            'Uncommittable transaction is detected at the end of the batch. The transaction is rolled back.',
          line: 1,
        }),
      );
      await interpreter.rollbackAll();
    }
    if (!interpreter.doneSent && ends) out.done({ kind: 'statement' });
  }

  private async run(interpreter: Interpreter, request: ClientRequest, signal: AbortSignal): Promise<void> {
    switch (request.kind) {
      case 'batch': {
        const batch = parseBatch(request.text, { quotedIdentifier: this.state.options.quotedIdentifier });
        const frame = this.batchFrame();
        try {
          await interpreter.runBatch(batch, frame);
        } finally {
          this.state.batchIdentity = frame.scopeIdentity;
          if (!signal.aborted) await dropTemporary(interpreter, frame);
        }
        return;
      }
      case 'transaction':
        await this.transaction(interpreter, request);
        return;
      case 'rpc':
        await this.rpc(interpreter, request.procedure, request.parameters);
    }
  }

  private batchFrame(): Frame {
    const frame = new Frame('batch');
    frame.scopeIdentity = this.state.batchIdentity;
    return frame;
  }

  private async transaction(
    interpreter: Interpreter,
    request: Extract<ClientRequest, { kind: 'transaction' }>,
  ): Promise<void> {
    const isolation = request.isolation;
    if (isolation !== undefined && isolation >= 1 && isolation <= 5) {
      this.state.options.isolation = isolation as 1 | 2 | 3 | 4 | 5;
    }
    switch (request.request) {
      case 'begin':
        await beginTransaction(interpreter, request.name === '' ? undefined : request.name);
        break;
      case 'commit':
        await commitTransaction(interpreter);
        break;
      case 'rollback':
        await rollbackTransaction(interpreter, request.name === '' ? undefined : request.name);
        break;
      case 'save':
        await saveTransaction(interpreter, request.name);
        break;
    }
    if (request.beginNext) await beginTransaction(interpreter);
    interpreter.done({});
  }

  /** An RPC request: as EXEC, but what comes back is RETURNSTATUS, RETURNVALUE and DONEPROC. */
  private async rpc(
    interpreter: Interpreter,
    procedure: string,
    parameters: readonly RpcParameter[],
  ): Promise<void> {
    const { out } = interpreter;
    const outputs: { name: string; ordinal: number; type: SqlType; value: string | null }[] = [];
    const args = parameters.map((parameter, i): Argument => {
      const output = { name: parameter.name, ordinal: i, type: parameter.type, value: null as string | null };
      if (parameter.output) outputs.push(output);
      return {
        name: parameter.name === '' ? undefined : parameter.name,
        type: parameter.type,
        value: encodeParameter(parameter.type, parameter.value),
        useDefault: parameter.useDefault,
        output: parameter.output,
        ...(parameter.output
          ? {
              assign: async (value: string | null, type: SqlType) => {
                output.value = await interpreter.convertValue(value, type, parameter.type);
              },
            }
          : {}),
      };
    });
    interpreter.doneKind = 'inProcedure';
    let failed = false;
    let status = 0;
    const parts = splitName(procedure);
    try {
      status = await callProcedure(interpreter, parts, args, new Frame('batch'), 1);
    } catch (error) {
      if (error instanceof Attention) throw error;
      failed = true;
      status = -6;
      if (!(error instanceof BatchAborted) && !(error instanceof TriggerRollback)) {
        const located = interpreter.located(error, 1, new Frame('batch'));
        this.state.error = located.detail.number;
        for (const other of located.others) out.message(other);
        out.message(located.detail);
      }
    }
    out.returnStatus(status);
    for (const output of outputs) {
      out.returnValue(
        output.name,
        output.ordinal,
        output.type,
        interpreter.decode(output.type, output.value),
      );
    }
    out.done({ kind: 'procedure', error: failed });
  }

  async reset(keepTransaction: boolean): Promise<void> {
    if (!keepTransaction && this.state.transactions > 0) {
      await this.connection.rollback();
      this.state.transactions = 0;
      this.state.doomed = false;
      this.state.savepoints.length = 0;
    }
    this.state.reset();
    if (!this.connection.inTransaction) {
      await this.services.discardTemporary(this.connection, this.database);
      await this.connection.query('SELECT pg_advisory_unlock_all()');
      await this.connection.query("SELECT set_config('lock_timeout', '0', false)");
    }
  }

  /** KILL from another session: the front hears of it, cuts the connection and closes this. */
  end(): void {
    this.ending.abort();
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.onClose();
    try {
      await this.connection.cancel();
      await this.connection.close();
    } catch (error) {
      console.error(`local Azure: closing session ${String(this.spid)}: ${String(error)}`);
    }
  }
}
