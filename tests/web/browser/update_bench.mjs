// What a book update costs the page, and whether it keeps its frames while many come:
//
//   node update_bench.mjs --dist DIR [--rate 10000] [--seconds 10]
//
// No server and no network: a WebSocket inside the page hands over prepared messages, so that only the page is measured: parsing, the
// book, its checksum, and one rendering a frame. Started in the directory that holds node_modules. Prints one line of JSON.

import { existsSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { parseArgs } from "node:util";
import { launch } from "./pages.mjs";

const { values: options } = parseArgs({
  options: { dist: { type: "string" }, rate: { type: "string", default: "10000" }, seconds: { type: "string", default: "10" } },
});
const kTypes = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2" };
const kSecurity = {
  ...{ id: "sec_1", symbol: "ACME", name: "Acme", currency: "USD", price_scale: 2, quantity_scale: 0, tick_size: "0.01", lot_size: "1" },
  ...{ trading_state: "open", auction: null, until: null },
};
const kAnswers = {
  "/v1/securities": { data: [kSecurity], event_seq: 1 },
  "/v1/info": { name: "bench", version: "0", build: "", event_seq: 1 },
  "/v1/markets/ACME/candles": { data: [], event_seq: 1 },
};

// Runs inside the page, before its own scripts: a server that is a class, and the clocks.
function install() {
  const table = Array.from({ length: 256 }, (_, n) => {
    for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    return n >>> 0;
  });
  const crc32 = (text) => {
    let crc = 0xffffffff;
    for (let i = 0; i < text.length; i++) crc = table[(crc ^ text.charCodeAt(i)) & 255] ^ (crc >>> 8);
    return (crc ^ 0xffffffff) >>> 0;
  };
  const plain = ({ price, qty }) => price.replace(".", "").replace(/^0+/, "") + qty;
  const bids = Array.from({ length: 100 }, (_, i) => ({ price: (25.5 - i / 100).toFixed(2), qty: String(100 + i) }));
  const asks = Array.from({ length: 100 }, (_, i) => ({ price: (25.51 + i / 100).toFixed(2), qty: String(100 + i) }));
  const checksum = () => crc32([...asks.slice(0, 10), ...bids.slice(0, 10)].map(plain).join(""));
  const message = (type, seq, data) => JSON.stringify({
    ...{ channel: "book", type, symbol: "ACME", seq, prev_seq: seq - 1, event_seq: seq, time: "2026-11-20T17:25:49.348123Z" },
    data: [{ ...data, checksum: checksum() }],
  });
  let random = 7;
  const next = (below) => (random = (random * 1103515245 + 12345) % 2147483648) % below;
  const update = (seq) => {
    const side = next(2) === 0 ? "bids" : "asks";
    const level = (side === "bids" ? bids : asks)[next(25)];
    level.qty = String(1 + next(900));
    return message("update", seq, { bids: side === "bids" ? [level] : [], asks: side === "asks" ? [level] : [] });
  };

  globalThis.WebSocket = class {
    constructor() {
      globalThis.benchSocket = this;
      setTimeout(() => this.onopen?.(), 0);
    }
    send(text) {
      const { method, params, req_id: id } = JSON.parse(text);
      setTimeout(() => {
        this.onmessage?.({ data: JSON.stringify({ method, req_id: id, success: true, result: {} }) });
        if (method === "subscribe" && params.channel === "book") this.onmessage?.({ data: message("snapshot", 1, { bids, asks }) });
      }, 0);
    }
    close() {}
  };

  let messages = [];
  globalThis.prepare = (count) => void (messages = Array.from({ length: count }, (_, index) => update(index + 2)));
  globalThis.bench = async (rate) => {
    const frames = [];
    const costs = [];
    let sent = 0;
    let worst = 0;
    const begun = performance.now();
    let last = begun;
    const frame = (now) => {
      frames.push(now - last);
      last = now;
      if (sent < messages.length) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    await new Promise((done) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        const due = Math.min(messages.length, Math.floor(((performance.now() - begun) / 1000) * rate));
        worst = Math.max(worst, due - sent);
        const start = performance.now();
        const before = sent;
        while (sent < due) globalThis.benchSocket.onmessage({ data: messages[sent++] });
        if (sent > before) costs.push((1000 * (performance.now() - start)) / (sent - before));
        if (sent === messages.length) return done();
        setTimeout(() => channel.port2.postMessage(0), 1);
      };
      channel.port2.postMessage(0);
    });
    const took = (performance.now() - begun) / 1000;
    const percentile = (values, share) => {
      const sorted = [...values].sort((a, b) => a - b);
      return Number(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(1));
    };
    const at = (share) => percentile(frames.slice(1), share);
    const state = document.getElementById("book-state").textContent;
    return {
      ...{ messages: sent, seconds: Number(took.toFixed(2)), us_per_message_p50: percentile(costs, 0.5), state },
      ...{ frames: frames.length - 1, frame_ms_p50: at(0.5), frame_ms_p99: at(0.99), frame_ms_max: at(1), most_waiting: worst },
      frames_over_25_ms: frames.slice(1).filter((ms) => ms > 25).length,
    };
  };
}

const browser = await launch();
const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
page.on("pageerror", (error) => console.error(String(error)));
await page.addInitScript(install);
await page.route("**/*", (route) => {
  const { pathname } = new URL(route.request().url());
  const answer = kAnswers[pathname];
  if (answer !== undefined) return route.fulfill({ json: answer });
  const file = join(options.dist, pathname === "/" ? "index.html" : pathname);
  if (!existsSync(file)) return route.fulfill({ status: 404 });
  return route.fulfill({ body: readFileSync(file), contentType: kTypes[extname(file)] ?? "application/octet-stream" });
});
await page.goto("http://127.0.0.1:1/");
await page.waitForSelector("#book-bids .book-row:not(.blank)");
const paint = await page.evaluate(() => ({
  first_paint_ms: Math.round(performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? -1),
  book_shown_ms: Math.round(performance.now()),
}));
const rate = Number(options.rate);
const client = await page.context().newCDPSession(page);
await client.send("Performance.enable", { timeDomain: "threadTicks" });
// Processor time of the page's main thread, rendering included: other load on the machine does not count.
const mainThread = async () => (await client.send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration").value;
await page.evaluate((count) => globalThis.prepare(count), rate * Number(options.seconds));
const before = await mainThread();
const figures = await page.evaluate((each) => globalThis.bench(each), rate);
const cpu = Number(((1e6 * ((await mainThread()) - before)) / figures.messages).toFixed(1));
if (figures.state !== "") throw new Error(`the book was lost on the way: ${figures.state}`);
console.log(JSON.stringify({ ...paint, rate, cpu_us_per_message: cpu, ...figures }));
await browser.close();
