// Operators on values: what T-SQL's + - * / % & | ^ || ~ make of two types, in which type, and with whose rounding.
import type { SqlType } from '../../contract.ts';
import type { Arithmetic, Unary } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import { merge } from './binder.ts';
import { plain } from './bound.ts';
import type { Bound } from './bound.ts';
import { textArgument } from './conversions.ts';
import { int } from './literals.ts';
import { raise } from './raise.ts';
import {
  asDecimal,
  commonType,
  concatenationType,
  decimalArithmetic,
  familyOf,
  isBinary,
  isCharacter,
  isExactInteger,
  isNumeric,
  typeWord,
} from './sqlTypes.ts';

type Concatenation = '+' | '||';
type Bitwise = '&' | '|' | '^';
type Calculation = '+' | '-' | '*' | '/' | '%';

/** Two operands that have a type, and what their result has whatever the operator. */
interface Operands {
  left: Bound;
  right: Bound;
  flags: Pick<Bound, 'loose' | 'aggregate' | 'windowed' | 'nullable'>;
  line: number;
}

const operatorWords: Readonly<Record<Bitwise | Calculation, string>> = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
  '%': 'modulo',
  '&': "'&'",
  '|': "'|'",
  '^': "'^'",
};

/** `+`, `-` or `~` before an operand. @throws SqlError 8117. */
export function unary(binder: Binder, operator: Unary['operator'], operand: Bound, line: number): Bound {
  if (operand.untypedNull === true || operator === '+') return operand;
  if (operator === '~') {
    if (operand.type.name === 'bit') {
      return {
        ...plain(operand),
        sql: binder.storage.cast(`(1 - ${binder.cast(operand, int).sql})`, int, operand.type),
      };
    }
    if (!isExactInteger(operand.type)) operandInvalid(operand.type, "'~'", line);
    return { ...plain(operand), sql: `(~ ${operand.sql})` };
  }
  const value = isCharacter(operand.type) ? binder.convert(operand, int, line) : operand;
  if (!isNumeric(value.type) || value.type.name === 'bit') operandInvalid(value.type, 'minus', line);
  return {
    ...plain(value),
    sql: `(- ${value.sql})`,
    type: value.type.name === 'tinyint' ? { name: 'smallint' } : value.type,
    ...(value.digits === undefined ? {} : { digits: value.digits }),
    ...(value.literal === undefined
      ? {}
      : { literal: typeof value.literal === 'number' ? -value.literal : `-${value.literal}` }),
  };
}

/** `left operator right` by T-SQL's rules. @throws SqlError 206, 257, 402, 8117. */
export function arithmetic(
  binder: Binder,
  operator: Arithmetic['operator'],
  first: Bound,
  second: Bound,
  line: number,
): Bound {
  let left = first;
  let right = second;
  if (left.undeclared !== undefined && right.untypedNull !== true) left = binder.infer(left, right.type);
  if (right.undeclared !== undefined && left.untypedNull !== true) right = binder.infer(right, left.type);
  const parts = merge([left, right]);
  const texts = isCharacter(left.type) && isCharacter(right.type);
  // Numbers from columns may overflow, so the server calls their arithmetic nullable whatever the columns are.
  const flags = { ...parts, nullable: left.nullable || right.nullable || (!texts && parts.loose.length > 0) };
  if (left.untypedNull === true && right.untypedNull === true) return { ...left, ...flags };
  if (left.untypedNull === true) left = binder.cast(left, right.type);
  if (right.untypedNull === true) right = binder.cast(right, left.type);
  const operands: Operands = { left, right, flags, line };
  const textual =
    (isCharacter(left.type) || isBinary(left.type)) && (isCharacter(right.type) || isBinary(right.type));
  if ((operator === '+' || operator === '||') && textual) return concatenation(binder, operator, operands);
  if (operator === '||') {
    return arithmetic(
      binder,
      '||',
      textArgument(binder, left, line),
      textArgument(binder, right, line),
      line,
    );
  }
  if (familyOf(left.type) === 'datetime' || familyOf(right.type) === 'datetime') {
    return dateArithmetic(binder, operator, operands);
  }
  if (isBitwise(operator)) return bitwise(binder, operator, operands);
  return calculation(binder, operator, operands);
}

