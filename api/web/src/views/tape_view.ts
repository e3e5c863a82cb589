// The newest trades, newest first; rows are rewritten in place at most once per frame.

import type { Market } from "../model/market";
import type { Trade } from "../wire/messages";
import { element, need, oncePerFrame, setText } from "./dom";
import * as format from "./format";

interface Row {
  root: HTMLElement;
  price: HTMLElement;
  size: HTMLElement;
  time: HTMLElement;
  id: string;
}

const kRows = 60;

export class TapeView {
  private readonly body = need("tape-rows");
  private readonly empty = need("tape-empty");
  private readonly rows: Row[] = [];
  private readonly schedule = oncePerFrame(() => this.render());
  private market: Market | null = null;
  private newestShown: string | null = null;

  show(market: Market): void {
    this.market = market;
    this.newestShown = null;
    market.tape.changed.on(this.schedule);
    this.schedule();
  }

  private render(): void {
    const trades = this.market?.tape.trades ?? [];
    this.empty.hidden = trades.length > 0;
    const count = Math.min(trades.length, kRows);
    while (this.rows.length > count) this.rows.pop()?.root.remove();
    while (this.rows.length < count) this.rows.push(this.makeRow());
    const largest = trades.slice(0, count).reduce((most, trade) => Math.max(most, Number(trade.quantity)), 0);
    const firstKnown = trades.findIndex((trade) => trade.id === this.newestShown);
    this.rows.forEach((row, index) => {
      const trade = trades[index] as Trade;
      const isNew = this.newestShown !== null && (firstKnown < 0 || index < firstKnown);
      this.fill(row, trade, largest, isNew);
    });
    this.newestShown = trades[0]?.id ?? null;
  }

  private makeRow(): Row {
    const root = element("div", "tape-row");
    root.setAttribute("role", "row");
    const price = element("span", "price");
    const size = element("span", "size");
    const time = element("span", "time");
    for (const cell of [price, size, time]) cell.setAttribute("role", "cell");
    root.append(price, size, time);
    this.body.append(root);
    return { root, price, size, time, id: "" };
  }

  private fill(row: Row, trade: Trade, largest: number, isNew: boolean): void {
    row.root.classList.toggle("new", isNew);
    row.root.style.setProperty("--size", largest > 0 ? (Number(trade.quantity) / largest).toFixed(4) : "0");
    if (row.id === trade.id) return;
    row.id = trade.id;
    row.root.dataset["side"] = trade.taker_side;
    setText(row.price, format.price(trade.price));
    setText(row.size, format.aligned(trade.quantity));
    setText(row.time, format.clock(trade.time));
  }
}
