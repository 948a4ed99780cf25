// What SET changes for a session, its defaults at login, and @@OPTIONS.

export interface SessionOptions {
  ansiNulls: boolean;
  ansiPadding: boolean;
  ansiWarnings: boolean;
  ansiNullDefaultOn: boolean;
  ansiNullDefaultOff: boolean;
  arithAbort: boolean;
  arithIgnore: boolean;
  concatNullYieldsNull: boolean;
  cursorCloseOnCommit: boolean;
  implicitTransactions: boolean;
  noCount: boolean;
  numericRoundAbort: boolean;
  quotedIdentifier: boolean;
  xactAbort: boolean;
  noExec: boolean;
  parseOnly: boolean;
  fmtOnly: boolean;
  showplan: boolean;
  /** 0 is no limit. */
  rowCount: number;
  /** Bytes; -1 or 2147483647 is no limit. */
  textSize: number;
  /** Milliseconds, -1 waits for ever. */
  lockTimeout: number;
  dateFirst: number;
  dateFormat: 'mdy' | 'dmy' | 'ymd' | 'ydm' | 'myd' | 'dym';
  language: string;
  isolation: 1 | 2 | 3 | 4 | 5;
  contextInfo: Uint8Array | null;
}

/** As a TDS 7.4 login leaves them, with what ODBC, OLE DB and tedious send (ANSI_* on). */
export function defaultOptions(): SessionOptions {
  return {
    ansiNulls: true,
    ansiPadding: true,
    ansiWarnings: true,
    ansiNullDefaultOn: true,
    ansiNullDefaultOff: false,
    arithAbort: false,
    arithIgnore: false,
    concatNullYieldsNull: true,
    cursorCloseOnCommit: false,
    implicitTransactions: false,
    noCount: false,
    numericRoundAbort: false,
    quotedIdentifier: true,
    xactAbort: false,
    noExec: false,
    parseOnly: false,
    fmtOnly: false,
    showplan: false,
    rowCount: 0,
    textSize: -1,
    lockTimeout: -1,
    dateFirst: 7,
    dateFormat: 'mdy',
    language: 'us_english',
    isolation: 2,
    contextInfo: null,
  };
}

export type FlagOption = {
  [K in keyof SessionOptions]: SessionOptions[K] extends boolean ? K : never;
}[keyof SessionOptions];

/** SET <NAME> ON|OFF: the option's T-SQL name, upper case, to its field. */
export const flagOptions: Readonly<Record<string, FlagOption>> = {
  ANSI_NULLS: 'ansiNulls',
  ANSI_PADDING: 'ansiPadding',
  ANSI_WARNINGS: 'ansiWarnings',
  ANSI_NULL_DFLT_ON: 'ansiNullDefaultOn',
  ANSI_NULL_DFLT_OFF: 'ansiNullDefaultOff',
  ARITHABORT: 'arithAbort',
  ARITHIGNORE: 'arithIgnore',
  CONCAT_NULL_YIELDS_NULL: 'concatNullYieldsNull',
  CURSOR_CLOSE_ON_COMMIT: 'cursorCloseOnCommit',
  IMPLICIT_TRANSACTIONS: 'implicitTransactions',
  NOCOUNT: 'noCount',
  NUMERIC_ROUNDABORT: 'numericRoundAbort',
  QUOTED_IDENTIFIER: 'quotedIdentifier',
  XACT_ABORT: 'xactAbort',
  NOEXEC: 'noExec',
  PARSEONLY: 'parseOnly',
  FMTONLY: 'fmtOnly',
};

/** Options that the engine cannot honour when switched the unusual way: SET … OFF (or ON) is refused instead of ignored. */
export const fixedOptions: Readonly<Partial<Record<FlagOption, boolean>>> = {
  ansiPadding: true,
  numericRoundAbort: false,
};

/** @@OPTIONS (Learn: "Configure the user options Server Configuration Option"). */
export function optionsMask(options: SessionOptions): number {
  let mask = 0;
  if (options.implicitTransactions) mask |= 2;
  if (options.cursorCloseOnCommit) mask |= 4;
  if (options.ansiWarnings) mask |= 8;
  if (options.ansiPadding) mask |= 16;
  if (options.ansiNulls) mask |= 32;
  if (options.arithAbort) mask |= 64;
  if (options.arithIgnore) mask |= 128;
  if (options.quotedIdentifier) mask |= 256;
  if (options.noCount) mask |= 512;
  if (options.ansiNullDefaultOn) mask |= 1024;
  if (options.ansiNullDefaultOff) mask |= 2048;
  if (options.concatNullYieldsNull) mask |= 4096;
  if (options.numericRoundAbort) mask |= 8192;
  if (options.xactAbort) mask |= 16384;
  return mask;
}
