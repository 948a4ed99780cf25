// Conversions to and from dates and times, with CONVERT's styles (Learn: "CAST and CONVERT", date and time styles).
import { failOrNull, plpgsql, sqlFunction } from './plpgsql.ts';

const operators = (['<', '<=', '=', '>=', '>', '<>'] as const).map((symbol) => {
  const name = { '<': 'lt', '<=': 'le', '=': 'eq', '>=': 'ge', '>': 'gt', '<>': 'ne' }[symbol];
  const commutator = { '<': '>', '<=': '>=', '=': '=', '>=': '<=', '>': '<', '<>': '<>' }[symbol];
  const negator = { '<': '>=', '<=': '>', '=': '<>', '>=': '<', '>': '<=', '<>': '=' }[symbol];
  return `CREATE FUNCTION tsql.dto_${name}(a tsql.datetimeoffset, b tsql.datetimeoffset) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT (a).utc ${symbol} (b).utc';
CREATE OPERATOR pg_catalog.${symbol} (LEFTARG = tsql.datetimeoffset, RIGHTARG = tsql.datetimeoffset, FUNCTION = tsql.dto_${name}, COMMUTATOR = OPERATOR(pg_catalog.${commutator}), NEGATOR = OPERATOR(pg_catalog.${negator})${symbol === '=' ? ', HASHES, MERGES' : ''});`;
});

