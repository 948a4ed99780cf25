// Binds scalar expressions: T-SQL node in, PostgreSQL text with its T-SQL type out.
import { foldName } from '../catalog/foldName.ts';
import type { SqlType } from '../../contract.ts';
import type {
  Arithmetic,
  DataType,
  Expression,
  FunctionCall,
  SimpleCase,
  SearchedCase,
} from '../../tsql/ast.ts';
import { bindAggregateOrWindow, isAggregateName } from './aggregates.ts';
import type { Binder } from './binder.ts';
import { merge } from './binder.ts';
import type { Bound } from './bound.ts';
import { bindFunction } from './functions/bindFunction.ts';
import { inlineScalar } from './inlineFunction.ts';
import { bindBinary, bindNumber, bindString, int, nvarchar } from './literals.ts';
import { compareSql, bindPredicate } from './predicates.ts';
import { bindSubqueryScalar } from './query.ts';
import { raise, unsupported } from './raise.ts';
import { fullName } from './scope.ts';
import type { Scope } from './scope.ts';
import {
  asDecimal,
  commonType,
  concatenationType,
  conversion,
  decimalArithmetic,
  familyOf,
  isBinary,
  isCharacter,
  isExactInteger,
  isNumeric,
  typeWord,
} from './sqlTypes.ts';
import { bindGlobal, bindNiladic } from './systemValues.ts';

export function bindExpression(binder: Binder, scope: Scope, node: Expression): Bound {
  const bound = bindNode(binder, scope, node);
  if (scope.grouping !== undefined && bound.loose.length > 0 && scope.grouping.expressions.has(bound.sql)) {
    return { ...bound, loose: [] };
  }
  return bound;
}

