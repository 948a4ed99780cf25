// Query expressions: SELECT blocks, set operations, ORDER BY, paging, FOR JSON/XML, CTEs and OPTION.
import type {
  AssignmentOperator,
  CommonTable,
  Expression,
  ForJson,
  ForXml,
  Identifier,
  OrderItem,
  Query,
  QueryBody,
  SelectBlock,
  SelectItem,
  SelectStatement,
  SetOperation,
  Top,
} from './ast.ts';
import { parseExpression } from './parseExpression.ts';
import { parseGroupBy } from './parseGroupBy.ts';
import { parseOptions } from './parseQueryHints.ts';
import { parsePredicate } from './parsePredicate.ts';
import { parseTableSource } from './parseTableSource.ts';
import type { TokenStream } from './tokenStream.ts';
import type { Token } from './tokens.ts';

/** WITH … (if any), a query expression, OPTION (…). */
export function parseSelectStatement(
  p: TokenStream,
  first: Token,
  commonTables: CommonTable[],
): SelectStatement {
  const query = parseQuery(p);
  const options = parseOptions(p);
  // FOR may follow OPTION too, against the documented order.
  if (options.length > 0 && query.forClause === undefined) {
    const forClause = parseForClause(p);
    if (forClause !== undefined) query.forClause = forClause;
  }
  return { kind: 'select', with: commonTables, query, options, ...p.span(first) };
}

/** ( query ) */
export function parseSubquery(p: TokenStream): Query {
  return p.nest(() => p.parenthesized(() => parseQuery(p)));
}

/** What stands between the parentheses of a subquery; `left` is a first operand that has been taken already. */
export function parseSubqueryBody(p: TokenStream, left?: QueryBody): Query {
  return p.nest(() => parseQuery(p, left));
}

export function parseQuery(p: TokenStream, left?: QueryBody): Query {
  const first = left ?? p.current;
  const body = parseSetOperations(p, left);
  const orderBy = parseOrderBy(p);
  const paging = orderBy.length > 0 ? parsePaging(p) : {};
  const forClause = parseForClause(p);
  return { kind: 'query', body, orderBy, ...paging, ...(forClause && { forClause }), ...p.span(first) };
}

/** UNION and EXCEPT from left to right; INTERSECT binds tighter. */
function parseSetOperations(p: TokenStream, taken?: QueryBody): QueryBody {
  let left = parseIntersections(p, taken);
  for (let operands = 1; ; operands++) {
    p.chain(operands);
    const word = p.takeOneOf('UNION', 'EXCEPT');
    if (!word) return left;
    const all = word === 'UNION' && p.takeWord('ALL');
    if (!all) p.takeWord('DISTINCT');
    const operator = word === 'UNION' ? 'union' : 'except';
    const right = parseIntersections(p);
    const node: SetOperation = { kind: 'setOperation', operator, all, left, right, ...p.span(left) };
    left = node;
  }
}

function parseIntersections(p: TokenStream, taken?: QueryBody): QueryBody {
  let left = taken ?? parseQueryTerm(p);
  for (let operands = 1; ; operands++) {
    p.chain(operands);
    if (!p.takeWord('INTERSECT')) return left;
    const right = parseQueryTerm(p);
    const node: SetOperation = {
      kind: 'setOperation',
      operator: 'intersect',
      all: false,
      left,
      right,
      ...p.span(left),
    };
    left = node;
  }
}

function parseQueryTerm(p: TokenStream): QueryBody {
  if (p.isOperator('(')) return p.nest(() => p.parenthesized(() => parseSetOperations(p)));
  return parseSelectBlock(p);
}

function parseSelectBlock(p: TokenStream): SelectBlock {
  const first = p.current;
  p.expectWord('SELECT');
  const distinct = p.takeWord('DISTINCT');
  if (!distinct) p.takeWord('ALL');
  const top = parseTop(p);
  const items = p.list(() => parseSelectItem(p));
  const assignments = items.filter((item) => item.kind === 'assignment').length;
  if (assignments > 0 && assignments < items.length) p.error(141, first);
  const into = p.takeWord('INTO') ? p.name() : undefined;
  const from = p.takeWord('FROM') ? p.list(() => parseTableSource(p)) : [];
  const where = p.takeWord('WHERE') ? parsePredicate(p) : undefined;
  const groupBy = p.takeWord('GROUP') ? parseGroupBy(p) : [];
  const having = p.takeWord('HAVING') ? parsePredicate(p) : undefined;
  if (p.isWord('WINDOW') && p.isIdentifier(1) && p.peek(2).upper === 'AS') p.unsupported();
  return {
    kind: 'selectBlock',
    distinct,
    ...(top && { top }),
    items,
    ...(into && { into }),
    from,
    ...(where && { where }),
    groupBy,
    ...(having && { having }),
    ...p.span(first),
  };
}

