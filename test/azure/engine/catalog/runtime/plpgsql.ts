// Writes PL/pgSQL functions for the template database; errors take their wording from the one table of messages.
import { messages } from '../../messages.ts';

/** PL/pgSQL that raises the server's message; `args` are SQL expressions for its %s. */
export function fail(number: number, args: readonly string[] = [], state?: number): string {
  const template = messages[number];
  if (template === undefined) throw new RangeError(`No message ${String(number)} in the table.`);
  const text =
    args.length === 0 ? quote(template.text) : `format(${quote(template.text)}, ${args.join(', ')})`;
  return `PERFORM tsql.raise(${String(number)}, ${text}, ${String(template.class)}, ${String(state ?? template.state)});`;
}

/** As `fail`, or NULL when the function's parameter `attempt` is true. */
export function failOrNull(number: number, args: readonly string[] = [], state?: number): string {
  return `IF attempt THEN RETURN NULL; END IF; ${fail(number, args, state)} RETURN NULL;`;
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A strict, immutable PL/pgSQL function `tsql.<signature>`. */
export function plpgsql(signature: string, returns: string, body: string, declare = ''): string {
  return `CREATE FUNCTION tsql.${signature} RETURNS ${returns} LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $tsql$
${declare === '' ? '' : `DECLARE ${declare}\n`}BEGIN
${body}
END $tsql$;`;
}

/** An immutable SQL function, which PostgreSQL may inline. */
export function sqlFunction(
  signature: string,
  returns: string,
  body: string,
  volatility = 'IMMUTABLE',
): string {
  return `CREATE FUNCTION tsql.${signature} RETURNS ${returns} LANGUAGE sql ${volatility} PARALLEL SAFE AS $tsql$ ${body} $tsql$;`;
}
