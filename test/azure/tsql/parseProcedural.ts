// Statements of control: DECLARE, RETURN, THROW, RAISERROR, transactions, WAITFOR and what else is short.
import type {
  BeginTransaction,
  Checkpoint,
  CommitTransaction,
  Dbcc,
  Declare,
  DeclareCursor,
  Expression,
  Goto,
  Kill,
  Print,
  Raiserror,
  Return,
  RollbackTransaction,
  SaveTransaction,
  Throw,
  Use,
  VariableReference,
  WaitFor,
} from './ast.ts';
import { parseDeclareCursor } from './parseCursor.ts';
import { parseDataType } from './parseDataType.ts';
import { parseConstant, parseArgumentValue } from './parseExecute.ts';
import { parseExpression } from './parseExpression.ts';
import { stringValue } from './parseQuery.ts';
import { parseTableElements } from './parseTableElement.ts';
import type { TokenStream } from './tokenStream.ts';
import type { Token } from './tokens.ts';

export function parseDeclare(p: TokenStream): Declare | DeclareCursor {
  const first = p.next();
  if (p.isIdentifier()) return parseDeclareCursor(p, first);
  const variables = p.list((): Declare['variables'][number] => {
    const token = p.current;
    if (token.type !== 'variable') p.fail();
    const name = p.next().value;
    p.takeWord('AS');
    if (p.takeWord('TABLE')) {
      return { kind: 'tableVariableDeclaration', name, elements: parseTableElements(p), ...p.span(token) };
    }
    if (p.takeWord('CURSOR')) return { kind: 'cursorVariable', name, ...p.span(token) };
    const type = parseDataType(p);
    const initial = p.takeOperator('=') ? parseExpression(p) : undefined;
    return { kind: 'scalarVariable', name, type, ...(initial && { initial }), ...p.span(token) };
  });
  return { kind: 'declare', variables, ...p.span(first) };
}

/** @throws SqlError 102 when the statement before has no semicolon, 10704 without arguments outside a CATCH block. */
export function parseThrow(p: TokenStream): Throw {
  const first = p.current;
  if (!p.terminated) p.fail();
  p.next();
  if (!['number', 'string', 'variable'].includes(p.current.type)) {
    if (p.handlers === 0) p.error(10704, first);
    return { kind: 'throw', ...p.span(first) };
  }
  const number = parseConstant(p);
  p.expectOperator(',');
  const message = parseConstant(p);
  p.expectOperator(',');
  const state = parseConstant(p);
  return { kind: 'throw', arguments: { number, message, state }, ...p.span(first) };
}

export function parseRaiserror(p: TokenStream): Raiserror {
  const first = p.next();
  const values = p.parenthesized(() => {
    const message = parseConstant(p);
    p.expectOperator(',');
    const severity = parseArgumentValue(p);
    p.expectOperator(',');
    const state = parseArgumentValue(p);
    const rest: Expression[] = p.takeOperator(',') ? p.list(() => parseArgumentValue(p)) : [];
    return { message, severity, state, arguments: rest };
  });
  const options = p.takeWord('WITH') ? p.list(() => p.expectOneOf('LOG', 'NOWAIT', 'SETERROR')) : [];
  return { kind: 'raiserror', ...values, options, ...p.span(first) };
}

export function parsePrint(p: TokenStream): Print {
  const first = p.next();
  return { kind: 'print', value: parseExpression(p), ...p.span(first) };
}

const expressionWords: ReadonlySet<string> = new Set([
  'NULL',
  'CASE',
  'COALESCE',
  'CONVERT',
  'TRY_CONVERT',
  'NULLIF',
  'LEFT',
  'RIGHT',
  'CURRENT_TIMESTAMP',
  'CURRENT_USER',
  'SESSION_USER',
  'SYSTEM_USER',
  'USER',
]);

function startsExpression(p: TokenStream): boolean {
  const token = p.current;
  switch (token.type) {
    case 'end':
      return false;
    case 'operator':
      return ['(', '-', '+', '~'].includes(token.upper);
    case 'word':
      // A label, or a statement that begins with an ordinary word, would come after a bare RETURN.
      if (p.isOperator(':', 1) || (token.upper === 'THROW' && p.terminated)) return false;
      return !token.reserved || expressionWords.has(token.upper);
    default:
      return true;
  }
}

