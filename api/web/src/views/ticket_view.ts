// The order form. It computes with model/ticket.ts and sends through model/trading.ts; while an order is on its way the form
// waits, so that one press of Enter is one order.

import { formatDecimal, withScale } from "../model/decimal";
import type { AccountModel } from "../model/account";
import { checkExits, toGroup, type Exits } from "../model/group";
import type { Market } from "../model/market";
import {
  checkDraft,
  costOf,
  hasErrors,
  hasPrice,
  kNoErrors,
  middlePrice,
  quantityForShare,
  stepBy,
  toRequest,
  type Draft,
  type DraftErrors,
  type PlainRequest,
} from "../model/ticket";
import type { Outcome, Trading } from "../model/trading";
import type { BookLevel, Problem, Security, Side, TimeInForce } from "../wire/messages";
import { need, oncePerFrame, setText } from "./dom";
import * as format from "./format";
import { announceOutcome } from "./outcome";
import type { PreviewView } from "./preview_view";
import { TicketExtras } from "./ticket_extras";

// The members of the API whose refusal is shown beside a field.
const kFieldOf: Record<string, keyof DraftErrors> = {
  price: "price",
  quantity: "quantity",
  stop_price: "trigger",
  trail_amount: "trigger",
  trail_percent: "trigger",
  display_quantity: "display",
  min_quantity: "minimum",
  protection_price: "protection",
};

type NumberField = "price" | "quantity";

export class TicketView {
  onNeedSignIn: () => void = () => {};
  private readonly form = need<HTMLFormElement>("ticket");
  private readonly price = need<HTMLInputElement>("price");
  private readonly quantity = need<HTMLInputElement>("quantity");
  private readonly postOnly = need<HTMLInputElement>("post-only");
  private readonly extras = new TicketExtras();
  private readonly button = need<HTMLButtonElement>("place");
  private readonly message = need("ticket-message");
  private readonly schedule = oncePerFrame(() => this.render());
  private market: Market | null = null;
  private busy = false;
  private keptPrice = ""; // of the limit order, while the form shows a market order

