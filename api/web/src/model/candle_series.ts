// Candles for the chart: history over REST, the present from the trades as they happen. Floating point is allowed here, and
// only here and for bar widths: these numbers are drawn, never shown as exact or sent back.

import type { Candle, Trade } from "../wire/messages";

export interface ChartCandle {
  time: number; // start, seconds since the epoch
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

export interface Interval {
  label: string;
  seconds: number;
  source: "1m" | "1d"; // what the server keeps; other intervals are merged from minutes
}

export const kIntervals: readonly Interval[] = [
  { label: "1m", seconds: 60, source: "1m" },
  { label: "5m", seconds: 300, source: "1m" },
  { label: "15m", seconds: 900, source: "1m" },
  { label: "1h", seconds: 3600, source: "1m" },
  { label: "1d", seconds: 86400, source: "1d" },
];

export class CandleSeries {
  candles: ChartCandle[] = []; // oldest first

  constructor(readonly interval: Interval) {}

  // Takes the server's candles, oldest first, for the span that they cover; what was drawn from trades after them stays.
  merge(source: readonly Candle[]): void {
    const fresh = regroup(source, this.interval.seconds);
    const first = fresh[0];
    const last = fresh[fresh.length - 1];
    if (first === undefined || last === undefined) return;
    const drawn = this.candles.find((candle) => candle.time === last.time);
    // The server's forming candle comes from a read model and may lag behind the trades that are drawn already.
    if (drawn !== undefined && drawn.volume > last.volume) fresh[fresh.length - 1] = drawn;
    const before = this.candles.filter((candle) => candle.time < first.time);
    const after = this.candles.filter((candle) => candle.time > last.time);
    this.candles = [...before, ...fresh, ...after];
  }

  // Returns the candle that the trade made or changed, or null for a trade older than the newest candle.
  addTrade(trade: Pick<Trade, "price" | "quantity" | "time">): ChartCandle | null {
    const time = startOf(Date.parse(trade.time) / 1000, this.interval.seconds);
    const price = Number(trade.price);
    const quantity = Number(trade.quantity);
    const last = this.candles[this.candles.length - 1];
    if (last === undefined || time > last.time) {
      const candle = { time, open: price, high: price, low: price, close: price, volume: quantity };
      this.candles.push(candle);
      return candle;
    }
    if (time < last.time) return null;
    last.high = Math.max(last.high, price);
    last.low = Math.min(last.low, price);
    last.close = price;
    last.volume += quantity;
    return last;
  }
}

function regroup(source: readonly Candle[], seconds: number): ChartCandle[] {
  const groups: ChartCandle[] = [];
  for (const candle of source) {
    const time = startOf(Date.parse(candle.t) / 1000, seconds);
    const part = {
      time,
      open: Number(candle.o),
      high: Number(candle.h),
      low: Number(candle.l),
      close: Number(candle.c),
      volume: Number(candle.v),
    };
    const group = groups[groups.length - 1];
    if (group === undefined || group.time !== time) {
      groups.push(part);
      continue;
    }
    group.high = Math.max(group.high, part.high);
    group.low = Math.min(group.low, part.low);
    group.close = part.close;
    group.volume += part.volume;
  }
  return groups;
}

function startOf(seconds: number, interval: number): number {
  return Math.floor(seconds / interval) * interval;
}
