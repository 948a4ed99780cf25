// RAISERROR's printf: %d %i %u %s %x %X %o with flags, width and precision, as Learn documents for RAISERROR's msg_str.
import { SqlError } from '../../contract.ts';
import type { SqlValue } from '../../contract.ts';

const placeholder =
  /%(%|(?<flags>[-+0# ]*)(?<width>\*|\d+)?(?:\.(?<precision>\*|\d+))?(?<size>I64|h|l)?(?<letter>[A-Za-z]))/gu;

/** The longest text RAISERROR sends; a longer one ends in "...". */
const longest = 2047;

/**
 * @throws SqlError 2786 when an argument does not fit its placeholder, 2787 for a placeholder that does not exist. Missing arguments
 * print "(null)".
 */
export function formatMessage(format: string, args: readonly SqlValue[]): string {
  let next = 0;
  const take = (): SqlValue => (next < args.length ? (args[next++] ?? null) : null);
  const text = format.replace(placeholder, (whole: string, ...rest: unknown[]) => {
    if (whole === '%%') return '%';
    const groups = rest.at(-1) as Record<string, string | undefined>;
    let flags = groups['flags'] ?? '';
    let width = groups['width'] === '*' ? Number(take()) : Number(groups['width'] ?? 0);
    const precisionText = groups['precision'];
    const precision =
      precisionText === undefined
        ? undefined
        : precisionText === '*'
          ? Number(take())
          : Number(precisionText);
    if (width < 0) {
      flags += '-';
      width = -width;
    }
    const position = next + 1;
    const value = take();
    const body = oneValue(groups['letter'] ?? '', flags, precision, value, position, format);
    if (flags.includes('-')) return body.padEnd(width);
    if (flags.includes('0') && groups['letter'] !== 's' && value !== null) {
      const sign = /^[-+]/u.exec(body)?.[0] ?? '';
      return sign + body.slice(sign.length).padStart(width - sign.length, '0');
    }
    return body.padStart(width);
  });
  return text.length > longest ? `${text.slice(0, longest - 3)}...` : text;
}

function oneValue(
  letter: string,
  flags: string,
  precision: number | undefined,
  value: SqlValue,
  position: number,
  format: string,
): string {
  if (!'diusxXop'.includes(letter)) {
    throw new SqlError({
      number: 2787,
      state: 1,
      class: 16,
      message: `Invalid format specification: '${format.slice(format.indexOf(`%`))}'.`,
      line: 0,
    });
  }
  if (value === null) return '(null)';
  if (letter === 's') {
    if (typeof value === 'string') return precision === undefined ? value : value.slice(0, precision);
  } else if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    const big = BigInt(value);
    if (letter === 'd' || letter === 'i') {
      const sign = big < 0n ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
      return sign + (big < 0n ? -big : big).toString().padStart(precision ?? 1, '0');
    }
    const unsigned = BigInt.asUintN(big < -0x80000000n || big > 0xffffffffn ? 64 : 32, big);
    if (letter === 'u') return unsigned.toString().padStart(precision ?? 1, '0');
    const radix = letter === 'o' ? 8 : 16;
    const digits = unsigned.toString(radix).padStart(precision ?? 1, '0');
    const prefix = flags.includes('#') && big !== 0n ? (radix === 8 ? '0' : '0x') : '';
    return prefix + (letter === 'X' ? digits.toUpperCase() : digits);
  }
  throw new SqlError({
    number: 2786,
    state: 1,
    class: 16,
    message: `The data type of substitution parameter ${String(position)} does not match the expected type of the format specification.`,
    line: 0,
  });
}
