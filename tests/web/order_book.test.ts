import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "../../api/web/src/model/crc32";
import { OrderBook } from "../../api/web/src/model/order_book";
import type { BookLevel, ChannelMessage } from "../../api/web/src/wire/messages";
import { Exchange } from "./fake_exchange.mjs";

// "25.50x80 25.51x7" -> levels
function levels(text: string): BookLevel[] {
  return text
    .split(" ")
    .filter(Boolean)
    .map((part) => {
      const [price = "", qty = ""] = part.split("x");
      return { price, qty };
    });
}

function drawn(side: readonly BookLevel[]): string {
  return side.map((level) => `${level.price}x${level.qty}`).join(" ");
}

function message(
  type: "snapshot" | "update",
  seq: number,
  bids: string,
  asks: string,
  checksum: number,
  prevSeq?: number,
): ChannelMessage {
  const data = [{ bids: levels(bids), asks: levels(asks), checksum }];
  return { channel: "book", type, symbol: "ACME", seq, data, ...(prevSeq === undefined ? {} : { prev_seq: prevSeq }) };
}

// Independent of the book's own code: digits as the contract says, straight from the drawn sides.
function checksumOf(asks: string, bids: string): number {
  const plain = (text: string) => BigInt(text.replace(".", "")).toString();
  return crc32(
    [...levels(asks).slice(0, 10), ...levels(bids).slice(0, 10)]
      .map((level) => plain(level.price) + plain(level.qty))
      .join(""),
  );
}

test("CRC32 is that of IEEE 802.3, unsigned", () => {
  assert.equal(crc32(""), 0);
  assert.equal(crc32("123456789"), 0xcbf43926);
  assert.equal(crc32("The quick brown fox jumps over the lazy dog"), 0x414fa339);
});

test("the checksum reads asks upwards, then bids downwards, without point and leading zeros", () => {
  const book = new OrderBook(25);
  assert.equal(book.apply(message("snapshot", 1, "0.05x100", "0.10x7.500", crc32("10750051" + "00"))), null);
});

test("a snapshot replaces everything", () => {
  const book = new OrderBook(25);
  assert.equal(book.apply(message("snapshot", 5, "24.25x50", "25.50x80", checksumOf("25.50x80", "24.25x50"))), null);
  assert.equal(book.apply(message("snapshot", 3, "", "26.00x1", checksumOf("26.00x1", ""))), null);
  assert.equal(book.seq, 3);
  assert.equal(drawn(book.bids), "");
  assert.equal(drawn(book.asks), "26.00x1");
});

test("updates set, insert at the right place, and remove levels", () => {
  const book = new OrderBook(25);
  book.apply(
    message("snapshot", 1, "9.99x1 9.97x3", "10.00x1 10.02x3", checksumOf("10.00x1 10.02x3", "9.99x1 9.97x3")),
  );
  const asks = "10.00x4 10.01x2 10.02x3";
  const bids = "9.98x2 9.97x3";
  assert.equal(book.apply(message("update", 2, "9.99x0 9.98x2", "10.01x2 10.00x4", checksumOf(asks, bids), 1)), null);
  assert.equal(drawn(book.asks), asks);
  assert.equal(drawn(book.bids), bids);
  assert.equal(book.apply(message("update", 3, "9.00x0", "10.02x0.000", checksumOf("10.00x4 10.01x2", bids), 2)), null);
  assert.equal(drawn(book.asks), "10.00x4 10.01x2");
});

test("the book keeps no more levels than were subscribed", () => {
  const book = new OrderBook(2);
  book.apply(message("snapshot", 1, "", "10.01x1 10.02x1", checksumOf("10.01x1 10.02x1", "")));
  assert.equal(book.apply(message("update", 2, "", "10.00x1", checksumOf("10.00x1 10.01x1", ""), 1)), null);
  assert.equal(drawn(book.asks), "10.00x1 10.01x1");
});

test("a hole in seq is a fault", () => {
  const book = new OrderBook(25);
  book.apply(message("snapshot", 10, "", "10.00x1", checksumOf("10.00x1", "")));
  assert.deepEqual(book.apply(message("update", 12, "", "10.00x2", 0)), { kind: "gap", expected: 10, got: 11 });
  assert.deepEqual(book.apply(message("update", 15, "", "10.00x2", 0, 13)), { kind: "gap", expected: 10, got: 13 });
});

test("a conflated update may jump when it names the seq it follows", () => {
  const book = new OrderBook(25);
  book.apply(message("snapshot", 10, "", "10.00x1", checksumOf("10.00x1", "")));
  assert.equal(book.apply(message("update", 17, "", "10.00x2", checksumOf("10.00x2", ""), 10)), null);
  assert.equal(book.seq, 17);
});

test("a repeated update changes nothing", () => {
  const book = new OrderBook(25);
  book.apply(message("snapshot", 10, "", "10.00x1", checksumOf("10.00x1", "")));
  assert.equal(book.apply(message("update", 10, "", "10.00x9", 0, 9)), null);
  assert.equal(drawn(book.asks), "10.00x1");
});

test("a wrong checksum is a fault", () => {
  const book = new OrderBook(25);
  const right = checksumOf("10.00x1", "");
  assert.deepEqual(book.apply(message("snapshot", 1, "", "10.00x1", right + 1)), {
    kind: "checksum",
    expected: right + 1,
    got: right,
  });
});

test("a book fed by a lively exchange equals the exchange's book after every message", () => {
  const books = new Map<string, OrderBook>();
  const faults: unknown[] = [];
  let updates = 0;
  const exchange = new Exchange({
    seed: 42,
    publish: (update: ChannelMessage) => {
      if (update.channel !== "book") return;
      updates++;
      const fault = books.get(update.symbol ?? "")?.apply(update) ?? null;
      if (fault !== null) faults.push(fault);
    },
  });
  for (const [symbol, market] of exchange.markets) {
    const book = new OrderBook(0);
    books.set(symbol, book);
    assert.equal(book.apply(exchange.bookSnapshot(market, 0)), null);
  }
  for (let i = 0; i < 1500; i++) exchange.step();
  assert.deepEqual(faults, []);
  assert.ok(updates > 1500, `only ${updates} updates`);
  for (const [symbol, market] of exchange.markets) {
    assert.equal(drawn(books.get(symbol)?.asks ?? []), drawn(exchange.levels(market, "asks", 0)));
    assert.equal(drawn(books.get(symbol)?.bids ?? []), drawn(exchange.levels(market, "bids", 0)));
  }
});
