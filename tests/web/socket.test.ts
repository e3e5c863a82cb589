import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionLost, ExchangeSocket, type Subscription, type WebSocketLike } from "../../api/web/src/wire/socket";
import type { ChannelMessage } from "../../api/web/src/wire/messages";

interface Sent {
  method: string;
  params: Record<string, unknown>;
  req_id: number;
}

class FakeWebSocket implements WebSocketLike {
  onopen: (() => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  sent: Sent[] = [];
  closed = false;
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Sent);
  }
  close(): void {
    this.closed = true;
  }
  receive(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  answer(method: string, result: object = {}): void {
    const request = this.sent.find((sent) => sent.method === method);
    this.receive({ method, req_id: request?.req_id, success: true, result });
  }
  subscriptions(): string[] {
    return this.sent
      .filter((sent) => sent.method.endsWith("subscribe"))
      .map((sent) => `${sent.method} ${String(sent.params["channel"])}`);
  }
}

// Time stands still until `advance` moves it.
function setUp() {
  const sockets: FakeWebSocket[] = [];
  let timers: { id: number; at: number; action: () => void }[] = [];
  let now = 1_000_000;
  let nextTimer = 1;
  const socket = new ExchangeSocket({
    open: () => {
      const created = new FakeWebSocket();
      sockets.push(created);
      return created;
    },
    now: () => now,
    random: () => 0.5,
    setTimeout: (action, ms) => {
      timers.push({ id: nextTimer, at: now + ms, action });
      return nextTimer++;
    },
    clearTimeout: (id) => {
      timers = timers.filter((timer) => timer.id !== id);
    },
  });
  const advance = (ms: number): void => {
    const end = now + ms;
    for (;;) {
      const next = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      timers = timers.filter((timer) => timer !== next);
      now = next.at;
      next.action();
    }
    now = end;
  };
  return { socket, sockets, advance, latest: () => sockets[sockets.length - 1] as FakeWebSocket };
}

