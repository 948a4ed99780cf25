// What a foreign client is to the drivers tier: something to prepare, and something that reports named checks.

/** Where the local Azure is and with what to log in. */
export interface Target {
  host: string;
  port: number;
  database: string;
  /** PEM file of the server's CA, the only one that the clients may trust. */
  caFile: string;
  /** Access token of the server's admin, of a member of db_datareader, and one that has expired. */
  token: string;
  readerToken: string;
  badToken: string;
  /** A user without login who may read: whom a SQL login can impersonate, as it cannot an Entra user. */
  localReader: string;
  sqlLogin: { user: string; password: string };
  /** For files of this run. */
  folder: string;
}

export interface Report {
  passed: string[];
  failed: { check: string; reason: string }[];
}

export interface Client {
  name: string;
  /** The checks that it must report, all of them. */
  checks: readonly string[];
  /** Fetches and builds what it needs. Resolves with the reason why it cannot be run here, undefined when it can. */
  prepare(): Promise<string | undefined>;
  run(target: Target): Promise<Report>;
}

/** The checks of every client that logs in with an access token. */
export const tokenChecks: readonly string[] = [
  'an unknown CA is refused',
  'select',
  'TDS 8',
  'insert with parameters',
  'unicode',
  'nulls',
  'types',
  'long values',
  'many rows',
  'rollback',
  "a statement's error",
  'a reader gets 229',
  'a wrong token gets 18456',
  'cancel',
];

/** "ok <check>" and "not ok <check>: <reason>" lines; other lines are not a report. */
export function readReport(output: string): Report {
  const report: Report = { passed: [], failed: [] };
  for (const line of output.split('\n')) {
    const good = /^ok (.+?)\s*$/.exec(line);
    const bad = /^not ok (.+?): (.*)$/.exec(line);
    if (good?.[1] !== undefined) report.passed.push(good[1]);
    else if (bad?.[1] !== undefined) report.failed.push({ check: bad[1], reason: bad[2] ?? '' });
  }
  return report;
}
