// Dates and times on their way to a client (MS-TDS 2.2.5.5.1.8).
import type { ByteWriter } from './byteWriter.ts';
import {
  DAYS_TO_1900,
  daysFromText,
  LAST_DAY,
  offsetFromText,
  ticksFromText,
  TICKS_PER_DAY,
  TICKS_PER_SECOND,
} from './dateTime.ts';
import { EncodingError, asText } from './presentValue.ts';
import type { Present, ValueEncoder } from './presentValue.ts';

function writeDays(out: ByteWriter, days: number): void {
  if (!(days >= 0 && days <= LAST_DAY)) throw new EncodingError('date out of range');
  out.uint16(days);
  out.uint8(days >>> 16);
}

export function encodeDate(out: ByteWriter, value: Present): void {
  out.uint8(3);
  writeDays(out, daysFromText(asText(value)));
}

/** Bytes of a time of that scale. */
export function timeSize(scale: number): number {
  return scale <= 2 ? 3 : scale <= 4 ? 4 : 5;
}

function writeTime(out: ByteWriter, units: number, size: number): void {
  let left = units;
  for (let i = 0; i < size; i++) {
    out.uint8(left % 256);
    left = Math.floor(left / 256);
  }
}

/** 100 ns ticks in units of the scale, rounded. */
function unitsOfScale(ticks: number, scale: number): number {
  return Math.round(ticks / 10 ** (7 - scale));
}

export function timeEncoder(scale: number): ValueEncoder {
  const size = timeSize(scale);
  const day = 86_400 * 10 ** scale;
  return (out, value) => {
    const text = asText(value);
    out.uint8(size);
    writeTime(out, unitsOfScale(ticksFromText(text, 0), scale) % day, size);
  };
}

export function dateTime2Encoder(scale: number): ValueEncoder {
  const size = timeSize(scale);
  const day = 86_400 * 10 ** scale;
  return (out, value) => {
    const text = asText(value);
    let days = daysFromText(text);
    let units = text.length > 10 ? unitsOfScale(ticksFromText(text, 11), scale) : 0;
    if (units >= day) {
      units -= day;
      days += 1;
    }
    out.uint8(size + 3);
    writeTime(out, units, size);
    writeDays(out, days);
  };
}

export function dateTimeOffsetEncoder(scale: number): ValueEncoder {
  const size = timeSize(scale);
  const day = 86_400 * 10 ** scale;
  return (out, value) => {
    const text = asText(value);
    const offset = offsetFromText(text);
    // On the wire date and time are UTC; the text is local time.
    const minute = TICKS_PER_SECOND * 60;
    const local = daysFromText(text) * TICKS_PER_DAY;
    let days = Math.floor(local / TICKS_PER_DAY);
    let ticks = (text.length > 16 ? ticksFromText(text, 11) : 0) - offset * minute;
    days += Math.floor(ticks / TICKS_PER_DAY);
    ticks -= Math.floor(ticks / TICKS_PER_DAY) * TICKS_PER_DAY;
    let units = unitsOfScale(ticks, scale);
    if (units >= day) {
      units -= day;
      days += 1;
    }
    out.uint8(size + 5);
    writeTime(out, units, size);
    writeDays(out, days);
    out.uint16(offset);
  };
}

export function encodeDateTime(out: ByteWriter, value: Present): void {
  const text = asText(value);
  let days = daysFromText(text) - DAYS_TO_1900;
  // 1/300 s.
  let units = text.length > 10 ? Math.round((ticksFromText(text, 11) * 300) / TICKS_PER_SECOND) : 0;
  if (units >= 86_400 * 300) {
    units = 0;
    days += 1;
  }
  out.uint8(8);
  out.uint32(days);
  out.uint32(units);
}

export function encodeSmallDateTime(out: ByteWriter, value: Present): void {
  const text = asText(value);
  let days = daysFromText(text) - DAYS_TO_1900;
  let minutes = text.length > 10 ? Math.round(ticksFromText(text, 11) / (TICKS_PER_SECOND * 60)) : 0;
  if (minutes >= 1440) {
    minutes = 0;
    days += 1;
  }
  if (!(days >= 0 && days <= 0xff_ff)) throw new EncodingError('date out of range for smalldatetime');
  out.uint8(4);
  out.uint16(days);
  out.uint16(minutes);
}
