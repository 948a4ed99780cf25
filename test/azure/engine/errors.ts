// Errors in the server's words: built from the table of messages, and translated from PostgreSQL's.
import { SqlError } from '../contract.ts';
import { messages } from './messages.ts';
import { PgError } from './postgres/pgError.ts';

export interface ErrorOptions {
  /** Default: the message's usual one. */
  state?: number;
  /** Default 0: the interpreter puts in the statement's. */
  line?: number;
  procedure?: string;
  /** Errors sent before this one. */
  before?: readonly SqlError[];
}

/** @throws RangeError for a number that the table does not know: a bug here, not a condition of the server. */
export function sqlError(
  number: number,
  args: readonly (string | number)[] = [],
  options: ErrorOptions = {},
): SqlError {
  const template = messages[number];
  if (template === undefined) throw new RangeError(`No message ${String(number)} in the table.`);
  let next = 0;
  const message = template.text.replaceAll('%s', () => String(args[next++] ?? ''));
  return new SqlError(
    {
      number,
      state: options.state ?? template.state,
      class: template.class,
      message,
      line: options.line ?? 0,
      ...(options.procedure === undefined ? {} : { procedure: options.procedure }),
    },
    options.before?.map((error) => error.detail),
  );
}

/** What the translation asks the catalog: objects by the ids in PostgreSQL's names. */
export interface ErrorCatalog {
  /** The table behind PostgreSQL's `t<object_id>`: 'schema.name', and its columns' names by `c<column_id>`. */
  table(
    pgName: string,
  ): { name: string; columns: ReadonlyMap<string, string>; temporary: boolean } | undefined;
  /** The constraint or index behind PostgreSQL's `k<object_id>` or `x<object_id>_<index_id>`. */
  constraint(pgName: string): ConstraintFacts | undefined;
  /** The identity column (its type) or the sequence ('schema.name') behind PostgreSQL's `i<object_id>` or `s<object_id>`. */
  sequence?(pgName: string): { identity: string } | { sequence: string } | undefined;
}

export interface ConstraintFacts {
  kind: 'primary' | 'unique' | 'foreign' | 'check' | 'index';
  name: string;
  /** 'schema.name' of its table. */
  table: string;
  /** For foreign keys: 'schema.name' of the referenced table, and the columns of both sides. */
  referenced?: string;
  columns: readonly string[];
  referencedColumns?: readonly string[];
}

export interface StatementFacts {
  database: string;
  /** INSERT, UPDATE, DELETE, MERGE, ALTER TABLE …: as 515 and 547 say it. */
  verb: string;
  spid: number;
  catalog: ErrorCatalog;
}

/** Any error in SQL Server's words; a SqlError passes as it is. @throws the error itself when it is not PostgreSQL's: a bug. */
export function translateError(error: unknown, facts: StatementFacts): SqlError {
  if (error instanceof SqlError) return error;
  if (!(error instanceof PgError)) throw error;
  if (error.sql !== undefined) {
    const { number, class: level, state } = error.sql;
    return new SqlError({ number, class: level, state, message: error.message, line: 0 });
  }
  const found = byState[error.code]?.(error, facts);
  if (found !== undefined) return found;
  // Not foreseen: said on the console, because the client cannot do anything with it.
  console.error(`local Azure: PostgreSQL ${error.code}: ${error.message} ${error.fields.where ?? ''}`);
  return new SqlError({
    number: 50000,
    class: 16,
    state: 1,
    message: `The local Azure's engine could not run this statement: ${error.message}`,
    line: 0,
  });
}

type Translation = (error: PgError, facts: StatementFacts) => SqlError | undefined;

const byState: Readonly<Record<string, Translation>> = {
  '22012': () => sqlError(8134),
  '22003': (error) => overflow(error.message),
  '22008': () => sqlError(517, ['datetime']),
  '22007': () => sqlError(241),
  '22P02': () => sqlError(8114, ['varchar', 'numeric']),
  '22P05': () => sqlError(8114, ['varbinary', 'varchar']),
  '22021': () => sqlError(8114, ['varbinary', 'varchar']),
  '22011': () => sqlError(537),
  '2201E': () =>
    new SqlError({
      number: 3623,
      class: 16,
      state: 1,
      message: 'An invalid floating point operation occurred.',
      line: 0,
    }),
  '2201F': () =>
    new SqlError({
      number: 3623,
      class: 16,
      state: 1,
      message: 'An invalid floating point operation occurred.',
      line: 0,
    }),
  '21000': () => sqlError(512),
  '42P21': (error) => collationConflict(error.message),
  '42P22': (error) => collationConflict(error.message),
  '23505': duplicate,
  '23502': nullValue,
  '23503': foreignKey,
  '23514': check,
  '2200H': exhausted,
  '40P01': (_error, facts) => sqlError(1205, [facts.spid]),
  '40001': (error, facts) => sqlError(3960, [tableName(error, facts), facts.database]),
  '55P03': () => sqlError(1222),
  '54001': () =>
    new SqlError({
      number: 8631,
      class: 17,
      state: 1,
      message:
        'Internal error: Server stack limit has been reached. Please look for potentially deep nesting in your query, and try to simplify it.',
      line: 0,
    }),
};

