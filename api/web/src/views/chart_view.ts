// Candles with volume below, drawn by TradingView Lightweight Charts. Times are UTC, as everywhere on the page.

import {
  CandlestickSeries,
  createChart,
  CrosshairMode,
  HistogramSeries,
  type CandlestickData,
  type HistogramData,
  type IChartApi,
  type ISeriesApi,
  type MouseEventParams,
  type UTCTimestamp,
} from "lightweight-charts";
import { kIntervals, type ChartCandle, type Interval } from "../model/candle_series";
import type { Market } from "../model/market";
import { element, need, oncePerFrame } from "./dom";
import { groupThousands } from "../model/decimal";
import { themeChanged, themeColor } from "./theme";

const kVisibleCandles = 120;

export class ChartView {
  onInterval: (interval: Interval) => void = () => {};
  private readonly container = need("chart");
  private readonly legend = need("chart-legend");
  private readonly empty = need("chart-empty");
  private readonly chart: IChartApi;
  private readonly candles: ISeriesApi<"Candlestick">;
  private readonly volume: ISeriesApi<"Histogram">;
  private readonly flushChanges = oncePerFrame(() => this.drawChanges());
  private readonly changed = new Map<number, ChartCandle>();
  private market: Market | null = null;
  private volumeColors = { up: "", down: "" };
  private hovered: number | null = null;
  private framed = false; // the visible range has been set for what is on screen

  constructor(initial: Interval) {
    this.chart = createChart(this.container, { autoSize: true, crosshair: { mode: CrosshairMode.Normal } });
    this.candles = this.chart.addSeries(CandlestickSeries, { borderVisible: false });
    this.volume = this.chart.addSeries(HistogramSeries, {
      priceScaleId: "volume",
      priceFormat: { type: "volume" },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.candles.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.26 } });
    this.volume.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    this.chart.subscribeCrosshairMove((event) => this.hover(event));
    this.applyTheme();
    themeChanged.on(() => this.applyTheme());
    this.makeIntervals(initial);
  }

  show(market: Market): void {
    this.market = market;
    this.framed = false;
    const { price_scale: precision, tick_size: tick } = market.security;
    this.candles.applyOptions({ priceFormat: { type: "price", precision, minMove: Number(tick) } });
    market.candlesLoaded.on(() => market === this.market && this.drawAll());
    market.candleChanged.on((candle) => {
      if (market !== this.market) return;
      this.changed.set(candle.time, candle);
      this.flushChanges();
    });
    this.drawAll();
  }

  // The interval has changed: what comes next is another chart.
  restart(): void {
    this.framed = false;
    this.drawAll();
  }

  private drawAll(): void {
    const series = this.market?.candles;
    if (series === undefined) return;
    this.changed.clear();
    this.candles.setData(series.candles.map(candleData));
    this.volume.setData(series.candles.map((candle) => this.volumeData(candle)));
    this.chart.timeScale().applyOptions({ timeVisible: series.interval.seconds < 86400, secondsVisible: false });
    this.empty.hidden = series.candles.length > 0;
    if (!this.framed && series.candles.length > 0) {
      this.framed = true;
      const count = series.candles.length;
      this.chart
        .timeScale()
        .setVisibleLogicalRange({ from: Math.max(count - kVisibleCandles, count < 40 ? count - 60 : 0), to: count + 4 });
    }
    this.renderLegend();
  }

  private drawChanges(): void {
    for (const candle of [...this.changed.values()].sort((a, b) => a.time - b.time)) {
      this.candles.update(candleData(candle));
      this.volume.update(this.volumeData(candle));
    }
    if (this.changed.size > 0) this.empty.hidden = true;
    this.changed.clear();
    this.renderLegend();
  }

  private hover(event: MouseEventParams): void {
    this.hovered = typeof event.time === "number" ? event.time : null;
    this.renderLegend();
  }

  private renderLegend(): void {
    const candles = this.market?.candles.candles ?? [];
    const candle = (this.hovered !== null && candles.find((c) => c.time === this.hovered)) || candles[candles.length - 1];
    this.legend.replaceChildren();
    if (candle === undefined) return;
    const scale = this.market?.security.price_scale ?? 2;
    const rising = candle.close >= candle.open;
    for (const [label, value] of [
      ["O", candle.open],
      ["H", candle.high],
      ["L", candle.low],
      ["C", candle.close],
    ] as const) {
      const figure = element("b", rising ? "up" : "down", groupThousands(value.toFixed(scale)));
      this.legend.append(element("span", "", label), figure);
    }
    this.legend.append(element("span", "", "V"), element("b", "", groupThousands(String(Number(candle.volume.toPrecision(9))))));
  }

  private makeIntervals(initial: Interval): void {
    const group = need("intervals");
    for (const interval of kIntervals) {
      const label = element("label");
      const input = element("input");
      input.type = "radio";
      input.name = "interval";
      input.checked = interval === initial;
      input.addEventListener("change", () => this.onInterval(interval));
      label.append(input, element("span", "", interval.label));
      group.append(label);
    }
  }

  private volumeData(candle: ChartCandle): HistogramData<UTCTimestamp> {
    const color = candle.close >= candle.open ? this.volumeColors.up : this.volumeColors.down;
    return { time: candle.time as UTCTimestamp, value: candle.volume, color };
  }

  private applyTheme(): void {
    const up = themeColor("--buy");
    const down = themeColor("--sell");
    const line = themeColor("--chart-grid");
    const cross = { color: themeColor("--muted"), labelBackgroundColor: themeColor("--raised-strong") };
    this.chart.applyOptions({
      layout: {
        background: { color: "transparent" },
        textColor: themeColor("--muted"),
        fontSize: 11,
        fontFamily: getComputedStyle(document.body).fontFamily,
        attributionLogo: true,
      },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderVisible: false },
      timeScale: { borderVisible: false, rightOffset: 4 },
      crosshair: { vertLine: cross, horzLine: cross },
    });
    this.volumeColors = { up: themeColor("--volume-up"), down: themeColor("--volume-down") };
    this.candles.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down });
    this.drawAll();
  }
}

function candleData(candle: ChartCandle): CandlestickData<UTCTimestamp> {
  const { time, open, high, low, close } = candle;
  return { time: time as UTCTimestamp, open, high, low, close };
}
