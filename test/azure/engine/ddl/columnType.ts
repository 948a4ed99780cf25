// The type of a column, parameter or variable as written, with its defaults filled in.
import type { SqlType } from '../../contract.ts';
import type { DataType } from '../../tsql/ast.ts';
import { pgCollation } from '../catalog/collations.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { sqlError } from '../errors.ts';
import { fullName } from './context.ts';

export interface DeclaredType {
  type: SqlType;
  /** Set for an alias type that says so. */
  nullable?: boolean;
  /** The alias type's name. */
  userType?: string;
}

/**
 * @param position counts from 1 among the columns, for the messages
 * @throws SqlError 2715 (no such type), 2717, 2750, 2751, 1002, 448
 */
export function columnType(
  snapshot: Snapshot,
  node: DataType,
  position: number,
  collation?: string,
): DeclaredType {
  const { line } = node;
  if (node.system === undefined) {
    const [name = '', schema] = [...node.name.parts].reverse().map((part) => part.name);
    const found = snapshot.userType(schema, name);
    if (found === undefined || found.tableId !== null) {
      throw sqlError(2715, [position, fullName(node.name)], { line });
    }
    return { type: found.base, nullable: found.nullable, userType: found.name };
  }
  const type = sized(node.system, position, line);
  if (collation === undefined) return { type };
  if (pgCollation(collation) === undefined) throw sqlError(448, [collation], { line });
  return { type: { ...type, collation } };
}

function sized(type: SqlType, position: number, line: number): SqlType {
  switch (type.name) {
    case 'char':
    case 'varchar':
    case 'binary':
    case 'varbinary':
    case 'nchar':
    case 'nvarchar': {
      const length = type.length ?? 1;
      const limit = type.name.startsWith('n') ? 4000 : 8000;
      if (length > limit) throw sqlError(2717, [length, 'parameter', type.name, limit], { line });
      return { ...type, length };
    }
    case 'decimal':
    case 'numeric': {
      const precision = type.precision ?? 18;
      const scale = type.scale ?? 0;
      if (precision > 38) throw sqlError(2750, [position, precision, 38], { line });
      if (scale > precision) throw sqlError(2751, [position, scale, precision], { line });
      return { ...type, precision, scale };
    }
    case 'time':
    case 'datetime2':
    case 'datetimeoffset':
      return { ...type, scale: type.scale ?? 7 };
    default:
      return type;
  }
}
