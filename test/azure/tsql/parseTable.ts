// CREATE TABLE and ALTER TABLE.
import type {
  AddDefault,
  AlterTable,
  AlterTableAction,
  AlterTableDrop,
  CreateTable,
  TableElement,
  TableOption,
} from './ast.ts';
import { parseDataType } from './parseDataType.ts';
import { parseDefault, parseTableElement, parseTableElements, refuseFileGroup } from './parseTableElement.ts';
import type { TokenStream } from './tokenStream.ts';
import type { Token } from './tokens.ts';

/** CREATE TABLE is next. */
export function parseCreateTable(p: TokenStream, first: Token): CreateTable {
  p.expectWord('TABLE');
  const name = p.name();
  if (p.takeWord('AS')) {
    if (p.isOneOf('FILETABLE', 'NODE', 'EDGE')) p.unsupported();
    p.fail();
  }
  const elements = parseTableElements(p);
  refuseFileGroup(p);
  const options = p.takeWord('WITH') ? p.parenthesized(() => p.list(() => parseTableOption(p))) : [];
  return { kind: 'createTable', name, elements, options, ...p.span(first) };
}

function parseOnOff(p: TokenStream): boolean {
  return p.expectOneOf('ON', 'OFF') === 'ON';
}

function parseTableOption(p: TokenStream): TableOption {
  if (p.takeWord('SYSTEM_VERSIONING')) {
    p.expectOperator('=');
    const enabled = parseOnOff(p);
    const option: TableOption = { kind: 'systemVersioning', enabled };
    if (!enabled || !p.isOperator('(')) return option;
    p.parenthesized(() =>
      p.list(() => {
        const word = p.expectOneOf('HISTORY_TABLE', 'DATA_CONSISTENCY_CHECK', 'HISTORY_RETENTION_PERIOD');
        p.expectOperator('=');
        if (word === 'HISTORY_TABLE') option.history = p.name();
        else if (word === 'DATA_CONSISTENCY_CHECK') option.consistencyCheck = parseOnOff(p);
        else if (!p.takeWord('INFINITE')) p.unsupported('HISTORY_RETENTION_PERIOD');
      }),
    );
    return option;
  }
  const token = p.current;
  if (!p.isOneOf('DATA_COMPRESSION', 'XML_COMPRESSION')) {
    if (token.type !== 'word') p.fail();
    p.unsupported();
  }
  p.next();
  p.expectOperator('=');
  const value =
    token.upper === 'DATA_COMPRESSION' ? p.expectOneOf('NONE', 'ROW', 'PAGE') : p.expectOneOf('ON', 'OFF');
  if (p.isWord('ON')) p.unsupported('PARTITIONS');
  return { kind: 'storage', name: token.upper, value };
}

/** ALTER TABLE is next. */
export function parseAlterTable(p: TokenStream, first: Token): AlterTable {
  p.expectWord('TABLE');
  const table = p.name();
  const action = parseAction(p);
  return { kind: 'alterTable', table, action, ...p.span(first) };
}

function parseAction(p: TokenStream): AlterTableAction {
  if (p.takeWord('ALTER')) {
    p.expectWord('COLUMN');
    return parseAlterColumn(p);
  }
  if (p.takeWord('ADD')) return parseAdd(p, false);
  if (p.takeWord('DROP')) return parseDrop(p);
  if (p.isWord('WITH') && ['CHECK', 'NOCHECK'].includes(p.peek().upper)) {
    p.next();
    const withCheck = p.expectOneOf('CHECK', 'NOCHECK') === 'CHECK';
    if (p.takeWord('ADD')) return parseAdd(p, !withCheck);
    return parseCheckConstraint(p, withCheck);
  }
  if (p.isOneOf('CHECK', 'NOCHECK')) return parseCheckConstraint(p, false);
  if (p.isOneOf('ENABLE', 'DISABLE') && p.peek().upper === 'TRIGGER') {
    const enable = p.next().upper === 'ENABLE';
    p.next();
    const names = p.takeWord('ALL') ? [] : p.list(() => p.identifier());
    return { kind: 'trigger', enable, names };
  }
  if (p.takeWord('SET')) {
    const option = p.parenthesized(() => {
      if (!p.isWord('SYSTEM_VERSIONING')) p.unsupported();
      return parseTableOption(p);
    });
    return { kind: 'option', option };
  }
  if (p.isOneOf('SWITCH', 'REBUILD', 'ENABLE', 'DISABLE')) p.unsupported();
  return p.fail();
}

function parseAlterColumn(p: TokenStream): AlterTableAction {
  const column = p.identifier();
  if (p.isOneOf('ADD', 'DROP')) {
    const add = p.next().upper === 'ADD';
    if (p.isWord('NOT') || p.isWord('MASKED')) p.unsupported(p.isWord('NOT') ? 'REPLICATION' : 'MASKED');
    const property = p.expectOneOf('PERSISTED', 'ROWGUIDCOL', 'SPARSE', 'HIDDEN');
    return { kind: 'alterColumnProperty', column, add, property };
  }
  const type = parseDataType(p);
  const collation = p.takeWord('COLLATE') ? p.identifier().name : undefined;
  const nullable = p.takeWord('NOT', 'NULL') ? false : p.takeWord('NULL') ? true : undefined;
  if (p.isWord('WITH') && p.isOperator('(', 1)) {
    p.next();
    p.parenthesized(() => {
      p.expectWord('ONLINE');
      p.expectOperator('=');
      parseOnOff(p);
    });
  }
  return {
    kind: 'alterColumn',
    column,
    type,
    ...(collation !== undefined && { collation }),
    ...(nullable !== undefined && { nullable }),
  };
}

function parseAdd(p: TokenStream, noCheck: boolean): AlterTableAction {
  const elements = p.list((): TableElement | AddDefault => {
    const first = p.current;
    const constraint = parseDefault(p);
    if (!constraint) return parseTableElement(p);
    p.expectWord('FOR');
    const column = p.identifier();
    if (p.takeWord('WITH')) p.expectWord('VALUES');
    return { kind: 'addDefault', constraint, column, ...p.span(first) };
  });
  return { kind: 'add', elements, noCheck };
}

/** COLUMN and CONSTRAINT hold for the names that follow until the other word comes. */
function parseDrop(p: TokenStream): AlterTableAction {
  let kind: 'column' | 'constraint' = 'constraint';
  let ifExists = false;
  const items = p.list((): AlterTableDrop => {
    if (p.takeWord('PERIOD')) {
      p.expectWord('FOR', 'SYSTEM_TIME');
      return { kind: 'period' };
    }
    const word = p.takeOneOf('COLUMN', 'CONSTRAINT');
    if (word) {
      kind = word === 'COLUMN' ? 'column' : 'constraint';
      ifExists = p.takeWord('IF', 'EXISTS');
    }
    const name = p.identifier();
    if (p.isWord('WITH') && p.isOperator('(', 1)) p.unsupported(p.peek(2).value);
    return { kind, name, ifExists };
  });
  return { kind: 'drop', items };
}

function parseCheckConstraint(p: TokenStream, withCheck: boolean): AlterTableAction {
  const enable = p.expectOneOf('CHECK', 'NOCHECK') === 'CHECK';
  p.expectWord('CONSTRAINT');
  const names = p.takeWord('ALL') ? [] : p.list(() => p.identifier());
  return { kind: 'checkConstraint', enable, withCheck, names };
}
