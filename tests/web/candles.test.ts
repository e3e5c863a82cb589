import assert from "node:assert/strict";
import { test } from "node:test";
import { CandleSeries, kIntervals, type Interval } from "../../api/web/src/model/candle_series";
import type { Candle } from "../../api/web/src/wire/messages";

const minute = kIntervals[0] as Interval;

function candle(time: string, o: string, h: string, l: string, c: string, v: string, complete = true): Candle {
  return { t: `2026-11-20T${time}:00.000000Z`, o, h, l, c, v, complete };
}

function drawn(series: CandleSeries): string[] {
  return series.candles.map(
    (c) => `${new Date(c.time * 1000).toISOString().slice(11, 16)} ${c.open} ${c.high} ${c.low} ${c.close} ${c.volume}`,
  );
}

test("a trade changes the candle of its time or begins the next", () => {
  const series = new CandleSeries(minute);
  series.merge([candle("10:00", "5", "5", "5", "5", "10", false)]);
  series.addTrade({ price: "7", quantity: "2", time: "2026-11-20T10:00:30.000001Z" });
  series.addTrade({ price: "6", quantity: "1", time: "2026-11-20T10:02:00.000000Z" });
  assert.equal(series.addTrade({ price: "9", quantity: "1", time: "2026-11-20T10:01:00.000000Z" }), null);
  assert.deepEqual(drawn(series), ["10:00 5 7 5 7 12", "10:02 6 6 6 6 1"]);
});

test("the server's candles replace what was drawn, but a lagging last candle does not undo trades", () => {
  const series = new CandleSeries(minute);
  series.addTrade({ price: "5", quantity: "1", time: "2026-11-20T10:00:30.000000Z" });
  series.addTrade({ price: "6", quantity: "9", time: "2026-11-20T10:01:30.000000Z" });
  series.merge([candle("10:00", "4", "5", "4", "5", "3"), candle("10:01", "6", "6", "6", "6", "2", false)]);
  assert.deepEqual(drawn(series), ["10:00 4 5 4 5 3", "10:01 6 6 6 6 9"]);
});

test("kept candles are shown at once, and those before the server's stay where both agree", () => {
  const visited = new CandleSeries(minute);
  visited.merge([candle("10:00", "5", "6", "5", "6", "3"), candle("10:01", "6", "6", "6", "6", "9")], true);
  const series = new CandleSeries(minute);
  series.seed(visited.candles);
  assert.deepEqual(drawn(series), ["10:00 5 6 5 6 3", "10:01 6 6 6 6 9"]);
  series.merge([candle("10:01", "6", "6", "6", "6", "9"), candle("10:02", "6", "8", "6", "8", "1", false)]);
  assert.deepEqual(drawn(series), ["10:00 5 6 5 6 3", "10:01 6 6 6 6 9", "10:02 6 8 6 8 1"]);
});

test("kept candles of another log go as soon as the server contradicts them or has all there is", () => {
  const other = [{ time: Date.parse("2026-11-20T09:00:00Z") / 1000, open: 1, high: 1, low: 1, close: 1, volume: 1 }];
  const contradicted = new CandleSeries(minute);
  contradicted.seed(other);
  contradicted.merge([candle("10:01", "6", "6", "6", "6", "9")]);
  assert.deepEqual(drawn(contradicted), ["10:01 6 6 6 6 9"]);
  const empty = new CandleSeries(minute);
  empty.seed(other);
  empty.addTrade({ price: "7", quantity: "2", time: "2026-11-20T10:02:30.000000Z" });
  empty.merge([], true);
  assert.deepEqual(drawn(empty), ["10:02 7 7 7 7 2"]);
});

test("what was kept never replaces what is there already", () => {
  const series = new CandleSeries(minute);
  series.merge([candle("10:00", "5", "5", "5", "5", "10")], true);
  series.seed([{ time: 0, open: 1, high: 1, low: 1, close: 1, volume: 1 }]);
  assert.deepEqual(drawn(series), ["10:00 5 5 5 5 10"]);
});
