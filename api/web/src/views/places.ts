// The three pages in one: trade, portfolio, operate. What is behind the last two is loaded when somebody first goes there, and
// told when it comes into view and leaves it. On a phone the trading page is itself cut into tabs.

import { replaceAddress } from "./address";
import { need, setText } from "./dom";

export type Place = "trade" | "portfolio" | "operate";

// A page that works only while it is looked at.
export interface PlaceView {
  enter(): void;
  leave(): void;
}

const kTitles: Record<Place, string> = { trade: "Trade", portfolio: "Portfolio", operate: "Operate" };

export class Places {
  place: Place = "trade";
  private readonly views = new Map<Place, Promise<PlaceView>>();
  private wanted: string;
  private readonly allowed = new Set<Place>(["trade", "portfolio"]);

  constructor(
    private readonly loaders: Record<"portfolio" | "operate", () => Promise<PlaceView>>,
    initial: string,
  ) {
    this.wanted = initial;
    for (const button of need("places").querySelectorAll<HTMLElement>("button"))
      button.addEventListener("click", () => this.go(button.dataset["place"] as Place));
    for (const button of document.querySelectorAll<HTMLElement>(".phone-tabs button"))
      button.addEventListener("click", () => this.goTab(button.dataset["tab"] ?? "market"));
    if (initial === "portfolio") this.go("portfolio");
  }

  // Nobody sees a place where there is nothing for them to do; the server decides anyway.
  allow(place: "portfolio" | "operate", isAllowed: boolean): void {
    if (isAllowed) this.allowed.add(place);
    else this.allowed.delete(place);
    for (const button of document.querySelectorAll<HTMLElement>(`button:is([data-place=${place}], [data-tab=${place}])`))
      button.hidden = !isAllowed;
    if (isAllowed && this.wanted === place) this.go(place);
    else if (!isAllowed && this.place === place) this.go("trade");
  }

  go(place: Place): void {
    if (!this.allowed.has(place)) return;
    this.wanted = place;
    if (place === this.place) return;
    const left = this.place;
    this.place = place;
    document.body.dataset["place"] = place;
    for (const name of ["trade", "portfolio", "operate"] as const) need(name).hidden = name !== place;
    markCurrent("#places button", "place", place);
    this.markTab();
    setText(need("place-title"), kTitles[place]);
    replaceAddress({ place: place === "trade" ? null : place });
    void this.views.get(left)?.then((view) => this.place !== left && view.leave());
    void this.view(place)?.then((view) => this.place === place && view.enter());
  }

  // One part of the trading page, or one of the others, as the bar at the bottom of a phone has them.
  goTab(tab: string): void {
    if (tab === "portfolio" || tab === "operate") return this.go(tab);
    document.body.dataset["tab"] = tab;
    this.go("trade");
    this.markTab();
  }

  private markTab(): void {
    markCurrent(".phone-tabs button", "tab", this.place === "trade" ? (document.body.dataset["tab"] ?? "") : this.place);
  }

  private view(place: Place): Promise<PlaceView> | undefined {
    if (place === "trade") return undefined;
    const known = this.views.get(place);
    if (known !== undefined) return known;
    const loading = this.loaders[place]();
    this.views.set(place, loading);
    return loading;
  }
}

function markCurrent(selector: string, name: string, value: string): void {
  for (const button of document.querySelectorAll<HTMLElement>(selector))
    if (button.dataset[name] === value) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
}
