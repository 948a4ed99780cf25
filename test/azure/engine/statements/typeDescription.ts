// A type as sp_describe_* and sys.types tell it: id, name with length, max_length, precision, scale, TDS type.
import type { SqlType, SqlTypeName } from '../../contract.ts';

const ids: Record<SqlTypeName, number> = {
  image: 34,
  text: 35,
  uniqueidentifier: 36,
  date: 40,
  time: 41,
  datetime2: 42,
  datetimeoffset: 43,
  tinyint: 48,
  smallint: 52,
  int: 56,
  smalldatetime: 58,
  real: 59,
  money: 60,
  datetime: 61,
  float: 62,
  sql_variant: 98,
  ntext: 99,
  bit: 104,
  decimal: 106,
  numeric: 108,
  smallmoney: 122,
  bigint: 127,
  varbinary: 165,
  varchar: 167,
  binary: 173,
  char: 175,
  timestamp: 189,
  nvarchar: 231,
  sysname: 231,
  nchar: 239,
  xml: 241,
};

const tdsIds: Partial<Record<SqlTypeName, number>> = {
  bit: 104,
  tinyint: 38,
  smallint: 38,
  int: 38,
  bigint: 38,
  real: 109,
  float: 109,
  money: 110,
  smallmoney: 110,
  datetime: 111,
  smalldatetime: 111,
  sysname: 231,
  timestamp: 173,
};

const sizes: Partial<Record<SqlTypeName, [number, number, number]>> = {
  bit: [1, 1, 0],
  tinyint: [1, 3, 0],
  smallint: [2, 5, 0],
  int: [4, 10, 0],
  bigint: [8, 19, 0],
  real: [4, 24, 0],
  float: [8, 53, 0],
  money: [8, 19, 4],
  smallmoney: [4, 10, 4],
  datetime: [8, 23, 3],
  smalldatetime: [4, 16, 0],
  date: [3, 10, 0],
  uniqueidentifier: [16, 0, 0],
  timestamp: [8, 0, 0],
  image: [16, 0, 0],
  text: [16, 0, 0],
  ntext: [16, 0, 0],
  xml: [-1, 0, 0],
  sql_variant: [8016, 0, 0],
};

export interface TypeDescription {
  id: number;
  name: string;
  maxLength: number;
  precision: number;
  scale: number;
  tdsId: number;
  tdsLength: number;
  collation: string | null;
}

export function describeType(type: SqlType): TypeDescription {
  const id = ids[type.name];
  const tdsId = tdsIds[type.name] ?? id;
  const make = (name: string, maxLength: number, precision = 0, scale = 0): TypeDescription => ({
    id,
    name,
    maxLength,
    precision,
    scale,
    tdsId,
    tdsLength: maxLength === -1 ? 65535 : maxLength,
    collation: /char|text|sysname/u.test(type.name)
      ? (type.collation ?? 'SQL_Latin1_General_CP1_CI_AS')
      : null,
  });
  const length = type.length ?? 1;
  const shown = length === -1 ? 'max' : String(length);
  switch (type.name) {
    case 'char':
    case 'varchar':
    case 'binary':
    case 'varbinary':
      return make(`${type.name}(${shown})`, length);
    case 'nchar':
    case 'nvarchar':
      return make(`${type.name}(${shown})`, length === -1 ? -1 : length * 2);
    case 'sysname':
      return make('nvarchar(128)', 256);
    case 'decimal':
    case 'numeric': {
      const precision = type.precision ?? 18;
      const bytes = precision <= 9 ? 5 : precision <= 19 ? 9 : precision <= 28 ? 13 : 17;
      return make(
        `${type.name}(${String(precision)},${String(type.scale ?? 0)})`,
        bytes,
        precision,
        type.scale ?? 0,
      );
    }
    case 'time':
    case 'datetime2':
    case 'datetimeoffset': {
      const scale = type.scale ?? 7;
      const time = scale <= 2 ? 3 : scale <= 4 ? 4 : 5;
      const [extra, width] = { time: [0, 8], datetime2: [3, 19], datetimeoffset: [5, 26] }[type.name] as [
        number,
        number,
      ];
      return make(
        `${type.name}(${String(scale)})`,
        time + extra,
        width + (scale === 0 ? 0 : scale + 1),
        scale,
      );
    }
    default: {
      const [size, precision, scale] = sizes[type.name] ?? [0, 0, 0];
      return make(type.name, size, precision, scale);
    }
  }
}
