import assert from "node:assert/strict";
import { test } from "node:test";
import { checkExits, toGroup, type Exits } from "../../api/web/src/model/group";
import { kNoExtras, type Draft } from "../../api/web/src/model/ticket";
import type { Security } from "../../api/web/src/wire/messages";

const acme = { symbol: "ACME", price_scale: 2, quantity_scale: 0, tick_size: "0.05", lot_size: "1" } as Security;
const buy: Draft = {
  side: "buy",
  type: "limit",
  price: "25.5",
  quantity: "10",
  timeInForce: "gtc",
  postOnly: true,
  extras: kNoExtras,
};
const bracket: Exits = { linked: "bracket", takeProfit: "27", stop: "24.5" };

test("a bracket's exits are on the other side, of the same quantity, at the scale of the security", () => {
  const { kind, legs } = toGroup(bracket, buy, acme);
  assert.equal(kind, "bracket");
  const common = { symbol: "ACME", quantity: "10", time_in_force: "gtc" };
  assert.deepEqual(legs, [
    { ...common, side: "buy", type: "limit", price: "25.50" },
    { ...common, side: "sell", type: "limit", price: "27.00" },
    { ...common, side: "sell", type: "stop", stop_price: "24.50" },
  ]);
});

test("one cancels the other: both are on the same side", () => {
  const { kind, legs } = toGroup({ linked: "oco", takeProfit: "", stop: "24.50" }, { ...buy, side: "sell" }, acme);
  assert.equal(kind, "oco");
  assert.deepEqual(
    legs.map((leg) => [leg.side, leg.type]),
    [
      ["sell", "limit"],
      ["sell", "stop"],
    ],
  );
});

test("missing prices, prices off the tick and market orders of two are complained about", () => {
  assert.equal(checkExits({ ...bracket, linked: "none" }, buy, acme), null);
  assert.equal(checkExits(bracket, buy, acme), null);
  assert.match(checkExits({ ...bracket, takeProfit: "" }, buy, acme) ?? "", /take profit/);
  assert.match(checkExits({ ...bracket, stop: "24.52" }, buy, acme) ?? "", /multiple of 0\.05/);
  assert.equal(checkExits({ linked: "oco", takeProfit: "", stop: "24.50" }, buy, acme), null);
  assert.match(checkExits({ linked: "oco", takeProfit: "", stop: "24.50" }, { ...buy, type: "market" }, acme) ?? "", /limit/);
});
