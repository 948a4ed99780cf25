// Everything of ours that every database holds: collations, conversion functions, catalog tables.
import { datesSql } from './runtime/dates.ts';
import { numbersSql } from './runtime/numbers.ts';
import { tablesSql } from './runtime/tables.ts';
import { textSql } from './runtime/text.ts';
import { ticksSql } from './runtime/ticks.ts';
import { variantSql } from './runtime/variant.ts';

/** Run once in the template database. */
export const runtimeSql = [textSql, numbersSql, ticksSql, datesSql, variantSql, tablesSql].join('\n');
