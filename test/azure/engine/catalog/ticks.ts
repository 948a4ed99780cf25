// time, datetime2 and datetimeoffset as PostgreSQL holds them: an int8 of 100 ns ("ticks"), since midnight or since 0001-01-01.
import { dateFromDays, daysFromText } from '../../tds/dateTime.ts';
import type { SqlType } from '../../contract.ts';

/** 9999-12-31 23:59:59 and all the nines that a fraction of that scale has. */
export function lastMoment(scale: number): string {
  return `315537897599${'9'.repeat(scale).padEnd(7, '0')}`;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** Whether PostgreSQL holds the type in ticks (datetimeoffset: in the `utc` of its composite). */
export const inTicks = (type: SqlType): boolean =>
  type.name === 'time' || type.name === 'datetime2' || type.name === 'datetimeoffset';

/** Ticks as PostgreSQL writes them to "YYYY-MM-DD HH:MM:SS[.fffffff]", or the clock alone. More than a double holds: cut as text. */
export function textFromTicks(ticks: string, scale: number, dated: boolean): string {
  const all = ticks.padStart(8, '0');
  const seconds = Number(all.slice(0, -7));
  const clock = seconds % 86_400;
  const day = dated ? `${dateFromDays(Math.floor(seconds / 86_400))} ` : '';
  const fraction = scale === 0 ? '' : `.${all.slice(-7).slice(0, scale)}`;
  return `${day}${two(Math.floor(clock / 3600))}:${two(Math.floor(clock / 60) % 60)}:${two(clock % 60)}${fraction}`;
}

/** The way back, moved by that many minutes. @throws RangeError for text that is no date. */
export function ticksFromDateText(text: string, minutes = 0): string {
  const found = /^(\d{4}-\d\d-\d\d)?(?: ?(\d\d):(\d\d)(?::(\d\d)(?:\.(\d*))?)?)?$/u.exec(text);
  if (found === null) throw new RangeError(`not a date or time: ${text}`);
  const [, date, hour = '0', minute = '0', second = '0', fraction = ''] = found;
  const days = date === undefined ? 0 : daysFromText(date);
  const seconds = days * 86_400 + Number(hour) * 3600 + (Number(minute) + minutes) * 60 + Number(second);
  return `${String(seconds)}${fraction.slice(0, 7).padEnd(7, '0')}`;
}
