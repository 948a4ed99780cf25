// Takes connection strings apart into keyword and value, by the quoting rules of each kind.

export interface Pair {
  keyword: string;
  value: string;
}

/**
 * ADO.NET, ODBC and JDBC: `keyword=value;…`. A value may stand in '…' or "…" with the quote doubled (ADO.NET) or in {…} with } doubled (ODBC, JDBC).
 * @returns undefined when the text is not made of such pairs
 */
export function connectionPairs(source: string): Pair[] | undefined {
  const pairs: Pair[] = [];
  let text = source;
  const jdbc = /^jdbc:sqlserver:\/\/([^;]*)/i.exec(text);
  if (jdbc) {
    if (jdbc[1]) pairs.push({ keyword: 'server', value: jdbc[1] });
    text = text.slice(jdbc[0].length);
  }
  let at = 0;
  for (;;) {
    while (at < text.length && /[\s;]/.test(text.charAt(at))) at++;
    if (at >= text.length) return pairs;
    const equals = text.indexOf('=', at);
    if (equals < 0) return undefined;
    const keyword = text.slice(at, equals).trim();
    if (keyword === '' || keyword.includes(';')) return undefined;
    const read = readValue(text, equals + 1);
    if (!read) return undefined;
    pairs.push({ keyword, value: read.value });
    at = read.end;
  }
}

function readValue(text: string, from: number): { value: string; end: number } | undefined {
  let at = from;
  while (/[ \t\r\n]/.test(text.charAt(at))) at++;
  const opening = text.charAt(at);
  const closing = opening === '{' ? '}' : opening === "'" || opening === '"' ? opening : undefined;
  if (closing === undefined) {
    const semicolon = text.indexOf(';', at);
    const end = semicolon < 0 ? text.length : semicolon;
    return { value: text.slice(at, end).trim(), end };
  }
  let value = '';
  for (at++; at < text.length; at++) {
    const character = text.charAt(at);
    if (character !== closing) value += character;
    else if (text.charAt(at + 1) === closing) {
      value += closing;
      at++;
    } else {
      const rest = /^\s*(;|$)/.exec(text.slice(at + 1));
      return rest ? { value, end: at + 1 } : undefined;
    }
  }
  return undefined;
}

/** Stands in for a host that is not there. */
const noHost = 'none.invalid';

/** `mssql+pyodbc://user:password@host:port/database?…`, `mssql://…`, `sqlserver://…`; SQLAlchemy's odbc_connect holds an ODBC string. */
export function urlPairs(source: string): Pair[] | undefined {
  // A scheme that the URL parser gives a host to; the others are opaque to it.
  const url = parse(source.replace(/^[a-z+]+:\/\//i, 'https://'));
  if (!url) return undefined;
  const parameters = [...url.searchParams].map(([keyword, value]): Pair => ({ keyword, value }));
  const odbc = parameters.find(({ keyword }) => keyword.toLowerCase() === 'odbc_connect');
  if (odbc) return connectionPairs(odbc.value);
  const pairs: Pair[] = [];
  const add = (keyword: string, value: string): void => {
    if (value !== '') pairs.push({ keyword, value });
  };
  if (url.hostname !== noHost) add('server', decode(url.hostname));
  add('port', url.port);
  add('user', decode(url.username));
  add('password', decode(url.password));
  // go-mssqldb puts an instance into the path and the database into the query.
  const path = decode(url.pathname.slice(1));
  if (!/^sqlserver:/i.test(source)) add('database', path);
  // A driver's name is not a setting of the connection; `driver` is no keyword here.
  return [...pairs, ...parameters];
}

function parse(text: string): URL | undefined {
  // "https:///?odbc_connect=…" has no host, which the parser refuses.
  const whole = text.replace(/^https:\/\/\//, `https://${noHost}/`);
  return URL.canParse(whole) ? new URL(whole) : undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone per cent sign in a password: the text as it stands.
    return text;
  }
}
