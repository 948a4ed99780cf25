// Table hints: which locks they ask for. Readers see row versions (READ_COMMITTED_SNAPSHOT is on, as on Azure), so only hints make them lock.
import type { TableHint } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import type { ResolvedObject } from './ports.ts';
import { raise, unsupported } from './raise.ts';
import { sameName } from './scope.ts';

/** PostgreSQL's modes, weakest first: shared, update (itself excluded), exclusive. */
export const tableLockModes = ['SHARE', 'SHARE ROW EXCLUSIVE', 'EXCLUSIVE'] as const;
export type TableLockMode = (typeof tableLockModes)[number];

/** Rows of a source that the query locks as it reads them. */
export interface RowLock {
  pgAlias: string;
  object: ResolvedObject;
  strength: 'UPDATE' | 'SHARE';
  wait: 'wait' | 'skip' | 'nowait';
  /** PostgreSQL does not lock rows that an outer join may have made up. */
  optional: boolean;
}

/**
 * Without a lock of their own: how finely the server locks, which way it reads, and NOLOCK. That one lets a reader see what others have not
 * committed; PostgreSQL has no such reading, so only committed rows are seen.
 */
const free = new Set([
  'NOLOCK',
  'READUNCOMMITTED',
  'READCOMMITTED',
  'ROWLOCK',
  'PAGLOCK',
  'NOEXPAND',
  'FORCESEEK',
  'FORCESCAN',
  'INDEX',
  'NOWAIT',
  'READPAST',
]);

export interface Hints {
  rows: RowLock['strength'] | undefined;
  wait: RowLock['wait'];
  table: TableLockMode | undefined;
}

/** @throws SqlError 40517 for hints of OPENROWSET, of memory-optimized tables and of spatial indexes */
export function readHints(hints: readonly TableHint[]): Hints {
  const has = (...names: string[]): boolean => hints.some(({ name }) => names.includes(name));
  const updates = has('UPDLOCK', 'XLOCK');
  const holds = has('HOLDLOCK', 'SERIALIZABLE');
  for (const { name, line } of hints) if (!free.has(name) && !locking.has(name)) unsupported(name, line);
  return {
    rows: updates ? 'UPDATE' : has('REPEATABLEREAD', 'READCOMMITTEDLOCK') ? 'SHARE' : undefined,
    wait: has('READPAST') ? 'skip' : has('NOWAIT') ? 'nowait' : 'wait',
    table: tableMode(has('TABLOCKX') || (has('TABLOCK') && has('XLOCK')), updates, holds || has('TABLOCK')),
  };
}

const locking = new Set([
  'UPDLOCK',
  'XLOCK',
  'HOLDLOCK',
  'SERIALIZABLE',
  'REPEATABLEREAD',
  'READCOMMITTEDLOCK',
  'TABLOCK',
  'TABLOCKX',
]);

function tableMode(exclusive: boolean, updates: boolean, whole: boolean): TableLockMode | undefined {
  if (exclusive) return 'EXCLUSIVE';
  if (!whole) return undefined;
  return updates ? 'SHARE ROW EXCLUSIVE' : 'SHARE';
}

/** The table of a SELECT's FROM: a row lock for the query to take, or nothing. @throws SqlError 307, 308 */
export function lockSource(
  binder: Binder,
  object: ResolvedObject,
  hints: readonly TableHint[],
  pgAlias: string,
): RowLock | undefined {
  checkIndexes(object, hints);
  const { rows, wait, table } = readHints(hints);
  const raised = binder.input.settings.raisedIsolation;
  if (table !== undefined || raised) binder.lockTable(object, table ?? 'SHARE', wait === 'nowait');
  if (rows === undefined && wait !== 'skip') return undefined;
  return { pgAlias, object, strength: rows ?? 'UPDATE', wait, optional: false };
}

/** The target of a change: its rows are locked anyway. @throws SqlError 1065, 307, 308 */
export function lockTarget(binder: Binder, object: ResolvedObject, hints: readonly TableHint[]): void {
  const dirty = hints.find(({ name }) => name === 'NOLOCK' || name === 'READUNCOMMITTED');
  if (dirty !== undefined) {
    raise(
      1065,
      'The NOLOCK and READUNCOMMITTED lock hints are not allowed for target tables of INSERT, UPDATE, DELETE or MERGE statements.',
      dirty.line,
      15,
    );
  }
  checkIndexes(object, hints);
  const { wait, table } = readHints(hints);
  if (wait === 'nowait') unsupported('NOWAIT for the table that is changed', hints[0]?.line);
  if (table !== undefined)
    binder.lockTable(object, table === 'EXCLUSIVE' ? table : 'SHARE ROW EXCLUSIVE', false);
}

/** " FOR UPDATE OF …" for a query whose rows are rows of its tables; for others whole tables are locked. */
export function rowLockSql(binder: Binder, locks: readonly RowLock[], plain: boolean): string {
  const rows = plain ? locks.filter((lock) => !lock.optional) : [];
  lockWhole(
    binder,
    locks.filter((lock) => !rows.includes(lock)),
  );
  return (['UPDATE', 'SHARE'] as const)
    .flatMap((strength) =>
      (['wait', 'skip', 'nowait'] as const).map((wait) => {
        const own = rows.filter((lock) => lock.strength === strength && lock.wait === wait);
        if (own.length === 0) return '';
        const end = { wait: '', skip: ' SKIP LOCKED', nowait: ' NOWAIT' }[wait];
        return ` FOR ${strength} OF ${own.map((lock) => lock.pgAlias).join(', ')}${end}`;
      }),
    )
    .join('');
}

/** Where rows cannot be locked one by one: the server escalates as well. @throws SqlError 40517 for READPAST */
export function lockWhole(binder: Binder, locks: readonly RowLock[]): void {
  for (const { object, strength, wait } of locks) {
    if (wait === 'skip') unsupported('READPAST in a query whose rows are not rows of its tables');
    binder.lockTable(object, strength === 'UPDATE' ? 'SHARE ROW EXCLUSIVE' : 'SHARE', wait === 'nowait');
  }
}

function checkIndexes(object: ResolvedObject, hints: readonly TableHint[]): void {
  const { indexes } = object;
  if (indexes === undefined) return;
  for (const hint of hints) {
    const named = hint.name === 'INDEX' ? hint.arguments : [];
    for (const name of named) {
      const id = /^\d+$/u.test(name) ? Number(name) : undefined;
      if (indexes.some((index) => (id === undefined ? sameName(index.name, name) : index.id === id)))
        continue;
      if (id === 0 || (id === 1 && object.type === 'U')) continue;
      raise(
        id === undefined ? 308 : 307,
        `${id === undefined ? `Index '${name}'` : `Index ID ${name}`} on table '${object.schema === '' ? object.name : `${object.schema}.${object.name}`}' (specified in the FROM clause) does not exist.`,
        hint.line,
      );
    }
  }
}
