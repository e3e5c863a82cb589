// The user's open orders, with buttons to amend and cancel each, and their fills; two tabs of one panel.

import type { AccountModel } from "../model/account";
import { decimal, formatDecimal, multiply } from "../model/decimal";
import type { Trading } from "../model/trading";
import type { Fill, Order } from "../wire/messages";
import type { AmendDialog } from "./amend_dialog";
import { element, need, oncePerFrame, setText } from "./dom";
import * as format from "./format";
import { announceOutcome } from "./outcome";
import { toast } from "./toasts";

export class OrdersView {
  private readonly ordersBody = need("orders-body");
  private readonly fillsBody = need("fills-body");
  private readonly cancelAllButton = need<HTMLButtonElement>("cancel-all");
  private readonly dialog = need<HTMLDialogElement>("confirm-dialog");
  private readonly cancelling = new Set<string>();
  private readonly rows = new Map<string, HTMLElement>();
  private readonly scheduleOrders = oncePerFrame(() => this.renderOrders());

  constructor(
    private readonly account: AccountModel,
    private readonly trading: Trading,
    private readonly amendDialog: AmendDialog,
  ) {
    account.ordersChanged.on(this.scheduleOrders);
    account.fillsChanged.on(oncePerFrame(() => this.renderFills()));
    this.ordersBody.addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLElement>("[data-act]");
      const id = button?.closest("tr")?.dataset["order"];
      if (id === undefined) return;
      if (button?.dataset["act"] === "amend") this.amend(id);
      else void this.cancel(id);
    });
    this.cancelAllButton.addEventListener("click", () => this.askCancelAll());
    this.dialog.addEventListener("close", () => {
      if (this.dialog.returnValue === "yes") void this.cancelAll();
    });
    this.makeTabs();
    this.renderOrders();
    this.renderFills();
  }

  askCancelAll(): void {
    const count = this.account.orders.size;
    if (count === 0 || this.dialog.open) return;
    setText(
      need("confirm-text"),
      count === 1 ? "One open order will be cancelled." : `${count} open orders in all securities will be cancelled.`,
    );
    this.dialog.returnValue = "no";
    this.dialog.showModal();
  }

  amendSelected(): void {
    const id = this.selected();
    if (id !== null) this.amend(id);
  }

  cancelSelected(): void {
    const id = this.selected();
    if (id !== null) void this.cancel(id);
  }

  // The order whose row has the focus, else the newest.
  private selected(): string | null {
    const focused = document.activeElement?.closest<HTMLElement>("#orders-body tr")?.dataset["order"];
    return focused ?? this.account.openOrders[0]?.id ?? null;
  }

  private amend(orderId: string): void {
    const order = this.account.orders.get(orderId);
    if (order !== undefined) this.amendDialog.open(order);
  }

  private async cancelAll(): Promise<void> {
    try {
      const count = await this.trading.cancelAll(this.account.account?.accounts ?? []);
      toast("info", count === 1 ? "One order cancelled" : `${count} orders cancelled`);
    } catch (error) {
      toast("error", "Not all orders were cancelled", error instanceof Error ? error.message : String(error));
    }
  }

  private async cancel(orderId: string): Promise<void> {
    if (this.cancelling.has(orderId)) return;
    this.cancelling.add(orderId);
    this.scheduleOrders();
    announceOutcome(await this.trading.cancel(orderId));
    this.cancelling.delete(orderId);
    this.scheduleOrders();
  }

  private makeTabs(): void {
    const tabs = [need("tab-orders"), need("tab-fills")];
    const select = (chosen: HTMLElement): void => {
      for (const tab of tabs) {
        tab.setAttribute("aria-selected", String(tab === chosen));
        tab.tabIndex = tab === chosen ? 0 : -1;
        need(tab.getAttribute("aria-controls") ?? "").hidden = tab !== chosen;
      }
    };
    for (const [index, tab] of tabs.entries()) {
      tab.addEventListener("click", () => select(tab));
      tab.addEventListener("keydown", (event) => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        const other = tabs[1 - index] as HTMLElement;
        select(other);
        other.focus();
      });
    }
  }

  // Rows stay where they are unless their order changed, so that neither a click nor the focus is lost to a new one.
  private renderOrders(): void {
    const orders = this.account.openOrders;
    const open = new Set(orders.map((order) => order.id));
    for (const [id, row] of this.rows) {
      if (open.has(id)) continue;
      row.remove();
      this.rows.delete(id);
    }
    orders.forEach((order, index) => {
      const row = this.rows.get(order.id) ?? this.makeRow(order);
      this.fillRow(row, order);
      if (this.ordersBody.children[index] !== row) this.ordersBody.insertBefore(row, this.ordersBody.children[index] ?? null);
    });
    setText(need("orders-count"), orders.length > 0 ? String(orders.length) : "");
    this.cancelAllButton.hidden = orders.length === 0;
    need("orders-empty").hidden = orders.length > 0;
    setText(need("orders-empty"), this.account.account === null ? "Sign in to see your orders." : "No open orders.");
  }

  private makeRow(order: Order): HTMLElement {
    const row = element("tr");
    row.dataset["side"] = order.side;
    const flags = [
      order.time_in_force === "gtc" ? "" : order.time_in_force.toUpperCase(),
      order.post_only ? "post only" : "",
      order.display_quantity === null ? "" : `shows ${format.quantity(order.display_quantity)}`,
    ].filter(Boolean);
    row.dataset["order"] = order.id;
    const action = element("td", "action");
    action.append(rowButton("amend"), rowButton("cancel"));
    row.append(
      element("td", "symbol", order.symbol),
      element("td", "side-cell", format.capitalised(order.side)),
      element("td", "", [format.capitalised(format.words(order.type)), ...flags].join(" · ")),
      element("td", "number price"),
      element("td", "number filled"),
      element("td", "time", format.clock(order.created_at)),
      action,
    );
    this.rows.set(order.id, row);
    return row;
  }

  private fillRow(row: HTMLElement, order: Order): void {
    setText(row.querySelector(".price") as Element, priceOf(order));
    row.dataset["status"] = order.status;
    setText(
      row.querySelector(".filled") as Element,
      `${format.quantity(order.filled_quantity)} / ${format.quantity(order.quantity)}`,
    );
    const what = `${order.side} ${order.quantity} ${order.symbol} at ${order.price ?? "market"}`;
    const [amend, cancel] = row.querySelectorAll("button") as unknown as [HTMLButtonElement, HTMLButtonElement];
    setText(amend, "Amend");
    amend.setAttribute("aria-label", `Amend ${what}`);
    setText(cancel, this.cancelling.has(order.id) ? "…" : "Cancel");
    cancel.setAttribute("aria-label", `Cancel ${what}`);
  }

  private renderFills(): void {
    this.fillsBody.replaceChildren(...this.account.fills.map(fillRow));
    need("fills-empty").hidden = this.account.fills.length > 0;
    setText(need("fills-empty"), this.account.account === null ? "Sign in to see your fills." : "No fills yet.");
  }
}

function rowButton(act: "amend" | "cancel"): HTMLButtonElement {
  const button = element("button", "row-button");
  button.type = "button";
  button.dataset["act"] = act;
  return button;
}

// A held order shows the trigger it waits for, and its limit where it has one.
function priceOf(order: Order): string {
  if (order.status !== "held") return format.price(order.price);
  const limit = order.price === null ? "" : ` → ${format.price(order.price)}`;
  return order.stop_price === null ? `held${limit}` : `held @ ${format.price(order.stop_price)}${limit}`;
}

function fillRow(fill: Fill): HTMLElement {
  const row = element("tr");
  row.dataset["side"] = fill.side;
  const value = formatDecimal(multiply(decimal(fill.price), decimal(fill.quantity)));
  row.append(
    element("td", "time", format.clock(fill.time)),
    element("td", "symbol", fill.symbol),
    element("td", "side-cell", format.capitalised(fill.side)),
    element("td", "number", format.price(fill.price)),
    element("td", "number", format.quantity(fill.quantity)),
    element("td", "number value", format.money(value)),
    element("td", "role", format.capitalised(fill.liquidity)),
  );
  return row;
}
