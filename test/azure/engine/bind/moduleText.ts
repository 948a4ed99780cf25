// The stored T-SQL of views and functions as trees.
import type { CreateFunction, CreateView, Statement } from '../../tsql/ast.ts';
import { parseBatch } from '../../tsql/parser.ts';
import { raise } from './raise.ts';

const parsed = new Map<string, Statement>();

function parseModule(definition: string): Statement {
  const known = parsed.get(definition);
  if (known !== undefined) return known;
  const statement = parseBatch(definition).statements[0];
  if (statement === undefined)
    return raise(4413, 'Could not use view or function because of binding errors.');
  if (parsed.size > 500) parsed.clear();
  parsed.set(definition, statement);
  return statement;
}

/** @throws SqlError 4413 when the text is not one CREATE VIEW. */
export function parseView(definition: string): CreateView {
  const statement = parseModule(definition);
  if (statement.kind !== 'createView')
    return raise(4413, 'Could not use view or function because of binding errors.');
  return statement;
}

/** @throws SqlError 4413 when the text is not one CREATE FUNCTION. */
export function parseFunction(definition: string): CreateFunction {
  const statement = parseModule(definition);
  if (statement.kind !== 'createFunction')
    return raise(4413, 'Could not use view or function because of binding errors.');
  return statement;
}
