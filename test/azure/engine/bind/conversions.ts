// What values become where a place asks for a type: CAST and CONVERT, a function's text argument, and results that share one type.
import type { SqlType } from '../../contract.ts';
import type { Binder } from './binder.ts';
import { merge } from './binder.ts';
import { plain } from './bound.ts';
import type { Bound } from './bound.ts';
import { int, nvarchar } from './literals.ts';
import { raise } from './raise.ts';
import { commonType, conversion, isBinary, isCharacter, typeWord } from './sqlTypes.ts';

/** CAST and CONVERT, and with `attempt` TRY_CAST and TRY_CONVERT. @throws SqlError 529. */
export function explicitCast(
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

/** The type without padding that functions of a text answer with. */
export function varyingOf(type: SqlType): SqlType {
  if (type.name === 'char') return { ...type, name: 'varchar' };
  if (type.name === 'nchar') return { ...type, name: 'nvarchar' };
  if (type.name === 'sysname') return nvarchar(128);
  if (type.name === 'text') return { name: 'varchar', length: -1 };
  if (type.name === 'ntext') return nvarchar(-1);
  return type;
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