const isBitwise = (operator: Bitwise | Calculation): operator is Bitwise =>
  operator === '&' || operator === '|' || operator === '^';

function operandInvalid(type: SqlType, operator: string, line: number): never {
  raise(8117, `Operand data type ${typeWord(type)} is invalid for ${operator} operator.`, line);
}

function incompatible({ left, right, line }: Operands, operator: string): never {
  raise(
    402,
    `The data types ${typeWord(left.type)} and ${typeWord(right.type)} are incompatible in the ${operator} operator.`,
    line,
  );
}

function concatenation(
  binder: Binder,
  operator: Concatenation,
  { left, right, flags, line }: Operands,
): Bound {
  const type = concatenationType(left.type, right.type);
  const [a, b] =
    isBinary(left.type) === isBinary(right.type)
      ? [left, right]
      : [binder.convert(left, type, line), binder.convert(right, type, line)];
  const limit = familyOf(type) === 'unicode' ? 4000 : 8000;
  const cut = type.length === limit && (a.type.length ?? 0) + (b.type.length ?? 0) > limit && !isBinary(type);
  // SET CONCAT_NULL_YIELDS_NULL OFF is about + alone: || keeps to the standard.
  const joined =
    operator === '||' || binder.input.settings.concatNullYieldsNull || isBinary(type)
      ? `(${a.sql} || ${b.sql})`
      : `(coalesce(${a.sql}, '') || coalesce(${b.sql}, ''))`;
  return { ...flags, sql: cut ? `left(${joined}, ${String(limit)})` : joined, type };
}

function bitwise(binder: Binder, operator: Bitwise, operands: Operands): Bound {
  let { left, right } = operands;
  const { flags, line } = operands;
  const type = commonType(left.type, right.type, { a: left.digits, b: right.digits });
  if (isCharacter(left.type)) left = binder.convert(left, right.type, line);
  if (isCharacter(right.type)) right = binder.convert(right, left.type, line);
  if (isBinary(left.type)) left = binder.convert(left, right.type, line);
  if (isBinary(right.type)) right = binder.convert(right, left.type, line);
  if (!isExactInteger(left.type) || !isExactInteger(right.type)) {
    incompatible({ left, right, flags, line }, `'${operator}'`);
  }
  const wide = type.name === 'bit' ? int : type;
  const sql = `(${binder.cast(left, wide).sql} ${operator === '^' ? '#' : operator} ${binder.cast(right, wide).sql})`;
  return { ...flags, sql: type.name === 'bit' ? binder.storage.cast(sql, int, type) : sql, type };
}

function calculation(binder: Binder, operator: Calculation, operands: Operands): Bound {
  const { left, right, flags, line } = operands;
  const type = commonType(left.type, right.type, { a: left.digits, b: right.digits });
  if (isCharacter(type)) operandInvalid(type, operatorWords[operator], line);
  if (isBinary(type) || ['uniqueidentifier', 'xml', 'sql_variant'].includes(type.name)) {
    if (left.type.name === right.type.name) operandInvalid(type, operatorWords[operator], line);
    incompatible(operands, operatorWords[operator]);
  }
  if (left.type.name === 'bit' && right.type.name === 'bit') {
    operandInvalid(left.type, operatorWords[operator], line);
  }
  const side = (bound: Bound): Bound =>
    isCharacter(bound.type) || isBinary(bound.type) || bound.type.name === 'bit'
      ? binder.convert(bound, type, line)
      : bound;
  const x = side(left);
  const y = side(right);
  switch (familyOf(type)) {
    case 'decimal':
      return { ...flags, ...decimal(operator, operands, type, x, y) };
    case 'money':
      return { ...flags, sql: `(${moneySql(operator, x, y)})::${binder.storage.pgType(type)}`, type };
    default: {
      const a = binder.cast(x, type).sql;
      const b = binder.cast(y, type).sql;
      const sql = `(${a} ${operator} ${b})`;
      if (familyOf(type) === 'float') {
        if (operator === '%') incompatible(operands, operatorWords[operator]);
        return { ...flags, sql, type };
      }
      // tinyint is held wider than it is: its arithmetic must still overflow at 255.
      if (type.name === 'tinyint')
        return { ...flags, sql: binder.storage.cast(sql, { name: 'smallint' }, type), type };
      return { ...flags, sql, type: { name: type.name } };
    }
  }
}

