// What the order form computes, exactly and without the DOM: whether a draft can be sent, what it costs, how much fits.

import {
  add,
  compare,
  decimal,
  divideFloor,
  floorToStep,
  formatDecimal,
  isMultipleOf,
  isPositive,
  multiply,
  parseDecimal,
  withScale,
  type Decimal,
} from "./decimal";
import type { BookLevel, OrderRequest, OrderType, Security, Side, TimeInForce } from "../wire/messages";

export interface Draft {
  side: Side;
  type: OrderType;
  price: string;
  quantity: string;
  timeInForce: TimeInForce;
  postOnly: boolean;
}

export interface DraftErrors {
  price: string | null;
  quantity: string | null;
}

// The same rules as the server's for price and quantity alone; everything else is the server's to decide.
export function checkDraft(draft: Draft, security: Security): DraftErrors {
  return {
    price: draft.type === "market" ? null : checkNumber(draft.price, security.tick_size, "price", "tick"),
    quantity: checkNumber(draft.quantity, security.lot_size, "quantity", "lot"),
  };
}

// REQUIRES: checkDraft found nothing. The API wants exactly these members; a market order has no price and is never post-only.
// Numbers are written at the security's scale, which changes no value: both are multiples of the tick and the lot.
export function toRequest(draft: Draft, security: Security): Omit<OrderRequest, "client_order_id"> {
  const quantity = formatDecimal(withScale(decimal(draft.quantity), security.quantity_scale));
  const common = { symbol: security.symbol, side: draft.side, type: draft.type, quantity };
  if (draft.type === "market") return { ...common, time_in_force: draft.timeInForce === "fok" ? "fok" : "ioc" };
  const price = formatDecimal(withScale(decimal(draft.price), security.price_scale));
  return { ...common, price, time_in_force: draft.timeInForce, post_only: draft.postOnly };
}

export interface Cost {
  amount: Decimal;
  average: Decimal | null; // of a market order, cut to the price scale
  complete: boolean; // false when the book on screen is too thin for the whole quantity
}

// Exact for a limit order. For a market order it walks the book that would be hit now.
export function costOf(draft: Draft, security: Security, opposite: readonly BookLevel[]): Cost | null {
  const quantity = parseDecimal(draft.quantity);
  if (quantity === null || !isPositive(quantity)) return null;
  if (draft.type === "limit") {
    const price = parseDecimal(draft.price);
    return price === null || !isPositive(price) ? null : { amount: multiply(price, quantity), average: null, complete: true };
  }
  let left = quantity;
  let amount: Decimal = { units: 0n, scale: 0 };
  for (const level of opposite) {
    const available = decimal(level.qty);
    const taken = compare(available, left) < 0 ? available : left;
    amount = add(amount, multiply(decimal(level.price), taken));
    left = add(left, { units: -taken.units, scale: taken.scale });
    if (!isPositive(left)) break;
  }
  const filled = add(quantity, { units: -left.units, scale: left.scale });
  if (!isPositive(filled)) return { amount, average: null, complete: false };
  return { amount, average: divideFloor(amount, filled, security.price_scale), complete: !isPositive(left) };
}

// The largest whole number of lots that `percent` of what is available pays for (buy) or that can be sold (sell).
export function quantityForShare(
  percent: number,
  draft: Draft,
  security: Security,
  available: string | null,
  opposite: readonly BookLevel[],
): string | null {
  if (available === null) return null;
  const share: Decimal = { units: (decimal(available).units * BigInt(percent)) / 100n, scale: decimal(available).scale };
  const lot = decimal(security.lot_size);
  const format = (quantity: Decimal) => formatDecimal(withScale(floorToStep(quantity, lot), security.quantity_scale));
  if (draft.side === "sell") return format(share);
  if (draft.type === "limit") {
    const price = parseDecimal(draft.price);
    return price === null || !isPositive(price) ? null : format(divideFloor(share, price, security.quantity_scale));
  }
  let left = share;
  let quantity: Decimal = { units: 0n, scale: 0 };
  for (const level of opposite) {
    const price = decimal(level.price);
    const whole = multiply(price, decimal(level.qty));
    if (compare(whole, left) > 0) return format(add(quantity, divideFloor(left, price, security.quantity_scale)));
    quantity = add(quantity, decimal(level.qty));
    left = add(left, { units: -whole.units, scale: whole.scale });
  }
  return format(quantity);
}

// `text` moved by `count` steps, landing on a multiple of the step and never below one step.
export function stepBy(text: string, step: string, count: number, scale: number): string {
  const size = decimal(step);
  const start = parseDecimal(text) ?? { units: 0n, scale: 0 };
  const base = start.units < 0n ? { units: 0n, scale: 0 } : start;
  const aligned = floorToStep(base, size);
  // Going down from between two steps, the step below is one step already.
  const moves = count < 0 && compare(aligned, base) < 0 ? count + 1 : count;
  const moved = add(aligned, { units: size.units * BigInt(moves), scale: size.scale });
  return formatDecimal(withScale(compare(moved, size) < 0 ? size : moved, scale));
}

// The price halfway between the best prices, on the tick at or below.
export function middlePrice(bid: string, ask: string, security: Security): string {
  const sum = add(decimal(bid), decimal(ask));
  const middle = { units: sum.units * 5n, scale: sum.scale + 1 };
  return formatDecimal(withScale(floorToStep(middle, decimal(security.tick_size)), security.price_scale));
}

function checkNumber(text: string, step: string, what: string, stepName: string): string | null {
  if (text === "") return `Enter a ${what}.`;
  const value = parseDecimal(text);
  if (value === null) return `Not a number: use digits and a point.`;
  if (!isPositive(value)) return `The ${what} must be above zero.`;
  return isMultipleOf(value, decimal(step)) ? null : `Must be a multiple of the ${stepName}, ${step}.`;
}
