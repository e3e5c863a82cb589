// The positions, with what they cost and what they have made.

import type { Holding } from "../../wire/messages";
import { build, element, panel, table } from "../dom";
import * as format from "../format";

export class PositionsView {
  readonly root: HTMLElement;
  private readonly body: HTMLElement;
  private readonly empty = element("p", "empty", "No positions yet.");

  constructor() {
    const columns = ["Symbol", "#Quantity", "#Sellable", "#Average cost", "#Last", "#Value", "#Unrealised", "#Realised"];
    const { root, body } = table("positions-table", columns);
    this.body = body;
    const scroll = build(
      "div",
      { class: "table-view", tabindex: "0", role: "group", "aria-label": "Positions" },
      root,
      this.empty,
    );
    this.root = panel("positions-panel", "Positions", [scroll]);
  }

  render(holdings: readonly Holding[]): void {
    this.body.replaceChildren(...[...holdings].sort((a, b) => (a.symbol < b.symbol ? -1 : 1)).map(row));
    this.empty.hidden = holdings.length > 0;
  }
}

function row(holding: Holding): HTMLElement {
  const number = (text: string, className = "") => element("td", `number ${className}`, text);
  return build(
    "tr",
    {},
    element("td", "symbol", holding.symbol),
    number(format.quantity(holding.quantity)),
    number(format.quantity(holding.sellable), "wide-only"),
    number(format.price(holding.average_cost === null ? null : shortCost(holding.average_cost))),
    number(format.price(holding.last_price)),
    number(format.roundMoney(holding.market_value)),
    change(holding.unrealized_pnl),
    change(holding.realized_pnl),
  );
}

// The API's average has eight digits; four are enough to look at.
function shortCost(text: string): string {
  return text.replace(/(\.\d{4})\d+$/, "$1");
}

function change(amount: string | null): HTMLElement {
  const cell = element("td", "number", amount === null ? format.kUnknown : format.signedMoney(amount));
  cell.dataset["direction"] = amount === null || /^-?[0.]+$/.test(amount) ? "none" : amount.startsWith("-") ? "down" : "up";
  return cell;
}
