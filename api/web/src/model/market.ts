// Everything that belongs to the one security on screen: its book, its tape and its candles.

import { BookFeed } from "./book_feed";
import type { BrowserStore } from "./browser_store";
import { CandleSeries, type ChartCandle, type Interval } from "./candle_series";
import { Emitter } from "./emitter";
import { Tape } from "./tape";
import type { Auction, Candle, Security } from "../wire/messages";
import type { RestClient } from "../wire/rest";
import type { ExchangeSocket } from "../wire/socket";

export const kBookDepth = 100;
const kHistory = 1000;
const kRefreshMs = 30_000; // the server's candles replace what was drawn from trades, so a missed trade does not stay missing
const kRetryMs = 2_000;

export class Market {
  readonly feed: BookFeed;
  readonly tape: Tape;
  candles: CandleSeries;
  readonly candlesLoaded = new Emitter();
  readonly candleChanged = new Emitter<ChartCandle>();
  auction: Auction | null = null;
  readonly auctionChanged = new Emitter();
  private readonly leaveAuction: () => void;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private closed = false;

  constructor(
    private readonly rest: RestClient,
    private readonly store: BrowserStore,
    socket: ExchangeSocket,
    readonly security: Security,
    interval: Interval,
  ) {
    this.feed = new BookFeed(socket, security.symbol, kBookDepth);
    this.tape = new Tape(socket, security.symbol);
    this.leaveAuction = socket.subscribe({
      channel: "auction",
      symbol: security.symbol,
      onMessage: (message) => {
        this.auction = (message.data?.[0] as Auction | undefined) ?? null;
        this.auctionChanged.emit();
      },
    });
    this.candles = new CandleSeries(interval);
    this.tape.traded.on((trade) => {
      const candle = this.candles.addTrade(trade);
      if (candle !== null) this.candleChanged.emit(candle);
    });
    this.loadAll();
  }

  setInterval(interval: Interval): void {
    this.candles = new CandleSeries(interval);
    this.loadAll();
  }

  close(): void {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.feed.close();
    this.tape.close();
    this.leaveAuction();
  }

  private loadAll(): void {
    void this.loadKept();
    void this.load();
  }

  private async loadKept(): Promise<void> {
    const series = this.candles;
    const kept = await this.store.candles(this.security.symbol, series.interval.label);
    if (this.closed || series !== this.candles || kept.length === 0) return;
    series.seed(kept);
    this.candlesLoaded.emit();
  }

  private async load(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    const series = this.candles;
    const { symbol } = this.security;
    const query = { interval: series.interval.label, limit: String(kHistory) };
    let pause = kRefreshMs;
    try {
      const answer = await this.rest.get<{ data: Candle[] }>(`v1/markets/${encodeURIComponent(symbol)}/candles`, query);
      if (this.closed || series !== this.candles) return;
      series.merge(answer.data, answer.data.length < kHistory);
      this.candlesLoaded.emit();
      void this.store.keepCandles(symbol, series.interval.label, series.candles);
    } catch {
      if (this.closed || series !== this.candles) return;
      pause = kRetryMs;
    }
    this.timer = setTimeout(() => void this.load(), pause);
  }
}
