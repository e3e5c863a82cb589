// The newest lines of the ledger.

import type { Activity } from "../../wire/messages";
import { build, element, panel, table } from "../dom";
import * as format from "../format";

export class ActivitiesView {
  readonly root: HTMLElement;
  private readonly body: HTMLElement;
  private readonly empty = element("p", "empty", "The ledger is empty.");

  constructor() {
    const { root, body } = table("activities-table", ["Time", "What", "Symbol", "#Quantity", "#Amount"]);
    this.body = body;
    const scroll = build("div", { class: "table-view", tabindex: "0", role: "group", "aria-label": "Ledger" }, root, this.empty);
    this.root = panel("activities-panel", "Ledger", [scroll]);
  }

  render(activities: readonly Activity[]): void {
    this.body.replaceChildren(...activities.map(row));
    this.empty.hidden = activities.length > 0;
  }
}

function row(activity: Activity): HTMLElement {
  const amount = activity.amount === null ? "" : `${format.signedMoney(activity.amount)} ${activity.currency ?? ""}`;
  return build(
    "tr",
    {},
    build(
      "td",
      { class: "time", title: `event ${activity.event_seq}` },
      `${format.day(activity.time)} ${format.clock(activity.time)}`,
    ),
    element("td", "", format.capitalised(format.words(activity.type))),
    element("td", "symbol", activity.symbol ?? ""),
    element("td", "number", activity.quantity === null ? "" : format.quantity(activity.quantity).replace("-", "−")),
    element("td", "number", amount),
  );
}
