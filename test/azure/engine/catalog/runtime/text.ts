// Text in PostgreSQL as T-SQL sees it: collations, blanks kept, code page 1252, UTF-16 lengths, LIKE.
import { cp1252Characters } from '../codePage.ts';
import { fail, failOrNull, plpgsql, sqlFunction } from './plpgsql.ts';

/** Everything that code page 1252 can hold, as a PostgreSQL character class without brackets. */
const inCodePage = `\\u0001-\\u007F\\uFDEF${Array.from(cp1252Characters, (c) => `\\u${c.codePointAt(0)?.toString(16).padStart(4, '0') ?? ''}`).join('')}`;

export const textSql = [
  `CREATE SCHEMA tsql;
CREATE COLLATION tsql.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION tsql.cs (provider = icu, locale = 'und');
CREATE COLLATION tsql.ci_ai (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
CREATE COLLATION tsql.cs_ai (provider = icu, locale = 'und-u-ks-level1-kc', deterministic = false);
-- bpchar compares trailing blanks as equal, which is T-SQL's rule, but loses them on its way to text, which is not: now it keeps them.
UPDATE pg_cast SET castfunc = 0, castmethod = 'b' WHERE castsource = 'bpchar'::regtype AND casttarget IN ('text'::regtype, 'varchar'::regtype) AND castfunc <> 0;`,
  `CREATE FUNCTION tsql.raise(number int, message text, level int, state int) RETURNS void LANGUAGE plpgsql AS $tsql$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'MSSQL', MESSAGE = message, DETAIL = concat_ws(',', number, level, state);
END $tsql$;`,
  // Four bytes in UTF-8 are two units in UTF-16.
  plpgsql(
    'units(v text)',
    'int',
    `IF octet_length(v) = length(v) THEN RETURN length(v); END IF;
  RETURN length(v) + length(regexp_replace(v COLLATE "C", '[\\u0001-\\uFFFF]', '', 'g'));`,
  ),
  plpgsql(
    'cut_units(v text, n int)',
    'text',
    `IF n < 0 OR tsql.units(v) <= n THEN RETURN v; END IF;
  r := left(v, n);
  WHILE tsql.units(r) > n LOOP r := left(r, length(r) - 1); END LOOP;
  RETURN r;`,
    'r text;',
  ),
  // A character outside the code page becomes '?', one outside the basic plane '??', as its two units do.
  plpgsql(
    'code_page(v text)',
    'text',
    `IF octet_length(v) = length(v) THEN RETURN v; END IF;
  RETURN regexp_replace(regexp_replace(v COLLATE "C", '[\\U00010000-\\U0010FFFF]', '??', 'g'), '[^${inCodePage}]', '?', 'g');`,
  ),
  // As cut_units, by bytes of UTF-8.
  plpgsql(
    'cut_utf8(v text, n int)',
    'text',
    `IF n < 0 OR octet_length(v) <= n THEN RETURN v; END IF;
  r := left(v, n);
  WHILE octet_length(r) > n LOOP r := left(r, length(r) - 1); END LOOP;
  RETURN r;`,
    'r text;',
  ),
  // The width of a text type: kind v(archar), n(varchar), c(har), w (nchar), in UTF-8 u (varchar) and p (char, padded); n = -1 for (max).

  plpgsql(
    'cut_text(v text, kind text, n int)',
    'bpchar',
    `CASE kind
    WHEN 'v' THEN r := tsql.code_page(v); RETURN CASE WHEN n < 0 THEN r ELSE left(r, n) END;
    WHEN 'n' THEN RETURN tsql.cut_units(v, n);
    WHEN 'u' THEN RETURN tsql.cut_utf8(v, n);
    WHEN 'p' THEN r := tsql.cut_utf8(v, n); RETURN r || repeat(' ', n - octet_length(r));
    WHEN 'c' THEN RETURN rpad(tsql.code_page(v), n);
    ELSE r := tsql.cut_units(v, n); RETURN r || repeat(' ', n - tsql.units(r));
  END CASE;`,
    'r text;',
  ),
  plpgsql(
    'fit_text(v text, kind text, n int, tbl text, col text)',
    'bpchar',
    `IF kind IN ('v', 'c') THEN r := tsql.code_page(v); ELSE r := v; END IF;
  IF n >= 0 AND kind IN ('u', 'p') THEN
    IF octet_length(r) > n THEN
      s := rtrim(r, ' ');
      IF octet_length(s) > n THEN
        IF tbl = '' THEN ${fail(8152)} END IF;
        ${fail(2628, ['tbl', 'col', 'left(tsql.cut_utf8(r, n), 100)'])}
      END IF;
      r := tsql.cut_utf8(r, n);
    END IF;
    IF kind = 'p' THEN RETURN r || repeat(' ', n - octet_length(r)); END IF;
  ELSIF n >= 0 THEN
    IF length(r) > n OR tsql.units(r) > n THEN
      s := rtrim(r, ' ');
      IF tsql.units(s) > n THEN
        IF tbl = '' THEN ${fail(8152)} END IF;
        ${fail(2628, ['tbl', 'col', 'left(tsql.cut_units(r, n), 100)'])}
      END IF;
      r := left(r, n);
    END IF;
    IF kind IN ('c', 'w') THEN RETURN r || repeat(' ', n - tsql.units(r)); END IF;
  END IF;
  RETURN r;`,
    'r text; s text;',
  ),
  // What a number or date becomes as text of n: too long is an error for most, '*' for integers in (var)char.
  plpgsql(
    'shown(v text, kind text, n int, source text, target text, attempt boolean)',
    'bpchar',
    `IF n >= 0 AND length(v) > n THEN
    IF source = 'uniqueidentifier' THEN ${failOrNull(8170)} END IF;
    IF source IN ('int', 'smallint', 'tinyint') AND kind IN ('v', 'c', 'u', 'p') THEN RETURN rpad('*', CASE WHEN kind IN ('c', 'p') THEN n ELSE 1 END); END IF;
    ${failOrNull(8115, [`CASE WHEN source IN ('int', 'smallint', 'tinyint', 'bigint') THEN 'expression' ELSE source END`, 'target'])}
  END IF;
  RETURN CASE WHEN kind IN ('c', 'w', 'p') THEN rpad(v, n) ELSE v END;`,
  ),
  plpgsql(
    'like_regex(pattern text, esc text)',
    'text',
    `WHILE i <= length(pattern) LOOP
    c := substr(pattern, i, 1);
    IF esc <> '' AND c = esc AND i < length(pattern) THEN
      i := i + 1; r := r || regexp_replace(substr(pattern, i, 1), '([][\\\\.*+?{}()|^$])', '\\\\\\1');
    ELSIF c = '%' THEN r := r || '.*';
    ELSIF c = '_' THEN r := r || '.';
    ELSIF c = '[' AND strpos(substr(pattern, i + 2), ']') > 0 THEN
      j := i + 1 + strpos(substr(pattern, i + 2), ']');
      s := substr(pattern, i + 1, j - i - 1);
      IF left(s, 1) = '^' THEN r := r || '[^'; s := substr(s, 2); ELSE r := r || '['; END IF;
      r := r || regexp_replace(s, '([][\\\\^])', '\\\\\\1', 'g') || ']';
      i := j;
    ELSE r := r || regexp_replace(c, '([][\\\\.*+?{}()|^$])', '\\\\\\1');
    END IF;
    i := i + 1;
  END LOOP;
  RETURN r;`,
    "i int := 1; j int; c text; s text; r text := '';",
  ),
  `CREATE FUNCTION tsql.like_ci(v text, pattern text, esc text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $tsql$
BEGIN
  IF pattern COLLATE "C" !~ '[[\\\\]' AND esc IS NULL THEN RETURN v COLLATE tsql.ci LIKE pattern COLLATE tsql.ci ESCAPE ''; END IF;
  RETURN v COLLATE "pg_c_utf8" ~* (('^(?:' || tsql.like_regex(pattern COLLATE "C", coalesce(esc, '')) || ')$') COLLATE "pg_c_utf8");
END $tsql$;
CREATE FUNCTION tsql.like_cs(v text, pattern text, esc text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $tsql$
BEGIN
  RETURN v COLLATE "pg_c_utf8" ~ (('^(?:' || tsql.like_regex(pattern COLLATE "C", coalesce(esc, '')) || ')$') COLLATE "pg_c_utf8");
END $tsql$;`,
  plpgsql(
    'patindex(pattern text, v text)',
    'int',
    `r := tsql.like_regex(regexp_replace(pattern COLLATE "C", '^%+|%+$', '', 'g'), '');
  IF left(pattern, 1) <> '%' THEN r := '^' || r; END IF;
  IF right(pattern, 1) <> '%' THEN r := r || '$'; END IF;
  RETURN regexp_instr(v COLLATE "pg_c_utf8", r COLLATE "pg_c_utf8", 1, 1, 0, 'i');`,
    'r text;',
  ),
  sqlFunction(
    'guid_order(g uuid)',
    'bytea',
    `SELECT substr(b, 11, 6) || substr(b, 9, 2) || substr(b, 7, 2) || substr(b, 5, 2) || substr(b, 1, 4) FROM (SELECT uuid_send(g) AS b) AS x`,
  ),
].join('\n');