/** TOP n, TOP (expression), PERCENT, WITH TIES. Without parentheses only a number may follow. */
export function parseTop(p: TokenStream): Top | undefined {
  const token = p.current;
  if (!p.takeWord('TOP')) return undefined;
  if (!p.isOperator('(') && p.current.type !== 'number') p.fail();
  let count: Expression;
  if (p.isOperator('(')) {
    count = p.parenthesized(() => parseExpression(p));
  } else {
    const number = p.next();
    const form = /e/i.test(number.value) ? 'float' : number.value.includes('.') ? 'decimal' : 'integer';
    count = { kind: 'number', form, text: number.value, ...p.span(number) };
  }
  const percent = p.takeWord('PERCENT');
  const withTies = p.takeWord('WITH', 'TIES');
  return { kind: 'top', count, percent, withTies, ...p.span(token) };
}

const assignments: ReadonlySet<string> = new Set<AssignmentOperator>([
  '=',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '&=',
  '|=',
  '^=',
]);

export function isAssignment(token: Token): boolean {
  return token.type === 'operator' && assignments.has(token.upper);
}

/** = and the compound assignments, if one comes. */
export function takeAssignment(p: TokenStream): AssignmentOperator | undefined {
  const token = p.current;
  if (!isAssignment(token)) return undefined;
  p.next();
  return token.upper as AssignmentOperator;
}

/** How many tokens `a.b.*` takes before its star; undefined when it is something else. */
function qualifierLength(p: TokenStream): number | undefined {
  let ahead = 0;
  while (p.isIdentifier(ahead) && p.isOperator('.', ahead + 1)) {
    ahead += 2;
    while (p.isOperator('.', ahead)) ahead++;
    if (p.isOperator('*', ahead)) return ahead;
  }
  return undefined;
}

export function parseSelectItem(p: TokenStream): SelectItem {
  const first = p.current;
  if (p.takeOperator('*')) return { kind: 'star', ...p.span(first) };
  if (qualifierLength(p) !== undefined) return parseQualifiedStar(p, first);
  if (first.type === 'variable' && isAssignment(p.peek())) {
    p.next();
    const operator = takeAssignment(p) ?? p.fail();
    const expression = parseExpression(p);
    return { kind: 'assignment', variable: first.value, operator, expression, ...p.span(first) };
  }
  if ((p.isIdentifier() || first.type === 'string') && p.isOperator('=', 1)) {
    const alias = p.identifierOrString();
    p.next();
    const expression = parseExpression(p);
    return { kind: 'expressionItem', expression, alias, ...p.span(first) };
  }
  const expression = parseExpression(p);
  const alias = parseColumnAlias(p);
  return { kind: 'expressionItem', expression, ...(alias && { alias }), ...p.span(first) };
}

function parseColumnAlias(p: TokenStream): Identifier | undefined {
  if (p.takeWord('AS')) return p.identifierOrString();
  if (p.isIdentifier() || p.current.type === 'string') return p.identifierOrString();
  return undefined;
}

function parseQualifiedStar(p: TokenStream, first: Token): SelectItem {
  const parts = [p.identifier()];
  while (p.takeOperator('.')) {
    if (p.isOperator('*')) break;
    const here = p.current;
    if (p.isOperator('.'))
      parts.push({
        kind: 'identifier',
        name: '',
        quoted: false,
        line: here.line,
        start: here.start,
        end: here.start,
      });
    else parts.push(p.identifier());
  }
  const last = parts.at(-1);
  p.expectOperator('*');
  const { line, start } = first;
  return {
    kind: 'star',
    qualifier: { kind: 'name', parts, line, start, end: last?.end ?? first.end },
    ...p.span(first),
  };
}

