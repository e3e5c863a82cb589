// What a trader does: signs in, sees the book move, places, amends, is filled, cancels; and what the page does when the stream or the
// server fails.

import assert from "node:assert/strict";
import { bookIsTrue, isAccessible, openPage, record, shownBook, textBecomes, useKey } from "./pages.mjs";
import { until } from "./server.mjs";

export async function tradingTests({ step, browser, server, dist }) {
  const page = await openPage(browser, server, { dist, path: "/?symbol=ACME" });
  const rows = page.locator("#orders-body tr");
  const ordersBecome = (count) => until(`${count} open orders`, async () => (await rows.count()) === count);

  await step("a stranger sees the market and is asked to sign in", async () => {
    await textBecomes(page, "#connection-text", "Live");
    await bookIsTrue(page, server);
    assert.equal(await page.textContent("#place"), "Sign in to buy");
    assert.equal(await page.isHidden("#places [data-place=operate]"), true);
  });

  await step("a key signs in, and a wrong one says so", async () => {
    await useKey(page, "bw_0000000000000000.0000");
    await textBecomes(page, "#key-error", /refused this key/);
    page.complaints.length = 0; // the browser reports the refusal itself
    await page.fill("#key-input", server.keys.trader);
    await page.press("#key-input", "Enter");
    await textBecomes(page, "#account-button", "Theo Trader");
    await textBecomes(page, "#balances-body .symbol", /USD/);
  });

  await step("the book moves with other people's orders", async () => {
    const { bids } = await shownBook(page, 1);
    const best = (Number(bids[0].split(" ")[0]) + 0.01).toFixed(2);
    const order = await server.order("market maker", "buy", "17", best);
    await until("the new best bid is shown", async () => (await shownBook(page, 1)).bids[0] === `${best} 17`);
    await server.call("DELETE", `orders/${order.id}`, "market maker");
    await bookIsTrue(page, server);
  });

  await step("keys alone place an order", async () => {
    await page.keyboard.press("b");
    await page.keyboard.press("ArrowUp"); // a tick above the best bid
    await page.focus("#quantity");
    await page.keyboard.type("40");
    await page.keyboard.press("Enter");
    await ordersBecome(1);
    await until("its level is marked", async () => (await page.locator("#book-bids .book-row.own").count()) === 1);
    await bookIsTrue(page, server);
  });

  await step("an order is amended", async () => {
    await page.keyboard.press("Escape");
    await page.keyboard.press("a");
    await page.fill("#amend-quantity", "30");
    await page.press("#amend-quantity", "Enter");
    await textBecomes(page, "#orders-body .filled", "0 / 30");
    await textBecomes(page, "#toasts", /queue kept/);
  });

  await step("it is filled by somebody else, and said so", async () => {
    const price = (await page.textContent("#orders-body .price")) ?? "";
    await server.order("market maker", "sell", "10", price);
    await textBecomes(page, "#orders-body .filled", "10 / 30");
    await textBecomes(page, "#toasts", /Bought 10 ACME/);
    await page.click("#tab-fills");
    await textBecomes(page, "#fills-body .symbol", "ACME");
    await textBecomes(page, "#tape-rows .price", price);
    await page.click("#tab-orders");
  });

  const { authentication } = await server.call("GET", "info");
  const routes = authentication === undefined ? { data: [] } : await server.call("GET", "routes");
  const hasPreview = routes.data.some(({ method, path }) => method === "POST" && path === "/v1/orders/preview");
  const previewed = async () => {
    await page.keyboard.press("b");
    await page.fill("#quantity", "5");
    await textBecomes(page, "#preview strong", "Would be accepted");
    await page.fill("#quantity", "100000000");
    await textBecomes(page, "#preview strong", "Would be refused");
    await page.keyboard.press("Escape");
  };
  await step("the form says beforehand what would happen", previewed, hasPreview ? null : "this server has no previews");

  await step("a refusal says why, beside the field", async () => {
    await page.keyboard.press("b");
    await page.fill("#quantity", "100000000");
    await page.press("#quantity", "Enter");
    await textBecomes(page, "#ticket-message", /free cash/);
    await page.keyboard.press("Escape");
  });

  await step("a bracket is accepted as one", async () => {
    await page.keyboard.press("b");
    for (let i = 0; i < 3; i++) await page.keyboard.press("Shift+ArrowDown");
    const price = Number(await page.inputValue("#price"));
    await page.fill("#quantity", "5");
    await page.click("#more summary");
    await page.selectOption("#linked", "bracket");
    await page.fill("#take-profit", (price + 2).toFixed(2));
    await page.fill("#stop-loss", (price - 2).toFixed(2));
    await page.click("#place");
    await ordersBecome(4);
    await page.keyboard.press("Escape");
  });

  await step("one key cancels the newest, another all of them after asking", async () => {
    await page.click("#tab-orders");
    await page.keyboard.press("x");
    await until("an order fewer", async () => (await rows.count()) < 4);
    await page.keyboard.press("c");
    await page.keyboard.press("Enter");
    await ordersBecome(0);
  });

  await step("a lost and a spoilt message are noticed, said and made good", async () => {
    for (const fault of ["lose", "spoil"]) {
      const states = await record(page, "#book-state");
      page.book[fault] = 1;
      const order = await server.order("market maker", "buy", "3", "20.00");
      const next = await server.order("market maker", "buy", "4", "20.01"); // the first one after a hole
      await until("it says that it resynchronised", async () => (await states()).includes("resynchronised"));
      await bookIsTrue(page, server);
      for (const { id } of [order, next]) await server.call("DELETE", `orders/${id}`, "market maker");
      await textBecomes(page, "#book-state", "");
    }
  });

  await step("portfolio and trade have no serious fault, dark or light, large or small", async () => {
    await isAccessible(page, "trade, dark");
    await page.keyboard.press("2");
    await textBecomes(page, "#portfolio .figure-main", /USD/);
    await isAccessible(page, "portfolio, dark");
    const phone = await openPage(browser, server, { dist, width: 390, height: 844, scheme: "light", path: `/#key=${server.keys.trader}` });
    await textBecomes(phone, "#account-button", "Theo Trader");
    for (const tab of ["market", "book", "trade", "account", "portfolio"]) {
      await phone.click(`.phone-tabs [data-tab=${tab}]`);
      const wide = await phone.evaluate(() => document.documentElement.scrollWidth);
      assert.equal(wide, 390, `${tab} fits a phone`);
    }
    await phone.click(".phone-tabs [data-tab=trade]");
    await isAccessible(phone, "trade, light, phone");
    assert.deepEqual(phone.complaints, []);
    await phone.context().close();
    await page.keyboard.press("1");
  });

  await step("a chart opens from what the browser kept", async () => {
    await until("candles are kept", () => page.evaluate(countKeptCandles));
    await page.route("**/candles*", (route) => route.abort());
    await page.reload();
    await textBecomes(page, "#chart-legend", /^O\d/);
    await page.unroute("**/candles*");
    page.complaints.length = 0; // the browser reports the failed requests itself
  });

  assert.deepEqual(page.complaints, []);
  return page;
}

