// Dates, times of day, decimals and bytes: as Arrow stores them, and as TypeScript's rows have them.
//
//   19782 days  <->  '2024-02-29'        45296000 ms  <->  '12:34:56'        -1234, scale 2  <->  '-12.34'
//
// Writing gives undefined for a text that is none of the kind. No state.

const MS_PER_DAY = 86_400_000;

export function dateText(days: number): string {
  const date = new Date(days * MS_PER_DAY);
  const year = date.getUTCFullYear();
  const digits = String(Math.abs(year)).padStart(4, '0');
  const sign = year < 0 ? '-' : year > 9999 ? '+' : '';
  return `${sign}${digits}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
}

export function daysOf(text: string): number | undefined {
  const parts = /^([+-]?\d{4,6})-(\d\d)-(\d\d)$/.exec(text);
  if (parts === null) return undefined;
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return date.getTime() / MS_PER_DAY;
}

/** A time of day with `precision` digits of a second's fraction (at most 3 are kept by the engine). */
export function timeText(ms: number, precision: number): string {
  const seconds = Math.floor(ms / 1000);
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  if (precision === 0) return clock;
  return `${clock}.${String(ms % 1000)
    .padStart(3, '0')
    .padEnd(precision, '0')
    .slice(0, precision)}`;
}

export function millisOfDay(text: string): number | undefined {
  const parts = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,9}))?)?$/.exec(text);
  if (parts === null) return undefined;
  const [, hours, minutes, seconds = '0', fraction = ''] = parts;
  return (
    (Number(hours) * 60 + Number(minutes)) * 60_000 +
    Number(seconds) * 1000 +
    Number(fraction.padEnd(3, '0').slice(0, 3))
  );
}

/** The 128-bit little-endian number in words `at` and `at + 1`, with its point `scale` digits from the end. */
export function decimalText(words: BigInt64Array, at: number, scale: number): string {
  return decimalDigits((words[at + 1]! << 64n) | BigInt.asUintN(64, words[at]!), scale);
}

/** An unscaled number with its point. */
export function decimalDigits(unscaled: bigint, scale: number): string {
  const negative = unscaled < 0n;
  const digits = String(negative ? -unscaled : unscaled).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return `${negative ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(digits.length - scale)}`}`;
}

/** The unscaled number; undefined for what is no decimal, or has more digits than DECIMAL(precision, scale) holds. */
export function unscaledOf(text: string, precision: number, scale: number): bigint | undefined {
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text);
  if (parts === null) return undefined;
  const [, sign, whole = '', fraction = ''] = parts;
  if (whole === '' && fraction === '') return undefined;
  const kept = fraction.replace(/0+$/, '');
  if (kept.length > scale) return undefined;
  const unscaled = BigInt(`${whole}${kept.padEnd(scale, '0')}`);
  if (String(unscaled).length > precision && unscaled !== 0n) return undefined;
  return sign === '-' ? -unscaled : unscaled;
}

const two = (n: number): string => String(n).padStart(2, '0');
