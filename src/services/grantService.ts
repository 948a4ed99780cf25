// Grants as a use case: look, plan, run in one transaction, read back, and offer to take away exactly what was added.
import type { ConnectionProfile } from '../core/connection.ts';
import { AppError, isAppError } from '../core/errors.ts';
import {
  checkGrant,
  commentText,
  grantScript,
  rolesOf,
  undoScript,
  type GrantAddition,
  type GrantRequest,
} from '../core/grantPlan.ts';
import {
  additionOf,
  conflictWith,
  principalStatement,
  readPrincipal,
  rolesStatement,
  shortcomings,
  type PrincipalState,
} from '../core/grantState.ts';
import type { QueryResult, Sql, SqlStatement } from '../core/ports.ts';
import { guidOfSid } from '../core/principal.ts';
import { isRefusedInTransaction } from '../core/sqlErrors.ts';

export interface PlannedGrant {
  script: string;
  /** In one transaction; reads back what is there afterwards. @throws AppError */
  run(signal: AbortSignal): Promise<DoneGrant>;
}

export interface DoneGrant {
  /** "app-orders can now read (db_datareader).", or what is missing of that. */
  summary: string;
  /** Whether all that was asked for is there. */
  complete: boolean;
  /** What was read back, as T-SQL comments, and the script that undoes it. */
  report: string;
  /** Absent when this run added nothing. */
  undo: { script: string; run(signal: AbortSignal): Promise<string> } | undefined;
}

export class GrantService {
  readonly #sql: Pick<Sql, 'query' | 'transaction'>;

  constructor(sql: Pick<Sql, 'query' | 'transaction'>) {
    this.#sql = sql;
  }

  /**
   * Looks at what the database has and writes the script; changes nothing.
   * @throws AppError invalidInput for master, for names the server refuses, for a role that is not there, for a name that is taken
   */
  async plan(profile: ConnectionProfile, request: GrantRequest, signal: AbortSignal): Promise<PlannedGrant> {
    checkGrant(request, profile.database);
    const options = { signal, gesture: true };
    const roles = rolesOf(request);
    if (roles.length > 0) {
      const { rows } = await this.#sql.query(profile, rolesStatement(roles), options);
      const there = new Set(rows.map(([name]) => String(name).toLowerCase()));
      const missing = roles.filter((role) => !there.has(role.toLowerCase()));
      if (missing.length > 0) {
        throw new AppError(
          'invalidInput',
          `There is no role ${missing.map((role) => `"${role}"`).join(', ')} in database "${profile.database}".`,
        );
      }
    }
    const { rows } = await this.#sql.query(profile, principalStatement(request.principal), options);
    const conflict = conflictWith(request, readPrincipal(rows));
    if (conflict !== undefined) throw new AppError('invalidInput', conflict);
    const script = grantScript(request, profile.database);
    return { script, run: (runSignal) => this.#run(profile, request, script, runSignal) };
  }

  async #run(
    profile: ConnectionProfile,
    request: GrantRequest,
    script: string,
    signal: AbortSignal,
  ): Promise<DoneGrant> {
    const look = principalStatement(request.principal);
    const [before, after] = await this.#together(profile, look, { text: script }, signal);
    const there = readPrincipal(after.rows);
    const missing = shortcomings(request, there);
    const addition = there
      ? additionOf(request, readPrincipal(before.rows), there)
      : { sid: undefined, user: false, roles: [], execute: false };
    const isEmpty = !addition.user && !addition.execute && addition.roles.length === 0;
    const undo = isEmpty ? undefined : undoScript(request, addition, profile.database);
    const said = summary(request, missing, isEmpty);
    return {
      summary: said,
      complete: missing.length === 0,
      report: report(profile, said, request, there, addition, undo),
      // Also of half a grant: what is there was not there before, and somebody must be able to take it away.
      undo:
        undo === undefined
          ? undefined
          : { script: undo, run: (undoSignal) => this.#undo(profile, request, addition, undo, undoSignal) },
    };
  }

  /** The state before, the script, and the state after, in one transaction: nobody else's change can be taken for ours. */
  async #together(
    profile: ConnectionProfile,
    look: SqlStatement,
    script: SqlStatement,
    signal: AbortSignal,
  ): Promise<[before: QueryResult, after: QueryResult]> {
    const options = { signal, gesture: true };
    try {
      return await this.#atOnce(profile, look, script, options);
    } catch (error) {
      throw isAppError(error, 'permissionDenied') ? mayNotGrant(error, profile) : error;
    }
  }

