// The ladder: asks above, bids below, best prices at the middle. Rows are made once and rewritten in place, at most once per
// frame. A bar shows each level's size, a paler one the sum of everything up to it.

import { add, decimal, divideFloor, formatDecimal, subtract, withScale, type Decimal } from "../model/decimal";
import type { BookFeed } from "../model/book_feed";
import type { Market } from "../model/market";
import type { BookLevel, Order, Side } from "../wire/messages";
import { element, flash, need, oncePerFrame, setClass, setText } from "./dom";
import * as format from "./format";

interface Row {
  root: HTMLElement;
  price: HTMLElement;
  size: HTMLElement;
  total: HTMLElement;
  level: BookLevel | null;
}

const kZero: Decimal = { units: 0n, scale: 0 };
const kStateText = { waiting: "waiting for the stream", live: "", resynchronising: "resynchronising" } as const;
const kRecoveredShownMs = 4_000;

export class BookView {
  onPick: (price: string, side: Side) => void = () => {};
  readonly schedule = oncePerFrame(() => this.render());

  private readonly book = need("book");
  private readonly sides = { asks: need("book-asks"), bids: need("book-bids") };
  private readonly rows: { asks: Row[]; bids: Row[] } = { asks: [], bids: [] };
  private readonly state = need("book-state");
  private readonly last = need("book-last");
  private readonly spread = need("book-spread");
  private market: Market | null = null;
  private lastPrice: string | null = null;
  private resyncsSeen = 0;
  private recoveredUntil = 0;

  // `ownOrders` marks the levels that hold the user's orders.
  constructor(private readonly ownOrders: () => Iterable<Order>) {
    new ResizeObserver(() => this.fit()).observe(this.book);
    this.fit();
  }

  show(market: Market): void {
    this.market = market;
    this.lastPrice = null;
    this.resyncsSeen = 0;
    this.recoveredUntil = 0;
    market.feed.changed.on(this.schedule);
    market.tape.changed.on(this.schedule);
    this.schedule();
  }

  // As many rows per side as the panel has room for.
  private fit(): void {
    const style = getComputedStyle(this.book);
    const height = parseFloat(style.getPropertyValue("--row-height")) || 20;
    const room = this.book.clientHeight - height - parseFloat(style.getPropertyValue("--middle-height") || "36");
    const count = Math.max(5, Math.floor(room / 2 / height));
    for (const side of ["asks", "bids"] as const) {
      const rows = this.rows[side];
      while (rows.length > count) rows.pop()?.root.remove();
      while (rows.length < count) {
        const row = this.makeRow(side === "asks" ? "sell" : "buy");
        rows.push(row);
        this.sides[side].append(row.root);
      }
    }
    this.schedule();
  }

  private makeRow(side: Side): Row {
    const root = element("div", "book-row");
    root.setAttribute("role", "row");
    const price = element("span", "price");
    const size = element("span", "size");
    const total = element("span", "total");
    for (const cell of [price, size, total]) cell.setAttribute("role", "cell");
    root.append(price, size, total);
    const row: Row = { root, price, size, total, level: null };
    root.addEventListener("click", () => {
      if (row.level !== null) this.onPick(row.level.price, side);
    });
    return row;
  }

  private render(): void {
    const market = this.market;
    if (market === null) return;
    const { feed, security } = market;
    this.renderState(feed);
    const own = new Set<string>();
    for (const order of this.ownOrders())
      if (order.symbol === security.symbol && order.price !== null) own.add(`${order.side}${order.price}`);
    const count = this.rows.asks.length;
    const totals = { asks: sums(feed.book.asks, count), bids: sums(feed.book.bids, count) };
    const widest = Math.max(asNumber(totals.asks.at(-1)), asNumber(totals.bids.at(-1)));
    this.renderSide(this.rows.asks, feed.book.asks, totals.asks, widest, "sell", own);
    this.renderSide(this.rows.bids, feed.book.bids, totals.bids, widest, "buy", own);
    this.renderMiddle(market);
  }

  // A resynchronisation may be over within a frame; that it happened stays visible for a moment.
  private renderState(feed: BookFeed): void {
    if (feed.resyncCount > this.resyncsSeen && feed.state === "live") {
      this.resyncsSeen = feed.resyncCount;
      this.recoveredUntil = Date.now() + kRecoveredShownMs;
      setTimeout(this.schedule, kRecoveredShownMs);
    }
    const recovered = feed.state === "live" && Date.now() < this.recoveredUntil;
    setText(this.state, recovered ? "resynchronised" : kStateText[feed.state]);
    this.state.dataset["state"] = recovered ? "recovered" : feed.state;
    this.state.title = feed.lastFault ?? "";
    setClass(this.book, "stale", feed.state !== "live");
  }

  private renderSide(rows: Row[], levels: BookLevel[], totals: Decimal[], widest: number, side: Side, own: Set<string>): void {
    rows.forEach((row, index) => {
      const level = levels[index] ?? null;
      const total = totals[index];
      row.level = level;
      setClass(row.root, "blank", level === null);
      setClass(row.root, "own", level !== null && own.has(`${side}${level.price}`));
      setText(row.price, level === null ? "" : format.price(level.price));
      setText(row.size, level === null ? "" : format.aligned(level.qty));
      setText(row.total, level === null || total === undefined ? "" : format.aligned(formatDecimal(total)));
      row.root.style.setProperty("--size", share(level === null ? 0 : Number(level.qty), widest));
      row.root.style.setProperty("--total", share(asNumber(total), widest));
    });
  }

  private renderMiddle(market: Market): void {
    const trade = market.tape.trades[0];
    if (trade !== undefined && trade.price !== this.lastPrice) {
      setText(this.last, format.price(trade.price));
      this.last.dataset["side"] = trade.taker_side;
      if (this.lastPrice !== null) flash(this.last, trade.taker_side === "buy" ? "flash-up" : "flash-down");
      this.lastPrice = trade.price;
    } else if (trade === undefined) {
      setText(this.last, format.kUnknown);
      delete this.last.dataset["side"];
    }
    const bid = market.feed.book.bids[0];
    const ask = market.feed.book.asks[0];
    setText(this.spread, bid !== undefined && ask !== undefined ? `Spread ${spreadText(bid.price, ask.price)}` : "");
  }
}

function spreadText(bid: string, ask: string): string {
  const low = decimal(bid);
  const gap = subtract(decimal(ask), low);
  const middle = add(low, decimal(ask));
  const basisPoints = divideFloor({ units: gap.units * 20_000n, scale: gap.scale }, middle, 1);
  return `${formatDecimal(withScale(gap, low.scale))} · ${formatDecimal(basisPoints)} bp`;
}

function sums(levels: readonly BookLevel[], count: number): Decimal[] {
  const result: Decimal[] = [];
  let total = kZero;
  for (const level of levels.slice(0, count)) result.push((total = add(total, decimal(level.qty))));
  return result;
}

function asNumber(value: Decimal | undefined): number {
  return value === undefined ? 0 : Number(value.units) / 10 ** value.scale;
}

function share(part: number, whole: number): string {
  return whole > 0 ? (part / whole).toFixed(4) : "0";
}
