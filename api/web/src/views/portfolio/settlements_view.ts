// Trades that settle later than they were made, and the ladder of the one that is chosen: each step, who made it, when, why.

import type { Portfolio } from "../../model/portfolio";
import type { Settlement, SettlementStep, TradeRecord } from "../../wire/messages";
import { build, element, panel, table } from "../dom";
import * as format from "../format";

const kCauses: Record<string, string> = { trade: "the trade", clock: "the clock", operator: "an operator" };

export class SettlementsView {
  readonly root: HTMLElement;
  private readonly body: HTMLElement;
  private readonly empty = element("p", "empty", "Everything has settled with its trade.");
  private readonly ladder = build("ol", { class: "ladder", "aria-label": "Steps of the settlement", "aria-live": "polite" });
  private chosen: string | null = null;
  private shown = "";

  constructor(private readonly portfolio: Portfolio) {
    const { root, body } = table("settlements-table", ["Trade", "Symbol", "Side", "#Quantity", "#Amount", "Due", "Status"]);
    this.body = body;
    body.addEventListener("click", (event) => {
      const id = (event.target as Element).closest<HTMLElement>("[data-trade]")?.dataset["trade"];
      if (id !== undefined) void this.choose(id);
    });
    const scroll = build(
      "div",
      { class: "table-view", tabindex: "0", role: "group", "aria-label": "Settlements" },
      root,
      this.empty,
    );
    this.root = panel("settlements-panel", "Settlements", [this.ladder, scroll]);
  }

  render(settlements: readonly Settlement[]): void {
    this.empty.hidden = settlements.length > 0;
    const chosen = settlements.find((settlement) => settlement.trade_id === this.chosen) ?? settlements[0];
    this.ladder.hidden = chosen === undefined;
    const now = JSON.stringify([settlements.map((s) => [s.trade_id, s.status]), chosen?.trade_id]);
    if (now === this.shown) return;
    this.shown = now;
    this.body.replaceChildren(...settlements.map((settlement) => row(settlement, settlement === chosen)));
    if (chosen !== undefined) void this.choose(chosen.trade_id);
  }

  private async choose(tradeId: string): Promise<void> {
    this.chosen = tradeId;
    for (const button of this.body.querySelectorAll<HTMLElement>("[data-trade]"))
      button.setAttribute("aria-pressed", String(button.dataset["trade"] === tradeId));
    const record = await this.portfolio.ladder(tradeId);
    if (record !== null && this.chosen === tradeId) this.ladder.replaceChildren(...rungs(record));
  }
}

function row(settlement: Settlement, isChosen: boolean): HTMLElement {
  const id = settlement.trade_id;
  const pick = build("button", { type: "button", class: "row-button", "data-trade": id, "aria-pressed": String(isChosen) }, id);
  pick.setAttribute("aria-label", `Steps of ${id}`);
  const line = build(
    "tr",
    { "data-side": settlement.side },
    build("td", {}, pick),
    element("td", "symbol", settlement.symbol),
    element("td", "side-cell", format.capitalised(settlement.side)),
    element("td", "number", format.quantity(settlement.quantity)),
    element("td", "number", format.roundMoney(settlement.notional)),
    element("td", "time", settlement.due_at === null ? "" : format.day(settlement.due_at)),
    build("td", {}, statusBadge(settlement.status)),
  );
  return line;
}

function statusBadge(status: string): HTMLElement {
  const badge = element("span", "status-badge", status);
  badge.dataset["status"] = status;
  return badge;
}

// The steps that were made, and the one that is due.
function rungs(record: TradeRecord): HTMLElement[] {
  const { steps, due_at: due, status } = record.settlement;
  const made = steps.map((step) => rung(format.capitalised(step.status), detailOf(step), step.status));
  if (status === "pending" && due !== null) made.push(rung("Settles", `due ${format.day(due)} ${format.clock(due)} UTC`, "due"));
  const title = rung(`${record.id} · ${record.symbol}`, "executed", "executed");
  return [title, ...made];
}

function detailOf(step: SettlementStep): string {
  const by = step.cause === null ? "" : ` by ${kCauses[step.cause] ?? step.cause}`;
  return `${format.day(step.time)} ${format.clock(step.time)}${by}${step.reason === null ? "" : `: ${step.reason}`}`;
}

function rung(title: string, detail: string, status: string): HTMLElement {
  const item = build("li", { "data-status": status }, element("strong", "", title), element("span", "", detail));
  return item;
}
