import assert from "node:assert/strict";
import { test } from "node:test";
import { EventSearch, parseQuery } from "../../api/web/src/model/event_search";
import type { LogEvent } from "../../api/web/src/wire/operator_messages";

// A log of `length` events, served as the API does: forwards, in pages of 500.
function fakeLog(length: number, reasonOf: (seq: number) => string = () => "") {
  const asked: number[] = [];
  const event = (seq: number) => ({ event_seq: seq, payload: { reason: reasonOf(seq) } }) as unknown as LogEvent;
  const rest = {
    authorization: {},
    address: (path: string, query: Record<string, string>) => new URL(`http://x/${path}?${new URLSearchParams(query)}`),
    get: (href: string) => {
      const after = Number(new URL(href).searchParams.get("after_seq"));
      asked.push(after);
      const last = Math.min(length, after + 500);
      const data = Array.from({ length: last - after }, (_, index) => event(after + 1 + index));
      return Promise.resolve({ data, has_more: last < length, next_cursor: String(last), event_seq: length });
    },
  };
  return { rest: rest as never, asked };
}

const seqs = (events: LogEvent[]) => events.map((event) => event.event_seq);

test("words are told apart: orders, accounts, types, numbers, anything else", () => {
  const query = parseQuery("ord_12 acc_3 TradeExecuted trade/9 insufficient_funds 5512");
  assert.deepEqual(query, {
    types: ["TradeExecuted"],
    streams: ["order/12", "trade/9"],
    accounts: ["acc_3"],
    words: ["insufficient_funds"],
    at: 5512,
  });
});

test("every event comes once, newest first, down to the first", async () => {
  const search = new EventSearch(fakeLog(2300).rest, parseQuery(""), 2300);
  const all: number[] = [];
  while (!search.isExhausted) all.push(...seqs(await search.older()));
  assert.deepEqual(
    all,
    Array.from({ length: 2300 }, (_, index) => 2300 - index),
  );
});

test("what is rare is found in ever larger windows", async () => {
  const { rest, asked } = fakeLog(9000, (seq) => (seq === 7 ? "no_liquidity" : "other"));
  assert.deepEqual(seqs(await new EventSearch(rest, parseQuery("No_Liquidity"), 9000).older()), [7]);
  assert.equal(asked[0], 8600);
});

test("a number begins with that event, and one that is not there yet finds nothing", async () => {
  const found = await new EventSearch(fakeLog(100).rest, parseQuery("98"), 100).older();
  assert.deepEqual(seqs(found), [100, 99, 98]);
  assert.deepEqual(await new EventSearch(fakeLog(100).rest, parseQuery("101"), 100).older(), []);
});
