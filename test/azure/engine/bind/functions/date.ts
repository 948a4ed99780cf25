// Date and time functions. They work on PostgreSQL timestamps; the session's clock is a parameter, so that tests can set it.
import type { SqlType } from '../../../contract.ts';
import type { Bound } from '../bound.ts';
import { bigint, int, nvarchar, quote } from '../literals.ts';
import { raise, unsupported } from '../raise.ts';
import { familyOf, isCharacter, typeWord } from '../sqlTypes.ts';
import type { Call, FunctionTable } from './call.ts';
import { entry } from './call.ts';

const parts: Record<string, string> = {
  year: 'year',
  yy: 'year',
  yyyy: 'year',
  quarter: 'quarter',
  qq: 'quarter',
  q: 'quarter',
  month: 'month',
  mm: 'month',
  m: 'month',
  dayofyear: 'dayofyear',
  dy: 'dayofyear',
  y: 'dayofyear',
  day: 'day',
  dd: 'day',
  d: 'day',
  week: 'week',
  wk: 'week',
  ww: 'week',
  weekday: 'weekday',
  dw: 'weekday',
  w: 'weekday',
  hour: 'hour',
  hh: 'hour',
  minute: 'minute',
  mi: 'minute',
  n: 'minute',
  second: 'second',
  ss: 'second',
  s: 'second',
  millisecond: 'millisecond',
  ms: 'millisecond',
  microsecond: 'microsecond',
  mcs: 'microsecond',
  nanosecond: 'nanosecond',
  ns: 'nanosecond',
  tzoffset: 'tzoffset',
  tz: 'tzoffset',
  iso_week: 'iso_week',
  isowk: 'iso_week',
  isoww: 'iso_week',
};

const smalldatetime: SqlType = { name: 'smalldatetime' };
const datetime: SqlType = { name: 'datetime' };
const datetime2 = (scale = 7): SqlType => ({ name: 'datetime2', scale });

function partOf(call: Call): string {
  const part = parts[call.datePart ?? ''];
  if (part === undefined) {
    return raise(
      155,
      `'${call.datePart ?? ''}' is not a recognized ${call.name.toLowerCase()} option.`,
      call.line,
      15,
    );
  }
  return part;
}

/** Result type of DATEADD and DATETRUNC: the argument's, datetime for a string (datetime2 for DATETRUNC). */
function own(call: Call, i: number): SqlType {
  const bound = call.arg(i);
  if (familyOf(bound.type) === 'datetime' && bound.untypedNull !== true) return bound.type;
  return call.name === 'DATETRUNC' ? datetime2() : datetime;
}

const units: Record<string, string> = {
  year: 'year',
  month: 'month',
  dayofyear: 'day',
  day: 'day',
  weekday: 'day',
  week: 'week',
  hour: 'hour',
  minute: 'minute',
  second: 'second',
  millisecond: 'millisecond',
  microsecond: 'microsecond',
};

function dateAdd(call: Call): Bound {
  const part = partOf(call);
  const number = call.big(0);
  const source = call.timestamp(1);
  const type = own(call, 1);
  const { storage } = call.binder;
  const unit = part === 'quarter' || part === 'nanosecond' ? 'month' : units[part];
  const clock = ['hour', 'minute', 'second', 'millisecond', 'microsecond', 'nanosecond'].includes(part);
  if (unit === undefined || (type.name === 'date' && clock)) {
    return raise(
      9810,
      `The datepart ${part} is not supported by date function dateadd for data type ${typeWord(type)}.`,
      call.line,
    );
  }
  const moved = `(${source.sql} + ${part === 'quarter' ? `(${number} * 3) * interval '1 month'` : `${number} * interval '1 ${unit}'`})`;
  // What a timestamp has no room for is put back: the seventh digit, and nanoseconds by the hundred.
  const kept = `${call.ticks(1)} % 10`;
  const ticks =
    part === 'nanosecond'
      ? `${call.ticks(1)} + round(${number} / 100.0)::int8`
      : `tsql.to_ticks(${moved}) + ${kept}`;
  const original = call.arg(1).sql;
  const sql = ['time', 'datetime2', 'datetimeoffset'].includes(type.name)
    ? storage.fromTicks(ticks, type, original)
    : storage.fromTimestamp(part === 'nanosecond' ? `tsql.from_ticks(${ticks})` : moved, type, original);
  return call.result(sql, type, true);
}

