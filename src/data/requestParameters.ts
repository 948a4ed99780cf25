// Turns parameters into what tedious sends: exact values travel as text and become their type on the server.
import { TYPES, type Request } from 'tedious';
import { quoteName } from '../core/names.ts';
import { AppError } from '../core/errors.ts';
import type { Cell, Parameter, SqlStatement } from '../core/ports.ts';

type DriverType = (typeof TYPES)[keyof typeof TYPES];

interface Prepared {
  name: string;
  type: DriverType;
  value: unknown;
  options?: { length?: number; precision?: number; scale?: number };
}

const plainTypes: Record<string, DriverType> = {
  bit: TYPES.Bit,
  tinyint: TYPES.TinyInt,
  smallint: TYPES.SmallInt,
  int: TYPES.Int,
  float: TYPES.Float,
  real: TYPES.Real,
  uniqueidentifier: TYPES.UniqueIdentifier,
};
const sizedTypes: Record<string, DriverType> = {
  char: TYPES.Char,
  varchar: TYPES.VarChar,
  nchar: TYPES.NChar,
  nvarchar: TYPES.NVarChar,
  binary: TYPES.Binary,
  varbinary: TYPES.VarBinary,
};
/** What tedious' (max) types take as length. */
const max = 65_535;
/** CONVERT style that reads ISO dates whatever the session's language (Learn, CAST and CONVERT). */
const dateStyle = 121;
const dateTypes = new Set(['date', 'time', 'datetime', 'smalldatetime', 'datetime2', 'datetimeoffset']);

/**
 * The statement's text and parameters as they are sent. A value that JavaScript or tedious would round (decimal, money, bigint,
 * dates as text, xml, sql_variant) goes as nvarchar under another name and is converted in front of the statement, on its first
 * line, so that line numbers stay.
 * @throws AppError invalidInput for a type or value that cannot be sent
 */
export function prepareParameters(statement: SqlStatement): { text: string; parameters: Prepared[] } {
  const prepared: Prepared[] = [];
  const taken = new Set((statement.parameters ?? []).map(({ name }) => name.toLowerCase()));
  let declarations = '';
  for (const parameter of statement.parameters ?? []) {
    const direct = directly(parameter);
    if (direct !== undefined) {
      prepared.push(direct);
      continue;
    }
    const sqlType = checkedType(parameter);
    let shadow = `${parameter.name}__text`;
    while (taken.has(shadow.toLowerCase())) shadow += '_';
    taken.add(shadow.toLowerCase());
    prepared.push(unicode(shadow, exactText(parameter.value)));
    const style = dateTypes.has(baseOf(sqlType)) ? `, ${dateStyle}` : '';
    declarations += `DECLARE @${parameter.name} ${sqlType} = CONVERT(${sqlType}, @${shadow}${style}); `;
  }
  return { text: declarations + statement.text, parameters: prepared };
}

export function addParameters(request: Request, parameters: readonly Prepared[]): void {
  for (const { name, type, value, options } of parameters) request.addParameter(name, type, value, options);
}

/** How a parameter goes without conversion; undefined when it has to go as text. */
function directly({ name, value, sqlType }: Parameter): Prepared | undefined {
  if (!/^[\p{L}_][\p{L}\p{N}_@$#]*$/u.test(name)) {
    throw new AppError('invalidInput', `"@${name}" is not the name of a parameter.`);
  }
  if (sqlType === undefined) return inferred(name, value);
  const base = baseOf(sqlType);
  const plain = plainTypes[base];
  if (plain !== undefined) {
    if (typeof value !== 'string' || base === 'uniqueidentifier') return { name, type: plain, value };
    return undefined;
  }
  const sized = sizedTypes[base];
  if (sized === undefined) return undefined;
  // A varchar parameter would be encoded by the connection's code page here; as nvarchar the server converts by the column's.
  if (typeof value === 'string' && (base === 'varchar' || base === 'char')) return undefined;
  if (base.endsWith('binary') && typeof value === 'string') {
    throw new AppError('invalidInput', `@${name} needs bytes, not text.`);
  }
  const inside = /\(\s*(\d+|max)\s*\)/i.exec(sqlType)?.[1]?.toLowerCase();
  const length = inside === undefined ? undefined : inside === 'max' ? max : Number(inside);
  return {
    name,
    type: sized,
    value: value instanceof Uint8Array ? Buffer.from(value) : value,
    ...(length === undefined ? {} : { options: { length } }),
  };
}

function inferred(name: string, value: Cell): Prepared {
  switch (typeof value) {
    case 'boolean':
      return { name, type: TYPES.Bit, value };
    case 'bigint':
      return { name, type: TYPES.BigInt, value: value.toString() };
    case 'number':
      if (!Number.isInteger(value)) return { name, type: TYPES.Float, value };
      if (Math.abs(value) <= 0x7fff_ffff) return { name, type: TYPES.Int, value };
      return Number.isSafeInteger(value)
        ? { name, type: TYPES.BigInt, value: String(value) }
        : { name, type: TYPES.Float, value };
    case 'string':
      return unicode(name, value);
    default:
      if (value instanceof Date) return { name, type: TYPES.DateTime2, value };
      if (value instanceof Uint8Array) return { name, type: TYPES.VarBinary, value: Buffer.from(value) };
      return unicode(name, null);
  }
}

/** One length for all: the length of each value would be another declaration and another cached plan each time. */
function unicode(name: string, value: string | null): Prepared {
  return { name, type: TYPES.NVarChar, value, options: { length: (value?.length ?? 0) > 4000 ? max : 4000 } };
}

function baseOf(sqlType: string): string {
  return /^\s*\[?(\w+)/.exec(sqlType)?.[1]?.toLowerCase() ?? '';
}

/** The type goes into the statement's text, so it has to look like a type and like nothing else. */
function checkedType({ name, sqlType }: Parameter): string {
  const text = (sqlType ?? '').trim();
  const known = /^[a-z_]\w*(\s*\(\s*(max|\d{1,4})(\s*,\s*\d{1,2})?\s*\))?$/i.exec(text);
  if (known !== null) return text;
  const parts = /^\[?([^[\]]+)\]?\.\[?([^[\]]+)\]?$/.exec(text);
  if (parts?.[1] !== undefined && parts[2] !== undefined)
    return `${quoteName(parts[1])}.${quoteName(parts[2])}`;
  throw new AppError('invalidInput', `"${text}" is not a type for @${name}.`);
}

function exactText(value: Cell): string | null {
  if (value === null || typeof value === 'string') return value;
  if (value instanceof Date) {
    const below =
      'nanosecondsDelta' in value && typeof value.nanosecondsDelta === 'number'
        ? Math.round(value.nanosecondsDelta * 1e7)
        : 0;
    const iso = value.toISOString().replace('T', ' ').replace('Z', '');
    return `${iso}${String(below).padStart(4, '0')}`;
  }
  if (value instanceof Uint8Array) {
    throw new AppError('invalidInput', 'Bytes can only go into binary and varbinary parameters.');
  }
  if (typeof value === 'boolean') return value ? '1' : '0';
  return String(value);
}
