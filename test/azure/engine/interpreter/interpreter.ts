// Runs one request's statements: control flow, errors by T-SQL's rules, and the way from a bound statement to PostgreSQL and back.
import { SqlError } from '../../contract.ts';
import type { ResponseWriter, SqlMessage, SqlType, SqlValue } from '../../contract.ts';
import type { Batch, Expression, Predicate, Statement } from '../../tsql/ast.ts';
import { parseBatch } from '../../tsql/parser.ts';
import { Binder } from '../bind/binder.ts';
import type { Requirement } from '../bind/binder.ts';
import type { ParameterSource } from '../bind/bound.ts';
import { bindExpression } from '../bind/expressions.ts';
import { bindPredicate } from '../bind/predicates.ts';
import { raise } from '../bind/raise.ts';
import type { BindStorage } from '../bind/ports.ts';
import { Scope } from '../bind/scope.ts';
import { storage, storageFor } from '../catalog/storage.ts';
import { decoder, encodeParameter } from '../catalog/values.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { sqlError, translateError } from '../errors.ts';
import type { PgConnection } from '../postgres/connection.ts';
import { PgError } from '../postgres/pgError.ts';
import type { Authorization, OwnedObject, Securable } from '../session.ts';
import { compileBatch } from '../statements/compile.ts';
import { closeCursorsAtEnd } from '../statements/cursors.ts';
import { executeStatement } from '../statements/executeStatement.ts';
import type { EngineServices } from './engineServices.ts';
import { Attention, BatchAborted, ScopeEnded, TriggerRollback, endsBatch } from './flow.ts';
import type { Control, Frame } from './frame.ts';
import type { SessionState } from './sessionState.ts';
import { sessionValue } from './sessionValues.ts';
import { tellUnsupported } from './tellUnsupported.ts';

export interface InterpreterInput {
  connection: PgConnection;
  state: SessionState;
  services: EngineServices;
  database: string;
  spid: number;
  out: ResponseWriter;
  signal: AbortSignal;
}

export class Interpreter {
  readonly connection: PgConnection;
  readonly state: SessionState;
  readonly services: EngineServices;
  readonly database: string;
  readonly spid: number;
  readonly signal: AbortSignal;
  out: ResponseWriter;
  /** What DONE says: INPROC inside procedures and RPC. */
  doneKind: 'statement' | 'inProcedure' = 'statement';
  doneSent = false;
  snapshot: Snapshot | undefined;
  /** The line of the statement that runs, for errors that do not know theirs. */
  line = 1;
  verb = 'SELECT';
  /** An error inside a trigger was already sent. */
  triggerReported = false;

  constructor(input: InterpreterInput) {
    this.connection = input.connection;
    this.state = input.state;
    this.services = input.services;
    this.database = input.database;
    this.spid = input.spid;
    this.out = input.out;
    this.signal = input.signal;
  }

  get storage(): BindStorage {
    return storageFor(this.state.options.dateFormat);
  }

  get authorization(): Authorization {
    return this.services.authorization;
  }

  /** A batch, or the text of dynamic SQL. @throws SqlError (syntax), BatchAborted, Attention */
  async runBatch(batch: Batch, frame: Frame): Promise<Control> {
    await compileBatch(this, batch.statements, frame);
    return await this.runList(batch.statements, frame);
  }

  /** Dynamic text as a batch: its syntax errors are errors of the statement that runs it. */
  parse(text: string, frame: Frame): Batch {
    try {
      return parseBatch(text, { quotedIdentifier: this.state.options.quotedIdentifier });
    } catch (error) {
      throw this.located(error, 1, frame);
    }
  }

  async runList(statements: readonly Statement[], frame: Frame): Promise<Control> {
    let i = 0;
    while (i < statements.length) {
      const statement = statements[i];
      if (statement === undefined) break;
      const control = await this.runStatement(statement, frame);
      if (control?.kind === 'goto') {
        const target = statements.findIndex(
          (other) => other.kind === 'label' && other.label.toLowerCase() === control.label.toLowerCase(),
        );
        if (target < 0) return control;
        i = target + 1;
        continue;
      }
      if (control !== undefined) return control;
      i += 1;
    }
    return undefined;
  }

