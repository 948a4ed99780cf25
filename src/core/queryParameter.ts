// Values that a person types for the parameters of a query: which types there are, what is valid, and what is sent.
import { cellText } from './gridCell.ts';
import type { Cell, Parameter, SqlStatement } from './ports.ts';

export interface QueryParameter {
  /** Without '@'. */
  name: string;
  /** As T-SQL writes it; what the server suggested, or what the person chose. */
  sqlType: string;
  /** True when the server could not tell the type: the person is asked for it too. */
  guessed: boolean;
}

/** Offered when the server cannot tell a parameter's type. */
export const offeredTypes: readonly string[] = [
  'nvarchar(4000)',
  'int',
  'bigint',
  'decimal(18, 4)',
  'float',
  'bit',
  'date',
  'datetime2(7)',
  'datetimeoffset(7)',
  'time(7)',
  'uniqueidentifier',
  'varchar(8000)',
  'nvarchar(max)',
  'varbinary(max)',
];

/** Learn: sp_describe_undeclared_parameters. Works only for a single statement; otherwise it answers with an error. */
export function describeParameters(batch: string): SqlStatement {
  return {
    text: 'EXEC sys.sp_describe_undeclared_parameters @tsql = @batch;',
    parameters: [{ name: 'batch', value: batch, sqlType: 'nvarchar(max)' }],
  };
}

/** What a typed text means: a value, or why it is none. */
export type Typed = { ok: true; value: Cell } | { ok: false; problem: string };

const value = (cell: Cell): Typed => ({ ok: true, value: cell });
const problem = (text: string): Typed => ({ ok: false, problem: text });

const integers: Record<string, [bigint, bigint]> = {
  tinyint: [0n, 255n],
  smallint: [-32768n, 32767n],
  int: [-2147483648n, 2147483647n],
  bigint: [-9223372036854775808n, 9223372036854775807n],
};

/**
 * The word NULL, in any case, is NULL for every type; 'NULL' in single quotes is that text. Decimals stay texts so that no
 * digit is lost; dates and times are read as the fields the server is to hold, in ISO form.
 */
export function parseParameter(text: string, sqlType: string): Typed {
  if (/^null$/i.test(text.trim())) return value(null);
  const base = /^[a-z0-9]+/i.exec(sqlType)?.[0].toLowerCase() ?? '';
  const range = integers[base];
  if (range) return parseInteger(text.trim(), base, range);
  switch (base) {
    case 'bit':
      return parseBit(text.trim());
    case 'decimal':
    case 'numeric':
    case 'money':
    case 'smallmoney':
      return parseDecimal(text.trim(), sqlType, base);
    case 'float':
    case 'real':
      return parseFloating(text.trim(), base);
    case 'date':
    case 'datetime':
    case 'datetime2':
    case 'smalldatetime':
    case 'datetimeoffset':
      return parseDate(text.trim(), base);
    case 'time':
      return parseTime(text.trim());
    case 'uniqueidentifier':
      return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text.trim())
        ? value(text.trim())
        : problem('A GUID is needed, like 6f9619ff-8b86-d011-b42d-00c04fc964ff.');
    case 'binary':
    case 'varbinary':
    case 'image':
    case 'timestamp':
    case 'rowversion':
      return parseBinary(text.trim());
    default:
      return parseText(text, sqlType);
  }
}

/** How a value reads in the input box the next time. */
export function typedText(cell: Cell, sqlType: string): string {
  const baseType = /^[a-z0-9]+/i.exec(sqlType)?.[0].toLowerCase() ?? '';
  if (cell === null) return 'NULL';
  if (typeof cell === 'string') return /^\s*'*null'*\s*$/i.test(cell) ? `'${cell}'` : cell;
  if (typeof cell === 'boolean') return cell ? '1' : '0';
  if (cell instanceof Date) return cellText(cell, { sqlType, baseType }) ?? '';
  if (cell instanceof Uint8Array)
    return cellText(cell, { sqlType: 'varbinary(max)', baseType: 'varbinary' }) ?? '';
  return String(cell);
}

export function boundParameter(parameter: QueryParameter, cell: Cell): Parameter {
  return { name: parameter.name, value: cell, sqlType: parameter.sqlType };
}

function parseInteger(text: string, base: string, [least, most]: [bigint, bigint]): Typed {
  if (!/^[+-]?\d+$/.test(text)) return problem(`A whole number is needed for ${base}.`);
  const number = BigInt(text.replace(/^\+/, ''));
  if (number < least || number > most) return problem(`${base} holds ${least} to ${most}.`);
  return value(base === 'bigint' ? number : Number(number));
}

