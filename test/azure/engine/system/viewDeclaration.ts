// How a system view is declared: its T-SQL columns in one line, and the PostgreSQL query behind it.
import type { SqlType, SqlTypeName } from '../../contract.ts';

export interface ViewColumn {
  name: string;
  type: SqlType;
  nullable: boolean;
}

export interface SystemView {
  schema: 'sys' | 'INFORMATION_SCHEMA';
  name: string;
  columns: ViewColumn[];
  /** PostgreSQL query with the columns in this order. */
  sql: string;
}

/**
 * @param columns `name type, …`; a type with `!` is NOT NULL: `object_id int!, name sysname!, definition nvarchar(max)`
 */
export function view(schema: SystemView['schema'], name: string, columns: string, sql: string): SystemView {
  return { schema, name, columns: columns.trim().split(/,\s+/u).map(viewColumn), sql };
}

/** PostgreSQL text of an object's definition, NULL for whom it is hidden. */
export const defined = (id: string, definition: string): string =>
  `CASE WHEN tsql.definable(${id}) THEN ${definition} END`;

function viewColumn(text: string): ViewColumn {
  const found = /^(\w+) (\w+)(?:\((max|\d+)(?:,(\d+))?\))?(!?)$/u.exec(text.trim());
  if (found === null) throw new RangeError(`Not a column: ${text}`);
  const [, name = '', type = 'int', first, second, required] = found;
  const size = first === undefined ? undefined : first === 'max' ? -1 : Number(first);
  const decimal = type === 'decimal' || type === 'numeric';
  return {
    name,
    type: {
      name: type as SqlTypeName,
      ...(size === undefined
        ? {}
        : decimal
          ? { precision: size, scale: Number(second ?? 0) }
          : { length: size }),
    },
    nullable: required !== '!',
  };
}
