// Calls: ordinary functions with OVER and WITHIN GROUP, and the ones with a syntax of their own (CAST, CONVERT, CASE, IIF, TRIM …).
/* oxlint-disable unicorn/no-thenable -- `then` is a branch of the tree, never a function: no await can mistake it */
import type {
  DatePartName,
  Expression,
  FrameBound,
  FunctionCall,
  Name,
  Niladic,
  Trim,
  Window,
  WindowFrame,
} from './ast.ts';
import { parseDataType } from './parseDataType.ts';
import { parseExpression, parseExpressionOrDefault } from './parseExpression.ts';
import { parsePredicate } from './parsePredicate.ts';
import { parseOrderBy } from './parseQuery.ts';
import type { TokenStream } from './tokenStream.ts';
import type { Token } from './tokens.ts';

const niladic: ReadonlySet<string> = new Set<Niladic['name']>([
  'CURRENT_TIMESTAMP',
  'CURRENT_DATE',
  'CURRENT_USER',
  'SESSION_USER',
  'SYSTEM_USER',
  'USER',
]);

const datePartFunctions: ReadonlySet<string> = new Set([
  'DATEADD',
  'DATEDIFF',
  'DATEDIFF_BIG',
  'DATENAME',
  'DATEPART',
  'DATETRUNC',
  'DATE_BUCKET',
]);

/** Source: Learn, DATEPART, table of dateparts and abbreviations. */
const dateParts: ReadonlySet<string> = new Set(
  `year yy yyyy quarter qq q month mm m dayofyear dy y day dd d week wk ww weekday dw w hour hh minute mi n second ss s
  millisecond ms microsecond mcs nanosecond ns tzoffset tz iso_week isowk isoww`.split(/\s+/),
);

export function parseNiladic(p: TokenStream): Niladic | undefined {
  const token = p.current;
  if (!niladic.has(token.upper)) return undefined;
  p.next();
  return { kind: 'niladic', name: token.upper as Niladic['name'], ...p.span(token) };
}

/** The name is taken, `(` is next. */
export function parseFunction(p: TokenStream, name: Name): Expression {
  const [only] = name.parts;
  const special = name.parts.length === 1 && only && !only.quoted ? only.name.toUpperCase() : '';
  switch (special) {
    case 'CAST':
    case 'TRY_CAST':
      return parseCast(p, name, special === 'TRY_CAST');
    case 'CONVERT':
    case 'TRY_CONVERT':
      return parseConvert(p, name, special === 'TRY_CONVERT');
    case 'PARSE':
    case 'TRY_PARSE':
      return parseParse(p, name, special === 'TRY_PARSE');
    case 'IIF':
      return parseIif(p, name);
    case 'TRIM':
      return parseTrim(p, name);
    case 'JSON_OBJECT':
      return parseJsonObject(p, name);
    case 'JSON_ARRAY':
      return parseJsonArray(p, name);
    default:
      return parseCall(p, name, special);
  }
}

function parseCast(p: TokenStream, name: Name, attempt: boolean): Expression {
  p.expectOperator('(');
  const operand = parseExpression(p);
  p.expectWord('AS');
  const type = parseDataType(p);
  p.expectOperator(')');
  return { kind: 'cast', attempt, operand, type, ...p.span(name) };
}

function parseConvert(p: TokenStream, name: Name, attempt: boolean): Expression {
  p.expectOperator('(');
  const type = parseDataType(p);
  p.expectOperator(',');
  const operand = parseExpression(p);
  const style = p.takeOperator(',') ? parseExpression(p) : undefined;
  p.expectOperator(')');
  return { kind: 'convert', attempt, type, operand, ...(style && { style }), ...p.span(name) };
}

