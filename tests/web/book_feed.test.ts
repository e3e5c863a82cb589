import assert from "node:assert/strict";
import { test } from "node:test";
import { BookFeed } from "../../api/web/src/model/book_feed";
import { crc32 } from "../../api/web/src/model/crc32";
import type { ChannelMessage } from "../../api/web/src/wire/messages";
import type { Subscription } from "../../api/web/src/wire/socket";

function setUp() {
  const calls: string[] = [];
  let deliver: (message: ChannelMessage) => void = () => {};
  const socket = {
    subscribe: (subscription: Subscription) => {
      deliver = subscription.onMessage;
      calls.push("subscribe");
      return () => void calls.push("unsubscribe");
    },
    resubscribe: () => void calls.push("resubscribe"),
  };
  let timer: { action: () => void; ms: number } | null = null;
  const clock = {
    now: () => 0,
    setTimeout: (action: () => void, ms: number) => ((timer = { action, ms }), 1),
    clearTimeout: () => void (timer = null),
  };
  // Lets the waiting timer fire and says how long it had been asked to wait.
  const fire = (): number | null => {
    const due = timer;
    timer = null;
    due?.action();
    return due?.ms ?? null;
  };
  const feed = new BookFeed(socket, "ACME", 25, clock);
  return { feed, calls, fire, deliver: (message: ChannelMessage) => deliver(message) };
}

function book(
  type: "snapshot" | "update",
  seq: number,
  quantity: string,
  checksum = crc32(`1000${quantity}`),
): ChannelMessage {
  return {
    channel: "book",
    type,
    symbol: "ACME",
    seq,
    data: [{ bids: [], asks: [{ price: "10.00", qty: quantity }], checksum }],
  };
}

test("the feed is live after a good snapshot and stays so through good updates", () => {
  const { feed, deliver } = setUp();
  assert.equal(feed.state, "waiting");
  deliver(book("snapshot", 7, "1"));
  deliver(book("update", 8, "2"));
  assert.equal(feed.state, "live");
  assert.equal(feed.book.asks[0]?.qty, "2");
});

test("a wrong checksum says resynchronising, asks for a snapshot, and ignores updates until it comes", () => {
  const { feed, calls, fire, deliver } = setUp();
  deliver(book("snapshot", 7, "1"));
  deliver(book("update", 8, "2", 1));
  assert.equal(feed.state, "resynchronising");
  assert.equal(fire(), 0);
  assert.deepEqual(calls, ["subscribe", "resubscribe"]);
  deliver(book("update", 9, "3"));
  assert.equal(feed.state, "resynchronising");
  deliver(book("snapshot", 9, "3"));
  assert.equal(feed.state, "live");
  assert.equal(feed.book.seq, 9);
  assert.equal(feed.resyncCount, 1);
});

test("faults that follow each other wait longer and longer before asking again, until the stream has proven itself", () => {
  const { fire, deliver } = setUp();
  const waits = [];
  for (let i = 0; i < 8; i++) {
    deliver(book("snapshot", 7, "1", 1));
    waits.push(fire());
  }
  assert.deepEqual(waits, [0, 250, 500, 1000, 2000, 4000, 8000, 8000]);
  deliver(book("snapshot", 7, "1"));
  for (let seq = 8; seq < 110; seq++) deliver(book("update", seq, "2"));
  deliver(book("update", 110, "2", 1));
  assert.equal(fire(), 0);
});

test("a heartbeat ahead of the copy twice in a row reveals a silent hole", () => {
  const { feed, deliver } = setUp();
  deliver(book("snapshot", 7, "1"));
  feed.heartbeat([{ channel: "book", symbol: "ACME", seq: 9 }]);
  assert.equal(feed.state, "live");
  feed.heartbeat([{ channel: "book", symbol: "ACME", seq: 9 }]);
  assert.equal(feed.state, "resynchronising");
});

test("a lost connection ends the wait for another snapshot: the next connection brings one", () => {
  const { feed, calls, fire, deliver } = setUp();
  deliver(book("snapshot", 7, "1", 1));
  feed.disconnected();
  assert.equal(fire(), null);
  assert.deepEqual(calls, ["subscribe"]);
});

test("after a lost connection the copy is not called live", () => {
  const { feed, deliver } = setUp();
  deliver(book("snapshot", 7, "1"));
  feed.disconnected();
  assert.equal(feed.state, "waiting");
  deliver(book("update", 8, "2"));
  assert.equal(feed.state, "waiting");
  deliver(book("snapshot", 3, "5"));
  assert.equal(feed.state, "live");
});
