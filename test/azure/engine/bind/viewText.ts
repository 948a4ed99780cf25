// A view's stored T-SQL as its tree.
import type { CreateView } from '../../tsql/ast.ts';
import { parseBatch } from '../../tsql/parser.ts';
import { raise } from './raise.ts';

const parsed = new Map<string, CreateView>();

/** @throws SqlError 4413 when the text is not one CREATE VIEW. */
export function parseView(definition: string): CreateView {
  const known = parsed.get(definition);
  if (known !== undefined) return known;
  const statement = parseBatch(definition).statements[0];
  if (statement?.kind !== 'createView') {
    return raise(4413, 'Could not use view or function because of binding errors.');
  }
  if (parsed.size > 500) parsed.clear();
  parsed.set(definition, statement);
  return statement;
}
