// What the binder needs from the lower half: how types are stored and converted, and what a name refers to.
import { foldName } from '../catalog/foldName.ts';
import type { SqlType } from '../../contract.ts';

export interface BindStorage {
  /** The PostgreSQL type that holds values of this type. */
  pgType(type: SqlType): string;
  /** PostgreSQL text that converts; errors are raised by PostgreSQL and translated into the server's. */
  cast(
    sql: string,
    from: SqlType,
    to: SqlType,
    options?: { style?: string | undefined; attempt?: boolean },
  ): string;
  /** As `cast`, for a value that goes into a column: 2628 instead of cutting off. */
  assign(sql: string, from: SqlType, to: SqlType, column: { table: string; column: string }): string;
  /** What text is compared, grouped and sorted by (collation, trailing blanks). */
  comparable(sql: string, type: SqlType, column?: boolean): string;
  /** Text under its collation, value unchanged: for DISTINCT, UNION, MIN and MAX. */
  sortable(sql: string, type: SqlType): string;
  /** What uniqueidentifier sorts by (last six bytes first). */
  guidOrder(sql: string): string;
  /** What sql_variant is compared and sorted by: the family of its base type, then the value. */
  variantKey(sql: string): string;
  /** LIKE as a PostgreSQL predicate; `known` when pattern and escape are literals. */
  like(
    operand: string,
    pattern: string,
    escape: string,
    known: { pattern: string; escape?: string } | undefined,
    collation: string | undefined,
  ): string;
  /** PATINDEX, as int. */
  patindex(pattern: string, text: string): string;
  /** Any date type's value as a PostgreSQL timestamp (time on 1900-01-01; datetimeoffset its local time). */
  timestamp(sql: string, type: SqlType): string;
  /** The same in 100 ns since 0001-01-01, as int8: for what a timestamp's microseconds are too few for. */
  ticks(sql: string, type: SqlType): string;
  /** Back: `sql` is a timestamp; `original` the value it came from (datetimeoffset keeps that one's offset; otherwise unused). */
  fromTimestamp(sql: string, type: SqlType, original?: string): string;
  /** Back from ticks, for time, datetime2 and datetimeoffset only. */
  fromTicks(sql: string, type: SqlType, original?: string): string;
  /** datetimeoffset: its offset in minutes. */
  offsetMinutes(sql: string): string;
  /** datetimeoffset at another offset (minutes), same instant. */
  switchOffset(sql: string, minutes: string): string;
  /** Local ticks and their offset in minutes as datetimeoffset. */
  withOffset(ticks: string, minutes: string, type: SqlType): string;
  /** AT TIME ZONE: a local time in the zone (a quoted IANA name), or a datetimeoffset moved there. */
  atZone(sql: string, from: SqlType, zone: string, type: SqlType): string;
  /** COLLATE: @throws SqlError 448. */
  collate(sql: string, collation: string, line: number): string;
  /** A string literal as the column's code page would hold it. */
  codePage(text: string): string;
}

export interface ObjectColumn {
  name: string;
  pgName: string;
  type: SqlType;
  nullable: boolean;
  identity: boolean;
  computed: boolean;
  hasDefault: boolean;
  /** The default's T-SQL text: the upper half puts it into INSERT, since it may depend on the session. */
  defaultText?: string;
  generated: boolean;
  hidden: boolean;
}

/** What a name refers to. */
export interface ResolvedObject {
  schema: string;
  name: string;
  /** sys.objects.type, trimmed: U, V, S (system view), P, FN, IF, TF, SN, SO. 'TT' for #temp tables and table variables. */
  type: string;
  objectId: number;
  /** The quoted PostgreSQL relation. */
  pgName: string;
  columns: ObjectColumn[];
  /** The quoted PostgreSQL sequence behind the identity column. */
  identitySequence?: string;
  /** A system-versioned table: its history table's object id, and the column ids of its period. */
  historyId?: number;
  period?: { start: number; end: number };
  /** A synonym's target, as written. */
  target?: string;
  indexes?: { id: number; name: string }[];
  /** T-SQL of a view, procedure, function or trigger. */
  definition?: string;
  triggers: {
    name: string;
    schema: string;
    timing: 'after' | 'insteadOf';
    events: string[];
    definition: string;
    objectId: number;
  }[];
}

/** Stands for the catalog as a whole where a function reads it: OBJECT_ID('…') shows only what the caller may see. */
export const catalogAsWhole: ResolvedObject = {
  schema: 'sys',
  name: 'objects',
  type: 'S',
  objectId: 0,
  pgName: '',
  columns: [],
  triggers: [],
};

export const nameKey = (schema: string, name: string): string => `${foldName(schema)}\u0000${foldName(name)}`;
