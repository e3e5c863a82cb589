// Numbers and times as people read them. Input is the API's exact text; output never shows digits that are not in it.

import { decimal, divideFloor, formatDecimal, groupThousands, trimFraction, type Decimal } from "../model/decimal";

export const kUnknown = "–";

export function price(text: string | null | undefined): string {
  return text == null ? kUnknown : groupThousands(text);
}

export function quantity(text: string | null | undefined): string {
  return text == null ? kUnknown : groupThousands(trimFraction(text, 0));
}

export function money(text: string | null | undefined): string {
  return text == null ? kUnknown : groupThousands(trimFraction(text, 2));
}

// Cut (not rounded) to two digits and an SI suffix; only for figures whose size matters, marked as such by the suffix.
export function compact(text: string | null | undefined): string {
  if (text == null) return kUnknown;
  const value = decimal(text);
  const whole = value.units / 10n ** BigInt(value.scale);
  for (const [suffix, digits] of [["T", 12], ["B", 9], ["M", 6]] as const) {
    if (whole >= 10n ** BigInt(digits)) return formatDecimal(divideFloor({ units: whole, scale: 0 }, { units: 10n ** BigInt(digits), scale: 0 }, 2)) + suffix;
  }
  return groupThousands(trimFraction(formatDecimal(value.scale > 2 && whole > 0n ? divideFloor(value, { units: 1n, scale: 0 }, 2) : value), 0));
}

// part / whole in percent with two digits and a sign, or null where it has no meaning.
export function percent(part: Decimal, whole: Decimal): string | null {
  if (whole.units === 0n) return null;
  const value = divideFloor({ units: part.units * 100n, scale: part.scale }, whole, 2);
  const text = formatDecimal(value);
  return value.units > 0n ? `+${text}%` : `${text.replace("-", "−")}%`;
}

// The clock part of an RFC 3339 UTC time.
export function clock(time: string): string {
  return time.slice(11, 19);
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function words(text: string): string {
  return text.replaceAll("_", " ");
}
