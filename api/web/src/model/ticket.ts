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
import type { BookLevel, OrderRequest, OrderType, Security, SelfTradePrevention, Side, TimeInForce } from "../wire/messages";

export type Trigger = "none" | "stop" | "take_profit" | "trailing_stop";

// What most orders do without.
export interface Extras {
  trigger: Trigger;
  triggerPrice: string; // of a trailing stop its distance: "0.25", or "1.5%"
  display: string; // iceberg; empty = shows everything
  minimum: string; // of the first execution; empty = any
  protection: string; // a market order never trades beyond it; empty = none
  expires: string; // "2026-11-20T17:25", UTC; empty = not good till a time
  auction: "" | "opg" | "cls";
  allOrNone: boolean;
  reduceOnly: boolean;
  reprice: boolean; // a post-only order goes behind the best price rather than being refused
  prevention: SelfTradePrevention;
}
export const kNoExtras: Extras = {
  trigger: "none",
  triggerPrice: "",
  display: "",
  minimum: "",
  protection: "",
  expires: "",
  auction: "",
  allOrNone: false,
  reduceOnly: false,
  reprice: false,
  prevention: "cancel_newest",
};

export interface Draft {
  side: Side;
  type: "limit" | "market"; // what it is, or becomes at its trigger
  price: string;
  quantity: string;
  timeInForce: TimeInForce;
  postOnly: boolean;
  extras: Extras;
}

export interface DraftErrors {
  price: string | null;
  quantity: string | null;
  trigger: string | null;
  display: string | null;
  minimum: string | null;
  protection: string | null;
  exits: string | null; // of linked orders
}
export const kNoErrors: DraftErrors = {
  price: null,
  quantity: null,
  trigger: null,
  display: null,
  minimum: null,
  protection: null,
  exits: null,
};

// As the API takes it, before it has an id.
export type PlainRequest = Omit<OrderRequest, "client_order_id">;

export function hasErrors(errors: DraftErrors): boolean {
  return Object.values(errors).some((error) => error !== null);
}

// The type by the API's name. A trailing stop is always a market order in the end.
export function typeOf(draft: Draft): OrderType {
  const { trigger } = draft.extras;
  if (trigger === "none") return draft.type;
  return trigger === "trailing_stop" || draft.type === "market" ? trigger : `${trigger}_limit`;
}

export function hasPrice(draft: Draft): boolean {
  return draft.type === "limit" && draft.extras.trigger !== "trailing_stop";
}

// The same rules as the server's for each number alone; everything else is the server's to decide.
export function checkDraft(draft: Draft, security: Security): DraftErrors {
  const { trigger, display, minimum, protection } = draft.extras;
  return {
    price: hasPrice(draft) ? checkNumber(draft.price, security.tick_size, "price", "tick") : null,
    quantity: checkNumber(draft.quantity, security.lot_size, "quantity", "lot"),
    trigger: trigger === "none" ? null : checkTrigger(draft.extras, security),
    display: display === "" ? null : checkNumber(display, security.lot_size, "shown quantity", "lot"),
    minimum: minimum === "" ? null : checkNumber(minimum, security.lot_size, "least quantity", "lot"),
    protection:
      protection === "" || hasPrice(draft) ? null : checkNumber(protection, security.tick_size, "protection price", "tick"),
    exits: null,
  };
}

// REQUIRES: checkDraft found nothing. Members that are not asked for are left out; the API wants no price of a market order.
// Numbers are written at the security's scale, which changes no value: they are multiples of the tick and the lot.
export function toRequest(draft: Draft, security: Security): PlainRequest {
  const { extras } = draft;
  const atScale = (text: string, scale: number) => formatDecimal(withScale(decimal(text), scale));
  const request: PlainRequest = {
    symbol: security.symbol,
    side: draft.side,
    type: typeOf(draft),
    quantity: atScale(draft.quantity, security.quantity_scale),
    time_in_force: timeInForceOf(draft),
  };
  if (hasPrice(draft)) request.price = atScale(draft.price, security.price_scale);
  if (request.time_in_force === "gtd") request.expires_at = `${extras.expires.slice(0, 16)}:00Z`;
  if (request.type === "limit") request.post_only = draft.postOnly;
  if (extras.trigger === "trailing_stop") {
    if (extras.triggerPrice.endsWith("%")) request.trail_percent = extras.triggerPrice.slice(0, -1).trim();
    else request.trail_amount = atScale(extras.triggerPrice, security.price_scale);
  } else if (extras.trigger !== "none") {
    request.stop_price = atScale(extras.triggerPrice, security.price_scale);
  }
  if (extras.display !== "") request.display_quantity = atScale(extras.display, security.quantity_scale);
  if (extras.minimum !== "") request.min_quantity = atScale(extras.minimum, security.quantity_scale);
  if (extras.protection !== "" && !hasPrice(draft)) request.protection_price = atScale(extras.protection, security.price_scale);
  if (extras.reprice && request.post_only === true) request.post_only_reprice = true;
  if (extras.allOrNone) request.all_or_none = true;
  if (extras.reduceOnly) request.reduce_only = true;
  if (extras.prevention !== kNoExtras.prevention) request.self_trade_prevention = extras.prevention;
  return request;
}

// What waits for a trigger cannot be immediate; a market order without one cannot rest.
function timeInForceOf(draft: Draft): TimeInForce {
  const { auction, expires, trigger } = draft.extras;
  const immediate = draft.timeInForce === "ioc" || draft.timeInForce === "fok";
  if (trigger === "none" && auction !== "") return auction;
  if (trigger === "none" && draft.type === "market") return draft.timeInForce === "fok" ? "fok" : "ioc";
  if (expires !== "") return "gtd";
  return trigger !== "none" && immediate ? "gtc" : draft.timeInForce;
}

function checkTrigger(extras: Extras, security: Security): string | null {
  const text = extras.triggerPrice;
  if (extras.trigger !== "trailing_stop" || !text.endsWith("%"))
    return checkNumber(text, security.tick_size, extras.trigger === "trailing_stop" ? "distance" : "trigger price", "tick");
  return checkNumber(text.slice(0, -1).trim(), "0.01", "percentage", "hundredth");
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
