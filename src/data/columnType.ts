// Names a column's type as T-SQL writes it, from what TDS says of it.
import type { ColumnMeta } from '../core/ports.ts';

/** What tedious knows of a column (COLMETADATA, MS-TDS 2.2.7.4). */
export interface DriverColumn {
  colName: string;
  userType: number;
  /** Bit 0 nullable, bit 4 identity. */
  flags: number;
  type: { name: string };
  precision: number | undefined;
  scale: number | undefined;
  dataLength: number | undefined;
  udtInfo: { typeName: string } | undefined;
}

/** Length of a (max) type on the wire. */
const maxLength = 0xffff;
/** User type of rowversion, which is a binary(8) otherwise. */
const rowversion = 80;

const intBySize: Record<number, string> = { 1: 'tinyint', 2: 'smallint', 4: 'int', 8: 'bigint' };

export function columnMeta(column: DriverColumn): ColumnMeta {
  const { baseType, sqlType } = typeNames(column);
  return {
    name: column.colName,
    sqlType,
    baseType,
    nullable: (column.flags & 0x01) !== 0,
    identity: (column.flags & 0x10) !== 0,
  };
}

function typeNames(column: DriverColumn): { baseType: string; sqlType: string } {
  const size = column.dataLength ?? 0;
  const plain = (baseType: string): { baseType: string; sqlType: string } => ({
    baseType,
    sqlType: baseType,
  });
  const sized = (baseType: string, length: number): { baseType: string; sqlType: string } => ({
    baseType,
    sqlType: `${baseType}(${column.dataLength === maxLength ? 'max' : length})`,
  });
  const scaled = (baseType: string): { baseType: string; sqlType: string } => ({
    baseType,
    sqlType: `${baseType}(${column.scale ?? 7})`,
  });
  switch (column.type.name) {
    case 'IntN':
      return plain(intBySize[size] ?? 'int');
    case 'BitN':
    case 'Null':
      return plain(column.type.name === 'BitN' ? 'bit' : 'sql_variant');
    case 'FloatN':
      return plain(size === 4 ? 'real' : 'float');
    case 'MoneyN':
      return plain(size === 4 ? 'smallmoney' : 'money');
    case 'DateTimeN':
      return plain(size === 4 ? 'smalldatetime' : 'datetime');
    case 'DecimalN':
    case 'NumericN': {
      const baseType = column.type.name === 'DecimalN' ? 'decimal' : 'numeric';
      return { baseType, sqlType: `${baseType}(${column.precision ?? 18}, ${column.scale ?? 0})` };
    }
    case 'Time':
    case 'DateTime2':
    case 'DateTimeOffset':
      return scaled(column.type.name.toLowerCase());
    case 'NVarChar':
    case 'NChar':
      return sized(column.type.name.toLowerCase(), size / 2);
    case 'VarChar':
    case 'Char':
    case 'VarBinary':
      return sized(column.type.name.toLowerCase(), size);
    case 'Binary':
      return column.userType === rowversion ? plain('timestamp') : sized('binary', size);
    case 'Variant':
      return plain('sql_variant');
    case 'UDT':
      return plain(column.udtInfo?.typeName.toLowerCase() ?? 'udt');
    default:
      return plain(column.type.name.toLowerCase());
  }
}
