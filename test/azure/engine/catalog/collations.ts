// T-SQL's collations by name, and the PostgreSQL ones that stand for them.

export const defaultCollation = 'SQL_Latin1_General_CP1_CI_AS';

const pattern =
  /^(?:SQL_)?[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*?_(?:(?<case>C[IS])_(?<accent>A[IS])(?:_KS)?(?:_WS)?(?:_VSS)?(?:_SC)?(?:_UTF8)?|BIN2?(?:_UTF8)?)$/iu;

/** The PostgreSQL collation; undefined when T-SQL has none of that name. */
export function pgCollation(name: string | undefined): string | undefined {
  if (name === undefined || /^(?:database_default|catalog_default)$/iu.test(name)) return 'tsql.ci';
  const found = pattern.exec(name);
  if (found === null) return undefined;
  const caseRule = found.groups?.['case']?.toUpperCase();
  if (caseRule === undefined) return '"C"';
  const accent = found.groups?.['accent']?.toUpperCase() === 'AS';
  if (caseRule === 'CI') return accent ? 'tsql.ci' : 'tsql.ci_ai';
  return accent ? 'tsql.cs' : 'tsql.cs_ai';
}
