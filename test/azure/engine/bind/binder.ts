// What one statement's binding carries along: parameters found, names resolved, permissions needed, aliases given out.
import { foldName } from '../catalog/foldName.ts';
import type { SqlType } from '../../contract.ts';
import type { Name, TableHint } from '../../tsql/ast.ts';
import type { Bound, ParameterSource } from './bound.ts';
import { nameKey } from './ports.ts';
import type { BindStorage, ObjectColumn, ResolvedObject } from './ports.ts';
import { tableLockModes } from './hints.ts';
import type { TableLockMode } from './hints.ts';
import { splitName } from './nameText.ts';
import { raise } from './raise.ts';
import type { SourceColumn } from './scope.ts';
import { conversion, typeWord } from './sqlTypes.ts';
import { isUtf8 } from '../../tds/collation.ts';

/** A permission that running the statement needs. */
export interface Requirement {
  permission: string;
  object: ResolvedObject;
  columns?: Set<string>;
  /** The view or function whose text refers to it; absent: the statement itself. */
  through?: ResolvedObject;
}

export interface CteSource {
  name: string;
  /** Its name in the PostgreSQL text. */
  pgName: string;
  columns: SourceColumn[];
}

export interface BinderSettings {
  dateFirst: number;
  language: string;
  database: string;
  defaultSchema: string;
  /** Milliseconds of the session's RAND() and such are not needed: only what changes the SQL text. */
  quotedIdentifier: boolean;
  ansiNulls: boolean;
  concatNullYieldsNull: boolean;
  /** The transaction began at a lower isolation level than the one set since: what is read is locked instead. */
  raisedIsolation: boolean;
  /** Off: what is too long for a column is cut off without a word. */
  ansiWarnings: boolean;
}

/** inserted and deleted inside a trigger: temp tables with these columns. */
export interface TransitionTables {
  inserted: { pgName: string };
  deleted: { pgName: string };
  columns: ObjectColumn[];
  updated: ReadonlySet<string>;
}

export interface BinderInput {
  storage: BindStorage;
  /** Looked up beforehand: keys are `nameKey(…)`. */
  objects: ReadonlyMap<string, ResolvedObject>;
  variables: ReadonlyMap<string, SqlType>;
  /** Table variables: keys in lower case with the '@'. */
  tableVariables: ReadonlyMap<string, ResolvedObject>;
  settings: BinderSettings;
  transition?: TransitionTables | undefined;
  /** sp_describe_undeclared_parameters: undeclared variables are collected instead of refused. */
  undeclared?: Map<string, SqlType | undefined>;
}

export class Binder {
  readonly input: BinderInput;
  readonly storage: BindStorage;
  readonly parameters: ParameterSource[] = [];
  readonly requirements: Requirement[] = [];
  /** Views and functions whose texts are being bound, the innermost last: what they refer to is theirs (ownership chaining). */
  readonly chain: ResolvedObject[] = [];
  readonly ctes: CteSource[] = [];
  /** Inside an inlined function: its parameters' values. */
  substitutions: ReadonlyMap<string, Bound> | undefined;
  private readonly parameterNumbers = new Map<string, number>();
  private aliases = 0;
  /** Nested view expansion, to refuse a view that reads itself. */
  viewDepth = 0;
  /** What LOCK TABLE takes before the statement runs, by the PostgreSQL relation. */
  readonly tableLocks = new Map<string, { mode: TableLockMode; nowait: boolean }>();
  /** Hints of the views around what is being bound. */
  viewHints: readonly TableHint[] = [];
  /** OPTION (MAXRECURSION n): steps of a recursive common table expression; 0: no end. */
  maxRecursion = 100;

  constructor(input: BinderInput) {
    this.input = input;
    this.storage = input.storage;
  }

  alias(prefix = 's'): string {
    this.aliases += 1;
    return `${prefix}${String(this.aliases)}`;
  }

  /** The text of a PostgreSQL parameter of the right type; the same source gives the same parameter. */
  parameter(source: ParameterSource): string {
    const key = JSON.stringify(source);
    let number = this.parameterNumbers.get(key);
    if (number === undefined) {
      this.parameters.push(source);
      number = this.parameters.length;
      this.parameterNumbers.set(key, number);
    }
    return `($${String(number)}::${this.storage.pgType(source.type)})`;
  }

  session(name: string, type: SqlType, nullable = true): Bound {
    return { sql: this.parameter({ kind: 'session', name, type }), type, nullable, loose: [] };
  }

  /** A column that the statement reads, for column permissions. */
  markColumn(objectId: string, column: string): void {
    const through = this.chain.at(-1);
    const requirement = this.requirements.find(
      (candidate) =>
        candidate.permission === 'SELECT' &&
        candidate.through === through &&
        String(candidate.object.objectId) === objectId,
    );
    if (requirement !== undefined) (requirement.columns ??= new Set()).add(column);
  }

  /** A lock that is kept to the end of the transaction; what belongs to the session alone needs none. */
  lockTable(object: ResolvedObject, mode: TableLockMode, nowait: boolean): void {
    if (object.type !== 'U' || object.schema === '') return;
    const known = this.tableLocks.get(object.pgName);
    const stronger =
      known !== undefined && tableLockModes.indexOf(known.mode) > tableLockModes.indexOf(mode)
        ? known.mode
        : mode;
    this.tableLocks.set(object.pgName, { mode: stronger, nowait: nowait || known?.nowait === true });
  }