function bindNode(binder: Binder, scope: Scope, node: Expression): Bound {
  switch (node.kind) {
    case 'number':
      return bindNumber(node);
    case 'string':
      return bindString(binder, node);
    case 'binary':
      return bindBinary(node);
    case 'null':
      return { sql: 'NULL', type: int, nullable: true, untypedNull: true, loose: [] };
    case 'default':
      return raise(156, "Incorrect syntax near the keyword 'DEFAULT'.", node.line, 15);
    case 'column': {
      const { column, source, depth } = scope.column(node.name);
      if (source.table !== undefined) binder.markColumn(source.table.key, column.name);
      const loose =
        depth === 0 && !scope.insideAggregate
          ? [source.name === '' ? column.name : `${source.name}.${column.name}`]
          : [];
      return { sql: column.sql, type: column.type, nullable: column.nullable, column, loose };
    }
    case 'variable':
      return bindVariable(binder, node.name, node.line);
    case 'global':
      return bindGlobal(binder, node);
    case 'niladic':
      return bindNiladic(binder, node);
    case 'unary': {
      const operand = bindExpression(binder, scope, node.operand);
      if (operand.untypedNull === true) return operand;
      if (node.operator === '+') return operand;
      if (node.operator === '~') {
        if (operand.type.name === 'bit') {
          return {
            ...plain(operand),
            sql: binder.storage.cast(`(1 - ${binder.cast(operand, int).sql})`, int, operand.type),
          };
        }
        if (!isExactInteger(operand.type)) operandInvalid(operand.type, "'~'", node.line);
        return { ...plain(operand), sql: `(~ ${operand.sql})` };
      }
      const value = isCharacter(operand.type) ? binder.convert(operand, int, node.line) : operand;
      if (!isNumeric(value.type) || value.type.name === 'bit') operandInvalid(value.type, 'minus', node.line);
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
    case 'arithmetic':
      return bindArithmetic(binder, scope, node);
    case 'simpleCase':
      return bindSimpleCase(binder, scope, node);
    case 'searchedCase':
      return bindSearchedCase(binder, scope, node);
    case 'iif':
      return bindSearchedCase(binder, scope, {
        kind: 'searchedCase',
        // oxlint-disable-next-line unicorn/no-thenable -- the tree calls a branch's result so
        branches: [{ when: node.condition, then: node.then }],
        otherwise: node.otherwise,
        line: node.line,
        start: node.start,
        end: node.end,
      });
    case 'cast': {
      const operand = bindExpression(binder, scope, node.operand);
      return explicitCast(binder, operand, resolveType(node.type, 30), node.attempt, undefined, node.line);
    }
    case 'convert': {
      const operand = bindExpression(binder, scope, node.operand);
      const style =
        node.style === undefined
          ? undefined
          : binder.convert(bindExpression(binder, scope, node.style), int, node.line);
      return explicitCast(binder, operand, resolveType(node.type, 30), node.attempt, style, node.line);
    }
    case 'parse': {
      const operand = bindExpression(binder, scope, node.operand);
      return explicitCast(binder, operand, resolveType(node.type, 30), node.attempt, undefined, node.line);
    }
    case 'call':
      return bindCall(binder, scope, node);
    case 'datePart':
      return raise(207, `Invalid column name '${node.name}'.`, node.line);
    case 'trim': {
      const operand = textArgument(binder, bindExpression(binder, scope, node.operand), node.line);
      const characters =
        node.characters === undefined
          ? undefined
          : textArgument(binder, bindExpression(binder, scope, node.characters), node.line);
      const name = { leading: 'ltrim', trailing: 'rtrim', both: 'btrim' }[node.side];
      const set = characters === undefined ? "' '" : characters.sql;
      return {
        ...merge(characters === undefined ? [operand] : [operand, characters]),
        sql: `${name}(${operand.sql}, ${set})`,
        type: varyingOf(operand.type),
        nullable: operand.nullable || characters?.nullable === true,
      };
    }
    case 'nextValue': {
      const found = binder.object(node.sequence.parts.map((part) => part.name));
      if (found === undefined || found.type !== 'SO') {
        raise(208, `Invalid object name '${fullName(node.sequence)}'.`, node.line);
      }
      binder.require('UPDATE', found);
      return {
        sql: `nextval('${found.pgName.replaceAll("'", "''")}'::regclass)`,
        type: found.columns[0]?.type ?? { name: 'bigint' },
        nullable: false,
        loose: [],
      };
    }
    case 'jsonObject': {
      const members = node.members.map(({ key, value }) => ({
        key: textArgument(binder, bindExpression(binder, scope, key), node.line),
        value: bindExpression(binder, scope, value),
      }));
      const pairs = members.map(({ key, value }) => {
        const pair = `(to_json(${key.sql})::text || ':' || ${jsonText(binder, value)})`;
        return node.absentOnNull ? `CASE WHEN ${value.sql} IS NOT NULL THEN ${pair} END` : pair;
      });
      return {
        ...merge(members.flatMap(({ key, value }) => [key, value])),
        sql: pairs.length === 0 ? "'{}'::text" : `('{' || concat_ws(',', ${pairs.join(', ')}) || '}')`,
        type: nvarchar(-1),
        nullable: false,
      };
    }
    case 'jsonArray': {
      const values = node.values.map((value) => bindExpression(binder, scope, value));
      const texts = values.map((value) =>
        node.absentOnNull
          ? `CASE WHEN ${value.sql} IS NOT NULL THEN ${jsonText(binder, value)} END`
          : jsonText(binder, value),
      );
      return {
        ...merge(values),
        sql: texts.length === 0 ? "'[]'::text" : `('[' || concat_ws(',', ${texts.join(', ')}) || ']')`,
        type: nvarchar(-1),
        nullable: false,
      };
    }
    case 'mergeAction':
      return { sql: 'merge_action()', type: nvarchar(10), nullable: true, loose: [] };
    case 'subquery':
      return bindSubqueryScalar(binder, scope, node.query);
    case 'collate': {
      const operand = textArgument(binder, bindExpression(binder, scope, node.operand), node.line);
      return {
        ...plain(operand),
        sql: binder.storage.collate(operand.sql, node.collation, node.line),
        type: { ...operand.type, collation: node.collation },
      };
    }
    case 'atTimeZone':
      return bindFunction(
        binder,
        'AT_TIME_ZONE',
        [bindExpression(binder, scope, node.operand), bindExpression(binder, scope, node.zone)],
        node.line,
      );
  }
}

/** Without what belongs only to the column or literal itself. */
export function plain(bound: Bound): Bound {
  const {
    column: _column,
    digits: _digits,
    literal: _literal,
    untypedNull: _untyped,
    variable: _variable,
    ...rest
  } = bound;
  return rest;
}

export function bindVariable(binder: Binder, name: string, line: number): Bound {
  const key = name.toLowerCase();
  if (binder.substitutions !== undefined) {
    const value = binder.substitutions.get(key);
    if (value !== undefined) return value;
  }
  const type = binder.input.variables.get(key);
  if (type === undefined) {
    if (binder.input.undeclared !== undefined) {
      const known = binder.input.undeclared.get(key);
      if (!binder.input.undeclared.has(key)) binder.input.undeclared.set(key, undefined);
      return {
        sql: 'NULL',
        type: known ?? int,
        nullable: true,
        untypedNull: known === undefined,
        undeclared: key,
        loose: [],
      };
    }
    if (binder.input.tableVariables.has(key)) {
      raise(137, `Must declare the scalar variable "${name}".`, line, 15, 1);
    }
    raise(137, `Must declare the scalar variable "${name}".`, line, 15, 2);
  }
  return {
    sql: binder.parameter({ kind: 'variable', name: key, type }),
    type,
    nullable: true,
    variable: true,
    loose: [],
  };
}

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

function explicitCast(
  binder: Binder,
  operand: Bound,
  type: SqlType,
  attempt: boolean,
  style: Bound | undefined,
  line: number,
): Bound {
  if (operand.undeclared !== undefined) binder.infer(operand, type);
  if (operand.untypedNull === true) return binder.cast(operand, type);
  if (conversion(operand.type, type) === 'never') {
    raise(
      529,
      `Explicit conversion from data type ${typeWord(operand.type)} to ${typeWord(type)} is not allowed.`,
      line,
      16,
      2,
    );
  }
  return {
    ...plain(operand),
    ...(style === undefined ? {} : merge([operand, style])),
    sql: binder.storage.cast(operand.sql, operand.type, type, {
      ...(style === undefined ? {} : { style: style.sql }),
      attempt,
    }),
    type,
    nullable: operand.nullable || attempt,
  };
}

/** A string argument of a function: other types become text as T-SQL's implicit conversion makes them. */
export function textArgument(binder: Binder, bound: Bound, line: number): Bound {
  if (bound.undeclared !== undefined) binder.infer(bound, nvarchar(4000));
  if (bound.untypedNull === true) return binder.cast(bound, { name: 'varchar', length: 1 });
  if (isCharacter(bound.type)) return bound;
  if (bound.type.name === 'sql_variant') return binder.cast(bound, nvarchar(4000));
  return binder.convert(
    bound,
    { name: 'varchar', length: isBinary(bound.type) ? (bound.type.length ?? 8000) : 30 },
    line,
  );
}

export function varyingOf(type: SqlType): SqlType {
  if (type.name === 'char') return { ...type, name: 'varchar' };
  if (type.name === 'nchar') return { ...type, name: 'nvarchar' };
  if (type.name === 'sysname') return nvarchar(128);
  if (type.name === 'text') return { name: 'varchar', length: -1 };
  if (type.name === 'ntext') return nvarchar(-1);
  return type;
}

function operandInvalid(type: SqlType, operator: string, line: number): never {
  raise(8117, `Operand data type ${typeWord(type)} is invalid for ${operator} operator.`, line);
}

const operatorWords: Record<string, string> = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
  '%': 'modulo',
  '&': "'&'",
  '|': "'|'",
  '^': "'^'",
};

