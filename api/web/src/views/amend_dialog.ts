// Changing an order that rests or waits: its price, its trigger, its whole quantity. Fewer of the same price keeps its place in
// the queue; the answer says which it was.

import type { Amendment, Trading } from "../model/trading";
import type { Order } from "../wire/messages";
import { need, setText } from "./dom";
import * as format from "./format";
import { announceOutcome } from "./outcome";

export class AmendDialog {
  private readonly dialog = need<HTMLDialogElement>("amend-dialog");
  private readonly price = need<HTMLInputElement>("amend-price");
  private readonly stop = need<HTMLInputElement>("amend-stop");
  private readonly quantity = need<HTMLInputElement>("amend-quantity");
  private order: Order | null = null;

  constructor(private readonly trading: Trading) {
    need("amend-close").addEventListener("click", () => this.dialog.close());
    need("amend-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
  }

  open(order: Order): void {
    if (this.dialog.open) return;
    this.order = order;
    const verb = format.capitalised(order.side);
    setText(need("amend-title"), `Amend ${order.id.replace("ord_", "order ")}`);
    setText(
      need("amend-text"),
      `${verb} ${format.quantity(order.quantity)} ${order.symbol}, ${format.quantity(order.filled_quantity)} filled. ` +
        "Less of the same price keeps its place in the queue; anything else goes to the end.",
    );
    setText(need("amend-error"), "");
    this.fill(this.price, order.price);
    this.fill(this.stop, order.status === "held" && !order.type.startsWith("trailing") ? order.stop_price : null);
    this.fill(this.quantity, order.quantity);
    this.dialog.showModal();
    const first = this.price.hidden ? this.quantity : this.price;
    first.focus();
    first.select();
  }

  private fill(input: HTMLInputElement, value: string | null): void {
    input.hidden = value === null;
    (input.labels?.[0] as HTMLElement).hidden = value === null;
    input.value = value ?? "";
  }

  private async send(): Promise<void> {
    const order = this.order;
    if (order === null) return;
    const change: Amendment = {};
    const [price, stop, quantity] = [this.price, this.stop, this.quantity].map((input) => input.value.trim());
    if (order.price !== null && price !== undefined && price !== order.price) change.price = price;
    if (!this.stop.hidden && stop !== undefined && stop !== order.stop_price) change.stop_price = stop;
    if (quantity !== undefined && quantity !== order.quantity) change.quantity = quantity;
    if (Object.keys(change).length === 0) return this.dialog.close();
    const outcome = await this.trading.amend(order.id, change);
    if (outcome.kind === "refused") {
      setText(need("amend-error"), outcome.problem.detail || outcome.problem.title);
      return;
    }
    this.dialog.close();
    announceOutcome(outcome);
  }
}
