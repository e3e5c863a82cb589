// Orders that belong together, made from one draft: a bracket (an entry with a take profit and a stop behind it) or an "oco" (two
// orders of which the first that executes cancels the other). The rules are the engine's; this only writes the legs.

import { formatDecimal, isMultipleOf, isPositive, decimal, parseDecimal, withScale } from "./decimal";
import { toRequest, type Draft, type PlainRequest } from "./ticket";
import type { Security } from "../wire/messages";

export type Linked = "none" | "bracket" | "oco";

// Empty strings where nothing was typed. `takeProfit` has a meaning for brackets alone.
export interface Exits {
  linked: Linked;
  takeProfit: string;
  stop: string;
}
export const kNoExits: Exits = { linked: "none", takeProfit: "", stop: "" };

export interface GroupDraft {
  kind: "oco" | "bracket";
  legs: PlainRequest[];
}

// Why the exits cannot be sent, or null.
export function checkExits(exits: Exits, draft: Draft, security: Security): string | null {
  if (exits.linked === "none") return null;
  const prices: [string, string][] = [["stop", exits.stop]];
  if (exits.linked === "bracket") prices.unshift(["take profit", exits.takeProfit]);
  for (const [what, text] of prices) {
    const value = parseDecimal(text);
    if (value === null || !isPositive(value)) return `Enter a ${what} price.`;
    if (!isMultipleOf(value, decimal(security.tick_size)))
      return `The ${what} price must be a multiple of ${security.tick_size}.`;
  }
  if (exits.linked === "oco" && draft.type === "market") return "One of two needs a limit price.";
  return null;
}

// REQUIRES: checkDraft and checkExits found nothing, and the draft is linked.
export function toGroup(exits: Exits, draft: Draft, security: Security): GroupDraft {
  const first = toRequest(draft, security);
  delete first.post_only; // no leg may have it
  const { symbol, side, quantity } = first;
  const price = (text: string) => formatDecimal(withScale(decimal(text), security.price_scale));
  const stop = { symbol, quantity, type: "stop", time_in_force: "gtc", stop_price: price(exits.stop) } as const;
  if (exits.linked === "oco") return { kind: "oco", legs: [first, { ...stop, side }] };
  const out = side === "buy" ? "sell" : "buy";
  const takeProfit = {
    symbol,
    side: out,
    quantity,
    type: "limit",
    time_in_force: "gtc",
    price: price(exits.takeProfit),
  } as const;
  return { kind: "bracket", legs: [first, takeProfit, { ...stop, side: out }] };
}
