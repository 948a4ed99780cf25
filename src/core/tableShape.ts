// What a table is made of, as far as reading and changing its rows needs to know, and the T-SQL that asks for it.
import type { TableName } from './connection.ts';
import { quoteTable } from './names.ts';
import type { Cell, SqlStatement } from './ports.ts';

export interface TableColumn {
  name: string;
  /** Base name only, an alias type resolved: "nvarchar". */
  baseType: string;
  /** As T-SQL writes it: "nvarchar(30)", "decimal(10, 2)". */
  sqlType: string;
  /** sys.columns.max_length: bytes, -1 is (max). */
  maxLength: number;
  precision: number;
  scale: number;
  nullable: boolean;
  identity: boolean;
  computed: boolean;
  /** A period column of a temporal table, or another GENERATED ALWAYS one. */
  generated: boolean;
  /**
   * The default's expression as the server keeps it: "(getdate())"; "(hidden)" for who may not see definitions, as db_datareader and
   * db_datawriter may not (Learn, "Metadata visibility configuration"); undefined without one.
   */
  defaultText: string | undefined;
  /** Collation of a character column. */
  collation: string | undefined;
  /** Code page of that collation (65001 = UTF-8); what a char or varchar column can hold. */
  codePage: number | undefined;
}

export interface TableShape {
  table: TableName;
  columns: readonly TableColumn[];
  /** Names of the columns that identify a row: the primary key, else a unique index without NULLs; empty = none, so read-only. */
  key: readonly string[];
  /** An enabled trigger forbids OUTPUT without INTO (error 334). */
  triggers: boolean;
  /** 'U' table, 'V' view, as sys.objects has it. */
  kind: 'table' | 'view';
}

/** One row per column, in order; no rows when the table is missing or hidden from us (metadata visibility). */
export function columnsStatement(table: TableName): SqlStatement {
  return {
    text: `SELECT c.[name], COALESCE(b.[name], u.[name]) AS base_type, c.max_length, c.[precision], c.scale, c.is_nullable, c.is_identity,
  c.is_computed, c.generated_always_type, CASE WHEN c.default_object_id <> 0 THEN COALESCE(d.[definition], N'(hidden)') END, c.collation_name, o.[type],
  (SELECT COUNT(*) FROM sys.triggers AS g WHERE g.parent_id = o.object_id AND g.is_disabled = 0) AS trigger_count,
  CONVERT(int, COLLATIONPROPERTY(c.collation_name, 'CodePage')) AS code_page
FROM sys.objects AS o
JOIN sys.columns AS c ON c.object_id = o.object_id
JOIN sys.types AS u ON u.user_type_id = c.user_type_id
LEFT JOIN sys.types AS b ON b.user_type_id = c.system_type_id
LEFT JOIN sys.default_constraints AS d ON d.object_id = c.default_object_id
WHERE o.object_id = OBJECT_ID(@table) AND o.[type] IN ('U', 'V')
ORDER BY c.column_id`,
    parameters: [{ name: 'table', value: quoteTable(table), sqlType: 'nvarchar(517)' }],
  };
}

/** The columns of every usable unique index, primary key first. */
export function keysStatement(table: TableName): SqlStatement {
  return {
    text: `SELECT i.index_id, c.[name]
FROM sys.indexes AS i
JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id
JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.object_id = OBJECT_ID(@table) AND i.is_unique = 1 AND i.has_filter = 0 AND i.is_disabled = 0 AND k.is_included_column = 0
ORDER BY i.is_primary_key DESC, i.index_id, k.key_ordinal`,
    parameters: [{ name: 'table', value: quoteTable(table), sqlType: 'nvarchar(517)' }],
  };
}

/** @returns undefined when the first result is empty: no such table */
export function readShape(
  table: TableName,
  columns: readonly (readonly Cell[])[],
  keys: readonly (readonly Cell[])[],
): TableShape | undefined {
  const first = columns[0];
  if (!first) return undefined;
  const list = columns.map(readColumn);
  return {
    table,
    columns: list,
    key: readKey(list, keys),
    triggers: Number(first[12]) > 0,
    kind: String(first[11]).trim() === 'V' ? 'view' : 'table',
  };
}

/** Whether a person may give the column a value; the server makes the others. */
export function isWritable(column: TableColumn): boolean {
  return !(
    column.identity ||
    column.computed ||
    column.generated ||
    column.baseType === 'timestamp' ||
    column.baseType === 'sql_variant' ||
    isClrType(column.baseType)
  );
}

export function isClrType(baseType: string): boolean {
  return baseType === 'geography' || baseType === 'geometry' || baseType === 'hierarchyid';
}

/** Whether rows can be edited and deleted one at a time. */
export function hasKey(shape: TableShape): boolean {
  return shape.kind === 'table' && shape.key.length > 0;
}

function readColumn(row: readonly Cell[]): TableColumn {
  const [name, type, maxLength, precision, scale, nullable, identity, computed, generated, text, collation] =
    row;
  const baseType = String(type).toLowerCase();
  const column = {
    name: String(name),
    baseType,
    maxLength: Number(maxLength),
    precision: Number(precision),
    scale: Number(scale),
    nullable: Boolean(nullable),
    identity: Boolean(identity),
    computed: Boolean(computed),
    generated: Number(generated) !== 0,
    defaultText: typeof text === 'string' ? text : undefined,
    collation: typeof collation === 'string' ? collation : undefined,
    codePage: typeof row[13] === 'number' ? row[13] : undefined,
  };
  return { ...column, sqlType: typeText(column) };
}

function typeText(column: { baseType: string; maxLength: number; precision: number; scale: number }): string {
  const { baseType, maxLength, precision, scale } = column;
  const length = (bytesEach: number) => (maxLength === -1 ? 'max' : String(maxLength / bytesEach));
  switch (baseType) {
    case 'char':
    case 'varchar':
    case 'binary':
    case 'varbinary':
      return `${baseType}(${length(1)})`;
    case 'nchar':
    case 'nvarchar':
      return `${baseType}(${length(2)})`;
    case 'decimal':
    case 'numeric':
      return `${baseType}(${precision}, ${scale})`;
    case 'time':
    case 'datetime2':
    case 'datetimeoffset':
      return `${baseType}(${scale})`;
    default:
      return baseType;
  }
}

function readKey(columns: readonly TableColumn[], keys: readonly (readonly Cell[])[]): string[] {
  const indexes = new Map<string, string[]>();
  for (const [index, name] of keys) {
    const id = String(index);
    indexes.set(id, [...(indexes.get(id) ?? []), String(name)]);
  }
  for (const names of indexes.values()) {
    // UNIQUE allows one NULL; a key with NULL in it would need IS NULL tricks and is no key anybody meant.
    if (names.every((name) => columns.some((column) => column.name === name && !column.nullable)))
      return names;
  }
  return [];
}