  async runStatement(statement: Statement, frame: Frame): Promise<Control> {
    this.checkAttention();
    this.line = statement.line;
    try {
      if (this.state.options.parseOnly || this.state.options.noExec) {
        if (statement.kind !== 'setOption') return undefined;
      }
      const control = await executeStatement(this, statement, frame);
      if (clearsError.has(statement.kind)) this.state.error = 0;
      return control;
    } catch (thrown) {
      const fresh = !(thrown instanceof SqlError && located.has(thrown));
      const error = this.located(thrown, statement.line, frame);
      this.state.error = error.detail.number;
      const severity = endsBatch(error);
      const scopeEnds = fresh && severity === 'end';
      const isRaise = statement.kind === 'raiserror';
      const inTrigger = this.state.triggerDepth > 0;
      // Triggers run with XACT_ABORT ON: an error in one takes back the statement that fired it, and the transaction.
      const aborts = this.state.options.xactAbort || inTrigger;
      if (scopeEnds) {
        if (this.state.tries > frame.tries) throw new ScopeEnded(error);
        if (inTrigger) this.triggerReported = true;
        await this.report(error, aborts);
        throw new ScopeEnded();
      }
      if (this.state.tries > 0 && error.detail.class < 20) {
        if (this.state.transactions > 0 && !isRaise && (aborts || severity === 'rollback')) {
          this.state.doomed = true;
        }
        throw error;
      }
      const rollsBack = !isRaise && (aborts || severity === 'rollback');
      if (rollsBack && inTrigger) this.triggerReported = true;
      await this.report(error, rollsBack);
      if (statement.kind === 'raiserror' && statement.options.includes('NOWAIT')) this.out.flush?.();
      if (rollsBack || statement.kind === 'throw') throw new BatchAborted();
      return undefined;
    }
  }

  /** Whatever was thrown as a SqlError with line and procedure; control flow and bugs pass through. */
  located(thrown: unknown, line: number, frame: Frame): SqlError {
    if (
      thrown instanceof BatchAborted ||
      thrown instanceof Attention ||
      thrown instanceof TriggerRollback ||
      thrown instanceof ScopeEnded
    )
      throw thrown;
    if (thrown instanceof PgError && thrown.code === '57014' && this.signal.aborted) throw new Attention();
    this.checkAttention();
    const error = this.translate(thrown);
    if (error.detail.line > 0 && located.has(error)) return error;
    tellUnsupported(error);
    const own = error.detail.line > 0 ? error.detail.line : line;
    const detail: SqlMessage = {
      ...error.detail,
      line: Math.max(1, own - frame.lineOffset),
      ...(frame.procedure === undefined || error.detail.procedure !== undefined
        ? {}
        : { procedure: frame.procedure }),
    };
    const result = new SqlError(
      detail,
      error.others.map((other) => ({
        ...other,
        line: other.line > 0 ? other.line : detail.line,
        ...(detail.procedure === undefined ? {} : { procedure: detail.procedure }),
      })),
    );
    located.add(result);
    return result;
  }

  translate(thrown: unknown): SqlError {
    if (thrown instanceof SqlError) return thrown;
    const error = translateError(thrown, {
      database: this.database,
      verb: this.verb,
      spid: this.spid,
      catalog: this.snapshot ?? { table: () => undefined, constraint: () => undefined },
    });
    const { ansiWarnings, arithAbort } = this.state.options;
    // There the server goes on with NULL, which the engine does not.
    if (!ansiWarnings && !arithAbort && arithmeticErrors.has(error.detail.number)) {
      return sqlError(40517, ['ANSI_WARNINGS OFF with ARITHABORT OFF']);
    }
    return error;
  }

  /** Writes an error that nobody caught, rolls back when it takes the transaction with it, and the DONE that says so. */
  async report(error: SqlError, rollsBack = false): Promise<void> {
    for (const other of error.others) this.out.message(other);
    this.out.message(error.detail);
    // 3621 follows a data modification that came to nothing.
    if (terminates.has(error.detail.number) && this.verb !== 'SELECT') {
      this.out.message({
        ...error.detail,
        number: 3621,
        state: 0,
        class: 0,
        message: 'The statement has been terminated.',
      });
    }
    if (rollsBack) await this.rollbackAll();
    this.done({ error: true });
  }

  done(end: { rowCount?: number | bigint; error?: boolean; command?: number }): void {
    this.doneSent = true;
    const { rowCount, ...rest } = end;
    this.out.done({
      kind: this.doneKind,
      ...rest,
      ...(rowCount === undefined || this.state.options.noCount ? {} : { rowCount }),
    });
  }

  checkAttention(): void {
    if (this.signal.aborted) throw new Attention();
  }

  /** ROLLBACK of everything, as an aborted batch does it. */
  async rollbackAll(): Promise<void> {
    if (this.state.triggerDepth > 0) {
      // The statement that fired the trigger must go first.
      throw new TriggerRollback();
    }
    if (this.state.transactions === 0) return;
    await this.connection.rollback();
    closeCursorsAtEnd(this, 'rollback');
    this.state.transactions = 0;
    this.state.doomed = false;
    this.state.savepoints.length = 0;
    this.out.environment({ type: 'rollbackTransaction' });
  }