function parseParse(p: TokenStream, name: Name, attempt: boolean): Expression {
  p.expectOperator('(');
  const operand = parseExpression(p);
  p.expectWord('AS');
  const type = parseDataType(p);
  const using = p.current;
  const culture = p.takeWord('USING') ? parseExpression(p) : undefined;
  // us_english is the language of every session.
  if (culture !== undefined && (culture.kind !== 'string' || !/^en(?:-us)?$/iu.test(culture.value)))
    p.unsupported('PARSE … USING', using);
  p.expectOperator(')');
  return { kind: 'parse', attempt, operand, type, ...p.span(name) };
}

function parseIif(p: TokenStream, name: Name): Expression {
  p.expectOperator('(');
  const condition = parsePredicate(p);
  p.expectOperator(',');
  const then = parseExpression(p);
  p.expectOperator(',');
  const otherwise = parseExpression(p);
  p.expectOperator(')');
  return { kind: 'iif', condition, then, otherwise, ...p.span(name) };
}

function parseTrim(p: TokenStream, name: Name): Expression {
  p.expectOperator('(');
  const word =
    p.isOperator(')', 1) || p.isOperator('.', 1) ? undefined : p.takeOneOf('LEADING', 'TRAILING', 'BOTH');
  const side: Trim['side'] = word === 'LEADING' ? 'leading' : word === 'TRAILING' ? 'trailing' : 'both';
  const first = parseExpression(p);
  const operand = p.takeWord('FROM') ? parseExpression(p) : undefined;
  p.expectOperator(')');
  if (!operand) return { kind: 'trim', side, operand: first, ...p.span(name) };
  return { kind: 'trim', side, characters: first, operand, ...p.span(name) };
}

/** NULL ON NULL, ABSENT ON NULL; undefined when not written. */
function parseOnNull(p: TokenStream): boolean | undefined {
  if (p.takeWord('NULL', 'ON', 'NULL')) return false;
  if (p.takeWord('ABSENT', 'ON', 'NULL')) return true;
  return undefined;
}

function parseJsonObject(p: TokenStream, name: Name): Expression {
  p.expectOperator('(');
  let absentOnNull = parseOnNull(p);
  const members =
    absentOnNull !== undefined || p.isOperator(')')
      ? []
      : p.list(() => {
          const key = parseExpression(p);
          p.expectOperator(':');
          return { key, value: parseExpression(p) };
        });
  absentOnNull ??= parseOnNull(p) ?? false;
  p.expectOperator(')');
  return { kind: 'jsonObject', members, absentOnNull, ...p.span(name) };
}

function parseJsonArray(p: TokenStream, name: Name): Expression {
  p.expectOperator('(');
  let absentOnNull = parseOnNull(p);
  const values = absentOnNull !== undefined || p.isOperator(')') ? [] : p.list(() => parseExpression(p));
  absentOnNull ??= parseOnNull(p) ?? true;
  p.expectOperator(')');
  return { kind: 'jsonArray', values, absentOnNull, ...p.span(name) };
}

function parseDatePart(p: TokenStream, functionName: string): DatePartName {
  const token = p.current;
  if (token.type !== 'word') p.error(1023, token, 1, functionName.toLowerCase());
  const name = token.value.toLowerCase();
  if (!dateParts.has(name)) p.error(155, token, token.value, functionName.toLowerCase());
  p.next();
  return { kind: 'datePart', name, ...p.span(token) };
}

function parseCall(p: TokenStream, name: Name, special: string): FunctionCall {
  p.expectOperator('(');
  const call: FunctionCall = {
    kind: 'call',
    name,
    arguments: [],
    distinct: false,
    star: false,
    ...p.span(name),
  };
  if (p.takeOperator('*')) {
    call.star = true;
  } else if (!p.isOperator(')')) {
    if (p.takeWord('DISTINCT')) call.distinct = true;
    else p.takeWord('ALL');
    if (datePartFunctions.has(special)) {
      call.arguments.push(parseDatePart(p, special));
      if (p.takeOperator(',')) call.arguments.push(...p.list(() => parseExpression(p)));
    } else {
      call.arguments = p.list(() => parseExpressionOrDefault(p));
    }
  }
  const beforeClose = p.takeOneOf('IGNORE', 'RESPECT');
  if (beforeClose) takeNullTreatment(p, call, beforeClose);
  p.expectOperator(')');
  if (p.takeWord('WITHIN', 'GROUP')) {
    call.withinGroup = p.parenthesized(() => parseOrderBy(p));
    if (call.withinGroup.length === 0) p.fail();
  }
  if (p.isWord('IGNORE', 'NULLS') || p.isWord('RESPECT', 'NULLS')) {
    takeNullTreatment(p, call, p.expectOneOf('IGNORE', 'RESPECT'));
  }
  if (p.isWord('OVER')) call.over = parseWindow(p);
  if (p.isOperator('.')) p.unsupported(`.${p.peek().value}`);
  return { ...call, ...p.span(name) };
}

