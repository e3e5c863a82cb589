// The operator's page: the server and its log in figures, the read models, the events, the past, and the switch of the market.

import type { Directory } from "../../model/directory";
import { Operator } from "../../model/operator";
import type { RestClient } from "../../wire/rest";
import { build, need, oncePerFrame } from "../dom";
import type { PlaceView } from "../places";
import { Confirm } from "./confirm";
import { EventDetailView } from "./event_detail_view";
import { EventsView } from "./events_view";
import { FiguresView } from "./figures_view";
import { MarketControlView } from "./market_control_view";
import { PastView } from "./past_view";
import { ProjectionsView } from "./projections_view";

export class OperatePlace implements PlaceView {
  private readonly operator: Operator;
  private readonly events: EventsView;

  constructor(rest: RestClient, directory: Directory) {
    this.operator = new Operator(rest);
    const head = () => this.operator.status?.event_seq ?? 0;
    const place = need("operate");
    const confirm = new Confirm(place);
    const figures = new FiguresView(this.operator);
    const projections = new ProjectionsView(this.operator, confirm);
    const control = new MarketControlView(this.operator, confirm);
    const past = new PastView(rest, directory, head);
    const detail = new EventDetailView(rest, directory);
    this.events = new EventsView(rest, head);
    this.events.onChoose = (event) => void detail.show(event);
    detail.onLookFor = (text) => this.events.lookFor(text);
    detail.onShowMarket = (symbol, seq) => past.show(symbol, seq);
    const grid = build("div", { class: "operate-grid" });
    grid.append(...[figures, projections, control, this.events, detail, past].map((view) => view.root));
    place.append(grid);
    const rendered = [figures, projections, control, past];
    this.operator.changed.on(
      oncePerFrame(() => {
        for (const view of rendered) view.render();
        if (head() > 0) this.events.enter();
      }),
    );
  }

  enter(): void {
    this.operator.start();
  }

  leave(): void {
    this.operator.stop();
    this.events.leave();
  }
}