export async function outageTests({ step, server, page }) {
  await step("the page survives the server's death without a reload", async () => {
    await page.evaluate(() => (globalThis.neverReloaded = true));
    await textBecomes(page, "#account-button", "Theo Trader");
    const order = await server.order("trader", "buy", "7", "20.05");
    await textBecomes(page, "#orders-body .filled", "0 / 7");
    await server.kill();
    await textBecomes(page, "#connection-text", /^Offline/);
    await until("the book is dimmed", () => page.locator("#book.stale").isVisible());
    await textBecomes(page, "#chart-legend", /^O\d/);
    await server.start();
    await textBecomes(page, "#connection-text", "Live");
    await bookIsTrue(page, server);
    await textBecomes(page, "#orders-body .filled", "0 / 7");
    await page.keyboard.press("x");
    await until("the order is cancelled", async () => (await page.locator("#orders-body tr").count()) === 0);
    assert.equal((await server.call("GET", `orders/${order.id}`, "trader")).status, "canceled");
    assert.equal(await page.evaluate(() => globalThis.neverReloaded), true);
  });
}

function countKeptCandles() {
  return new Promise((resolve) => {
    const request = indexedDB.open("buttonwood");
    request.onsuccess = () => {
      const all = request.result.transaction("candles").objectStore("candles").count();
      all.onsuccess = () => resolve(all.result > 0);
      request.result.close();
    };
  });
}
