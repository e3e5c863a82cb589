// Pages of the real browser, each with what its console said, and the questions that all tests ask of them.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { kPatienceMs, until } from "./server.mjs";

const require = createRequire(join(process.cwd(), "package.json"));
const { chromium } = require("playwright-core");
const kAxe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const kTypes = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2" };

// null where no Chromium is installed.
export function findChromium() {
  const places = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  return places.find((place) => place && existsSync(place)) ?? null;
}

export async function launch() {
  // A page that is served by the test itself (`dist`) would count as one from the internet, which may not talk to this host.
  const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-features=LocalNetworkAccessChecks"];
  return chromium.launch({ executablePath: findChromium(), args });
}

// `dist`: serve the page's files from there instead of those inside the binary, for those who work on the page.
export async function openPage(browser, server, { dist = null, width = 1440, height = 900, scheme = "dark", path = "/" } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, bypassCSP: true });
  context.setDefaultTimeout(kPatienceMs);
  if (dist !== null) await context.route((url) => !url.pathname.startsWith("/v1/"), (route) => serveFile(route, dist));
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.complaints = complaints;
  page.book = await interceptBook(page);
  await page.goto(server.base + path);
  return page;
}

function serveFile(route, dist) {
  const { pathname } = new URL(route.request().url());
  const file = join(dist, pathname === "/" ? "index.html" : pathname);
  if (!existsSync(file)) return route.fulfill({ status: 404 });
  return route.fulfill({ body: readFileSync(file), contentType: kTypes[extname(file)] ?? "application/octet-stream" });
}

// Stands between page and server: `page.book.lose` book updates are swallowed, `page.book.spoil` get a wrong checksum.
async function interceptBook(page) {
  const faults = { lose: 0, spoil: 0 };
  await page.routeWebSocket(/\/v1\/ws$/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      const isUpdate = typeof message === "string" && message.startsWith('{"channel":"book","type":"update"');
      if (isUpdate && faults.lose > 0) return void faults.lose--;
      if (!isUpdate || faults.spoil === 0) return socket.send(message);
      faults.spoil--;
      socket.send(message.replace(/"checksum":\d+/, '"checksum":1'));
    });
  });
  return faults;
}

// The best `count` levels of each side as the page shows them: "price size", best first.
export async function shownBook(page, count = 5) {
  const side = (id) =>
    page.locator(`#${id} .book-row:not(.blank)`).evaluateAll(
      (rows, most) => rows.slice(0, most).map((row) => `${row.children[0].textContent} ${row.children[1].textContent}`),
      count,
    );
  return { asks: await side("book-asks"), bids: await side("book-bids") };
}

// The page's book is the server's own. Both are read until they agree, because either may be a moment ahead.
export async function bookIsTrue(page, server, count = 5) {
  let shown;
  let real;
  const isSame = async () => {
    const book = await server.call("GET", `markets/ACME/book?depth=${count}`);
    const plain = (levels) => levels.map(([price, quantity]) => `${price} ${Number(quantity).toLocaleString("en-US")}`);
    real = { asks: plain(book.asks), bids: plain(book.bids) };
    shown = await shownBook(page, count);
    return JSON.stringify(shown) === JSON.stringify(real);
  };
  await until("the page's book is the server's", isSame).catch((error) => {
    assert.deepEqual(shown, real, error.message);
  });
}

export async function textBecomes(page, selector, expected, withinMs = kPatienceMs) {
  let last = "";
  const fits = async () => {
    last = (await page.locator(selector).first().textContent()) ?? "";
    return typeof expected === "string" ? last === expected : expected.test(last);
  };
  await until(`${selector} reads ${expected}`, fits, withinMs).catch((error) => {
    throw new Error(`${error.message}; it reads "${last}"`);
  });
}

// Writes down every text that an element shows from now on; returns what asks for them.
export async function record(page, selector) {
  await page.evaluate((wanted) => {
    globalThis.texts = [];
    const element = document.querySelector(wanted);
    const note = () => globalThis.texts.push(element.textContent);
    new MutationObserver(note).observe(element, { childList: true, characterData: true, subtree: true });
  }, selector);
  return () => page.evaluate(() => globalThis.texts);
}

export async function useKey(page, key) {
  await page.click("#account-button");
  await page.fill("#key-input", key);
  await page.press("#key-input", "Enter");
}

// No fault that axe-core calls serious or critical.
export async function isAccessible(page, where) {
  await page.addStyleTag({ content: "*, *::before, *::after { animation: none !important; transition: none !important; }" });
  await page.evaluate(kAxe);
  const alike = ["tbody tr", ".tape-row", ".book-row"].map((row) => `${row}:nth-child(n + 5)`); // a few of each say it for all
  const { violations } = await page.evaluate((exclude) => globalThis.axe.run({ exclude }, { resultTypes: ["violations"] }), alike);
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join("; ")}`);
  assert.deepEqual(told, [], where);
}