function parseBit(text: string): Typed {
  if (/^(1|true)$/i.test(text)) return value(true);
  if (/^(0|false)$/i.test(text)) return value(false);
  return problem('A bit is 1, 0, true or false.');
}

function parseDecimal(text: string, sqlType: string, base: string): Typed {
  const match = /^[+-]?(\d*)(?:\.(\d*))?$/.exec(text);
  const whole = match?.[1] ?? '';
  const fraction = match?.[2] ?? '';
  if (!match || whole + fraction === '') return problem(`A number like 12.34 is needed for ${base}.`);
  const inside = /\((\d+)(?:\s*,\s*(\d+))?\)/.exec(sqlType);
  if (inside) {
    const scale = Number(inside[2] ?? 0);
    const room = Number(inside[1]) - scale;
    if (whole.replace(/^0+/, '').length > room)
      return problem(`${sqlType} has room for ${room} digits before the point.`);
    if (fraction.replace(/0+$/, '').length > scale)
      return problem(`${sqlType} keeps ${scale} digits after the point.`);
  }
  return value(text.replace(/^\+/, ''));
}

function parseFloating(text: string, base: string): Typed {
  const number = Number(text);
  if (text === '' || !Number.isFinite(number)) return problem(`A number like 1.5e3 is needed for ${base}.`);
  return value(number);
}

const day = /^(\d{4})-(\d{2})-(\d{2})/;
const clock = /(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?/;

function parseDate(text: string, base: string): Typed {
  const parts = new RegExp(`${day.source}(?:[ T]${clock.source})?(?:\\s*(Z|[+-]\\d{2}:\\d{2}))?$`).exec(text);
  const form = base === 'date' ? '2026-01-31' : '2026-01-31 23:59:59.123';
  if (!parts) return problem(`A date like ${form} is needed for ${base}.`);
  const [, year, month, dayOfMonth, hour, minute, second, fraction, zone] = parts;
  if (zone !== undefined && base !== 'datetimeoffset')
    return problem(`${base} has no time zone: leave "${zone}" out.`);
  const date = dateOf(
    [Number(year), Number(month), Number(dayOfMonth)],
    [Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)],
    fraction ?? '',
  );
  if (!date) return problem('There is no such date or time.');
  if (zone !== undefined && zone !== 'Z') {
    const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
    date.setTime(date.getTime() - (zone.startsWith('-') ? -minutes : minutes) * 60_000);
  }
  return value(date);
}

function parseTime(text: string): Typed {
  const parts = new RegExp(`^${clock.source}$`).exec(text);
  if (!parts) return problem('A time like 23:59:59.123 is needed.');
  const [, hour, minute, second, fraction] = parts;
  const date = dateOf([1970, 1, 1], [Number(hour), Number(minute), Number(second ?? 0)], fraction ?? '');
  return date ? value(date) : problem('There is no such time.');
}

/** undefined for fields out of range, which Date would carry over into the next unit. */
function dateOf(
  [year, month, dayOfMonth]: [number, number, number],
  [hour, minute, second]: [number, number, number],
  fraction: string,
): (Date & { nanosecondsDelta?: number }) | undefined {
  const ticks = Number(fraction.padEnd(7, '0'));
  const date: Date & { nanosecondsDelta?: number } = new Date(0);
  date.setUTCFullYear(year, month - 1, dayOfMonth);
  date.setUTCHours(hour, minute, second, Math.floor(ticks / 10_000));
  const kept =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === dayOfMonth && date.getUTCHours() === hour;
  if (!kept || year < 1 || minute > 59 || second > 59) return undefined;
  if (ticks % 10_000 > 0) date.nanosecondsDelta = (ticks % 10_000) / 1e7;
  return date;
}

function parseBinary(text: string): Typed {
  const hex = /^0x((?:[0-9a-f]{2})*)$/i.exec(text)?.[1];
  if (hex === undefined) return problem('Bytes in hexadecimal are needed, like 0x00FF.');
  return value(Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));
}

function parseText(text: string, sqlType: string): Typed {
  const unquoted = /^'(\s*'*null'*\s*)'$/i.exec(text)?.[1] ?? text;
  const most = /\((\d+)\)/.exec(sqlType)?.[1];
  if (most !== undefined && unquoted.length > Number(most)) {
    return problem(`${sqlType} holds ${most} characters, this is ${unquoted.length}.`);
  }
  return value(unquoted);
}
