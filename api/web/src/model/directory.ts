// The securities of the exchange and their tickers. Until the server has answered, those that this browser kept.

import type { BrowserStore } from "./browser_store";
import { Emitter } from "./emitter";
import type { RestClient } from "../wire/rest";
import type { ExchangeSocket } from "../wire/socket";
import type { Security, Ticker, TradingState } from "../wire/messages";

const kRefreshMs = 15_000; // new listings; there is no channel for them

export class Directory {
  readonly securities = new Map<string, Security>();
  readonly tickers = new Map<string, Ticker>();
  readonly changed = new Emitter();
  readonly tickerChanged = new Emitter<string>();
  private readonly followed = new Set<string>();
  private loaded = false;

  constructor(
    private readonly rest: RestClient,
    private readonly socket: ExchangeSocket,
    private readonly store: BrowserStore,
  ) {}

  // Loads now and then again and again; a failed load is tried again a little later.
  start(): void {
    const loop = async (): Promise<void> => {
      let pause = kRefreshMs;
      try {
        await this.load();
      } catch {
        pause = 2_000;
      }
      setTimeout(() => void loop(), pause);
    };
    void loop();
    void this.store.securities().then((kept) => {
      if (this.loaded || kept.length === 0) return;
      for (const security of kept) this.securities.set(security.symbol, security);
      this.changed.emit();
    });
  }

  private async load(): Promise<void> {
    const answer = await this.rest.get<{ data: Security[] }>("v1/securities");
    this.loaded = true;
    this.securities.clear();
    for (const security of answer.data) {
      this.securities.set(security.symbol, security);
      this.follow(security.symbol);
    }
    this.changed.emit();
    void this.store.keepSecurities(answer.data);
  }

  private follow(symbol: string): void {
    if (this.followed.has(symbol)) return;
    this.followed.add(symbol);
    this.socket.subscribe({
      channel: "status",
      symbol,
      onMessage: (message) => {
        const security = this.securities.get(symbol);
        const state = message.data?.[0] as TradingState | undefined;
        if (security === undefined || state === undefined) return;
        this.securities.set(symbol, { ...security, ...state });
        this.changed.emit();
      },
    });
    this.socket.subscribe({
      channel: "ticker",
      symbol,
      onMessage: (message) => {
        const ticker = message.data?.[0] as Ticker | undefined;
        if (ticker === undefined) return;
        this.tickers.set(symbol, ticker);
        this.tickerChanged.emit(symbol);
      },
    });
  }
}