/** The operands' own types decide precision and scale; `x` and `y` are they in the common type. */
function decimal(
  operator: Calculation,
  { left, right }: Operands,
  type: SqlType,
  x: Bound,
  y: Bound,
): Pick<Bound, 'sql' | 'type'> {
  const sizeOf = (bound: Bound): { precision: number; scale: number } =>
    isCharacter(bound.type) ? asDecimal(type) : asDecimal(bound.type, bound.digits);
  const a = sizeOf(left);
  const b = sizeOf(right);
  const { precision = 0, scale = 0, ...result } = decimalArithmetic(operator, a, b);
  const full = operator === '*' ? a.scale + b.scale : Math.max(a.scale, b.scale);
  let sql: string;
  if (operator === '/')
    sql = `trunc(${x.sql}::numeric(1000, ${String(scale + 3)}) / ${y.sql}, ${String(scale)})`;
  else if (full > scale) sql = `round((${x.sql}::numeric ${operator} ${y.sql}), ${String(scale)})`;
  else sql = `(${x.sql}::numeric ${operator} ${y.sql})`;
  if (precision === 38) sql = `(${sql})::numeric(38, ${String(scale)})`;
  const name = left.type.name === 'decimal' || right.type.name === 'decimal' ? 'decimal' : 'numeric';
  return { sql, type: { ...result, precision, scale, name } };
}

function moneySql(operator: Calculation, x: Bound, y: Bound): string {
  const [a, b] = [`${x.sql}::numeric`, `${y.sql}::numeric`];
  if (operator === '/') return `trunc(${a}::numeric(1000, 8) / ${b}, 4)`;
  if (operator === '*') return `round(${a} * ${b}, 4)`;
  return `(${a} ${operator} ${b})`;
}

/** datetime and smalldatetime take days added; the newer types take nothing. */
function dateArithmetic(
  binder: Binder,
  operator: Bitwise | Calculation,
  { left, right, flags, line }: Operands,
): Bound {
  const old = (type: SqlType): boolean => type.name === 'datetime' || type.name === 'smalldatetime';
  const clash = (): never =>
    familyOf(left.type) === 'datetime' && familyOf(right.type) === 'datetime'
      ? operandInvalid(left.type, operatorWords[operator], line)
      : raise(
          206,
          `Operand type clash: ${typeWord(left.type)} is incompatible with ${typeWord(right.type)}`,
          line,
          16,
          2,
        );
  if (operator !== '+' && operator !== '-') clash();
  const days = (side: Bound): string =>
    old(side.type) || isCharacter(side.type)
      ? `(extract(epoch from (${binder.convert(side, { name: 'datetime' }, line).sql} - timestamp '1900-01-01')) / 86400.0)`
      : `(${side.sql})::float8`;
  const ok = (side: Bound): boolean => old(side.type) || isNumeric(side.type) || isCharacter(side.type);
  if (!ok(left) || !ok(right)) clash();
  const type: SqlType = old(left.type) ? left.type : right.type;
  const sql = `(timestamp '1900-01-01' + (${days(left)} ${operator} ${days(right)}) * interval '1 day')`;
  return { ...flags, sql: binder.storage.fromTimestamp(sql, type), type };
}
