// One level of execution: a batch, a procedure, a trigger or dynamic SQL, with its variables.
import type { SqlType } from '../../contract.ts';
import type { Name } from '../../tsql/ast.ts';
import type { TransitionTables } from '../bind/binder.ts';
import type { Cursor } from './cursor.ts';
import type { ResolvedObject } from '../bind/ports.ts';
import type { OwnedObject } from '../session.ts';

/** `value` is PostgreSQL's text for the type. */
export interface Variable {
  name: string;
  type: SqlType;
  value: string | null;
}

export type Control =
  | { kind: 'break' }
  | { kind: 'continue' }
  | { kind: 'return'; value: number }
  | { kind: 'goto'; label: string }
  | undefined;

export class Frame {
  readonly kind: 'batch' | 'procedure' | 'dynamic' | 'trigger';
  readonly parent: Frame | undefined;
  readonly variables = new Map<string, Variable>();
  /** For the binder: the types of `variables`. */
  readonly types = new Map<string, SqlType>();
  /** Which DECLARE made a variable: the same one may run again in a loop, another is 134. */
  readonly declared = new Map<string, object>();
  readonly localCursors = new Map<string, Cursor>();
  readonly cursorVariables = new Map<string, Cursor | undefined>();
  readonly tableVariables = new Map<string, ResolvedObject>();
  /** Temp tables made here, dropped when it ends (not those of a batch). */
  readonly temporary: string[] = [];
  /** #temp tables made in a procedure or in dynamic text: gone when it ends. */
  readonly temporaryNames: Name[] = [];
  /** Name that errors carry, and the object for @@PROCID. */
  procedure: string | undefined;
  procedureId: number | undefined;
  /** Added to a node's line. */
  lineOffset = 0;
  /** TRY blocks of this level that are being run. */
  tries = 0;
  scopeIdentity: string | null = null;
  transition: TransitionTables | undefined;
  /** What a one-part name means here first. */
  defaultSchema: string | undefined;
  /** The module (of a trigger: its table) whose statements run here: they are not checked again for what its owner owns. */
  module: OwnedObject | undefined;

  constructor(kind: Frame['kind'], parent?: Frame) {
    this.kind = kind;
    this.parent = parent;
  }

  declare(name: string, type: SqlType, value: string | null = null): void {
    const key = name.toLowerCase();
    this.variables.set(key, { name, type, value });
    this.types.set(key, type);
  }

  get(name: string): Variable | undefined {
    return this.variables.get(name.toLowerCase());
  }
}
