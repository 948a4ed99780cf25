// One call of a built-in function while it is bound, and what the tables of functions are made of.
import type { SqlType } from '../../../contract.ts';
import type { Binder } from '../binder.ts';
import { merge } from '../binder.ts';
import type { Bound, ParameterSource } from '../bound.ts';
import { textArgument } from '../conversions.ts';
import { bigint, float, int, nvarchar } from '../literals.ts';
import { raise } from '../raise.ts';
import { isUtf8 } from '../../../tds/collation.ts';
import { familyOf, isCharacter } from '../sqlTypes.ts';

export interface FunctionEntry {
  min: number;
  max: number;
  bind: (call: Call) => Bound;
}

export type FunctionTable = Readonly<Record<string, FunctionEntry>>;

export class Call {
  readonly binder: Binder;
  readonly name: string;
  readonly args: readonly Bound[];
  readonly line: number;
  readonly datePart: string | undefined;

  constructor(binder: Binder, name: string, args: readonly Bound[], line: number, datePart?: string) {
    this.binder = binder;
    this.name = name;
    this.args = args;
    this.line = line;
    this.datePart = datePart;
  }

  arg(i: number): Bound {
    const found = this.args[i];
    if (found === undefined) {
      return raise(
        174,
        `The ${this.name.toLowerCase()} function requires ${String(i + 1)} argument(s).`,
        this.line,
        15,
      );
    }
    return found;
  }

  has(i: number): boolean {
    return this.args[i] !== undefined;
  }

  text(i: number): Bound {
    return textArgument(this.binder, this.arg(i), this.line);
  }

  /** The argument under the collation of its column or of the database: for searching. */
  searchable(i: number): string {
    const text = this.text(i);
    return this.binder.storage.sortable(text.sql, text.type);
  }

  as(i: number, type: SqlType): string {
    return this.binder.convert(this.arg(i), type, this.line).sql;
  }

  integer(i: number): string {
    return this.as(i, int);
  }

  big(i: number): string {
    return this.as(i, bigint);
  }

  float(i: number): string {
    return this.as(i, float);
  }

  /** A date argument as PostgreSQL's timestamp, whatever date type it was; strings become datetime2. */
  timestamp(i: number): { sql: string; type: SqlType } {
    const own = this.moment(i);
    return { sql: this.binder.storage.timestamp(own.sql, own.type), type: own.type };
  }

  /** The same in ticks of 100 ns, as int8. */
  ticks(i: number): string {
    const own = this.moment(i);
    return this.binder.storage.ticks(own.sql, own.type);
  }

  private moment(i: number): Bound {
    const bound = this.arg(i);
    const type: SqlType =
      bound.untypedNull === true || isCharacter(bound.type) || familyOf(bound.type) !== 'datetime'
        ? familyOf(bound.type) === 'integer' ||
          familyOf(bound.type) === 'float' ||
          familyOf(bound.type) === 'decimal'
          ? { name: 'datetime' }
          : { name: 'datetime2', scale: 7 }
        : bound.type;
    return this.binder.convert(bound, type, this.line);
  }

  /** `sql` as the result: nullable when any argument is, unless told. */
  result(sql: string, type: SqlType, nullable = this.args.some((argument) => argument.nullable)): Bound {
    // Text made of UTF-8 text is UTF-8.
    const collation =
      type.collation === undefined && isCharacter(type)
        ? this.args.find((argument) => isUtf8(argument.type.collation))?.type.collation
        : undefined;
    const own = collation === undefined ? type : { ...type, collation };
    return { ...merge(this.args), sql, type: own, nullable };
  }
}

export const entry = (min: number, max: number, bind: (call: Call) => Bound): FunctionEntry => ({
  min,
  max,
  bind,
});

/** Where a value comes from that is known before the statement runs: a literal, NULL or one parameter; undefined for anything else. */
function sourceOf(binder: Binder, bound: Bound): ParameterSource | undefined {
  if (bound.untypedNull === true) return { kind: 'constant', value: null, type: nvarchar(128) };
  if (bound.literal !== undefined) return { kind: 'constant', value: bound.literal, type: bound.type };
  const single = /^\(\$(\d+)::[^)]*\)$/u.exec(bound.sql);
  return single === null ? undefined : binder.parameters[Number(single[1]) - 1];
}

/** What the principals answer before the statement runs; undefined when an argument is known only by row. */
export function principalAnswer(
  binder: Binder,
  name: string,
  args: readonly Bound[],
  type: SqlType,
): string | undefined {
  const sources = args.map((arg) => sourceOf(binder, arg));
  if (!sources.every((source) => source !== undefined)) return undefined;
  const answer = binder.parameter({ kind: 'principal', name, args: sources, type });
  // PostgreSQL must see every parameter's type, also that of one which only the principals read.
  const read = sources.flatMap((source, i) => (source.kind === 'constant' ? [] : (args[i]?.sql ?? [])));
  return read.length === 0 ? answer : `(SELECT ${answer} FROM (SELECT ${read.join(', ')}) AS known)`;
}
