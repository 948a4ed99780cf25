// Conversions to and from numbers, bits, binary values and uniqueidentifiers.
import { fail, failOrNull, plpgsql, sqlFunction } from './plpgsql.ts';

const trimmed = `btrim(v, E' \\t\\r\\n')`;

export const numbersSql = [
  plpgsql(
    'text_to_integer(v text, source text, target text, attempt boolean)',
    'bigint',
    `s := ${trimmed};
  IF s = '' THEN RETURN 0; END IF;
  IF s COLLATE "C" !~ '^[-+]?[0-9]+$' THEN
    IF target = 'bigint' THEN ${failOrNull(8114, ['source', 'target'])} END IF;
    ${failOrNull(245, ['source', 'v', 'target'])}
  END IF;
  n := s::numeric;
  IF target = 'tinyint' AND n NOT BETWEEN 0 AND 255 THEN ${failOrNull(244, ['source', 's', `'INT1'`])} END IF;
  IF target = 'smallint' AND n NOT BETWEEN -32768 AND 32767 THEN ${failOrNull(244, ['source', 's', `'INT2'`])} END IF;
  IF target = 'int' AND n NOT BETWEEN -2147483648 AND 2147483647 THEN ${failOrNull(248, ['source', 's'])} END IF;
  IF n NOT BETWEEN -9223372036854775808 AND 9223372036854775807 THEN ${failOrNull(8115, [`'expression'`, 'target'])} END IF;
  RETURN n;`,
    's text; n numeric;',
  ),
  // Digits after the point are cut off; money rounds before it comes here.
  plpgsql(
    'to_integer(v numeric, source text, target text, attempt boolean)',
    'bigint',
    `n := trunc(v);
  IF n BETWEEN (CASE target WHEN 'tinyint' THEN 0 WHEN 'smallint' THEN -32768 WHEN 'int' THEN -2147483648 ELSE -9223372036854775808 END)
     AND (CASE target WHEN 'tinyint' THEN 255 WHEN 'smallint' THEN 32767 WHEN 'int' THEN 2147483647 ELSE 9223372036854775807 END) THEN RETURN n; END IF;
  IF source IN ('float', 'real') THEN ${failOrNull(232, ['target', 'v'])} END IF;
  IF target IN ('tinyint', 'smallint') AND source IN ('int', 'smallint', 'tinyint') THEN ${failOrNull(220, ['target', 'n'])} END IF;
  ${failOrNull(8115, [`CASE WHEN source IN ('numeric', 'decimal') THEN 'numeric' ELSE 'expression' END`, 'target'])}`,
    'n numeric;',
  ),
  plpgsql(
    'to_decimal(v numeric, p int, s int, source text, attempt boolean)',
    'numeric',
    `n := round(v, s);
  IF abs(n) >= power(10::numeric, p - s) THEN ${failOrNull(8115, ['source', `'numeric'`], 8)} END IF;
  RETURN n;`,
    'n numeric;',
  ),
  plpgsql(
    'text_to_decimal(v text, p int, s int, source text, attempt boolean)',
    'numeric',
    `IF ${trimmed} COLLATE "C" !~ '^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)$' THEN ${failOrNull(8114, ['source', `'numeric'`])} END IF;
  RETURN tsql.to_decimal(${trimmed}::numeric, p, s, source, attempt);`,
  ),
  plpgsql(
    'to_money(v numeric, target text, attempt boolean)',
    'numeric',
    `n := round(v, 4);
  IF abs(n) > (CASE target WHEN 'money' THEN 922337203685477.5808 ELSE 214748.3648 END) THEN ${failOrNull(8115, [`'expression'`, 'target'])} END IF;
  RETURN n;`,
    'n numeric;',
  ),
  plpgsql(
    'text_to_money(v text, target text, attempt boolean)',
    'numeric',
    `s := regexp_replace(${trimmed} COLLATE "C", '[$£€¥,]', '', 'g');
  IF s = '' THEN RETURN 0.0000; END IF;
  IF s COLLATE "C" !~ '^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)$' THEN ${failOrNull(235)} END IF;
  RETURN tsql.to_money(s::numeric, target, attempt);`,
    's text;',
  ),
  plpgsql(
    'text_to_float(v text, source text, target text, attempt boolean)',
    'float8',
    `s := ${trimmed};
  IF s = '' THEN RETURN 0; END IF;
  IF s COLLATE "C" !~ '^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eEdD][-+]?[0-9]+)?$' THEN ${failOrNull(8114, ['source', 'target'])} END IF;
  n := translate(s, 'dD', 'ee')::numeric;
  IF abs(n) > (CASE target WHEN 'real' THEN 3.4028235e38 ELSE 1.7976931348623157e308 END) THEN ${failOrNull(8115, ['source', 'target'])} END IF;
  RETURN n::float8;`,
    's text; n numeric;',
  ),
  plpgsql(
    'text_to_bit(v text, source text, attempt boolean)',
    'boolean',
    `s := lower(${trimmed} COLLATE "C");
  IF s = 'true' THEN RETURN true; END IF;
  IF s IN ('false', '') THEN RETURN false; END IF;
  IF s COLLATE "C" !~ '^[-+]?[0-9]+$' THEN ${failOrNull(245, ['source', 'v', `'bit'`])} END IF;
  RETURN s::numeric <> 0;`,
    's text;',
  ),
  // As printf's %.<digits>g with an exponent of three digits; style 1 and 2 always with an exponent.
  plpgsql(
    'float_text(v float8, style int, digits int)',
    'text',
    `IF style = 3 THEN s := btrim(to_char(v, '9.9999999999999999EEEE'));
  ELSE s := btrim(to_char(v, '9.' || repeat('9', digits - 1) || 'EEEE')); END IF;
  e := substr(s, strpos(s, 'e') + 1)::int;
  s := split_part(s, 'e', 1);
  IF style IN (0, 3) AND e >= -4 AND e < digits THEN
    s := round(v::numeric, greatest(0, digits - 1 - e))::text;
    IF strpos(s, '.') > 0 THEN s := rtrim(rtrim(s, '0'), '.'); END IF;
    RETURN CASE WHEN s IN ('-0', '') THEN '0' ELSE s END;
  END IF;
  IF style IN (0, 3) AND strpos(s, '.') > 0 THEN s := rtrim(rtrim(s, '0'), '.'); END IF;
  IF style IN (1, 2) AND strpos(s, '.') = 0 THEN s := s || '.'; END IF;
  IF style IN (1, 2) THEN s := rpad(s, digits + 1 + CASE WHEN v < 0 THEN 1 ELSE 0 END, '0'); END IF;
  RETURN s || 'e' || CASE WHEN e < 0 THEN '-' ELSE '+' END || lpad(abs(e)::text, 3, '0');`,
    's text; e int;',
  ),
  plpgsql(
    'money_text(v numeric, style int)',
    'text',
    `CASE style
    WHEN 1 THEN RETURN to_char(round(v, 2), 'FM999,999,999,999,999,990.00');
    WHEN 2, 126 THEN RETURN round(v, 4)::text;
    ELSE RETURN round(v, 2)::text;
  END CASE;`,
  ),
  // The mixed byte order of SQL Server: the first three fields are little-endian.
  sqlFunction(
    'swap_guid(b bytea)',
    'bytea',
    `SELECT substr(b, 4, 1) || substr(b, 3, 1) || substr(b, 2, 1) || substr(b, 1, 1) || substr(b, 6, 1) || substr(b, 5, 1) || substr(b, 8, 1) || substr(b, 7, 1) || substr(b, 9)`,
  ),
  sqlFunction('guid_to_bytes(g uuid)', 'bytea', 'SELECT tsql.swap_guid(uuid_send(g))'),
  sqlFunction(
    'bytes_to_guid(b bytea)',
    'uuid',
    `SELECT encode(tsql.swap_guid(substr(b || '\\x00000000000000000000000000000000'::bytea, 1, 16)), 'hex')::uuid`,
  ),
  plpgsql(
    'text_to_guid(v text, attempt boolean)',
    'uuid',
    `s := substring(ltrim(v, '{ ') COLLATE "C" from '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}');
  IF s IS NULL THEN ${failOrNull(8169)} END IF;
  RETURN s::uuid;`,
    's text;',
  ),
  // Numbers become binary right-justified, everything else left-justified; n < 0 is (max).
  plpgsql(
    'cut_bytes(v bytea, fixed boolean, n int)',
    'bytea',
    `IF n < 0 THEN RETURN v; END IF;
  IF length(v) >= n THEN RETURN substr(v, 1, n); END IF;
  RETURN CASE WHEN fixed THEN v || decode(repeat('00', n - length(v)), 'hex') ELSE v END;`,
  ),
  plpgsql(
    'right_bytes(v bytea, fixed boolean, n int)',
    'bytea',
    `IF n < 0 THEN RETURN v; END IF;
  IF length(v) >= n THEN RETURN substr(v, length(v) - n + 1); END IF;
  RETURN CASE WHEN fixed THEN decode(repeat('00', n - length(v)), 'hex') || v ELSE v END;`,
  ),
  `CREATE FUNCTION tsql.fit_bytes(v bytea, fixed boolean, n int, tbl text, col text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT AS $tsql$
BEGIN
  IF n >= 0 AND length(v) > n THEN
    IF tbl = '' THEN PERFORM tsql.raise(8152, 'String or binary data would be truncated.', 16, 30); END IF;
    PERFORM tsql.raise(2628, format('String or binary data would be truncated in table ''%s'', column ''%s''. Truncated value: ''%s''.', tbl, col, '0x' || upper(encode(substr(v, 1, least(n, 50)), 'hex'))), 16, 1);
  END IF;
  RETURN tsql.cut_bytes(v, fixed, n);
END $tsql$;`,
  plpgsql(
    'bytes_to_integer(v bytea, width int)',
    'bigint',
    `FOR i IN greatest(0, length(v) - width) .. length(v) - 1 LOOP n := (n << 8) | get_byte(v, i); END LOOP;
  IF width < 8 AND width > 1 AND length(v) >= width AND n >= (1::bigint << (width * 8 - 1)) THEN n := n - (1::bigint << (width * 8)); END IF;
  RETURN n;`,
    'n bigint := 0;',
  ),
  plpgsql(
    'recursion(depth int, maximum int)',
    'int',
    `IF maximum > 0 AND depth >= maximum THEN ${fail(530, ['maximum'])} END IF;
  RETURN depth + 1;`,
  ),
  // NUL cannot be held by PostgreSQL's text: U+FDEF stands for it (nulStandIn in codePage.ts).
  plpgsql(
    'bytes_to_text(v bytea, coding text)',
    'text',
    `IF coding = 'utf-8' THEN RETURN convert_from(v, 'UTF8'); END IF;
  IF coding = 'utf-16' THEN
    FOR i IN 0 .. length(v) / 2 - 1 LOOP
      u := get_byte(v, 2 * i) | (get_byte(v, 2 * i + 1) << 8);
      IF high > 0 AND u BETWEEN 56320 AND 57343 THEN r := r || chr(65536 + ((high - 55296) << 10) + (u - 56320)); high := 0;
      ELSIF u BETWEEN 55296 AND 56319 THEN high := u;
      ELSIF u = 0 THEN r := r || chr(65007);
      ELSIF u BETWEEN 56320 AND 57343 THEN r := r || chr(65533);
      ELSE r := r || chr(u); END IF;
    END LOOP;
    RETURN r;
  END IF;
  FOR i IN 0 .. length(v) - 1 LOOP
    u := get_byte(v, i);
    r := r || CASE WHEN u = 0 THEN chr(65007)
      WHEN u BETWEEN 128 AND 159 AND u NOT IN (129, 141, 143, 144, 157) THEN convert_from(set_byte('\\x00'::bytea, 0, u), 'WIN1252')
      ELSE chr(u) END;
  END LOOP;
  RETURN r;`,
    "r text := ''; u int; high int := 0;",
  ),
  plpgsql(
    'text_to_bytes(v text, coding text)',
    'bytea',
    `IF coding = 'utf-8' OR (NOT wide AND octet_length(v) = length(v)) THEN RETURN convert_to(v, 'UTF8'); END IF;
  FOREACH c IN ARRAY string_to_array(CASE WHEN wide THEN v ELSE tsql.code_page(v) END COLLATE "C", NULL) LOOP
    u := CASE WHEN c = chr(65007) THEN 0 ELSE ascii(c) END;
    IF NOT wide THEN
      r := r || CASE WHEN u < 128 OR u BETWEEN 129 AND 255 THEN set_byte('\\x00'::bytea, 0, u) ELSE convert_to(c, 'WIN1252') END;
    ELSIF u > 65535 THEN
      u := u - 65536;
      r := r || set_byte(set_byte('\\x0000'::bytea, 0, (55296 + (u >> 10)) & 255), 1, (55296 + (u >> 10)) >> 8)
             || set_byte(set_byte('\\x0000'::bytea, 0, (56320 + (u & 1023)) & 255), 1, (56320 + (u & 1023)) >> 8);
    ELSE r := r || set_byte(set_byte('\\x0000'::bytea, 0, u & 255), 1, u >> 8);
    END IF;
  END LOOP;
  RETURN r;`,
    "r bytea := ''; c text; u int; wide boolean := coding = 'utf-16';",
  ),
  plpgsql(
    'hex_to_bytes(v text, style int, source text, attempt boolean)',
    'bytea',
    `s := rtrim(v, ' ');
  IF style = 1 THEN
    IF left(s, 2) COLLATE "C" NOT IN ('0x', '0X') THEN ${failOrNull(8114, ['source', `'varbinary'`])} END IF;
    s := substr(s, 3);
  END IF;
  IF s COLLATE "C" !~ '^([0-9A-Fa-f]{2})*$' THEN ${failOrNull(8114, ['source', `'varbinary'`])} END IF;
  RETURN decode(s, 'hex');`,
    's text;',
  ),
  sqlFunction('guid_text(g uuid)', 'text', 'SELECT upper(g::text)'),
].join('\n');