  // ------------------------------------------------------------------ binding

  async binder(frame: Frame, fresh = true): Promise<Binder> {
    if (fresh || this.snapshot === undefined) {
      this.snapshot = await this.services.catalog(this.database).snapshot(this.connection);
    }
    return new Binder({
      storage: this.storage,
      objects: this.snapshot.objects,
      variables: frame.types,
      tableVariables: frame.tableVariables,
      settings: {
        dateFirst: this.state.options.dateFirst,
        language: this.state.options.language,
        database: this.database,
        defaultSchema: frame.defaultSchema ?? this.state.context.defaultSchema,
        quotedIdentifier: this.state.options.quotedIdentifier,
        ansiNulls: this.state.options.ansiNulls,
        concatNullYieldsNull: this.state.options.concatNullYieldsNull,
        ansiWarnings: this.state.options.ansiWarnings,
        raisedIsolation: this.isolationRaised,
      },
      transition: frame.transition,
    });
  }

  /** The catalog as last seen, read when it never was: for what need not be the newest (types of variables). */
  async known(): Promise<Snapshot> {
    this.snapshot ??= await this.services.catalog(this.database).snapshot(this.connection);
    return this.snapshot;
  }

  /** What the statement needs of permissions. @throws SqlError 229, 230 */
  async authorize(requirements: readonly Requirement[], frame: Frame): Promise<void> {
    for (const { permission, object, columns, through = frame.module } of requirements) {
      if (object.schema === '') continue;
      if (ownSchemas.has(object.schema.toLowerCase())) {
        await this.authorization.readsCatalog?.(this.state.context, this.connection, object.name);
        if (object.name.startsWith('dm_exec_')) await this.publishSessions();
        continue;
      }
      if (through !== undefined && permission !== 'ALTER' && (await this.chains(through, object))) continue;
      await this.check(permission, {
        class: 'object',
        schema: object.schema,
        name: object.name,
        type: object.type,
        objectId: object.objectId,
        ...(columns === undefined ? {} : { columns: [...columns] }),
      });
    }
  }

  private async chains(from: OwnedObject, to: OwnedObject): Promise<boolean> {
    return (await this.authorization.chains?.(this.state.context, this.connection, from, to)) ?? true;
  }

  private async publishSessions(): Promise<void> {
    const all = (await this.authorization.seesSessions?.(this.state.context, this.connection)) ?? true;
    await this.services.sessions.publish(this.connection, all ? undefined : this.spid);
  }

  async check(permission: string, securable: Securable): Promise<void> {
    await this.authorization.check(this.state.context, this.connection, permission, securable);
  }

  /** PostgreSQL keeps the level a transaction began with; the higher ones of T-SQL are then kept by locks, as the server does. */
  private get isolationRaised(): boolean {
    const { transactions, begunAt, options } = this.state;
    if (transactions === 0 || options.isolation === begunAt) return false;
    return options.isolation === 4 || (options.isolation === 3 && begunAt < 3);
  }

  /** Runs `work` behind the table locks that the statement asks for: in the transaction, or in one of its own. */
  async locked<T>(binder: Binder, work: () => Promise<T>): Promise<T> {
    if (binder.tableLocks.size === 0) return await work();
    const lock = async (): Promise<T> => {
      for (const [table, { mode, nowait }] of binder.tableLocks)
        await this.connection.script(`LOCK TABLE ${table} IN ${mode} MODE${nowait ? ' NOWAIT' : ''}`);
      return await work();
    };
    return this.connection.inTransaction ? await lock() : await this.connection.atomic(lock);
  }

  async parameters(sources: readonly ParameterSource[], frame: Frame): Promise<(string | null)[]> {
    const values: (string | null)[] = [];
    for (const source of sources) values.push(await this.parameterValue(source, frame));
    return values;
  }

  private async parameterValue(source: ParameterSource, frame: Frame): Promise<string | null> {
    switch (source.kind) {
      case 'variable':
        return frame.get(source.name)?.value ?? null;
      case 'constant':
        return source.value === null ? null : String(source.value);
      case 'session':
        return encodeParameter(source.type, sessionValue(this, frame, source.name));
      case 'principal': {
        const args: (string | number | null)[] = [];
        for (const argument of source.args) {
          const text = await this.parameterValue(argument, frame);
          args.push(text !== null && argument.type.name.endsWith('int') ? Number(text) : text);
        }
        const value = await this.authorization.scalar(source.name, args, this.state.context, this.connection);
        return encodeParameter(source.type, value);
      }
    }
  }

  // ------------------------------------------------------------------ values

