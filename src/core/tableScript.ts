// T-SQL about whole tables: which there are, and the one that is created when the users' table is missing.
import type { TableName } from './connection.ts';
import { AppError } from './errors.ts';
import { maxNameLength, quoteName, quoteTable } from './names.ts';
import type { SqlStatement } from './ports.ts';

/** Schema, name and row count of every table one may see, largest first. */
export const tablesStatement: SqlStatement = {
  text: `SELECT s.[name] AS schema_name, t.[name] AS table_name, SUM(p.[rows]) AS row_count
FROM sys.tables AS t
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
JOIN sys.partitions AS p ON p.object_id = t.object_id
WHERE t.is_ms_shipped = 0 AND p.index_id IN (0, 1)
GROUP BY s.[name], t.[name]
ORDER BY s.[name], t.[name]`,
};

/**
 * Refuses what would not become a table that stays: `#name` and `##name` are temporary tables in tempdb, gone with the session.
 * @throws AppError invalidInput
 */
export function checkNewTable({ name }: TableName): void {
  if (!name.startsWith('#')) return;
  throw new AppError(
    'invalidInput',
    `A table called "${name}" would be temporary and gone at once, because its name begins with #. Choose another name for it.`,
  );
}

/**
 * The script for a missing users' table.
 * @param text 'nvarchar' keeps every name as it is; 'varchar' only what the database's code page has, at one byte a character
 * @throws AppError invalidInput as {@link checkNewTable}, and for a name that no server accepts
 */
export function createTableScript(table: TableName, text: 'varchar' | 'nvarchar'): string {
  checkNewTable(table);
  const key = `PK_${table.name}`;
  // Cut short it could end inside a character or meet the key of another long name, so the server makes one up instead.
  const constraint = key.length > maxNameLength ? '' : `CONSTRAINT ${quoteName(key)} `;
  return `CREATE TABLE ${quoteTable(table)} (
  [id] int IDENTITY(1, 1) NOT NULL ${constraint}PRIMARY KEY,
  [first_name] ${text}(30) NOT NULL,
  [last_name] ${text}(30) NULL
);
`;
}
