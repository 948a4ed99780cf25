// T-SQL's rules about types: precedence, what two operands become, and what may be converted to what without being asked.
import type { SqlType, SqlTypeName } from '../../contract.ts';

/** Data type precedence, highest first (Learn: "Data type precedence (Transact-SQL)"). */
const precedence: readonly SqlTypeName[] = [
  'sql_variant',
  'xml',
  'datetimeoffset',
  'datetime2',
  'datetime',
  'smalldatetime',
  'date',
  'time',
  'float',
  'real',
  'decimal',
  'numeric',
  'money',
  'smallmoney',
  'bigint',
  'int',
  'smallint',
  'tinyint',
  'bit',
  'ntext',
  'text',
  'image',
  'timestamp',
  'uniqueidentifier',
  'sysname',
  'nvarchar',
  'nchar',
  'varchar',
  'char',
  'varbinary',
  'binary',
];

export type TypeFamily =
  | 'integer'
  | 'bit'
  | 'decimal'
  | 'money'
  | 'float'
  | 'string'
  | 'unicode'
  | 'binary'
  | 'datetime'
  | 'guid'
  | 'xml'
  | 'variant'
  | 'lob';

const families: Record<SqlTypeName, TypeFamily> = {
  bit: 'bit',
  tinyint: 'integer',
  smallint: 'integer',
  int: 'integer',
  bigint: 'integer',
  decimal: 'decimal',
  numeric: 'decimal',
  money: 'money',
  smallmoney: 'money',
  real: 'float',
  float: 'float',
  date: 'datetime',
  time: 'datetime',
  datetime: 'datetime',
  smalldatetime: 'datetime',
  datetime2: 'datetime',
  datetimeoffset: 'datetime',
  char: 'string',
  varchar: 'string',
  text: 'lob',
  nchar: 'unicode',
  nvarchar: 'unicode',
  ntext: 'lob',
  sysname: 'unicode',
  binary: 'binary',
  varbinary: 'binary',
  image: 'lob',
  uniqueidentifier: 'guid',
  xml: 'xml',
  sql_variant: 'variant',
  timestamp: 'binary',
};

export const familyOf = (type: SqlType): TypeFamily => families[type.name];
export const isCharacter = (type: SqlType): boolean =>
  familyOf(type) === 'string' ||
  familyOf(type) === 'unicode' ||
  type.name === 'text' ||
  type.name === 'ntext';
export const isUnicode = (type: SqlType): boolean => familyOf(type) === 'unicode' || type.name === 'ntext';
export const isBinary = (type: SqlType): boolean => familyOf(type) === 'binary' || type.name === 'image';
export const isNumeric = (type: SqlType): boolean =>
  ['integer', 'bit', 'decimal', 'money', 'float'].includes(familyOf(type));
export const isExactInteger = (type: SqlType): boolean => familyOf(type) === 'integer' || type.name === 'bit';
export const isDateTime = (type: SqlType): boolean => familyOf(type) === 'datetime';

/** varchar(max) and the like: what cannot be compared in every place, and travels as PLP. */
export const isLegacyLob = (type: SqlType): boolean => familyOf(type) === 'lob';

/** The type as messages name it: without length ("varchar", "nvarchar", "int"). */
export function typeWord(type: SqlType): string {
  return type.name === 'sysname' ? 'nvarchar' : type.name;
}

const integerDigits: Partial<Record<SqlTypeName, number>> = {
  bit: 1,
  tinyint: 3,
  smallint: 5,
  int: 10,
  bigint: 19,
};

/** The decimal(p, s) that a number of another exact type becomes beside a decimal. */
export function asDecimal(type: SqlType, literalDigits?: number): { precision: number; scale: number } {
  if (familyOf(type) === 'decimal') return { precision: type.precision ?? 18, scale: type.scale ?? 0 };
  if (type.name === 'money') return { precision: 19, scale: 4 };
  if (type.name === 'smallmoney') return { precision: 10, scale: 4 };
  return { precision: literalDigits ?? integerDigits[type.name] ?? 38, scale: 0 };
}

const decimalType = (precision: number, scale: number): SqlType => ({ name: 'numeric', precision, scale });

