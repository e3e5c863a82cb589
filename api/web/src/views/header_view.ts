// The top bar: the security on screen, its last price and its day, and the picker of securities with their prices.

import { decimal, formatDecimal, subtract } from "../model/decimal";
import type { Directory } from "../model/directory";
import type { Market } from "../model/market";
import type { Security, Ticker } from "../wire/messages";
import { element, flash, need, oncePerFrame, setText } from "./dom";
import * as format from "./format";

const kMostOptions = 200;

export class HeaderView {
  onPick: (symbol: string) => void = () => {};
  private readonly button = need<HTMLButtonElement>("picker-button");
  private readonly panel = need("picker-panel");
  private readonly search = need<HTMLInputElement>("picker-search");
  private readonly list = need("picker-list");
  private readonly last = need("last-price");
  private readonly schedule = oncePerFrame(() => this.render());
  private market: Market | null = null;
  private symbol: string | null = null;
  private lastPrice: string | null = null;
  private active = 0;

  constructor(private readonly directory: Directory) {
    directory.changed.on(this.schedule);
    directory.tickerChanged.on(this.schedule);
    this.button.addEventListener("click", () => (this.panel.hidden ? this.open() : this.close()));
    this.search.addEventListener("input", () => {
      this.active = 0;
      this.renderList();
    });
    this.search.addEventListener("keydown", (event) => this.searchKey(event));
    this.panel.addEventListener("focusout", (event) => {
      if (!this.panel.contains(event.relatedTarget as Node | null) && event.relatedTarget !== this.button) this.close(false);
    });
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = (event.target as Element).closest<HTMLElement>("[data-symbol]");
      if (option?.dataset["symbol"] !== undefined) this.pick(option.dataset["symbol"]);
    });
  }

  show(market: Market): void {
    this.market = market;
    this.symbol = market.security.symbol;
    market.auctionChanged.on(this.schedule);
    this.lastPrice = null;
    this.schedule();
  }

  open(): void {
    this.search.value = "";
    this.active = Math.max(
      0,
      this.matches().findIndex((security) => security.symbol === this.symbol),
    );
    this.panel.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.renderList();
    this.search.focus();
  }

  private close(giveFocusBack = true): void {
    if (this.panel.hidden) return;
    this.panel.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (giveFocusBack) this.button.focus();
  }

  private pick(symbol: string): void {
    this.close();
    this.onPick(symbol);
  }

  private matches(): Security[] {
    const words = this.search.value.trim().toLowerCase();
    const all = [...this.directory.securities.values()].sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
    return all
      .filter((s) => s.symbol.toLowerCase().includes(words) || s.name.toLowerCase().includes(words))
      .slice(0, kMostOptions);
  }

  private searchKey(event: KeyboardEvent): void {
    const matches = this.matches();
    if (event.key === "Escape") this.close();
    else if (event.key === "ArrowDown") this.active = Math.min(matches.length - 1, this.active + 1);
    else if (event.key === "ArrowUp") this.active = Math.max(0, this.active - 1);
    else if (event.key === "Enter") {
      const chosen = matches[this.active];
      if (chosen !== undefined) this.pick(chosen.symbol);
    } else return;
    event.preventDefault();
    event.stopPropagation();
    this.renderList();
  }

  private render(): void {
    if (!this.panel.hidden) this.renderPrices();
    const security = this.symbol === null ? undefined : this.directory.securities.get(this.symbol);
    if (security === undefined) return;
    setText(need("picker-symbol"), security.symbol);
    setText(need("picker-name"), security.name);
    const badge = need("trading-state");
    badge.hidden = security.trading_state === "open";
    setText(badge, format.tradingState(security, this.market?.auction?.indication ?? null));
    this.renderTicker(security, this.directory.tickers.get(security.symbol));
  }

  private renderTicker(security: Security, ticker: Ticker | undefined): void {
    const lastPrice = ticker?.last_price ?? null;
    setText(this.last, format.price(lastPrice));
    if (lastPrice !== null && this.lastPrice !== null && lastPrice !== this.lastPrice) {
      const rose = subtract(decimal(lastPrice), decimal(this.lastPrice)).units > 0n;
      flash(this.last, rose ? "flash-up" : "flash-down");
    }
    this.lastPrice = lastPrice;
    const change = changeOf(ticker);
    const changeElement = need("change");
    setText(changeElement, change === null ? "" : `${change.amount}  ${change.percent}`);
    changeElement.dataset["direction"] = change?.direction ?? "none";
    document.title =
      lastPrice === null ? `${security.symbol} · Buttonwood` : `${format.price(lastPrice)} ${security.symbol} · Buttonwood`;
    setText(need("stat-high"), format.price(ticker?.high_24h));
    setText(need("stat-low"), format.price(ticker?.low_24h));
    setText(need("stat-volume"), format.compact(ticker?.volume_24h));
    setText(
      need("stat-turnover"),
      ticker?.turnover_24h == null ? format.kUnknown : `${format.compact(ticker.turnover_24h)} ${security.currency}`,
    );
    setText(need("stat-vwap"), format.price(ticker?.vwap_24h));
    setText(
      need("stat-trades"),
      ticker?.trade_count_24h == null ? format.kUnknown : format.quantity(String(ticker.trade_count_24h)),
    );
  }

  private renderList(): void {
    const matches = this.matches();
    this.list.replaceChildren(...matches.map((security, index) => this.option(security, index)));
    if (matches.length === 0) this.list.append(element("li", "empty", "No security matches."));
    this.renderPrices();
    this.search.setAttribute("aria-activedescendant", matches.length > 0 ? `option-${this.active}` : "");
    this.list.children[this.active]?.scrollIntoView({ block: "nearest" });
  }

  private option(security: Security, index: number): HTMLElement {
    const item = element("li", index === this.active ? "option active" : "option");
    item.id = `option-${index}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(security.symbol === this.symbol));
    item.dataset["symbol"] = security.symbol;
    item.append(
      element("span", "option-symbol", security.symbol),
      element("span", "option-name", security.name),
      element("span", "option-price"),
      element("span", "option-change"),
    );
    return item;
  }

  // In place: an option that is replaced between pressing and releasing the pointer would lose the click.
  private renderPrices(): void {
    for (const item of this.list.querySelectorAll<HTMLElement>("[data-symbol]")) {
      const ticker = this.directory.tickers.get(item.dataset["symbol"] ?? "");
      const change = changeOf(ticker);
      const changeText = item.children[3] as HTMLElement;
      setText(item.children[2] as HTMLElement, format.price(ticker?.last_price));
      setText(changeText, change?.percent ?? "");
      changeText.dataset["direction"] = change?.direction ?? "none";
    }
  }
}

function changeOf(ticker: Ticker | undefined): { amount: string; percent: string; direction: string } | null {
  if (ticker?.last_price == null || ticker.open_24h == null) return null;
  const open = decimal(ticker.open_24h);
  const amount = subtract(decimal(ticker.last_price), open);
  const percent = format.percent(amount, open);
  if (percent === null) return null;
  const text = formatDecimal(amount);
  const direction = amount.units > 0n ? "up" : amount.units < 0n ? "down" : "none";
  return { amount: direction === "up" ? `+${text}` : text.replace("-", "−"), percent, direction };
}