function difference(call: Call, type: SqlType): Bound {
  const part = partOf(call);
  const a = call.timestamp(0).sql;
  const b = call.timestamp(1).sql;
  const whole = (unit: string, seconds: string): string =>
    `(extract(epoch from (date_trunc('${unit}', ${b}) - date_trunc('${unit}', ${a}))) / ${seconds})`;
  const field = (name: string, sql: string): string => `extract(${name} from ${sql})`;
  const days = `(${b}::date - ${a}::date)`;
  const week = (sql: string): string => `floor((${sql}::date - date '1899-12-31') / 7.0)`;
  const formulas: Record<string, string> = {
    year: `(${field('year', b)} - ${field('year', a)})`,
    quarter: `((${field('year', b)} - ${field('year', a)}) * 4 + ${field('quarter', b)} - ${field('quarter', a)})`,
    month: `((${field('year', b)} - ${field('year', a)}) * 12 + ${field('month', b)} - ${field('month', a)})`,
    dayofyear: days,
    day: days,
    weekday: days,
    week: `(${week(b)} - ${week(a)})`,
    iso_week: `(floor((${b}::date - date '1900-01-01') / 7.0) - floor((${a}::date - date '1900-01-01') / 7.0))`,
    hour: whole('hour', '3600'),
    minute: whole('minute', '60'),
    second: whole('second', '1'),
    millisecond: `(extract(epoch from (date_trunc('milliseconds', ${b}) - date_trunc('milliseconds', ${a}))) * 1000)`,
    microsecond: `(extract(epoch from (${b} - ${a})) * 1000000)`,
    nanosecond: `((${call.ticks(1)} - ${call.ticks(0)})::numeric * 100)`,
  };
  const formula = formulas[part];
  if (formula === undefined) {
    return raise(9806, `The datepart ${part} is not supported by date function datediff.`, call.line);
  }
  // The server's own error for a difference too large is 535, not 8115.
  return call.result(
    call.binder.storage.cast(
      `trunc((${formula})::numeric)`,
      { name: 'numeric', precision: 38, scale: 0 },
      type,
    ),
    type,
  );
}

function datePart(call: Call): Bound {
  const part = partOf(call);
  if (part === 'tzoffset') {
    if (call.arg(0).type.name !== 'datetimeoffset') return call.result('0', int);
    return call.result(call.binder.storage.offsetMinutes(call.arg(0).sql), int);
  }
  return call.result(`(${partSql(call, part, call.timestamp(0).sql, call.ticks(0))})::int`, int);
}

function partSql(call: Call, part: string, source: string, ticks: string): string {
  const first = String(call.binder.input.settings.dateFirst);
  switch (part) {
    case 'dayofyear':
      return `extract(doy from ${source})`;
    case 'weekday':
      // DATEFIRST 7 is Sunday = 1.
      return `((extract(isodow from ${source})::int - ${first} + 7) % 7 + 1)`;
    case 'week':
      return `(ceil((extract(doy from ${source}) + ((extract(isodow from date_trunc('year', ${source}))::int - ${first} + 7) % 7)) / 7.0))`;
    case 'iso_week':
      return `extract(week from ${source})`;
    case 'second':
      return `trunc(extract(second from ${source}))`;
    case 'millisecond':
      return `trunc(extract(milliseconds from ${source}) % 1000)`;
    case 'microsecond':
      return `(extract(microseconds from ${source}) % 1000000)`;
    case 'nanosecond':
      return `(${ticks} % 10000000 * 100)`;
    default:
      return `extract(${part} from ${source})`;
  }
}

function dateName(call: Call): Bound {
  const part = partOf(call);
  const source = call.timestamp(0).sql;
  const text =
    part === 'month'
      ? `to_char(${source}, 'FMMonth')`
      : part === 'weekday'
        ? `to_char(${source}, 'FMDay')`
        : `((${partSql(call, part, source, call.ticks(0))})::int)::text`;
  return call.result(text, nvarchar(30));
}