/** What stands for each of the engine's collations: the names as declared are not known here. */
const collations: Readonly<Record<string, string>> = {
  ci: 'SQL_Latin1_General_CP1_CI_AS',
  cs: 'SQL_Latin1_General_CP1_CS_AS',
  ci_ai: 'SQL_Latin1_General_CP1_CI_AI',
  cs_ai: 'Latin1_General_CS_AI',
  C: 'Latin1_General_BIN2',
};

function collationConflict(message: string): SqlError {
  const [first, second] = [...message.matchAll(/"(\w+)"/gu)].map(([, name = '']) => collations[name] ?? name);
  return sqlError(468, [first ?? '', second ?? '', 'equal to']);
}

function exhausted(error: PgError, facts: StatementFacts): SqlError {
  const found = facts.catalog.sequence?.(/"(\w+)"/u.exec(error.message)?.[1] ?? '');
  if (found !== undefined && 'sequence' in found) return sqlError(11728, [found.sequence]);
  return sqlError(8115, ['IDENTITY', found?.identity ?? 'int'], { state: 1 });
}

function tableName(error: PgError, facts: StatementFacts): string {
  return facts.catalog.table(error.fields.table ?? '')?.name ?? error.fields.table ?? '';
}

function overflow(message: string): SqlError {
  if (message.includes('bigint')) return sqlError(8115, ['expression', 'bigint']);
  if (message.includes('smallint')) return sqlError(8115, ['expression', 'smallint']);
  if (message.includes('integer')) return sqlError(8115, ['expression', 'int']);
  if (message.includes('real')) return sqlError(8115, ['expression', 'real']);
  if (message.includes('double') || message.includes('float') || message.includes('underflow')) {
    return sqlError(8115, ['expression', 'float']);
  }
  return sqlError(8115, ['numeric', 'numeric'], { state: 8 });
}

/** The values of a key as PostgreSQL shows them: `Key (c1, c2)=(a, b) already exists.` */
function keyValue(detail: string): string {
  const found = /\)=(\(.*\))/su.exec(detail)?.[1] ?? '()';
  return found.replaceAll(/\bnull\b/gu, '<NULL>');
}

function duplicate(error: PgError, facts: StatementFacts): SqlError | undefined {
  const found = facts.catalog.constraint(error.fields.constraint ?? '');
  const value = keyValue(error.fields.detail ?? '');
  if (found === undefined) return sqlError(2627, ['UNIQUE KEY', 'UQ', tableName(error, facts), value]);
  if (found.kind === 'index') {
    if (/is duplicated/u.test(error.fields.detail ?? ''))
      return sqlError(1505, [found.table, found.name, value]);
    return sqlError(2601, [found.table, found.name, value]);
  }
  if (/is duplicated/u.test(error.fields.detail ?? '')) {
    const first = sqlError(1505, [found.table, found.name, value]);
    return sqlError(1750, [], { before: [first] });
  }
  return sqlError(2627, [
    found.kind === 'primary' ? 'PRIMARY KEY' : 'UNIQUE KEY',
    found.name,
    found.table,
    value,
  ]);
}

function nullValue(error: PgError, facts: StatementFacts): SqlError | undefined {
  const table = facts.catalog.table(error.fields.table ?? '');
  const column = table?.columns.get(error.fields.column ?? '') ?? error.fields.column ?? '';
  const owner = table?.temporary === true ? 'tempdb' : facts.database;
  return sqlError(515, [column, `${owner}.${table?.name ?? error.fields.table ?? ''}`, facts.verb]);
}

const onColumn = (columns: readonly string[]): string =>
  columns.length === 1 ? `, column '${columns[0] ?? ''}'` : '';

function foreignKey(error: PgError, facts: StatementFacts): SqlError | undefined {
  const found = facts.catalog.constraint(error.fields.constraint ?? '');
  if (found === undefined) return undefined;
  const self = found.referenced === found.table ? ' SAME TABLE' : '';
  // The referencing side is told with "is not present in", the referenced one with "is still referenced from".
  if (/is not present in/u.test(error.fields.detail ?? '')) {
    return sqlError(547, [
      facts.verb,
      `FOREIGN KEY${self}`,
      found.name,
      facts.database,
      found.referenced ?? '',
      onColumn(found.referencedColumns ?? []),
    ]);
  }
  const word = self === '' ? 'REFERENCE' : 'SAME TABLE REFERENCE';
  return sqlError(547, [facts.verb, word, found.name, facts.database, found.table, onColumn(found.columns)]);
}

function check(error: PgError, facts: StatementFacts): SqlError | undefined {
  const found = facts.catalog.constraint(error.fields.constraint ?? '');
  if (found === undefined) return undefined;
  return sqlError(547, [
    facts.verb,
    'CHECK',
    found.name,
    facts.database,
    found.table,
    onColumn(found.columns),
  ]);
}
