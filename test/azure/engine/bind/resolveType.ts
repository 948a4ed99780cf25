// The type that CAST, a variable or a parameter names, with its default length, precision and scale filled in.
import type { SqlType } from '../../contract.ts';
import type { DataType } from '../../tsql/ast.ts';
import { raise } from './raise.ts';

/** @throws SqlError 2715, 131, 192, 1001, 1002, 2717, 2750 for types that cannot be. */
export function resolveType(node: DataType, defaultLength: number): SqlType {
  const system = node.system;
  if (system === undefined) {
    raise(243, `Type ${node.name.parts.at(-1)?.name ?? ''} is not a defined system type.`, node.line);
  }
  switch (system.name) {
    case 'char':
    case 'varchar':
    case 'binary':
    case 'varbinary':
    case 'nchar':
    case 'nvarchar': {
      const length = system.length ?? defaultLength;
      const limit = system.name.startsWith('n') ? 4000 : 8000;
      if (length > limit) {
        raise(
          131,
          `The size (${String(length)}) given to the type '${system.name}' exceeds the maximum allowed (${String(limit)}).`,
          node.line,
          15,
        );
      }
      if (length === 0)
        raise(
          1001,
          `Line ${String(node.line)}: Length or precision specification 0 is invalid.`,
          node.line,
          15,
        );
      return { ...system, length };
    }
    case 'decimal':
    case 'numeric': {
      const precision = system.precision ?? 18;
      const scale = system.scale ?? 0;
      if (precision > 38) {
        raise(
          2750,
          `Column or parameter #1: Specified column precision ${String(precision)} is greater than the maximum precision of 38.`,
          node.line,
        );
      }
      if (scale > precision)
        raise(192, 'The scale must be less than or equal to the precision.', node.line, 15);
      return { ...system, precision, scale };
    }
    case 'time':
    case 'datetime2':
    case 'datetimeoffset': {
      const scale = system.scale ?? 7;
      if (scale > 7)
        raise(1002, `Line ${String(node.line)}: Specified scale ${String(scale)} is invalid.`, node.line, 15);
      return { ...system, scale };
    }
    default:
      return system;
  }
}
