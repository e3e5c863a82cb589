// Exact decimal arithmetic on the strings of the API. A Decimal is `units` × 10^-scale; nothing here rounds unless its name
// says so, and nothing passes through floating point.

export interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

const kPattern = /^(-?)(\d+)(?:\.(\d+))?$/;

// null for anything but an optional sign, digits, and optionally a point with digits: no exponent, no grouping.
export function parseDecimal(text: string): Decimal | null {
  const match = kPattern.exec(text);
  if (match === null) return null;
  const fraction = match[3] ?? "";
  const units = BigInt(`${match[2]}${fraction}`);
  return { units: match[1] === "-" ? -units : units, scale: fraction.length };
}

// For strings that come from the server. Throws on malformed input.
export function decimal(text: string): Decimal {
  const parsed = parseDecimal(text);
  if (parsed === null) throw new RangeError(`not a decimal: ${JSON.stringify(text)}`);
  return parsed;
}

export function formatDecimal(value: Decimal): string {
  const negative = value.units < 0n;
  const digits = (negative ? -value.units : value.units).toString().padStart(value.scale + 1, "0");
  const point = digits.length - value.scale;
  const text = value.scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return negative ? `-${text}` : text;
}

// Thin spaces are left to the style sheet; the separator is a comma as in every market data terminal.
export function groupThousands(text: string): string {
  const point = text.indexOf(".");
  const whole = point < 0 ? text : text.slice(0, point);
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (point < 0 ? "" : text.slice(point));
}

// Without zeros at the end of the fraction beyond `keep` digits: "12.50000000" with 2 -> "12.50".
export function trimFraction(text: string, keep: number): string {
  const point = text.indexOf(".");
  if (point < 0) return text;
  let end = text.length;
  while (end > point + 1 + keep && text[end - 1] === "0") end--;
  return end === point + 1 ? text.slice(0, point) : text.slice(0, end);
}

export function add(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { units: rescaleUp(a, scale) + rescaleUp(b, scale), scale };
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  return add(a, { units: -b.units, scale: b.scale });
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return { units: a.units * b.units, scale: a.scale + b.scale };
}

export function compare(a: Decimal, b: Decimal): -1 | 0 | 1 {
  const scale = Math.max(a.scale, b.scale);
  const left = rescaleUp(a, scale);
  const right = rescaleUp(b, scale);
  return left < right ? -1 : left > right ? 1 : 0;
}

export function isPositive(value: Decimal): boolean {
  return value.units > 0n;
}

export function isMultipleOf(value: Decimal, step: Decimal): boolean {
  const scale = Math.max(value.scale, step.scale);
  return rescaleUp(value, scale) % rescaleUp(step, scale) === 0n;
}

// a / b rounded towards zero at `scale` digits. REQUIRES: b is not zero.
export function divideFloor(a: Decimal, b: Decimal, scale: number): Decimal {
  const exponent = scale + b.scale - a.scale;
  const numerator = exponent >= 0 ? a.units * power10(exponent) : a.units;
  const denominator = exponent >= 0 ? b.units : b.units * power10(-exponent);
  return { units: numerator / denominator, scale };
}

// The largest multiple of `step` that is not above `value`, at the scale of the step. REQUIRES: both not negative, step > 0.
export function floorToStep(value: Decimal, step: Decimal): Decimal {
  const whole = divideFloor(value, step, 0).units;
  return { units: whole * step.units, scale: step.scale };
}

// The same value with `scale` digits; digits beyond are cut off.
export function withScale(value: Decimal, scale: number): Decimal {
  if (scale >= value.scale) return { units: rescaleUp(value, scale), scale };
  return { units: value.units / power10(value.scale - scale), scale };
}

// Compares two unsigned decimal strings without parsing them; the order book does this for every level of every message.
export function compareText(a: string, b: string): number {
  if (a.length === b.length && !hasLeadingZeros(a) && !hasLeadingZeros(b) && a.indexOf(".") === b.indexOf("."))
    return a < b ? -1 : a > b ? 1 : 0;
  return compare(decimal(a), decimal(b));
}

function hasLeadingZeros(text: string): boolean {
  return text.length > 1 && text.charCodeAt(0) === 48 && text.charCodeAt(1) !== 46;
}

function rescaleUp(value: Decimal, scale: number): bigint {
  return scale === value.scale ? value.units : value.units * power10(scale - value.scale);
}

function power10(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}
