// Dates and times between the contract's text and the numbers of TDS (MS-TDS 2.2.5.5.1.8).

/** Ticks of 100 ns: the finest that T-SQL knows. */
export const TICKS_PER_SECOND = 10_000_000;
export const TICKS_PER_DAY = 864_000_000_000;
/** Days from 0001-01-01 to 1900-01-01, the zero of datetime. */
export const DAYS_TO_1900 = 693_595;
export const LAST_DAY = 3_652_058;

/** Days since 0001-01-01 in the proleptic Gregorian calendar. */
export function daysFromDate(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 306;
}

/** "YYYY-MM-DD" of a day counted from 0001-01-01. */
export function dateFromDays(days: number): string {
  const z = days + 306;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const mp = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * mp + 2) / 5) + 1;
  const month = mp < 10 ? mp + 3 : mp - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

/** "HH:MM:SS" with `scale` digits of fraction. */
export function timeFromTicks(ticks: number, scale: number): string {
  const seconds = Math.floor(ticks / TICKS_PER_SECOND);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const clock = `${pad(hours, 2)}:${pad(minutes, 2)}:${pad(seconds % 60, 2)}`;
  return scale === 0 ? clock : `${clock}.${pad(ticks % TICKS_PER_SECOND, 7).slice(0, scale)}`;
}

function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) throw new RangeError(`not a date or time: ${text}`);
    value = value * 10 + digit;
  }
  return value;
}

/** Days since 0001-01-01 of text that begins with "YYYY-MM-DD". @throws RangeError */
export function daysFromText(text: string): number {
  return daysFromDate(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2));
}

/** Ticks of "HH:MM[:SS[.fffffff]]" from `at` on. @throws RangeError */
export function ticksFromText(text: string, at: number): number {
  let seconds = digits(text, at, 2) * 3600 + digits(text, at + 3, 2) * 60;
  if (text.charCodeAt(at + 5) !== 58) return seconds * TICKS_PER_SECOND;
  seconds += digits(text, at + 6, 2);
  let ticks = seconds * TICKS_PER_SECOND;
  if (text.charCodeAt(at + 8) === 46) {
    let unit = TICKS_PER_SECOND / 10;
    for (let i = at + 9; i < at + 16; i++) {
      const digit = text.charCodeAt(i) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      ticks += digit * unit;
      unit /= 10;
    }
  }
  return ticks;
}

/** Minutes of the "+HH:MM" that ends the text; 0 when there is none. */
export function offsetFromText(text: string): number {
  const at = text.length - 6;
  const sign = text.charCodeAt(at);
  if (sign !== 43 && sign !== 45) return 0;
  const minutes = digits(text, at + 1, 2) * 60 + digits(text, at + 4, 2);
  return sign === 45 ? -minutes : minutes;
}

export function offsetToText(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60), 2)}:${pad(size % 60, 2)}`;
}
