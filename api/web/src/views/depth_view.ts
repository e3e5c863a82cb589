// The market's depth: what could be bought up to each price and sold down to it, as two stairs that meet at the spread.
// Drawn on a canvas at most once per frame, and only while it is looked at. Floating point: these numbers are only drawn.

import type { Market } from "../model/market";
import type { BookLevel } from "../wire/messages";
import { need, oncePerFrame, setText } from "./dom";
import * as format from "./format";
import { themeChanged, themeColor } from "./theme";

interface Step {
  price: number;
  total: number;
}

const kLeft = 8;
const kRight = 64; // room for the scale of quantities
const kTop = 16;
const kBottom = 26; // room for the scale of prices

export class DepthView {
  private readonly canvas = need<HTMLCanvasElement>("depth");
  private readonly legend = need("depth-legend");
  private readonly schedule = oncePerFrame(() => this.draw());
  private market: Market | null = null;
  private leave: () => void = () => {};
  private pointer: number | null = null;

  constructor() {
    new ResizeObserver(this.schedule).observe(this.canvas);
    themeChanged.on(this.schedule);
    this.canvas.addEventListener("pointermove", (event) => this.point(event.offsetX));
    this.canvas.addEventListener("pointerleave", () => this.point(null));
  }

  show(market: Market): void {
    this.leave();
    this.market = market;
    this.leave = market.feed.changed.on(this.schedule);
    this.schedule();
  }

  setVisible(isVisible: boolean): void {
    this.canvas.hidden = !isVisible;
    this.legend.hidden = !isVisible;
    this.schedule();
  }

  private point(x: number | null): void {
    this.pointer = x;
    this.schedule();
  }

  private draw(): void {
    const { canvas, market } = this;
    if (canvas.hidden || market === null) return;
    const { clientWidth: width, clientHeight: height } = canvas;
    const scale = devicePixelRatio;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext("2d");
    if (context === null || width < 80) return;
    context.scale(scale, scale);
    const bids = stairs(market.feed.book.bids);
    const asks = stairs(market.feed.book.asks);
    const plot = makePlot(bids, asks, width, height);
    context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
    if (plot === null) {
      setText(this.legend, "No orders on one side");
      return;
    }
    drawScales(context, plot, market.security.price_scale);
    drawSide(context, plot, bids, "--buy", "--buy-wash");
    drawSide(context, plot, asks, "--sell", "--sell-wash");
    this.drawPointer(context, plot, bids, asks, market.security.price_scale);
  }

  private drawPointer(
    context: CanvasRenderingContext2D,
    plot: Plot,
    bids: readonly Step[],
    asks: readonly Step[],
    digits: number,
  ): void {
    const bestBid = bids[0] as Step;
    const bestAsk = asks[0] as Step;
    if (this.pointer === null) {
      const [bid, ask] = [bids, asks].map((side) => format.compact(String(Math.round((side.at(-1) as Step).total))));
      setText(this.legend, `${bid} bid · ${ask} offered within what is shown`);
      return;
    }
    const price = plot.low + ((this.pointer - kLeft) / (plot.width - kLeft - kRight)) * (plot.high - plot.low);
    const isBid = price < (bestBid.price + bestAsk.price) / 2;
    const side = isBid ? bids : asks;
    const reached = side.filter((step) => (isBid ? step.price >= price : step.price <= price)).at(-1);
    context.strokeStyle = themeColor("--muted");
    context.setLineDash([3, 3]);
    line(context, this.pointer, kTop, this.pointer, plot.height - kBottom);
    context.setLineDash([]);
    const total = reached === undefined ? "nothing" : format.compact(String(Number(reached.total.toFixed(4))));
    setText(this.legend, `${total} ${isBid ? "bid down to" : "offered up to"} ${price.toFixed(digits)}`);
    if (reached === undefined) return;
    context.fillStyle = themeColor(isBid ? "--buy" : "--sell");
    context.beginPath();
    context.arc(this.pointer, plot.y(reached.total), 3.5, 0, 2 * Math.PI);
    context.fill();
  }
}

interface Plot {
  low: number;
  high: number;
  most: number;
  width: number;
  height: number;
  x: (price: number) => number;
  y: (total: number) => number;
}

function stairs(levels: readonly BookLevel[]): Step[] {
  let total = 0;
  return levels.map((level) => ({ price: Number(level.price), total: (total += Number(level.qty)) }));
}

// The same distance to both sides of the middle, so that the picture does not lean.
function makePlot(bids: readonly Step[], asks: readonly Step[], width: number, height: number): Plot | null {
  const bid = bids[0]?.price;
  const ask = asks[0]?.price;
  if (bid === undefined || ask === undefined) return null;
  const middle = (bid + ask) / 2;
  const nearer = Math.min(middle - (bids.at(-1) as Step).price, (asks.at(-1) as Step).price - middle);
  const reach = Math.max(0.985 * nearer, ask - bid); // so that the last stair has a tread
  const [low, high] = [middle - reach, middle + reach];
  const inside = (step: Step) => step.price >= low && step.price <= high;
  const most = 1.08 * Math.max(...[bids, asks].map((side) => side.filter(inside).at(-1)?.total ?? 0), 1e-9);
  const x = (price: number) => kLeft + ((price - low) / (high - low)) * (width - kLeft - kRight);
  const y = (total: number) => height - kBottom - (total / most) * (height - kTop - kBottom);
  return { low, high, most, width, height, x, y };
}

function drawSide(context: CanvasRenderingContext2D, plot: Plot, steps: readonly Step[], edge: string, fill: string): void {
  const floor = plot.height - kBottom;
  const right = plot.width - kRight;
  const clamp = (x: number) => Math.min(Math.max(x, kLeft), right);
  const outwards = steps[0] !== undefined && (steps.at(-1) as Step).price < steps[0].price ? kLeft : right;
  context.beginPath();
  context.moveTo(clamp(plot.x((steps[0] as Step).price)), floor);
  let last = floor;
  for (const step of steps) {
    const x = clamp(plot.x(step.price));
    context.lineTo(x, last);
    if (step.price < plot.low || step.price > plot.high) break;
    last = plot.y(step.total);
    context.lineTo(x, last);
  }
  context.lineTo(outwards, last);
  context.strokeStyle = themeColor(edge);
  context.lineWidth = 1.6;
  context.stroke();
  context.lineTo(outwards, floor);
  context.closePath();
  context.fillStyle = themeColor(fill);
  context.fill();
  context.lineWidth = 1;
}

function drawScales(context: CanvasRenderingContext2D, plot: Plot, digits: number): void {
  const { width, height } = plot;
  context.strokeStyle = themeColor("--chart-grid");
  context.fillStyle = themeColor("--muted");
  context.textBaseline = "middle";
  for (const total of ticks(0, plot.most, 5)) {
    if (total === 0) continue;
    line(context, kLeft, plot.y(total), width - kRight, plot.y(total));
    context.fillText(format.compact(String(Number(total.toPrecision(6)))), width - kRight + 8, plot.y(total));
  }
  context.textAlign = "center";
  for (const price of ticks(plot.low, plot.high, Math.max(3, Math.floor(width / 120)))) {
    line(context, plot.x(price), kTop, plot.x(price), height - kBottom);
    context.fillText(price.toFixed(digits), plot.x(price), height - kBottom / 2);
  }
  context.textAlign = "start";
}

// Round numbers between two others, about `count` of them.
function ticks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const result: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) result.push(tick);
  return result;
}

function line(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  context.beginPath();
  context.moveTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
  context.lineTo(Math.round(x2) + 0.5, Math.round(y2) + 0.5);
  context.stroke();
}