function truncate(call: Call): Bound {
  const part = partOf(call);
  const type = own(call, 0);
  const source = call.timestamp(0).sql;
  const first = String(call.binder.input.settings.dateFirst);
  const pg: Record<string, string> = {
    year: 'year',
    quarter: 'quarter',
    month: 'month',
    day: 'day',
    dayofyear: 'day',
    iso_week: 'week',
    hour: 'hour',
    minute: 'minute',
    second: 'second',
    millisecond: 'milliseconds',
    microsecond: 'microseconds',
  };
  const sql =
    part === 'week'
      ? `(date_trunc('day', ${source}) - ((extract(isodow from ${source})::int - ${first} + 7) % 7) * interval '1 day')`
      : pg[part] === undefined
        ? raise(
            9810,
            `The datepart ${part} is not supported by date function datetrunc for data type ${typeWord(type)}.`,
            call.line,
          )
        : `date_trunc('${pg[part]}', ${source})`;
  return call.result(call.binder.storage.fromTimestamp(sql, type, call.arg(0).sql), type);
}

const now = (name: string, type: SqlType): [number, number, (call: Call) => Bound] => [
  0,
  0,
  (call) => call.binder.session(name, type, false),
];

function fromParts(call: Call, fields: number, type: SqlType, milliseconds = false): Bound {
  const value = (i: number): string => (fields > i ? call.integer(i) : '0');
  const seconds = milliseconds ? `(${value(5)} + ${call.integer(6)} / 1000.0)` : value(5);
  return call.result(
    call.binder.storage.fromTimestamp(
      `make_timestamp(${value(0)}, ${value(1)}, ${value(2)}, ${value(3)}, ${value(4)}, (${seconds})::float8)`,
      type,
    ),
    type,
  );
}

/** … with a fraction counted in units of the precision, the last argument: 1 and 7 are 100 ns. */
function fromPartsAndFraction(call: Call, name: 'time' | 'datetime2', whole: string): Bound {
  const precision = call.arg(call.args.length - 1).literal;
  const scale = typeof precision === 'number' ? precision : 7;
  const type: SqlType = { name, scale };
  const fraction = `${call.big(call.args.length - 2)} * ${String(10 ** (7 - scale))}`;
  return call.result(call.binder.storage.fromTicks(`(tsql.to_ticks(${whole}) + ${fraction})`, type), type);
}

