// Cursors: their definition and OPEN, FETCH, CLOSE, DEALLOCATE.
import type {
  CloseCursor,
  CursorDefinition,
  CursorName,
  DeallocateCursor,
  DeclareCursor,
  FetchCursor,
  OpenCursor,
} from './ast.ts';
import { parseExpression } from './parseExpression.ts';
import { parseCommonTables, parseQuery } from './parseQuery.ts';
import type { TokenStream } from './tokenStream.ts';
import type { Token } from './tokens.ts';

const cursorOptions = [
  'LOCAL',
  'GLOBAL',
  'FORWARD_ONLY',
  'SCROLL',
  'STATIC',
  'KEYSET',
  'DYNAMIC',
  'FAST_FORWARD',
  'READ_ONLY',
  'SCROLL_LOCKS',
  'OPTIMISTIC',
  'TYPE_WARNING',
] as const;

/** DECLARE is taken, the cursor's name is next. */
export function parseDeclareCursor(p: TokenStream, first: Token): DeclareCursor {
  const { name } = p.identifier();
  const before: string[] = [];
  for (let word = p.takeOneOf('INSENSITIVE', 'SCROLL'); word; word = p.takeOneOf('INSENSITIVE', 'SCROLL')) {
    before.push(word);
  }
  const definition = parseCursorDefinition(p);
  definition.options.unshift(...before);
  return { kind: 'declareCursor', name, definition, ...p.span(first) };
}

/** CURSOR [options] FOR query [FOR READ ONLY | FOR UPDATE [OF columns]]. */
export function parseCursorDefinition(p: TokenStream): CursorDefinition {
  const first = p.current;
  p.expectWord('CURSOR');
  const options: string[] = [];
  for (let word = p.takeOneOf(...cursorOptions); word; word = p.takeOneOf(...cursorOptions))
    options.push(word);
  p.expectWord('FOR');
  const commonTables = parseCommonTables(p);
  const query = parseQuery(p);
  const definition: CursorDefinition = {
    kind: 'cursorDefinition',
    options,
    with: commonTables,
    query,
    ...p.span(first),
  };
  if (p.takeWord('FOR', 'READ')) {
    p.expectWord('ONLY');
    options.push('READ_ONLY');
  } else if (p.takeWord('FOR', 'UPDATE')) {
    definition.forUpdate = p.takeWord('OF') ? p.list(() => p.identifier()) : [];
  }
  return { ...definition, ...p.span(first) };
}

function parseCursorName(p: TokenStream): CursorName {
  if (p.current.type === 'variable') return { kind: 'variable', name: p.next().value };
  const global = p.isWord('GLOBAL') && p.isIdentifier(1) && p.takeWord('GLOBAL');
  return { kind: 'name', name: p.identifier().name, global };
}

export function parseOpenCursor(p: TokenStream): OpenCursor {
  const first = p.next();
  if (p.isOneOf('SYMMETRIC', 'MASTER') && p.peek().upper === 'KEY') p.unsupported();
  return { kind: 'openCursor', cursor: parseCursorName(p), ...p.span(first) };
}

export function parseCloseCursor(p: TokenStream): CloseCursor {
  const first = p.next();
  if (p.isOneOf('SYMMETRIC', 'MASTER', 'ALL') && p.peek().upper !== ';') p.unsupported();
  return { kind: 'closeCursor', cursor: parseCursorName(p), ...p.span(first) };
}

export function parseDeallocateCursor(p: TokenStream): DeallocateCursor {
  const first = p.next();
  return { kind: 'deallocateCursor', cursor: parseCursorName(p), ...p.span(first) };
}

export function parseFetchCursor(p: TokenStream): FetchCursor {
  const first = p.next();
  const directions = {
    NEXT: 'next',
    PRIOR: 'prior',
    FIRST: 'first',
    LAST: 'last',
    ABSOLUTE: 'absolute',
    RELATIVE: 'relative',
  } as const;
  const word = p.takeOneOf('NEXT', 'PRIOR', 'FIRST', 'LAST', 'ABSOLUTE', 'RELATIVE');
  const direction = word ? directions[word] : 'next';
  const offset = direction === 'absolute' || direction === 'relative' ? parseExpression(p) : undefined;
  if (word) p.expectWord('FROM');
  else p.takeWord('FROM');
  const cursor = parseCursorName(p);
  const into = p.takeWord('INTO')
    ? p.list(() => {
        if (p.current.type !== 'variable') p.fail();
        return p.next().value;
      })
    : [];
  return { kind: 'fetchCursor', cursor, direction, ...(offset && { offset }), into, ...p.span(first) };
}
