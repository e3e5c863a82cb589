// How the worth came about: equity, or profit and loss, at the end of each hour or day, and now.

import {
  AreaSeries,
  BaselineSeries,
  createChart,
  type IChartApi,
  type ISeriesApi,
  type SingleValueData,
  type UTCTimestamp,
} from "lightweight-charts";
import type { HistoryInterval, Worth, WorthPoint } from "../../model/portfolio";
import { add } from "../../model/decimal";
import { build, element, panel } from "../dom";
import { asNumber } from "../format";
import { themeChanged, themeColor } from "../theme";

type Kind = "equity" | "pnl";

const kWhole = { type: "price", precision: 0, minMove: 1 } as const;

export class WorthChart {
  onInterval: (interval: HistoryInterval) => void = () => {};
  readonly root: HTMLElement;
  private readonly container = element("div", "chart");
  private readonly chart: IChartApi;
  private readonly area: ISeriesApi<"Area">;
  private readonly baseline: ISeriesApi<"Baseline">;
  private kind: Kind = "equity";
  private points: WorthPoint[] = [];
  private framed = 0;

  constructor() {
    const kinds = choice("worth-kind", { equity: "Equity", pnl: "P&L" }, (kind) => {
      this.kind = kind;
      this.framed = 0;
      this.draw();
    });
    const intervals = choice("worth-interval", { "1h": "Hours", "1d": "Days" }, (interval) => {
      this.framed = 0;
      this.onInterval(interval);
    });
    this.root = panel("worth-chart-panel", "Performance", [this.container], kinds, intervals);
    this.chart = createChart(this.container, { autoSize: true, handleScale: false });
    this.area = this.chart.addSeries(AreaSeries, { lineWidth: 2, priceLineVisible: false, priceFormat: kWhole });
    this.baseline = this.chart.addSeries(BaselineSeries, {
      baseValue: { type: "price", price: 0 },
      lineWidth: 2,
      priceLineVisible: false,
      priceFormat: kWhole,
    });
    this.applyTheme();
    themeChanged.on(() => this.applyTheme());
  }

  render(history: readonly WorthPoint[], now: Worth): void {
    const time = Math.floor(Date.now() / 1000);
    const live = { time, equity: asNumber(now.equity), pnl: asNumber(add(now.unrealized, now.realized)) };
    const past = history.filter((point) => point.time < time);
    // Before the first hour is over there is nothing but now: a level line says so better than a dot.
    this.points = past.length > 0 ? [...past, live] : [{ ...live, time: time - 3600 }, live];
    this.draw();
  }

  private draw(): void {
    const data = this.points.map((point): SingleValueData<UTCTimestamp> => {
      return { time: point.time as UTCTimestamp, value: point[this.kind] };
    });
    this.area.setData(this.kind === "equity" ? data : []);
    this.baseline.setData(this.kind === "pnl" ? data : []);
    if (this.framed !== data.length) this.chart.timeScale().fitContent();
    this.framed = data.length;
  }

  private applyTheme(): void {
    const grid = { color: themeColor("--chart-grid") };
    this.chart.applyOptions({
      layout: {
        background: { color: "transparent" },
        textColor: themeColor("--muted"),
        fontSize: 11,
        fontFamily: getComputedStyle(document.body).fontFamily,
      },
      grid: { vertLines: { visible: false }, horzLines: grid },
      rightPriceScale: { borderVisible: false },
      timeScale: { borderVisible: false, timeVisible: true, secondsVisible: false },
      localization: { priceFormatter: (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 0 }) },
    });
    const [up, down, accent] = ["--buy", "--sell", "--accent"].map(themeColor) as [string, string, string];
    const clear = "rgba(0, 0, 0, 0)";
    this.area.applyOptions({ lineColor: accent, topColor: themeColor("--accent-wash"), bottomColor: clear });
    this.baseline.applyOptions({
      topLineColor: up,
      topFillColor1: themeColor("--buy-wash"),
      topFillColor2: clear,
      bottomLineColor: down,
      bottomFillColor1: clear,
      bottomFillColor2: themeColor("--sell-wash"),
    });
  }
}

// A row of radio buttons, the first one chosen.
function choice<T extends string>(name: string, labels: Record<T, string>, chosen: (value: T) => void): HTMLElement {
  const group = build("div", { class: "segments small", role: "radiogroup", "aria-label": name.replace("-", " ") });
  for (const [value, label] of Object.entries(labels) as [T, string][]) {
    const input = build("input", { type: "radio", name, value });
    input.checked = group.childElementCount === 0;
    input.addEventListener("change", () => chosen(value));
    group.append(build("label", {}, input, element("span", "", label)));
  }
  return group;
}
