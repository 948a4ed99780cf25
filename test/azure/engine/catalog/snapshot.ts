// One state of a database's catalog, with the look-ups that binding, DDL and error messages need.
import { foldName } from './foldName.ts';
import type { SqlType } from '../../contract.ts';
import { nameKey } from '../bind/ports.ts';
import type { ObjectColumn, ResolvedObject } from '../bind/ports.ts';
import type { ConstraintFacts, ErrorCatalog } from '../errors.ts';
import { systemObjects } from '../system/views.ts';
import type { RawCatalog, RawIndex, RawObject } from './readSnapshot.ts';

export interface CatalogColumn extends ObjectColumn {
  columnId: number;
  /** T-SQL text of the default, with its parentheses as the server shows it. */
  defaultText?: string;
  defaultId?: number;
  computedText?: string;
  persisted: boolean;
  identitySeed?: string;
  identityIncrement?: string;
  generatedAs?: 'start' | 'end';
  rowGuid: boolean;
  /** timestamp/rowversion: filled by the table's trigger, never assigned. */
  rowversion: boolean;
}

export interface CatalogParameter {
  name: string;
  type: SqlType;
  output: boolean;
  hasDefault: boolean;
}

export interface CatalogObject extends ResolvedObject {
  columns: CatalogColumn[];
  schemaId: number;
  parentId: number;
  parameters: CatalogParameter[];
  /** A temporal table's history table, or the other way round. */
  historyId?: number;
  temporal: 'none' | 'history' | 'versioned';
  /** Columns of PERIOD FOR SYSTEM_TIME. */
  period?: { start: number; end: number };
  /** The PostgreSQL sequence behind the identity column. */
  identitySequence?: string;
  /** A synonym's target. */
  target?: string;
  system: boolean;
}

export interface CatalogIndex extends RawIndex {
  columns: { columnId: number; descending: boolean; included: boolean }[];
}

export interface UserType {
  id: number;
  schemaId: number;
  name: string;
  base: SqlType;
  nullable: boolean;
  tableId: number | null;
}

const trimmedTypes = new Set(['U', 'V', 'P', 'FN', 'IF', 'TF', 'SO', 'SN', 'TT']);

export class Snapshot implements ErrorCatalog {
  /** By `nameKey(schema, name)`; #temp tables under schema ''. */
  readonly objects: ReadonlyMap<string, CatalogObject>;
  /** By name in lower case. */
  readonly schemas: ReadonlyMap<string, { id: number; name: string; principalId: number }>;
  readonly raw: RawCatalog;
  readonly database: string;
  private readonly byId = new Map<number, CatalogObject>();
  private readonly schemaNames = new Map<number, string>();

  constructor(raw: RawCatalog, database: string, pid: number) {
    this.raw = raw;
    this.database = database;
    const schemas = new Map<string, { id: number; name: string; principalId: number }>();
    for (const { schema_id: id, name, principal_id: principalId } of raw.schemas) {
      schemas.set(foldName(name), { id, name, principalId });
      this.schemaNames.set(id, name);
    }
    this.schemas = schemas;
    const objects = new Map<string, CatalogObject>();
    for (const system of systemObjects) objects.set(nameKey(system.schema, system.name), system);
    for (const entry of raw.objects) {
      if (!trimmedTypes.has(entry.type) || (entry.session !== 0 && entry.session !== pid)) continue;
      const object = this.makeObject(entry);
      this.byId.set(entry.object_id, object);
      objects.set(nameKey(object.schema, object.name), object);
    }
    this.objects = objects;
    this.fill(raw);
  }

  object(id: number): CatalogObject | undefined {
    return this.byId.get(id);
  }

  schemaName(id: number): string {
    return this.schemaNames.get(id) ?? '';
  }

  /** A one- or two-part name; #temp names anywhere. */
  find(schema: string | undefined, name: string, defaultSchema: string): CatalogObject | undefined {
    if (name.startsWith('#')) return this.objects.get(nameKey('', name));
    if (schema !== undefined && schema !== '') return this.objects.get(nameKey(schema, name));
    return this.objects.get(nameKey(defaultSchema, name)) ?? this.objects.get(nameKey('dbo', name));
  }

