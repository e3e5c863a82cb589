// Which of the two pictures the chart panel shows.

import type { DepthView } from "./depth_view";
import { need } from "./dom";

export class ChartKind {
  private readonly candles = document.querySelector<HTMLInputElement>("[name=chart-kind][value=candles]") as HTMLInputElement;
  private readonly depth = document.querySelector<HTMLInputElement>("[name=chart-kind][value=depth]") as HTMLInputElement;

  constructor(private readonly view: DepthView) {
    for (const input of [this.candles, this.depth]) input.addEventListener("change", () => this.apply());
    this.apply();
  }

  toggle(): void {
    (this.depth.checked ? this.candles : this.depth).checked = true;
    this.apply();
  }

  private apply(): void {
    const isDepth = this.depth.checked;
    for (const id of ["chart", "chart-legend", "intervals"]) need(id).hidden = isDepth;
    this.view.setVisible(isDepth);
  }
}