  require(permission: string, object: ResolvedObject, column?: string): void {
    const through = this.chain.at(-1);
    let requirement = this.requirements.find(
      (other) => other.permission === permission && other.object === object && other.through === through,
    );
    if (requirement === undefined) {
      requirement = { permission, object, ...(through === undefined ? {} : { through }) };
      this.requirements.push(requirement);
    }
    if (column !== undefined) (requirement.columns ??= new Set()).add(column);
  }

  /** Makes `bound` a value of `type` without being asked: @throws SqlError 206, 257. */
  convert(bound: Bound, type: SqlType, line: number): Bound {
    if (bound.undeclared !== undefined) return this.infer(bound, type);
    if (bound.untypedNull === true) {
      return { ...bound, sql: `NULL::${this.storage.pgType(type)}`, type, untypedNull: false };
    }
    const verdict = conversion(bound.type, type);
    if (verdict === 'never') {
      raise(
        206,
        `Operand type clash: ${typeWord(bound.type)} is incompatible with ${typeWord(type)}`,
        line,
        16,
        2,
      );
    }
    if (verdict === 'explicit') {
      raise(
        257,
        `Implicit conversion from data type ${typeWord(bound.type)} to ${typeWord(type)} is not allowed. Use the CONVERT function to run this query.`,
        line,
        16,
        3,
      );
    }
    return this.cast(bound, type);
  }

  /** What a one- to three-part name refers to; undefined when there is no such object. @throws SqlError 40515. */
  object(parts: readonly string[], line = 0): ResolvedObject | undefined {
    const names = [...parts].reverse();
    const [name = '', schema = '', database = ''] = names;
    if (
      names.length > 3 ||
      (database !== '' &&
        foldName(database) !== foldName(this.input.settings.database) &&
        !(database.toLowerCase() === 'tempdb' && name.startsWith('#')))
    ) {
      raise(
        40515,
        `Reference to database and/or server name in '${parts.join('.')}' is not supported in this version of SQL Server.`,
        line,
        15,
      );
    }
    const { objects, settings } = this.input;
    if (name.startsWith('#')) return objects.get(nameKey('', name));
    const found =
      schema === ''
        ? (objects.get(nameKey(settings.defaultSchema, name)) ?? objects.get(nameKey('dbo', name)))
        : objects.get(nameKey(schema, name));
    if (found?.type !== 'SN' || found.target === undefined) return found;
    return this.object(splitName(found.target), line);
  }

  /** As `object`, for a table or view. @throws SqlError 208, 40515. */
  table(name: Name): ResolvedObject {
    const parts = name.parts.map((part) => part.name);
    const found = this.object(parts, name.line);
    if (found === undefined || !['U', 'V', 'S', 'TT', 'IT'].includes(found.type)) {
      raise(208, `Invalid object name '${parts.join('.')}'.`, name.line);
    }
    return found;
  }

  /** A table as 2628 and 515 name it. */
  displayName(object: ResolvedObject): string {
    if (object.schema === '') return `tempdb.dbo.${object.name}`;
    return `${this.input.settings.database}.${object.schema}.${object.name}`;
  }

  /** An undeclared parameter stands where `type` is expected. */
  infer(bound: Bound, type: SqlType): Bound {
    const key = bound.undeclared;
    if (key === undefined) return bound;
    const known = this.input.undeclared?.get(key);
    if (known === undefined) this.input.undeclared?.set(key, type);
    const { undeclared: _undeclared, untypedNull: _untyped, ...rest } = bound;
    return { ...rest, sql: `NULL::${this.storage.pgType(type)}`, type };
  }

  cast(bound: Bound, type: SqlType): Bound {
    if (bound.undeclared !== undefined) return this.infer(bound, type);
    if (bound.untypedNull === true) {
      return { ...bound, sql: `NULL::${this.storage.pgType(type)}`, type, untypedNull: false };
    }
    const { column: _column, digits: _digits, variable: _variable, literal, ...rest } = bound;
    return {
      ...rest,
      ...(literal === undefined ? {} : { literal }),
      sql: sameShape(bound.type, type) ? bound.sql : this.storage.cast(bound.sql, bound.type, type),
      type,
    };
  }
}

function sameShape(a: SqlType, b: SqlType): boolean {
  if (isUtf8(a.collation) !== isUtf8(b.collation)) return false;
  return a.name === b.name && a.length === b.length && a.precision === b.precision && a.scale === b.scale;
}

/** All of a list's loose columns and flags in one. */
export function merge(parts: readonly (Bound | { loose: readonly string[]; aggregate?: boolean })[]): {
  loose: readonly string[];
  aggregate?: boolean;
  windowed?: boolean;
} {
  const loose =
    parts.length === 1 ? (parts[0]?.loose ?? []) : [...new Set(parts.flatMap((part) => part.loose))];
  return {
    loose,
    ...(parts.some((part) => part.aggregate === true) ? { aggregate: true } : {}),
    ...(parts.some((part) => 'windowed' in part && part.windowed) ? { windowed: true } : {}),
  };
}