  indexes(objectId: number): CatalogIndex[] {
    return this.raw.indexes
      .filter((index) => index.object_id === objectId)
      .map((index) =>
        Object.assign({}, index, {
          columns: this.raw.indexColumns
            .filter((column) => column.object_id === objectId && column.index_id === index.index_id)
            .map((column) => ({
              columnId: column.column_id,
              descending: column.descending,
              included: column.included,
            })),
        }),
      );
  }

  userType(schema: string | undefined, name: string): UserType | undefined {
    const found = this.raw.types.find(
      (type) =>
        foldName(type.name) === foldName(name) &&
        (schema === undefined ||
          schema === '' ||
          foldName(this.schemaName(type.schema_id)) === foldName(schema)),
    );
    if (found === undefined) return undefined;
    const { user_type_id: id, schema_id: schemaId, base, nullable, table_id: tableId } = found;
    return { id, schemaId, name: found.name, base, nullable, tableId };
  }

  /** A sequence's limits, for NEXT VALUE FOR and ALTER SEQUENCE. */
  sequenceOptions(objectId: number): RawCatalog['sequences'][number] | undefined {
    return this.raw.sequences.find((sequence) => sequence.object_id === objectId);
  }

  // ---- ErrorCatalog

  table(
    pgName: string,
  ): { name: string; columns: ReadonlyMap<string, string>; temporary: boolean } | undefined {
    const object = this.byId.get(Number(pgName.slice(1)));
    if (object === undefined) return undefined;
    const temporary = object.type === 'TT';
    return {
      name: temporary ? `dbo.${object.name}` : `${object.schema}.${object.name}`,
      columns: new Map(object.columns.map((column) => [column.pgName, column.name])),
      temporary,
    };
  }

  constraint(pgName: string): ConstraintFacts | undefined {
    const index = this.raw.indexes.find((candidate) => candidate.pg_name === pgName);
    const owner = (id: number): CatalogObject | undefined => this.byId.get(id);
    const nameOf = (id: number): string => this.table(`t${String(id)}`)?.name ?? '';
    const columnNames = (id: number, columnIds: readonly number[]): string[] =>
      columnIds.map(
        (columnId) => owner(id)?.columns.find((column) => column.columnId === columnId)?.name ?? '',
      );
    if (index !== undefined) {
      const columns =
        this.indexes(index.object_id).find((candidate) => candidate.index_id === index.index_id)?.columns ??
        [];
      return {
        kind: index.kind,
        name: index.name,
        table: nameOf(index.object_id),
        columns: columnNames(
          index.object_id,
          columns.map((column) => column.columnId),
        ),
      };
    }
    const id = Number(pgName.slice(1));
    const name = this.raw.objects.find((object) => object.object_id === id)?.name ?? '';
    const foreign = this.raw.foreignKeys.find((key) => key.object_id === id);
    if (foreign !== undefined) {
      const pairs = this.raw.foreignKeyColumns.filter((column) => column.object_id === id);
      return {
        kind: 'foreign',
        name,
        table: nameOf(foreign.parent_id),
        referenced: nameOf(foreign.referenced_id),
        columns: columnNames(
          foreign.parent_id,
          pairs.map((pair) => pair.parent_column_id),
        ),
        referencedColumns: columnNames(
          foreign.referenced_id,
          pairs.map((pair) => pair.referenced_column_id),
        ),
      };
    }
    const check = this.raw.checks.find((candidate) => candidate.object_id === id);
    if (check === undefined) return undefined;
    return {
      kind: 'check',
      name,
      table: nameOf(check.parent_id),
      columns: columnNames(check.parent_id, check.columns),
    };
  }

  sequence(pgName: string): { identity: string } | { sequence: string } | undefined {
    const object = this.byId.get(Number(pgName.slice(1)));
    if (object === undefined) return undefined;
    if (object.type === 'SO') return { sequence: `${object.schema}.${object.name}` };
    return { identity: object.columns.find((column) => column.identity)?.type.name ?? 'int' };
  }

