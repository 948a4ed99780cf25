// Data types: system types with their synonyms and arguments, and the names of all others.
import type { SqlType, SqlTypeName } from '../contract.ts';
import type { DataType, Identifier } from './ast.ts';
import type { TokenStream } from './tokenStream.ts';

/** Every spelling the server knows. Source: Learn, "Data types (Transact-SQL)" and "Data type synonyms". */
const systemTypes: ReadonlyMap<string, SqlTypeName> = new Map<string, SqlTypeName>([
  ['bit', 'bit'],
  ['tinyint', 'tinyint'],
  ['smallint', 'smallint'],
  ['int', 'int'],
  ['integer', 'int'],
  ['bigint', 'bigint'],
  ['decimal', 'decimal'],
  ['dec', 'decimal'],
  ['numeric', 'numeric'],
  ['money', 'money'],
  ['smallmoney', 'smallmoney'],
  ['real', 'real'],
  ['float', 'float'],
  ['date', 'date'],
  ['time', 'time'],
  ['datetime', 'datetime'],
  ['smalldatetime', 'smalldatetime'],
  ['datetime2', 'datetime2'],
  ['datetimeoffset', 'datetimeoffset'],
  ['char', 'char'],
  ['character', 'char'],
  ['varchar', 'varchar'],
  ['text', 'text'],
  ['nchar', 'nchar'],
  ['nvarchar', 'nvarchar'],
  ['ntext', 'ntext'],
  ['binary', 'binary'],
  ['varbinary', 'varbinary'],
  ['image', 'image'],
  ['uniqueidentifier', 'uniqueidentifier'],
  ['xml', 'xml'],
  ['sql_variant', 'sql_variant'],
  ['timestamp', 'timestamp'],
  ['rowversion', 'timestamp'],
  ['sysname', 'sysname'],
]);

const varying: ReadonlyMap<SqlTypeName, SqlTypeName> = new Map<SqlTypeName, SqlTypeName>([
  ['char', 'varchar'],
  ['nchar', 'nvarchar'],
  ['binary', 'varbinary'],
]);

const withLength: ReadonlySet<SqlTypeName> = new Set<SqlTypeName>([
  'char',
  'varchar',
  'nchar',
  'nvarchar',
  'binary',
  'varbinary',
]);
const withScaleOnly: ReadonlySet<SqlTypeName> = new Set<SqlTypeName>(['time', 'datetime2', 'datetimeoffset']);

/** NATIONAL CHAR|CHARACTER|TEXT, DOUBLE PRECISION: types of two reserved words. */
function twoWordType(p: TokenStream): SqlTypeName | undefined {
  if (p.takeWord('DOUBLE', 'PRECISION')) return 'float';
  if (!p.takeWord('NATIONAL')) return undefined;
  const word = p.expectOneOf('CHAR', 'CHARACTER', 'TEXT');
  return word === 'TEXT' ? 'ntext' : 'nchar';
}

function typeArguments(p: TokenStream): number[] {
  if (!p.takeOperator('(')) return [];
  const numbers = p.list(() => {
    if (p.takeWord('MAX')) return -1;
    const token = p.current;
    if (token.type !== 'number' || !/^\d+$/.test(token.value)) p.fail();
    p.next();
    return Number(token.value);
  });
  p.expectOperator(')');
  return numbers;
}

function systemType(name: SqlTypeName, numbers: number[]): SqlType {
  const [first, second] = numbers;
  if (first === undefined) return { name };
  if (withLength.has(name)) return { name, length: first };
  if (withScaleOnly.has(name)) return { name, scale: first };
  if (second === undefined) return { name, precision: first };
  return { name, precision: first, scale: second };
}

/** @throws SqlError 102 or 156, 1001 for a length of 0, 117 for more than a schema before the name. */
export function parseDataType(p: TokenStream): DataType {
  const first = p.current;
  const twoWords = twoWordType(p);
  const parts: Identifier[] = [];
  let system: SqlTypeName | undefined = twoWords;
  if (twoWords) {
    parts.push({ kind: 'identifier', name: twoWords, quoted: false, ...p.span(first) });
  } else {
    // CURSOR is reserved, but is what a parameter of a procedure may be.
    const name = p.isWord('CURSOR') ? { parts: [p.identifierOr('CURSOR')] } : p.name(2, 'type');
    parts.push(...name.parts);
    const schema = parts.length === 2 ? parts[0]?.name.toLowerCase() : 'sys';
    if (schema === 'sys') system = systemTypes.get(parts.at(-1)?.name.toLowerCase() ?? '');
  }
  const name = { kind: 'name' as const, parts, ...p.span(first) };
  const wider = system && varying.get(system);
  if (wider && p.takeWord('VARYING')) system = wider;
  if (system === 'xml' && p.isOperator('(')) p.unsupported('XML SCHEMA COLLECTION');
  const numbers = typeArguments(p);
  const zero = system && withLength.has(system) && numbers[0] === 0;
  if (zero) p.error(1001, first, 0, first.line);
  return {
    kind: 'dataType',
    name,
    arguments: numbers,
    ...(system && { system: systemType(system, numbers) }),
    ...p.span(first),
  };
}
