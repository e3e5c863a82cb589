// The doors of the toy exchange (fake_exchange.mjs): the page's REST routes and /v1/ws, with node alone.
//
//   node fake_server.mjs [--port 8080] [--dist ../../api/web/dist] [--step-ms 120]
//
// Key: "bw_demo". Faults on demand: POST /fake/corrupt (the next book update of every security carries a wrong checksum),
// /fake/skip (one book update is lost), /fake/drop (all connections are cut), /fake/halt?symbol=ACME&state=halted.

import { createHash } from "node:crypto";
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Exchange } from "./fake_exchange.mjs";
import { kSecurities, problem, timestamp } from "./fake_support.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "8080" },
    dist: { type: "string", default: join(here, "../../api/web/dist") },
    "step-ms": { type: "string", default: "120" },
  },
});

const kKey = "bw_demo";
const kSeconds = { "1m": 60, "5m": 300, "15m": 900, "1h": 3600, "4h": 14_400, "1d": 86_400 };
const kTypes = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};
const kPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const connections = new Set();
const faults = { corrupt: new Set(), skip: new Set() };
const exchange = new Exchange({
  publish: (message) => {
    const { symbol } = message;
    if (message.channel === "book" && faults.skip.delete(symbol)) return;
    const corrupt = message.channel === "book" && faults.corrupt.delete(symbol);
    const sent = corrupt ? { ...message, data: [{ ...message.data[0], checksum: 1 }] } : message;
    for (const connection of connections) if (connection.subscriptions.has(`${message.channel}/${symbol}`)) connection.send(sent);
  },
  publishPrivate: (_account, message) => {
    for (const connection of connections) if (connection.subscriptions.has("executions/")) connection.send(message);
  },
});

// One WebSocket connection: framing of RFC 6455 as far as browsers use it, and the methods of the contract.
class Connection {
  constructor(socket) {
    this.socket = socket;
    this.subscriptions = new Map();
    this.authenticated = false;
    this.sent = 0;
    this.buffer = Buffer.alloc(0);
    socket.on("data", (chunk) => this.receive(chunk));
    socket.on("close", () => connections.delete(this));
    socket.on("error", () => socket.destroy());
    connections.add(this);
  }

  send(message) {
    const body = Buffer.from(JSON.stringify(message));
    const head =
      body.length < 126
        ? Buffer.from([0x81, body.length])
        : body.length < 65536
          ? Buffer.from([0x81, 126, body.length >> 8, body.length & 255])
          : Buffer.alloc(10);
    if (head.length === 10) head.writeUInt16BE(0x817f), head.writeBigUInt64BE(BigInt(body.length), 2);
    this.socket.write(Buffer.concat([head, body]));
    this.sent++;
  }

  receive(chunk) {
    this.buffer = Buffer.concat([this.buffer, chunk]);
    while (this.buffer.length >= 6) {
      let length = this.buffer[1] & 127;
      let at = 2;
      if (length === 126) (length = this.buffer.readUInt16BE(2)), (at = 4);
      else if (length === 127) (length = Number(this.buffer.readBigUInt64BE(2))), (at = 10);
      if (this.buffer.length < at + 4 + length) return;
      const opcode = this.buffer[0] & 15;
      const mask = this.buffer.subarray(at, at + 4);
      const payload = Buffer.from(this.buffer.subarray(at + 4, at + 4 + length)).map((byte, i) => byte ^ mask[i & 3]);
      this.buffer = this.buffer.subarray(at + 4 + length);
      if (opcode === 8) return void this.socket.end();
      if (opcode === 1) this.handle(JSON.parse(payload.toString()));
    }
  }

  handle({ method, params = {}, req_id }) {
    const answer = (result) => this.send({ method, req_id, success: true, result, time_in: timestamp(), time_out: timestamp() });
    const refuse = ({ problem: error }) => this.send({ method, req_id, success: false, error });
    const conclude = (outcome) => (outcome.problem ? refuse(outcome) : answer(outcome.order));
    if (method === "ping") return answer({});
    if (method === "auth") {
      this.authenticated = params.token === kKey;
      return this.authenticated
        ? answer({ user_id: "usr_2", accounts: ["acc_2"] })
        : refuse(problem(401, "key_unknown", "This key is not known."));
    }
    if (method === "subscribe") return this.subscribe(params, answer);
    if (method === "unsubscribe") return this.unsubscribe(params, answer);
    if (!this.authenticated) return refuse(problem(401, "not_authenticated", "Authenticate first."));
    if (method === "add_order") return conclude(exchange.place(params));
    if (method === "cancel_order") return conclude(exchange.cancel(params.order_id));
    if (method === "cancel_all") {
      const open = exchange.openOrders().map((order) => order.id);
      for (const id of open) exchange.cancel(id);
      return answer({ canceled_count: open.length, event_seq: exchange.eventSeq });
    }
    return refuse(problem(400, "unknown_method", `There is no method ${method}.`));
  }