  private makeObject(entry: RawObject): CatalogObject {
    return {
      schema: entry.session !== 0 ? '' : this.schemaName(entry.schema_id),
      name: entry.name,
      type: entry.type,
      objectId: entry.object_id,
      pgName: entry.pg_name,
      columns: [],
      triggers: [],
      indexes: [],
      parameters: [],
      schemaId: entry.schema_id,
      parentId: entry.parent_id,
      temporal: entry.temporal === 1 ? 'history' : entry.temporal === 2 ? 'versioned' : 'none',
      system: false,
      ...(entry.definition === null ? {} : { definition: entry.definition }),
      ...(entry.history_id === null ? {} : { historyId: entry.history_id }),
      ...(entry.period_start === null || entry.period_end === null
        ? {}
        : { period: { start: entry.period_start, end: entry.period_end } }),
      ...(entry.target === null ? {} : { target: entry.target }),
    };
  }

  private fill(raw: RawCatalog): void {
    const defaults = new Map(
      raw.defaults.map((entry) => [`${String(entry.parent_id)}.${String(entry.column_id)}`, entry]),
    );
    for (const column of raw.columns) {
      const object = this.byId.get(column.object_id);
      if (object === undefined) continue;
      const found = defaults.get(`${String(column.object_id)}.${String(column.column_id)}`);
      const identity = column.identity_seed !== null;
      if (identity) object.identitySequence = object.pgName.replace(/\.t(\d+)$/u, '.i$1');
      object.columns.push({
        name: column.name,
        pgName: `c${String(column.column_id)}`,
        type: column.type,
        nullable: column.nullable,
        identity,
        computed: column.computed !== null,
        hasDefault: found !== undefined,
        generated: column.generated !== 0,
        hidden: column.hidden,
        columnId: column.column_id,
        persisted: column.persisted,
        rowGuid: column.row_guid,
        rowversion: column.type.name === 'timestamp',
        ...(found === undefined ? {} : { defaultText: found.definition, defaultId: found.object_id }),
        ...(column.computed === null ? {} : { computedText: column.computed }),
        ...(identity
          ? {
              identitySeed: String(column.identity_seed),
              identityIncrement: String(column.identity_increment),
            }
          : {}),
        ...(column.generated === 0
          ? {}
          : { generatedAs: column.generated === 1 ? ('start' as const) : ('end' as const) }),
      });
    }
    for (const index of raw.indexes) {
      const object = this.byId.get(index.object_id);
      if (object !== undefined) (object.indexes ??= []).push({ id: index.index_id, name: index.name });
    }
    for (const parameter of raw.parameters) {
      this.byId.get(parameter.object_id)?.parameters.push({
        name: parameter.name,
        type: parameter.type,
        output: parameter.output,
        hasDefault: parameter.has_default,
      });
    }
    for (const sequence of raw.sequences) {
      const object = this.byId.get(sequence.object_id);
      if (object === undefined) continue;
      object.columns.push({ ...valueColumn, type: sequence.type });
    }
    for (const trigger of raw.triggers) {
      if (trigger.disabled) continue;
      const entry = raw.objects.find((object) => object.object_id === trigger.object_id);
      if (entry === undefined) continue;
      this.byId.get(trigger.parent_id)?.triggers.push({
        name: entry.name,
        schema: this.schemaName(entry.schema_id),
        timing: trigger.instead_of ? 'insteadOf' : 'after',
        events: trigger.events,
        definition: entry.definition ?? '',
        objectId: entry.object_id,
      });
    }
  }
}

const valueColumn: Omit<CatalogColumn, 'type'> = {
  name: 'value',
  pgName: 'value',
  nullable: false,
  identity: false,
  computed: false,
  hasDefault: false,
  generated: false,
  hidden: false,
  columnId: 1,
  persisted: false,
  rowGuid: false,
  rowversion: false,
};
