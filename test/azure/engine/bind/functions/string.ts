// String functions.
import type { SqlType } from '../../../contract.ts';
import type { Bound } from '../bound.ts';
import { textArgument, varyingOf } from '../conversions.ts';
import { bigint, int, nvarchar, varchar } from '../literals.ts';
import { raise, unsupported } from '../raise.ts';
import { isUtf8 } from '../../../tds/collation.ts';
import { isBinary, isCharacter, isUnicode, textLength } from '../sqlTypes.ts';
import type { Call, FunctionTable } from './call.ts';
import { entry } from './call.ts';

/** int for most strings, bigint for (max). */
const positionType = (type: SqlType): SqlType => (type.length === -1 ? bigint : int);

/** What the function makes of a string is as long as the string may be. */
const sameText = (call: Call, sql: (text: string) => string): Bound => {
  const text = call.text(0);
  return call.result(sql(text.sql), varyingOf(text.type));
};

const wide = (texts: readonly Bound[]): boolean => texts.some((text) => isUnicode(text.type));
const grown = (texts: readonly Bound[], length: number): SqlType => {
  const limit = wide(texts) ? 4000 : 8000;
  const max = texts.some((text) => text.type.length === -1);
  return { name: wide(texts) ? 'nvarchar' : 'varchar', length: max ? -1 : Math.min(limit, length) };
};

/** Characters as UTF-16 counts them: one outside the basic plane is two. */
const units = (sql: string): string => `tsql.units((${sql})::text)`;

function substring(call: Call): Bound {
  const source = call.arg(0);
  const start = call.integer(1);
  const length = call.has(2) ? call.integer(2) : '2147483647 - 1073741824';
  const literalLength = call.has(2) ? call.arg(2).literal : undefined;
  if (typeof literalLength === 'number' && literalLength < 0) {
    raise(537, 'Invalid length parameter passed to the LEFT or SUBSTRING function.', call.line, 16, 3);
  }
  const binary = isBinary(source.type);
  const text = binary ? source : call.text(0);
  const size =
    typeof literalLength === 'number'
      ? Math.min(Math.max(1, literalLength), text.type.length === -1 ? 8000 : textLength(text.type))
      : textLength(text.type);
  const base = varyingOf(text.type);
  const type: SqlType = binary
    ? { name: 'varbinary', length: text.type.length === -1 ? -1 : size }
    : { ...base, length: base.length === -1 ? -1 : size };
  return call.result(`substring(${text.sql} from ${start} for ${length})`, type);
}

function side(call: Call, which: 'left' | 'right'): Bound {
  const text = call.text(0);
  const count = call.integer(1);
  const literal = call.arg(1).literal;
  if (typeof literal === 'number' && literal < 0) {
    raise(536, `Invalid length parameter passed to the ${which} function.`, call.line);
  }
  const base = varyingOf(text.type);
  const length =
    base.length === -1
      ? -1
      : typeof literal === 'number'
        ? Math.max(1, Math.min(literal, base.length ?? 1))
        : (base.length ?? 1);
  return call.result(`${which}(${text.sql}, ${count})`, { ...base, length });
}

/** How many characters CONCAT reserves for an argument. */
function concatLength(argument: Bound): number {
  if (argument.untypedNull === true) return 1;
  return argument.type.name === 'int' ? 12 : Math.max(0, textLength(argument.type));
}

function concat(call: Call): Bound {
  const texts = call.args.map((argument) =>
    argument.untypedNull === true
      ? { ...argument, sql: "''::text", type: varchar(1), untypedNull: false }
      : textArgument(call.binder, argument, call.line),
  );
  const length = call.args.reduce((sum, argument) => sum + concatLength(argument), 0);
  return call.result(
    `(${texts.map((text) => (text.nullable ? `coalesce(${text.sql}, '')` : text.sql)).join(' || ')})`,
    grown(texts, length),
    false,
  );
}

