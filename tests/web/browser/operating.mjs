// What an operator does: rebuilds a read model and watches it, finds out why an order was refused, looks at the past, halts.

import assert from "node:assert/strict";
import { isAccessible, openPage, record, textBecomes } from "./pages.mjs";
import { until } from "./server.mjs";

export async function operatingTests({ step, browser, server, dist }) {
  const page = await openPage(browser, server, { dist, path: `/#key=${server.keys.operator}&place=operate` });
  const row = "tr[data-projection=trades]";
  const confirm = async (word = null) => {
    await page.fill("#act-reason", "a test of the page");
    if (word !== null) await page.fill("#act-word", word);
    await page.press("#act-reason", "Enter");
  };

  await step("the key is gone from the address, the figures are there", async () => {
    await textBecomes(page, "#account-button", "Olga Operator");
    assert.equal(page.url().includes("bw_"), false);
    await textBecomes(page, "[data-figure=eventSeq] dd", /^[\d,]+$/);
    await textBecomes(page, `${row} .status-badge`, "running");
  });

  await step("a read model is rebuilt and watched", async () => {
    const states = await record(page, `${row} .status-badge`);
    await page.click(`${row} [data-act=rebuild]`);
    await confirm();
    await until("it was rebuilding and runs again", async () => /rebuilding.*running$/.test((await states()).join(" ")));
    const acts = (await server.call("GET", "admin/projections/trades", "operator")).acts;
    assert.equal(acts[0].reason, "a test of the page");
  });

  await step("a read model is proven equal to the log", async () => {
    await page.click(`${row} [data-act=verify]`);
    await confirm();
    await textBecomes(page, `${row} .projection-note`, "equal to the log");
  });

  await step("a refusal is found and explained", async () => {
    await assert.rejects(server.order("trader", "buy", "100000000", "25.00"), /insufficient_funds/);
    await page.click(".event-search button:text-is('Refused')");
    await page.click(".events-table tbody tr:has-text('insufficient_funds') .link-button");
    await textBecomes(page, ".refusal", /PlaceOrder in ACME by usr_\d+, acc_\d+ was refused: .*insufficient_funds/);
  });

  await step("new events arrive while they are followed", async () => {
    const order = await server.order("trader", "buy", "2", "20.00");
    const inLog = async () => (await server.call("GET", `admin/events?stream=order/${order.id.slice(4)}`, "operator")).data.length > 0;
    await until("the log's read model has it", inLog);
    await page.fill("#event-search", `ord_${order.id.slice(4)}`);
    await page.press("#event-search", "Enter");
    await textBecomes(page, ".events-table tbody .symbol", "OrderAccepted");
    await page.click(".event-search button:text-is('Follow')");
    await textBecomes(page, ".events-state", "following");
    await server.call("DELETE", `orders/${order.id}`, "trader");
    await textBecomes(page, ".events-table tbody .symbol", "OrderCanceled");
    await page.click(".event-search button:text-is('Follow')");
  });

  await step("the slider shows the book of then", async () => {
    const { event_seq: then } = await server.order("trader", "buy", "11", "19.99");
    await server.call("DELETE", "orders", "trader");
    const past = await server.call("GET", `markets/ACME/book?depth=1&as_of_seq=${then - 1}`);
    await page.fill(".past input.number", String(then - 1));
    await page.press(".past input.number", "Enter");
    await textBecomes(page, ".past-moment", new RegExp(`^After event ${(then - 1).toLocaleString("en-US")},`));
    const best = await page.textContent(".past-book tr.past-middle + tr");
    assert.equal(best, `${past.bids[0][0]}${Number(past.bids[0][1]).toLocaleString("en-US")}${past.bids[0][2]}`);
  });

  await step("no serious fault, dark or light", async () => {
    await isAccessible(page, "operate, dark");
    await page.keyboard.press("t");
    await isAccessible(page, "operate, light");
  });

  await step("the kill switch asks, halts, and takes every order out", async () => {
    await page.click("#kill-switch");
    await page.fill("#act-reason", "a drill");
    await page.press("#act-reason", "Enter");
    await textBecomes(page, ".act-dialog .field-error", "Type HALT."); // a reason alone is not enough
    await confirm("HALT");
    await textBecomes(page, ".market-state", "The market is halted.");
    await until("no order is left", async () => (await server.call("GET", "admin/state", "operator")).open_orders === 0);
    await page.click(".market-buttons button:text-is('Open the market')");
    await confirm();
    await textBecomes(page, ".market-state", "The market is open.");
  });

  assert.deepEqual(page.complaints, []);
  await page.context().close();
}