  subscribe({ channel, symbol: symbols = [""], depth = 0 }, answer) {
    for (const symbol of symbols) {
      answer({ channel, symbol, depth });
      const market = exchange.markets.get(symbol);
      this.subscriptions.set(`${channel}/${symbol}`, market);
      if (channel === "book") this.send(exchange.bookSnapshot(market, depth));
      if (channel === "trades") this.send(this.snapshot(market, "trades", [...market.trades]));
      if (channel === "ticker") this.send(this.snapshot(market, "ticker", [exchange.ticker(market)]));
      if (channel === "status") this.send(this.snapshot(market, "status", [stateOf(symbol)]));
      if (channel === "auction")
        this.send(this.snapshot(market, "auction", [{ ...stateOf(symbol), indication: null, last_auction: null }]));
      if (channel === "executions") this.send(exchange.executionSnapshot());
    }
  }

  snapshot(market, channel, data) {
    return {
      channel,
      type: "snapshot",
      symbol: market.security.symbol,
      seq: market.seqs[channel],
      event_seq: exchange.eventSeq,
      time: timestamp(),
      data,
    };
  }

  unsubscribe({ channel, symbol: symbols = [""] }, answer) {
    for (const symbol of symbols) {
      this.subscriptions.delete(`${channel}/${symbol}`);
      answer({ channel, symbol });
    }
  }

  heartbeat() {
    if (!this.subscriptions.has("heartbeat/")) return;
    const data = [...this.subscriptions]
      .filter(([, market]) => market)
      .map(([key, market]) => {
        const [channel, symbol] = key.split("/");
        return { channel, symbol, seq: market.seqs[channel] };
      });
    this.send({
      channel: "heartbeat",
      type: "update",
      time: timestamp(),
      connection_seq: this.sent,
      event_seq: exchange.eventSeq,
      data,
    });
  }
}

const stateOf = (symbol) => ({ trading_state: "open", auction: null, until: null, ...states.get(symbol) });

const securities = () =>
  kSecurities.map(({ start: _1, spread: _2, size: _3, ...security }, index) => ({
    id: `sec_${index + 1}`,
    shares_outstanding: "1000000",
    event_seq: exchange.eventSeq,
    ...security,
    ...stateOf(security.symbol),
  }));
const states = new Map();

function route(method, url, token) {
  const path = url.pathname;
  const market = exchange.markets.get(path.split("/")[3]);
  const page = (data) => ({ data, has_more: false, next_cursor: null, event_seq: exchange.eventSeq });
  if (method === "POST" && path.startsWith("/fake/")) return fault(path.slice(6), url.searchParams);
  if (path === "/v1/info")
    return {
      name: "Buttonwood",
      version: "0.1.0 (fake)",
      api_version: "v1",
      build: "fake",
      features: [],
      event_seq: exchange.eventSeq,
    };
  if (path === "/v1/securities") return { data: securities(), event_seq: exchange.eventSeq };
  if (path.endsWith("/candles") && market)
    return {
      symbol: market.security.symbol,
      interval: url.searchParams.get("interval"),
      data: exchange.candles(market, kSeconds[url.searchParams.get("interval")] ?? 60, Number(url.searchParams.get("limit") ?? 100)),
      event_seq: exchange.eventSeq,
    };
  if (!["/v1/account", "/v1/fills", "/v1/portfolio"].includes(path) && !path.startsWith("/v1/orders/by-client-id/")) return null;
  if (token !== `Bearer ${kKey}`) return problem(401, "key_unknown", "This key is not known.");
  if (path === "/v1/account")
    return {
      user_id: "usr_2",
      name: "Thea Trader",
      status: "active",
      roles: ["trader"],
      accounts: ["acc_2"],
      event_seq: exchange.eventSeq,
    };
  if (path === "/v1/fills") return page(exchange.fills.slice(0, 100));
  if (path === "/v1/portfolio") return exchange.portfolio();
  const found = [...exchange.orders.values()].find((order) => order.client_order_id === path.split("/").at(-1));
  return found === undefined ? problem(404, "order_not_found", "There is no such order.") : { ...found, inBook: undefined };
}

function fault(name, query) {
  if (name === "drop") for (const connection of connections) connection.socket.destroy();
  else if (name === "halt") states.set(query.get("symbol"), { trading_state: query.get("state") });
  else for (const symbol of exchange.markets.keys()) faults[name]?.add(symbol);
  return { done: name };
}

function serveFile(path, response) {
  const file = join(options.dist, normalize(path === "/" ? "/index.html" : path));
  if (!file.startsWith(normalize(options.dist)) || !existsSync(file) || !statSync(file).isFile())
    return void response.writeHead(404).end();
  response.writeHead(200, {
    "Content-Type": kTypes[extname(file)] ?? "application/octet-stream",
    "Content-Security-Policy": kPolicy,
  });
  createReadStream(file).pipe(response);
}

const server = createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  if (!url.pathname.startsWith("/v1/") && !url.pathname.startsWith("/fake/")) return serveFile(url.pathname, response);
  const body = route(request.method, url, request.headers.authorization) ?? problem(404, "not_found", "There is nothing here.");
  response
    .writeHead(body.problem?.status ?? 200, { "Content-Type": "application/json" })
    .end(JSON.stringify(body.problem ?? body));
});
server.on("upgrade", (request, socket) => {
  const accept = createHash("sha1")
    .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.setNoDelay(true);
  new Connection(socket);
});
server.listen(Number(options.port), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}/#key=${kKey}`);
});
setInterval(() => exchange.step(), Number(options["step-ms"]));
setInterval(() => {
  for (const connection of connections) connection.heartbeat();
}, 1000);