function bindArithmetic(binder: Binder, scope: Scope, node: Arithmetic): Bound {
  const left = bindExpression(binder, scope, node.left);
  const right = bindExpression(binder, scope, node.right);
  return arithmetic(binder, node.operator, left, right, node.line);
}

/** `left operator right` by T-SQL's rules. */
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
  const textual =
    (isCharacter(left.type) || isBinary(left.type)) && (isCharacter(right.type) || isBinary(right.type));
  if ((operator === '+' || operator === '||') && textual) {
    const type = concatenationType(left.type, right.type);
    const [a, b] =
      isBinary(left.type) === isBinary(right.type)
        ? [left, right]
        : [binder.convert(left, type, line), binder.convert(right, type, line)];
    const limit = familyOf(type) === 'unicode' ? 4000 : 8000;
    const cut =
      type.length === limit && (a.type.length ?? 0) + (b.type.length ?? 0) > limit && !isBinary(type);
    // SET CONCAT_NULL_YIELDS_NULL OFF is about + alone: || keeps to the standard.
    const joined =
      operator === '||' || binder.input.settings.concatNullYieldsNull || isBinary(type)
        ? `(${a.sql} || ${b.sql})`
        : `(coalesce(${a.sql}, '') || coalesce(${b.sql}, ''))`;
    return { ...flags, sql: cut ? `left(${joined}, ${String(limit)})` : joined, type };
  }
  if (operator === '||') {
    return arithmetic(
      binder,
      '||',
      textArgument(binder, left, line),
      textArgument(binder, right, line),
      line,
    );
  }
  const datetimeSide = [left, right].find((side) => familyOf(side.type) === 'datetime');
  if (datetimeSide !== undefined) return dateArithmetic(binder, operator, left, right, flags, line);
  let type = commonType(left.type, right.type, { a: left.digits, b: right.digits });
  if (['&', '|', '^'].includes(operator)) {
    const integral = (t: SqlType): boolean => isExactInteger(t);
    if (isCharacter(left.type)) left = binder.convert(left, right.type, line);
    if (isCharacter(right.type)) right = binder.convert(right, left.type, line);
    if (isBinary(left.type)) left = binder.convert(left, right.type, line);
    if (isBinary(right.type)) right = binder.convert(right, left.type, line);
    if (!integral(left.type) || !integral(right.type)) {
      raise(
        402,
        `The data types ${typeWord(left.type)} and ${typeWord(right.type)} are incompatible in the '${operator}' operator.`,
        line,
      );
    }
    const wide = type.name === 'bit' ? int : type;
    const sql = `(${binder.cast(left, wide).sql} ${operator === '^' ? '#' : operator} ${binder.cast(right, wide).sql})`;
    return { ...flags, sql: type.name === 'bit' ? binder.storage.cast(sql, int, type) : sql, type };
  }
  if (isCharacter(type)) operandInvalid(type, operatorWords[operator] ?? operator, line);
  if (!isNumeric(type)) {
    if (
      isBinary(type) ||
      type.name === 'uniqueidentifier' ||
      type.name === 'xml' ||
      type.name === 'sql_variant'
    ) {
      if (left.type.name === right.type.name) operandInvalid(type, operatorWords[operator] ?? operator, line);
      raise(
        402,
        `The data types ${typeWord(left.type)} and ${typeWord(right.type)} are incompatible in the ${operatorWords[operator] ?? operator} operator.`,
        line,
      );
    }
  }
  if (left.type.name === 'bit' && right.type.name === 'bit') {
    operandInvalid(left.type, operatorWords[operator] ?? operator, line);
  }
  const convertSide = (side: Bound, target: SqlType): Bound =>
    isCharacter(side.type) || isBinary(side.type) || side.type.name === 'bit'
      ? binder.convert(side, target, line)
      : side;
  if (familyOf(type) === 'decimal') {
    const a = isCharacter(left.type)
      ? { precision: type.precision ?? 18, scale: type.scale ?? 0 }
      : asDecimal(left.type, left.digits);
    const b = isCharacter(right.type)
      ? { precision: type.precision ?? 18, scale: type.scale ?? 0 }
      : asDecimal(right.type, right.digits);
    const exact = operator as '+' | '-' | '*' | '/' | '%';
    const result = decimalArithmetic(exact, a, b);
    const x = convertSide(left, type).sql;
    const y = convertSide(right, type).sql;
    const scale = String(result.scale ?? 0);
    const full = operator === '*' ? a.scale + b.scale : Math.max(a.scale, b.scale);
    let sql: string;
    if (operator === '/')
      sql = `trunc(${x}::numeric(1000, ${String((result.scale ?? 0) + 3)}) / ${y}, ${scale})`;
    else if (full > (result.scale ?? 0)) sql = `round((${x}::numeric ${operator} ${y}), ${scale})`;
    else sql = `(${x}::numeric ${operator} ${y})`;
    if ((result.precision ?? 0) === 38) sql = `(${sql})::numeric(38, ${scale})`;
    return {
      ...flags,
      sql,
      type: {
        ...result,
        name: left.type.name === 'decimal' || right.type.name === 'decimal' ? 'decimal' : 'numeric',
      },
    };
  }
  const x = convertSide(left, type);
  const y = convertSide(right, type);
  if (familyOf(type) === 'money') {
    const wide = (side: Bound): string => `${side.sql}::numeric`;
    const sql =
      operator === '/'
        ? `trunc(${wide(x)}::numeric(1000, 8) / ${wide(y)}, 4)`
        : operator === '*'
          ? `round(${wide(x)} * ${wide(y)}, 4)`
          : `(${wide(x)} ${operator} ${wide(y)})`;
    return { ...flags, sql: `(${sql})::${binder.storage.pgType(type)}`, type };
  }
  if (familyOf(type) === 'float') {
    const a = binder.cast(x, type).sql;
    const b = binder.cast(y, type).sql;
    if (operator === '%')
      raise(
        402,
        `The data types ${typeWord(left.type)} and ${typeWord(right.type)} are incompatible in the modulo operator.`,
        line,
      );
    return { ...flags, sql: `(${a} ${operator} ${b})`, type };
  }
  // tinyint is held wider than it is: its arithmetic must still overflow at 255.
  const a = binder.cast(x, type).sql;
  const b = binder.cast(y, type).sql;
  const sql = `(${a} ${operator} ${b})`;
  if (type.name === 'tinyint')
    return { ...flags, sql: binder.storage.cast(sql, { name: 'smallint' }, type), type };
  type = { name: type.name };
  return { ...flags, sql, type };
}