  /** One expression's value as PostgreSQL text, converted to `type` when given. */
  async evaluate(
    node: Expression,
    frame: Frame,
    type?: SqlType,
  ): Promise<{ value: string | null; type: SqlType }> {
    if (node.kind === 'null' && type !== undefined) return { value: null, type };
    const binder = await this.binder(frame, mentionsTable(node));
    const bound = bindExpression(binder, new Scope(), node);
    const converted = type === undefined ? bound : binder.convert(bound, type, node.line);
    const sql = converted.untypedNull === true ? 'NULL' : converted.sql;
    await this.authorize(binder.requirements, frame);
    const parameters = await this.parameters(binder.parameters, frame);
    // A variable copied to one of the same type needs no round trip.
    const single = /^\(\$1::[^()]*(?:\([^()]*\))?\)$/u.exec(sql);
    if (single !== null && parameters.length === 1)
      return { value: parameters[0] ?? null, type: converted.type };
    const value = await this.locked(binder, () => this.scalar(`SELECT ${sql}`, parameters));
    return { value, type: converted.type };
  }

  async scalar(sql: string, parameters: readonly (string | null)[]): Promise<string | null> {
    let value: string | null = null;
    await this.connection.stream(sql, parameters, {
      onRow: (values) => {
        value = values[0] ?? null;
        return undefined;
      },
    });
    return value;
  }

  /** A value as the wire and JavaScript have it. */
  decode(type: SqlType, text: string | null): SqlValue {
    if (text === null) return null;
    return decoder(type)?.(text) ?? text;
  }

  async evaluateValue(node: Expression, frame: Frame, type?: SqlType): Promise<SqlValue> {
    const { value, type: own } = await this.evaluate(node, frame, type);
    return this.decode(own, value);
  }

  async condition(node: Predicate, frame: Frame): Promise<boolean> {
    const binder = await this.binder(frame, mentionsTable(node));
    const bound = bindPredicate(binder, new Scope(), node);
    await this.authorize(binder.requirements, frame);
    const parameters = await this.parameters(binder.parameters, frame);
    const value = await this.locked(binder, () => this.scalar(`SELECT (${bound.sql}) IS TRUE`, parameters));
    return value === 't';
  }

  /** Converts a value between types as assignment does. */
  async convertValue(value: string | null, from: SqlType, to: SqlType): Promise<string | null> {
    if (value === null || JSON.stringify(from) === JSON.stringify(to)) return value;
    const sql = this.storage.cast(`($1::${storage.pgType(from)})`, from, to);
    return await this.scalar(`SELECT ${sql}`, [value]);
  }

  /** An error of the engine's own that has no statement to throw it. */
  rethrownNew(number: number, message: string): SqlError {
    return new SqlError({ number, state: 1, class: 16, message, line: 0 });
  }

  /** A caught error on its way again: line, procedure and number stay. */
  rethrown(detail: SqlMessage): SqlError {
    const error = new SqlError(detail);
    located.add(error);
    return error;
  }

  refuseWriteWhenDoomed(): void {
    if (this.state.doomed) {
      raise(
        3930,
        'The current transaction cannot be committed and cannot support operations that write to the log file. Roll back the transaction.',
      );
    }
  }

  message(detail: Omit<SqlMessage, 'line'> & { line?: number }, frame: Frame): void {
    this.out.message({
      ...detail,
      line: Math.max(1, (detail.line ?? this.line) - frame.lineOffset),
      ...(frame.procedure === undefined ? {} : { procedure: frame.procedure }),
    });
  }
}

/** Errors that already carry their line and procedure. */
const located = new WeakSet<SqlError>();

const arithmeticErrors = new Set([220, 232, 8115, 8134]);

const terminates = new Set([220, 515, 547, 2601, 2627, 2628, 8115, 8134, 8152]);

/** The server's own views show each caller what he may see; nobody needs SELECT on them. */
const ownSchemas = new Set(['sys', 'information_schema']);

/** Statements after which @@ERROR is 0. */
const clearsError = new Set<Statement['kind']>([
  'select',
  'insert',
  'update',
  'delete',
  'merge',
  'truncate',
  'setVariable',
  'declare',
  'print',
  'execute',
  'executeText',
  'beginTransaction',
  'commitTransaction',
  'rollbackTransaction',
  'saveTransaction',
  'setOption',
  'createTable',
  'alterTable',
  'drop',
]);

export function mentionsTable(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(mentionsTable);
  if (typeof node !== 'object' || node === null) return false;
  if ('kind' in node && (node.kind === 'table' || node.kind === 'nextValue' || node.kind === 'call'))
    return true;
  return Object.values(node).some(mentionsTable);
}
