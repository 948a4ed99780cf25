// OPTION (…) at the end of a statement. All hints but MAXRECURSION are about the plan alone and change nothing that is returned.
import type { QueryOptions } from './ast.ts';
import { nearText, type TokenStream } from './tokenStream.ts';
import type { Token } from './tokens.ts';

/** By first word, what may follow it. Source: Learn, "Hints (Transact-SQL) - Query". */
const queryHints: Readonly<Record<string, RegExp>> = {
  CONCAT: /^UNION$/u,
  DISABLE_OPTIMIZED_PLAN_FORCING: /^$/u,
  EXPAND: /^VIEWS$/u,
  FAST: /^\d+$/u,
  FORCE: /^ORDER$/u,
  HASH: /^(?:GROUP|JOIN|UNION)$/u,
  IGNORE_NONCLUSTERED_COLUMNSTORE_INDEX: /^$/u,
  KEEP: /^PLAN$/u,
  KEEPFIXED: /^PLAN$/u,
  LOOP: /^JOIN$/u,
  MAXDOP: /^\d+$/u,
  MAXRECURSION: /^\d+$/u,
  MAX_GRANT_PERCENT: /^= \d+(?:\.\d+)?$/u,
  MERGE: /^(?:JOIN|UNION)$/u,
  MIN_GRANT_PERCENT: /^= \d+(?:\.\d+)?$/u,
  NO_PERFORMANCE_SPOOL: /^$/u,
  OPTIMIZE: /^FOR (?:UNKNOWN|\( .+ \))$/u,
  ORDER: /^GROUP$/u,
  RECOMPILE: /^$/u,
  ROBUST: /^PLAN$/u,
  USE: /^HINT \( '.*' \)$/u,
};

/** Source: Learn, the same page, "USE HINT". QUERY_OPTIMIZER_COMPATIBILITY_LEVEL_n stands for each of its levels. */
const namedHints: ReadonlySet<string> = new Set(
  `ABORT_QUERY_EXECUTION ASSUME_FIXED_MAX_SELECTIVITY_FOR_REGEXP ASSUME_FIXED_MIN_SELECTIVITY_FOR_REGEXP
  ASSUME_FULL_INDEPENDENCE_FOR_FILTER_ESTIMATES ASSUME_JOIN_PREDICATE_DEPENDS_ON_FILTERS
  ASSUME_MIN_SELECTIVITY_FOR_FILTER_ESTIMATES ASSUME_PARTIAL_CORRELATION_FOR_FILTER_ESTIMATES ALLOW_BATCH_MODE
  DISABLE_BATCH_MODE_ADAPTIVE_JOINS DISABLE_BATCH_MODE_MEMORY_GRANT_FEEDBACK DISABLE_CE_FEEDBACK
  DISABLE_DEFERRED_COMPILATION_TV DISABLE_DOP_FEEDBACK DISABLE_INTERLEAVED_EXECUTION_TVF DISABLE_MEMORY_GRANT_FEEDBACK_PERSISTENCE
  DISABLE_OPTIMIZED_HALLOWEEN_PROTECTION DISABLE_OPTIMIZED_NESTED_LOOP DISABLE_OPTIMIZED_PLAN_FORCING
  DISABLE_OPTIMIZER_ROWGOAL DISABLE_PARAMETER_SENSITIVE_PLAN_OPTIMIZATION DISABLE_PARAMETER_SNIFFING
  DISABLE_ROW_MODE_MEMORY_GRANT_FEEDBACK DISABLE_TSQL_SCALAR_UDF_INLINING DISALLOW_BATCH_MODE
  ENABLE_HIST_AMENDMENT_FOR_ASC_KEYS ENABLE_PARALLEL_PLAN_PREFERENCE ENABLE_QUERY_OPTIMIZER_HOTFIXES
  FORCE_DEFAULT_CARDINALITY_ESTIMATION FORCE_LEGACY_CARDINALITY_ESTIMATION QUERY_OPTIMIZER_COMPATIBILITY_LEVEL_n
  QUERY_PLAN_PROFILE`.split(/\s+/),
);

/** OPTION (hint, …) as upper-case texts, if it comes. @throws SqlError 102, 156, 10715, 40517 */
export function parseOptions(p: TokenStream): QueryOptions {
  if (!p.takeWord('OPTION')) return [];
  return p.parenthesized(() => p.list(() => parseHint(p)));
}

function parseHint(p: TokenStream): string {
  const first = p.current;
  const known =
    first.type === 'word' && Object.hasOwn(queryHints, first.upper) ? queryHints[first.upper] : undefined;
  if (known === undefined) {
    if (first.type === 'word' && !first.reserved) p.unsupported();
    p.fail();
  }
  p.next();
  if (first.upper === 'USE' && !p.isWord('HINT')) p.unsupported(`USE ${p.current.value}`, first);
  const start = p.current;
  const names: Token[] = [];
  const words: string[] = [];
  for (let depth = 0; depth > 0 || !(p.isOperator(',') || p.isOperator(')'));) {
    if (p.current.type === 'end' || p.isOperator(';')) p.fail();
    if (p.isOperator('(')) depth++;
    if (p.isOperator(')')) depth--;
    const token = p.next();
    if (token.type === 'string') names.push(token);
    words.push(token.type === 'string' ? `'${token.value}'` : token.value.toUpperCase());
  }
  const rest = words.join(' ');
  if (!known.test(rest)) p.error(102, start, nearText(start));
  if (first.upper === 'USE') for (const name of names) checkName(p, name);
  return rest === '' ? first.upper : `${first.upper} ${rest}`;
}

function checkName(p: TokenStream, token: Token): void {
  const name = token.value.toUpperCase().replace(/(?<=^QUERY_OPTIMIZER_COMPATIBILITY_LEVEL_)\d{3}$/u, 'n');
  if (!namedHints.has(name)) p.error(10715, token, token.value);
}
