// The names that a query's expressions can see: its sources' columns, then those of the queries around it.
import { foldName } from '../catalog/foldName.ts';
import type { SqlType } from '../../contract.ts';
import type { Identifier, Name } from '../../tsql/ast.ts';
import { raise } from './raise.ts';

export interface SourceColumn {
  name: string;
  /** The PostgreSQL expression that reads it. */
  sql: string;
  type: SqlType;
  nullable: boolean;
  identity?: boolean;
  computed?: boolean;
  /** Left out of `*`. */
  hidden?: boolean;
}

export interface Source {
  /** How T-SQL calls it: alias, or the table's own name. */
  name: string;
  /** Set for a table without alias: `schema.table.column` then works too. */
  schema?: string;
  database?: string;
  /** Its alias in the PostgreSQL text. */
  pgAlias: string;
  columns: SourceColumn[];
  /** The table behind it, for permission checks by column. */
  table?: { key: string };
}

export const sameName = (a: string, b: string): boolean => a === b || foldName(a) === foldName(b);

export function fullName(name: Name): string {
  return name.parts.map((part) => part.name).join('.');
}

export interface FoundColumn {
  column: SourceColumn;
  source: Source;
  /** 0: this query's own; 1: the query around it; … */
  depth: number;
}

/**
 * What an ungrouped column means in this scope: while a grouped query's select list, HAVING and ORDER BY are bound, columns that are
 * not grouped are collected, so that 8120/8121/8127 can name them.
 */
export interface Grouping {
  /** PostgreSQL texts of the GROUP BY expressions. */
  expressions: Set<string>;
  /** No GROUP BY at all: the message differs only in nothing, the check is the same. */
  implicit: boolean;
}

export class Scope {
  readonly sources: Source[] = [];
  readonly parent: Scope | undefined;
  grouping: Grouping | undefined;
  /** Aggregates are refused in WHERE (147) and ON. */
  aggregates: 'allowed' | 'where' | 'none' = 'allowed';
  /** Set while an aggregate's argument is bound: aggregates inside are refused (130). */
  insideAggregate = false;

  constructor(parent?: Scope) {
    this.parent = parent;
  }

  /** @throws SqlError 1011 (alias twice), 1013 (same exposed name). */
  add(source: Source, line: number, aliased: boolean): void {
    const twin = this.sources.find(
      (other) =>
        other.name !== '' &&
        sameName(other.name, source.name) &&
        sameName(other.schema ?? '', source.schema ?? ''),
    );
    if (twin !== undefined) {
      if (aliased) {
        raise(
          1011,
          `The correlation name '${source.name}' is specified multiple times in a FROM clause.`,
          line,
        );
      }
      raise(
        1013,
        `The objects "${source.schema === undefined ? '' : `${source.schema}.`}${source.name}" and "${twin.schema === undefined ? '' : `${twin.schema}.`}${twin.name}" in the FROM clause have the same exposed names. Use correlation names to distinguish them.`,
        line,
      );
    }
    this.sources.push(source);
  }

  private matches(source: Source, qualifier: readonly Identifier[]): boolean {
    const [table, schema] = qualifier.map((part) => part.name).reverse();
    if (table === undefined) return true;
    if (!sameName(source.name, table)) return false;
    if (schema === undefined || schema === '') return true;
    return source.schema !== undefined && sameName(source.schema, schema);
  }

  /** @throws SqlError 207, 209, 4104. */
  column(name: Name): FoundColumn {
    const qualifier = name.parts.slice(0, -1);
    const last = name.parts.at(-1)?.name ?? '';
    let qualifierSeen = false;
    for (const [depth, scope] of this.outwards().entries()) {
      const found: FoundColumn[] = [];
      for (const source of scope.sources) {
        if (!scope.matches(source, qualifier)) continue;
        if (qualifier.length > 0) qualifierSeen = true;
        for (const column of source.columns) {
          if (sameName(column.name, last)) found.push({ column, source, depth });
        }
      }
      if (found.length > 1) raise(209, `Ambiguous column name '${last}'.`, name.line);
      const only = found[0];
      if (only !== undefined) return only;
      if (qualifierSeen) break;
    }
    if (qualifier.length > 0 && !qualifierSeen) {
      raise(4104, `The multi-part identifier "${fullName(name)}" could not be bound.`, name.line);
    }
    return raise(207, `Invalid column name '${last}'.`, name.line);
  }

  /** This scope, then those around it. */
  private outwards(): Scope[] {
    return this.parent === undefined ? [this] : [this, ...this.parent.outwards()];
  }

  /** The sources that `qualifier.*` stands for. @throws SqlError 107, 263. */
  star(qualifier: Name | undefined, line: number): Source[] {
    if (qualifier === undefined) {
      if (this.sources.length === 0) raise(263, 'Must specify table to select from.', line);
      return this.sources;
    }
    const found = this.sources.filter((source) => this.matches(source, qualifier.parts));
    if (found.length === 0) {
      raise(
        107,
        `The column prefix '${fullName(qualifier)}' does not match with a table name or alias name used in the query.`,
        line,
      );
    }
    return found;
  }
}
