// Table shapes for tests: the plain user table, and columns one at a time.
import type { TableColumn, TableShape } from '../../../src/core/tableShape.ts';

export function column(name: string, sqlType: string, change: Partial<TableColumn> = {}): TableColumn {
  const [, baseType = '', length, scale] = /^(\w+)(?:\((\w+)(?:, ?(\d+))?\))?$/.exec(sqlType) ?? [];
  const each = baseType.startsWith('n') ? 2 : 1;
  const exact = baseType === 'decimal' || baseType === 'numeric';
  return {
    name,
    baseType,
    sqlType,
    maxLength: length === 'max' ? -1 : exact ? 9 : Number(length ?? 4) * each,
    precision: exact ? Number(length) : 0,
    scale: exact ? Number(scale ?? 0) : Number(length ?? 0),
    nullable: false,
    identity: false,
    computed: false,
    generated: false,
    defaultText: undefined,
    collation: undefined,
    codePage: undefined,
    ...change,
  };
}

export function shape(columns: readonly TableColumn[], change: Partial<TableShape> = {}): TableShape {
  return {
    table: { schema: 'dbo', name: 'user' },
    columns,
    key: ['id'],
    triggers: false,
    kind: 'table',
    ...change,
  };
}

export const userTable = shape([
  column('id', 'int', { identity: true }),
  column('first_name', 'varchar(30)'),
  column('last_name', 'nvarchar(30)', { nullable: true }),
]);
