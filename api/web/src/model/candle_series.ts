// Candles for the chart: what this browser kept, then history over REST, then the present from the trades as they happen.
// Floating point is allowed here, and only here and for drawing: these numbers are never shown as exact or sent back.

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
  label: string; // as the API names it
  seconds: number;
}

export const kIntervals: readonly Interval[] = [
  { label: "1m", seconds: 60 },
  { label: "5m", seconds: 300 },
  { label: "15m", seconds: 900 },
  { label: "1h", seconds: 3600 },
  { label: "4h", seconds: 14_400 },
  { label: "1d", seconds: 86_400 },
];

export class CandleSeries {
  candles: ChartCandle[] = []; // oldest first
  private kept: ChartCandle[] = []; // what came from this browser and no server has confirmed yet

  constructor(readonly interval: Interval) {}

  // Shows what was kept from an earlier visit, unless the server was faster.
  seed(kept: readonly ChartCandle[]): void {
    if (this.candles.length > 0) return;
    this.kept = [...kept];
    this.candles = kept.map((candle) => ({ ...candle }));
  }

  // Takes the server's candles, oldest first, for the span that they cover; what was drawn from trades after them stays.
  // `isWhole`: there are none before them. Kept candles before them stay only if the oldest one that both know is the same:
  // another log may have been served from this address.
  merge(source: readonly Candle[], isWhole = false): void {
    const fresh = source.map(toChart);
    const first = fresh[0];
    const last = fresh[fresh.length - 1];
    const drawn = this.candles.filter((candle) => !this.isKept(candle));
    const trusted = !isWhole && first !== undefined && this.kept.some((candle) => isSame(candle, first));
    const older = trusted ? this.kept : [];
    this.kept = [];
    if (first === undefined || last === undefined) {
      this.candles = drawn;
      return;
    }
    const forming = drawn.find((candle) => candle.time === last.time);
    // The server's forming candle comes from a read model and may lag behind the trades that are drawn already.
    if (forming !== undefined && forming.volume > last.volume) fresh[fresh.length - 1] = forming;
    const before = [...older, ...(isWhole ? [] : drawn)].filter((candle) => candle.time < first.time);
    this.candles = [...before, ...fresh, ...drawn.filter((candle) => candle.time > last.time)];
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

  private isKept(candle: ChartCandle): boolean {
    return this.kept.some((kept) => isSame(kept, candle));
  }
}

function isSame(a: ChartCandle, b: ChartCandle): boolean {
  return (
    a.time === b.time && a.open === b.open && a.high === b.high && a.low === b.low && a.close === b.close && a.volume === b.volume
  );
}

function toChart(candle: Candle): ChartCandle {
  return {
    time: Date.parse(candle.t) / 1000,
    open: Number(candle.o),
    high: Number(candle.h),
    low: Number(candle.l),
    close: Number(candle.c),
    volume: Number(candle.v),
  };
}

function startOf(seconds: number, interval: number): number {
  return Math.floor(seconds / interval) * interval;
}
