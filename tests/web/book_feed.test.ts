import assert from "node:assert/strict";
import { mock, test } from "node:test";
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
  const feed = new BookFeed(socket, "ACME", 25);
  return { feed, calls, deliver: (message: ChannelMessage) => deliver(message) };
}

function book(type: "snapshot" | "update", seq: number, quantity: string, checksum = crc32(`1000${quantity}`)): ChannelMessage {
  return { channel: "book", type, symbol: "ACME", seq, data: [{ bids: [], asks: [{ price: "10.00", qty: quantity }], checksum }] };
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
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { feed, calls, deliver } = setUp();
    deliver(book("snapshot", 7, "1"));
    deliver(book("update", 8, "2", 1));
    assert.equal(feed.state, "resynchronising");
    mock.timers.tick(0);
    assert.deepEqual(calls, ["subscribe", "resubscribe"]);
    deliver(book("update", 9, "3"));
    assert.equal(feed.state, "resynchronising");
    deliver(book("snapshot", 9, "3"));
    assert.equal(feed.state, "live");
    assert.equal(feed.book.seq, 9);
    assert.equal(feed.resyncCount, 1);
  } finally {
    mock.timers.reset();
  }
});

test("a second fault soon after the first waits longer before asking again", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { calls, deliver } = setUp();
    deliver(book("snapshot", 7, "1", 1));
    mock.timers.tick(0);
    deliver(book("snapshot", 7, "1", 1));
    mock.timers.tick(249);
    assert.equal(calls.filter((call) => call === "resubscribe").length, 1);
    mock.timers.tick(1);
    assert.equal(calls.filter((call) => call === "resubscribe").length, 2);
  } finally {
    mock.timers.reset();
  }
});

test("a heartbeat ahead of the copy twice in a row reveals a silent hole", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { feed, deliver } = setUp();
    deliver(book("snapshot", 7, "1"));
    feed.heartbeat([{ channel: "book", symbol: "ACME", seq: 9 }]);
    assert.equal(feed.state, "live");
    feed.heartbeat([{ channel: "book", symbol: "ACME", seq: 9 }]);
    assert.equal(feed.state, "resynchronising");
  } finally {
    mock.timers.reset();
  }
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