/** ORDER BY … if it comes, otherwise []. */
export function parseOrderBy(p: TokenStream): OrderItem[] {
  if (!p.takeWord('ORDER')) return [];
  p.expectWord('BY');
  return p.list(() => {
    const first = p.current;
    const expression = parseExpression(p);
    const descending = p.takeOneOf('ASC', 'DESC') === 'DESC';
    return { kind: 'orderItem', expression, descending, ...p.span(first) };
  });
}

function parsePaging(p: TokenStream): { offset?: Expression; fetch?: Expression } {
  if (!p.takeWord('OFFSET')) return {};
  const offset = parseExpression(p);
  p.expectOneOf('ROW', 'ROWS');
  if (!p.isWord('FETCH', 'NEXT') && !p.isWord('FETCH', 'FIRST')) return { offset };
  // A cursor's own FETCH NEXT FROM begins the next statement.
  if (p.peek(2).upper === 'FROM') return { offset };
  p.next();
  p.next();
  const fetch = parseExpression(p);
  p.expectOneOf('ROW', 'ROWS');
  p.expectWord('ONLY');
  return { offset, fetch };
}

function parseForClause(p: TokenStream): ForJson | ForXml | undefined {
  const token = p.current;
  if (p.isWord('FOR', 'BROWSE')) p.unsupported('BROWSE');
  if (p.takeWord('FOR', 'JSON')) {
    const mode = p.expectOneOf('PATH', 'AUTO') === 'PATH' ? 'path' : 'auto';
    const clause: ForJson = {
      kind: 'forJson',
      mode,
      includeNullValues: false,
      withoutArrayWrapper: false,
      ...p.span(token),
    };
    while (p.takeOperator(',')) {
      const option = p.expectOneOf('ROOT', 'INCLUDE_NULL_VALUES', 'WITHOUT_ARRAY_WRAPPER');
      if (option === 'INCLUDE_NULL_VALUES') clause.includeNullValues = true;
      else if (option === 'WITHOUT_ARRAY_WRAPPER') clause.withoutArrayWrapper = true;
      else clause.root = p.isOperator('(') ? p.parenthesized(() => stringValue(p)) : 'root';
    }
    return { ...clause, ...p.span(token) };
  }
  if (p.takeWord('FOR', 'XML')) return parseForXml(p, token);
  return undefined;
}

function parseForXml(p: TokenStream, token: Token): ForXml {
  const modes = { RAW: 'raw', AUTO: 'auto', PATH: 'path', EXPLICIT: 'explicit' } as const;
  const mode = modes[p.expectOneOf('RAW', 'AUTO', 'PATH', 'EXPLICIT')];
  const clause: ForXml = { kind: 'forXml', mode, options: [], ...p.span(token) };
  if (p.isOperator('(')) clause.element = p.parenthesized(() => stringValue(p));
  while (p.takeOperator(',')) {
    const option = p.expectOneOf('TYPE', 'ROOT', 'ELEMENTS', 'BINARY', 'XMLSCHEMA', 'XMLDATA');
    if (option === 'ROOT') clause.root = p.isOperator('(') ? p.parenthesized(() => stringValue(p)) : 'root';
    else if (option === 'BINARY') {
      p.expectWord('BASE64');
      clause.options.push('BINARY BASE64');
    } else {
      const extra = option === 'ELEMENTS' ? p.takeOneOf('XSINIL', 'ABSENT') : undefined;
      clause.options.push(extra ? `${option} ${extra}` : option);
    }
  }
  return { ...clause, ...p.span(token) };
}

/** The value of a string literal. */
export function stringValue(p: TokenStream): string {
  if (p.current.type !== 'string') p.fail();
  return p.next().value;
}

/** WITH name (columns) AS (query), … if it comes. The statement before must have been ended: the caller has seen to that. */
export function parseCommonTables(p: TokenStream): CommonTable[] {
  if (!p.takeWord('WITH')) return [];
  if (p.isOneOf('XMLNAMESPACES', 'CHANGE_TRACKING_CONTEXT')) p.unsupported();
  return p.list(() => {
    const first = p.current;
    const name = p.identifier();
    const columns = p.isOperator('(') ? p.parenthesized(() => p.list(() => p.identifier())) : [];
    p.expectWord('AS');
    const query = parseSubquery(p);
    return { kind: 'commonTable', name, columns, query, ...p.span(first) };
  });
}
