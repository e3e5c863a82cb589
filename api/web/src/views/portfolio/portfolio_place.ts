// The page of one's own: worth and how it came about, what it is made of, positions, settlements, the ledger. Sums follow the
// account as it changes; history and ledger are read on entering and while they are looked at.

import type { AccountModel } from "../../model/account";
import type { Directory } from "../../model/directory";
import { Portfolio, type HistoryInterval } from "../../model/portfolio";
import type { RestClient } from "../../wire/rest";
import { build, element, need, oncePerFrame } from "../dom";
import type { PlaceView } from "../places";
import { ActivitiesView } from "./activities_view";
import { AllocationView } from "./allocation_view";
import { PositionsView } from "./positions_view";
import { SettlementsView } from "./settlements_view";
import { WorthChart } from "./worth_chart";
import { WorthView } from "./worth_view";

const kReloadMs = 10_000;

export class PortfolioPlace implements PlaceView {
  private readonly portfolio: Portfolio;
  private readonly schedule = oncePerFrame(() => this.render());
  private readonly worth = new WorthView();
  private readonly chart = new WorthChart();
  private readonly allocation = new AllocationView();
  private readonly positions = new PositionsView();
  private readonly settlements: SettlementsView;
  private readonly activities = new ActivitiesView();
  private readonly currencies = build("select", { "aria-label": "Currency" });
  private readonly signedOut = element("p", "empty", "Sign in to see your portfolio.");
  private readonly content: HTMLElement;
  private interval: HistoryInterval = "1h";
  private timer: ReturnType<typeof setInterval> | null = null;

  constructor(
    rest: RestClient,
    private readonly account: AccountModel,
    directory: Directory,
  ) {
    this.portfolio = new Portfolio(rest, account, () => directory.securities);
    this.settlements = new SettlementsView(this.portfolio);
    this.currencies.addEventListener("change", this.schedule);
    this.chart.onInterval = (interval) => {
      this.interval = interval;
      void this.portfolio.load(interval);
    };
    this.worth.root.prepend(this.currencies);
    const views = [this.worth, this.chart, this.allocation, this.positions, this.settlements, this.activities];
    this.content = build("div", { class: "portfolio-grid" }, ...views.map((view) => view.root));
    need("portfolio").append(this.signedOut, this.content);
    account.balancesChanged.on(this.schedule);
    this.portfolio.loaded.on(this.schedule);
    account.fillsChanged.on(() => this.timer !== null && void this.portfolio.load(this.interval));
  }

  enter(): void {
    void this.portfolio.load(this.interval);
    this.timer ??= setInterval(() => {
      void this.account.refresh();
      void this.portfolio.load(this.interval);
    }, kReloadMs);
    this.schedule();
  }

  leave(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  private render(): void {
    const isSignedIn = this.account.account !== null;
    this.signedOut.hidden = isSignedIn;
    this.content.hidden = !isSignedIn;
    if (!isSignedIn) return;
    const currency = this.chooseCurrency();
    const worth = this.portfolio.worthIn(currency);
    this.worth.render(worth, currency, this.account.account?.name ?? "");
    this.chart.render(this.portfolio.pointsIn(currency), worth);
    this.allocation.render(worth, this.portfolio.holdingsIn(currency), currency);
    this.positions.render(this.account.holdings);
    this.settlements.render(this.portfolio.settlements);
    this.activities.render(this.portfolio.activities);
  }

  private chooseCurrency(): string {
    const { currencies } = this.portfolio;
    const shown = [...this.currencies.options].map((option) => option.value);
    if (shown.join() !== currencies.join())
      this.currencies.replaceChildren(...currencies.map((currency) => build("option", { value: currency }, currency)));
    this.currencies.hidden = currencies.length < 2;
    return this.currencies.value || (currencies[0] ?? "");
  }
}
