// Conversions to and from sql_variant: what goes in keeps its type, what comes out is converted from that type.
import type { SqlType } from '../../contract.ts';
import { variantMark, variantType } from '../../tds/variant.ts';
import type { CastOptions, castSql } from './convert.ts';
import { isBytes, isDate, isExact, isFloat, isInteger, isMoney, isTextType, lengthOf } from './pgTypes.ts';

const wide: SqlType = { name: 'nvarchar', length: -1 };

/** `cast` is castSql, which calls this. */
export function toVariant(sql: string, from: SqlType, cast: typeof castSql): string {
  const value = `(${sql})`;
  const text = isTextType(from)
    ? `${value}::text`
    : isBytes(from)
      ? `upper(encode(${value}, 'hex'))`
      : isFloat(from)
        ? `${value}::text`
        : cast(sql, from, wide, isMoney(from) ? { style: '2' } : isDate(from) ? { style: '121' } : {});
  return `('${variantMark}${variantType(from)}${variantMark}' || ${text})::bpchar`;
}

export function fromVariant(sql: string, to: SqlType, options: CastOptions, cast: typeof castSql): string {
  const value = `(${sql})::text`;
  const text = `tsql.variant_text(${value})`;
  const base = `tsql.variant_base(${value})`;
  const plain = cast(text, wide, to, options);
  if (isBytes(to)) {
    const bytes = `tsql.cut_bytes(decode(${text}, 'hex'), ${String(to.name === 'binary')}, ${String(lengthOf(to))})`;
    return `(CASE WHEN ${base} IN ('binary', 'varbinary') THEN ${bytes} ELSE ${plain} END)`;
  }
  if (isInteger(to) || to.name === 'bit' || isExact(to) || isMoney(to) || isFloat(to)) {
    const number = cast(`${text}::numeric`, { name: 'numeric', precision: 38, scale: 10 }, to, options);
    return `(CASE WHEN ${base} IN ('bit', 'tinyint', 'smallint', 'int', 'bigint', 'decimal', 'numeric', 'money', 'smallmoney', 'real', 'float') THEN ${number} ELSE ${plain} END)`;
  }
  return plain;
}