function takeNullTreatment(p: TokenStream, call: FunctionCall, word: 'IGNORE' | 'RESPECT'): void {
  p.expectWord('NULLS');
  call.nullTreatment = word === 'IGNORE' ? 'ignore' : 'respect';
}

function parseWindow(p: TokenStream): Window {
  const token = p.next();
  // OVER name refers to a WINDOW clause.
  if (!p.isOperator('(')) p.unsupported('WINDOW');
  return p.parenthesized(() => {
    const partitionBy = p.takeWord('PARTITION') ? (p.expectWord('BY'), p.list(() => parseExpression(p))) : [];
    const orderBy = parseOrderBy(p);
    const frame = parseFrame(p);
    return { kind: 'window', partitionBy, orderBy, ...(frame && { frame }), ...p.span(token) };
  });
}

function parseFrame(p: TokenStream): WindowFrame | undefined {
  const token: Token = p.current;
  const unit = p.takeOneOf('ROWS', 'RANGE');
  if (!unit) return undefined;
  let from: FrameBound;
  let to: FrameBound = { kind: 'currentRow' };
  if (p.takeWord('BETWEEN')) {
    from = parseFrameBound(p);
    p.expectWord('AND');
    to = parseFrameBound(p);
  } else {
    from = parseFrameBound(p);
  }
  return { kind: 'windowFrame', unit: unit === 'ROWS' ? 'rows' : 'range', from, to, ...p.span(token) };
}

function parseFrameBound(p: TokenStream): FrameBound {
  if (p.takeWord('UNBOUNDED')) {
    return {
      kind:
        p.expectOneOf('PRECEDING', 'FOLLOWING') === 'PRECEDING' ? 'unboundedPreceding' : 'unboundedFollowing',
    };
  }
  if (p.takeWord('CURRENT')) {
    p.expectWord('ROW');
    return { kind: 'currentRow' };
  }
  const rows = parseExpression(p);
  return { kind: p.expectOneOf('PRECEDING', 'FOLLOWING') === 'PRECEDING' ? 'preceding' : 'following', rows };
}

/** CASE x WHEN … and CASE WHEN …. */
export function parseCase(p: TokenStream): Expression {
  const token = p.next();
  if (p.isWord('WHEN')) {
    const branches = [];
    while (p.takeWord('WHEN')) {
      const when = parsePredicate(p);
      p.expectWord('THEN');
      branches.push({ when, then: parseExpression(p) });
    }
    const otherwise = p.takeWord('ELSE') ? parseExpression(p) : undefined;
    p.expectWord('END');
    return { kind: 'searchedCase', branches, ...(otherwise && { otherwise }), ...p.span(token) };
  }
  const input = parseExpression(p);
  if (!p.isWord('WHEN')) p.fail();
  const branches = [];
  while (p.takeWord('WHEN')) {
    const when = parseExpression(p);
    p.expectWord('THEN');
    branches.push({ when, then: parseExpression(p) });
  }
  const otherwise = p.takeWord('ELSE') ? parseExpression(p) : undefined;
  p.expectWord('END');
  return { kind: 'simpleCase', input, branches, ...(otherwise && { otherwise }), ...p.span(token) };
}
