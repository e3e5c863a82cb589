// Numbers and times as people read them. Input is the API's exact text; output never shows digits that are not in it.

import type { AuctionFigures, TradingState } from "../wire/messages";
import { decimal, divideFloor, formatDecimal, groupThousands, trimFraction, withScale, type Decimal } from "../model/decimal";

export const kUnknown = "–";
const kMonths = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const kSuffixes = [
  ["T", 12n],
  ["B", 9n],
  ["M", 6n],
] as const;

export function price(text: string | null | undefined): string {
  return text == null ? kUnknown : groupThousands(text);
}

// With all digits of the scale, so that columns align at the point.
export function aligned(text: string): string {
  return groupThousands(text);
}

export function quantity(text: string | null | undefined): string {
  return text == null ? kUnknown : groupThousands(trimFraction(text, 0));
}

export function money(text: string | null | undefined): string {
  return text == null ? kUnknown : groupThousands(trimFraction(text, 2));
}

// To the cent, cut: for tables where the last digits do not matter.
export function roundMoney(text: string | null | undefined): string {
  return text == null ? kUnknown : groupThousands(formatDecimal(withScale(decimal(text), 2)));
}

export function signedMoney(text: string): string {
  const shown = roundMoney(text);
  return shown.startsWith("-") ? shown.replace("-", "−") : /^[0.,]+$/.test(shown) ? shown : `+${shown}`;
}

// For drawing alone.
export function asNumber(value: Decimal): number {
  return Number(value.units) / 10 ** value.scale;
}

// For figures whose size matters and whose last digits do not: millions and more cut (not rounded) to two digits and a
// suffix, thousands to whole numbers.
export function compact(text: string | null | undefined): string {
  if (text == null) return kUnknown;
  const value = decimal(text);
  const whole = withScale(value, 0);
  for (const [suffix, digits] of kSuffixes) {
    const unit = { units: 10n ** digits, scale: 0 };
    if (whole.units >= unit.units) return formatDecimal(divideFloor(whole, unit, 2)) + suffix;
  }
  if (whole.units >= 1000n) return groupThousands(formatDecimal(whole));
  return trimFraction(formatDecimal(withScale(value, Math.min(value.scale, whole.units > 0n ? 2 : 8))), 0);
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

// "21 Nov" of an RFC 3339 UTC time.
export function day(time: string): string {
  const month = kMonths[Number(time.slice(5, 7)) - 1] ?? "";
  return `${Number(time.slice(8, 10))} ${month}`;
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function words(text: string): string {
  return text.replaceAll("_", " ");
}

// "opening auction 25.50 × 120" while it gathers; "halted until 14:05:00".
export function tradingState(state: TradingState, indication: AuctionFigures | null): string {
  const until = state.until === null ? "" : ` until ${clock(state.until)}`;
  if (state.trading_state !== "auction") return words(state.trading_state) + until;
  const name = state.auction === null ? "auction" : `${state.auction} auction`;
  if (indication === null || indication.price === null) return name + until;
  return `${name} ${price(indication.price)} × ${quantity(indication.paired_quantity)}${until}`;
}
