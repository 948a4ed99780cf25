// A moment of any date type as PostgreSQL's timestamp or as ticks, and back: what conversions and date functions calculate with.
import type { SqlType } from '../../contract.ts';
import { inTicks } from './ticks.ts';

/** 1900-01-01, the day of a time that becomes a date, in ticks. */
const day1900 = '599266080000000000';

/** Ticks since 0001-01-01, local time (time: on 1900-01-01). */
export function ticksOf(sql: string, type: SqlType): string {
  switch (type.name) {
    case 'datetime2':
      return `(${sql})`;
    case 'time':
      return `((${sql}) + ${day1900})`;
    case 'datetimeoffset':
      return `tsql.dto_local(${sql})`;
    case 'datetime':
      return `tsql.datetime_ticks(${sql})`;
    default:
      return `tsql.to_ticks((${sql})::timestamp)`;
  }
}

/** The same as a timestamp, without the seventh digit. */
export function timestampOf(sql: string, type: SqlType): string {
  return inTicks(type) ? `tsql.from_ticks(${ticksOf(sql, type)})` : `(${sql})::timestamp`;
}

/** Ticks as a value of a type held in ticks, rounded to its scale; `original`: the datetimeoffset whose offset it keeps. */
export function fromTicks(sql: string, type: SqlType, original?: string): string {
  const scale = type.scale ?? 7;
  if (type.name === 'time') {
    const time = `((${sql}) % 864000000000)`;
    return scale === 7 ? time : `tsql.round_time(${time}, ${String(scale)})`;
  }
  const ticks = scale === 7 ? `(${sql})` : `tsql.round_ticks(${sql}, ${String(scale)})`;
  switch (type.name) {
    case 'datetimeoffset':
      return `tsql.dto(${ticks}, ${original === undefined ? '0' : `((${original}).minutes)::int`})`;
    default:
      return ticks;
  }
}
