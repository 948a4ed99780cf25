// A column of a system type as the parser would have made it, for tables that no text describes.
import type { SqlType } from '../../contract.ts';
import type { ColumnDefinition, Span } from '../../tsql/ast.ts';

export function columnNode(name: string, type: SqlType, nullable: boolean, at: Span): ColumnDefinition {
  return {
    kind: 'columnDefinition',
    name: { kind: 'identifier', name, quoted: true, ...at },
    type: {
      kind: 'dataType',
      name: { kind: 'name', parts: [{ kind: 'identifier', name: type.name, quoted: false, ...at }], ...at },
      arguments: [],
      system: type,
      ...at,
    },
    nullable,
    rowGuid: false,
    constraints: [],
    ...at,
  };
}