function dateArithmetic(
  binder: Binder,
  operator: string,
  left: Bound,
  right: Bound,
  flags: Pick<Bound, 'loose' | 'aggregate' | 'nullable'>,
  line: number,
): Bound {
  const old = (type: SqlType): boolean => type.name === 'datetime' || type.name === 'smalldatetime';
  const clash = (): never =>
    familyOf(left.type) === 'datetime' && familyOf(right.type) === 'datetime'
      ? operator === '+' || operator === '-'
        ? operandInvalid(left.type, operatorWords[operator] ?? operator, line)
        : operandInvalid(left.type, operatorWords[operator] ?? operator, line)
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

/** The type that several results share (CASE, COALESCE, VALUES, UNION), and each of them converted to it. */
export function unify(
  binder: Binder,
  bounds: readonly Bound[],
  line: number,
): { type: SqlType; values: Bound[] } {
  const typed = bounds.filter((bound) => bound.untypedNull !== true);
  const first = typed[0];
  if (first === undefined) return { type: int, values: bounds.map((bound) => binder.cast(bound, int)) };
  let type = first.type;
  let digits = first.digits;
  for (const bound of typed.slice(1)) {
    type = commonType(type, bound.type, { a: digits, b: bound.digits });
    digits =
      type.name === 'int' && digits !== undefined && bound.digits !== undefined
        ? Math.max(digits, bound.digits)
        : undefined;
  }
  if (type.name === 'sysname') type = nvarchar(128);
  const values = bounds.map((bound) => {
    if (bound.undeclared !== undefined) binder.infer(bound, type);
    return binder.convert(bound, type, line);
  });
  return { type, values };
}

function bindSimpleCase(binder: Binder, scope: Scope, node: SimpleCase): Bound {
  const input = bindExpression(binder, scope, node.input);
  const conditions = node.branches.map(({ when }) => {
    const value = bindExpression(binder, scope, when);
    return { sql: compareSql(binder, '=', input, value, node.line), ...merge([input, value]) };
  });
  return caseOf(
    binder,
    scope,
    conditions,
    node.branches.map(({ then }) => then),
    node.otherwise,
    node.line,
  );
}

function bindSearchedCase(binder: Binder, scope: Scope, node: SearchedCase): Bound {
  const conditions = node.branches.map(({ when }) => bindPredicate(binder, scope, when));
  return caseOf(
    binder,
    scope,
    conditions,
    node.branches.map(({ then }) => then),
    node.otherwise,
    node.line,
  );
}

function caseOf(
  binder: Binder,
  scope: Scope,
  conditions: readonly { sql: string; loose: readonly string[]; aggregate?: boolean }[],
  results: readonly Expression[],
  otherwise: Expression | undefined,
  line: number,
): Bound {
  const bounds = results.map((result) => bindExpression(binder, scope, result));
  const last = otherwise === undefined ? undefined : bindExpression(binder, scope, otherwise);
  const all = last === undefined ? bounds : [...bounds, last];
  if (all.every((bound) => bound.untypedNull === true)) {
    raise(
      8133,
      'At least one of the result expressions in a CASE specification must be an expression other than the NULL constant.',
      line,
    );
  }
  const { type, values } = unify(binder, all, line);
  const branches = conditions.map((condition, i) => `WHEN ${condition.sql} THEN ${values[i]?.sql ?? 'NULL'}`);
  const end = last === undefined ? '' : ` ELSE ${values.at(-1)?.sql ?? 'NULL'}`;
  return {
    ...merge([...conditions, ...all]),
    sql: `(CASE ${branches.join(' ')}${end} END)`,
    type,
    nullable: last === undefined || all.some((bound) => bound.nullable),
  };
}

function bindCall(binder: Binder, scope: Scope, node: FunctionCall): Bound {
  const last = node.name.parts.at(-1);
  const name = last?.name.toUpperCase() ?? '';
  if (node.name.parts.length > 1) {
    const schema = foldName(node.name.parts.at(-2)?.name ?? '');
    if (schema !== 'sys') return bindUserFunction(binder, scope, node);
  }
  if (node.over !== undefined || isAggregateName(name) || node.withinGroup !== undefined) {
    return bindAggregateOrWindow(binder, scope, node, name);
  }
  const datePart = node.arguments[0];
  if (datePart !== undefined && datePart.kind === 'datePart') {
    const rest = node.arguments.slice(1).map((argument) => bindExpression(binder, scope, argument));
    return bindFunction(binder, name, rest, node.line, datePart.name);
  }
  const args = node.arguments.map((argument) => bindExpression(binder, scope, argument));
  return bindFunction(binder, name, args, node.line);
}

function bindUserFunction(binder: Binder, scope: Scope, node: FunctionCall): Bound {
  const parts = node.name.parts.map((part) => part.name);
  const found = binder.object(parts);
  if (found === undefined || found.type !== 'FN') {
    const prefix = parts.slice(0, -1).join('.');
    raise(
      4121,
      `Cannot find either column "${parts[0] ?? ''}" or the user-defined function or aggregate "${prefix}.${parts.at(-1) ?? ''}", or the name is ambiguous.`,
      node.line,
    );
  }
  binder.require('EXECUTE', found);
  const args = node.arguments.map((argument) =>
    argument.kind === 'default' ? undefined : bindExpression(binder, scope, argument),
  );
  const inlined = inlineScalar(binder, found, args, node.line);
  if (inlined === undefined) return unsupported(`user-defined function ${parts.join('.')}`, node.line);
  return { ...inlined, ...merge(args.filter((argument) => argument !== undefined)) };
}

/** The JSON text of a value, as FOR JSON and JSON_OBJECT write it. */
export function jsonText(binder: Binder, value: Bound): string {
  if (value.untypedNull === true) return "'null'::text";
  const text = (() => {
    if (value.json === true) return value.sql;
    if (value.type.name === 'bit') {
      return `(CASE ${binder.cast(plain(value), int).sql} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)`;
    }
    if (isNumeric(value.type))
      return binder.storage.cast(value.sql, value.type, { name: 'varchar', length: 50 });
    if (value.type.name === 'sql_variant') {
      const shown = binder.cast(plain(value), nvarchar(4000)).sql;
      const bare = `tsql.variant_base((${value.sql})::text) NOT IN ('char', 'varchar', 'nchar', 'nvarchar')`;
      return `(CASE WHEN ${bare} AND ${shown} ~ '^-?[0-9.]+$' THEN (${shown})::text ELSE replace(to_json(${shown})::text, '/', '\\/') END)`;
    }
    if (isBinary(value.type)) return `('"' || translate(encode(${value.sql}, 'base64'), E'\\n', '') || '"')`;
    const string = isCharacter(value.type)
      ? value.sql
      : familyOf(value.type) === 'datetime'
        ? binder.storage.cast(
            value.sql,
            value.type,
            { name: 'varchar', length: 40 },
            { style: value.type.name === 'datetimeoffset' ? '127' : '126' },
          )
        : binder.storage.cast(value.sql, value.type, nvarchar(4000));
    return `replace(to_json(${string})::text, '/', '\\/')`;
  })();
  return `coalesce(${text}, 'null')`;
}
