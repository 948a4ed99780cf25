// Everything of ours that every database holds: collations, conversion functions, catalog tables, system views.
export const runtimeSql = 'select 1;';
