// What the equity is made of: a ring, and the same as a list that can be read.

import { decimal, divideFloor, formatDecimal, isPositive, type Decimal } from "../../model/decimal";
import type { Worth } from "../../model/portfolio";
import type { Holding } from "../../wire/messages";
import { build, element, panel } from "../dom";
import * as format from "../format";

interface Slice {
  name: string;
  value: Decimal;
}

const kRadius = 42;
const kAround = 2 * Math.PI * kRadius;
const kColors = 8; // --slice-0 and so on in the style sheet; what comes after the last of them is one slice
const kSvg = "http://www.w3.org/2000/svg";

export class AllocationView {
  readonly root: HTMLElement;
  private readonly ring = document.createElementNS(kSvg, "svg");
  private readonly list = element("ul", "allocation-list");

  constructor() {
    this.ring.setAttribute("viewBox", "0 0 120 120");
    this.ring.setAttribute("class", "allocation-ring");
    this.ring.setAttribute("aria-hidden", "true");
    this.root = panel("allocation-panel", "Allocation", [build("div", { class: "allocation" }, this.ring, this.list)]);
  }

  render(worth: Worth, holdings: readonly Holding[], currency: string): void {
    const slices = slicesOf(worth, holdings, currency);
    const whole = slices.reduce((total, slice) => total + format.asNumber(slice.value), 0);
    let start = 0;
    this.ring.replaceChildren(
      ...slices.map((slice, index) => {
        const part = whole > 0 ? format.asNumber(slice.value) / whole : 0;
        const arc = makeArc(index, start, part);
        start += part;
        return arc;
      }),
    );
    this.list.replaceChildren(...slices.map((slice, index) => this.row(slice, index, worth.equity)));
  }

  private row(slice: Slice, index: number, equity: Decimal): HTMLElement {
    const swatch = element("span", "swatch");
    swatch.style.background = `var(--slice-${index})`;
    const tenths = isPositive(equity)
      ? divideFloor({ units: slice.value.units * 100n, scale: slice.value.scale }, equity, 1)
      : null;
    return build(
      "li",
      {},
      swatch,
      element("span", "allocation-name", slice.name),
      element("span", "allocation-value", format.compact(formatDecimal(slice.value))),
      element("span", "allocation-share", tenths === null ? format.kUnknown : `${formatDecimal(tenths)}%`),
    );
  }
}

function slicesOf(worth: Worth, holdings: readonly Holding[], currency: string): Slice[] {
  const all: Slice[] = [{ name: `${currency} cash`, value: worth.cash }];
  for (const holding of holdings) {
    const known = all.find((slice) => slice.name === holding.symbol);
    const value = decimal(holding.market_value ?? "0");
    if (known === undefined) all.push({ name: holding.symbol, value });
    else known.value = { units: known.value.units + value.units, scale: value.scale };
  }
  const sorted = all
    .filter((slice) => isPositive(slice.value))
    .sort((a, b) => format.asNumber(b.value) - format.asNumber(a.value));
  if (sorted.length <= kColors) return sorted;
  const rest = sorted.slice(kColors - 1).reduce((total, slice) => total + format.asNumber(slice.value), 0);
  return [...sorted.slice(0, kColors - 1), { name: "Others", value: { units: BigInt(Math.round(rest)), scale: 0 } }];
}

function makeArc(index: number, start: number, part: number): SVGElement {
  const arc = document.createElementNS(kSvg, "circle");
  const gap = part < 1 ? 1.5 : 0;
  for (const [name, value] of Object.entries({
    cx: "60",
    cy: "60",
    r: String(kRadius),
    fill: "none",
    "stroke-width": "17",
    "stroke-dasharray": `${Math.max(0.5, part * kAround - gap)} ${kAround}`,
    "stroke-dashoffset": String(-start * kAround),
    transform: "rotate(-90 60 60)",
  }))
    arc.setAttribute(name, value);
  arc.style.stroke = `var(--slice-${index})`;
  return arc;
}
