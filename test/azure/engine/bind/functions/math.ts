// Mathematical functions.
import type { SqlType } from '../../../contract.ts';
import type { Bound } from '../bound.ts';
import { float, int } from '../literals.ts';
import { raise } from '../raise.ts';
import { familyOf, isCharacter, isNumeric, typeWord } from '../sqlTypes.ts';
import type { Call, FunctionTable } from './call.ts';
import { entry } from './call.ts';

/** Types that ABS, CEILING, ROUND … keep: small integers become int, text becomes float. */
function numeric(call: Call, i: number): Bound {
  const bound = call.arg(i);
  if (bound.untypedNull === true) return call.binder.cast(bound, int);
  if (isCharacter(bound.type)) return call.binder.convert(bound, float, call.line);
  if (!isNumeric(bound.type)) {
    return raise(
      8116,
      `Argument data type ${typeWord(bound.type)} is invalid for argument ${String(i + 1)} of ${call.name.toLowerCase()} function.`,
      call.line,
    );
  }
  if (bound.type.name === 'bit' || bound.type.name === 'tinyint' || bound.type.name === 'smallint')
    return call.binder.cast(bound, int);
  if (bound.type.name === 'real') return call.binder.cast(bound, float);
  if (bound.type.name === 'smallmoney') return call.binder.cast(bound, { name: 'money' });
  return bound;
}

const real = (sql: (...args: string[]) => string, count = 1): [number, number, (call: Call) => Bound] => [
  count,
  count,
  (call) => call.result(sql(...call.args.map((_, i) => call.float(i))), float),
];

function whole(call: Call, name: string): Bound {
  const value = numeric(call, 0);
  if (familyOf(value.type) === 'integer') return call.result(value.sql, value.type);
  const type: SqlType =
    familyOf(value.type) === 'decimal'
      ? { name: value.type.name, precision: value.type.precision ?? 18, scale: 0 }
      : value.type;
  return call.result(`${name}(${value.sql})`, type);
}

export const mathFunctions: FunctionTable = {
  ABS: entry(1, 1, (call) => {
    const value = numeric(call, 0);
    return call.result(`abs(${value.sql})`, value.type);
  }),
  CEILING: entry(1, 1, (call) => whole(call, 'ceil')),
  FLOOR: entry(1, 1, (call) => whole(call, 'floor')),
  SIGN: entry(1, 1, (call) => {
    const value = numeric(call, 0);
    return call.result(
      call.binder.storage.cast(
        `sign(${value.sql})`,
        familyOf(value.type) === 'integer' ? float : value.type,
        value.type,
      ),
      value.type,
    );
  }),
  ROUND: entry(2, 3, (call) => {
    const value = numeric(call, 0);
    const digits = call.integer(1);
    const cut = call.has(2) && call.arg(2).literal !== 0;
    const fn = cut ? 'trunc' : 'round';
    const pg = call.binder.storage.pgType(value.type);
    const rounded = `${fn}((${value.sql})::numeric, ${digits})`;
    // The scale stays as it was: 2.567 becomes 2.570.
    const scaled =
      familyOf(value.type) === 'decimal' ? `round(${rounded}, ${String(value.type.scale ?? 0)})` : rounded;
    return call.result(`(${scaled})::${pg}`, value.type, true);
  }),
  SQRT: entry(...real((x) => `sqrt(${x})`)),
  SQUARE: entry(...real((x) => `(${x} * ${x})`)),
  EXP: entry(...real((x) => `exp(${x})`)),
  LOG: entry(1, 2, (call) =>
    call.result(
      call.has(1) ? `(ln(${call.float(0)}) / ln(${call.float(1)}))` : `ln(${call.float(0)})`,
      float,
    ),
  ),
  LOG10: entry(...real((x) => `log(${x})`)),
  POWER: entry(2, 2, (call) => {
    const value = numeric(call, 0);
    const pg = call.binder.storage.pgType(value.type);
    const power = `power(${call.float(0)}, ${call.float(1)})`;
    if (familyOf(value.type) === 'float') return call.result(power, value.type);
    const scale = String(value.type.scale ?? (familyOf(value.type) === 'money' ? 4 : 0));
    const rounded =
      familyOf(value.type) === 'integer'
        ? `trunc((${power})::numeric)`
        : `round((${power})::numeric, ${scale})`;
    return call.result(`(${rounded})::${pg}`, value.type);
  }),
  PI: entry(0, 0, (call) => call.result('pi()', float, false)),
  SIN: entry(...real((x) => `sin(${x})`)),
  COS: entry(...real((x) => `cos(${x})`)),
  TAN: entry(...real((x) => `tan(${x})`)),
  COT: entry(...real((x) => `cot(${x})`)),
  ASIN: entry(...real((x) => `asin(${x})`)),
  ACOS: entry(...real((x) => `acos(${x})`)),
  ATAN: entry(...real((x) => `atan(${x})`)),
  ATN2: entry(...real((y, x) => `atan2(${y ?? ''}, ${x ?? ''})`, 2)),
  DEGREES: entry(1, 1, (call) => {
    const value = numeric(call, 0);
    return call.result(`(degrees(${call.float(0)}))::${call.binder.storage.pgType(value.type)}`, value.type);
  }),
  RADIANS: entry(1, 1, (call) => {
    const value = numeric(call, 0);
    return call.result(`(radians(${call.float(0)}))::${call.binder.storage.pgType(value.type)}`, value.type);
  }),
  RAND: entry(0, 1, (call) =>
    call.has(0)
      ? call.result(`(abs(hashint8extended(${call.big(0)}, 1) % 1000000007) / 1000000007.0)::float8`, float)
      : call.result('(SELECT random())', float, true),
  ),
};
