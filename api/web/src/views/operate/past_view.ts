// Time travel: the book as it was after any event, moved by a slider, by single events or by the clock. The server folds the log; the
// page only asks, for the place where the slider came to rest.

import type { Directory } from "../../model/directory";
import type { RestBook } from "../../wire/operator_messages";
import type { RestClient } from "../../wire/rest";
import { build, element, panel, setText } from "../dom";
import * as format from "../format";

const kLevels = 6;
const kRestMs = 90;

export class PastView {
  readonly root: HTMLElement;
  private readonly symbols = build("select", { "aria-label": "Security" });
  private readonly slider = build("input", { type: "range", min: "1", max: "1", step: "1", "aria-label": "Event of the log" });
  private readonly number = build("input", {
    inputmode: "numeric",
    "aria-label": "Event number",
    class: "number",
    autocomplete: "off",
  });
  private readonly clock = build("input", { type: "datetime-local", step: "1", "aria-label": "Instant, UTC" });
  private readonly moment = build("p", { class: "past-moment", role: "status" });
  private readonly book = build("table", { class: "past-book" });
  private timer: ReturnType<typeof setTimeout> | null = null;
  private asked = 0;
  private isNow = true; // the slider follows the head until it is moved

  constructor(
    private readonly rest: RestClient,
    private readonly directory: Directory,
    private readonly head: () => number,
  ) {
    const step = (text: string, label: string, by: number) => {
      const button = build("button", { type: "button", class: "row-button", "aria-label": label }, text);
      button.addEventListener("click", () => this.goTo(Number(this.slider.value) + by));
      return button;
    };
    const now = build("button", { type: "button", class: "row-button" }, "Now");
    now.addEventListener("click", () => {
      this.isNow = true;
      this.goTo(this.head(), true);
    });
    const where = build(
      "div",
      { class: "past-row" },
      this.symbols,
      this.number,
      step("◂", "One event back", -1),
      step("▸", "One event on", 1),
      now,
    );
    const body = build("div", { class: "past" }, where, this.slider, this.clock, this.moment, this.book);
    this.root = panel("past-panel", "Time travel", [body]);
    this.slider.addEventListener("input", () => this.goTo(Number(this.slider.value)));
    this.number.addEventListener("change", () => this.goToAny(Number(this.number.value.replaceAll(",", ""))));
    this.symbols.addEventListener("change", () => this.goTo(Number(this.slider.value), this.isNow));
    this.clock.addEventListener(
      "change",
      () => this.clock.value !== "" && void this.ask({ as_of: `${this.clock.value.padEnd(19, ":00")}Z` }),
    );
  }

  // Follows the head of the log until somebody moves the slider.
  render(): void {
    const all = [...this.directory.securities.keys()];
    if (this.symbols.options.length !== all.length)
      this.symbols.replaceChildren(...all.map((symbol) => build("option", { value: symbol }, symbol)));
    this.slider.max = String(Math.max(1, this.head()));
    if (this.isNow && document.activeElement !== this.number) this.goTo(this.head(), true);
  }

  show(symbol: string, seq: number): void {
    this.symbols.value = symbol;
    this.goToAny(seq);
    this.root.scrollIntoView({ block: "nearest" });
  }

  // An event that this page may not have heard of yet: the server knows whether the log has come that far.
  private goToAny(seq: number): void {
    if (Number.isFinite(seq)) this.slider.max = String(Math.max(Math.round(seq), this.head(), 1));
    this.goTo(seq);
  }

  private goTo(seq: number, isNow = false): void {
    if (!Number.isFinite(seq)) return;
    this.isNow = isNow;
    const place = Math.min(Math.max(1, Math.round(seq)), Number(this.slider.max));
    this.slider.value = String(place);
    this.slider.setAttribute("aria-valuetext", `event ${place}`);
    this.number.value = format.quantity(String(place));
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(isNow ? {} : { as_of_seq: String(place) }), kRestMs);
  }

  private async ask(query: Record<string, string>): Promise<void> {
    const symbol = this.symbols.value;
    if (symbol === "") return;
    const mine = ++this.asked;
    try {
      const book = await this.rest.get<RestBook>(`v1/markets/${encodeURIComponent(symbol)}/book`, {
        ...query,
        depth: String(kLevels),
      });
      if (mine === this.asked) this.draw(book, query);
    } catch (error) {
      if (mine === this.asked) setText(this.moment, error instanceof Error ? error.message : String(error));
    }
  }

  private draw(book: RestBook, query: Record<string, string>): void {
    const seq = book.as_of_seq ?? book.event_seq;
    if (query["as_of"] !== undefined) {
      this.isNow = false;
      this.slider.value = String(seq);
      this.number.value = format.quantity(String(seq));
    }
    const at = book.as_of == null ? "" : `, ${format.day(book.as_of)} ${book.as_of.slice(11, 23)} UTC`;
    setText(this.moment, book.as_of_seq === undefined ? "As it is now" : `After event ${format.quantity(String(seq))}${at}`);
    const sizes = [...book.asks, ...book.bids].map((level) => Number(level[1]));
    const most = Math.max(...sizes, 1e-9);
    const asks = Array.from({ length: kLevels }, (_, index) => levelRow(book.asks[kLevels - 1 - index], "sell", most));
    const bids = Array.from({ length: kLevels }, (_, index) => levelRow(book.bids[index], "buy", most));
    const caption = build("caption", { class: "visually-hidden" }, `Book of ${book.symbol} after event ${seq}`);
    const head = build("tr", {}, ...["Price", "Size", "Orders"].map((text) => build("th", { scope: "col" }, text)));
    this.book.replaceChildren(caption, build("thead", {}, head), build("tbody", {}, ...asks, spread(book), ...bids));
  }
}

function levelRow(level: [string, string, number] | undefined, side: "buy" | "sell", most: number): HTMLElement {
  const row = build("tr", { "data-side": side });
  if (level === undefined) {
    row.append(element("td", "", " "), element("td"), element("td"));
    return row;
  }
  row.style.setProperty("--size", (Number(level[1]) / most).toFixed(4));
  row.append(
    element("td", "side-cell", format.price(level[0])),
    element("td", "number", format.aligned(level[1])),
    element("td", "number", String(level[2])),
  );
  return row;
}

function spread(book: RestBook): HTMLElement {
  const best = `${book.bids[0] === undefined ? "no bid" : format.price(book.bids[0][0])} / ${
    book.asks[0] === undefined ? "no offer" : format.price(book.asks[0][0])
  }`;
  return build("tr", { class: "past-middle" }, build("td", { colspan: "3" }, best));
}