  constructor(
    private readonly account: AccountModel,
    private readonly trading: Trading,
    private readonly preview: PreviewView,
  ) {
    account.balancesChanged.on(this.schedule);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit();
    });
    this.form.addEventListener("input", () => this.edited());
    for (const type of this.form.querySelectorAll("[name=type]")) type.addEventListener("change", () => this.changedType());
    this.form.addEventListener("click", (event) => this.chip(event.target as Element));
    for (const field of ["price", "quantity"] as const)
      this[field].addEventListener("keydown", (event) => this.stepKey(event, field));
  }

  show(market: Market): void {
    this.market = market;
    this.keptPrice = "";
    this.price.value = "";
    this.quantity.value = "";
    const { security } = market;
    for (const unit of this.form.querySelectorAll<HTMLElement>("[data-unit]"))
      setText(unit, unit.dataset["unit"] === "currency" ? security.currency : security.symbol);
    market.feed.changed.on(this.schedule);
    this.showErrors(kNoErrors);
    setText(this.message, "");
    this.schedule();
  }

  // Turns to a side and puts the cursor where the order begins: the price, or the quantity of a market order. A price meant
  // for the other side gives way to one that joins the best of this side, so that nothing trades by accident.
  start(side: Side): void {
    const before = this.draft();
    this.setRadio("side", side);
    const field = before.type === "market" ? this.quantity : this.price;
    if (field === this.price && (this.price.value === "" || before.side !== side))
      this.price.value = this.best(side === "buy" ? "bids" : "asks")?.price ?? "";
    field.focus();
    field.select();
    this.edited();
  }

  // A level of the book was chosen: trade against it.
  take(price: string, levelSide: Side): void {
    if (this.draft().type === "market") this.setRadio("tif", "gtc");
    this.setRadio("type", "limit");
    this.setRadio("side", levelSide === "sell" ? "buy" : "sell");
    this.price.value = price;
    this.edited();
    this.quantity.focus();
    this.quantity.select();
  }

  clear(): void {
    this.keptPrice = "";
    this.price.value = "";
    this.quantity.value = "";
    this.postOnly.checked = false;
    this.extras.clear();
    this.setRadio("tif", "gtc");
    this.edited();
  }

  private edited(): void {
    this.showErrors(kNoErrors);
    setText(this.message, "");
    this.render();
  }

  private draft(): Draft {
    const data = new FormData(this.form);
    return {
      side: data.get("side") as Side,
      type: data.get("type") as Draft["type"],
      price: this.price.value.trim(),
      quantity: this.quantity.value.trim(),
      timeInForce: (data.get("tif") ?? "gtc") as TimeInForce,
      postOnly: this.postOnly.checked,
      extras: this.extras.read(),
    };
  }

  private async submit(): Promise<void> {
    const market = this.market;
    if (market === null || this.button.disabled) return;
    if (this.account.account === null) return this.onNeedSignIn();
    const draft = this.draft();
    const exits = this.extras.readExits();
    const errors = { ...checkDraft(draft, market.security), exits: checkExits(exits, draft, market.security) };
    this.showErrors(errors);
    if (hasErrors(errors)) {
      if (errors.price === null && errors.quantity === null) this.extras.focus(errors);
      else (errors.price !== null ? this.price : this.quantity).focus();
      return;
    }
    this.setBusy(true);
    const outcome = await this.send(exits, draft, market.security);
    this.setBusy(false);
    this.conclude(outcome);
  }

  private send(exits: Exits, draft: Draft, security: Security): Promise<Outcome> {
    if (exits.linked === "none") return this.trading.place(toRequest(draft, security));
    const { kind, legs } = toGroup(exits, draft, security);
    return this.trading.placeGroup(kind, legs);
  }

  private conclude(outcome: Outcome): void {
    announceOutcome(outcome);
    if (outcome.kind === "accepted") {
      this.quantity.value = "";
      this.edited();
    } else if (outcome.kind === "refused") {
      this.showProblem(outcome.problem);
    } else if (outcome.kind === "unknown") {
      setText(
        this.message,
        `The fate of order ${outcome.clientOrderId} is not known yet. Look at your orders before sending it again.`,
      );
    }
  }

  private showProblem(problem: Problem): void {
    const errors: DraftErrors = { ...kNoErrors };
    for (const error of problem.errors ?? []) {
      const field = kFieldOf[error.pointer.split("/").at(-1) ?? ""];
      if (field !== undefined) errors[field] = problem.detail;
    }
    this.showErrors(errors);
    setText(this.message, hasErrors(errors) ? "" : problem.detail || problem.title);
    this.message.dataset["kind"] = "error";
  }

  private showErrors(errors: DraftErrors): void {
    this.extras.showErrors(errors);
    for (const field of ["price", "quantity"] as const) {
      setText(need(`${field}-error`), errors[field] ?? "");
      this[field].setAttribute("aria-invalid", String(errors[field] !== null));
    }
  }

  private setBusy(busy: boolean): void {
    this.busy = busy;
    this.button.setAttribute("aria-busy", String(busy));
    this.render();
  }

  private chip(target: Element): void {
    const chip = target.closest<HTMLElement>("[data-price], [data-share]");
    if (chip === null || this.market === null) return;
    if (chip.dataset["price"] !== undefined) {
      const price = this.chipPrice(chip.dataset["price"]);
      if (price !== null) this.price.value = price;
    } else {
      const draft = this.draft();
      const quantity = quantityForShare(
        Number(chip.dataset["share"]),
        draft,
        this.market.security,
        this.available(draft.side),
        this.opposite(draft.side),
      );
      if (quantity !== null) this.quantity.value = quantity;
      else if (this.account.account === null) this.onNeedSignIn();
    }
    this.edited();
  }

  private chipPrice(which: string): string | null {
    const bid = this.best("bids")?.price ?? null;
    const ask = this.best("asks")?.price ?? null;
    if (which === "bid") return bid;
    if (which === "ask") return ask;
    return bid !== null && ask !== null && this.market !== null ? middlePrice(bid, ask, this.market.security) : null;
  }

  private stepKey(event: KeyboardEvent, field: NumberField): void {
    if ((event.key !== "ArrowUp" && event.key !== "ArrowDown") || this.market === null) return;
    event.preventDefault();
    const { tick_size: tick, lot_size: lot, price_scale: priceScale, quantity_scale: quantityScale } = this.market.security;
    const count = (event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 10 : 1);
    const input = this[field];
    input.value =
      field === "price" ? stepBy(input.value, tick, count, priceScale) : stepBy(input.value, lot, count, quantityScale);
    this.edited();
  }

  private render(): void {
    const market = this.market;
    if (market === null) return;
    const draft = this.draft();
    const { security } = market;
    this.form.dataset["side"] = draft.side;
    this.form.dataset["type"] = draft.type;
    this.price.disabled = !hasPrice(draft);
    this.price.placeholder = hasPrice(draft) ? security.tick_size : "best available";
    this.quantity.placeholder = security.lot_size;
    this.extras.render(draft.extras, security, hasPrice(draft));
    this.renderOptions(draft);

    this.preview.ask(this.previewed(draft, security));

    const cost = costOf(draft, security, this.opposite(draft.side));
    const total =
      cost === null
        ? format.kUnknown
        : `${format.money(formatDecimal(withScale(cost.amount, Math.max(cost.amount.scale, 2))))} ${security.currency}`;
    setText(
      need("total-label"),
      draft.type === "market" ? (cost?.average ? `Estimate at ~${formatDecimal(cost.average)}` : "Estimate") : "Total",
    );
    setText(need("total"), cost !== null && !cost.complete ? `${total} (book too thin)` : total);
    const available = this.available(draft.side);
    setText(
      need("available"),
      available === null
        ? format.kUnknown
        : draft.side === "buy"
          ? `${format.money(available)} ${security.currency}`
          : `${format.quantity(available)} ${security.symbol}`,
    );

    const verb = draft.side === "buy" ? "Buy" : "Sell";
    const isSignedIn = this.account.account !== null;
    const mayTrade = !isSignedIn || this.account.mayTrade;
    const label = !isSignedIn ? `Sign in to ${verb.toLowerCase()}` : mayTrade ? `${verb} ${security.symbol}` : "For traders only";
    setText(this.button, this.busy ? "Sending…" : label);
    this.button.disabled = this.busy || !mayTrade;
  }

  // What the server is asked about: a whole order of somebody who may send it. Linked orders have no preview.
  private previewed(draft: Draft, security: Security): PlainRequest | null {
    const isWhole = !hasErrors(checkDraft(draft, security)) && this.extras.readExits().linked === "none";
    return isWhole && this.account.mayTrade ? toRequest(draft, security) : null;
  }

  // A market order never rests and what waits for a trigger is never immediate; "post only" is for what may rest at once.
  private renderOptions(draft: Draft): void {
    const waits = draft.extras.trigger !== "none";
    const market = draft.type === "market";
    const radios = this.form.elements.namedItem("tif") as RadioNodeList;
    const rests = (value: string) => value === "gtc" || value === "day";
    const fits = (value: string) => (rests(value) ? waits || !market : !waits);
    for (const radio of radios) (radio as HTMLInputElement).disabled = !fits((radio as HTMLInputElement).value);
    if (!fits(draft.timeInForce)) radios.value = waits || !market ? "gtc" : "ioc";
    this.postOnly.disabled = market || waits || !rests(draft.timeInForce);
    if (this.postOnly.disabled) this.postOnly.checked = false;
  }

  private available(side: Side): string | null {
    const market = this.market;
    if (market === null || this.account.account === null) return null;
    return side === "buy"
      ? this.account.availableCash(market.security.currency)
      : (this.account.sellable(market.security.symbol) ?? "0");
  }

  private opposite(side: Side): readonly BookLevel[] {
    const book = this.market?.feed.book;
    return book === undefined ? [] : side === "buy" ? book.asks : book.bids;
  }

  private best(side: "bids" | "asks"): BookLevel | undefined {
    return this.market?.feed.book[side][0];
  }

  // A market order shows no price and cannot be good till cancelled; a limit order starts again from both.
  private changedType(): void {
    const market = this.draft().type === "market";
    if (market) this.keptPrice = this.price.value;
    this.price.value = market ? "" : this.keptPrice;
    this.setRadio("tif", "gtc");
    this.edited();
  }

  private setRadio(name: string, value: string): void {
    (this.form.elements.namedItem(name) as RadioNodeList).value = value;
  }
}