/** @throws SqlError 178 for a value outside a procedure or function. */
export function parseReturn(p: TokenStream): Return {
  const first = p.next();
  if (!startsExpression(p)) return { kind: 'return', ...p.span(first) };
  const value = parseExpression(p);
  if (!p.returnsValue) p.error(178, first);
  return { kind: 'return', value, ...p.span(first) };
}

export function parseGoto(p: TokenStream): Goto {
  const first = p.next();
  const label = p.identifier().name;
  p.gotos.push({ label, line: first.line });
  return { kind: 'goto', label, ...p.span(first) };
}

export function parseWaitFor(p: TokenStream): WaitFor {
  const first = p.next();
  if (p.isOperator('(')) p.unsupported('WAITFOR');
  const mode = p.expectOneOf('DELAY', 'TIME') === 'DELAY' ? 'delay' : 'time';
  if (p.current.type !== 'string' && p.current.type !== 'variable') p.fail();
  return { kind: 'waitFor', mode, value: parseConstant(p), ...p.span(first) };
}

/** A transaction's or savepoint's name, if it comes. */
function takeTransactionName(p: TokenStream): string | VariableReference | undefined {
  const token = p.current;
  if (token.type === 'variable') {
    p.next();
    return { kind: 'variable', name: token.value, ...p.span(token) };
  }
  if (!p.isIdentifier() || p.isOperator(':', 1)) return undefined;
  return p.identifier().name;
}

/** BEGIN is taken, TRAN or TRANSACTION is next. */
export function parseBeginTransaction(p: TokenStream, first: Token): BeginTransaction {
  p.next();
  const name = takeTransactionName(p);
  if (p.isWord('WITH', 'MARK')) p.unsupported('MARK');
  return { kind: 'beginTransaction', ...(name !== undefined && { name }), ...p.span(first) };
}

export function parseCommit(p: TokenStream): CommitTransaction {
  const first = p.next();
  const name = takeTransactionEnd(p);
  if (p.isWord('WITH') && p.isOperator('(', 1)) {
    p.next();
    p.parenthesized(() => {
      p.expectWord('DELAYED_DURABILITY');
      p.expectOperator('=');
      p.expectOneOf('ON', 'OFF');
    });
  }
  return { kind: 'commitTransaction', ...(name !== undefined && { name }), ...p.span(first) };
}

export function parseRollback(p: TokenStream): RollbackTransaction {
  const first = p.next();
  const name = takeTransactionEnd(p);
  return { kind: 'rollbackTransaction', ...(name !== undefined && { name }), ...p.span(first) };
}

/** [WORK] or [TRAN[SACTION] [name]]. */
function takeTransactionEnd(p: TokenStream): string | VariableReference | undefined {
  if (p.takeOneOf('TRAN', 'TRANSACTION')) return takeTransactionName(p);
  p.takeWord('WORK');
  return undefined;
}

export function parseSave(p: TokenStream): SaveTransaction {
  const first = p.next();
  p.expectOneOf('TRAN', 'TRANSACTION');
  const name = takeTransactionName(p) ?? p.fail();
  return { kind: 'saveTransaction', name, ...p.span(first) };
}

export function parseUse(p: TokenStream): Use {
  const first = p.next();
  return { kind: 'use', database: p.identifier(), ...p.span(first) };
}

export function parseDbcc(p: TokenStream): Dbcc {
  const first = p.next();
  const command = p.identifier().name.toUpperCase();
  let args: Expression[] = [];
  if (p.isOperator('(')) {
    args = p.parenthesized(() => (p.isOperator(')') ? [] : p.list(() => parseArgumentValue(p))));
  }
  const options = p.takeWord('WITH') ? p.list(() => p.identifier().name.toUpperCase()) : [];
  return { kind: 'dbcc', command, arguments: args, options, ...p.span(first) };
}

export function parseKill(p: TokenStream): Kill {
  const first = p.next();
  if (p.isOneOf('STATS', 'QUERY')) p.unsupported();
  if (p.current.type === 'string') {
    const token = p.current;
    const session: Expression = {
      kind: 'string',
      value: stringValue(p),
      national: token.national,
      ...p.span(token),
    };
    return { kind: 'kill', session, ...p.span(first) };
  }
  const session = parseConstant(p);
  if (p.isWord('WITH')) p.unsupported('STATUSONLY');
  return { kind: 'kill', session, ...p.span(first) };
}

export function parseCheckpoint(p: TokenStream): Checkpoint {
  const first = p.next();
  if (p.current.type === 'number') p.next();
  return { kind: 'checkpoint', ...p.span(first) };
}
