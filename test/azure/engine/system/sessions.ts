// Who is connected, for sys.dm_exec_sessions and its like: kept in this process, handed to PostgreSQL when a statement reads it.
import type { PgConnection } from '../postgres/connection.ts';

export interface SessionFacts {
  spid: number;
  login: string;
  original: string;
  program: string;
  host: string;
  address: string;
  database: string;
  /** UTC, 'YYYY-MM-DD HH:MM:SS.mmm'. */
  started: string;
  status: 'running' | 'sleeping';
  /** What runs: SELECT, INSERT … */
  command?: string;
  transactions: number;
  /** 1 READ UNCOMMITTED … 5 SNAPSHOT, as sys.dm_exec_sessions counts them. */
  isolation: number;
  /** TDS version. */
  protocol: number;
  settings: SessionSettings;
}

/** What SET changed, as sys.dm_exec_sessions tells it. */
export interface SessionSettings {
  textSize: number;
  language: string;
  dateFormat: string;
  dateFirst: number;
  quotedIdentifier: boolean;
  arithAbort: boolean;
  ansiNullDefaultOn: boolean;
  ansiWarnings: boolean;
  ansiPadding: boolean;
  ansiNulls: boolean;
  concatNullYieldsNull: boolean;
  lockTimeout: number;
}

export class SessionDirectory {
  private readonly sessions = new Map<number, () => SessionFacts>();
  private readonly ends = new Map<number, () => void>();

  /** @param facts asked each time somebody looks @param end what KILL does to it */
  add(spid: number, facts: () => SessionFacts, end: () => void = () => undefined): void {
    this.sessions.set(spid, facts);
    this.ends.set(spid, end);
  }

  /** KILL. False when there is no such session. */
  end(spid: number): boolean {
    const end = this.ends.get(spid);
    end?.();
    return end !== undefined;
  }

  remove(spid: number): void {
    this.sessions.delete(spid);
    this.ends.delete(spid);
  }

  list(): SessionFacts[] {
    return [...this.sessions.values()].map((facts) => facts()).sort((a, b) => a.spid - b.spid);
  }

  /**
   * Before a statement that reads sys.dm_exec_*: a setting of that connection, so nothing is written.
   * @param only the session that sees itself alone
   */
  async publish(connection: PgConnection, only?: number): Promise<void> {
    const sessions = this.list().filter(({ spid }) => only === undefined || spid === only);
    await connection.query(`SELECT set_config('tsql.sessions', $1, false)`, [JSON.stringify(sessions)]);
  }
}
