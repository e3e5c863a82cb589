// What everything adds up to now, in one line of figures.

import type { Decimal } from "../../model/decimal";
import { money, type Worth } from "../../model/portfolio";
import { build, element, setText } from "../dom";
import * as format from "../format";

type Figure = "equity" | "cash" | "holdings" | "unrealized" | "realized" | "return";

const kLabels: Record<Figure, string> = {
  equity: "Equity",
  cash: "Cash",
  holdings: "Holdings",
  unrealized: "Unrealised P&L",
  realized: "Realised P&L",
  return: "Unrealised, of cost",
};

export class WorthView {
  readonly root: HTMLElement;
  private readonly figures = new Map<Figure, HTMLElement>();
  private readonly owner = element("span", "worth-owner");

  constructor() {
    const list = element("dl", "figures");
    for (const [name, label] of Object.entries(kLabels) as [Figure, string][]) {
      const value = element("dd", name === "equity" ? "figure-main" : "");
      this.figures.set(name, value);
      list.append(build("div", {}, element("dt", "", label), value));
    }
    this.root = build("section", { class: "panel worth-panel", "aria-label": "Worth" }, list, this.owner);
  }

  render(worth: Worth, currency: string, owner: string): void {
    setText(this.owner, owner);
    this.show("equity", `${format.money(money(worth.equity))} ${currency}`);
    this.show("cash", format.money(money(worth.cash)));
    this.show("holdings", format.money(money(worth.holdings)));
    this.showChange("unrealized", worth.unrealized);
    this.showChange("realized", worth.realized);
    const rate = format.percent(worth.unrealized, worth.cost);
    this.show("return", rate ?? format.kUnknown);
    this.direct("return", rate === null ? 0n : worth.unrealized.units);
  }

  private showChange(figure: Figure, amount: Decimal): void {
    this.show(figure, format.signedMoney(money(amount)));
    this.direct(figure, amount.units);
  }

  private show(figure: Figure, text: string): void {
    setText(this.figures.get(figure) as HTMLElement, text);
  }

  private direct(figure: Figure, units: bigint): void {
    (this.figures.get(figure) as HTMLElement).dataset["direction"] = units > 0n ? "up" : units < 0n ? "down" : "none";
  }
}