  async #atOnce(
    profile: ConnectionProfile,
    look: SqlStatement,
    script: SqlStatement,
    options: { signal: AbortSignal; gesture: boolean },
  ): Promise<[before: QueryResult, after: QueryResult]> {
    try {
      const results = await this.#sql.transaction(profile, [look, script, look], options);
      const [before, after] = [results.at(0), results.at(-1)];
      if (!before || !after || results.length < 2) throw new Error('the transaction gave no results');
      return [before, after];
    } catch (error) {
      // Microsoft does not say whether FROM EXTERNAL PROVIDER may run inside a transaction of the user.
      if (!isAppError(error) || !isRefusedInTransaction(error)) throw error;
    }
    const before = await this.#sql.query(profile, look, options);
    try {
      await this.#sql.query(profile, script, options);
    } catch (error) {
      await this.#compensate(profile, before, look);
      throw error;
    }
    return [before, await this.#sql.query(profile, look, options)];
  }

  /** Without a transaction a script that failed half-way must not leave a user behind. */
  async #compensate(profile: ConnectionProfile, before: QueryResult, look: SqlStatement): Promise<void> {
    const old = readPrincipal(before.rows);
    const now = readPrincipal((await this.#sql.query(profile, look)).rows);
    if (!now) return;
    const addition: GrantAddition = {
      sid: now.sid,
      user: old === undefined,
      roles: now.roles.filter((role) => !old?.roles.includes(role)),
      execute: now.execute && !old?.execute,
    };
    const request: GrantRequest = {
      principal: now.name,
      identity: { kind: 'name' },
      rights: [],
      customRoles: [],
    };
    await this.#sql.query(profile, { text: undoScript(request, addition, profile.database) });
  }

  async #undo(
    profile: ConnectionProfile,
    request: GrantRequest,
    addition: GrantAddition,
    script: string,
    signal: AbortSignal,
  ): Promise<string> {
    const look = principalStatement(request.principal);
    const [, after] = await this.#together(profile, look, { text: script }, signal);
    const left = readPrincipal(after.rows);
    const name = request.principal;
    if (!left) return `${name} has no user in ${profile.database} any more.`;
    if (left.sid?.toLowerCase() !== addition.sid?.toLowerCase())
      return `Nothing was taken away: the user ${name} in ${profile.database} is another one by now than the grant was for.`;
    if (!addition.user) return `${name} is as it was before the grant; its user was there already and stays.`;
    if (left.owns.length > 0)
      return `What the grant added is gone, but the user ${name} stays: it owns ${left.owns.join(', ')}.`;
    return `What the grant added is gone, but the user ${name} stays: it has got something else, or granted something, meanwhile.`;
  }
}

/** A grant is no way out of a grant that was refused. Fixed roles take db_owner (Learn, "ALTER ROLE", permissions). */
function mayNotGrant(error: AppError, { id, database, credential }: ConnectionProfile): AppError {
  return new AppError(
    'permissionDenied',
    `You may not change who may do what in ${database}, so nothing was changed. A db_owner of it or the server's Microsoft Entra admin can run this script. The server says: ${error.message}`,
    {
      remedies: credential.kind === 'vscode' ? [{ kind: 'switchAccount', connectionId: id }] : [],
      cause: error,
      ...(error.server === undefined ? {} : { server: error.server }),
    },
  );
}

function rightsText(request: GrantRequest): string {
  const words: string[] = [];
  if (request.rights.includes('read')) words.push('read (db_datareader)');
  if (request.rights.includes('write')) words.push('write (db_datawriter)');
  if (request.rights.includes('execute')) words.push('execute procedures (EXECUTE)');
  const roles = rolesOf({ ...request, rights: request.rights.filter((right) => right === 'custom') });
  if (roles.length > 0) words.push(`do what ${roles.join(', ')} may`);
  return words.join(' and ');
}

function summary(request: GrantRequest, missing: readonly string[], isEmpty: boolean): string {
  if (missing.length > 0) {
    const rest = isEmpty ? 'It added nothing.' : 'What it did add can be undone.';
    return `The script ran, but what it should have done is not all there: ${missing.join(' ')} ${rest}`;
  }
  return isEmpty
    ? `${request.principal} could ${rightsText(request)} already; nothing was changed.`
    : `${request.principal} can now ${rightsText(request)}.`;
}

function report(
  profile: ConnectionProfile,
  said: string,
  request: GrantRequest,
  state: PrincipalState | undefined,
  addition: GrantAddition,
  undo: string | undefined,
): string {
  const added = [
    ...(addition.user ? ['the user'] : []),
    ...addition.roles.map((role) => `membership of ${role}`),
    ...(addition.execute ? ['EXECUTE on the database'] : []),
  ];
  const lines = [
    said,
    '',
    `Read back from ${profile.database}:`,
    ...(state ? readBack(state) : ['  no such principal']),
    // A user outlives its identity: one that was made anew under the same name is another, and only its id tells.
    ...(state && !addition.user && request.identity.kind !== 'sid'
      ? ['', 'The user was there before: check that it stands for the identity that you mean.']
      : []),
    '',
    `Added by this run: ${added.join(', ') || 'nothing'}.`,
  ];
  const comments = lines.map((line) => (line === '' ? '--' : `-- ${commentText(line)}`)).join('\n');
  return undo === undefined ? `${comments}\n` : `${comments}\n\n${undo}`;
}

function readBack(state: PrincipalState): string[] {
  const id = guidOfSid(state.sid);
  return [
    `  principal    ${state.name}`,
    `  type         ${state.type} (${state.typeDescription})`,
    `  SID          ${state.sid ?? 'none'}`,
    `  stands for   ${id ?? 'no Entra id'}${state.type === 'X' ? ' (object id)' : ' (client id of an app, object id of a person)'}`,
    `  member of    ${state.roles.join(', ') || 'no role'}`,
    `  EXECUTE      ${state.execute ? 'granted on the database' : 'not granted'}`,
    ...(state.denied.length > 0 ? [`  denied       ${state.denied.join(', ')} on the database`] : []),
  ];
}
