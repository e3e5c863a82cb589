// The server in figures, and how the log grew in the last two minutes.

import type { Operator } from "../../model/operator";
import { build, element, setText } from "../dom";
import * as format from "../format";
import { themeColor } from "../theme";

type Figure = "market" | "eventSeq" | "rate" | "undurable" | "queue" | "connections" | "epoch" | "outages";

const kLabels: Record<Figure, string> = {
  market: "Market",
  eventSeq: "event_seq",
  rate: "Events per second",
  undurable: "Not durable yet",
  queue: "Commands waiting",
  connections: "Connections",
  epoch: "Epoch",
  outages: "Store outages",
};

export class FiguresView {
  readonly root: HTMLElement;
  private readonly figures = new Map<Figure, HTMLElement>();
  private readonly canvas = build("canvas", {
    class: "growth",
    role: "img",
    "aria-label": "Growth of the log, events per second",
  });

  constructor(private readonly operator: Operator) {
    const list = element("dl", "figures");
    for (const [name, label] of Object.entries(kLabels) as [Figure, string][]) {
      const value = element("dd");
      this.figures.set(name, value);
      list.append(build("div", { "data-figure": name }, element("dt", "", label), value));
    }
    this.root = build("section", { class: "panel figures-panel", "aria-label": "Server" }, list, this.canvas);
  }

  render(): void {
    const { status } = this.operator;
    const rate = this.operator.rate();
    const state = status === null ? "no answer" : status.status === "open" ? status.market.trading_state : "read only";
    this.show("market", format.capitalised(format.words(state)));
    (this.figures.get("market") as HTMLElement).dataset["direction"] = state === "open" ? "up" : "down";
    this.show("eventSeq", count(status?.event_seq));
    this.show("rate", rate === null ? format.kUnknown : count(Math.round(rate)));
    this.show("undurable", count(status === null ? undefined : status.event_seq - status.durable_seq));
    this.show("queue", count(status?.queued_commands));
    this.show("connections", count(status?.connections));
    this.show("epoch", count(status?.epoch));
    this.show("outages", count(status?.store_outages));
    this.draw();
  }

  private show(figure: Figure, text: string): void {
    setText(this.figures.get(figure) as HTMLElement, text);
  }

  private draw(): void {
    const { canvas } = this;
    const { clientWidth: width, clientHeight: height } = canvas;
    const { samples } = this.operator;
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    const context = canvas.getContext("2d");
    if (context === null || samples.length < 3) return;
    context.scale(devicePixelRatio, devicePixelRatio);
    const rates = samples.slice(1).map((sample, index) => {
      const before = samples[index] ?? sample;
      return sample.at === before.at ? 0 : ((sample.eventSeq - before.eventSeq) * 1000) / (sample.at - before.at);
    });
    const most = Math.max(...rates, 1);
    context.beginPath();
    rates.forEach((rate, index) => {
      const x = width - (rates.length - 1 - index) * (width / 118);
      context.lineTo(x, height - 3 - (rate / most) * (height - 8));
    });
    context.strokeStyle = themeColor("--accent");
    context.lineWidth = 1.6;
    context.stroke();
    context.lineTo(width, height);
    context.lineTo(width - (rates.length - 1) * (width / 118), height);
    context.fillStyle = themeColor("--accent-wash");
    context.fill();
  }
}

function count(value: number | undefined): string {
  return value === undefined ? format.kUnknown : format.quantity(String(value));
}
