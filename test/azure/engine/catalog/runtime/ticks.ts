// time, datetime2 and datetimeoffset count 100 ns from 0001-01-01 (time: from midnight): PostgreSQL's own types end at microseconds.
import { sqlFunction } from './plpgsql.ts';

export const ticksSql = [
  sqlFunction(
    'to_ticks(v timestamp)',
    'int8',
    `SELECT (extract(epoch FROM (v - '0001-01-01'::timestamp)) * 10000000)::int8`,
  ),
  // Days apart from the rest: as one interval of microseconds the number would not fit a double.
  sqlFunction(
    'from_ticks(v int8)',
    'timestamp',
    `SELECT '0001-01-01'::timestamp + make_interval(days => (v / 864000000000)::int) + ((v % 864000000000) / 10) * interval '1 microsecond'`,
  ),
  // datetime is held in milliseconds but means 1/300 s: .003 is .0033333 where there is room for it (compatibility level 130 and up).
  sqlFunction(
    'datetime_ticks(v timestamp)',
    'int8',
    `SELECT t / 10000000 * 10000000 + round(round((t % 10000000) * 3 / 100000.0) * 100000 / 3)::int8 FROM (SELECT tsql.to_ticks(v) AS t) AS x`,
  ),
  // Half up, except at the end of time, which stays where it is.
  sqlFunction(
    'round_ticks(v int8, scale int)',
    'int8',
    `SELECT CASE WHEN v + unit / 2 >= 3155378976000000000 THEN v / unit * unit ELSE (v + unit / 2) / unit * unit END FROM (SELECT (10 ^ (7 - scale))::int8 AS unit) AS x`,
  ),
  // A time stays in its day: what would be midnight again is the last moment that the scale has.
  sqlFunction(
    'round_time(v int8, scale int)',
    'int8',
    `SELECT CASE WHEN r >= 864000000000 THEN r - unit ELSE r END FROM (SELECT tsql.round_ticks(v, scale) AS r, (10 ^ (7 - scale))::int8 AS unit) AS x`,
  ),
].join('\n');