export const datesSql = [
  // Compares by instant alone, unlike a row of PostgreSQL: operators of its own.
  `CREATE TYPE tsql.datetimeoffset AS (utc int8, minutes smallint);`,
  ...operators,
  `CREATE FUNCTION tsql.dto_cmp(a tsql.datetimeoffset, b tsql.datetimeoffset) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT btint8cmp((a).utc, (b).utc)';
CREATE FUNCTION tsql.dto_hash(a tsql.datetimeoffset) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT hashint8((a).utc)';
CREATE OPERATOR CLASS tsql.dto_ops DEFAULT FOR TYPE tsql.datetimeoffset USING btree AS
  OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 tsql.dto_cmp(tsql.datetimeoffset, tsql.datetimeoffset);
CREATE OPERATOR CLASS tsql.dto_hash_ops DEFAULT FOR TYPE tsql.datetimeoffset USING hash AS
  OPERATOR 1 =, FUNCTION 1 tsql.dto_hash(tsql.datetimeoffset);
CREATE FUNCTION tsql.dto_min(a tsql.datetimeoffset, b tsql.datetimeoffset) RETURNS tsql.datetimeoffset LANGUAGE sql IMMUTABLE AS 'SELECT CASE WHEN b IS NULL OR (a).utc <= (b).utc THEN a ELSE b END';
CREATE FUNCTION tsql.dto_max(a tsql.datetimeoffset, b tsql.datetimeoffset) RETURNS tsql.datetimeoffset LANGUAGE sql IMMUTABLE AS 'SELECT CASE WHEN b IS NULL OR (a).utc >= (b).utc THEN a ELSE b END';
CREATE AGGREGATE pg_catalog.min(tsql.datetimeoffset) (SFUNC = tsql.dto_min, STYPE = tsql.datetimeoffset);
CREATE AGGREGATE pg_catalog.max(tsql.datetimeoffset) (SFUNC = tsql.dto_max, STYPE = tsql.datetimeoffset);`,
  // A minute is 600 000 000 ticks.
  `CREATE FUNCTION tsql.dto(local int8, minutes int) RETURNS tsql.datetimeoffset LANGUAGE plpgsql IMMUTABLE STRICT AS
  $tsql$ DECLARE r tsql.datetimeoffset; BEGIN r.utc := local - minutes * 600000000::int8; r.minutes := minutes; RETURN r; END $tsql$;`,
  sqlFunction('dto_local(v tsql.datetimeoffset)', 'int8', 'SELECT (v).utc + (v).minutes * 600000000::int8'),
  // datetime's clock ticks 300 times a second.
  plpgsql(
    'round_datetime(v timestamp)',
    'timestamp',
    `s := date_trunc('second', v);
  ticks := round(extract(epoch from (v - s)) * 300);
  RETURN s + make_interval(secs => round(ticks * 10 / 3.0) / 1000.0);`,
    's timestamp; ticks int;',
  ),
  sqlFunction(
    'round_minute(v timestamp)',
    'timestamp',
    `SELECT date_trunc('minute', v + interval '30 seconds')`,
  ),
  // To datetime: its range, then its clock.
  plpgsql(
    'to_datetime(v timestamp, source text, target text, attempt boolean)',
    'timestamp',
    `IF target = 'datetime' THEN
    IF v < '1753-01-01' OR v > '9999-12-31 23:59:59.999' THEN ${failOrNull(242, ['source', 'target'])} END IF;
    RETURN tsql.round_datetime(v);
  END IF;
  IF v < '1900-01-01' OR v >= '2079-06-07' THEN ${failOrNull(242, ['source', 'target'])} END IF;
  RETURN tsql.round_minute(v);`,
  ),
  plpgsql(
    'days_to_datetime(v float8, target text, attempt boolean)',
    'timestamp',
    `IF v < -53690 OR v >= 2958464 THEN ${failOrNull(8115, [`'expression'`, 'target'])} END IF;
  RETURN tsql.to_datetime('1900-01-01'::timestamp + make_interval(days => floor(v)::int, secs => (v - floor(v)) * 86400), 'float', target, attempt);`,
  ),
  sqlFunction(
    'datetime_to_days(v timestamp)',
    'float8',
    `SELECT (extract(epoch from (v - '1900-01-01'::timestamp)) / 86400)::float8`,
  ),
  sqlFunction(
    'at_zone(utc int8, zone text)',
    'tsql.datetimeoffset',
    `SELECT ROW(utc, (extract(epoch from ((moment AT TIME ZONE 'UTC' AT TIME ZONE zone) - moment)) / 60)::int2)::tsql.datetimeoffset FROM (SELECT tsql.from_ticks(utc) AS moment) AS x`,
    'STABLE',
  ),
  sqlFunction(
    'datetime_to_bytes(v timestamp)',
    'bytea',
    `SELECT int4send(floor(tsql.datetime_to_days(v))::int4) || int4send(round(extract(epoch from (v - date_trunc('day', v))) * 300)::int4)`,
  ),
  sqlFunction(
    'bytes_to_datetime(v bytea)',
    'timestamp',
    `SELECT tsql.round_datetime('1900-01-01'::timestamp + make_interval(days => tsql.bytes_to_integer(substr(b, 1, 4), 4)::int, secs => tsql.bytes_to_integer(substr(b, 5, 4), 4) / 300.0)) FROM (SELECT tsql.right_bytes(v, true, 8) AS b) AS x`,
  ),
  `CREATE FUNCTION tsql.no_bytes(v text, source text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT AS $tsql$
BEGIN
  PERFORM tsql.raise(40517, format('Keyword or statement option ''CAST %s AS VARBINARY'' is not supported in this version of SQL Server.', upper(source)), 16, 1);
  RETURN NULL;
END $tsql$;`,
  `CREATE TYPE tsql.moment AS (at timestamp, minutes int, dated boolean, digits int, tick int);`,
  // Text to a moment (and the tick that a timestamp has no room for): NULL is not a date at all; at NULL with dated is one out of range.
  // Below 0 style is a session's date order (storage.ts); old: for datetime and smalldatetime, whose year-first texts follow it.
  `CREATE FUNCTION tsql.read_moment(v text, style int, old boolean) RETURNS tsql.moment LANGUAGE plpgsql IMMUTABLE STRICT AS $tsql$
DECLARE
  s text := btrim(v, ' ') COLLATE "C"; m text[]; r tsql.moment; y int; mo int; d int; h int := 0; mi int := 0; sec int := 0; frac text := ''; rest text; ap text; a int; b int;
  months text := 'janfebmaraprmayjunjulaugsepoctnovdec';
BEGIN
  r.dated := true; r.digits := 0;
  IF s = '' THEN r.at := '1900-01-01'; RETURN r; END IF;
  m := regexp_match(s, '^(\\d{4})(\\d\\d)(\\d\\d)(?:[ T]+(.*))?$');
  IF m IS NOT NULL THEN y := m[1]; mo := m[2]; d := m[3]; rest := m[4];
  ELSE
    m := regexp_match(s, '^(\\d{4})[-/.](\\d{1,2})[-/.](\\d{1,2})(?:[ ]+(.*)|T(.*)|(Z|[-+]\\d\\d:\\d\\d))?$');
    IF m IS NOT NULL THEN
      y := m[1]; mo := m[2]; d := m[3]; rest := coalesce(m[4], m[5], '00:00' || m[6]);
      -- Year, month, day, but where the session's order has the day before the month; never with a T.
      IF style IN (103, 104, 105) AND mo > 12 OR style IN (-1, -3, -5) AND old AND m[5] IS NULL THEN a := mo; mo := d; d := a; END IF;
    ELSE
      m := regexp_match(s, '^(\\d{1,2})[-/.](\\d{1,2})[-/.](\\d{4}|\\d{1,2})(?:[ ]+(.*))?$');
      IF m IS NOT NULL THEN
        a := m[1]; b := m[2]; y := m[3]; rest := m[4];
        IF length(m[3]) <= 2 THEN
          IF style IN (2, 11, 102, 111, -2, -3) THEN y := a; a := b; b := m[3];
          ELSIF style = -4 THEN y := b; b := m[3];
          ELSIF style = -5 THEN y := b; b := m[3]; END IF;
          y := CASE WHEN y < 50 THEN 2000 + y ELSE 1900 + y END;
        END IF;
        IF style IN (3, 4, 5, 103, 104, 105, 13, 14, 113, 114, -1, -3, -5) THEN d := a; mo := b; ELSE mo := a; d := b; END IF;
      ELSE
        m := regexp_match(s, '^([A-Za-z]{3,9})[ .]+(\\d{1,2})[ ,]+(\\d{4})(?:[ ]+(.*))?$');
        IF m IS NOT NULL THEN mo := strpos(months, lower(left(m[1], 3))); d := m[2]; y := m[3]; rest := m[4];
        ELSE
          m := regexp_match(s, '^(\\d{1,2})[- ]([A-Za-z]{3,9})[-, ]+(\\d{4})(?:[ ]+(.*))?$');
          IF m IS NOT NULL THEN mo := strpos(months, lower(left(m[2], 3))); d := m[1]; y := m[3]; rest := m[4];
          ELSE
            m := regexp_match(s, '^(\\d{4})$');
            IF m IS NOT NULL THEN y := m[1]; mo := 1; d := 1;
            ELSE y := 1900; mo := 1; d := 1; rest := s; r.dated := false; END IF;
          END IF;
        END IF;
        IF m IS NOT NULL AND m[2] IS NOT NULL THEN
          IF mo % 3 <> 1 THEN RETURN NULL; END IF;
          mo := (mo + 2) / 3;
        END IF;
      END IF;
    END IF;
  END IF;
  IF rest IS NOT NULL AND rest <> '' THEN
    m := regexp_match(rest, '^(\\d{1,2})(?::(\\d{1,2})(?::(\\d{1,2})(?:[.:](\\d{1,9}))?)?)?[ ]*(AM|PM|am|pm|Am|Pm)?[ ]*(Z|[-+]\\d{1,2}:?\\d\\d)?$');
    IF m IS NULL OR (m[2] IS NULL AND m[5] IS NULL) THEN RETURN NULL; END IF;
    h := m[1]; mi := coalesce(m[2], '0'); sec := coalesce(m[3], '0'); frac := coalesce(m[4], ''); ap := lower(m[5]);
    IF ap IS NOT NULL THEN
      IF h > 12 THEN NULL; ELSIF ap = 'pm' AND h < 12 THEN h := h + 12; ELSIF ap = 'am' AND h = 12 THEN h := 0; END IF;
    END IF;
    IF m[6] IS NOT NULL THEN
      IF m[6] = 'Z' THEN r.minutes := 0;
      ELSE r.minutes := (CASE left(m[6], 1) WHEN '-' THEN -1 ELSE 1 END) * (split_part(substr(m[6], 2), ':', 1)::int * 60 + split_part(m[6], ':', 2)::int); END IF;
    END IF;
  END IF;
  r.digits := length(frac);
  IF y NOT BETWEEN 1 AND 9999 OR mo NOT BETWEEN 1 AND 12 OR d < 1 OR d > extract(day from (make_date(y, mo, 1) + interval '1 month - 1 day')) OR h > 23 OR mi > 59 OR sec > 59
    THEN RETURN r; END IF;
  r.at := make_timestamp(y, mo, d, h, mi, sec) + make_interval(secs => ('0.' || left(frac || '0', 6))::float8);
  r.tick := substr(rpad(frac, 7, '0'), 7, 1);
  RETURN r;
END $tsql$;`,
  plpgsql(
    'text_to_timestamp(v text, style int, source text, target text, attempt boolean)',
    'timestamp',
    `m := tsql.read_moment(v, style, target IN ('datetime', 'smalldatetime'));
  IF m IS NULL OR m.dated IS NULL OR (m.at IS NOT NULL AND target IN ('datetime', 'smalldatetime') AND (m.digits > 3 OR (m.minutes IS NOT NULL AND strpos(v, 'Z') = 0))) THEN
    IF target = 'smalldatetime' THEN ${failOrNull(295)} END IF;
    ${failOrNull(241)}
  END IF;
  IF m.at IS NULL THEN
    IF target IN ('datetime', 'smalldatetime') THEN ${failOrNull(242, ['source', 'target'])} END IF;
    ${failOrNull(241)}
  END IF;
  IF target IN ('datetime', 'smalldatetime') THEN RETURN tsql.to_datetime(m.at, source, target, attempt); END IF;
  RETURN m.at;`,
    'm tsql.moment;',
  ),
  plpgsql(
    'text_to_ticks(v text, style int, attempt boolean)',
    'int8',
    `m := tsql.read_moment(v, style, false);
  IF m IS NULL OR m.at IS NULL THEN ${failOrNull(241)} END IF;
  RETURN tsql.to_ticks(m.at) + m.tick;`,
    'm tsql.moment;',
  ),
  plpgsql(
    'text_to_dto(v text, style int, scale int, attempt boolean)',
    'tsql.datetimeoffset',
    `m := tsql.read_moment(v, style, false);
  IF m IS NULL OR m.at IS NULL THEN ${failOrNull(241)} END IF;
  RETURN tsql.dto(tsql.round_ticks(tsql.to_ticks(m.at) + m.tick, scale), coalesce(m.minutes, 0));`,
    'm tsql.moment;',
  ),
  // kind: date, time, datetime, smalldatetime, datetime2, datetimeoffset; digits: of the fraction; tick: its seventh.
  plpgsql(
    'date_text(v timestamp, tick int, style int, kind text, digits int, minutes int, source text, attempt boolean)',
    'text',
    `st := CASE WHEN style >= 0 THEN style WHEN kind IN ('datetime', 'smalldatetime') THEN 0 ELSE 121 END;
  fr := CASE WHEN digits = 0 THEN '' ELSE '.' || left(to_char(v, 'US') || tick, digits) END;
  zone := CASE WHEN kind = 'datetimeoffset' THEN (CASE WHEN minutes < 0 THEN '-' ELSE '+' END) || lpad((abs(minutes) / 60)::text, 2, '0') || ':' || lpad((abs(minutes) % 60)::text, 2, '0') ELSE '' END;
  ap := to_char(v, 'AM');
  hh := lpad(to_char(v, 'FMHH12'), 2, ' ');
  clock := hh || to_char(v, ':MI') || ap;
  CASE st
    WHEN 0, 100 THEN dpart := to_char(v, 'Mon ') || lpad(to_char(v, 'FMDD'), 2, ' ') || to_char(v, ' YYYY'); tpart := clock;
    WHEN 1 THEN dpart := to_char(v, 'MM/DD/YY'); WHEN 101 THEN dpart := to_char(v, 'MM/DD/YYYY');
    WHEN 2 THEN dpart := to_char(v, 'YY.MM.DD'); WHEN 102 THEN dpart := to_char(v, 'YYYY.MM.DD');
    WHEN 3 THEN dpart := to_char(v, 'DD/MM/YY'); WHEN 103 THEN dpart := to_char(v, 'DD/MM/YYYY');
    WHEN 4 THEN dpart := to_char(v, 'DD.MM.YY'); WHEN 104 THEN dpart := to_char(v, 'DD.MM.YYYY');
    WHEN 5 THEN dpart := to_char(v, 'DD-MM-YY'); WHEN 105 THEN dpart := to_char(v, 'DD-MM-YYYY');
    WHEN 6 THEN dpart := to_char(v, 'DD Mon YY'); WHEN 106 THEN dpart := to_char(v, 'DD Mon YYYY');
    WHEN 7 THEN dpart := to_char(v, 'Mon DD, YY'); WHEN 107 THEN dpart := to_char(v, 'Mon DD, YYYY');
    WHEN 8, 24, 108 THEN tpart := to_char(v, 'HH24:MI:SS') || CASE WHEN kind IN ('time') AND digits > 0 THEN '' ELSE '' END;
    WHEN 9, 109 THEN dpart := to_char(v, 'Mon ') || lpad(to_char(v, 'FMDD'), 2, ' ') || to_char(v, ' YYYY'); tpart := hh || to_char(v, ':MI:SS') || CASE WHEN kind = 'datetime' THEN ':' || to_char(v, 'MS') ELSE fr END || ap;
    WHEN 10 THEN dpart := to_char(v, 'MM-DD-YY'); WHEN 110 THEN dpart := to_char(v, 'MM-DD-YYYY');
    WHEN 11 THEN dpart := to_char(v, 'YY/MM/DD'); WHEN 111 THEN dpart := to_char(v, 'YYYY/MM/DD');
    WHEN 12 THEN dpart := to_char(v, 'YYMMDD'); WHEN 112 THEN dpart := to_char(v, 'YYYYMMDD');
    WHEN 13, 113 THEN dpart := to_char(v, 'DD Mon YYYY'); tpart := to_char(v, 'HH24:MI:SS') || CASE WHEN kind = 'datetime' THEN ':' || to_char(v, 'MS') ELSE fr END;
    WHEN 14, 114 THEN tpart := to_char(v, 'HH24:MI:SS') || CASE WHEN kind = 'datetime' THEN ':' || to_char(v, 'MS') ELSE fr END;
    WHEN 20, 120 THEN dpart := to_char(v, 'YYYY-MM-DD'); tpart := to_char(v, 'HH24:MI:SS');
    WHEN 21, 25, 121 THEN dpart := to_char(v, 'YYYY-MM-DD'); tpart := to_char(v, 'HH24:MI:SS') || fr;
    WHEN 22 THEN dpart := to_char(v, 'MM/DD/YY'); tpart := hh || to_char(v, ':MI:SS ') || ap;
    WHEN 23 THEN dpart := to_char(v, 'YYYY-MM-DD');
    WHEN 126, 127 THEN
      dpart := to_char(v, 'YYYY-MM-DD');
      tpart := to_char(v, 'HH24:MI:SS') || CASE WHEN kind = 'datetime' AND to_char(v, 'MS') = '000' THEN '' ELSE fr END;
    WHEN 130 THEN dpart := to_char(v, 'FMDD Mon YYYY'); tpart := hh || to_char(v, ':MI:SS:MS') || ap;
    WHEN 131 THEN dpart := to_char(v, 'FMDD/MM/YYYY'); tpart := hh || to_char(v, ':MI:SS:MS') || ap;
    ELSE ${failOrNull(281, ['st', 'source'])}
  END CASE;
  IF kind = 'date' THEN
    IF dpart IS NULL THEN ${failOrNull(281, ['st', 'source'])} END IF;
    RETURN dpart;
  END IF;
  IF kind = 'time' THEN
    IF tpart IS NULL THEN ${failOrNull(281, ['st', 'source'])} END IF;
    RETURN tpart;
  END IF;
  IF tpart IS NULL THEN RETURN dpart; END IF;
  IF st = 127 AND kind = 'datetimeoffset' THEN RETURN dpart || 'T' || tpart || 'Z'; END IF;
  IF st = 126 THEN RETURN dpart || 'T' || tpart || zone; END IF;
  IF st = 127 THEN RETURN dpart || 'T' || tpart; END IF;
  RETURN concat_ws(' ', dpart, tpart || CASE WHEN zone = '' THEN '' ELSE ' ' || zone END);`,
    'st int; dpart text; tpart text; fr text; zone text; ap text; hh text; clock text;',
  ),
].join('\n');