export const dateFunctions: FunctionTable = {
  GETDATE: entry(...now('GETDATE', datetime)),
  GETUTCDATE: entry(...now('GETDATE', datetime)),
  SYSDATETIME: entry(...now('SYSDATETIME', datetime2())),
  SYSUTCDATETIME: entry(...now('SYSDATETIME', datetime2())),
  SYSDATETIMEOFFSET: entry(...now('SYSDATETIMEOFFSET', { name: 'datetimeoffset', scale: 7 })),
  DATEADD: entry(3, 3, dateAdd),
  DATEDIFF: entry(3, 3, (call) => difference(call, int)),
  DATEDIFF_BIG: entry(3, 3, (call) => difference(call, bigint)),
  DATEPART: entry(2, 2, datePart),
  DATENAME: entry(2, 2, dateName),
  DATETRUNC: entry(2, 2, truncate),
  YEAR: entry(1, 1, (call) => call.result(`extract(year from ${call.timestamp(0).sql})::int`, int)),
  MONTH: entry(1, 1, (call) => call.result(`extract(month from ${call.timestamp(0).sql})::int`, int)),
  DAY: entry(1, 1, (call) => call.result(`extract(day from ${call.timestamp(0).sql})::int`, int)),
  EOMONTH: entry(1, 2, (call) => {
    const months = call.has(1) ? `(${call.integer(1)} + 1)` : '1';
    return call.result(
      `(date_trunc('month', ${call.timestamp(0).sql}) + ${months} * interval '1 month' - interval '1 day')::date`,
      { name: 'date' },
      true,
    );
  }),
  DATEFROMPARTS: entry(3, 3, (call) =>
    call.result(`make_date(${call.integer(0)}, ${call.integer(1)}, ${call.integer(2)})`, { name: 'date' }),
  ),
  TIMEFROMPARTS: entry(5, 5, (call) =>
    fromPartsAndFraction(
      call,
      'time',
      `make_timestamp(1900, 1, 1, ${call.integer(0)}, ${call.integer(1)}, ${call.integer(2)}::float8)`,
    ),
  ),
  DATETIMEFROMPARTS: entry(7, 7, (call) => fromParts(call, 6, datetime, true)),
  SMALLDATETIMEFROMPARTS: entry(5, 5, (call) => fromParts(call, 5, smalldatetime)),
  DATETIME2FROMPARTS: entry(8, 8, (call) => {
    const parts = [0, 1, 2, 3, 4, 5].map((i) => call.integer(i)).join(', ');
    return fromPartsAndFraction(call, 'datetime2', `make_timestamp(${parts}::float8)`);
  }),
  ISDATE: entry(1, 1, (call) => {
    const text = call.text(0);
    return call.result(
      `(CASE WHEN ${call.binder.storage.cast(text.sql, text.type, datetime, { attempt: true })} IS NULL THEN 0 ELSE 1 END)`,
      int,
      false,
    );
  }),
  SWITCHOFFSET: entry(2, 2, (call) => {
    const type: SqlType = { name: 'datetimeoffset', scale: call.arg(0).type.scale ?? 7 };
    return call.result(call.binder.storage.switchOffset(call.as(0, type), offset(call, 1)), type);
  }),
  TODATETIMEOFFSET: entry(2, 2, (call) => {
    const type: SqlType = { name: 'datetimeoffset', scale: call.arg(0).type.scale ?? 7 };
    return call.result(call.binder.storage.withOffset(call.ticks(0), offset(call, 1), type), type);
  }),
  AT_TIME_ZONE: entry(2, 2, (call) => {
    const source = call.arg(0);
    const type: SqlType = { name: 'datetimeoffset', scale: source.type.scale ?? 7 };
    if (familyOf(source.type) !== 'datetime' || source.type.name === 'date' || source.type.name === 'time') {
      raise(
        8116,
        `Argument data type ${typeWord(source.type)} is invalid for argument 1 of AT TIME ZONE function.`,
        call.line,
      );
    }
    const zone = call.arg(1).literal;
    if (typeof zone !== 'string') return unsupported('AT TIME ZONE with a computed zone', call.line);
    const iana = windowsZones[zone.toLowerCase()];
    if (iana === undefined) {
      return raise(
        9820,
        `The time zone parameter '${zone}' provided to AT TIME ZONE clause is invalid.`,
        call.line,
      );
    }
    return call.result(call.binder.storage.atZone(source.sql, source.type, quote(iana), type), type);
  }),
};

function offset(call: Call, i: number): string {
  const bound = call.arg(i);
  if (isCharacter(bound.type)) {
    const text = call.text(i).sql;
    return `((CASE WHEN left(${text}, 1) = '-' THEN -1 ELSE 1 END) * (substring(${text} from 2 for 2)::int * 60 + substring(${text} from 5 for 2)::int))`;
  }
  return call.integer(i);
}

/** The zones of sys.time_zone_info that programs use most, by CLDR's mapping. */
const windowsZones: Record<string, string> = {
  utc: 'UTC',
  'gmt standard time': 'Europe/London',
  'w. europe standard time': 'Europe/Berlin',
  'central europe standard time': 'Europe/Budapest',
  'romance standard time': 'Europe/Paris',
  'central european standard time': 'Europe/Warsaw',
  'e. europe standard time': 'Europe/Chisinau',
  'fle standard time': 'Europe/Kiev',
  'gtb standard time': 'Europe/Bucharest',
  'russian standard time': 'Europe/Moscow',
  'turkey standard time': 'Europe/Istanbul',
  'israel standard time': 'Asia/Jerusalem',
  'arabian standard time': 'Asia/Dubai',
  'india standard time': 'Asia/Kolkata',
  'china standard time': 'Asia/Shanghai',
  'singapore standard time': 'Asia/Singapore',
  'tokyo standard time': 'Asia/Tokyo',
  'korea standard time': 'Asia/Seoul',
  'aus eastern standard time': 'Australia/Sydney',
  'new zealand standard time': 'Pacific/Auckland',
  'eastern standard time': 'America/New_York',
  'central standard time': 'America/Chicago',
  'mountain standard time': 'America/Denver',
  'pacific standard time': 'America/Los_Angeles',
  'alaskan standard time': 'America/Anchorage',
  'hawaiian standard time': 'Pacific/Honolulu',
  'e. south america standard time': 'America/Sao_Paulo',
};
