// Statements: which one begins here, blocks and branches, and T-SQL's rules for what may follow what without a semicolon.
/* oxlint-disable unicorn/no-thenable -- `then` is a branch of the tree, never a function: no await can mistake it */
import type { Block, If, Label, Statement, TryCatch, While } from './ast.ts';
import { parseDelete, parseInsert, parseMerge, parseTruncate, parseUpdate } from './parseChange.ts';
import { parseCloseCursor, parseDeallocateCursor, parseFetchCursor, parseOpenCursor } from './parseCursor.ts';
import { parseSwitchTrigger, parseUpdateStatistics } from './parseDefinition.ts';
import { parseAlter, parseCreate, parseDrop } from './parseDefinitionVerb.ts';
import { parseExecute, parseExecuteProcedure } from './parseExecute.ts';
import { parsePredicate } from './parsePredicate.ts';
import {
  parseBeginTransaction,
  parseCheckpoint,
  parseCommit,
  parseDbcc,
  parseDeclare,
  parseGoto,
  parseKill,
  parsePrint,
  parseRaiserror,
  parseReturn,
  parseRollback,
  parseSave,
  parseThrow,
  parseUse,
  parseWaitFor,
} from './parseProcedural.ts';
import { parseCommonTables, parseSelectStatement } from './parseQuery.ts';
import { parseDeny, parseGrant, parseRevert, parseRevoke } from './parseSecurity.ts';
import { parseSet } from './parseSet.ts';
import type { TokenStream } from './tokenStream.ts';

/** Statements up to END or the end of the text, either of which is left to the caller. */
export function parseStatements(p: TokenStream): Statement[] {
  const statements: Statement[] = [];
  for (;;) {
    while (p.takeOperator(';')) p.terminated = true;
    if (p.current.type === 'end' || p.isWord('END')) return statements;
    statements.push(parseStatement(p));
  }
}

/** One statement and the semicolon behind it. */
function parseStatement(p: TokenStream): Statement {
  const isFirst = p.isFirst;
  p.isFirst = false;
  const statement = p.nest(() => parseByKeyword(p, isFirst));
  // After IF … SELECT 1; the semicolon belongs to the inner statement and has been taken with it.
  const inner = (statement.kind === 'if' || statement.kind === 'while') && p.terminated;
  p.terminated = p.takeOperator(';') || inner || statement.kind === 'label';
  return statement;
}

function parseByKeyword(p: TokenStream, isFirst: boolean): Statement {
  const token = p.current;
  if (!token.reserved) return parseByWord(p, isFirst);
  switch (token.upper) {
    case 'SELECT':
      return parseSelectStatement(p, token, []);
    case 'WITH':
      return parseWith(p);
    case 'INSERT':
      return parseInsert(p, token, []);
    case 'UPDATE':
      if (p.peek().upper === 'STATISTICS' && p.peek().reserved) return parseUpdateStatistics(p, p.next());
      return parseUpdate(p, token, []);
    case 'DELETE':
      return parseDelete(p, token, []);
    case 'MERGE':
      return parseMerge(p, token, []);
    case 'TRUNCATE':
      return parseTruncate(p);
    case 'CREATE':
      return parseCreate(p, isFirst);
    case 'ALTER':
      return parseAlter(p, isFirst);
    case 'DROP':
      return parseDrop(p);
    case 'GRANT':
      return parseGrant(p);
    case 'DENY':
      return parseDeny(p);
    case 'REVOKE':
      return parseRevoke(p);
    case 'REVERT':
      return parseRevert(p);
    case 'EXEC':
    case 'EXECUTE':
      return parseExecute(p);
    case 'DECLARE':
      return parseDeclare(p);
    case 'SET':
      return parseSet(p);
    case 'IF':
      return parseIf(p);
    case 'BEGIN':
      return parseBegin(p);
    case 'WHILE':
      return parseWhile(p);
    case 'BREAK':
      if (p.loops === 0) p.error(135, token);
      p.next();
      return { kind: 'break', ...p.span(token) };
    case 'CONTINUE':
      if (p.loops === 0) p.error(136, token);
      p.next();
      return { kind: 'continue', ...p.span(token) };
    case 'RAISERROR':
      return parseRaiserror(p);
    case 'PRINT':
      return parsePrint(p);
    case 'RETURN':
      return parseReturn(p);
    case 'GOTO':
      return parseGoto(p);
    case 'WAITFOR':
      return parseWaitFor(p);
    case 'COMMIT':
      return parseCommit(p);
    case 'ROLLBACK':
      return parseRollback(p);
    case 'SAVE':
      return parseSave(p);
    case 'USE':
      return parseUse(p);
    case 'OPEN':
      return parseOpenCursor(p);
    case 'FETCH':
      return parseFetchCursor(p);
    case 'CLOSE':
      return parseCloseCursor(p);
    case 'DEALLOCATE':
      return parseDeallocateCursor(p);
    case 'DBCC':
      return parseDbcc(p);
    case 'KILL':
      return parseKill(p);
    case 'CHECKPOINT':
      return parseCheckpoint(p);
    case 'BACKUP':
    case 'RESTORE':
      return p.error(40510, token, `${token.upper} ${p.peek().upper}`.trim());
    case 'BULK':
    case 'SHUTDOWN':
    case 'READTEXT':
    case 'WRITETEXT':
    case 'UPDATETEXT':
    case 'SETUSER':
    case 'LINENO':
      return p.error(40510, token, token.upper === 'BULK' ? 'BULK INSERT' : token.upper);
    case 'RECONFIGURE':
      return p.error(40510, token, 'CONFIG');
    default:
      return p.fail();
  }
}

