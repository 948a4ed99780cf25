// Parameters of procedures, functions and sp_executesql.
import type { Expression, Parameter } from './ast.ts';
import { parseDataType } from './parseDataType.ts';
import { parseArgumentValue } from './parseExecute.ts';
import type { TokenStream } from './tokenStream.ts';

/** @name [AS] type [VARYING] [NULL | NOT NULL] [= default] [OUTPUT | OUT] [READONLY] */
export function parseParameter(p: TokenStream): Parameter {
  const first = p.current;
  if (first.type !== 'variable') p.fail();
  p.next();
  p.takeWord('AS');
  const type = parseDataType(p);
  const varying = p.takeWord('VARYING');
  const nullable = p.takeWord('NOT', 'NULL') ? false : p.takeWord('NULL') ? true : undefined;
  const value: Expression | undefined = p.takeOperator('=') ? parseArgumentValue(p) : undefined;
  const output = p.takeOneOf('OUTPUT', 'OUT') !== undefined;
  const readOnly = p.takeWord('READONLY');
  return {
    kind: 'parameter',
    name: first.value,
    type,
    ...(nullable !== undefined && { nullable }),
    ...(value && { default: value }),
    output,
    readOnly,
    varying,
    ...p.span(first),
  };
}