/** A number format of FORMAT as PostgreSQL's to_char; culture en-US. */
function format(call: Call): Bound {
  const value = call.arg(0);
  const pattern = call.arg(1).literal;
  if (typeof pattern !== 'string') return unsupported('FORMAT with a computed format', call.line);
  if (call.has(2)) {
    const culture = call.arg(2).literal;
    if (typeof culture !== 'string' || !/^en-us$/iu.test(culture))
      return unsupported('FORMAT with a culture', call.line);
  }
  const dates = ['date', 'time', 'datetime', 'datetime2', 'smalldatetime', 'datetimeoffset'];
  if (dates.includes(value.type.name)) {
    const shorthand: Record<string, string> = {
      d: 'M/d/yyyy',
      D: 'dddd, MMMM d, yyyy',
      s: 'yyyy-MM-ddTHH:mm:ss',
      t: 'h:mm tt',
      T: 'h:mm:ss tt',
      g: 'M/d/yyyy h:mm tt',
      G: 'M/d/yyyy h:mm:ss tt',
      u: 'yyyy-MM-dd HH:mm:ssZ',
      Y: 'MMMM yyyy',
      M: 'MMMM d',
    };
    const full = shorthand[pattern] ?? pattern;
    const words: Record<string, string> = {
      yyyy: 'YYYY',
      yy: 'YY',
      MMMM: 'FMMonth',
      MMM: 'Mon',
      MM: 'MM',
      M: 'FMMM',
      dddd: 'FMDay',
      ddd: 'Dy',
      dd: 'DD',
      d: 'FMDD',
      HH: 'HH24',
      H: 'FMHH24',
      hh: 'HH12',
      h: 'FMHH12',
      mm: 'MI',
      m: 'FMMI',
      ss: 'SS',
      s: 'FMSS',
      fff: 'MS',
      ffffff: 'US',
      tt: 'AM',
    };
    const text = full.replaceAll(
      /yyyy|yy|MMMM|MMM|MM|M|dddd|ddd|dd|d|HH|H|hh|h|mm|m|ss|s|f+|tt|'[^']*'|[^A-Za-z]|[A-Za-z]/gu,
      (token) => {
        const word = words[token];
        if (word !== undefined) return word;
        if (/^f+$/u.test(token)) return unsupported(`FORMAT '${pattern}'`, call.line);
        if (token.startsWith("'")) return `"${token.slice(1, -1)}"`;
        return /[A-Za-z]/u.test(token) ? `"${token}"` : token;
      },
    );
    return call.result(
      `to_char(${call.timestamp(0).sql}, '${text.replaceAll("'", "''")}')`,
      nvarchar(4000),
      true,
    );
  }
  const numeric = `(${value.sql})::numeric`;
  const standard = /^([NnFfCcPpDd])(\d*)$/u.exec(pattern);
  if (standard !== null) {
    const letter = (standard[1] ?? '').toUpperCase();
    const digits = standard[2] === '' ? (letter === 'D' ? 0 : 2) : Number(standard[2]);
    const fraction = digits > 0 ? `.${'0'.repeat(digits)}` : '';
    const grouped = `FM999,999,999,999,999,999,990${fraction}`;
    switch (letter) {
      case 'N':
        return call.result(
          `to_char(round(${numeric}, ${String(digits)}), '${grouped}')`,
          nvarchar(4000),
          true,
        );
      case 'F':
        return call.result(`round(${numeric}, ${String(digits)})::text`, nvarchar(4000), true);
      case 'P':
        return call.result(
          `to_char(round(${numeric} * 100, ${String(digits)}), '${grouped}') || '%'`,
          nvarchar(4000),
          true,
        );
      case 'C':
        return call.result(
          `(CASE WHEN ${numeric} < 0 THEN '($' || to_char(round(-${numeric}, ${String(digits)}), '${grouped}') || ')' ELSE '$' || to_char(round(${numeric}, ${String(digits)}), '${grouped}') END)`,
          nvarchar(4000),
          true,
        );
      default:
        return call.result(
          `(CASE WHEN ${numeric} < 0 THEN '-' ELSE '' END || lpad(abs(${numeric})::text, greatest(${String(digits)}, length(abs(${numeric})::text)), '0'))`,
          nvarchar(4000),
          true,
        );
    }
  }
  if (/^[0#,.]+$/u.test(pattern)) {
    const [whole = '', fraction = ''] = pattern.split('.');
    const zeros = whole.replaceAll(/[^0]/gu, '').length;
    const body = whole.includes(',') ? '999,999,999,999,999,999,99' : '99999999999999999999';
    const mask = `FM${body}${zeros > 0 ? '0'.repeat(zeros) : '9'}${fraction === '' ? '' : `.${fraction.replaceAll('#', '9')}`}`;
    return call.result(
      `to_char(round(${numeric}, ${String(fraction.length)}), '${mask}')`,
      nvarchar(4000),
      true,
    );
  }
  return unsupported(`FORMAT '${pattern}'`, call.line);
}