function subscription(channel: Subscription["channel"], extra: Partial<Subscription> = {}): Subscription {
  return { channel, symbol: "ACME", onMessage: () => {}, ...extra };
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test("subscriptions wished for before the connection are sent when it opens", () => {
  const { socket, latest } = setUp();
  socket.subscribe(subscription("book", { depth: 25 }));
  socket.start();
  assert.deepEqual(latest().sent, []);
  latest().onopen?.();
  assert.deepEqual(latest().subscriptions(), ["subscribe book"]);
  assert.deepEqual(latest().sent[0]?.params, { channel: "book", symbol: ["ACME"], depth: 25 });
});

test("after a lost connection it reconnects with growing pauses and subscribes again", () => {
  const { socket, sockets, advance, latest } = setUp();
  socket.subscribe(subscription("trades"));
  socket.start();
  latest().onopen?.();
  latest().onclose?.({ code: 1006, reason: "" });
  assert.equal(socket.status.state, "waiting");
  advance(249);
  assert.equal(sockets.length, 1);
  advance(1);
  assert.equal(sockets.length, 2);
  latest().onclose?.({ code: 1006, reason: "" });
  advance(499);
  assert.equal(sockets.length, 2);
  advance(1);
  assert.equal(sockets.length, 3);
  latest().onopen?.();
  assert.deepEqual(latest().subscriptions(), ["subscribe trades"]);
});

test("the pauses have a ceiling and start small again after a stable connection", () => {
  const { socket, sockets, advance, latest } = setUp();
  socket.start();
  for (let i = 0; i < 12; i++) {
    latest().onclose?.({ code: 1006, reason: "" });
    advance(10_000);
    assert.equal(sockets.length, i + 2);
  }
  latest().onopen?.();
  advance(5_000);
  latest().onclose?.({ code: 1006, reason: "" });
  advance(250);
  assert.equal(sockets.length, 14);
});

test("private channels wait for the key to be accepted; the key comes first", async () => {
  const { socket, latest } = setUp();
  socket.setToken("bw_key");
  socket.subscribe(subscription("executions", { symbol: null, private: true }));
  socket.subscribe(subscription("book"));
  socket.start();
  latest().onopen?.();
  assert.equal(latest().sent[0]?.method, "auth");
  assert.deepEqual(latest().sent[0]?.params, { token: "bw_key" });
  assert.deepEqual(latest().subscriptions(), ["subscribe book"]);
  latest().answer("auth", { user_id: "usr_1", accounts: ["acc_1"] });
  await settle();
  assert.deepEqual(latest().subscriptions(), ["subscribe book", "subscribe executions"]);
  assert.deepEqual(latest().sent.at(-1)?.params, { channel: "executions" });
});

test("a refused key is reported once and not tried again", async () => {
  const { socket, advance, latest } = setUp();
  const refusals: string[] = [];
  socket.onAuthRefused = (reason) => refusals.push(reason);
  socket.setToken("bw_wrong");
  socket.start();
  latest().onopen?.();
  latest().receive({
    method: "auth",
    req_id: latest().sent[0]?.req_id,
    success: false,
    error: { title: "no", status: 401, detail: "unknown key", code: "key_unknown" },
  });
  await settle();
  latest().onclose?.({ code: 4001, reason: "auth failed" });
  advance(250);
  latest().onopen?.();
  assert.equal(
    latest().sent.some((sent) => sent.method === "auth"),
    false,
  );
  assert.deepEqual(refusals, ["unknown key"]);
});

test("answers find their request by req_id, in any order", async () => {
  const { socket, latest } = setUp();
  socket.start();
  latest().onopen?.();
  const first = socket.request("add_order", { n: 1 });
  const second = socket.request("add_order", { n: 2 });
  const [one, two] = latest().sent.filter((sent) => sent.method === "add_order");
  latest().receive({ method: "add_order", req_id: two?.req_id, success: true, result: "two" });
  latest().receive({ method: "add_order", req_id: one?.req_id, success: true, result: "one" });
  assert.deepEqual([await first, await second], ["one", "two"]);
});

test("a request whose connection breaks fails as lost; one that was never sent fails as not executed", async () => {
  const { socket, latest } = setUp();
  socket.start();
  latest().onopen?.();
  const request = socket.request("add_order", {});
  latest().onclose?.({ code: 1006, reason: "" });
  await assert.rejects(request, ConnectionLost);
  await assert.rejects(
    socket.request("add_order", {}),
    (error: ConnectionLost) =>
      !(error instanceof ConnectionLost) &&
      (error as { problem: { execution: string } }).problem.execution === "not_executed",
  );
});

test("a silent connection is taken for dead and replaced; what it still sends is ignored", () => {
  const { socket, sockets, advance, latest } = setUp();
  const seen: ChannelMessage[] = [];
  socket.subscribe(subscription("trades", { onMessage: (message) => seen.push(message) }));
  socket.start();
  const first = latest();
  first.onopen?.();
  first.receive({ channel: "trades", type: "snapshot", symbol: "ACME", seq: 1, data: [] });
  advance(13_000);
  assert.equal(first.closed, true);
  assert.equal(sockets.length, 2);
  first.receive({ channel: "trades", type: "update", symbol: "ACME", seq: 2, data: [] });
  assert.equal(seen.length, 1);
});

test("messages go to the subscriptions of their channel and symbol only", () => {
  const { socket, latest } = setUp();
  const seen: string[] = [];
  socket.subscribe(subscription("trades", { onMessage: () => seen.push("trades ACME") }));
  socket.subscribe(subscription("trades", { symbol: "OAKS", onMessage: () => seen.push("trades OAKS") }));
  const cancel = socket.subscribe(subscription("book", { onMessage: () => seen.push("book ACME") }));
  socket.start();
  latest().onopen?.();
  latest().receive({ channel: "trades", type: "update", symbol: "ACME", seq: 1, data: [] });
  latest().receive({ channel: "book", type: "update", symbol: "ACME", seq: 1, data: [] });
  cancel();
  latest().receive({ channel: "book", type: "update", symbol: "ACME", seq: 2, data: [] });
  assert.deepEqual(seen, ["trades ACME", "book ACME"]);
  assert.deepEqual(latest().subscriptions().at(-1), "unsubscribe book");
});

test("a new key makes a new connection", () => {
  const { socket, sockets, latest } = setUp();
  socket.start();
  latest().onopen?.();
  socket.setToken("bw_other");
  assert.equal(sockets.length, 2);
  assert.equal(sockets[0]?.closed, true);
  latest().onopen?.();
  assert.equal(latest().sent[0]?.method, "auth");
});