/** Precision and scale of decimal arithmetic (Learn: "Precision, scale, and length"). */
export function decimalArithmetic(
  operator: '+' | '-' | '*' | '/' | '%',
  left: { precision: number; scale: number },
  right: { precision: number; scale: number },
): SqlType {
  const { precision: p1, scale: s1 } = left;
  const { precision: p2, scale: s2 } = right;
  let precision: number;
  let scale: number;
  switch (operator) {
    case '+':
    case '-': {
      scale = Math.max(s1, s2);
      const integral = Math.max(p1 - s1, p2 - s2);
      precision = scale + integral + 1;
      if (precision > 38) return decimalType(38, Math.max(Math.min(scale, 38 - integral), 0));
      return decimalType(precision, scale);
    }
    case '*':
      precision = p1 + p2 + 1;
      scale = s1 + s2;
      break;
    case '/':
      scale = Math.max(6, s1 + p2 + 1);
      precision = p1 - s1 + s2 + scale;
      break;
    case '%':
      scale = Math.max(s1, s2);
      precision = Math.min(p1 - s1, p2 - s2) + scale;
      break;
  }
  if (precision > 38) {
    const integral = precision - scale;
    if (integral < 32) scale = Math.min(scale, 38 - integral);
    else if (scale > 6) scale = 6;
    precision = 38;
  }
  return decimalType(precision, scale);
}

/** The length in the unit of `type` after one value of it stands where `other` may stand too: -1 wins. */
function longer(a: number, b: number): number {
  return a === -1 || b === -1 ? -1 : Math.max(a, b);
}

/** How many characters a value of this type may need as text (implicit and explicit conversion without a length). */
export function textLength(type: SqlType): number {
  switch (type.name) {
    case 'char':
    case 'varchar':
    case 'nchar':
    case 'nvarchar':
      return type.length ?? 1;
    case 'sysname':
      return 128;
    case 'text':
    case 'ntext':
    case 'xml':
    case 'image':
      return -1;
    case 'binary':
    case 'varbinary':
      return type.length ?? 1;
    case 'bit':
      return 1;
    case 'tinyint':
      return 3;
    case 'smallint':
      return 6;
    case 'int':
      return 11;
    case 'bigint':
      return 20;
    case 'decimal':
    case 'numeric':
      return (type.precision ?? 18) + 3;
    case 'uniqueidentifier':
      return 36;
    default:
      return 30;
  }
}

/** Which of two types an expression of both has; undefined when T-SQL refuses (206). */
export function commonType(
  a: SqlType,
  b: SqlType,
  digits: { a?: number | undefined; b?: number | undefined } = {},
): SqlType {
  const left = a.name === 'sysname' ? { ...a, name: 'nvarchar' as const, length: 128 } : a;
  const right = b.name === 'sysname' ? { ...b, name: 'nvarchar' as const, length: 128 } : b;
  const winner = precedence.indexOf(left.name) <= precedence.indexOf(right.name) ? left : right;
  const loser = winner === left ? right : left;
  switch (familyOf(winner)) {
    case 'decimal': {
      if (!isNumeric(loser) || loser.name === 'float' || loser.name === 'real') return winner;
      const x = asDecimal(left, digits.a);
      const y = asDecimal(right, digits.b);
      const scale = Math.max(x.scale, y.scale);
      const integral = Math.max(x.precision - x.scale, y.precision - y.scale);
      if (scale + integral > 38)
        return { name: winner.name, precision: 38, scale: Math.max(0, 38 - integral) };
      return { name: winner.name, precision: scale + integral, scale };
    }
    case 'unicode':
    case 'string': {
      if (!isCharacter(loser)) {
        if (isBinary(loser)) return varying(winner, longer(winner.length ?? 1, loser.length ?? 1));
        return winner;
      }
      const length = longer(textLength(winner), textLength(loser));
      const unicode = isUnicode(left) || isUnicode(right);
      const limit = unicode ? 4000 : 8000;
      const fixed =
        (left.name === 'char' || left.name === 'nchar') && (right.name === 'char' || right.name === 'nchar');
      const name: SqlTypeName = unicode ? (fixed ? 'nchar' : 'nvarchar') : fixed ? 'char' : 'varchar';
      const collation = winner.collation ?? loser.collation;
      return {
        name,
        length: length > limit ? -1 : length,
        ...(collation === undefined ? {} : { collation }),
      };
    }
    case 'binary':
      if (isBinary(loser)) {
        const length = longer(binaryLength(left), binaryLength(right));
        return left.name === right.name && winner.name === 'binary'
          ? { name: 'binary', length }
          : { name: 'varbinary', length };
      }
      return winner;
    case 'datetime':
      if (winner.name === loser.name || loser.name === 'time' || loser.name === 'datetime2') {
        return winner.scale === undefined && loser.scale === undefined
          ? winner
          : { ...winner, scale: Math.max(winner.scale ?? 7, loser.scale ?? 0) };
      }
      return winner;
    default:
      return winner;
  }
}