/** What begins with no reserved word: a label, THROW, ENABLE TRIGGER, (SELECT …), or, first in a batch, a procedure's name. */
function parseByWord(p: TokenStream, isFirst: boolean): Statement {
  const token = p.current;
  if (p.isOperator('(')) return parseSelectStatement(p, token, []);
  if (!p.isIdentifier()) return p.fail();
  if (p.isOperator(':', 1)) return parseLabel(p);
  if (token.upper === 'THROW') return parseThrow(p);
  if (p.isOneOf('ENABLE', 'DISABLE') && p.peek().upper === 'TRIGGER') return parseSwitchTrigger(p);
  if (isFirst) return parseExecuteProcedure(p, token);
  return p.fail();
}

/** @throws SqlError 319 when the statement before was not ended with a semicolon. */
function parseWith(p: TokenStream): Statement {
  const first = p.current;
  if (!p.terminated) p.fail();
  const commonTables = parseCommonTables(p);
  if (p.isWord('SELECT') || p.isOperator('(')) return parseSelectStatement(p, first, commonTables);
  if (p.isWord('INSERT')) return parseInsert(p, first, commonTables);
  if (p.isWord('UPDATE')) return parseUpdate(p, first, commonTables);
  if (p.isWord('DELETE')) return parseDelete(p, first, commonTables);
  if (p.isWord('MERGE')) return parseMerge(p, first, commonTables);
  return p.fail();
}

function parseLabel(p: TokenStream): Label {
  const first = p.current;
  const label = p.identifier().name;
  p.next();
  if (p.labels.has(label.toLowerCase())) p.error(132, first, label);
  p.labels.add(label.toLowerCase());
  return { kind: 'label', label, ...p.span(first) };
}

/** The statement inside IF, ELSE and WHILE. */
function parseInner(p: TokenStream): Statement {
  p.terminated = true;
  p.blocks++;
  const statement = parseStatement(p);
  p.blocks--;
  return statement;
}

function parseIf(p: TokenStream): If {
  const first = p.next();
  const condition = parsePredicate(p);
  const then = parseInner(p);
  const otherwise = p.takeWord('ELSE') ? parseInner(p) : undefined;
  return { kind: 'if', condition, then, ...(otherwise && { otherwise }), ...p.span(first) };
}

function parseWhile(p: TokenStream): While {
  const first = p.next();
  const condition = parsePredicate(p);
  p.loops++;
  const body = parseInner(p);
  p.loops--;
  return { kind: 'while', condition, body, ...p.span(first) };
}

function parseBegin(p: TokenStream): Statement {
  const first = p.current;
  const after = p.peek();
  if (after.type === 'word') {
    if (after.upper === 'TRY') return parseTryCatch(p);
    if (after.upper === 'TRAN' || after.upper === 'TRANSACTION') {
      p.next();
      return parseBeginTransaction(p, first);
    }
    if (after.upper === 'DISTRIBUTED' || after.upper === 'ATOMIC') p.unsupported(after.value, after);
    if (after.upper === 'DIALOG' || after.upper === 'CONVERSATION') p.unsupported(after.value, after);
  }
  const statements = parseBlock(p);
  const block: Block = { kind: 'block', statements, ...p.span(first) };
  return block;
}

/** BEGIN … END with at least one statement. */
export function parseBlock(p: TokenStream): Statement[] {
  p.expectWord('BEGIN');
  const statements = parseBlockBody(p, false);
  p.expectWord('END');
  return statements;
}

function parseBlockBody(p: TokenStream, mayBeEmpty: boolean): Statement[] {
  p.terminated = true;
  p.blocks++;
  const semicolon = p.isOperator(';');
  const statements = parseStatements(p);
  p.blocks--;
  if (statements.length === 0 && !mayBeEmpty && !semicolon) p.fail();
  return statements;
}

function parseTryCatch(p: TokenStream): TryCatch {
  const first = p.current;
  p.expectWord('BEGIN', 'TRY');
  const attempt = parseBlockBody(p, false);
  p.expectWord('END', 'TRY', 'BEGIN', 'CATCH');
  p.handlers++;
  const handler = parseBlockBody(p, true);
  p.handlers--;
  p.expectWord('END', 'CATCH');
  return { kind: 'tryCatch', attempt, handler, ...p.span(first) };
}
