import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDecimal } from "../../api/web/src/model/decimal";
import {
  checkDraft,
  costOf,
  hasErrors,
  kNoErrors,
  kNoExtras,
  middlePrice,
  quantityForShare,
  stepBy,
  toRequest,
  typeOf,
  type Draft,
  type Extras,
} from "../../api/web/src/model/ticket";
import type { Security } from "../../api/web/src/wire/messages";

const security: Security = {
  id: "sec_1",
  symbol: "ACME",
  name: "Acme",
  currency: "USD",
  price_scale: 2,
  quantity_scale: 0,
  tick_size: "0.05",
  lot_size: "10",
  trading_state: "open",
  auction: null,
  until: null,
};
const draft: Draft = {
  side: "buy",
  type: "limit",
  price: "25.50",
  quantity: "100",
  timeInForce: "gtc",
  postOnly: false,
  extras: kNoExtras,
};
const having = (extras: Partial<Extras>, more: Partial<Draft> = {}): Draft => ({
  ...draft,
  ...more,
  extras: { ...kNoExtras, ...extras },
});
const asks = [
  { price: "25.50", qty: "80" },
  { price: "25.60", qty: "40" },
];

test("a draft on tick and lot passes, anything else names the field", () => {
  assert.deepEqual(checkDraft(draft, security), kNoErrors);
  for (const price of ["", "abc", "0", "-1", "25.52", "25.500001", "1e2"])
    assert.notEqual(checkDraft({ ...draft, price }, security).price, null, price);
  for (const quantity of ["", "0.00", "105", "10.5"])
    assert.notEqual(checkDraft({ ...draft, quantity }, security).quantity, null, quantity);
  assert.equal(checkDraft({ ...draft, type: "market", price: "" }, security).price, null);
});

test("a market order carries no price, never rests and is never post-only", () => {
  const market: Draft = { ...draft, type: "market", price: "99", postOnly: true };
  assert.deepEqual(toRequest(market, security), {
    symbol: "ACME",
    side: "buy",
    type: "market",
    quantity: "100",
    time_in_force: "ioc",
  });
  assert.equal(toRequest({ ...market, timeInForce: "fok" }, security).time_in_force, "fok");
  assert.deepEqual(toRequest(draft, security), {
    symbol: "ACME",
    side: "buy",
    type: "limit",
    quantity: "100",
    price: "25.50",
    time_in_force: "gtc",
    post_only: false,
  });
});

test("numbers are sent at the security's scale", () => {
  const request = toRequest({ ...draft, price: "025.5", quantity: "0100.0" }, security);
  assert.equal(request.price, "25.50");
  assert.equal(request.quantity, "100");
});

test("the cost of a limit order is exact", () => {
  const cost = costOf({ ...draft, price: "92233720368547758.05", quantity: "10" }, security, []);
  assert.equal(formatDecimal(cost!.amount), "922337203685477580.50");
});

test("a market order is estimated by walking the book", () => {
  const market: Draft = { ...draft, type: "market" };
  const cost = costOf(market, security, asks);
  assert.equal(formatDecimal(cost!.amount), "2552.00");
  assert.equal(formatDecimal(cost!.average!), "25.52");
  assert.equal(cost!.complete, true);
  assert.equal(costOf({ ...market, quantity: "130" }, security, asks)!.complete, false);
  assert.deepEqual(costOf(market, security, [])!.average, null);
});

test("a share of what is available is cut to whole lots and never exceeds it", () => {
  assert.equal(quantityForShare(100, draft, security, "2600.00000000", []), "100");
  assert.equal(quantityForShare(50, draft, security, "2600.00000000", []), "50");
  assert.equal(quantityForShare(100, { ...draft, side: "sell" }, security, "99", []), "90");
  assert.equal(quantityForShare(100, { ...draft, type: "market" }, security, "2552.00000000", asks), "100");
  assert.equal(quantityForShare(100, { ...draft, type: "market" }, security, "999999.00000000", asks), "120");
  assert.equal(quantityForShare(100, draft, security, null, []), null);
  assert.equal(quantityForShare(100, { ...draft, price: "" }, security, "100.00000000", []), null);
});