const binaryLength = (type: SqlType): number => (type.name === 'timestamp' ? 8 : (type.length ?? 1));

function varying(type: SqlType, length: number): SqlType {
  return { ...type, name: isUnicode(type) ? 'nvarchar' : 'varchar', length };
}

/** String concatenation: lengths add up, Unicode wins, (max) wins. */
export function concatenationType(a: SqlType, b: SqlType): SqlType {
  if (isBinary(a) && isBinary(b)) {
    const sum =
      binaryLength(a) === -1 || binaryLength(b) === -1
        ? -1
        : Math.min(8000, binaryLength(a) + binaryLength(b));
    return { name: 'varbinary', length: sum };
  }
  const unicode = isUnicode(a) || isUnicode(b);
  const left = textLength(a);
  const right = textLength(b);
  const limit = unicode ? 4000 : 8000;
  const collation = a.collation ?? b.collation;
  return {
    name: unicode ? 'nvarchar' : 'varchar',
    length: left === -1 || right === -1 ? -1 : Math.min(limit, left + right),
    ...(collation === undefined ? {} : { collation }),
  };
}

/**
 * Whether T-SQL converts without CAST (Learn: the conversion chart): 'yes', 'explicit' (257 "Implicit conversion … is not allowed"),
 * or 'never' (206 "Operand type clash", 529 for an explicit one).
 */
export function conversion(from: SqlType, to: SqlType): 'yes' | 'explicit' | 'never' {
  const source = familyOf(from);
  const target = familyOf(to);
  if (from.name === to.name || source === target) {
    if (source !== 'datetime') return 'yes';
    if (from.name === 'date' && to.name === 'time') return 'never';
    if (from.name === 'time' && to.name === 'date') return 'never';
    return 'yes';
  }
  if (from.name === 'timestamp') {
    return ['integer', 'decimal', 'binary', 'string', 'bit', 'money'].includes(target) ? 'yes' : 'never';
  }
  if (source === 'variant') return 'explicit';
  if (target === 'variant') return source === 'lob' || source === 'xml' ? 'never' : 'yes';
  if (isCharacter(from)) {
    if (isCharacter(to)) return 'yes';
    if (isBinary(to)) return 'explicit';
    if (isLegacyLob(from) && target !== 'xml') return 'never';
    if (target === 'money' && source === 'unicode') return 'yes';
    return 'yes';
  }
  if (isCharacter(to)) {
    if (source === 'xml') return 'explicit';
    if (isLegacyLob(to)) return source === 'binary' ? 'never' : 'never';
    if (source === 'money') return 'explicit';
    return 'yes';
  }
  if (isBinary(from)) {
    if (isBinary(to)) return 'yes';
    if (target === 'float') return 'never';
    if (from.name === 'image') return 'never';
    if (target === 'datetime') {
      return to.name === 'datetime' || to.name === 'smalldatetime' ? 'yes' : 'explicit';
    }
    if (target === 'xml') return 'yes';
    return 'yes';
  }
  if (isBinary(to)) {
    if (to.name === 'timestamp') return source === 'integer' || source === 'decimal' ? 'yes' : 'never';
    if (source === 'integer' || source === 'bit' || source === 'money') return 'yes';
    if (source === 'decimal') return 'yes';
    return source === 'guid' || source === 'xml' ? 'explicit' : source === 'float' ? 'explicit' : 'explicit';
  }
  if (isNumeric(from) && isNumeric(to)) return 'yes';
  if (isNumeric(from) && target === 'datetime') {
    return to.name === 'datetime' || to.name === 'smalldatetime' ? 'yes' : 'never';
  }
  if (source === 'datetime' && isNumeric(to)) {
    return from.name === 'datetime' || from.name === 'smalldatetime' ? 'explicit' : 'never';
  }
  return 'never';
}
