// The caller's worth: what cash and holdings add up to now, how it came there hour by hour, what has still to settle, and the
// ledger. Sums are exact; per currency, because nothing here converts one into another.

import type { AccountModel } from "./account";
import { add, decimal, formatDecimal, withScale, type Decimal } from "./decimal";
import { Emitter } from "./emitter";
import type { RestClient } from "../wire/rest";
import type { Activity, Holding, Page, PortfolioPoint, Security, Settlement, TradeRecord } from "../wire/messages";

export type HistoryInterval = "1h" | "1d";

export interface Worth {
  cash: Decimal;
  holdings: Decimal;
  equity: Decimal;
  cost: Decimal;
  unrealized: Decimal;
  realized: Decimal;
}

export interface WorthPoint {
  time: number; // seconds since the epoch
  equity: number; // drawn only
  pnl: number;
}

const kZero: Decimal = { units: 0n, scale: 0 };
const kShownSettlements = "50";
const kShownActivities = "60";

export class Portfolio {
  history: PortfolioPoint[] = [];
  settlements: Settlement[] = [];
  activities: Activity[] = [];
  readonly loaded = new Emitter();

  constructor(
    private readonly rest: RestClient,
    private readonly account: AccountModel,
    private readonly securities: () => ReadonlyMap<string, Security>,
  ) {}

  // Of cash and holdings, the first one first.
  get currencies(): string[] {
    const all = [
      ...this.account.cash.map((balance) => balance.currency),
      ...this.account.holdings.map((h) => this.currencyOf(h)),
    ];
    return [...new Set(all.filter((currency) => currency !== ""))];
  }

  holdingsIn(currency: string): Holding[] {
    return this.account.holdings.filter((holding) => this.currencyOf(holding) === currency);
  }

  worthIn(currency: string): Worth {
    const cash = sum(this.account.cash.filter((balance) => balance.currency === currency).map((balance) => balance.total));
    const held = this.holdingsIn(currency);
    const holdings = sum(held.map((holding) => holding.market_value));
    return {
      cash,
      holdings,
      equity: add(cash, holdings),
      cost: sum(held.map((holding) => holding.cost_basis)),
      unrealized: sum(held.map((holding) => holding.unrealized_pnl)),
      realized: sum(held.map((holding) => holding.realized_pnl)),
    };
  }

  // The worth at the end of each hour or day, all accounts together; an account without a row is as it was before.
  pointsIn(currency: string): WorthPoint[] {
    const latest = new Map<string, PortfolioPoint>();
    const points: WorthPoint[] = [];
    for (const row of this.history.filter((point) => point.currency === currency)) {
      latest.set(row.account_id, row);
      const all = [...latest.values()];
      const time = Date.parse(row.t) / 1000;
      const equity = all.reduce((total, point) => total + Number(point.equity), 0);
      const pnl = all.reduce((total, point) => total + Number(point.realized_pnl) + Number(point.unrealized_pnl), 0);
      if (points.at(-1)?.time === time) points.pop();
      points.push({ time, equity, pnl });
    }
    return points;
  }

  // Failures leave what is shown as it was.
  async load(interval: HistoryInterval): Promise<void> {
    if (this.account.account === null) {
      this.history = [];
      this.settlements = [];
      this.activities = [];
      this.loaded.emit();
      return;
    }
    const [history, settlements, activities] = await Promise.all([
      this.rest.get<{ data: PortfolioPoint[] }>("v1/portfolio/history", { interval }).catch(() => null),
      this.rest.get<Page<Settlement>>("v1/settlements", { limit: kShownSettlements }).catch(() => null),
      this.rest.get<Page<Activity>>("v1/activities", { limit: kShownActivities }).catch(() => null),
    ]);
    this.history = history?.data ?? this.history;
    this.settlements = settlements?.data ?? this.settlements;
    this.activities = activities?.data ?? this.activities;
    this.loaded.emit();
  }

  ladder(tradeId: string): Promise<TradeRecord | null> {
    return this.rest.get<TradeRecord>(`v1/settlements/${tradeId}`).catch(() => null);
  }

  private currencyOf(holding: Holding): string {
    return this.securities().get(holding.symbol)?.currency ?? "";
  }
}

export function money(value: Decimal): string {
  return formatDecimal(withScale(value, 2));
}

function sum(amounts: readonly (string | null)[]): Decimal {
  return amounts.reduce<Decimal>((total, amount) => (amount === null ? total : add(total, decimal(amount))), kZero);
}
