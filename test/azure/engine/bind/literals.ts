// Literals: their T-SQL type by the way they are written, and their PostgreSQL text.
import type { SqlType } from '../../contract.ts';
import { nulStandIn } from '../catalog/codePage.ts';
import type { BinaryLiteral, NumberLiteral, StringLiteral } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import type { Bound } from './bound.ts';
import { raise } from './raise.ts';

export const int: SqlType = { name: 'int' };
export const bigint: SqlType = { name: 'bigint' };
export const bit: SqlType = { name: 'bit' };
export const float: SqlType = { name: 'float' };
export const datetime: SqlType = { name: 'datetime' };
export const nvarchar = (length: number): SqlType => ({ name: 'nvarchar', length });
export const varchar = (length: number): SqlType => ({ name: 'varchar', length });

/** A PostgreSQL string constant. NUL cannot be held by PostgreSQL's text: it becomes its stand-in. */
export function quote(text: string): string {
  const held = text.replaceAll('\u0000', nulStandIn);
  return `'${held.replaceAll("'", "''")}'`;
}

export function bindNumber(node: NumberLiteral): Bound {
  const text = node.text === '' ? '0' : node.text.replaceAll(',', '');
  switch (node.form) {
    case 'integer': {
      const digits = text.replace(/^0+(?=\d)/u, '');
      if (digits.length < 10 || (digits.length === 10 && Number(digits) <= 2147483647)) {
        return {
          sql: digits,
          type: int,
          nullable: false,
          literal: Number(digits),
          digits: digits.length,
          loose: [],
        };
      }
      if (digits.length > 38) tooWide(text, node.line);
      return {
        sql: `${digits}::numeric`,
        type: { name: 'numeric', precision: digits.length, scale: 0 },
        nullable: false,
        literal: digits,
        loose: [],
      };
    }
    case 'decimal': {
      const [whole = '', fraction = ''] = text.split('.');
      const integral = whole.replace(/^0+/u, '');
      const precision = Math.max(1, integral.length + fraction.length);
      if (precision > 38) tooWide(text, node.line);
      return {
        sql:
          `${integral === '' ? '0' : integral}.${fraction === '' ? '' : fraction}`.replace(/\.$/u, '') +
          '::numeric',
        type: { name: 'numeric', precision, scale: fraction.length },
        nullable: false,
        literal: text,
        loose: [],
      };
    }
    case 'float':
      return {
        sql: `${quote(text.replace(/[eE]([+-]?)$/u, 'e$10'))}::float8`,
        type: float,
        nullable: false,
        literal: text,
        loose: [],
      };
    case 'money':
      return {
        sql: `(${quote(text)}::numeric(19,4))`,
        type: { name: 'money' },
        nullable: false,
        literal: text,
        loose: [],
      };
  }
}

function tooWide(text: string, line: number): never {
  raise(
    1007,
    `The number '${text}' is out of the range for numeric representation (maximum precision 38).`,
    line,
    15,
  );
}

export function bindString(binder: Binder, node: StringLiteral): Bound {
  const value = node.national ? node.value : binder.storage.codePage(node.value);
  const limit = node.national ? 4000 : 8000;
  const length = value.length > limit ? -1 : Math.max(1, value.length);
  return {
    sql: `${quote(value)}::text`,
    type: node.national ? nvarchar(length) : varchar(length),
    nullable: false,
    literal: value,
    loose: [],
  };
}

export function bindBinary(node: BinaryLiteral): Bound {
  const bytes = node.hex.length / 2;
  return {
    sql: `'\\x${node.hex}'::bytea`,
    type: { name: 'varbinary', length: bytes > 8000 ? -1 : Math.max(1, bytes) },
    nullable: false,
    loose: [],
  };
}