test("steps land on the tick", () => {
  assert.equal(stepBy("25.50", "0.05", 1, 2), "25.55");
  assert.equal(stepBy("25.52", "0.05", 1, 2), "25.55");
  assert.equal(stepBy("25.52", "0.05", -1, 2), "25.50");
  assert.equal(stepBy("25.50", "0.05", -10, 2), "25.00");
  assert.equal(stepBy("0.05", "0.05", -1, 2), "0.05");
  assert.equal(stepBy("", "0.05", 1, 2), "0.05");
});

test("the middle price is on the tick, at or below the middle", () => {
  assert.equal(middlePrice("25.50", "25.60", security), "25.55");
  assert.equal(middlePrice("25.50", "25.55", security), "25.50");
});

test("a trigger turns limit and market orders into the types that wait for it", () => {
  assert.equal(typeOf(having({ trigger: "stop" })), "stop_limit");
  assert.equal(typeOf(having({ trigger: "stop" }, { type: "market" })), "stop");
  assert.equal(typeOf(having({ trigger: "take_profit" })), "take_profit_limit");
  assert.equal(typeOf(having({ trigger: "take_profit" }, { type: "market" })), "take_profit");
  assert.equal(typeOf(having({ trigger: "trailing_stop" })), "trailing_stop");
});

test("a stop carries its trigger, a limit where it has one, and is never immediate", () => {
  const stop = having({ trigger: "stop", triggerPrice: "26" }, { type: "market", price: "", timeInForce: "ioc" });
  assert.deepEqual(toRequest(stop, security), {
    symbol: "ACME",
    side: "buy",
    type: "stop",
    quantity: "100",
    stop_price: "26.00",
    time_in_force: "gtc",
  });
  const limit = toRequest(having({ trigger: "stop", triggerPrice: "26.05" }, { timeInForce: "day" }), security);
  assert.equal(limit.type, "stop_limit");
  assert.equal(limit.price, "25.50");
  assert.equal(limit.time_in_force, "day");
  assert.equal(limit.post_only, undefined);
});

test("a trailing stop has a distance in ticks or per cent and no price", () => {
  const amount = toRequest(having({ trigger: "trailing_stop", triggerPrice: "0.5" }), security);
  assert.equal(amount.trail_amount, "0.50");
  assert.equal(amount.price, undefined);
  assert.equal(toRequest(having({ trigger: "trailing_stop", triggerPrice: "1.5 %" }), security).trail_percent, "1.5");
});

test("icebergs, auctions, ends and options are asked for only when they are chosen", () => {
  const request = toRequest(
    having({ display: "20", allOrNone: true, reduceOnly: true, prevention: "decrement" }),
    security,
  );
  assert.equal(request.display_quantity, "20");
  assert.equal(request.all_or_none, true);
  assert.equal(request.reduce_only, true);
  assert.equal(request.self_trade_prevention, "decrement");
  assert.equal(toRequest(having({ auction: "opg" }), security).time_in_force, "opg");
  assert.equal(toRequest(having({ auction: "cls" }, { type: "market" }), security).time_in_force, "cls");
  const till = toRequest(having({ expires: "2030-01-02T03:04" }), security);
  assert.equal(till.time_in_force, "gtd");
  assert.equal(till.expires_at, "2030-01-02T03:04:00Z");
});

test("a wrong trigger or shown quantity names its field", () => {
  const good = having({ trigger: "stop", triggerPrice: "26.05", display: "20" });
  assert.equal(hasErrors(checkDraft(good, security)), false);
  for (const triggerPrice of ["", "x", "26.01", "0"])
    assert.notEqual(checkDraft(having({ trigger: "stop", triggerPrice }), security).trigger, null, triggerPrice);
  for (const triggerPrice of ["%", "0%", "1.555%", "-1%"])
    assert.notEqual(
      checkDraft(having({ trigger: "trailing_stop", triggerPrice }), security).trigger,
      null,
      triggerPrice,
    );
  assert.notEqual(checkDraft(having({ display: "15" }), security).display, null);
  assert.equal(
    checkDraft(having({ trigger: "trailing_stop", triggerPrice: "1.5%" }, { price: "" }), security).price,
    null,
  );
});