const hashes: Record<string, [string, number]> = {
  MD5: ["decode(md5(%), 'hex')", 16],
  SHA2_256: ['sha256(%)', 32],
  SHA2_512: ['sha512(%)', 64],
};

export const stringFunctions: FunctionTable = {
  LEN: entry(1, 1, (call) => {
    if (isBinary(call.arg(0).type)) return call.result(`length(${call.arg(0).sql})`, int);
    const text = call.text(0);
    return call.result(units(`rtrim((${text.sql})::text, ' ')`), positionType(text.type));
  }),
  DATALENGTH: entry(1, 1, (call) => {
    const bound = call.arg(0);
    const type = positionType(bound.type);
    if (bound.untypedNull === true) return call.result('NULL::int', int, true);
    if (isBinary(bound.type)) return call.result(`octet_length(${bound.sql})`, type);
    if (isCharacter(bound.type)) {
      if (!isUnicode(bound.type) && isUtf8(bound.type.collation))
        return call.result(`octet_length((${bound.sql})::text)`, type);
      const counted = units(bound.sql);
      return call.result(isUnicode(bound.type) ? `(2 * ${counted})` : counted, type);
    }
    const sizes: Record<string, number> = {
      bit: 1,
      tinyint: 1,
      smallint: 2,
      int: 4,
      bigint: 8,
      real: 4,
      float: 8,
      money: 8,
      smallmoney: 4,
      date: 3,
      datetime: 8,
      smalldatetime: 4,
      uniqueidentifier: 16,
      timestamp: 8,
    };
    const precision = bound.type.precision ?? 18;
    const scale = bound.type.scale ?? 7;
    const timeSize = scale <= 2 ? 3 : scale <= 4 ? 4 : 5;
    const size =
      sizes[bound.type.name] ??
      ({ time: timeSize, datetime2: timeSize + 3, datetimeoffset: timeSize + 5 } as Record<string, number>)[
        bound.type.name
      ] ??
      (precision <= 9 ? 5 : precision <= 19 ? 9 : precision <= 28 ? 13 : 17);
    return call.result(`(CASE WHEN ${bound.sql} IS NOT NULL THEN ${String(size)} END)`, int);
  }),
  SUBSTRING: entry(2, 3, substring),
  LEFT: entry(2, 2, (call) => side(call, 'left')),
  RIGHT: entry(2, 2, (call) => side(call, 'right')),
  UPPER: entry(1, 1, (call) => sameText(call, (text) => `upper(${text})`)),
  LOWER: entry(1, 1, (call) => sameText(call, (text) => `lower(${text})`)),
  LTRIM: entry(1, 2, (call) =>
    sameText(call, (text) => `ltrim(${text}, ${call.has(1) ? call.text(1).sql : "' '"})`),
  ),
  RTRIM: entry(1, 2, (call) =>
    sameText(call, (text) => `rtrim(${text}, ${call.has(1) ? call.text(1).sql : "' '"})`),
  ),
  TRIM: entry(1, 1, (call) => sameText(call, (text) => `btrim(${text}, ' ')`)),
  REVERSE: entry(1, 1, (call) => sameText(call, (text) => `reverse(${text})`)),
  REPLACE: entry(3, 3, (call) => {
    const texts = [call.text(0), call.text(1), call.text(2)];
    const max = texts[0]?.type.length === -1;
    return call.result(
      `replace(${call.searchable(0)}, ${call.searchable(1)}, ${texts[2]?.sql ?? ''})`,
      max
        ? grown(texts, 8000)
        : { name: wide(texts) ? 'nvarchar' : 'varchar', length: wide(texts) ? 4000 : 8000 },
      true,
    );
  }),
  TRANSLATE: entry(3, 3, (call) => {
    const from = call.text(1);
    const to = call.text(2);
    if (
      typeof from.literal === 'string' &&
      typeof to.literal === 'string' &&
      from.literal.length !== to.literal.length
    ) {
      raise(
        9828,
        'The second and third arguments of the TRANSLATE built-in function must contain an equal number of characters.',
        call.line,
      );
    }
    return sameText(call, (text) => `translate(${text}, ${from.sql}, ${to.sql})`);
  }),
  STUFF: entry(4, 4, (call) => {
    const text = call.text(0);
    const start = call.integer(1);
    const length = call.integer(2);
    const insert = call.arg(3).untypedNull === true ? "''" : `coalesce(${call.text(3).sql}, '')`;
    return call.result(
      `(CASE WHEN ${start} BETWEEN 1 AND length((${text.sql})::text) AND ${length} >= 0 THEN overlay(${text.sql} placing ${insert} from ${start} for ${length}) END)`,
      grown([text, call.text(3)], 8000),
      true,
    );
  }),
  CHARINDEX: entry(2, 3, (call) => {
    const text = call.text(1);
    const sought = call.searchable(0);
    const found = call.searchable(1);
    const type = positionType(text.type);
    if (!call.has(2)) return call.result(`strpos(${found}, ${sought})`, type);
    const start = `greatest(${call.integer(2)}, 1)`;
    const tail = `strpos(${call.binder.storage.sortable(`substring(${text.sql} from ${start})`, text.type)}, ${sought})`;
    return call.result(`(CASE WHEN ${tail} = 0 THEN 0 ELSE ${tail} + ${start} - 1 END)`, type);
  }),
  PATINDEX: entry(2, 2, (call) => {
    const pattern = call.text(0);
    const text = call.text(1);
    return call.result(call.binder.storage.patindex(pattern.sql, text.sql), positionType(text.type));
  }),
  REPLICATE: entry(2, 2, (call) => {
    const text = call.text(0);
    const count = call.arg(1).literal;
    const length = typeof count === 'number' ? textLength(text.type) * Math.max(0, count) : 8000;
    const type = grown([text], Math.max(1, length));
    const limit = type.length === -1 ? undefined : wide([text]) ? 4000 : 8000;
    const repeated = `repeat(${text.sql}, nullif(greatest(${call.integer(1)}, -1), -1))`;
    return call.result(limit === undefined ? repeated : `left(${repeated}, ${String(limit)})`, type, true);
  }),
  SPACE: entry(1, 1, (call) =>
    call.result(`repeat(' ', nullif(greatest(${call.integer(0)}, -1), -1))`, varchar(8000), true),
  ),
  STR: entry(1, 3, (call) => {
    const length = call.has(1) ? call.integer(1) : '10';
    const decimals = call.has(2) ? call.integer(2) : '0';
    const literal = call.has(1) ? call.arg(1).literal : 10;
    const text = `round(${call.float(0)}::numeric, ${decimals})::text`;
    return call.result(
      `(CASE WHEN length(${text}) > ${length} THEN repeat('*', ${length}) ELSE lpad(${text}, ${length}) END)`,
      varchar(typeof literal === 'number' ? Math.max(1, literal) : 8000),
      true,
    );
  }),
  CONCAT: entry(2, 254, concat),
  CONCAT_WS: entry(3, 254, (call) => {
    const texts = call.args
      .slice(1)
      .filter((argument) => argument.untypedNull !== true)
      .map((argument) => textArgument(call.binder, argument, call.line));
    const separator = call.text(0);
    const length = texts.reduce(
      (sum, text) => sum + Math.max(0, textLength(text.type)),
      Math.max(0, texts.length - 1) * textLength(separator.type),
    );
    return call.result(
      `concat_ws(coalesce(${separator.sql}, ''), ${texts.map((text) => text.sql).join(', ') || "''"})`,
      grown([separator, ...texts], Math.max(1, length)),
      false,
    );
  }),
  FORMAT: entry(2, 3, format),
  QUOTENAME: entry(1, 2, (call) => {
    const text = call.text(0);
    const given = call.has(1) ? call.arg(1).literal : '[';
    if (typeof given !== 'string') return unsupported('QUOTENAME with a computed quote', call.line);
    const pairs: Record<string, [string, string]> = {
      '': ['[', ']'],
      '[': ['[', ']'],
      ']': ['[', ']'],
      '"': ['"', '"'],
      "'": ["''", "''"],
      '(': ['(', ')'],
      ')': ['(', ')'],
      '<': ['<', '>'],
      '>': ['<', '>'],
      '{': ['{', '}'],
      '}': ['{', '}'],
      '`': ['`', '`'],
    };
    const pair = pairs[given];
    if (pair === undefined) return call.result('NULL::text', nvarchar(258), true);
    const [open, close] = pair;
    return call.result(
      `(CASE WHEN length((${text.sql})::text) <= 128 THEN '${open}' || replace(${text.sql}, '${close}', '${close}${close}') || '${close}' END)`,
      nvarchar(258),
      true,
    );
  }),
  ASCII: entry(1, 1, (call) =>
    call.result(
      `(CASE WHEN ${call.text(0).sql} <> '' THEN get_byte(${call.binder.storage.cast(`left(${call.text(0).sql}, 1)`, varchar(1), { name: 'varbinary', length: 1 })}, 0) END)`,
      int,
      true,
    ),
  ),
  CHAR: entry(1, 1, (call) =>
    call.result(
      call.binder.storage.cast(
        `(CASE WHEN ${call.integer(0)} BETWEEN 0 AND 255 THEN set_byte('\\x00'::bytea, 0, ${call.integer(0)}) END)`,
        { name: 'varbinary', length: 1 },
        varchar(1),
      ),
      { name: 'char', length: 1 },
      true,
    ),
  ),
  NCHAR: entry(1, 1, (call) =>
    call.result(
      `(CASE WHEN ${call.integer(0)} BETWEEN 1 AND 55295 OR ${call.integer(0)} BETWEEN 57344 AND 65535 THEN chr(${call.integer(0)}) END)`,
      { name: 'nchar', length: 1 },
      true,
    ),
  ),
  UNICODE: entry(1, 1, (call) =>
    call.result(`(CASE WHEN ${call.text(0).sql} <> '' THEN ascii(${call.text(0).sql}) END)`, int, true),
  ),
  STRING_ESCAPE: entry(2, 2, (call) => {
    const text = call.text(0);
    return call.result(
      `(SELECT replace(substring(j from 2 for length(j) - 2), '/', '\\/') FROM (SELECT to_json(${text.sql})::text AS j) AS e)`,
      nvarchar(text.type.length === -1 ? -1 : 4000),
      true,
    );
  }),
  HASHBYTES: entry(2, 2, (call) => {
    const algorithm = call.arg(0).literal;
    const hash = typeof algorithm === 'string' ? hashes[algorithm.toUpperCase()] : undefined;
    if (hash === undefined) return unsupported(`HASHBYTES ${String(algorithm)}`, call.line);
    const bytes = call.binder.storage.cast(call.arg(1).sql, call.arg(1).type, {
      name: 'varbinary',
      length: -1,
    });
    return call.result(hash[0].replace('%', bytes), { name: 'varbinary', length: 8000 }, true);
  }),
  CHECKSUM: entry(1, 254, (call) =>
    call.result(
      `hashtext(concat_ws(E'\\x01', ${call.args.map((argument) => (isCharacter(argument.type) ? `lower(${argument.sql})` : argument.sql)).join(', ')}))`,
      int,
      false,
    ),
  ),
  BINARY_CHECKSUM: entry(1, 254, (call) =>
    call.result(
      `hashtext(concat_ws(E'\\x01', ${call.args.map((argument) => argument.sql).join(', ')}))`,
      int,
      false,
    ),
  ),
};
